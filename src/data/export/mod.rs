//! Writes a data set, or some of its images, as files that other programs read; each format can be read back here.
//!
//! Everything is written into a folder beside the target that takes its name when it is whole: a folder that is there
//! already is never written into, and what is broken off leaves nothing.

mod coco;
mod csv;
mod idx;
mod pictures;
mod png_folder;
#[cfg(test)]
mod tests;
mod yolo;

use super::error::DataError;
use super::progress::Progress;
use super::samples::{Dataset, Kind, Samples};
use std::fs;
use std::path::{Path, PathBuf};

/// A format to write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// A folder of PNGs for each class.
    #[default]
    PngFolder,
    /// The four packed files of MNIST's layout.
    Idx,
    /// PNGs and COCO boxes.
    Coco,
    /// PNGs and YOLO boxes.
    Yolo,
    /// PNGs and a table.
    Csv,
}

crate::choice!(Format {
    Self::PngFolder => Self::PngFolder, "png", "PNG folders", "train and test, in each a folder of PNG files for each class";
    Self::Idx => Self::Idx, "idx", "idx files", "The four packed files of MNIST's layout; grey images of one size with one class each";
    Self::Coco => Self::Coco, "coco", "COCO", "PNG files with boxes in _annotations.coco.json, in train and test";
    Self::Yolo => Self::Yolo, "yolo", "YOLO", "PNG files in images, a text file of boxes for each in labels, and data.yaml";
    Self::Csv => Self::Csv, "csv", "CSV", "PNG files in images, and labels.csv with file, split, label and boxes";
});

/// Which images are written: rows of the training and of the test part; `None` for all of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Of the training part.
    pub train: Option<Vec<u32>>,
    /// Of the test part.
    pub test: Option<Vec<u32>>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The folder.
    pub folder: PathBuf,
    /// Images of the training and of the test part.
    pub images: [usize; 2],
}

/// What a format's writer is given.
struct Job<'a> {
    dataset: &'a Dataset,
    /// The chosen images of the parts, with the names of the parts.
    parts: [(&'static str, Samples); 2],
    /// An empty folder.
    folder: &'a Path,
    progress: &'a dyn Progress,
}

/// Writes images into a new folder. Fails where there is something in that folder, nothing is chosen, or the format
/// cannot hold what is to be written.
pub fn export(
    dataset: &Dataset,
    chosen: &Chosen,
    format: Format,
    folder: &Path,
    progress: &dyn Progress,
) -> Result<Exported, DataError> {
    let pick = |samples: &Samples, rows: &Option<Vec<u32>>| match rows {
        Some(rows) => samples.select(rows),
        None => samples.clone(),
    };
    let parts = [("train", pick(&dataset.train, &chosen.train)), ("test", pick(&dataset.test, &chosen.test))];
    let images = [parts[0].1.len(), parts[1].1.len()];
    if images == [0, 0] {
        return Err(refused(
            "there are no images to export",
            "Choose another part, or fewer filters",
            folder,
        ));
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        let what = "there is something in this folder already, and nothing is overwritten";
        return Err(refused(what, "Name a new folder", folder));
    }
    let whole = std::path::absolute(folder).map_err(|cause| DataError::writing(folder, cause))?;
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = whole.with_file_name(format!(".{name}.{}", std::process::id()));
    let fail = |cause| DataError::writing(&whole, cause);
    fs::create_dir_all(&beside).map_err(fail)?;
    let job = Job { dataset, parts, folder: &beside, progress };
    let written = match format {
        Format::PngFolder => png_folder::write(&job),
        Format::Idx => idx::write(&job),
        Format::Coco => coco::write(&job),
        Format::Yolo => yolo::write(&job),
        Format::Csv => csv::write(&job),
    };
    let moved = written.and_then(|()| {
        // An empty folder of that name is as good as none.
        if whole.is_dir() {
            fs::remove_dir(&whole).map_err(fail)?;
        }
        fs::rename(&beside, &whole).map_err(fail)
    });
    if let Err(error) = moved {
        // The first error is the one to tell.
        drop(fs::remove_dir_all(&beside));
        return Err(error);
    }
    Ok(Exported { folder: whole, images })
}

fn refused(what: &str, remedy: &str, folder: &Path) -> DataError {
    DataError::corrupt(folder, what, remedy)
}

/// Refuses a data set whose images have several characters each.
fn one_class_each(job: &Job<'_>) -> Result<(), DataError> {
    match job.dataset.kind {
        Kind::Classes => Ok(()),
        Kind::Numbers { .. } => Err(refused(
            "this format has one class for each image, and there are several characters on these",
            "Export them as COCO, YOLO or CSV",
            job.folder,
        )),
    }
}
