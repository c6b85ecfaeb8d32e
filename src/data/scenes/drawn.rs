//! Digits that need no font: ruled, painted and written ones, and displays; and what is done to the glyphs of fonts.

use super::chance::{bell, log_between, pick, weighted};
use super::geometry::{Map, Outline};
use super::pen::Pen;
use super::skeleton::{Design, Hand, Stroke, by_hand, digit};
use super::typeface::{Glyph, Typeface};
use crate::data::Area;
use crate::data::random::Stream;
use ab_glyph::point;

/// Designs of ruled digits are numbered; those of tests are odd.
fn design(test: bool) -> impl FnMut(&mut Stream) -> Design {
    move |stream| {
        let number = u64::from(stream.below(400)) * 2 + u64::from(test);
        Design::some(&mut Stream::new("design", number, 0, 0))
    }
}

/// Digits of even strokes, as signs have them: thin to bold, narrow to wide, round or square.
pub(super) fn ruled(test: bool, stream: &mut Stream) -> Typeface {
    let design = design(test)(stream);
    let width = log_between(stream, 0.05, 0.24);
    let aspect = stream.between(0.42, 0.78);
    let pen = Pen {
        flat: if stream.chance(0.3) { stream.between(0.3, 0.75) } else { 0.0 },
        angle: stream.between(-0.5, 0.5),
        ..Pen::even(width, stream.chance(0.5))
    };
    let space = stream.between(0.08, 0.2);
    Typeface::of_digits(std::array::from_fn(|which| {
        glyph(&digit(which as u8, &design), aspect, space, &pen, which == 1, stream)
    }))
}

/// How a hand writes.
pub(super) struct Writing {
    design: Design,
    hand: Hand,
    pen: Pen,
    aspect: f32,
    space: f32,
    slant: f32,
}

impl Writing {
    /// With a pen on paper.
    pub(super) fn pen(test: bool, stream: &mut Stream) -> Self {
        let pen = Pen {
            width: log_between(stream, 0.025, 0.12),
            pressure: stream.between(0.0, 0.8),
            taper: stream.between(0.0, 0.5),
            flat: if stream.chance(0.15) { stream.between(0.2, 0.6) } else { 0.0 },
            angle: stream.between(-1.2, 1.2),
            round: true,
        };
        Self::with(pen, stream.between(0.5, 1.5), test, stream)
    }

    /// With a brush or a broad marker on anything.
    pub(super) fn brush(test: bool, stream: &mut Stream) -> Self {
        let pen = Pen {
            width: log_between(stream, 0.09, 0.2),
            pressure: stream.between(0.2, 1.0),
            taper: stream.between(0.0, 0.4),
            flat: if stream.chance(0.4) { stream.between(0.2, 0.6) } else { 0.0 },
            angle: stream.between(-1.2, 1.2),
            round: stream.chance(0.7),
        };
        Self::with(pen, stream.between(0.4, 1.2), test, stream)
    }

    fn with(pen: Pen, loose: f32, test: bool, stream: &mut Stream) -> Self {
        let design = Design { square: 2.0, ..design(test)(stream) };
        let hand = Hand { loose, tremble: stream.between(0.0, 0.006) };
        let slant = if stream.chance(0.6) { bell(stream) * 0.15 + 0.08 } else { 0.0 };
        Self { design, hand, pen, aspect: stream.between(0.45, 0.8), space: stream.between(0.05, 0.3), slant }
    }

    /// A digit, never the same twice.
    pub(super) fn glyph(&self, which: u8, stream: &mut Stream) -> Glyph {
        let strokes = by_hand(&digit(which, &self.design), self.hand, stream);
        let glyph = glyph(&strokes, self.aspect, self.space, &self.pen, which == 1, stream);
        changed(&glyph, &Map::shear(self.slant))
    }
}

