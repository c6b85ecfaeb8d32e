//! A whole scene: what is on it is laid out first, so that its marks are known without painting; then it is painted.

use super::build::Build;
use super::camera::Camera;
use super::canvas::Canvas;
use super::chance::{bell, by_quantiles, log_between, weighted};
use super::display;
use super::drawn::{Writing, ruled};
use super::geometry::Map;
use super::layer::Layer;
use super::layout::{Arrangement, Word, word};
use super::light::Light;
use super::mount::Mount;
use super::settings::{Scenes, Style};
use super::studio::Studio;
use super::tables;
use super::typeface::{Glyph, Typeface};
use crate::data::Mark;
use crate::data::random::Stream;
use ab_glyph::{Point, point};

/// A scene before it is painted.
pub(super) struct Plan {
    /// Size in which it is painted; it is brought to the final one afterwards.
    pub(super) native: [usize; 2],
    layers: Vec<Layer>,
    light: Light,
    camera: Camera,
    /// Of the final picture.
    pub(super) marks: Vec<Mark>,
    /// The outline of each mark, before it is brought to the final size.
    #[cfg(test)]
    pub(super) inks: Vec<super::geometry::Outline>,
}

/// How many digits numbers of phone pictures have.
const WIDE_LENGTHS: [f32; 5] = [0.16, 0.32, 0.28, 0.16, 0.08];

/// Lays out a scene. The same number gives the same scene, whatever the others are.
pub(super) fn plan(studio: &Studio, settings: &Scenes, test: bool, index: u64) -> Plan {
    let mut stream = Stream::new("scenes", settings.seed, u64::from(test), index);
    let size = settings.sides();
    let hard = settings.difficulty as f32 * stream.between(0.5, 1.4).min(1.0);
    let night = stream.chance(0.06 * hard);
    let svhn = settings.style == Style::Svhn;
    let [w, h] = size.map(|side| side as f32);
    // The height of a digit in the final picture.
    let digit = if svhn {
        (tables::draw(&tables::HEIGHT_BY_WIDTH, &mut stream) * w).min(0.85 * h)
    } else {
        log_between(&mut stream, 12.0, (0.85 * w.min(h)).clamp(24.0, 400.0))
    };
    // Small pictures made large: SVHN's digits have few pixels of their own.
    let enlarged = if svhn {
        (digit / tables::draw(&tables::HEIGHT, &mut stream)).clamp(1.0, 4.0)
    } else if stream.chance(0.25) {
        stream.between(1.0, 2.2).min((digit / 12.0).max(1.0))
    } else {
        1.0
    };
    let native = size.map(|side| ((side as f32 / enlarged).round() as usize).max(24));
    let unit = digit * native[0] as f32 / w;
    let view = view(native, hard, &mut stream);
    let sun = {
        let (sin, cos) = (-std::f32::consts::FRAC_PI_2 + bell(&mut stream) * 0.7).sin_cos();
        [cos, sin]
    };
    let own = Stream::new("layout", settings.seed, u64::from(test), index);
    let mut build = Build {
        studio,
        test,
        hard,
        size: native,
        view,
        sun,
        stream: own,
        layers: Vec::new(),
        marks: Vec::new(),
        inks: Vec::new(),
        taken: Vec::new(),
        n_numbers: 0,
        one_piece: true,
        sheet: None,
    };
    let sheet = !svhn && build.stream.chance(0.1);
    if sheet {
        build.whole_sheet(unit);
    } else {
        build.background(unit);
    }
    if !stream.chance(settings.negatives as f32) {
        let n = if svhn { 1 } else { 1 + weighted(&mut stream, &[0.84, 0.11, 0.05]) };
        for i in 0..n {
            let unit = if i == 0 { unit } else { (unit * stream.between(0.4, 1.2)).max(9.0) };
            let pasted = !studio.crops[usize::from(test)].is_empty()
                && build.stream.chance(settings.crop_share as f32);
            if pasted {
                build.paste(unit);
            } else {
                build.number(svhn, unit, settings.letters as f32);
            }
        }
        if !svhn && build.stream.chance(0.06) {
            build.phone(unit);
        }
    }
    let clutter = match (svhn, sheet) {
        (true, _) => 0.3,
        (_, true) => 0.1,
        _ => 0.55,
    };
    for _ in 0..3 {
        if build.stream.chance(clutter * 0.5) {
            build.sign(unit);
        }
        if build.stream.chance(clutter * 0.5) {
            build.thing(unit);
        }
    }
    if build.stream.chance(0.2 * hard) {
        build.in_front(unit);
    }
    let light = Light::some(native, hard, night, &mut stream);
    let camera = Camera::some(unit, hard, night, &mut stream).towards(&settings.camera, unit);
    let by = [w / native[0] as f32, h / native[1] as f32];
    let mut marks = build.marks;
    for mark in &mut marks {
        let area = &mut mark.area;
        (area.x, area.w, area.y, area.h) = (area.x * by[0], area.w * by[0], area.y * by[1], area.h * by[1]);
    }
    Plan {
        native,
        layers: build.layers,
        light,
        camera,
        marks,
        #[cfg(test)]
        inks: build.inks,
    }
}

