//! What is known of real house numbers: lengths, digits, sizes, spacing and slope in the training part of SVHN.
//!
//! Counted over the digit boxes of its 33,402 street images (`digitStruct.mat` of format 1); quantiles of numbers (or of
//! neighbours in them) at [`LEVELS`]. The test below counts them again where the boxes are at hand.

use super::chance::{by_quantiles, weighted};
use crate::data::random::Stream;

/// Where quantiles are given.
pub(super) const LEVELS: [f32; 11] = [0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// Numbers of one digit, of two, ...
pub(super) const LENGTHS: [f32; 6] = [5137.0, 18_130.0, 8691.0, 1434.0, 9.0, 1.0];

/// How often each digit stands at each place of a number of one, two, three and four digits.
const PLACES: [&[[f32; 10]]; 4] = [
    &[[54.0, 679.0, 683.0, 574.0, 622.0, 599.0, 527.0, 465.0, 480.0, 454.0]],
    &[
        [20.0, 3929.0, 3095.0, 2738.0, 2261.0, 1738.0, 1335.0, 1187.0, 948.0, 879.0],
        [2008.0, 2040.0, 1891.0, 1849.0, 1752.0, 1852.0, 1648.0, 1786.0, 1667.0, 1637.0],
    ],
    &[
        [9.0, 3912.0, 1997.0, 951.0, 584.0, 472.0, 280.0, 219.0, 149.0, 118.0],
        [1197.0, 1156.0, 1041.0, 931.0, 875.0, 852.0, 734.0, 726.0, 636.0, 543.0],
        [1122.0, 943.0, 836.0, 887.0, 870.0, 882.0, 832.0, 807.0, 810.0, 702.0],
    ],
    &[
        [0.0, 715.0, 545.0, 85.0, 44.0, 20.0, 11.0, 6.0, 8.0, 0.0],
        [160.0, 133.0, 198.0, 186.0, 180.0, 166.0, 107.0, 127.0, 76.0, 101.0],
        [157.0, 182.0, 147.0, 169.0, 109.0, 163.0, 122.0, 153.0, 129.0, 103.0],
        [217.0, 156.0, 148.0, 120.0, 160.0, 133.0, 127.0, 115.0, 139.0, 119.0],
    ],
];

/// Mean height of a number's digits as a share of the picture's width.
pub(super) const HEIGHT_BY_WIDTH: [f32; 11] =
    [0.029, 0.097, 0.147, 0.181, 0.240, 0.298, 0.347, 0.389, 0.414, 0.471, 0.769];

/// Mean height of a number's digits in pixels.
pub(super) const HEIGHT: [f32; 11] = [9.0, 12.0, 15.0, 17.0, 22.0, 30.0, 42.0, 57.0, 69.0, 102.0, 403.0];

/// From the middle of a digit's box to that of the next one, in digit heights. The ends of real quantiles are wrong
/// boxes; here they are what is still readable.
pub(super) const PITCH: [f32; 11] = [0.2, 0.217, 0.284, 0.321, 0.389, 0.471, 0.561, 0.648, 0.710, 0.878, 1.2];

/// From the middle of the first digit to that of the last, in degrees below the horizontal; without the ends.
pub(super) const SLOPE: [f32; 11] = [-45.0, -38.2, -19.4, -12.2, -5.44, 0.0, 3.75, 8.75, 12.9, 24.8, 45.0];

/// Middle of the number as a share of the picture's width.
pub(super) const MIDDLE_X: [f32; 11] =
    [0.080, 0.321, 0.439, 0.470, 0.488, 0.500, 0.511, 0.527, 0.558, 0.677, 0.943];

/// Middle of the number as a share of the picture's height.
pub(super) const MIDDLE_Y: [f32; 11] =
    [0.094, 0.364, 0.425, 0.444, 0.468, 0.490, 0.513, 0.536, 0.559, 0.650, 0.955];

/// A number out of one of these tables of quantiles.
pub(super) fn draw(values: &[f32; 11], stream: &mut Stream) -> f32 {
    by_quantiles(stream, &LEVELS, values)
}

/// The digits of a house number as they are in streets, of up to `longest` digits.
pub(super) fn number(lengths: &[f32], longest: usize, stream: &mut Stream) -> Vec<u8> {
    let length = weighted(stream, &lengths[..longest.clamp(1, lengths.len())]) + 1;
    let places = PLACES[length.min(4) - 1];
    (0..length).map(|at| weighted(stream, &places[at.min(places.len() - 1)]) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    /// The boxes of SVHN's training images as (image, its width, label, left, top, right, bottom), if they are at hand.
    fn boxes() -> Option<Vec<(String, [f32; 6])>> {
        let folder = std::env::var_os("DIGIT_WORKBENCH_DATA").map_or_else(
            || concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data").into(),
            std::path::PathBuf::from,
        );
        let file = std::fs::File::open(folder.join("svhn/annotations/svhn_full_train_digits.csv.gz")).ok()?;
        let mut text = String::new();
        flate2::read::GzDecoder::new(file).read_to_string(&mut text).expect("it is text");
        let rows = text.lines().skip(1).map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let number = |at: usize| fields[at].trim().parse::<f32>().expect("a number");
            (fields[0].to_owned(), [number(1), number(4), number(5), number(6), number(7), number(8)])
        });
        Some(rows.collect())
    }

    #[test]
    fn the_tables_are_what_the_boxes_say() {
        let Some(boxes) = boxes() else { return };
        let (mut lengths, mut heights, mut firsts) = ([0.0; 6], Vec::new(), [0.0; 10]);
        for number in boxes.chunk_by(|(a, _), (b, _)| a == b) {
            lengths[number.len() - 1] += 1.0;
            let height = number.iter().map(|(_, b)| b[5] - b[3]).sum::<f32>() / number.len() as f32;
            heights.push(height / number[0].1[0]);
            if number.len() == 2 {
                firsts[number[0].1[1] as usize] += 1.0;
            }
        }
        assert_eq!(lengths, LENGTHS);
        assert_eq!(firsts, PLACES[1][0]);
        heights.sort_by(f32::total_cmp);
        for (level, value) in LEVELS.iter().zip(HEIGHT_BY_WIDTH) {
            let at = (level * (heights.len() - 1) as f32).round() as usize;
            assert!((heights[at] - value).abs() < 0.002, "{level}: {} {value}", heights[at]);
        }
    }

    #[test]
    fn numbers_are_as_in_streets() {
        let mut stream = Stream::new("test", 0, 0, 0);
        let all: Vec<Vec<u8>> = (0..20_000).map(|_| number(&LENGTHS, 5, &mut stream)).collect();
        let share = |n: usize| all.iter().filter(|number| number.len() == n).count() as f32 / 20_000.0;
        assert!(
            (share(2) - 0.543).abs() < 0.02 && (share(1) - 0.154).abs() < 0.02,
            "{} {}",
            share(2),
            share(1)
        );
        let ones = all.iter().flatten().filter(|digit| **digit == 1).count() as f32;
        let digits = all.iter().flatten().count() as f32;
        // 13,861 of 73,257.
        assert!((ones / digits - 0.189).abs() < 0.015, "{}", ones / digits);
    }
}
