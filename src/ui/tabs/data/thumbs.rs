//! Textures of small pictures: pages of tiles that workers make, kept for as long as they are looked at and a while
//! longer; and the one image that is shown large.

use crate::app::gallery::Gallery;
use crate::data::Samples;
use crate::work::Waker;
use crate::work::tiles::{Cut, Key, Made, Page, Tiler, Wish};
use egui::{Color32, ColorImage, Context, Pos2, Rect, TextureHandle, TextureId, TextureOptions, pos2, vec2};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pages kept beyond those on the screen, of at most 1 MB each.
const KEPT: usize = 96;
/// What a frame may spend on handing pages to the graphics processor; what is left over comes in the next one.
const BUDGET: Duration = Duration::from_millis(3);
/// How long a frame waits for pages of images that are quick to make: less than an eye sees, and nothing flickers.
const PATIENCE: Duration = Duration::from_millis(3);

/// Textures of the images shown of late.
#[derive(Default)]
pub struct Thumbs {
    tiler: Option<Tiler>,
    pages: HashMap<Key, Texture>,
    missing: Vec<Key>,
    previous: Option<Key>,
    now: Option<Key>,
    frame: u64,
    whole: Whole,
}

struct Texture {
    handle: TextureHandle,
    n_made: usize,
    complete: bool,
    used: u64,
}

#[derive(Default)]
struct Whole {
    tiler: Option<Tiler>,
    arrived: Option<((u64, usize), Vec<u8>)>,
    large: Option<Large>,
}

/// An image to be shown large.
pub struct Large {
    key: (u64, usize),
    /// Columns and rows.
    pub size: [usize; 2],
    /// Its bytes, channel after channel.
    pub pixels: Vec<u8>,
    /// Its picture, a texel a pixel.
    pub texture: TextureHandle,
}

/// Where to find the picture of an image.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    /// The texture.
    pub texture: TextureId,
    /// The place on it.
    pub uv: Rect,
}

impl Thumbs {
    /// Begins a frame in which tiles of `gallery` are drawn `pixels` wide.
    pub fn begin(&mut self, ctx: &Context, gallery: &Gallery, samples: &Samples, pixels: f32) {
        let key = Key { list: gallery.revision(), cut: Cut::new(samples, pixels), page: 0 };
        if self.now != Some(key) {
            // The tiles of another size stand in until those of this one are there.
            self.previous = self.now.filter(|now| now.list == key.list);
            self.now = Some(key);
        }
        self.frame = ctx.cumulative_frame_nr();
        self.missing.clear();
        self.take(ctx, Duration::ZERO);
    }

    /// The picture of the image at a position, whose width and height is `size`; `None` while there is none.
    pub fn tile(&mut self, position: usize, size: [usize; 2]) -> Option<Tile> {
        let now = self.now?;
        if let Some(tile) = self.find(now, position, size) {
            return Some(tile);
        }
        let key = Key { page: position / now.cut.per_page(), ..now };
        if self.missing.last() != Some(&key) {
            self.missing.push(key);
        }
        self.find(self.previous?, position, size)
    }

    fn find(&mut self, list: Key, position: usize, size: [usize; 2]) -> Option<Tile> {
        let Key { cut, .. } = list;
        let key = Key { page: position / cut.per_page(), ..list };
        let page = self.pages.get_mut(&key)?;
        page.used = self.frame;
        let uv = uv(cut, position, size);
        (position % cut.per_page() < page.n_made).then(|| Tile { texture: page.handle.id(), uv })
    }

    /// Ends the frame: asks for what is missing, the pages of the positions in `soon` after everything else.
    pub fn end(&mut self, ctx: &Context, gallery: &Gallery, samples: &Samples, soon: [usize; 2]) {
        let Some(now) = self.now else { return };
        let urgent = !self.missing.is_empty();
        for position in soon.into_iter().filter(|position| *position < gallery.rows().len()) {
            let key = Key { page: position / now.cut.per_page(), ..now };
            if !self.pages.contains_key(&key) && !self.missing.contains(&key) {
                self.missing.push(key);
            }
        }
        let tiler = self.tiler.get_or_insert_with(|| start(3, ctx));
        tiler.wish(Wish {
            rows: gallery.shared_rows(),
            samples: Some(samples.clone()),
            pages: self.missing.clone(),
            whole: None,
        });
        if urgent && samples.is_quick() {
            self.take(ctx, PATIENCE);
        }
        self.make_room();
    }

    /// Takes in what workers made, waiting for what is missing for at most `patience`.
    fn take(&mut self, ctx: &Context, patience: Duration) {
        let since = Instant::now();
        while let Some(made) =
            self.tiler.as_ref().and_then(|tiler| tiler.next(patience.saturating_sub(since.elapsed())))
        {
            if let Made::Page(page) = made {
                self.keep(ctx, page);
            }
            // What came is seen in the next frame, together with what comes until then.
            ctx.request_repaint();
            let waiting = self.missing.iter().any(|key| !self.pages.contains_key(key));
            if since.elapsed() >= BUDGET || !(patience.is_zero() || waiting) {
                break;
            }
        }
    }