/// How the wall is seen.
fn view([w, h]: [usize; 2], hard: f32, stream: &mut Stream) -> Map {
    let (yaw, pitch) = (bell(stream) * 0.32 * hard, bell(stream) * 0.16 * hard);
    let roll = if stream.chance(0.22) {
        stream.between(-0.55, 0.55) * (0.4 + 0.6 * hard)
    } else {
        bell(stream) * 0.06 * hard
    };
    let (w, h) = (w as f32, h as f32);
    let far = w.max(h) * log_between(stream, 1.0, 4.0);
    Map::shift(w / 2.0, h / 2.0).after(&Map::seen(yaw.clamp(-0.9, 0.9), pitch.clamp(-0.6, 0.6), roll, far))
}

/// What a number's characters are made with.
enum Script {
    Face(Typeface),
    Hand(Writing),
    /// Digits that people wrote, with so much room between them.
    Real(f32),
}

impl Build<'_> {
    /// Puts up one number, if there is room for it; a share of them with letters.
    fn number(&mut self, svhn: bool, unit: f32, letters: f32) {
        let weights = if svhn { [6.0, 0.7, 2.5, 1.5, 0.3, 0.1] } else { [4.2, 0.5, 1.9, 1.3, 2.0, 0.5] };
        let all =
            [Mount::Plate, Mount::Tiles, Mount::Numerals, Mount::Painted, Mount::Written, Mount::Display];
        let mut mount = all[weighted(&mut self.stream, &weights)];
        if self.sheet.is_some() {
            mount = Mount::Written;
        }
        let text = self.text(svhn, mount, letters);
        let script = self.script(mount);
        self.one_piece = matches!(&script, Script::Face(face) if face.glyph('A').is_some());
        let glyphs = self.glyphs(&text, &script);
        let Some(line) = self.line(&glyphs, svhn, mount) else { return };
        let angle = if svhn {
            tables::draw(&tables::SLOPE, &mut self.stream).to_radians() * 0.6
        } else if self.stream.chance(0.15) {
            self.stream.between(-0.5, 0.5) * self.hard
        } else {
            bell(&mut self.stream) * 0.05
        };
        let pad = if mount == Mount::Plate || mount == Mount::Written { 0.35 } else { 0.15 };
        let to = self.place(line.bounds, unit, angle, pad, |stream, size| where_to(svhn, stream, size));
        let Some(to) = to else { return };
        let unit = to.scale_at(point(0.0, 0.0));
        let first = self.layers.len();
        self.put_up(mount, &line, &to, unit);
        if self.keeps_others(first) {
            self.mark(&line, &to);
        }
    }

    /// What the number says, with letters beside it now and then.
    fn text(&mut self, svhn: bool, mount: Mount, letters: f32) -> String {
        let lengths = if svhn { &tables::LENGTHS[..] } else { &WIDE_LENGTHS[..] };
        let digits: String = if svhn || self.stream.chance(0.5) {
            tables::number(lengths, 5, &mut self.stream)
                .iter()
                .map(|digit| char::from(b'0' + digit))
                .collect()
        } else {
            // Every digit as often as the others, so that all are learned alike.
            let n = weighted(&mut self.stream, lengths) + 1;
            (0..n).map(|_| char::from(b'0' + self.stream.below(10) as u8)).collect()
        };
        let bare = matches!(mount, Mount::Display | Mount::Tiles | Mount::Written);
        if !self.stream.chance(if bare { 0.0 } else { letters }) {
            return digits;
        }
        let letter = char::from(b'A' + self.stream.below(8) as u8);
        let other = char::from(b'A' + self.stream.below(26) as u8);
        match self.stream.below(13) {
            8 => format!("{digits}-{}", self.stream.below(90) + 1),
            9 => format!("{digits}/{}", self.stream.below(20) + 1),
            // As cars have them.
            10 => format!("{letter}{other} {digits}"),
            11 => format!("{letter}-{other}K {digits}"),
            12 => format!("{digits} {other}{letter}R"),
            0 => format!("No. {digits}"),
            1 => format!("Nr. {digits}"),
            2 => format!("No {digits}"),
            3 => format!("#{digits}"),
            4 => format!("{digits} {letter}"),
            5 => format!("{digits}{}", letter.to_ascii_lowercase()),
            6 => format!("{letter}{digits}"),
            _ => format!("{digits}{letter}"),
        }
    }

    fn script(&mut self, mount: Mount) -> Script {
        let real = self.studio.hands[usize::from(self.test)].complete();
        match mount {
            Mount::Written | Mount::Painted if real && self.stream.chance(0.4) => {
                Script::Real(self.stream.between(0.02, 0.3))
            }
            Mount::Written => {
                if self.stream.chance(0.7) {
                    Script::Hand(Writing::pen(self.test, &mut self.stream))
                } else {
                    Script::Hand(Writing::brush(self.test, &mut self.stream))
                }
            }
            Mount::Painted if self.stream.chance(0.6) => {
                Script::Hand(Writing::brush(self.test, &mut self.stream))
            }
            Mount::Display if self.stream.chance(0.8) => {
                if self.stream.chance(0.7) {
                    Script::Face(Typeface::of_digits(display::seven_segments(&mut self.stream).0))
                } else {
                    let square = self.test;
                    Script::Face(Typeface::of_digits(display::dots(square, &mut self.stream)))
                }
            }
            _ if self.stream.chance(0.3) => Script::Face(ruled(self.test, &mut self.stream)),
            _ => Script::Face(self.font(super::typeface::CHARACTERS)),
        }
    }

    fn glyphs(&mut self, text: &str, script: &Script) -> Vec<(char, Glyph)> {
        match script {
            Script::Hand(writing) => {
                let digits = text.chars().filter_map(|c| c.to_digit(10).map(|digit| (c, digit as u8)));
                digits.map(|(c, digit)| (c, writing.glyph(digit, &mut self.stream))).collect()
            }
            Script::Real(space) => {
                let hands = &self.studio.hands[usize::from(self.test)];
                let digits = text.chars().filter_map(|c| c.to_digit(10).map(|digit| (c, digit as u8)));
                digits
                    .filter_map(|(c, digit)| Some((c, hands.glyph(digit, *space, &mut self.stream)?)))
                    .collect()
            }
            Script::Face(face) => {
                let own = Self::set(face, text);
                // Designs without letters take those of a font.
                if text.chars().any(|c| c.is_ascii_alphabetic() && face.glyph(c).is_none()) {
                    let other = self.font(super::typeface::CHARACTERS);
                    return text
                        .chars()
                        .filter_map(|c| {
                            own.iter()
                                .find(|(a, _)| *a == c)
                                .cloned()
                                .or_else(|| Self::set(&other, &c.to_string()).pop())
                        })
                        .collect();
                }
                own
            }
        }
    }

    /// The characters beside or below each other.
    fn line(&mut self, glyphs: &[(char, Glyph)], svhn: bool, mount: Mount) -> Option<Word> {
        let digits: Vec<&Glyph> =
            glyphs.iter().filter(|(c, _)| c.is_ascii_digit()).map(|(_, glyph)| glyph).collect();
        let pitch = digits.iter().map(|glyph| glyph.advance).sum::<f32>() / digits.len().max(1) as f32;
        if pitch <= 0.0 || pitch.is_nan() {
            return None;
        }
        let mut glyphs = glyphs.to_vec();
        if svhn {
            // Streets are seen from the side, and SVHN's digits are narrower than fonts have them.
            let wanted = by_quantiles(&mut self.stream, &tables::LEVELS, &tables::PITCH) / pitch;
            let stretch = wanted.clamp(0.6, 1.25);
            for (_, glyph) in &mut glyphs {
                glyph.ink = glyph.ink.moved(|p| point(p.x * stretch, p.y));
                glyph.cut = glyph.cut.moved(|p| point(p.x * stretch, p.y));
                glyph.advance *= stretch;
            }
        }
        let arrangement = match weighted(
            &mut self.stream,
            if svhn { &[20.0, 0.6, 0.6, 0.2] } else { &[14.0, 1.4, 1.2, 0.7] },
        ) {
            0 => Arrangement::Row,
            1 if glyphs.len() <= 4 => Arrangement::Column,
            2 => Arrangement::Stairs(bell(&mut self.stream) * 0.3),
            _ => Arrangement::Arc(bell(&mut self.stream) * 0.2),
        };
        let mut space = if self.stream.chance(0.4) { self.stream.between(-0.03, 0.3) } else { 0.0 };
        if mount == Mount::Tiles {
            space = space.max(0.0) + self.stream.between(0.25, 0.5);
        }
        let jitter = match mount {
            Mount::Written => self.stream.between(0.0, 0.07),
            Mount::Numerals | Mount::Painted if self.stream.chance(0.3) => self.stream.between(0.0, 0.06),
            _ => 0.0,
        };
        let line = word(&glyphs, arrangement, space, jitter, &mut self.stream);
        (!line.placed.is_empty()).then_some(line)
    }
}

