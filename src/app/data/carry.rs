//! What follows the images when edits are laid over them anew: a row may be another image's then.

use super::{App, By, Data, Filter, Reading};
use crate::data::Measure;
use crate::work::curate::at;
use crate::work::load::Loaded;
use std::sync::Arc;

/// Where the images of one layout are in another one of the same data set as read.
pub(super) struct Moved {
    /// By the old row: the new one, if the image is still there.
    new: Vec<Option<u32>>,
    /// By the new row: the old one, if the image was there before.
    old: Vec<Option<u32>>,
}

impl Moved {
    /// From one layout to another; nothing where they are not of the same images as read.
    pub(super) fn between(old: &Loaded, new: &Loaded) -> Option<Self> {
        if old.base.fingerprint != new.base.fingerprint {
            return None;
        }
        Some(Self { new: lead(old, new), old: lead(new, old) })
    }
}

/// By the row of `from`: the row of the same image in `to`.
fn lead(from: &Loaded, to: &Loaded) -> Vec<Option<u32>> {
    let n_train = from.base.train.len();
    let as_read = |loaded: &Loaded, row: usize| at(&loaded.dataset, row).index(n_train) as usize;
    let mut rows = vec![None; n_train + from.base.test.len()];
    for row in 0..to.all.len() {
        if let Some(known) = rows.get_mut(as_read(to, row)) {
            *known = Some(row as u32);
        }
    }
    (0..from.all.len()).map(|row| rows.get(as_read(from, row)).copied().flatten()).collect()
}

impl Data {
    /// Takes rows of before as rows of the images as they are laid out now.
    pub(super) fn carry(&mut self, moved: &Moved) {
        let new = |row: u32| moved.new.get(row as usize).copied().flatten();
        self.gallery.renumber(&new);
        if let Some((name, rows)) = self.filter.only.take() {
            self.filter.only = Some((name, rows.iter().filter_map(|row| new(*row)).collect()));
        }
        let of_old = |values: &[f32]| -> Arc<[f32]> {
            let value = |row: &Option<u32>| row.and_then(|row| values.get(row as usize)).copied();
            moved.old.iter().map(|row| value(row).unwrap_or(f32::NAN)).collect()
        };
        self.measures =
            self.measures.iter().map(|m| Measure { values: of_old(&m.values), ..m.clone() }).collect();
        // Images that were left out were not read: then all are read anew.
        let all: Option<Vec<u32>> = moved.old.iter().copied().collect();
        let labels = self.samples().map(|samples| Arc::clone(&samples.labels));
        self.reading = match (&self.reading, all, labels) {
            (Reading::Ready(readings), Some(rows), Some(labels)) => {
                Reading::Ready(Arc::new(readings.carried(&rows, &labels)))
            }
            _ => Reading::None,
        };
    }

    /// What is listed now: filters by a model's readings wait for those.
    pub(super) fn filter_now(&self) -> Filter {
        if self.readings().is_none() { self.filter.clone().without_readings() } else { self.filter.clone() }
    }
}

impl App {
    /// Filters by readings go where nothing reads.
    pub(super) fn drop_filters_by_readings(&mut self) {
        self.data.filter = self.data.filter.clone().without_readings();
        if matches!(self.data.sort.by, By::Confidence | By::Loss) {
            self.data.sort = super::Sort::default();
        }
    }
}
