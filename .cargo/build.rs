//! Two things that only a build knows: where libtorch lies, and which presets there are.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=.cargo/build.rs");
    set_rpath();
    list_presets();
}

/// Tells the linker where libtorch lies at run time, so that no `LD_LIBRARY_PATH` is needed: for programs and tests.
///
/// One folder is enough, for the wheel's libraries find each other relative to their own places. Windows knows no such
/// thing and looks along `PATH`, which `cargo xtask` sets.
fn set_rpath() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "windows") {
        return;
    }
    // torch-sys hands its library folder on to crates that depend on it directly.
    match std::env::var("DEP_TCH_LIBTORCH_LIB") {
        Ok(libtorch) => println!("cargo::rustc-link-arg=-Wl,-rpath,{libtorch}"),
        Err(_) => println!(
            "cargo::warning=torch-sys does not say where libtorch lies; set LD_LIBRARY_PATH to find it"
        ),
    }
}

/// Embeds every file of `presets/`, so that adding one is all it takes to have it in the menu.
fn list_presets() {
    println!("cargo::rerun-if-changed=presets");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets this"));
    let mut files: Vec<PathBuf> = std::fs::read_dir(root.join("presets"))
        .expect("presets/ is part of the repository")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "ron"))
        .collect();
    files.sort();
    let mut code = String::from("&[\n");
    for path in files {
        let stem = path.file_stem().expect("it ends in .ron").to_string_lossy();
        writeln!(code, "    ({stem:?}, include_str!({path:?})),").expect("writing to a string");
    }
    code.push(']');
    let out = std::env::var("OUT_DIR").expect("cargo sets this");
    std::fs::write(Path::new(&out).join("presets.rs"), code).expect("OUT_DIR can be written");
}
