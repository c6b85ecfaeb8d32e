//! The reader that comes with the program: read from files beside it, so that it can be exchanged.

use std::path::{Path, PathBuf};

/// The detector's file.
const DETECTOR: &str = "reader.safetensors";

/// The detector that comes with the program; `None` where its file is missing.
pub fn shipped() -> Option<PathBuf> {
    folders().into_iter().map(|folder| folder.join(DETECTOR)).find(|path| path.is_file())
}

/// Where the program's own files may lie: beside it, above it while it is built from source, and in its source.
fn folders() -> Vec<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let above = program.ancestors().skip(1).take(4).map(|folder| folder.join("assets"));
    above.chain([Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")]).collect()
}
