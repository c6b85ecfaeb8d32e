//! Small pictures of many images: pages of tiles in textures, made a few a frame when they come into view.

use crate::data::Samples;
use egui::{Color32, ColorImage, Context, Pos2, Rect, TextureHandle, TextureOptions, pos2, vec2};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// Tiles beside each other on a page; a page is this squared.
const SIDE: usize = 16;
/// Tiles on a page.
pub const PAGE: usize = SIDE * SIDE;
/// Pages kept: some 60 MB of textures at 28x28, and more than any screen shows at once.
const KEPT: usize = 64;
/// What a frame may spend on making pages; what is left over comes in the next one.
const BUDGET: Duration = Duration::from_millis(3);

/// Textures of the images shown of late.
#[derive(Default)]
pub struct Thumbs {
    pages: HashMap<(u64, usize), Page>,
    frame: u64,
    spent: Duration,
    single: Option<((u64, usize), TextureHandle)>,
}

struct Page {
    texture: TextureHandle,
    used: u64,
}

impl Thumbs {
    /// The texture of a page of `rows`, and where on it a tile lies; `None` while it is not made yet, and then another
    /// frame is asked for. `revision` tells lists of rows apart.
    pub fn page(
        &mut self,
        ctx: &Context,
        revision: u64,
        page: usize,
        rows: &[u32],
        samples: &Samples,
    ) -> Option<&TextureHandle> {
        let frame = ctx.cumulative_frame_nr();
        if frame != self.frame {
            self.frame = frame;
            self.spent = Duration::ZERO;
        }
        let key = (revision, page);
        if !self.pages.contains_key(&key) {
            if self.spent >= BUDGET {
                ctx.request_repaint();
                return None;
            }
            let since = Instant::now();
            self.make_room();
            let end = rows.len().min((page + 1) * PAGE);
            let image = page_image(&rows[page * PAGE..end], samples);
            let texture = ctx.load_texture("thumbnails", image, options());
            self.pages.insert(key, Page { texture, used: frame });
            self.spent += since.elapsed();
        }
        let page = self.pages.get_mut(&key)?;
        page.used = frame;
        Some(&page.texture)
    }

    /// The texture of one image, for a large view of it.
    pub fn single(
        &mut self,
        ctx: &Context,
        key: (u64, usize),
        size: [usize; 2],
        pixels: &[u8],
    ) -> &TextureHandle {
        let fresh = self.single.take().filter(|(known, _)| *known == key).map(|(_, texture)| texture);
        let texture = fresh.unwrap_or_else(|| {
            let image = ColorImage::new(size, colours(pixels, size[0] * size[1]).collect());
            ctx.load_texture("image", image, TextureOptions::NEAREST)
        });
        &self.single.insert((key, texture)).1
    }

    fn make_room(&mut self) {
        while self.pages.len() >= KEPT {
            let Some(oldest) = self.pages.iter().min_by_key(|(_, page)| page.used).map(|(key, _)| *key)
            else {
                return;
            };
            self.pages.remove(&oldest);
        }
    }
}

/// Pixels are seen as squares when they are larger than the screen's, and averaged when they are smaller.
fn options() -> TextureOptions {
    TextureOptions { magnification: egui::TextureFilter::Nearest, ..TextureOptions::LINEAR }
}

/// Where on its page the tile of a position lies, in texture coordinates.
pub fn uv(position: usize) -> Rect {
    let on_page = position % PAGE;
    let at = vec2((on_page % SIDE) as f32, (on_page / SIDE) as f32) / SIDE as f32;
    // A thousandth of a tile inwards, so that a neighbour's edge never shines through.
    Rect::from_min_size(Pos2::ZERO + at, vec2(1.0, 1.0) / SIDE as f32).shrink(1e-3 / SIDE as f32)
}

fn page_image(rows: &[u32], samples: &Samples) -> ColorImage {
    let (width, height) = (samples.width, samples.height);
    let size = [width * SIDE, height * SIDE];
    let mut pixels = vec![Color32::BLACK; size[0] * size[1]];
    for (tile, row) in rows.iter().enumerate() {
        let corner = (tile / SIDE) * height * size[0] + (tile % SIDE) * width;
        let image = samples.image(*row as usize);
        let mut colours = colours(&image, width * height);
        for y in 0..height {
            let start = corner + y * size[0];
            for pixel in &mut pixels[start..start + width] {
                *pixel = colours.next().unwrap_or(Color32::BLACK);
            }
        }
    }
    ColorImage::new(size, pixels)
}

/// Channel after channel in, colour after colour out; one channel is grey.
fn colours(pixels: &[u8], n: usize) -> impl Iterator<Item = Color32> {
    let colourful = pixels.len() >= 3 * n;
    (0..n).map(move |i| {
        if colourful {
            Color32::from_rgb(pixels[i], pixels[n + i], pixels[2 * n + i])
        } else {
            Color32::from_gray(pixels[i])
        }
    })
}

/// The pixel of an image shown in `rect` at a point, as column and row.
pub fn pixel_at(rect: Rect, size: [usize; 2], point: Pos2) -> Option<[usize; 2]> {
    if !rect.contains(point) || rect.width() <= 0.0 || rect.height() <= 0.0 {
        return None;
    }
    let share = (point - rect.min) / rect.size();
    let pixel = [(share.x * size[0] as f32) as usize, (share.y * size[1] as f32) as usize];
    Some([pixel[0].min(size[0] - 1), pixel[1].min(size[1] - 1)])
}

/// Where a pixel lies in `rect`.
pub fn pixel_rect(rect: Rect, size: [usize; 2], pixel: [usize; 2]) -> Rect {
    let side = vec2(rect.width() / size[0] as f32, rect.height() / size[1] as f32);
    let corner = pos2(rect.min.x + pixel[0] as f32 * side.x, rect.min.y + pixel[1] as f32 * side.y);
    Rect::from_min_size(corner, side)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use std::sync::Arc;

    #[test]
    fn each_row_lies_where_its_coordinates_say() {
        let n = 300;
        let pixels: Vec<u8> = (0..n).flat_map(|i| [(i % 256) as u8; 6]).collect();
        let samples = Samples::new(Pixels::Owned(pixels.into()), Arc::from(vec![0; n]), [1, 2, 3]);
        let rows: Vec<u32> = (0..300).rev().collect();
        let image = page_image(&rows[PAGE..], &samples);
        assert_eq!(image.size, [48, 32]);
        for position in [PAGE, PAGE + 17, 299] {
            let centre = uv(position).center();
            let (x, y) = ((centre.x * 48.0) as usize, (centre.y * 32.0) as usize);
            assert_eq!(image.pixels[y * 48 + x], Color32::from_gray(rows[position] as u8), "{position}");
        }
    }

    #[test]
    fn the_pixel_under_the_pointer() {
        let rect = Rect::from_min_size(pos2(10.0, 20.0), vec2(280.0, 280.0));
        assert_eq!(pixel_at(rect, [28, 28], pos2(10.0, 20.0)), Some([0, 0]));
        assert_eq!(pixel_at(rect, [28, 28], pos2(290.0, 300.0)), Some([27, 27]));
        assert_eq!(pixel_at(rect, [28, 28], pos2(9.0, 20.0)), None);
        assert_eq!(
            pixel_rect(rect, [28, 28], [3, 1]),
            Rect::from_min_size(pos2(40.0, 30.0), vec2(10.0, 10.0))
        );
    }
}
