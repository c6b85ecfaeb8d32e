//! Draws what was read on a copy of the picture.

use crate::data::Area;
use crate::found::Number;
use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};
use image::imageops::FilterType;
use image::{DynamicImage, Rgb, RgbImage};

/// Of numbers one after the other: blue, orange, green and purple that colour-blind people can tell apart (Okabe and
/// Ito, 2008, "Color universal design").
const COLOURS: [[u8; 3]; 4] = [[0, 114, 178], [230, 159, 0], [0, 158, 115], [204, 121, 167]];

/// Small pictures are enlarged by no more than this.
const MOST_ENLARGED: u32 = 8;

/// A copy with a box around each number, a fine one around each digit, and what each number reads.
pub fn annotated(picture: &DynamicImage, numbers: &[Number]) -> RgbImage {
    let mut image = picture.to_rgb8();
    let long = image.width().max(image.height());
    let thick = (long / 320).clamp(1, 12);
    let text = (long as f32 / 28.0).clamp(11.0, 120.0);
    for (number, colour) in numbers.iter().zip(COLOURS.iter().cycle()) {
        for digit in &number.digits {
            frame(&mut image, &digit.area, 1, *colour);
        }
        frame(&mut image, &number.area, thick, *colour);
        let told = format!("{} {:.0} %", number.text, number.confidence * 100.0);
        label(&mut image, &told, [number.area.x, number.area.y - text - thick as f32], text, *colour);
    }
    image
}

/// The same on a picture whose longer side has at least about so many pixels: a small one is enlarged by a whole number,
/// so that what is written on it does not hide what is to be seen.
pub fn annotated_large(picture: &DynamicImage, numbers: &[Number], side: u32) -> RgbImage {
    let long = picture.width().max(picture.height()).max(1);
    let times = side.div_ceil(long).min(MOST_ENLARGED);
    if times <= 1 {
        return annotated(picture, numbers);
    }
    let [width, height] = [picture.width() * times, picture.height() * times];
    let large = picture.resize_exact(width, height, FilterType::Triangle);
    let by = times as f32;
    let larger = |area: Area| Area { x: area.x * by, y: area.y * by, w: area.w * by, h: area.h * by };
    let mut numbers = numbers.to_vec();
    for number in &mut numbers {
        number.area = larger(number.area);
        for digit in &mut number.digits {
            digit.area = larger(digit.area);
        }
    }
    annotated(&large, &numbers)
}

/// A frame of so many pixels around a box, outside of it.
fn frame(image: &mut RgbImage, area: &Area, thick: u32, colour: [u8; 3]) {
    let thick = thick as f32;
    let Area { x, y, w, h } = *area;
    let (wide, high) = (w + 2.0 * thick, h + 2.0 * thick);
    let (left, top) = (x - thick, y - thick);
    for side in [
        Area { x: left, y: top, w: wide, h: thick },
        Area { x: left, y: y + h, w: wide, h: thick },
        Area { x: left, y: top, w: thick, h: high },
        Area { x: x + w, y: top, w: thick, h: high },
    ] {
        fill(image, &side, colour);
    }
}

fn fill(image: &mut RgbImage, area: &Area, colour: [u8; 3]) {
    let span = |from: f32, to: f32, most: u32| {
        let end = |at: f32| (at.round().max(0.0) as u32).min(most);
        end(from)..end(to)
    };
    let rows = span(area.y, area.bottom(), image.height());
    let columns = span(area.x, area.right(), image.width());
    for y in rows {
        for x in columns.clone() {
            image.put_pixel(x, y, Rgb(colour));
        }
    }
}

/// White text on a patch of colour, moved to where all of it can be seen.
fn label(image: &mut RgbImage, text: &str, [x, y]: [f32; 2], height: f32, colour: [u8; 3]) {
    let Ok(font) = FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR) else { return };
    let font = font.as_scaled(PxScale::from(height));
    let width: f32 = text.chars().map(|c| font.h_advance(font.glyph_id(c))).sum();
    let x = x.min(image.width() as f32 - width).max(0.0);
    let y = y.min(image.height() as f32 - height).max(0.0);
    fill(image, &Area { x, y, w: width + 2.0, h: height }, colour);
    let mut pen = x + 1.0;
    for c in text.chars() {
        let glyph = font.glyph_id(c).with_scale_and_position(height, ab_glyph::point(pen, y + font.ascent()));
        pen += font.h_advance(glyph.id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|dx, dy, cover| {
            let (x, y) = (bounds.min.x + dx as f32, bounds.min.y + dy as f32);
            if x >= 0.0 && y >= 0.0 && (x as u32) < image.width() && (y as u32) < image.height() {
                let pixel = image.get_pixel_mut(x as u32, y as u32);
                pixel.0 = pixel.0.map(|v| (f32::from(v) + (255.0 - f32::from(v)) * cover.min(1.0)) as u8);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::{Found, Thresholds};

    fn number(area: Area) -> Number {
        Number::of(vec![Found::new([0.7; 10], area, None)], 0.0, &Thresholds::default()).expect("a digit")
    }

    #[test]
    fn boxes_lie_around_what_was_read_and_what_was_read_stays_as_it_is() {
        let picture = DynamicImage::new_rgb8(100, 80);
        let drawn = annotated(&picture, &[number(Area { x: 30.0, y: 30.0, w: 20.0, h: 40.0 })]);
        assert_eq!(drawn.get_pixel(29, 50).0, COLOURS[0]);
        assert_eq!(drawn.get_pixel(50, 50).0, COLOURS[0]);
        assert!((30..50).all(|x| (30..70).all(|y| drawn.get_pixel(x, y).0 == [0; 3])));
        // "0 70 %" in white on the colour, above.
        assert!(drawn.pixels().any(|pixel| pixel.0[0] > 150));
    }

    #[test]
    fn small_pictures_are_large_before_something_is_written_on_them() {
        let picture = DynamicImage::new_rgb8(30, 20);
        let numbers = [number(Area { x: 10.0, y: 5.0, w: 8.0, h: 12.0 })];
        let drawn = annotated_large(&picture, &numbers, 200);
        assert_eq!(drawn.dimensions(), (210, 140));
        assert_eq!((drawn.get_pixel(69, 80).0, drawn.get_pixel(126, 80).0), (COLOURS[0], COLOURS[0]));
        assert!((70..126).all(|x| (35..119).all(|y| drawn.get_pixel(x, y).0 == [0; 3])));
        assert_eq!(annotated_large(&picture, &numbers, 30), annotated(&picture, &numbers));
        assert_eq!(annotated_large(&DynamicImage::new_rgb8(2, 1), &[], 9000).dimensions(), (16, 8));
    }

    #[test]
    fn boxes_beyond_the_picture_do_no_harm() {
        let picture = DynamicImage::new_rgb8(9, 7);
        let areas = [[-50.0, -50.0, 20.0, 20.0], [5.0, 5.0, 400.0, 400.0], [1e9, 1e9, 1.0, 1.0]];
        let numbers: Vec<Number> =
            areas.iter().map(|[x, y, w, h]| number(Area { x: *x, y: *y, w: *w, h: *h })).collect();
        assert_eq!(annotated(&picture, &numbers).dimensions(), (9, 7));
    }
}
