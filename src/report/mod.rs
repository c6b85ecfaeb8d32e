//! Runs put together as a document that stands by itself: question by question, every number and figure from runs.

mod block;
mod chapters;
mod gather;
mod html;
mod localised;
mod markdown;
mod measured;
mod picture;
mod svg;
mod words;

pub use block::{Block, Figure};
pub use gather::{Picture, Read, Report, Told, gather, pictures_in};
pub use svg::confusion as confusion_svg;
pub use words::Words;

use anyhow::Context as _;
use std::path::{Path, PathBuf};

/// A question that a report answers.
#[derive(Debug)]
pub struct Question {
    /// Names the user's own answer to it.
    pub name: &'static str,
    /// As it stands in the report.
    pub title: &'static str,
    /// What to write about, where the runs cannot tell.
    pub hint: &'static str,
}

const fn question(name: &'static str, title: &'static str, hint: &'static str) -> Question {
    Question { name, title, hint }
}

/// All of them, in the order of the report.
pub const QUESTIONS: &[Question] = &[
    question("approach", "Approach", "How the task was taken on, and why so"),
    question("architecture", "Final architecture", "Why these layers"),
    question(
        "training",
        "Training, and the data made for it",
        "How the data was made, how the network was trained",
    ),
    question(
        "performance",
        "Set-up and performance on the data",
        "How the data was divided, what the figures mean",
    ),
    question("changes", "What made it better and what made it worse", "What was tried"),
    question("results", "Initial and final results", "Whether the final result is good enough, and for what"),
    question("pictures", "New pictures", "Where the pictures come from, and what makes each of them hard"),
    question("camera", "Camera compared with the test set", "How it reads live, and why that differs"),
    question("localisation", "Localisation", "How well it finds where the digits are, and what that changes"),
    question("interface", "Interface", "How it is used"),
];

/// Writes a report as HTML, or as Markdown where the file's name ends in `.md`; returns the files written.
pub fn write(report: &Report, to: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let blocks = chapters::blocks(report);
    let cannot = || format!("the report cannot be written: {}", to.display());
    if to.extension().is_none_or(|ending| ending != "md") {
        let text = html::write(&report.title(), &blocks);
        crate::disk::write_atomically(to, text.as_bytes()).with_context(cannot)?;
        return Ok(vec![to.to_owned()]);
    }
    let stem = to.file_stem().unwrap_or_default().to_string_lossy();
    let beside = to.with_file_name(format!("{stem}-files"));
    let name = beside.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (text, files) = markdown::write(&blocks, &name.replace(' ', "%20"));
    std::fs::create_dir_all(&beside).with_context(cannot)?;
    let mut written = vec![to.to_owned()];
    for (name, contents) in files {
        let path = beside.join(name);
        crate::disk::write_atomically(&path, &contents).with_context(cannot)?;
        written.push(path);
    }
    crate::disk::write_atomically(to, text.as_bytes()).with_context(cannot)?;
    Ok(written)
}
