//! `images/train/NAME.png`, `labels/train/NAME.txt`, the same for test, and data.yaml
//! (<https://docs.ultralytics.com/datasets/detect/>).

use super::super::error::DataError;
use super::{Job, pictures};
use std::fmt::Write as _;

/// Writes it.
pub(super) fn write(job: &Job<'_>) -> Result<(), DataError> {
    let mut yaml = String::from("path: .\n");
    for ((part, samples), keys) in job.parts.iter().zip([&["train"][..], &["val", "test"]]) {
        if samples.is_empty() {
            continue;
        }
        for key in keys {
            let _infallible = writeln!(yaml, "{key}: images/{part}");
        }
        let images = pictures::folder(job, &format!("images/{part}"))?;
        pictures::folder(job, &format!("labels/{part}"))?;
        let names = pictures::names(samples);
        pictures::write(job, samples, |row| images.join(format!("{}.png", names[row])))?;
        for (row, name) in names.iter().enumerate() {
            let [width, height] = samples.size(row).map(|side| side as f64);
            let mut lines = String::new();
            for mark in pictures::marks(job, samples, row) {
                let area = mark.area;
                let [x, y, w, h] = [area.x, area.y, area.w, area.h].map(f64::from);
                let _infallible = writeln!(
                    lines,
                    "{} {} {} {} {}",
                    mark.class,
                    (x + w / 2.0) / width,
                    (y + h / 2.0) / height,
                    w / width,
                    h / height
                );
            }
            pictures::text(job, &format!("labels/{part}/{name}.txt"), lines.as_bytes())?;
        }
    }
    yaml.push_str("names:\n");
    for class in 0..job.dataset.classes.len() {
        let name = pictures::class_name(job, class as u8).replace(['\'', '\n', '\r'], " ");
        let _infallible = writeln!(yaml, "  {class}: '{name}'");
    }
    pictures::text(job, "data.yaml", yaml.as_bytes())
}
