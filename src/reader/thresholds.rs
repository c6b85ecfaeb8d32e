//! The thresholds that a model file carries: read with it, chosen on pictures, and written back into it.

use super::each::each_picture;
use super::pictures::WORTH_ASKING;
use super::{Effort, PictureReader, Raster};
use crate::data::{Progress, Samples};
use crate::found::{Thresholds, tuned, weighed};
use crate::models::file::{ModelFileError, THRESHOLDS, read_metadata, read_tensors, write_tensors};
use std::path::Path;

/// The thresholds of a model file; the usual ones where it has none.
pub fn read(path: &Path) -> Result<Thresholds, ModelFileError> {
    let texts = read_metadata(path)?;
    let Some(text) = texts.get(THRESHOLDS) else { return Ok(Thresholds::default()) };
    serde_json::from_str(text).map_err(|_| ModelFileError::Damaged {
        path: path.to_owned(),
        why: "its thresholds cannot be understood".to_owned(),
    })
}

/// Writes thresholds into a model file in place of those that it has.
pub fn write(path: &Path, thresholds: &Thresholds) -> anyhow::Result<()> {
    let (mut texts, tensors) = read_tensors(path)?;
    texts.insert(THRESHOLDS.to_owned(), serde_json::to_string(thresholds)?);
    write_tensors(path, &texts, &tensors)
}

/// The thresholds with which most numbers on the pictures in `rows` are read rightly; `None` if it was cancelled.
pub fn tune(
    reader: &PictureReader,
    samples: &Samples,
    rows: &[u32],
    progress: &dyn Progress,
) -> anyhow::Result<Option<Thresholds>> {
    let mut pictures = Vec::with_capacity(rows.len());
    let done = each_picture(samples, rows, "Choosing thresholds", progress, &mut |row, picture| {
        pictures.push((reader.read(&picture, Effort::Still)?.digits, samples.marks(row).to_vec()));
        Ok(())
    })?;
    Ok(done.then(|| tuned(&pictures, &reader.thresholds)))
}

/// How much the word of the reader's second model weighs beside the detector's, and from when on a number is told, so
/// that most numbers on the pictures in `rows` are read rightly; `None` if it was cancelled.
pub fn tune_opinion(
    reader: &PictureReader,
    samples: &Samples,
    rows: &[u32],
    progress: &dyn Progress,
) -> anyhow::Result<Option<Thresholds>> {
    let mut pictures = Vec::with_capacity(rows.len());
    let done = each_picture(samples, rows, "Weighing two opinions", progress, &mut |row, picture| {
        let raster = Raster::of(&picture);
        let mut cases = Vec::new();
        for first in reader.may_be_numbers(&raster, Effort::Still, WORTH_ASKING)? {
            let second = reader.second_reading(&raster, &first)?;
            cases.push((first, second));
        }
        pictures.push((cases, samples.marks(row).to_vec()));
        Ok(())
    })?;
    Ok(done.then(|| weighed(&pictures)))
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::super::testing::detector_file;
    use super::*;

    #[test]
    fn a_model_file_keeps_its_thresholds() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = detector_file(folder.path())?;
        assert_eq!(Reader::open(&path)?.thresholds, Thresholds::default());
        let chosen = Thresholds { digit: 0.42, sharpness: 0.25, ..Thresholds::default() };
        write(&path, &chosen)?;
        let reader = Reader::open(&path)?;
        assert_eq!(reader.thresholds, chosen);
        assert!(reader.detector().is_some());
        assert_eq!(PictureReader::new(Some(reader), None).thresholds, chosen);
        Ok(())
    }
}
