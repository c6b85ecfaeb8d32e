//! From digits to numbers: rows of neighbours, without the digits that only make a row less likely.

use super::links::rows;
use super::{Direction, Found, Number, Thresholds};

/// More digits than this on one picture are not looked at: the surest ones are.
const MOST_DIGITS: usize = 200;
/// How much heights of digits of a number differ: standard deviation of the logarithm.
const HEIGHT_SIGMA: f32 = 0.3;
/// How far digits stand off the line of their number: standard deviation in heights.
const RISE_SIGMA: f32 = 0.3;
/// A digit of which others cover more than this is no digit of another number either.
const COVERED: f32 = 0.3;

/// The numbers that digits make, the surest first; each digit once, as [`super::keep`] leaves them.
pub fn numbers(mut digits: Vec<Found>, thresholds: &Thresholds) -> Vec<Number> {
    digits.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let sure = digits.partition_point(|digit| digit.confidence >= thresholds.digit);
    let unsure = digits.split_off(sure);
    digits.truncate(MOST_DIGITS);
    let mut numbers = Vec::new();
    for row in rows(&digits) {
        let members = row.into_iter().map(|i| digits[i].clone()).collect();
        let (members, alone, rejected) = without_the_unlikely(members);
        let beside = rejected.iter().chain(&unsure).filter(|one| is_beside(one, &members));
        let doubt = beside.map(|one| one.confidence).fold(0.0, f32::max);
        numbers.extend(Number::of(members, doubt, thresholds));
        numbers.extend(alone.into_iter().filter_map(|one| Number::of(vec![one], 0.0, thresholds)));
    }
    numbers.retain(|number| number.confidence >= thresholds.number);
    numbers.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    numbers
}

/// Takes digits out, the least likely first, as long as the row without one is likelier than the row with it:
/// P(it is a digit) * P(a digit of the row stands so) < P(it is none). Returns the row, digits that are none of it but
/// may be numbers of their own, and those that are none.
fn without_the_unlikely(mut row: Vec<Found>) -> (Vec<Found>, Vec<Found>, Vec<Found>) {
    let (mut alone, mut rejected) = (Vec::new(), Vec::new());
    while row.len() > 1 {
        let gain = |i: usize| {
            let p = row[i].confidence;
            (1.0 - p) / (p * plausibility(&row, i)).max(f32::MIN_POSITIVE)
        };
        let gains: Vec<f32> = (0..row.len()).map(gain).collect();
        let worst = (0..row.len()).fold(0, |worst, i| if gains[i] > gains[worst] { i } else { worst });
        if gains[worst] <= 1.0 || row[worst].confidence >= 1.0 {
            break;
        }
        let out = row.swap_remove(worst);
        let covered = row.iter().any(|one| one.area.overlap(&out.area) > COVERED * out.area.size());
        if covered || out.confidence < 0.5 { rejected.push(out) } else { alone.push(out) }
    }
    (row, alone, rejected)
}

/// How well a digit stands among the others of its row, 0 to 1: its height, how far it is off their line, and how much
/// of it they cover.
fn plausibility(row: &[Found], i: usize) -> f32 {
    let one = &row[i];
    let others: Vec<Found> =
        row.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, one)| one.clone()).collect();
    let mut heights: Vec<f32> = others.iter().map(|other| other.area.h).collect();
    heights.sort_by(f32::total_cmp);
    let height = heights[heights.len() / 2];
    let taller = (one.area.h / height).ln() / HEIGHT_SIGMA;
    let off = if others.len() > 1 {
        let line = Direction::of(&others);
        let level: f32 =
            others.iter().map(|other| line.beside(other.centre())).sum::<f32>() / others.len() as f32;
        (line.beside(one.centre()) - level) / (height * RISE_SIGMA)
    } else {
        0.0
    };
    let covered: f32 =
        others.iter().map(|other| other.area.overlap(&one.area)).sum::<f32>() / one.area.size();
    let stands = (-0.5 * (taller * taller + off * off).min(8.0)).exp();
    // Italic digits overlap a little.
    stands * (1.0 - (covered - 0.15).clamp(0.0, 0.95))
}

/// Whether a digit could go on with a row: at one of its ends, or in it.
fn is_beside(one: &Found, row: &[Found]) -> bool {
    row.iter().any(|member| {
        let height = (member.area.h + one.area.h) / 2.0;
        let ratio = one.area.h / member.area.h;
        let ([ax, ay], [bx, by]) = (member.centre(), one.centre());
        let gap = (ax - bx).abs() - (member.area.w + one.area.w) / 2.0;
        (0.6..1.7).contains(&ratio) && gap < 0.6 * height && (ay - by).abs() < 0.5 * height
    })
}

#[cfg(test)]
mod tests {
    use super::super::keep;
    use super::super::testing::{found, row, scattered};
    use super::*;
    use crate::data::random::Stream;

    fn read(digits: Vec<Found>) -> Vec<String> {
        numbers(digits, &Thresholds::default()).into_iter().map(|number| number.text).collect()
    }

    #[test]
    fn numbers_are_read_at_any_slant_in_any_order() {
        for degrees in [-30.0, -12.0, 0.0, 12.0, 30.0, 90.0] {
            let mut digits = row("30471", [100.0, 100.0], [20.0, 40.0], 48.0, degrees);
            Stream::new("test", 3, 0, 0).shuffle(&mut digits);
            assert_eq!(read(digits), ["30471"], "{degrees} degrees");
        }
    }

    #[test]
    fn the_surest_number_comes_first_and_unsure_digits_are_left_out() {
        let mut digits = row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        digits.push(Found { confidence: 0.97, ..found(8, 0.9, [200.0, 200.0, 20.0, 40.0]) });
        digits.push(found(5, 0.1, [300.0, 20.0, 20.0, 40.0]));
        assert_eq!(read(digits), ["8", "12"]);
        assert!(read(Vec::new()).is_empty());
    }

    #[test]
    fn a_digit_that_makes_the_row_unlikely_is_dropped() {
        // A screw between two digits, small and low and unsure.
        let mut digits = row("12", [50.0, 50.0], [20.0, 40.0], 44.0, 0.0);
        digits.push(found(0, 0.55, [66.0, 55.0, 12.0, 26.0]));
        let numbers = numbers(digits.clone(), &Thresholds::default());
        assert_eq!(numbers[0].text, "12");
        // It could have been one: 0.9 * 0.9 * (1 - 0.55).
        assert!(numbers[0].confidence < 0.82, "{}", numbers[0].confidence);
        // A sure digit of the right size stays.
        digits[2] = found(0, 0.9, [62.0, 31.0, 18.0, 38.0]);
        assert_eq!(read(digits), ["102"]);
    }

    #[test]
    fn half_hidden_second_readings_are_dropped() {
        let mut digits = row("47", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        digits.push(found(1, 0.5, [54.0, 32.0, 10.0, 36.0]));
        assert_eq!(read(digits), ["47"]);
    }

    #[test]
    fn no_digit_is_read_twice() {
        let thresholds = Thresholds::default();
        for seed in 0..200 {
            let digits = keep(scattered(&mut Stream::new("test", seed, 0, 0), 40), &thresholds);
            let n = digits.iter().filter(|digit| digit.confidence >= thresholds.digit).count();
            let numbers = numbers(digits, &Thresholds { number: 0.0, ..thresholds.clone() });
            assert!(numbers.iter().map(|number| number.digits.len()).sum::<usize>() <= n);
            assert!(numbers.windows(2).all(|pair| pair[0].confidence >= pair[1].confidence));
            assert!(numbers.iter().all(|number| number.text.len() == number.digits.len()));
        }
    }
}
