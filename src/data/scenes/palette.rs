//! Colours of things: walls, plates, paints and inks, and pairs of them that can be told apart.

use super::chance::{bell, pick};
use super::layer::Colour;
use super::texture::Kind;
use crate::data::random::Stream;

/// From hue (turns), saturation and value.
pub(super) fn hsv(hue: f32, saturation: f32, value: f32) -> Colour {
    let sector = hue.rem_euclid(1.0) * 6.0;
    let (saturation, value) = (saturation.clamp(0.0, 1.0), value.clamp(0.0, 1.0));
    [5.0, 3.0, 1.0].map(|from| {
        let k = (from + sector) % 6.0;
        value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
    })
}

/// How light a colour looks, 0 to 1.
pub(super) fn lightness([r, g, b]: Colour) -> f32 {
    0.3 * r + 0.59 * g + 0.11 * b
}

/// The colour a little changed, as no two things are the same.
pub(super) fn varied(colour: Colour, by: f32, stream: &mut Stream) -> Colour {
    let common = bell(stream) * by;
    colour.map(|c| (c + common + bell(stream) * by * 0.35).clamp(0.02, 0.98))
}

/// A colour between black and white with a tinge.
pub(super) fn greyish(low: f32, high: f32, stream: &mut Stream) -> Colour {
    let value = stream.between(low, high);
    let saturation = stream.unit().powi(2) * 0.3;
    hsv(if stream.chance(0.7) { 0.09 + bell(stream) * 0.03 } else { stream.unit() }, saturation, value)
}

/// The three colours of a surface of that kind.
pub(super) fn of_surface(kind: Kind, stream: &mut Stream) -> [Colour; 3] {
    let off = bell(stream);
    let hue = |middle: f32, spread: f32| middle + off * spread;
    let near = |a: Colour, by: f32, stream: &mut Stream| varied(a, by, stream);
    match kind {
        Kind::Brick => {
            let (hue, dark) = (hue(0.03, 0.025), stream.between(0.25, 0.75));
            let brick = hsv(hue, stream.between(0.15, 0.65), dark);
            let light = hsv(hue + 0.02, stream.between(0.1, 0.5), dark + stream.between(-0.15, 0.3));
            [brick, greyish(0.3, 0.85, stream), light]
        }
        Kind::Planks | Kind::Wood if stream.chance(0.55) => {
            let hue = 0.075 + bell(stream) * 0.02;
            let value = stream.between(0.2, 0.75);
            let wood = hsv(hue, stream.between(0.3, 0.7), value);
            [wood, hsv(hue - 0.01, stream.between(0.4, 0.8), value * 0.7), near(wood, 0.08, stream)]
        }
        Kind::Leaves => {
            let hue = hue(0.27, 0.05);
            let value = stream.between(0.15, 0.6);
            [hsv(hue, 0.6, value), hsv(hue + 0.05, 0.5, value * 1.4), hsv(hue - 0.08, 0.5, value)]
        }
        Kind::Cardboard => {
            let board = hsv(hue(0.085, 0.01), stream.between(0.25, 0.5), stream.between(0.5, 0.8));
            [board, near(board, 0.05, stream), near(board, 0.08, stream)]
        }
        Kind::Paper => {
            let paper = greyish(0.75, 0.97, stream);
            [paper, near(paper, 0.03, stream), near(paper, 0.05, stream)]
        }
        Kind::Brushed | Kind::Hammered => {
            let metal = metal(stream);
            [metal, near(metal, 0.06, stream), near(metal, 0.08, stream)]
        }
        Kind::Rubble | Kind::Blocks | Kind::Concrete | Kind::Granite | Kind::Shingles => {
            let stone = greyish(0.25, 0.8, stream);
            [stone, greyish(0.2, 0.8, stream), near(stone, 0.12, stream)]
        }
        Kind::Tiles if stream.chance(0.5) => {
            let tile = greyish(0.6, 0.97, stream);
            [tile, greyish(0.2, 0.9, stream), near(tile, 0.04, stream)]
        }
        Kind::Mosaic => {
            let stone = hsv(stream.unit(), stream.between(0.0, 0.4), stream.between(0.2, 0.9));
            [stone, greyish(0.2, 0.9, stream), near(stone, 0.15, stream)]
        }
        Kind::Tiles | Kind::Peeling => [any(stream), greyish(0.2, 0.9, stream), any(stream)],
        // Painted: plaster, doors, bins, shutters.
        _ => {
            let paint = if stream.chance(0.5) { greyish(0.3, 0.95, stream) } else { any(stream) };
            let by = stream.between(0.01, 0.06);
            [paint, near(paint, by, stream), near(paint, 0.1, stream)]
        }
    }
}

