//! `train/NAME.png` and `train/_annotations.coco.json`, and the same for test (<https://cocodataset.org/#format-data>).

use super::super::error::DataError;
use super::{Job, pictures};
use serde_json::{Value, json};

/// Writes it.
pub(super) fn write(job: &Job<'_>) -> Result<(), DataError> {
    // COCO counts from one.
    let categories: Vec<Value> = (0..job.dataset.classes.len())
        .map(|class| {
            let name = pictures::class_name(job, class as u8);
            json!({ "id": class + 1, "name": name, "supercategory": "character" })
        })
        .collect();
    for (part, samples) in &job.parts {
        if samples.is_empty() {
            continue;
        }
        let folder = pictures::folder(job, part)?;
        let names = pictures::names(samples);
        pictures::write(job, samples, |row| folder.join(format!("{}.png", names[row])))?;
        let (mut images, mut annotations) = (Vec::new(), Vec::new());
        for (row, name) in names.iter().enumerate() {
            let [width, height] = samples.size(row);
            images.push(json!({ "id": row + 1, "file_name": format!("{name}.png"), "width": width, "height": height }));
            for mark in pictures::marks(job, samples, row) {
                let area = mark.area;
                annotations.push(json!({
                    "id": annotations.len() + 1, "image_id": row + 1, "category_id": usize::from(mark.class) + 1,
                    "bbox": [area.x, area.y, area.w, area.h], "area": area.size(), "iscrowd": 0,
                    "number": mark.number,
                }));
            }
        }
        let all = json!({
            "info": { "description": job.dataset.name }, "images": images, "annotations": annotations,
            "categories": categories,
        });
        pictures::text(job, &format!("{part}/_annotations.coco.json"), all.to_string().as_bytes())?;
    }
    Ok(())
}
