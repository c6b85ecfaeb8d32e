//! Places and draws one sequence after another: what a row shows depends on seed, part and row alone.

use super::super::marks::{Area, Mark};
use super::super::random::Stream;
use super::super::samples::{Images, Samples};
use super::glyphs::{Warp, ink};
use super::settings::{Lengths, Polarity, Sequences, Shape};
use std::borrow::Cow;

/// Rows and columns of a squeezed picture: MNIST's.
pub const SQUEEZED: usize = 28;
/// How many of the street view house numbers have one digit, two, ... (training images of format 1; two longer ones
/// are left out).
const HOUSE_NUMBERS: [u32; 8] = [5137, 18130, 8691, 1434, 9, 0, 0, 0];

/// Draws the sequences of one part.
pub struct Painter {
    settings: Sequences,
    glyphs: Samples,
    n: usize,
    /// Whether they are learned from: only those are warped.
    learned: bool,
    canvas: [usize; 2],
    /// Ink boxes of all characters, for those that are not warped.
    boxes: Vec<[u8; 4]>,
}

/// One character in its place.
struct Placed {
    glyph: usize,
    x: usize,
    y: usize,
    warp: Option<Warp>,
}

impl Painter {
    /// For `n` sequences made of `glyphs`; `learned` for the training part.
    pub fn new(settings: &Sequences, glyphs: &Samples, n: usize, learned: bool) -> Self {
        let canvas = canvas(settings, [glyphs.width, glyphs.height]);
        let boxes = (0..glyphs.len()).map(|row| ink(&glyphs.image(row), glyphs.width)).collect();
        let settings = settings.clone();
        Self { settings, glyphs: glyphs.clone(), n, learned, canvas, boxes }
    }

    /// How many there are.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Width and height of every picture.
    pub fn size(&self) -> [usize; 2] {
        size(&self.settings, [self.glyphs.width, self.glyphs.height])
    }

    /// The characters of a row from left to right, and the stream as they leave it.
    fn lay(&self, row: usize) -> (Vec<Placed>, Stream) {
        let Sequences { gap, overlap, jitter, anywhere, warp, seed, .. } = self.settings;
        // Parts must not share draws: otherwise test sequences would lie as training sequences do.
        let mut stream = Stream::new("sequence", seed, u64::from(self.learned), row as u64);
        let length = self.length(&mut stream);
        let side = self.glyphs.width;
        let mut x = 0;
        let mut placed: Vec<Placed> = (0..length)
            .map(|i| {
                if i > 0 {
                    let apart = side + stream.below((gap + overlap) as u32 + 1) as usize;
                    x += apart.saturating_sub(overlap as usize).max(1);
                }
                let glyph = stream.below(self.glyphs.len() as u32) as usize;
                let y = stream.below(jitter as u32 + 1) as usize;
                let warped = self.learned && warp > 0.0;
                let warp = warped.then(|| Warp::draw(&mut stream, warp as f32));
                Placed { glyph, x, y, warp }
            })
            .collect();
        let spare = self.canvas[0].saturating_sub(x + side);
        if anywhere {
            let start = stream.below(spare as u32 + 1) as usize;
            placed.iter_mut().for_each(|character| character.x += start);
        }
        (placed, stream)
    }

    fn length(&self, stream: &mut Stream) -> usize {
        let Sequences { shortest, longest, lengths, filled, .. } = self.settings;
        // Bounds given the wrong way round mean the same.
        let (shortest, longest) = (shortest.min(longest) as usize, shortest.max(longest) as usize);
        if self.learned && filled > 0.0 && stream.chance(filled as f32) {
            return longest;
        }
        let shares = &HOUSE_NUMBERS[shortest - 1..longest.min(HOUSE_NUMBERS.len())];
        let total: u32 = shares.iter().sum();
        if lengths == Lengths::Uniform || total == 0 {
            return shortest + stream.below((longest - shortest) as u32 + 1) as usize;
        }
        let mut drawn = stream.below(total);
        for (i, share) in shares.iter().enumerate() {
            if drawn < *share {
                return shortest + i;
            }
            drawn -= share;
        }
        longest
    }