    fn keep(&mut self, ctx: &Context, page: Page) {
        let Page { key, rgb, n_made, complete } = page;
        if self.now.is_none_or(|now| now.list != key.list) {
            return;
        }
        let image = ColorImage::from_rgb(key.cut.page(), &rgb);
        match self.pages.get_mut(&key) {
            Some(texture) => {
                texture.handle.set(image, options());
                (texture.n_made, texture.complete) = (n_made, complete);
            }
            None => {
                let handle = ctx.load_texture("thumbnails", image, options());
                self.pages.insert(key, Texture { handle, n_made, complete, used: self.frame });
            }
        }
        if complete {
            self.missing.retain(|missing| *missing != key);
        }
    }

    /// Lets go of the pages that were looked at longest ago.
    fn make_room(&mut self) {
        let frame = self.frame;
        let mut old: Vec<(u64, Key)> = self
            .pages
            .iter()
            .filter(|(_, page)| page.used < frame)
            .map(|(key, page)| (page.used, *key))
            .collect();
        if old.len() > KEPT {
            old.sort_unstable_by_key(|(used, _)| *used);
            for (_, key) in &old[..old.len() - KEPT] {
                self.pages.remove(key);
            }
        }
    }

    /// Whether every tile that was asked for is there.
    pub fn complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// One image to be shown large, by the list's number and its row; `None` while a worker makes it.
    pub fn large(&mut self, ctx: &Context, key: (u64, usize), samples: &Samples) -> Option<&Large> {
        let Whole { tiler, arrived, large } = &mut self.whole;
        if large.as_ref().is_none_or(|large| large.key != key) {
            let pixels = if samples.is_quick() {
                samples.image(key.1).into_owned()
            } else {
                let tiler = tiler.get_or_insert_with(|| start(1, ctx));
                while let Some(made) = tiler.next(Duration::ZERO) {
                    if let Made::Whole(whole) = made {
                        *arrived = Some((whole.key, whole.pixels));
                    }
                }
                let (samples, whole) = (Some(samples.clone()), Some(key));
                tiler.wish(Wish { samples, whole, ..Wish::default() });
                arrived.take_if(|(arrived, _)| *arrived == key)?.1
            };
            let size = samples.size(key.1);
            let image = ColorImage::new(size, colours(&pixels, size[0] * size[1]).collect());
            let texture = ctx.load_texture("image", image, TextureOptions::NEAREST);
            *large = Some(Large { key, size, pixels, texture });
        }
        large.as_ref()
    }
}

fn start(most: usize, ctx: &Context) -> Tiler {
    let ctx = ctx.clone();
    let waker: Waker = Arc::new(move || ctx.request_repaint());
    Tiler::start(most, &waker)
}

/// Pixels are seen as squares when they are larger than the screen's, and averaged when they are smaller.
fn options() -> TextureOptions {
    TextureOptions { magnification: egui::TextureFilter::Nearest, ..TextureOptions::LINEAR }
}

/// Where on its page the tile of a position lies, in texture coordinates, for an image of that size.
fn uv(cut: Cut, position: usize, size: [usize; 2]) -> Rect {
    let page = cut.page().map(|side| side as f32);
    let place = |[x, y]: [usize; 2]| pos2(x as f32 / page[0], y as f32 / page[1]);
    let (corner, [width, height]) = (cut.corner(position), cut.fitted(size));
    let end = [corner[0] + width, corner[1] + height];
    // A hair inwards, so that a neighbour's edge never shines through.
    Rect::from_min_max(place(corner), place(end)).shrink2(vec2(0.02 / page[0], 0.02 / page[1]))
}

/// Channel after channel in, colour after colour out; one channel is grey.
pub fn colours(pixels: &[u8], n: usize) -> impl Iterator<Item = Color32> {
    let colourful = pixels.len() >= 3 * n;
    (0..n).map(move |i| {
        let at = |i: usize| pixels.get(i).copied().unwrap_or(0);
        if colourful { Color32::from_rgb(at(i), at(n + i), at(2 * n + i)) } else { Color32::from_gray(at(i)) }
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

    #[test]
    fn a_tile_lies_where_it_was_drawn() {
        let cut = Cut { cell: [64, 64], grid: [8, 8] };
        let place = uv(cut, 64 + 9, [128, 32]);
        let at = |x: f32| x / 512.0;
        assert!((place.left() - at(64.0)).abs() < 1e-4 && (place.right() - at(128.0)).abs() < 1e-4);
        assert!((place.top() - at(64.0)).abs() < 1e-4 && (place.bottom() - at(80.0)).abs() < 1e-4);
    }
}
