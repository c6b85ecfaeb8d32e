//! Writing images of the Data page as files that other programs read.

use super::Report;
use crate::app::App;
use crate::app::report::Report as AnyReport;
use crate::data::Samples;
use crate::data::export::{Chosen, Format, export};
use crate::knobs::Choice as _;
use crate::work::load::Told;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Which images are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Every one of the data set, with its edits.
    #[default]
    All,
    /// Those that fit every filter.
    Listed,
    /// Those chosen in the grid.
    Chosen,
}

/// What is to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// In which format.
    pub format: Format,
    /// Which images.
    pub which: Which,
}

impl App {
    /// Why nothing can be exported as it is asked now.
    pub fn why_no_export(&self) -> Option<String> {
        let data = &self.data;
        let n = match data.export.which {
            Which::All => data.samples().map_or(0, Samples::len),
            Which::Listed => data.gallery.rows().len(),
            Which::Chosen => data.gallery.n_chosen(),
        };
        (n == 0).then(|| "There are no such images: choose some, or fewer filters".to_owned())
    }

    /// Writes the images into a new folder inside of `parent`.
    pub(super) fn export_data(&mut self, parent: &Path) {
        let Some(loaded) = self.data.loaded().map(Arc::clone) else { return };
        let Export { format, which } = self.data.export;
        let n_train = loaded.dataset.train.len() as u32;
        let gallery = &self.data.gallery;
        let mut rows: Vec<u32> = match which {
            Which::All => Vec::new(),
            Which::Listed => gallery.rows().to_vec(),
            Which::Chosen => gallery.chosen().collect(),
        };
        rows.sort_unstable();
        let at = rows.partition_point(|row| *row < n_train);
        let chosen = match which {
            Which::All => Chosen::default(),
            Which::Listed | Which::Chosen => Chosen {
                train: Some(rows[..at].to_vec()),
                test: Some(rows[at..].iter().map(|row| row - n_train).collect()),
            },
        };
        let folder = free(parent, &file_name(&loaded.dataset.name), format.chosen());
        let name = format!("Export {}", loaded.dataset.name);
        self.jobs.start(&name, Arc::clone(&self.parts.waker), move |context| {
            let exported = export(&loaded.dataset, &chosen, format, &folder, &Told(context));
            let told = match exported {
                Ok(done) => Ok((done.folder, done.images.iter().sum())),
                Err(_) if context.is_cancelled() => Err(None),
                Err(e) => Err(Some(e.to_string())),
            };
            Ok(AnyReport::Data(Box::new(Report::Exported(told))))
        });
    }

    pub(super) fn data_exported(&mut self, told: Result<(PathBuf, usize), Option<String>>) {
        match told {
            Ok((folder, n)) => {
                let images = if n == 1 { "1 image".to_owned() } else { format!("{n} images") };
                self.notices.info(format!("{images} written to {}", folder.display()));
            }
            Err(Some(why)) => self.notices.error(format!("The images could not be exported: {why}")),
            Err(None) => {}
        }
    }
}

/// A name for a folder: letters, digits and dashes.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_lowercase().next().unwrap_or(c) } else { '-' };
    let name: String = name.chars().map(plain).collect();
    name.trim_matches('-').to_owned()
}

/// A folder that is not there yet.
fn free(parent: &Path, name: &str, format: &str) -> PathBuf {
    let first = parent.join(format!("{name}-{format}"));
    let others = (2..1000).map(|i| parent.join(format!("{name}-{format}-{i}")));
    std::iter::once(first.clone()).chain(others).find(|path| !path.exists()).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_never_lands_where_something_is() -> std::io::Result<()> {
        let parent = tempfile::tempdir()?;
        assert_eq!(file_name("SVHN digits"), "svhn-digits");
        let first = free(parent.path(), "mnist", "png");
        assert_eq!(first, parent.path().join("mnist-png"));
        std::fs::create_dir(&first)?;
        assert_eq!(free(parent.path(), "mnist", "png"), parent.path().join("mnist-png-2"));
        Ok(())
    }
}
