//! The chapters on a model that finds digits on whole pictures: how right digits, numbers and their boxes are, and what
//! well or badly placed boxes do to what is read.

use super::block::{Block, Figure};
use super::chapters::{count, maybe, percent};
use super::picture::of_user;
use super::svg::{bars, reliability};
use crate::work::localise::{Band, Boxed, Localised};

/// Bins of the reliability diagram.
const BINS: usize = 15;
/// Bars of the distribution of overlaps.
const BARS: usize = 20;

fn figures(pictures: &[Boxed]) -> Vec<Figure> {
    let one = |boxed: &Boxed| of_user(&boxed.image.clone().into(), boxed.told.clone());
    pictures.iter().filter_map(one).collect()
}

/// How the final model reads the test pictures.
pub fn performance(localised: &Localised) -> Vec<Block> {
    let Localised { data, n_pictures, scores, answers, ms, .. } = localised;
    let (digits, numbers) = (&scores.digits, &scores.numbers);
    let read = if (scores.pictures as usize) < *n_pictures {
        format!("{} of the {} test pictures", count(scores.pictures), count(*n_pictures as u64))
    } else {
        format!("All {} test pictures", count(*n_pictures as u64))
    };
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    row("Digits on the pictures", count(digits.n));
    row("Average precision at an overlap of one half", percent(digits.ap_50));
    row("Average precision, mean over overlaps of 0.5 to 0.95", percent(digits.ap));
    row("Digits read that are there", percent(digits.precision));
    row("Digits there that are read", percent(digits.recall));
    row("Numbers on the pictures", count(numbers.n));
    row("Numbers read exactly right", percent(numbers.exact));
    row("The same, mean over lengths", percent(numbers.exact_macro));
    row("Exactly right with every digit in its place", percent(numbers.strict));
    row("Characters wrong", percent(numbers.character_errors));
    row("Numbers found where there is none, for each picture", format!("{:.3}", numbers.false_per_picture));
    row("The surest number of a picture is right", percent(numbers.first_right));
    row("Calibration error", percent(answers.calibration_error(BINS)));
    row("Milliseconds for a picture, in the median", format!("{ms:.1}"));
    let lengths = numbers.by_length.iter().map(|one| {
        let share = (one.n > 0).then(|| one.right as f64 / one.n as f64);
        [one.length.to_string(), count(one.n), maybe(share)]
    });
    let classes = digits.ap_50_of.iter().enumerate().map(|(digit, ap)| [digit.to_string(), maybe(*ap)]);
    vec![
        Block::Text(format!(
            "{read} of {data} were read as photographs are: in the program's usual way, at any size."
        )),
        Block::table(["Figure", "Value"], rows),
        Block::Heading(3, "By length".to_owned()),
        Block::table(["Digits", "Numbers", "Read exactly right"], lengths.collect()),
        Block::Heading(3, "By digit".to_owned()),
        Block::table(["Digit", "Average precision at one half"], classes.collect()),
        Block::Heading(3, "How far its confidence can be trusted".to_owned()),
        Block::Svg(
            reliability(&answers.bins(BINS)),
            "On the diagonal it is as sure as it should be".to_owned(),
        ),
        Block::Text(format!(
            "If it answers only where it is surest, {} of the numbers can be answered with 98 % of the answers right.",
            percent(numbers.coverage_98)
        )),
        Block::Heading(3, "Pictures with a number read wrongly or not found".to_owned()),
        Block::Figures(figures(&localised.wrong)),
    ]
}

/// How well boxes fit, and what that does to what is read.
pub fn chapter(localised: &Localised) -> Vec<Block> {
    let Localised { scores, overlaps, .. } = localised;
    let numbers = &scores.numbers;
    if overlaps.is_empty() {
        return vec![Block::Text("The test pictures have no boxes to hold it against.".to_owned())];
    }
    let shares = localised.distribution(BARS);
    let found: Vec<&(f32, bool)> = overlaps.iter().filter(|(iou, _)| *iou > 0.0).collect();
    let of_found = (!found.is_empty())
        .then(|| found.iter().map(|(iou, _)| f64::from(*iou)).sum::<f64>() / found.len() as f64);
    let rows = localised.bands().into_iter().map(|Band { name, n, right }| {
        let share = (n > 0).then(|| right as f64 / n as f64);
        [name.to_owned(), count(n), percent(n as f64 / overlaps.len() as f64), maybe(share)]
    });
    let mut blocks = vec![
        Block::Text(format!(
            "Overlap is the intersection of a number's box with the true one over their union. Its mean is {:.3} over all numbers, {} over those that are found; {} overlap by more than one half, {} by more than three quarters.",
            numbers.mean_iou,
            of_found.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.3}")),
            percent(numbers.over_half),
            percent(numbers.over_three_quarters),
        )),
        Block::Svg(
            bars(&shares, ["Overlap of a number's box with the true one", "Share of the numbers"]),
            "How overlaps are distributed; numbers that are not found have none".to_owned(),
        ),
        Block::Heading(3, "What the place does to what is read".to_owned()),
        Block::table(["Overlap", "Numbers", "Share", "Read exactly right"], rows.collect()),
        Block::Text(effect(overlaps)),
    ];
    if !localised.right.is_empty() {
        blocks.push(Block::Heading(3, "Test pictures with the boxes found".to_owned()));
        blocks.push(Block::Figures(figures(&localised.right)));
    }
    blocks
}

fn effect(overlaps: &[(f32, bool)]) -> String {
    let share = |of: &dyn Fn(f32) -> bool| {
        let some: Vec<bool> = overlaps.iter().filter(|(iou, _)| of(*iou)).map(|(_, right)| *right).collect();
        let right = some.iter().filter(|right| **right).count();
        (!some.is_empty()).then(|| right as f64 / some.len() as f64)
    };
    let (good, poor) = (share(&|iou| iou >= 0.75), share(&|iou| iou > 0.0 && iou < 0.75));
    let missed = overlaps.iter().filter(|(iou, _)| *iou == 0.0).count();
    let wrong = overlaps.iter().filter(|(_, right)| !right).count();
    format!(
        "Where the box fits by three quarters or more, {} of the numbers are read exactly right, where it fits worse {}. Of the {} numbers that are not read rightly {} were not found at all.",
        maybe(good),
        maybe(poor),
        count(wrong as u64),
        count(missed as u64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_effect_is_in_the_figures() {
        let overlaps =
            [(0.0, false), (0.3, false), (0.5, true), (0.74, false), (0.75, true), (0.95, true), (1.0, true)];
        let said = effect(&overlaps);
        assert!(
            said.contains("100.00 %") && said.contains("33.33 %") && said.contains("3 numbers"),
            "{said}"
        );
    }
}