/// Where the middle of a number is tried.
fn where_to(svhn: bool, stream: &mut Stream, [w, h]: [f32; 2]) -> Point {
    if svhn {
        let x = tables::draw(&tables::MIDDLE_X, stream);
        let y = tables::draw(&tables::MIDDLE_Y, stream);
        return point(x * w, y * h);
    }
    let mut share = || 0.5 + (stream.unit() + stream.unit() - 1.0) * 0.5;
    let (x, y) = (share(), share());
    point(x * w, y * h)
}

/// Memory for painting, kept from picture to picture.
#[derive(Debug, Default)]
pub(super) struct Easel {
    canvas: Canvas,
    developed: Vec<u8>,
}

impl Easel {
    /// Paints a scene: channel after channel, row after row.
    pub(super) fn paint(&mut self, studio: &Studio, settings: &Scenes, plan: &Plan, out: &mut Vec<u8>) {
        self.canvas.clear(plan.native);
        for layer in &plan.layers {
            self.canvas.paint(layer, &studio.wear);
        }
        plan.light.shine(&mut self.canvas);
        plan.camera.take(&mut self.canvas, &studio.noise, &mut self.developed);
        enlarge(&self.developed, plan.native, settings.sides(), settings.grey, out);
    }
}

/// Brings a picture of colours side by side to its final size, channel after channel.
fn enlarge(from: &[u8], [w, h]: [usize; 2], [width, height]: [usize; 2], grey: bool, out: &mut Vec<u8>) {
    let n = width * height;
    out.clear();
    out.resize(if grey { n } else { 3 * n }, 0);
    let columns: Vec<(usize, usize, f32)> = (0..width).map(|x| between(x, width, w)).collect();
    for y in 0..height {
        let (above, below, ty) = between(y, height, h);
        for (x, (left, right, tx)) in columns.iter().enumerate() {
            let at = |row: usize, column: usize, c: usize| f32::from(from[(row * w + column) * 3 + c]);
            let channel = |c: usize| {
                if w == width && h == height {
                    return at(y, x, c);
                }
                let upper = at(above, *left, c) + (at(above, *right, c) - at(above, *left, c)) * tx;
                let lower = at(below, *left, c) + (at(below, *right, c) - at(below, *left, c)) * tx;
                upper + (lower - upper) * ty
            };
            let place = y * width + x;
            if grey {
                // Rec. 601, as cameras and `image` weigh colours.
                out[place] = (0.299 * channel(0) + 0.587 * channel(1) + 0.114 * channel(2) + 0.5) as u8;
            } else {
                (0..3).for_each(|c| out[c * n + place] = (channel(c) + 0.5) as u8);
            }
        }
    }
}

/// The two pixels of the small picture that a pixel of the large one lies between, and how far.
fn between(at: usize, large: usize, small: usize) -> (usize, usize, f32) {
    let place = ((at as f32 + 0.5) * small as f32 / large as f32 - 0.5).clamp(0.0, small as f32 - 1.0);
    let first = place as usize;
    (first, (first + 1).min(small - 1), place - first as f32)
}
