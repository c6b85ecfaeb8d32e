//! Images of data sets and of the user as PNG for a report.

use super::block::Figure;
use crate::data::Samples;
use crate::reader::Area;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::io::Cursor;

/// Longest side of a picture of the user's in a report.
const MOST_SIDE: u32 = 320;
/// The colour of frames: blue that colour-blind people see too (Okabe and Ito, 2008).
const FRAME: image::Rgb<u8> = image::Rgb([0, 114, 178]);

/// An image of a data set; `width` is how wide it is shown.
pub fn figure(samples: &Samples, row: usize, width: u32, caption: String) -> Option<Figure> {
    let [columns, rows] = samples.size(row);
    let pixels = samples.image(row);
    let plane = columns * rows;
    let n = (pixels.len() / plane.max(1)).max(1);
    let at = |x: u32, y: u32, channel: usize| {
        let place = (channel % n) * plane + y as usize * columns + x as usize;
        pixels.get(place).copied().unwrap_or(0)
    };
    let image = RgbImage::from_fn(columns as u32, rows as u32, |x, y| {
        image::Rgb([at(x, y, 0), at(x, y, 1 % n), at(x, y, 2 % n)])
    });
    Some(Figure { png: png(&image.into())?, caption, width })
}

/// A picture of the user's, made small enough for a document.
pub fn of_user(picture: &DynamicImage, caption: String) -> Option<Figure> {
    let large = picture.width().max(picture.height()) > MOST_SIDE;
    let small = if large { picture.thumbnail(MOST_SIDE, MOST_SIDE) } else { picture.clone() };
    Some(Figure { width: small.width().min(240), png: png(&small.to_rgb8().into())?, caption })
}

/// A copy with a frame around where the ink was found.
pub fn framed(picture: &DynamicImage, ink: &Area) -> DynamicImage {
    let mut image = picture.to_rgb8();
    let (width, height) = image.dimensions();
    let thick = (width.max(height) / 160).max(1);
    let [x, y, w, h] = [ink.x, ink.y, ink.width, ink.height].map(|side| side as u32);
    let (left, top) = (x.saturating_sub(thick), y.saturating_sub(thick));
    let (right, bottom) = ((x + w + thick).min(width), (y + h + thick).min(height));
    for row in top..bottom {
        for column in left..right {
            let inside = (x..x + w).contains(&column) && (y..y + h).contains(&row);
            if !inside {
                image.put_pixel(column, row, FRAME);
            }
        }
    }
    image.into()
}

fn png(image: &DynamicImage) -> Option<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).ok()?;
    Some(bytes.into_inner())
}
