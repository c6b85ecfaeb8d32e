//! Surfaces as repeating textures: bricks, planks, plaster, metal, leaves, ... Each says of every pixel which of two
//! colours it has, how much of a third, and how light it is; the colours are a scene's own.

use super::super::random::Stream;
use super::noise::{SIDE, cells, clouds, lit, step};
use std::sync::{Arc, OnceLock};

/// What a surface is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Plaster,
    Stucco,
    Brick,
    Blocks,
    Rubble,
    Planks,
    Wood,
    Tiles,
    Concrete,
    Brushed,
    Corrugated,
    Paper,
    Cardboard,
    Leaves,
    Peeling,
    Dirty,
    Granite,
    Mosaic,
    Shingles,
    Hammered,
}

impl Kind {
    /// All of them, in the order of [`Tiles::tiles`].
    pub(super) const ALL: [Self; 20] = [
        Self::Plaster,
        Self::Stucco,
        Self::Brick,
        Self::Blocks,
        Self::Rubble,
        Self::Planks,
        Self::Wood,
        Self::Tiles,
        Self::Concrete,
        Self::Brushed,
        Self::Corrugated,
        Self::Paper,
        Self::Cardboard,
        Self::Leaves,
        Self::Peeling,
        Self::Dirty,
        Self::Granite,
        Self::Mosaic,
        Self::Shingles,
        Self::Hammered,
    ];

    /// Whether only test pictures have it.
    pub(super) fn only_in_test(self) -> bool {
        matches!(self, Self::Granite | Self::Mosaic | Self::Shingles | Self::Hammered)
    }
}

/// A texture in several sizes, each half of the one before.
#[derive(Debug)]
pub(super) struct Tile {
    /// For each pixel: the share of the second colour, of the third, and lightness (128 is as it is).
    pub(super) levels: Vec<Vec<[u8; 4]>>,
}

/// Textures of each kind for each part.
const N_VARIANTS: usize = 6;
/// Sizes of a texture: 256, 128, 64, 32 and 16 pixels.
const N_LEVELS: usize = 5;

/// Every texture of both parts, each made when it is first asked for.
#[derive(Debug)]
pub(super) struct Tiles {
    tiles: Vec<OnceLock<Arc<Tile>>>,
}

impl Tiles {
    pub(super) fn new() -> Self {
        Self { tiles: (0..2 * Kind::ALL.len() * N_VARIANTS).map(|_| OnceLock::new()).collect() }
    }

    /// Some texture of that kind; the parts share none.
    pub(super) fn some(&self, kind: Kind, test: bool, stream: &mut Stream) -> Arc<Tile> {
        let variant = stream.below(N_VARIANTS as u32) as usize;
        let part = usize::from(test);
        let at = (part * Kind::ALL.len() + kind as usize) * N_VARIANTS + variant;
        // Seeded by what it is, and not by the data set: textures are the same in all of them.
        let make = || {
            let mut own = Stream::new("texture", kind as u64, part as u64, variant as u64);
            Arc::new(Tile::new(kind, &mut own))
        };
        Arc::clone(self.tiles[at].get_or_init(make))
    }
}

/// A texture as it is made: planes of shares and lightness as real numbers.
struct Planes {
    second: Vec<f32>,
    third: Vec<f32>,
    light: Vec<f32>,
}

impl Tile {
    fn new(kind: Kind, stream: &mut Stream) -> Self {
        let Planes { second, third, light } = planes(kind, stream);
        let byte = |v: f32, by: f32| (v * by).round().clamp(0.0, 255.0) as u8;
        let finest: Vec<[u8; 4]> = (0..SIDE * SIDE)
            .map(|at| [byte(second[at], 255.0), byte(third[at], 255.0), byte(light[at], 128.0), 0])
            .collect();
        let mut levels = vec![finest];
        for level in 1..N_LEVELS {
            let (finer, side) = (&levels[level - 1], SIDE >> level);
            let coarser = (0..side * side).map(|at| {
                let corner = at / side * 2 * (2 * side) + at % side * 2;
                let four = [corner, corner + 1, corner + 2 * side, corner + 2 * side + 1];
                std::array::from_fn(|i| {
                    (four.iter().map(|at| u32::from(finer[*at][i])).sum::<u32>() / 4) as u8
                })
            });
            let coarser = coarser.collect();
            levels.push(coarser);
        }
        Self { levels }
    }
}

