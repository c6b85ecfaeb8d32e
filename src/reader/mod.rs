//! A trained model on a picture: opening the model, opening and preparing the picture, and what the model makes of it.
//!
//! [`Reader`] is one model, for pictures of one digit or one number. [`PictureReader`] finds and reads numbers anywhere
//! on any picture, with a detector and, if wanted, another model.

mod annotate;
pub mod bench;
mod drawing;
mod each;
pub mod export;
mod ink;
pub mod inside;
mod looks;
mod measure;
mod mine;
mod number;
mod opinion;
mod pictures;
mod prepare;
mod raster;
mod shipped;
#[cfg(test)]
pub(crate) mod testing;
mod thresholds;
mod upright;

pub use crate::data::picture::{MAX_PIXELS, PictureError, decode, open_picture};
pub use annotate::{annotated, annotated_large};
pub use ink::Area;
pub use looks::{Effort, Look};
pub use measure::{Measured, measure};
pub use mine::Mined;
pub use pictures::{Milliseconds, PictureReader, PictureReading};
pub use prepare::{Prepared, Steps, prepare};
pub use raster::Raster;
pub use shipped::shipped;
pub use thresholds::{tune, tune_opinion, write as write_thresholds};

use crate::data::Samples;
use crate::found::Thresholds;
use crate::models::detector::{DetectorNetwork, FoldedDetector};
use crate::models::file::{self, ModelFileError, ModelMeta};
use crate::models::numbers::{NumberNetwork, Reading};
use crate::models::{Input, Network};
use crate::recipe::{self, Recipe};
use image::DynamicImage;
use std::borrow::Cow;
use std::ops::Range;
use std::path::{Path, PathBuf};
use tch::Tensor;

/// Images between two looks at whether to go on: some tens of milliseconds of work.
const CHUNK: usize = 256;

/// A model that is ready to read pictures.
pub struct Reader {
    /// The file it was read from.
    pub path: PathBuf,
    /// What the file says of it.
    pub meta: ModelMeta,
    /// The recipe it was trained by.
    pub recipe: Recipe,
    /// What is taken for a digit and a number where it finds those.
    pub thresholds: Thresholds,
    network: Net,
}

/// A network of either kind.
enum Net {
    /// Tells the class of a single character.
    Classes(Network),
    /// Reads a whole number.
    Numbers(NumberNetwork),
    /// Finds digits.
    Digits(FoldedDetector),
}

impl Net {
    /// The network that the recipe asks for, with these parameters.
    fn open(
        path: &Path,
        recipe: &Recipe,
        input: Input,
        tensors: &[(String, Tensor)],
    ) -> Result<Self, ModelFileError> {
        let damaged =
            |e: anyhow::Error| ModelFileError::Damaged { path: path.to_owned(), why: format!("{e:#}") };
        let size = |(name, tensor): &(String, Tensor)| (name.clone(), tensor.size());
        let check = |own: Vec<(String, Vec<i64>)>| file::check_tensors(path, &own, tensors);
        if let Some(settings) = recipe.model.detector() {
            let mut network = DetectorNetwork::new(&settings.design(), input, 0).map_err(damaged)?;
            check(network.parameters().iter().map(size).collect())?;
            network.load(tensors).map_err(damaged)?;
            return FoldedDetector::new(&network).map(Self::Digits).map_err(damaged);
        }
        if let Some(design) = recipe.model.numbers(input.classes) {
            let mut network = NumberNetwork::new(&design, input, 0).map_err(damaged)?;
            check(network.parameters().map(size).collect())?;
            network.load(tensors).map_err(damaged)?;
            return Ok(Self::Numbers(network));
        }
        let mut network = Network::new(&recipe.model, input, 0).map_err(damaged)?;
        check(network.parameters.iter().map(size).collect())?;
        network.load(tensors).map_err(damaged)?;
        Ok(Self::Classes(network))
    }
}

/// What a model makes of one picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// One for each class; they add up to 1. Of a whole number's first character.
    pub probabilities: Vec<f32>,
    /// The likeliest class. Of a whole number's first character.
    pub class: usize,
    /// How likely the class or the whole number is right.
    pub confidence: f32,
    /// The whole number, where the model reads those.
    pub number: Option<Reading>,
    /// The picture as the network saw it, and how it was made.
    pub prepared: Prepared,
}

