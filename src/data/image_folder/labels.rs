//! One folder a class, and class names in a sensible order.

use super::super::error::DataError;
use super::super::left_out::LeftOut;
use super::listing::{Files, Item, Listing, Part};
use std::collections::BTreeSet;
use std::path::Path;

/// Reads pictures whose class is the folder that they lie in.
pub(super) fn read(folder: &Path, files: &Files) -> Result<Listing, DataError> {
    let mut left = LeftOut::default();
    let labelled: Vec<(&String, &str)> = files
        .pictures
        .iter()
        .filter_map(|name| match class_of(name) {
            Some(class) => Some((name, class)),
            None => {
                left.add("because nothing says what it shows", name);
                None
            }
        })
        .collect();
    let classes = sorted(labelled.iter().map(|(_, class)| (*class).to_owned()), folder)?;
    let items = labelled
        .into_iter()
        .map(|(name, class)| {
            let label = position(&classes, class).unwrap_or_default();
            Item { name: name.clone(), part: Part::of(name), label, ..Item::default() }
        })
        .collect();
    Ok(Listing { classes, boxed: false, items, left })
}

/// The first folder that is no part; `None` for a picture that lies in none.
fn class_of(name: &str) -> Option<&str> {
    let (folders, _) = name.rsplit_once('/')?;
    folders.split('/').find(|folder| Part::named(folder).is_none())
}

/// Each name once: numbers by value, then words by letters; 256 at most.
pub(super) fn sorted(names: impl Iterator<Item = String>, folder: &Path) -> Result<Vec<String>, DataError> {
    let names: BTreeSet<String> = names.collect();
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_cached_key(|name| (name.parse::<u64>().map_or(u64::MAX, |number| number), name.clone()));
    if names.len() > 256 {
        return Err(DataError::corrupt(
            folder,
            format!("there are {} classes, and labels go to 256", names.len()),
            "Name a folder whose folders are the classes",
        ));
    }
    Ok(names)
}

/// Where a class stands.
pub(super) fn position(classes: &[String], class: &str) -> Option<u8> {
    classes.iter().position(|known| known == class).and_then(|place| u8::try_from(place).ok())
}
