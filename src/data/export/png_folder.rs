//! `train/CLASS/NAME.png` and `test/CLASS/NAME.png`.

use super::super::error::DataError;
use super::{Job, one_class_each, pictures};

/// Writes it.
pub(super) fn write(job: &Job<'_>) -> Result<(), DataError> {
    one_class_each(job)?;
    let classes: Vec<String> = (0..job.dataset.classes.len())
        .map(|class| safe(&pictures::class_name(job, class as u8), class))
        .collect();
    for (part, samples) in &job.parts {
        let mut used: Vec<u8> = samples.labels.to_vec();
        used.sort_unstable();
        used.dedup();
        let class = |label: u8| classes.get(usize::from(label)).cloned().unwrap_or_else(|| label.to_string());
        for label in used {
            pictures::folder(job, &format!("{part}/{}", class(label)))?;
        }
        let names = pictures::names(samples);
        pictures::write(job, samples, |row| {
            let folder = job.folder.join(part).join(class(samples.labels[row]));
            folder.join(format!("{}.png", names[row]))
        })?;
    }
    Ok(())
}

/// A class as the name of a folder.
fn safe(name: &str, class: usize) -> String {
    let fits =
        |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let safe: String = name.chars().filter(|c| fits(*c)).take(80).collect();
    let safe = safe.trim().trim_matches('.').to_owned();
    // "train" as a class would be taken for a part.
    let part = matches!(
        safe.to_ascii_lowercase().as_str(),
        "train" | "test" | "val" | "valid" | "training" | "testing" | "validation"
    );
    if safe.is_empty() || safe != name || part {
        format!("class {class} {safe}").trim().to_owned()
    } else {
        safe
    }
}
