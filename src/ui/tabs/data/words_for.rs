//! What is said of an image: in a tooltip, under its tile, as the name that assistive programs read.

use super::grid::Caption;
use crate::app::data::Data;
use crate::data::{Dataset, Kind, Samples, marks};
use crate::ui::theme::Palette;
use crate::ui::words;
use crate::work::predict::Readings;

/// A class as shown: "7".
pub fn class_name(dataset: &Dataset, class: u8) -> String {
    dataset.classes.get(usize::from(class)).cloned().unwrap_or_else(|| format!("class {class}"))
}

/// What is on an image: its class, or its numbers.
pub fn content(dataset: &Dataset, samples: &Samples, row: usize) -> String {
    let label = samples.labels.get(row).copied().unwrap_or_default();
    match dataset.kind {
        Kind::Classes => class_name(dataset, label),
        Kind::Numbers { .. } => {
            let all = samples.marks(row);
            if all.is_empty() {
                return if label == 0 {
                    "nothing".to_owned()
                } else {
                    words::many(label.into(), "character")
                };
            }
            let texts: Vec<String> =
                marks::numbers(all).map(|one| marks::text(one, &dataset.classes)).collect();
            texts.join(" ")
        }
    }
}

/// What a model reads on an image: a class, or a number.
pub fn read_as(dataset: &Dataset, readings: &Readings, row: usize) -> String {
    match readings.text(row) {
        Some("") => "nothing".to_owned(),
        Some(text) => text.to_owned(),
        None => class_name(dataset, readings.predicted[row]),
    }
}

/// An image in words: "Test image 7: 4".
pub fn describe(data: &Data, dataset: &Dataset, row: usize) -> String {
    let Some(samples) = data.samples() else { return String::new() };
    let (part, in_file) = place(data, dataset, row);
    let mut text = format!("{part} image {in_file}: {}", content(dataset, samples, row));
    if let Some(readings) = data.readings() {
        let sure = words::percent(f64::from(readings.confidence[row]));
        text.push_str(&format!(", read as {} with {sure}", read_as(dataset, readings, row)));
    }
    let name = samples.name(row);
    if !name.is_empty() {
        text.push('\n');
        text.push_str(name);
    }
    text
}

/// The part that an image belongs to, and its row in that part's file.
pub fn place(data: &Data, dataset: &Dataset, row: usize) -> (&'static str, usize) {
    (data.part_of(row).label(), row.checked_sub(dataset.train.len()).unwrap_or(row))
}

/// Under a tile: what is on the image, and behind a mark what it was read as when that differs.
pub fn caption(data: &Data, dataset: &Dataset, row: usize, p: &Palette) -> Caption {
    let Some(samples) = data.samples() else {
        return Caption { text: String::new(), colour: p.dim, edge: false };
    };
    let text = content(dataset, samples, row);
    let wrong = data.readings().filter(|readings| !readings.right[row]);
    match wrong {
        Some(readings) => {
            // A number is told from another one by any of its characters, a class by the first ones.
            let most = if readings.texts.is_some() { 7 } else { 3 };
            let short = |name: &str| name.chars().take(most).collect::<String>();
            let read = read_as(dataset, readings, row);
            let edge = data.filter.right != Some(false);
            Caption { text: format!("{}›{}", short(&text), short(&read)), colour: p.bad, edge }
        }
        None => Caption { text, colour: p.dim, edge: false },
    }
}