    /// What is written on a picture and where; draws no more of it than that needs.
    pub fn marks(&self, row: usize) -> Vec<Mark> {
        let (placed, _) = self.lay(row);
        let mut scratch = Vec::new();
        placed.iter().map(|character| self.mark(character, self.boxed(character, &mut scratch))).collect()
    }

    /// The ink's box; the warped character is in `scratch` then, where it is warped.
    fn boxed(&self, character: &Placed, scratch: &mut Vec<u8>) -> [u8; 4] {
        let side = self.glyphs.width;
        match character.warp {
            None => self.boxes[character.glyph],
            Some(warp) => {
                warp.apply(&self.glyphs.image(character.glyph), side, scratch);
                ink(scratch, side)
            }
        }
    }

    fn mark(&self, character: &Placed, [left, top, right, bottom]: [u8; 4]) -> Mark {
        let [wide, high] = self.size();
        let (by_x, by_y) = (wide as f32 / self.canvas[0] as f32, high as f32 / self.canvas[1] as f32);
        let area = Area {
            x: (character.x as f32 + f32::from(left)) * by_x,
            y: (character.y as f32 + f32::from(top)) * by_y,
            w: f32::from(right - left) * by_x,
            h: f32::from(bottom - top) * by_y,
        };
        Mark { class: self.glyphs.labels[character.glyph], number: 0, area }
    }

    /// Pixels and marks of a row.
    pub fn draw(&self, row: usize) -> (Vec<u8>, Vec<Mark>) {
        let (placed, mut stream) = self.lay(row);
        let side = self.glyphs.width;
        let [width, height] = self.canvas;
        let mut canvas = vec![0; width * height];
        let mut scratch = Vec::new();
        let mut marks = Vec::with_capacity(placed.len());
        for character in &placed {
            let found = self.boxed(character, &mut scratch);
            marks.push(self.mark(character, found));
            let whole = self.glyphs.image(character.glyph);
            let pixels = if character.warp.is_some() { &scratch[..] } else { &whole[..] };
            for (y, from) in pixels.chunks_exact(side).enumerate() {
                let to = &mut canvas[(character.y + y) * width + character.x..][..side];
                // Where frames overlap, the lighter ink shows.
                to.iter_mut().zip(from).for_each(|(to, from)| *to = (*to).max(*from));
            }
        }
        let dark_on_light = match self.settings.polarity {
            Polarity::LightOnDark => false,
            Polarity::DarkOnLight => true,
            Polarity::Random => stream.chance(0.5),
        };
        if dark_on_light {
            canvas.iter_mut().for_each(|pixel| *pixel = 255 - *pixel);
        }
        match self.settings.shape {
            Shape::Full => (canvas, marks),
            Shape::Squeezed => (squeezed(&canvas, width, height), marks),
        }
    }
}

impl Images for Painter {
    fn image(&self, row: usize) -> Cow<'_, [u8]> {
        Cow::Owned(self.draw(row).0)
    }
}

/// Width and height of every picture made of characters of a width and height.
pub fn size(settings: &Sequences, glyph: [usize; 2]) -> [usize; 2] {
    match settings.shape {
        Shape::Full => canvas(settings, glyph),
        Shape::Squeezed => [SQUEEZED; 2],
    }
}

/// The same before anything is squeezed.
fn canvas(settings: &Sequences, [width, height]: [usize; 2]) -> [usize; 2] {
    let longest = settings.longest.max(settings.shortest) as usize;
    let jitter = settings.jitter as usize;
    // With a jitter of 4 px, five MNIST digits get 160x32: room to begin anywhere.
    [(width + jitter) * longest + settings.gap as usize * longest.saturating_sub(1), height + jitter]
}

/// A picture squeezed to 28x28: of each of its pixels the one nearest to the middle.
pub fn squeezed(canvas: &[u8], width: usize, height: usize) -> Vec<u8> {
    let nearest = |at: usize, side: usize| (2 * at + 1) * side / (2 * SQUEEZED);
    let place = |at: usize| nearest(at / SQUEEZED, height) * width + nearest(at % SQUEEZED, width);
    (0..SQUEEZED * SQUEEZED).map(|at| canvas[place(at)]).collect()
}
