//! Boxes and texts drawn into a picture, to be kept or sent on.

use crate::data::Area;
use crate::found::track::Track;
use ab_glyph::{Font as _, FontRef, PxScale, ScaleFont as _};
use image::{Rgb, RgbImage};

/// One colour a number, bright on any background with the dark line around it (Okabe and Ito's hues).
const COLOURS: [[u8; 3]; 6] =
    [[240, 228, 66], [86, 180, 233], [230, 159, 0], [0, 200, 140], [230, 130, 190], [255, 110, 60]];

/// The picture with a box and the text of each number, and a box for each digit.
pub fn draw(picture: &RgbImage, numbers: &[Track]) -> RgbImage {
    let mut out = picture.clone();
    let thick = (picture.width().max(picture.height()) / 400).max(1) as i32;
    let font = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT).ok();
    for (i, track) in numbers.iter().enumerate() {
        let colour = Rgb(COLOURS[i % COLOURS.len()]);
        for digit in &track.number.digits {
            frame(&mut out, &digit.area, colour, thick);
        }
        let margin = track.number.area.h * 0.06 + 2.0 * thick as f32;
        let Area { x, y, w, h } = track.number.area;
        let around = Area { x: x - margin, y: y - margin, w: w + 2.0 * margin, h: h + 2.0 * margin };
        frame(&mut out, &around, colour, 2 * thick);
        if let Some(font) = &font {
            let text = format!("{} {:.0} %", track.number.text, track.number.confidence * 100.0);
            write(&mut out, &text, [around.x, around.y], colour, font);
        }
    }
    out
}

fn put(out: &mut RgbImage, x: i32, y: i32, colour: Rgb<u8>) {
    if x >= 0 && y >= 0 && (x as u32) < out.width() && (y as u32) < out.height() {
        out.put_pixel(x as u32, y as u32, colour);
    }
}

fn fill(out: &mut RgbImage, [left, top, right, bottom]: [i32; 4], colour: Rgb<u8>) {
    let (width, height) = (out.width() as i32, out.height() as i32);
    for y in top.max(0)..bottom.min(height) {
        for x in left.max(0)..right.min(width) {
            put(out, x, y, colour);
        }
    }
}

/// The rim of a box, with a dark one around it.
fn frame(out: &mut RgbImage, area: &Area, colour: Rgb<u8>, thick: i32) {
    let edges =
        [area.x, area.y, area.right(), area.bottom()].map(|edge| edge.round().clamp(-1e6, 1e6) as i32);
    for (grow, colour) in [(1, Rgb([0, 0, 0])), (0, colour)] {
        let [l, t, r, b] = [edges[0] - grow, edges[1] - grow, edges[2] + grow, edges[3] + grow];
        let thick = thick + 2 * grow;
        fill(out, [l, t, r, t + thick], colour);
        fill(out, [l, b - thick, r, b], colour);
        fill(out, [l, t, l + thick, b], colour);
        fill(out, [r - thick, t, r, b], colour);
    }
}

/// A line of text on its colour, above the point or, where there is no room, below it.
fn write(out: &mut RgbImage, text: &str, [x, y]: [f32; 2], colour: Rgb<u8>, font: &FontRef<'_>) {
    let size = (out.height() as f32 / 24.0).clamp(12.0, 64.0);
    let scaled = font.as_scaled(PxScale::from(size));
    let wide: f32 = text.chars().map(|c| scaled.h_advance(scaled.glyph_id(c))).sum();
    let high = size.ceil();
    let top = if y - high < 0.0 { y.max(0.0) } else { y - high };
    let left = x.clamp(0.0, (out.width() as f32 - wide - 6.0).max(0.0));
    fill(out, [left, top, left + wide + 6.0, top + high].map(|edge| edge as i32), colour);
    let mut pen = left + 3.0;
    for c in text.chars() {
        let mut glyph = scaled.scaled_glyph(c);
        glyph.position = ab_glyph::point(pen, top + scaled.ascent() + (high - scaled.height()) / 2.0);
        pen += scaled.h_advance(glyph.id);
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|dx, dy, ink| {
            let (x, y) = (corner.x as i32 + dx as i32, corner.y as i32 + dy as i32);
            let paper = colour.0.map(|value| (f32::from(value) * (1.0 - ink.clamp(0.0, 1.0))) as u8);
            if ink > 0.05 {
                put(out, x, y, Rgb(paper));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::seen;
    use super::*;

    #[test]
    fn boxes_are_drawn_and_nothing_outside_of_the_picture() {
        let mut seen = seen("304", 1, 0.9, "");
        let drawn = draw(&seen.picture, &seen.numbers);
        let area = seen.numbers[0].number.digits[0].area;
        assert_eq!(drawn.get_pixel(area.x as u32, area.y as u32 + 5).0, COLOURS[0]);
        assert_eq!(drawn.dimensions(), seen.picture.dimensions());
        for odd in [-1e9, 1e9, f32::NAN] {
            seen.numbers[0].number.area.x = odd;
            seen.numbers[0].number.digits[0].area.w = odd;
            draw(&seen.picture, &seen.numbers);
        }
        draw(&RgbImage::new(1, 1), &seen.numbers);
    }
}