/// Strokes given width and brought to the measure of glyphs.
fn glyph(strokes: &[Stroke], aspect: f32, space: f32, pen: &Pen, narrow: bool, stream: &mut Stream) -> Glyph {
    // A one is as wide as its flag.
    let aspect = if narrow { aspect * 0.6 } else { aspect };
    let inside = (1.0 - pen.width).max(0.4);
    let across = (aspect - pen.width).max(0.15);
    let placed: Vec<Stroke> = strokes
        .iter()
        .map(|stroke| stroke.iter().map(|p| point(p.x * across, (p.y - 0.5) * inside - 0.5)).collect())
        .collect();
    let mut ink = pen.draw(&placed, stream);
    let bounds = ink.bounds().unwrap_or_default();
    ink = ink.shifted(space / 2.0 - bounds.x, 0.0);
    Glyph { ink, cut: Outline::default(), advance: bounds.w + space }
}

fn changed(glyph: &Glyph, by: &Map) -> Glyph {
    Glyph { ink: glyph.ink.moved(|p| by.at(p)), cut: glyph.cut.moved(|p| by.at(p)), advance: glyph.advance }
}

/// A typeface as a sign maker changes it: wider or narrower, slanted, bolder or thinner, cut for a stencil.
pub(super) fn restyled(face: &Typeface, characters: &str, stream: &mut Stream) -> Typeface {
    let stretch = if stream.chance(0.5) { (bell(stream) * 0.14).exp() } else { 1.0 };
    let lean = if stream.chance(0.15) { stream.between(0.08, 0.3) } else { 0.0 };
    let grown = match weighted(stream, &[0.6, 0.25, 0.15]) {
        0 => 0.0,
        1 => stream.between(0.005, 0.035),
        _ => -stream.between(0.003, 0.015),
    };
    let stencil =
        stream.chance(0.07).then(|| (stream.between(0.05, 0.1), *pick(stream, &[false, false, true])));
    let by = Map::shear(lean).after(&Map::scale(stretch, 1.0));
    face.map(characters, |character, glyph| {
        let mut glyph = changed(glyph, &by);
        glyph.advance *= stretch;
        if grown != 0.0 {
            glyph.ink = glyph.ink.grown(grown);
        }
        if let Some((width, across)) = stencil {
            glyph.cut = bridges(character, &glyph.ink, width, across);
        }
        glyph
    })
}

/// The bridges that keep the inside of a stencil's digits in place.
fn bridges(character: char, ink: &Outline, width: f32, across: bool) -> Outline {
    let Some(area) = ink.bounds().filter(|_| !"1".contains(character)) else { return Outline::default() };
    if across {
        let y = area.y + area.h * if "479".contains(character) { 0.3 } else { 0.5 } - width / 2.0;
        return Outline::rectangle(Area { x: area.x - 0.1, y, w: area.w + 0.2, h: width });
    }
    let x = area.x + area.w / 2.0 - width / 2.0;
    Outline::rectangle(Area { x, y: area.y - 0.1, w: width, h: area.h + 0.2 })
}

#[cfg(test)]
mod tests {
    use super::super::raster::Mask;
    use super::*;

    #[test]
    fn every_digit_that_is_drawn_has_ink_in_its_place() {
        let mut stream = Stream::new("test", 0, 0, 0);
        for round in 0..40 {
            let face = ruled(round % 2 == 0, &mut stream);
            let styled = restyled(&face, "0123456789", &mut stream);
            let writing = if round % 2 == 0 {
                Writing::pen(false, &mut stream)
            } else {
                Writing::brush(true, &mut stream)
            };
            for which in 0..10_u8 {
                let character = char::from(b'0' + which);
                let drawn = [
                    face.glyph(character).cloned(),
                    styled.glyph(character).cloned(),
                    Some(writing.glyph(which, &mut stream)),
                ];
                for glyph in drawn.into_iter().flatten() {
                    let area = glyph.ink.bounds().expect("it has points");
                    assert!((0.7..1.5).contains(&area.h) && area.w < 1.9, "{which}: {area:?}");
                    let ink = glyph.ink.moved(|p| point(p.x * 60.0 + 60.0, p.y * 60.0 + 120.0));
                    assert!(Mask::fill(&ink, [300, 300], 0, 0).size() > 60.0, "{which} has too little ink");
                }
            }
        }
    }

    #[test]
    fn designs_of_tests_are_not_those_of_training() {
        let of = |test: bool| {
            let mut stream = Stream::new("test", 0, 0, 0);
            (0..50)
                .map(|_| design(test)(&mut stream).waist.to_bits())
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert!(of(false).is_disjoint(&of(true)));
    }
}