impl Reader {
    /// A picture of `[width, height]` in the size that the model reads, brought to it as its training brought its own.
    pub fn brought<'a>(&self, pixels: &'a [u8], size: [usize; 2]) -> Cow<'a, [u8]> {
        let wanted = [self.meta.width, self.meta.height];
        let frame = match &self.network {
            Net::Numbers(network) => network.design.frame,
            _ => None,
        };
        match frame {
            _ if size == wanted => Cow::Borrowed(pixels),
            Some(frame) => Cow::Owned(frame.bring(pixels, size)),
            None => Cow::Owned(crate::models::numbers::resized(pixels, size, wanted)),
        }
    }

    /// Opens a model file; needs nothing beside it.
    pub fn open(path: &Path) -> Result<Self, ModelFileError> {
        let (meta, tensors) = file::read(path)?;
        let damaged = |why: String| ModelFileError::Damaged { path: path.to_owned(), why };
        let recipe = recipe::parse(&meta.recipe, path).map_err(|e| damaged(format!("its {e}")))?;
        let input = Input {
            channels: meta.channels,
            height: meta.height,
            width: meta.width,
            classes: meta.classes.len(),
        };
        let network = Net::open(path, &recipe, input, &tensors)?;
        let thresholds = thresholds::read(path)?;
        Ok(Self { path: path.to_owned(), meta, recipe, thresholds, network })
    }

    /// The detector, where it finds digits.
    pub fn detector(&self) -> Option<&FoldedDetector> {
        match &self.network {
            Net::Digits(detector) => Some(detector),
            Net::Classes(_) | Net::Numbers(_) => None,
        }
    }

    /// Probabilities of the images in `rows`, `rows.len() * n_classes` of them, image after image. `go_on` is told how
    /// many are done and says whether to go on; `None` when it said no.
    pub fn predict_samples(
        &self,
        samples: &Samples,
        rows: Range<usize>,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> anyhow::Result<Option<Vec<f32>>> {
        let network = self.classifier(samples)?;
        let mut probabilities = Vec::with_capacity(rows.len() * self.meta.classes.len());
        for first in rows.clone().step_by(CHUNK) {
            let last = (first + CHUNK).min(rows.end);
            if !go_on(first - rows.start) {
                return Ok(None);
            }
            let bytes: Vec<u8> = (first..last).flat_map(|row| samples.image(row).into_owned()).collect();
            probabilities.extend(network.predict(&bytes, last - first)?);
        }
        Ok(Some(probabilities))
    }

    /// What the last layer is told of the images in `rows`, image after image, and how many numbers that is for each;
    /// `go_on` as above.
    pub fn features(
        &self,
        samples: &Samples,
        rows: &[u32],
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> anyhow::Result<Option<(Vec<f32>, usize)>> {
        let (mut features, mut width) = (Vec::new(), 0);
        for (i, some) in rows.chunks(CHUNK).enumerate() {
            if !go_on(i * CHUNK) {
                return Ok(None);
            }
            let each = some.iter().map(|row| *row as usize);
            let (some, n) = match &self.network {
                Net::Numbers(network) => {
                    network.features(&number_bytes(network, samples, each)?, some.len())?
                }
                Net::Classes(_) | Net::Digits(_) => {
                    let network = self.classifier(samples)?;
                    let bytes: Vec<u8> = each.flat_map(|row| samples.image(row).into_owned()).collect();
                    network.features(&bytes, some.len())?
                }
            };
            features.extend(some);
            width = n;
        }
        Ok(Some((features, width)))
    }

    /// The network, where it tells classes of such images apart.
    fn classifier(&self, samples: &Samples) -> anyhow::Result<&Network> {
        let ModelMeta { channels, height, width, .. } = self.meta;
        let Net::Classes(network) = &self.network else {
            anyhow::bail!(
                "the model reads or locates whole numbers, or finds digits, and does not tell classes apart"
            );
        };
        anyhow::ensure!(
            (channels, height, width) == (samples.channels, samples.height, samples.width)
                && samples.sizes.is_none(),
            "the model reads pictures of {width}x{height} with {channels} channels, these have {}x{} with {}; choose the data \
             set that it was trained on",
            samples.width,
            samples.height,
            samples.channels
        );
        Ok(network)
    }

    /// Whether it reads whole numbers.
    pub fn reads_numbers(&self) -> bool {
        matches!(&self.network, Net::Numbers(network) if network.design.reads())
    }

    /// Whether it says where on a whole picture the number is.
    pub fn locates(&self) -> bool {
        matches!(&self.network, Net::Numbers(network) if network.design.place.is_some())
    }

    /// What it makes of a whole picture where it says where the number is; `None` for all other models.
    fn locate(&self, picture: &DynamicImage) -> anyhow::Result<Option<Prediction>> {
        match &self.network {
            Net::Numbers(network) if network.design.place.is_some() => {
                self.predict_number(network, picture).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn predict_number(&self, network: &NumberNetwork, picture: &DynamicImage) -> anyhow::Result<Prediction> {
        let prepared = number::prepare_number(picture, &self.recipe, network);
        let reading = number::read(network, &prepared)?;
        let probabilities = reading.characters.first().cloned().unwrap_or_default();
        let (class, confidence) = (likeliest(&probabilities).0, reading.confidence);
        Ok(Prediction { probabilities, class, confidence, number: Some(reading), prepared })
    }

    /// The numbers on the images in `rows`, where it reads those; `go_on` as above.
    pub fn read_samples(
        &self,
        samples: &Samples,
        rows: Range<usize>,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> anyhow::Result<Option<Vec<Reading>>> {
        let Net::Numbers(network) = &self.network else {
            anyhow::bail!(
                "the model tells classes apart, or finds digits, and does not read cropped numbers"
            );
        };
        let mut all = Vec::with_capacity(rows.len());
        for first in rows.clone().step_by(CHUNK) {
            let last = (first + CHUNK).min(rows.end);
            if !go_on(first - rows.start) {
                return Ok(None);
            }
            let bytes = number_bytes(network, samples, first..last)?;
            all.extend(network.read(&bytes, last - first)?);
        }
        Ok(Some(all))
    }

    /// Prepares any picture of a digit, or of a number where the model reads those, and reads it.
    pub fn predict_image(&self, picture: &DynamicImage) -> anyhow::Result<Prediction> {
        self.predict_image_by(picture, Steps::default())
    }

    /// The same with steps of the preparing left out, where it has those.
    pub fn predict_image_by(&self, picture: &DynamicImage, steps: Steps) -> anyhow::Result<Prediction> {
        let ModelMeta { channels, height, width, .. } = self.meta;
        let network = match &self.network {
            Net::Classes(network) => network,
            Net::Digits(_) => {
                anyhow::bail!("the model finds digits on whole pictures; use `digit-workbench read`")
            }
            Net::Numbers(network) => {
                anyhow::ensure!(
                    network.design.reads(),
                    "the model says where a number is and does not read it; use `digit-workbench read --second` with one that does"
                );
                return self.predict_number(network, picture);
            }
        };
        let prepared = prepare::prepare_by(picture, width, height, steps);
        // A network of colour pictures sees the same grey in each channel.
        let probabilities = network.predict(&prepared.input.repeat(channels), 1)?;
        let (class, confidence) = likeliest(&probabilities);
        Ok(Prediction { probabilities, class, confidence, number: None, prepared })
    }
}

/// How many threads libtorch computes with, in the whole process.
pub fn set_threads(threads: usize) {
    tch::set_num_threads(threads.clamp(1, 1024) as i32);
}

/// Images as a network of whole numbers takes them in, one after another.
fn number_bytes(
    network: &NumberNetwork,
    samples: &Samples,
    rows: impl ExactSizeIterator<Item = usize>,
) -> anyhow::Result<Vec<u8>> {
    let Input { channels, height, width, .. } = network.input;
    anyhow::ensure!(
        samples.channels == channels,
        "the model reads pictures with {channels} channels, these have {}; choose the data set that it was trained on",
        samples.channels
    );
    let wanted = [width, height];
    let mut bytes = Vec::with_capacity(rows.len() * channels * width * height);
    for row in rows {
        let (image, size) = (samples.image(row), samples.size(row));
        anyhow::ensure!(
            size == wanted || network.design.frame.is_some(),
            "the model reads pictures of {width}x{height}, image {row} has {}x{}; choose the data set that it was trained on",
            size[0],
            size[1]
        );
        match network.design.frame {
            Some(frame) if size != wanted => bytes.extend(frame.bring(&image, size)),
            _ => bytes.extend_from_slice(&image),
        }
    }
    Ok(bytes)
}

/// The likeliest class and its probability; the first one of equals.
pub fn likeliest(probabilities: &[f32]) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (class, probability) in probabilities.iter().enumerate() {
        if *probability > best.1 {
            best = (class, *probability);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::models::Architecture;
    use crate::models::lenet5::Lenet5;
    use image::{GrayImage, Luma};
    use std::sync::Arc;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// A network that learned nothing, as a file.
    fn untrained(folder: &Path, model: Architecture) -> anyhow::Result<(PathBuf, ModelMeta, Network)> {
        let path = folder.join("best.safetensors");
        let network = Network::new(&model, Input { channels: 1, height: 28, width: 28, classes: 10 }, 3)?;
        let meta = ModelMeta {
            recipe: recipe::to_ron(&Recipe { model, ..Recipe::default() })?,
            classes: (0..10).map(|n| n.to_string()).collect(),
            channels: 1,
            height: 28,
            width: 28,
            data: "abc".to_owned(),
            program: "test".to_owned(),
            epoch: 0.0,
            step: 0,
            accuracy: None,
        };
        file::write(&path, &meta, &network.parameters)?;
        Ok((path, meta, network))
    }

    fn samples(n: usize, side: usize) -> Samples {
        let pixels: Vec<u8> = (0..n * side * side).map(|i| (i * 37 % 256) as u8).collect();
        Samples::new(Pixels::Owned(pixels.into()), Arc::from(vec![0; n]), [1, side, side])
    }

    #[test]
    fn a_model_file_alone_reads_pictures_as_its_network_does() -> Outcome {
        let folder = tempfile::tempdir()?;
        let (path, meta, network) = untrained(folder.path(), Architecture::Lenet5(Lenet5::default()))?;
        let reader = Reader::open(&path)?;
        assert_eq!(reader.meta, meta);
        let samples = samples(600, 28);
        let mut told = Vec::new();
        let read = reader.predict_samples(&samples, 10..600, &mut |done| {
            told.push(done);
            true
        })?;
        let read = read.ok_or("nobody cancelled")?;
        assert_eq!(told, [0, 256, 512]);
        let bytes = samples.pixels.bytes().ok_or("they are in memory")?;
        let direct = network.predict(&bytes[7840..], 590)?;
        assert_eq!(read, direct);
        assert_eq!(reader.predict_samples(&samples, 0..600, &mut |done| done < 256)?, None);
        let picture = GrayImage::from_fn(90, 120, |x, y| Luma([if x / 10 == 4 && y > 9 { 0 } else { 250 }]));
        let prediction = reader.predict_image(&picture.into())?;
        assert_eq!(prediction.probabilities.len(), 10);
        assert_eq!(prediction.probabilities[prediction.class], prediction.confidence);
        assert!(prediction.prepared.inverted);
        Ok(())
    }

    #[test]
    fn pictures_of_another_size_are_refused() -> Outcome {
        let folder = tempfile::tempdir()?;
        let (path, ..) = untrained(folder.path(), Architecture::Lenet5(Lenet5::default()))?;
        let error = Reader::open(&path)?.predict_samples(&samples(2, 32), 0..2, &mut |_| true);
        let error = error.expect_err("another size").to_string();
        assert!(error.contains("28x28") && error.contains("32x32"), "{error}");
        Ok(())
    }

    #[test]
    fn a_file_whose_tensors_are_not_its_recipe_s_is_refused() -> Outcome {
        let folder = tempfile::tempdir()?;
        let (path, meta, network) = untrained(folder.path(), Architecture::Lenet5(Lenet5::default()))?;
        let other = recipe::to_ron(&Recipe::default())?;
        file::write(&path, &ModelMeta { recipe: other, ..meta.clone() }, &network.parameters)?;
        let error = Reader::open(&path).err().ok_or("a misfit")?;
        assert!(matches!(error, ModelFileError::Misfit { .. }), "{error}");
        file::write(
            &path,
            &ModelMeta { recipe: "(nonsense)".to_owned(), ..meta.clone() },
            &network.parameters,
        )?;
        assert!(matches!(Reader::open(&path), Err(ModelFileError::Damaged { .. })));
        let no_tensors: [(String, Tensor); 0] = [];
        file::write(&path, &meta, &no_tensors)?;
        let error = Reader::open(&path).err().ok_or("empty")?.to_string();
        assert!(error.contains("conv2d_1.weight is missing"), "{error}");
        Ok(())
    }

    #[test]
    fn the_first_of_equals_is_the_likeliest() {
        assert_eq!(likeliest(&[0.25, 0.375, 0.375]), (1, 0.375));
        assert_eq!(likeliest(&[]).0, 0);
    }
}