fn planes(kind: Kind, stream: &mut Stream) -> Planes {
    match kind {
        Kind::Brick | Kind::Blocks | Kind::Tiles | Kind::Shingles => courses(kind, stream),
        Kind::Planks | Kind::Wood | Kind::Brushed | Kind::Corrugated | Kind::Cardboard => {
            grained(kind, stream)
        }
        Kind::Rubble | Kind::Leaves | Kind::Granite | Kind::Mosaic | Kind::Hammered => cellular(kind, stream),
        _ => clouded(kind, stream),
    }
}

/// Plaster and what else has no pattern.
fn clouded(kind: Kind, stream: &mut Stream) -> Planes {
    let stains = clouds(stream, [3, 3], 4, 0.55);
    let fine = clouds(stream, [48, 48], 3, 0.8);
    let each = |f: &dyn Fn(usize) -> f32| (0..SIDE * SIDE).map(f).collect::<Vec<f32>>();
    let third = each(&|at| step(0.45, 0.75, stains[at]));
    match kind {
        Kind::Stucco => {
            let n = 24 + stream.below(24) as usize;
            let relief = lit(&clouds(stream, [n, n], 3, 0.6), 2.2);
            Planes { second: each(&|at| fine[at]), third, light: each(&|at| 1.0 + 0.4 * relief[at]) }
        }
        Kind::Concrete => {
            let pits = cells(stream, 22, 0.0);
            let pit = |at: usize| step(0.1 + 0.12 * pits[at].value, 0.04, pits[at].nearest);
            let light = each(&|at| 0.92 + 0.16 * fine[at] - 0.25 * pit(at));
            Planes { second: each(&|at| stains[at]), third, light }
        }
        Kind::Peeling => {
            let edge = clouds(stream, [5, 5], 6, 0.6);
            let bare = each(&|at| step(0.55, 0.57, edge[at]));
            let rim = lit(&bare, 0.6);
            Planes { light: each(&|at| 0.95 + 0.1 * fine[at] - 0.3 * rim[at]), second: bare, third }
        }
        Kind::Dirty => {
            let streaks = clouds(stream, [40, 2], 3, 0.6);
            let third = each(&|at| step(0.4, 0.8, streaks[at] * 0.6 + stains[at] * 0.4));
            Planes { second: each(&|at| stains[at]), third, light: each(&|at| 0.93 + 0.14 * fine[at]) }
        }
        Kind::Paper => {
            let light = each(&|at| 0.975 + 0.05 * fine[at]);
            Planes { second: each(&|at| 0.3 * stains[at]), third: vec![0.0; SIDE * SIDE], light }
        }
        _ => {
            let relief = lit(&fine, 1.0);
            let light = each(&|at| 1.0 + 0.10 * relief[at]);
            Planes { second: each(&|at| stains[at]), third, light }
        }
    }
}

