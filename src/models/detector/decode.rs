//! From what the network says of each cell to candidates: digits with boxes and votes, many for each digit.

use super::folded::FoldedDetector;
use super::grid::{OUTPUTS, STRIDE_OF_ALL, cells, decoded};
use crate::data::Area;
use crate::found::Found;
use anyhow::ensure;
use tch::{Device, Kind, Tensor};

/// Added to scores before the sigmoid. Cells learn to be as sure of a digit as their box fits it, so that a digit that is
/// surely there is said with its overlap, which is about 0.7: half of that is an even chance. Measured on validation
/// numbers, where most are read rightly with the least score between 0.3 and 0.4.
pub const LIFT: f32 = 0.62;

/// Candidates of one picture of a size whose sides are multiples of 32, from `[cells, 18]` numbers: those whose likeliest
/// digit is at least so likely.
pub fn candidates(raw: &[f32], size: [usize; 2], least: f32) -> Vec<Found> {
    // Compared before the sigmoid: nearly all cells are done with then.
    let least = least.clamp(1e-6, 1.0 - 1e-6);
    let least = (least / (1.0 - least)).ln() - LIFT;
    let mut all = Vec::new();
    for (cell, said) in cells(size).into_iter().zip(raw.chunks_exact(OUTPUTS)) {
        if !said[..10].iter().any(|score| *score >= least) {
            continue;
        }
        let scores: [f32; 10] = std::array::from_fn(|digit| 1.0 / (1.0 + (-said[digit] - LIFT).exp()));
        let area = decoded(cell, std::array::from_fn(|i| said[10 + i]));
        let vote = decoded(cell, std::array::from_fn(|i| said[14 + i]));
        all.push(Found::new(scores, area, Some(vote)));
    }
    all
}

impl FoldedDetector {
    /// Candidates on a picture of any size, given as bytes channel after channel, in its pixels: each digit that is at
    /// least so likely, many for each that there is (see [`crate::found::keep`]).
    pub fn find(&self, pixels: &[u8], [width, height]: [usize; 2], least: f32) -> anyhow::Result<Vec<Found>> {
        let n = width * height;
        ensure!(
            n > 0 && pixels.len() == n * self.channels(),
            "{} bytes are no picture of {width}x{height} with {} channels",
            pixels.len(),
            self.channels()
        );
        let tensor = filled_up(pixels, self.channels(), [width, height])?;
        let raw = self.raw(&tensor)?.f_to_device(Device::Cpu)?.f_contiguous()?.f_view([-1])?;
        let wide = [width, height].map(|side| side.next_multiple_of(STRIDE_OF_ALL));
        let mut all = candidates(&Vec::<f32>::try_from(raw)?, wide, least);
        let frame = Area { x: 0.0, y: 0.0, w: width as f32, h: height as f32 };
        all.retain(|one| one.area.overlap(&frame) > 0.3 * one.area.size());
        Ok(all)
    }
}

/// A picture as the network looks at it: `[1, channels, height, width]` between 0 and 1, its last row and column
/// repeated up to a multiple of 32.
pub fn filled_up(pixels: &[u8], channels: usize, [width, height]: [usize; 2]) -> anyhow::Result<Tensor> {
    let size = [1, channels as i64, height as i64, width as i64];
    let mut tensor =
        Tensor::f_from_slice(pixels)?.f_view(size)?.f_to_kind(Kind::Float)?.f_div_scalar_(255.0)?;
    let more = [width, height].map(|side| (side.next_multiple_of(STRIDE_OF_ALL) - side) as i64);
    if more != [0, 0] {
        tensor = tensor.f_replication_pad2d([0, more[0], 0, more[1]])?;
    }
    Ok(tensor)
}

#[cfg(test)]
mod tests {
    use super::super::grid::encoded;
    use super::*;

    #[test]
    fn what_cells_say_is_found() {
        let size = [64, 32];
        let (area, number) =
            (Area { x: 20.0, y: 6.0, w: 8.0, h: 16.0 }, Area { x: 20.0, y: 5.0, w: 30.0, h: 17.0 });
        let cells = cells(size);
        let mut raw = vec![-6.0; cells.len() * OUTPUTS];
        // Third column of the second row of the finest grid: its middle is (20 + 0, 12), (28, 12) is the next.
        let at =
            cells.iter().position(|cell| (cell.x, cell.y, cell.stride) == (24.0, 8.0, 16.0)).expect("a cell");
        let said = &mut raw[at * OUTPUTS..][..OUTPUTS];
        said[7] = 2.0;
        said[10..14].copy_from_slice(&encoded(cells[at], &area));
        said[14..].copy_from_slice(&encoded(cells[at], &number));
        let [one] = &candidates(&raw, size, 0.5)[..] else { panic!("one digit") };
        assert_eq!(one.digit, 7);
        // A score of 2 is 0.8808, as sure as most boxes fit.
        assert!((one.confidence - 0.932_141).abs() < 1e-5, "{}", one.confidence);
        assert!(one.area.iou(&area) > 0.999 && one.vote.expect("it votes").iou(&number) > 0.999);
        assert!(candidates(&raw, size, 0.94).is_empty());
    }

    #[test]
    fn pictures_are_filled_up() {
        let pixels: Vec<u8> = (0..33 * 2).map(|i| (i % 33) as u8).collect();
        let tensor = filled_up(&pixels, 1, [33, 2]).expect("a picture");
        assert_eq!(tensor.size(), [1, 1, 32, 64]);
        assert!((tensor.double_value(&[0, 0, 31, 63]) - 32.0 / 255.0).abs() < 1e-6);
    }
}
