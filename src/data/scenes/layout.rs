//! How characters are put beside each other: in a row, in a column, as stairs, on an arc.

use super::chance::bell;
use super::geometry::{Map, Outline};
use super::typeface::Glyph;
use crate::data::Area;
use crate::data::random::Stream;
use ab_glyph::point;

/// A character where it stands: the middle of the word is at (0, 0), a digit is 1 high, y goes downwards.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub(super) character: char,
    pub(super) ink: Outline,
    pub(super) cut: Outline,
}

/// Characters that belong together.
#[derive(Clone, Debug, Default)]
pub(super) struct Word {
    pub(super) placed: Vec<Placed>,
    /// Around all ink.
    pub(super) bounds: Area,
}

/// How characters follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Arrangement {
    Row,
    /// One below the other.
    Column,
    /// Each lower than the one before by so many digit heights (higher where negative).
    Stairs(f32),
    /// On an arc that turns by so many radians over a digit's width.
    Arc(f32),
}

/// Puts characters beside each other; `space` is added between neighbours, `jitter` is how far each strays.
pub(super) fn word(
    glyphs: &[(char, Glyph)],
    arrangement: Arrangement,
    space: f32,
    jitter: f32,
    stream: &mut Stream,
) -> Word {
    let (mut x, mut y) = (0.0, 0.0);
    let mut placed = Vec::with_capacity(glyphs.len());
    let mut angle = match arrangement {
        Arrangement::Arc(turn) => -turn * (glyphs.len() as f32 - 1.0) / 2.0,
        _ => 0.0,
    };
    for (character, glyph) in glyphs {
        let off = point(bell(stream) * jitter * 0.4, bell(stream) * jitter);
        let turn = bell(stream) * jitter * 0.7;
        let middle = glyph.advance / 2.0;
        // In a column they stand centred above each other.
        let start = if arrangement == Arrangement::Column { -middle } else { x };
        let to = Map::shift(start + middle + off.x, y + off.y)
            .after(&Map::turn(angle + turn))
            .after(&Map::shift(-middle, 0.0));
        placed.push(Placed {
            character: *character,
            ink: glyph.ink.moved(|p| to.at(p)),
            cut: glyph.cut.moved(|p| to.at(p)),
        });
        let step = glyph.advance + space;
        match arrangement {
            Arrangement::Row => x += step,
            Arrangement::Column => y += 1.12 + space.max(-0.05),
            Arrangement::Stairs(down) => {
                x += step;
                y += down;
            }
            Arrangement::Arc(turn) => {
                let along = angle + turn / 2.0;
                x += step * along.cos();
                y += step * along.sin();
                angle += turn;
            }
        }
    }
    centred(placed)
}

/// Moves characters so that the middle of their ink is at (0, 0).
pub(super) fn centred(mut placed: Vec<Placed>) -> Word {
    let all = placed.iter().filter_map(|one| one.ink.bounds()).reduce(|a, b| a.around(&b));
    let Some(all) = all else { return Word::default() };
    let (x, y) = (all.x + all.w / 2.0, all.y + all.h / 2.0);
    for one in &mut placed {
        one.ink = one.ink.shifted(-x, -y);
        one.cut = one.cut.shifted(-x, -y);
    }
    Word { placed, bounds: Area { x: all.x - x, y: all.y - y, ..all } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(stream: &mut Stream, arrangement: Arrangement) -> Word {
        let ink = Outline::rectangle(Area { x: 0.05, y: -1.0, w: 0.5, h: 1.0 });
        let glyph = Glyph { ink, cut: Outline::default(), advance: 0.6 };
        word(&[('1', glyph.clone()), ('2', glyph.clone()), ('3', glyph)], arrangement, 0.0, 0.0, stream)
    }

    #[test]
    fn words_are_centred_and_in_order() {
        let mut stream = Stream::new("test", 0, 0, 0);
        let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
        let row = square(&mut stream, Arrangement::Row).bounds;
        assert!(near(row.w, 1.7) && near(row.h, 1.0) && near(row.x, -0.85) && near(row.y, -0.5), "{row:?}");
        let column = square(&mut stream, Arrangement::Column).bounds;
        assert!(near(column.w, 0.5) && near(column.h, 3.24), "{column:?}");
        let stairs = square(&mut stream, Arrangement::Stairs(0.2));
        assert!(near(stairs.bounds.h, 1.4));
        let arc = square(&mut stream, Arrangement::Arc(0.2));
        assert!(arc.bounds.h > 1.0 && arc.placed.iter().map(|p| p.character).eq("123".chars()));
    }
}
