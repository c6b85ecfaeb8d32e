//! Pictures of whole numbers: prepared as a network of them was trained, and what it makes of them.

use super::prepare::{Prepared, prepare};
use crate::data::Source;
use crate::data::sequences::{self, Sequences, Shape};
use crate::models::numbers::{NumberNetwork, Reading};
use crate::recipe::Recipe;
use image::DynamicImage;
use image::imageops::FilterType;

/// Black columns left of a number that begins at the left edge: the rim that MNIST's digits have.
const RIM: usize = 4;

/// Prepares a picture of a number for a network trained by this recipe.
pub fn prepare_number(picture: &DynamicImage, recipe: &Recipe, network: &NumberNetwork) -> Prepared {
    let (width, height) = (network.input.width, network.input.height);
    if network.design.photographs {
        let small = picture.to_luma8();
        let small = image::imageops::resize(&small, width as u32, height as u32, FilterType::Triangle);
        return Prepared { input: small.into_raw(), inverted: false, ink: None, note: None };
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
