//! `images/train/NAME.png`, the same for test, and labels.csv: a line for each image, or for each character where
//! there are boxes.

use super::super::error::DataError;
use super::super::samples::Kind;
use super::super::table;
use super::{Job, pictures};

/// Writes it.
pub(super) fn write(job: &Job<'_>) -> Result<(), DataError> {
    let boxed = job.dataset.kind != Kind::Classes;
    let mut lines: Vec<Vec<String>> = Vec::new();
    let header: &[&str] = match boxed {
        true => &["file", "split", "label", "number", "x", "y", "w", "h"],
        false => &["file", "split", "label"],
    };
    lines.push(header.iter().map(|name| (*name).to_owned()).collect());
    for (part, samples) in &job.parts {
        if samples.is_empty() {
            continue;
        }
        let folder = pictures::folder(job, &format!("images/{part}"))?;
        let names = pictures::names(samples);
        pictures::write(job, samples, |row| folder.join(format!("{}.png", names[row])))?;
        for (row, name) in names.iter().enumerate() {
            let begin = |label: String| vec![format!("images/{part}/{name}.png"), (*part).to_owned(), label];
            if !boxed {
                lines.push(begin(pictures::class_name(job, samples.labels[row])));
                continue;
            }
            let marks = samples.marks(row);
            for mark in marks {
                let area = mark.area;
                let mut line = begin(pictures::class_name(job, mark.class));
                line.push(mark.number.to_string());
                line.extend([area.x, area.y, area.w, area.h].map(|side| side.to_string()));
                lines.push(line);
            }
            if marks.is_empty() {
                let mut line = begin(String::new());
                line.extend(std::iter::repeat_n(String::new(), 5));
                lines.push(line);
            }
        }
    }
    let text: String = lines.iter().map(|line| table::write(line)).collect();
    pictures::text(job, "labels.csv", text.as_bytes())
}
