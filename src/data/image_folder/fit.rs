//! Makes a picture file the bytes of an image: grey or colour, as it is or fitted into a square, boxes with it.

use super::super::marks::{Area, Mark};
use super::super::picture::{self, MAX_PIXELS};
use super::Colour;
use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgb, RgbImage, RgbaImage};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// How pictures are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fit {
    /// Side of the square; 0 leaves pictures as they are.
    pub(crate) side: u32,
    pub(crate) colour: Colour,
}

/// A picture as it is kept.
pub(crate) struct Fitted {
    /// Channel after channel.
    pub(crate) pixels: Vec<u8>,
    /// Width, height.
    pub(crate) size: [u32; 2],
    pub(crate) marks: Vec<Mark>,
}

impl Fit {
    /// Colour channels of every picture.
    pub(crate) fn channels(&self) -> usize {
        if self.colour == Colour::Grey { 1 } else { 3 }
    }

    /// Reads a picture file; or says why not, as a clause. Boxes are pixels, or shares of width and height.
    pub(crate) fn read(
        &self,
        path: &Path,
        most_bytes: u64,
        marks: &[Mark],
        in_shares: bool,
    ) -> Result<Fitted, String> {
        let mut bytes = Vec::new();
        let read = File::open(path).and_then(|file| file.take(most_bytes + 1).read_to_end(&mut bytes));
        match read {
            Err(cause) => return Err(format!("the system will not read it ({cause})")),
            Ok(n) if n as u64 > most_bytes => {
                return Err(format!("it has more than {} MB", most_bytes >> 20));
            }
            Ok(_) => {}
        }
        let picture = picture::decode_within(&bytes, path, MAX_PIXELS).map_err(|error| error.why())?;
        let mut marks = marks.to_vec();
        if in_shares {
            let (w, h) = (picture.width() as f32, picture.height() as f32);
            marks.iter_mut().for_each(|mark| mark.area = scaled(&mark.area, [w, h], [0.0, 0.0]));
        }
        Ok(self.fit(&picture, marks))
    }

    /// Fits a picture; `marks` are in its pixels.
    pub(crate) fn fit(&self, picture: &DynamicImage, mut marks: Vec<Mark>) -> Fitted {
        let mut image = on_paper(picture);
        let side = self.side;
        if side > 0 && image.dimensions() != (side, side) {
            let (w, h) = image.dimensions();
            let scale = side as f32 / w.max(h) as f32;
            let fitted = [w, h].map(|length| ((length as f32 * scale).round() as u32).clamp(1, side));
            // Averages over what falls into a pixel, and does not ring at the edges of ink.
            let resized = if fitted == [w, h] {
                image
            } else {
                imageops::resize(&image, fitted[0], fitted[1], FilterType::Triangle)
            };
            let [left, top] = fitted.map(|length| (side - length) / 2);
            let mut square = RgbImage::from_pixel(side, side, edge(&resized));
            imageops::replace(&mut square, &resized, i64::from(left), i64::from(top));
            let factor = [fitted[0] as f32 / w as f32, fitted[1] as f32 / h as f32];
            for mark in &mut marks {
                mark.area = scaled(&mark.area, factor, [left as f32, top as f32]);
            }
            image = square;
        }
        let (width, height) = image.dimensions();
        let pixels = match self.colour {
            Colour::Grey if is_grey(picture) => image.pixels().map(|pixel| pixel.0[0]).collect(),
            Colour::Grey => DynamicImage::ImageRgb8(image).into_luma8().into_raw(),
            Colour::Rgb => {
                (0..3).flat_map(|channel| image.pixels().map(move |pixel| pixel.0[channel])).collect()
            }
        };
        Fitted { pixels, size: [width, height], marks }
    }
}

fn is_grey(picture: &DynamicImage) -> bool {
    !picture.color().has_color()
}

/// Eight bits and no transparency: what shows through is white paper.
fn on_paper(picture: &DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8();
    }
    let picture: RgbaImage = picture.to_rgba8();
    RgbImage::from_fn(picture.width(), picture.height(), |x, y| {
        let [r, g, b, a] = picture.get_pixel(x, y).0.map(u32::from);
        Rgb([r, g, b].map(|ink| ((ink * a + 255 * (255 - a) + 127) / 255) as u8))
    })
}

/// The mean colour of the edge: what is put beside a picture that is no square, so that no false edge appears.
fn edge(image: &RgbImage) -> Rgb<u8> {
    let (w, h) = image.dimensions();
    let (mut sum, mut n) = ([0_u64; 3], 0);
    let across = (0..w).flat_map(|x| [(x, 0), (x, h - 1)]);
    let down = (0..h).flat_map(|y| [(0, y), (w - 1, y)]);
    for (x, y) in across.chain(down) {
        for (sum, value) in sum.iter_mut().zip(image.get_pixel(x, y).0) {
            *sum += u64::from(value);
        }
        n += 1;
    }
    Rgb(sum.map(|sum| (sum / n.max(1)) as u8))
}

fn scaled(area: &Area, factor: [f32; 2], shift: [f32; 2]) -> Area {
    let [fx, fy] = factor;
    Area { x: area.x * fx + shift[0], y: area.y * fy + shift[1], w: area.w * fx, h: area.h * fy }
}
