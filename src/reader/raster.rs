//! A picture as the detector looks at it: its brightness, whole or in part, at any size.

use crate::data::Area;
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbImage};

/// The brightness of a picture, a byte a pixel, row after row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    /// Columns and rows.
    pub size: [usize; 2],
    /// Their brightness.
    pub values: Vec<u8>,
}

impl Raster {
    /// Of a picture of any colour model; what is transparent lies on white paper.
    pub fn of(picture: &DynamicImage) -> Self {
        let size = [picture.width() as usize, picture.height() as usize];
        let values = match picture {
            DynamicImage::ImageLuma8(grey) => grey.as_raw().clone(),
            DynamicImage::ImageRgb8(rgb) => brightness(rgb.as_raw()),
            _ if picture.color().has_alpha() => brightness(on_white(picture).as_raw()),
            _ => brightness(picture.to_rgb8().as_raw()),
        };
        Self { size, values }
    }

    /// Of a frame of a camera: red, green and blue of each pixel.
    pub fn of_rgb(rgb: &RgbImage) -> Self {
        Self { size: [rgb.width() as usize, rgb.height() as usize], values: brightness(rgb.as_raw()) }
    }

    /// All of it.
    pub fn area(&self) -> Area {
        Area { x: 0.0, y: 0.0, w: self.size[0] as f32, h: self.size[1] as f32 }
    }

    /// A part of the picture at another size: averaged where it shrinks, drawn in straight lines where it grows.
    /// The part must lie inside and have a pixel at least.
    pub fn scaled(&self, part: &Area, size: [usize; 2]) -> anyhow::Result<Vec<u8>> {
        if *part == self.area() && size == self.size {
            return Ok(self.values.clone());
        }
        let [width, height] = self.size.map(|side| side as u32);
        let source = ImageRef::new(width, height, &self.values, PixelType::U8)?;
        let mut small = Image::new(size[0] as u32, size[1] as u32, PixelType::U8);
        // Sides were worked out in single precision, and may end a hair beyond the picture.
        let within = |start: f32, length: f32, side: u32| {
            let start = f64::from(start).clamp(0.0, f64::from(side) - 1.0);
            (start, f64::from(length).min(f64::from(side) - start))
        };
        let ((x, w), (y, h)) = (within(part.x, part.w, width), within(part.y, part.h, height));
        let options =
            ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear)).crop(x, y, w, h);
        Resizer::new().resize(&source, &mut small, &options)?;
        Ok(small.into_vec())
    }
}

/// ITU-R BT.601's brightness, in 16-bit fractions.
fn brightness(rgb: &[u8]) -> Vec<u8> {
    let luma = |[red, green, blue]: [u8; 3]| {
        (19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue) + 32_768) >> 16
    };
    rgb.as_chunks().0.iter().map(|pixel| luma(*pixel) as u8).collect()
}

fn on_white(picture: &DynamicImage) -> RgbImage {
    let rgba = picture.to_rgba8();
    let mut rgb = RgbImage::new(rgba.width(), rgba.height());
    for (to, from) in rgb.pixels_mut().zip(rgba.pixels()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        to.0 = [red, green, blue].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8);
    }
    rgb
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, ImageBuffer, Luma, Rgb, Rgba, RgbaImage};

    #[test]
    fn brightness_is_the_same_whatever_the_colour_model() {
        let rgb = RgbImage::from_fn(9, 4, |x, y| Rgb([x as u8 * 20, y as u8 * 50, 30]));
        let raster = Raster::of(&rgb.clone().into());
        assert_eq!(raster, Raster::of_rgb(&rgb));
        // 0.299 * 100 + 0.587 * 150 + 0.114 * 30
        assert_eq!((raster.size, raster.values[3 * 9 + 5]), ([9, 4], 121));
        let deep = ImageBuffer::from_fn(9, 4, |x, y| Rgb(rgb.get_pixel(x, y).0.map(|v| u16::from(v) * 257)));
        assert_eq!(Raster::of(&DynamicImage::ImageRgb16(deep)), raster);
        let clear = RgbaImage::from_fn(2, 1, |x, _| Rgba([0, 0, 0, if x == 0 { 0 } else { 255 }]));
        assert_eq!(Raster::of(&clear.into()).values, [255, 0]);
        let grey = GrayImage::from_pixel(3, 2, Luma([77]));
        assert_eq!(Raster::of(&grey.into()).values, [77; 6]);
    }

    #[test]
    fn parts_are_brought_to_any_size() {
        let grey = GrayImage::from_fn(64, 48, |x, _| Luma([if x < 32 { 40 } else { 200 }]));
        let raster = Raster::of(&grey.into());
        assert_eq!(raster.scaled(&raster.area(), raster.size).expect("it is there"), raster.values);
        let half = Area { x: 32.0, y: 8.0, w: 32.0, h: 32.0 };
        let right = raster.scaled(&half, [8, 8]).expect("it shrinks");
        // The first column looks over the edge a little.
        assert!(right.chunks(8).all(|row| row[0] > 150 && row[1..] == [200; 7]), "{right:?}");
        let small = raster.scaled(&raster.area(), [4, 3]).expect("it shrinks");
        assert!(small[0] < 60 && small[3] > 180, "{small:?}");
        assert_eq!(raster.scaled(&raster.area(), [128, 96]).expect("it grows").len(), 128 * 96);
    }
}