/// Bricks and what else lies in rows.
fn courses(kind: Kind, stream: &mut Stream) -> Planes {
    let (rows, columns, offset) = match kind {
        Kind::Brick => (*super::chance::pick(stream, &[6, 8, 8, 10]), 3, 0.5),
        Kind::Blocks => (2 + stream.below(2) as usize, 2, 0.5),
        Kind::Tiles => {
            let n = 2 + stream.below(4) as usize;
            (n, n, if stream.chance(0.2) { 0.5 } else { 0.0 })
        }
        _ => (8, 6, 0.5),
    };
    let gap = match kind {
        Kind::Brick => stream.between(0.05, 0.09),
        Kind::Blocks => stream.between(0.01, 0.03),
        _ => stream.between(0.015, 0.04),
    };
    let rough = if kind == Kind::Tiles { 0.002 } else { stream.between(0.004, 0.02) };
    let tone: Vec<f32> = (0..rows * columns).map(|_| stream.unit()).collect();
    let (bend_x, bend_y) = (clouds(stream, [24, 24], 2, 0.6), clouds(stream, [24, 24], 2, 0.6));
    let fine = clouds(stream, [64, 64], 2, 0.8);
    let stains = clouds(stream, [3, 3], 4, 0.55);
    let bulge = stream.between(0.0, 0.3);
    let mut planes = Planes {
        second: vec![0.0; SIDE * SIDE],
        third: vec![0.0; SIDE * SIDE],
        light: vec![1.0; SIDE * SIDE],
    };
    let ratio = rows as f32 / columns as f32;
    for at in 0..SIDE * SIDE {
        let u = (at % SIDE) as f32 / SIDE as f32 + (bend_x[at] - 0.5) * rough;
        let v = (at / SIDE) as f32 / SIDE as f32 + (bend_y[at] - 0.5) * rough;
        let row = (v * rows as f32).rem_euclid(rows as f32);
        let shift = if row as usize % 2 == 1 { offset } else { 0.0 };
        let column = (u * columns as f32 + shift).rem_euclid(columns as f32);
        let (fx, fy) = (column.fract(), row.fract());
        // Distance to the nearest joint, in heights of a row.
        let from_side = fx.min(1.0 - fx) * ratio;
        let joint = if kind == Kind::Shingles {
            // The lower edge is round and throws a shadow on the row below.
            let round = 1.0 - (2.0 * fx - 1.0).powi(2) * 0.5;
            (round - fy).abs().min(from_side * 2.0)
        } else {
            from_side.min(fy.min(1.0 - fy))
        };
        let in_joint = step(gap + 0.03, gap - 0.01, joint);
        planes.second[at] = in_joint;
        let own = tone[row as usize % rows * columns + column as usize % columns];
        planes.third[at] = (1.0 - in_joint) * own * 0.85 + 0.15 * stains[at];
        let slope = step(0.35, 0.0, fy) - step(0.65, 1.0, fy);
        planes.light[at] = 0.9 + 0.2 * fine[at] + bulge * 0.5 * slope * (1.0 - in_joint) - 0.12 * in_joint;
    }
    planes
}

/// Wood and what else has a direction.
fn grained(kind: Kind, stream: &mut Stream) -> Planes {
    let grain = clouds(stream, [24, 2], 4, 0.7);
    let fine = clouds(stream, [96, 6], 2, 0.8);
    let stains = clouds(stream, [3, 3], 3, 0.6);
    let boards = 2 + stream.below(4) as usize;
    let tone: Vec<f32> = (0..boards).map(|_| stream.unit()).collect();
    let ribs = 8.0 + stream.below(12) as f32;
    let groove = stream.between(0.01, 0.04);
    let rings = stream.between(2.0, 6.0);
    let mut planes = Planes {
        second: vec![0.0; SIDE * SIDE],
        third: vec![0.0; SIDE * SIDE],
        light: vec![1.0; SIDE * SIDE],
    };
    for at in 0..SIDE * SIDE {
        let u = (at % SIDE) as f32 / SIDE as f32;
        let board = u * boards as f32;
        let (second, third, light) = match kind {
            Kind::Planks => {
                let edge = board.fract().min(1.0 - board.fract());
                let dark = step(groove * 2.0, groove * 0.5, edge);
                let lip =
                    step(groove * 5.0, groove * 2.0, edge) * if board.fract() < 0.5 { 0.1 } else { -0.1 };
                (grain[at], tone[board as usize % boards], 0.95 + 0.1 * fine[at] + lip - 0.65 * dark)
            }
            Kind::Wood => {
                let wave = (grain[at] * rings * 2.0).fract();
                (step(0.0, 0.5, wave) - step(0.6, 1.0, wave), stains[at], 0.92 + 0.16 * fine[at])
            }
            Kind::Brushed => (grain[at] * 0.6, stains[at] * 0.5, 0.94 + 0.12 * fine[at]),
            Kind::Corrugated => {
                let wave = (u * ribs * std::f32::consts::TAU).sin();
                (0.5 + 0.5 * wave, step(0.5, 0.8, stains[at]), 1.0 + 0.22 * wave)
            }
            _ => {
                let wave = (u * ribs * 4.0 * std::f32::consts::TAU).sin();
                (0.4 * grain[at], 0.5 * stains[at], 0.98 + 0.02 * wave + 0.04 * fine[at])
            }
        };
        planes.second[at] = second;
        planes.third[at] = third;
        planes.light[at] = light;
    }
    planes
}