/// Steel, brass, copper, bronze, black iron.
pub(super) fn metal(stream: &mut Stream) -> Colour {
    let metals = [
        [0.72, 0.72, 0.74],
        [0.78, 0.65, 0.35],
        [0.55, 0.38, 0.25],
        [0.85, 0.86, 0.88],
        [0.16, 0.16, 0.17],
        [0.68, 0.5, 0.2],
    ];
    let base = *pick(stream, &metals);
    varied(base, 0.05, stream)
}

/// Any colour of paint; strong colours are rarer than pale and dark ones.
pub(super) fn any(stream: &mut Stream) -> Colour {
    let saturation = match stream.below(10) {
        0..=4 => stream.between(0.0, 0.2),
        5..=7 => stream.between(0.15, 0.5),
        _ => stream.between(0.4, 0.9),
    };
    hsv(stream.unit(), saturation, stream.between(0.08, 0.95))
}

/// Plates as cities and shops have them: ground and digits.
const PLATES: [[Colour; 2]; 18] = [
    [[0.10, 0.20, 0.55], [0.95, 0.95, 0.93]],
    [[0.08, 0.13, 0.40], [0.93, 0.93, 0.90]],
    [[0.15, 0.35, 0.70], [0.97, 0.97, 0.97]],
    [[0.95, 0.94, 0.90], [0.06, 0.06, 0.08]],
    [[0.92, 0.92, 0.90], [0.10, 0.16, 0.45]],
    [[0.94, 0.92, 0.86], [0.08, 0.08, 0.08]],
    [[0.05, 0.05, 0.06], [0.93, 0.93, 0.90]],
    [[0.07, 0.07, 0.08], [0.80, 0.65, 0.30]],
    [[0.06, 0.25, 0.14], [0.94, 0.94, 0.90]],
    [[0.05, 0.18, 0.12], [0.82, 0.70, 0.38]],
    [[0.70, 0.08, 0.08], [0.96, 0.95, 0.93]],
    [[0.94, 0.94, 0.92], [0.75, 0.08, 0.08]],
    [[0.95, 0.80, 0.10], [0.05, 0.05, 0.05]],
    [[0.30, 0.32, 0.34], [0.93, 0.93, 0.93]],
    [[0.75, 0.75, 0.76], [0.10, 0.10, 0.11]],
    [[0.80, 0.68, 0.38], [0.12, 0.08, 0.05]],
    [[0.35, 0.22, 0.13], [0.93, 0.88, 0.75]],
    [[0.93, 0.90, 0.80], [0.15, 0.30, 0.18]],
];

/// Ground and digits of a plate, told apart by at least `contrast` of lightness.
pub(super) fn of_plate(contrast: f32, stream: &mut Stream) -> [Colour; 2] {
    if stream.chance(0.65) {
        let [ground, ink] = *pick(stream, &PLATES);
        let pair = [varied(ground, 0.04, stream), varied(ink, 0.03, stream)];
        if (lightness(pair[0]) - lightness(pair[1])).abs() > contrast {
            return pair;
        }
    }
    let ground = if stream.chance(0.5) { any(stream) } else { greyish(0.05, 0.95, stream) };
    [ground, against(ground, contrast, stream)]
}

/// A colour for digits on a ground.
pub(super) fn against(ground: Colour, contrast: f32, stream: &mut Stream) -> Colour {
    let light = lightness(ground);
    for _ in 0..12 {
        let ink = match stream.below(4) {
            0 => greyish(0.02, 0.2, stream),
            1 => greyish(0.8, 0.98, stream),
            2 => metal(stream),
            _ => any(stream),
        };
        if (lightness(ink) - light).abs() > contrast {
            return ink;
        }
    }
    if light > 0.5 { [0.06; 3] } else { [0.94; 3] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_out_from_their_ground() {
        let mut stream = Stream::new("test", 0, 0, 0);
        for _ in 0..500 {
            let [ground, ink] = of_plate(0.3, &mut stream);
            assert!((lightness(ground) - lightness(ink)).abs() > 0.29, "{ground:?} {ink:?}");
        }
        for kind in Kind::ALL {
            assert!(of_surface(kind, &mut stream).iter().flatten().all(|c| (0.0..=1.0).contains(c)));
        }
        let red = hsv(0.0, 1.0, 1.0);
        assert!((red[0] - 1.0).abs() < 1e-6 && red[1].abs() < 1e-6 && red[2].abs() < 1e-6);
    }
}
