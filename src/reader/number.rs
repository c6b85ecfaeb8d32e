//! Pictures of whole numbers: prepared as a network of them was trained, and what it makes of them.

use super::prepare::{Prepared, prepare};
use crate::data::Source;
use crate::data::sequences::{self, Sequences, Shape};
use crate::models::numbers::{Frame, NumberNetwork, Reading};
use crate::recipe::Recipe;
use image::DynamicImage;

/// Black columns left of a number that begins at the left edge: the rim that MNIST's digits have.
const RIM: usize = 4;

/// Prepares a picture of a number for a network trained by this recipe.
pub fn prepare_number(picture: &DynamicImage, recipe: &Recipe, network: &NumberNetwork) -> Prepared {
    let (width, height) = (network.input.width, network.input.height);
    if network.design.photographs {
        let grey = picture.to_luma8();
        let size = [grey.width() as usize, grey.height() as usize];
        let frame = network.design.frame.unwrap_or(Frame { width, height, proportions: false });
        let input = frame.bring(grey.as_raw(), size);
        return Prepared { input, inverted: false, ink: None, note: None };
    }
    let Source::Sequences(settings) = &recipe.data else { return prepare(picture, width, height) };
    let as_is = picture.width() as usize == width && picture.height() as usize == height;
    if as_is {
        return prepare(picture, width, height);
    }
    // Laid out as the training's own numbers were before they were squeezed.
    let side = height.min(sequences::SQUEEZED);
    let (wide, high) = match settings.shape {
        Shape::Full => (width, height),
        Shape::Squeezed => (side * settings.longest as usize, side),
    };
    let mut prepared = prepare(picture, wide, high);
    if !settings.anywhere {
        shift_left(&mut prepared.input, wide);
    }
    if settings.shape == Shape::Squeezed {
        prepared.input = sequences::squeezed(&prepared.input, wide, high);
    }
    prepared.input = polarised(prepared.input, settings);
    prepared
}

/// Moves the ink to where sequences begin that begin at the left edge.
fn shift_left(pixels: &mut [u8], width: usize) {
    let first = (0..width).find(|x| pixels.chunks(width).any(|row| row[*x] > 0)).unwrap_or(0);
    let by = first.saturating_sub(RIM);
    for row in pixels.chunks_mut(width) {
        row.copy_within(by.., 0);
        row[width - by..].fill(0);
    }
}

/// Light on dark is what preparing makes; a network that saw dark on light alone wants that.
fn polarised(pixels: Vec<u8>, settings: &Sequences) -> Vec<u8> {
    match settings.polarity {
        sequences::Polarity::DarkOnLight => pixels.into_iter().map(|pixel| 255 - pixel).collect(),
        _ => pixels,
    }
}

/// Reads a prepared picture.
pub fn read(network: &NumberNetwork, prepared: &Prepared) -> anyhow::Result<Reading> {
    // A network of colour pictures sees the same grey in each channel.
    let pixels = prepared.input.repeat(network.input.channels);
    Ok(network.read(&pixels, 1)?.pop().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;
    use crate::data::Sequences;
    use crate::knobs::Choice as _;
    use crate::models::file::{self, ModelMeta};
    use crate::models::{Architecture, Input};
    use crate::recipe;
    use image::{GrayImage, Luma};

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    /// Two light strokes of different height on a dark, wide page.
    fn strokes() -> DynamicImage {
        let ink = |x: u32, y: u32| (60..80).contains(&x) || ((140..160).contains(&x) && y > 60);
        let page = |x, y| Luma([if (20..140).contains(&y) && ink(x, y) { 240 } else { 10 }]);
        GrayImage::from_fn(300, 160, page).into()
    }

    fn untrained(model: Architecture, data: Source) -> anyhow::Result<(tempfile::TempDir, Reader)> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("best.safetensors");
        let [channels, height, width] = data.shape().unwrap_or([1, 32, 160]);
        let input = Input { channels, height, width, classes: 10 }.brought(&model);
        let design = model.numbers(10).ok_or_else(|| anyhow::anyhow!("it reads numbers"))?;
        let network = NumberNetwork::new(&design, input, 3)?;
        let parameters: Vec<_> = network.parameters().map(|(n, t)| (n.clone(), t.shallow_clone())).collect();
        let meta = ModelMeta {
            recipe: recipe::to_ron(&Recipe { model, data, ..Recipe::default() })?,
            classes: (0..10).map(|n| n.to_string()).collect(),
            channels,
            height: input.height,
            width: input.width,
            data: "abc".to_owned(),
            program: "test".to_owned(),
            epoch: 0.0,
            step: 0,
            accuracy: None,
        };
        file::write(&path, &meta, &parameters)?;
        Ok((folder, Reader::open(&path)?))
    }

    #[test]
    fn a_model_file_alone_reads_numbers_whatever_the_architecture() -> Outcome {
        let mut n = 0;
        for variant in Architecture::default().options() {
            let mut model = Architecture::default();
            model.choose(variant.name);
            if model.numbers(10).is_none() {
                continue;
            }
            let (_folder, reader) = untrained(model, Source::Sequences(Sequences::default()))?;
            let prediction = reader.predict_image(&strokes())?;
            let number = prediction.number.ok_or("it reads numbers")?;
            assert_eq!(number.characters.len(), number.classes.len(), "{}", variant.name);
            assert!((0.0..=1.0).contains(&number.confidence), "{}", variant.name);
            assert_eq!(prediction.prepared.input.len(), reader.meta.width * reader.meta.height);
            n += 1;
        }
        assert_eq!(n, 8);
        Ok(())
    }

    #[test]
    fn pictures_are_laid_out_as_training_laid_its_numbers_out() -> Outcome {
        let mut model = Architecture::default();
        assert!(model.choose("sequence"));
        let left = Sequences { anywhere: false, jitter: 0, ..Sequences::default() };
        let (_folder, reader) = untrained(model.clone(), Source::Sequences(left.clone()))?;
        let prepared = reader.predict_image(&strokes())?.prepared;
        let column = |pixels: &[u8], width: usize, x: usize| pixels.chunks(width).any(|row| row[x] > 0);
        let width = reader.meta.width;
        let first = (0..width).find(|x| column(&prepared.input, width, *x));
        assert_eq!((width, first), (140, Some(RIM)));
        // Squeezed to a fifth, and dark on light.
        let settings = Sequences { shape: Shape::Squeezed, ..left };
        let dark = Sequences { polarity: sequences::Polarity::DarkOnLight, ..settings };
        let (_folder, reader) = untrained(model.clone(), Source::Sequences(settings))?;
        let light = reader.predict_image(&strokes())?.prepared.input;
        assert_eq!(light.len(), 784);
        assert!((0..8).any(|x| column(&light, 28, x)) && !(12..28).any(|x| column(&light, 28, x)));
        let (_folder, reader) = untrained(model, Source::Sequences(dark))?;
        let turned: Vec<u8> = light.iter().map(|pixel| 255 - pixel).collect();
        assert_eq!(reader.predict_image(&strokes())?.prepared.input, turned);
        Ok(())
    }
}