/// Stones, leaves and what else is made of pieces.
fn cellular(kind: Kind, stream: &mut Stream) -> Planes {
    let (n, order) = match kind {
        Kind::Rubble => (5 + stream.below(3) as usize, 0.4),
        Kind::Leaves => (14 + stream.below(10) as usize, 0.0),
        Kind::Granite => (60, 0.0),
        Kind::Mosaic => (16, 0.85),
        _ => (20, 0.3),
    };
    let pieces = cells(stream, n, order);
    let fine = clouds(stream, [48, 48], 3, 0.7);
    let stains = clouds(stream, [3, 3], 4, 0.6);
    let each = |f: &dyn Fn(usize) -> f32| (0..SIDE * SIDE).map(f).collect::<Vec<f32>>();
    match kind {
        Kind::Rubble => {
            let joint =
                each(&|at| step(0.16, 0.06, pieces[at].second - pieces[at].nearest + 0.08 * fine[at]));
            let light =
                each(&|at| 0.85 + 0.3 * fine[at] - 0.15 * joint[at] + 0.1 * (0.4 - pieces[at].nearest));
            Planes { third: each(&|at| pieces[at].value), second: joint, light }
        }
        Kind::Leaves => {
            let depth = each(&|at| 1.15 - 0.9 * pieces[at].nearest - 0.5 * step(0.6, 0.2, stains[at]));
            Planes { second: each(&|at| pieces[at].value), third: each(&|at| stains[at]), light: depth }
        }
        Kind::Granite => {
            let second = each(&|at| step(0.55, 0.6, pieces[at].value));
            let third = each(&|at| step(0.2, 0.15, pieces[at].value));
            Planes { second, third, light: each(&|at| 0.9 + 0.2 * fine[at]) }
        }
        Kind::Mosaic => {
            let joint = each(&|at| step(0.14, 0.06, pieces[at].second - pieces[at].nearest));
            Planes {
                third: each(&|at| pieces[at].value),
                second: joint,
                light: each(&|at| 0.95 + 0.1 * fine[at]),
            }
        }
        _ => {
            let heights = each(&|at| 1.0 - pieces[at].nearest);
            let relief = lit(&heights, 3.0);
            Planes {
                second: each(&|at| stains[at]),
                third: each(&|at| 0.3 * fine[at]),
                light: each(&|at| 1.0 + 0.35 * relief[at]),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_no_texture() {
        let tiles = Tiles::new();
        for (at, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, at, "the list is in order");
            let (train, test): (Vec<_>, Vec<_>) = (0..4)
                .map(|i| {
                    let mut stream = Stream::new("test", i, 0, 0);
                    (tiles.some(kind, false, &mut stream.clone()), tiles.some(kind, true, &mut stream))
                })
                .unzip();
            assert!(train.iter().all(|one| test.iter().all(|other| one.levels[0] != other.levels[0])));
            for tile in train.iter().chain(&test) {
                assert_eq!(tile.levels.len(), N_LEVELS);
                let mean: f32 =
                    tile.levels[0].iter().map(|t| f32::from(t[2])).sum::<f32>() / 65_536.0 / 128.0;
                assert!((0.4..1.2).contains(&mean), "{kind:?} is {mean} light");
            }
        }
        assert!(Kind::ALL.iter().filter(|kind| !kind.only_in_test()).count() >= 12);
    }
}
