//! The chapters on how well it reads: the test images, first and last results, new pictures, captured ones.

use super::block::Block;
use super::chapters::{count, maybe, percent};
use super::gather::{Picture, Read, Report, Told};
use super::picture;
use super::svg::{confusion, reliability};
use crate::reader::{PictureReading, annotated};
use crate::score::{by_class, means};
use crate::work::predict::Examined;
use image::DynamicImage;

/// Bins of the reliability diagram.
const BINS: usize = 15;
/// Mistakes shown.
const WORST: usize = 24;
/// A picture with fewer grey levels between paper and ink is faint.
const FAINT: u8 = 70;

/// How the data was divided.
pub fn divided(report: &Report) -> Vec<Block> {
    let Some(started) = &report.last().history.started else { return Vec::new() };
    let [train, valid, test] = started.images.map(count);
    vec![Block::Text(match started.images[1] {
        0 => format!(
            "The images were divided into {train} to learn from and {test} that were looked at only at the end; none were set aside to choose the model by."
        ),
        _ => format!(
            "The images were divided into {train} to learn from, {valid} to choose the model by and {test} that were looked at only at the end."
        ),
    })]
}

/// How the data was set up, and how the final model reads the test images.
pub fn performance(report: &Report) -> Vec<Block> {
    let mut blocks = divided(report);
    let examined = match &report.examined {
        Ok(examined) => examined,
        Err(why) => {
            blocks.push(Block::Remark(format!("The test images could not be read again: {why}.")));
            return blocks;
        }
    };
    blocks.extend(examined.warnings.iter().map(|warning| Block::Remark(warning.clone())));
    blocks.push(Block::table(["Figure", "Value"], figures(examined)));
    blocks.extend(tables(examined));
    let counts: Vec<u64> = examined.confusion.iter().map(|n| u64::from(*n)).collect();
    if examined.figures.is_none() {
        blocks.push(Block::Heading(3, "Confusion matrix".to_owned()));
        blocks.push(Block::Svg(confusion(&examined.classes, &counts, false), "Test images".to_owned()));
    }
    blocks.push(Block::Heading(3, "How far its confidence can be trusted".to_owned()));
    let drawn = reliability(&examined.answers.bins(BINS));
    blocks.push(Block::Svg(drawn, "On the diagonal it is as sure as it should be".to_owned()));
    let cut = examined.answers.coverage_at(0.98);
    blocks.push(Block::Text(format!(
        "If it answers only where it is surest, {} of the images can be answered with 98 % of the answers right.",
        percent(cut.coverage)
    )));
    blocks.extend(mistakes(examined));
    blocks
}

fn figures(examined: &Examined) -> Vec<[String; 2]> {
    let mut rows = vec![
        ["Test images".to_owned(), count(examined.samples.len() as u64)],
        ["Accuracy".to_owned(), percent(examined.accuracy)],
        ["Loss".to_owned(), format!("{:.4}", examined.loss)],
    ];
    let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
    if let Some(top_2) = examined.top_2 {
        row("Among the two likeliest", percent(top_2));
    }
    if let Some(numbers) = &examined.figures {
        row("Right length", percent(numbers.length_accuracy()));
        row("Right characters", percent(numbers.character_accuracy()));
        if numbers.located.n > 0 {
            row("Mean overlap of the number's box", percent(numbers.located.mean()));
            row("Boxes that overlap by more than one half", percent(numbers.located.located()));
        }
    }
    row("Calibration error", percent(examined.answers.calibration_error(BINS)));
    if let Some((temperature, answers)) = &examined.tempered {
        let error = percent(answers.calibration_error(BINS));
        row("At the temperature of the validation images", format!("{error} (T = {temperature:.3})"));
    }
    rows
}

fn tables(examined: &Examined) -> Vec<Block> {
    let share = |of: u64, n: u64| maybe((n > 0).then(|| of as f64 / n as f64));
    if let Some(numbers) = &examined.figures {
        let lengths = numbers.by_length.iter().map(|one| {
            [
                one.length.to_string(),
                count(one.n),
                share(one.correct, one.n),
                share(one.length_correct, one.n),
            ]
        });
        let places = numbers.positions.iter().enumerate();
        let places = places.map(|(i, [n, right])| [(i + 1).to_string(), count(*n), share(*right, *n)]);
        return vec![
            Block::Heading(3, "By length".to_owned()),
            Block::table(["Characters", "Numbers", "All right", "Right length"], lengths.collect()),
            Block::Heading(3, "By position".to_owned()),
            Block::table(["Position", "Characters", "Right"], places.collect()),
        ];
    }
    let counts: Vec<u64> = examined.confusion.iter().map(|n| u64::from(*n)).collect();
    let classes = by_class(&counts, examined.classes.len());
    let all = means(&classes);
    let mut rows: Vec<[String; 5]> = examined
        .classes
        .iter()
        .zip(&classes)
        .map(|(name, class)| {
            [name.clone(), count(class.n), maybe(class.recall()), maybe(class.precision()), maybe(class.f1())]
        })
        .collect();
    rows.push([
        "Mean".to_owned(),
        String::new(),
        percent(all.recall),
        percent(all.precision),
        percent(all.f1),
    ]);
    vec![
        Block::Heading(3, "By class".to_owned()),
        Block::table(["Class", "Images", "Recall", "Precision", "F1"], rows),
    ]
}

fn mistakes(examined: &Examined) -> Vec<Block> {
    let worst = &examined.mistakes[..examined.mistakes.len().min(WORST)];
    if worst.is_empty() {
        return vec![Block::Text("It made no mistake on the test images.".to_owned())];
    }
    let figures = worst.iter().filter_map(|row| {
        let row = *row as usize;
        let [is, read] = examined.words(row);
        let caption = format!("{is} read as {read} with {}", percent(f64::from(examined.confidence[row])));
        let width = if examined.samples.width > 40 { 120 } else { 72 };
        picture::figure(&examined.samples, row, width, caption)
    });
    vec![Block::Heading(3, "Worst mistakes, the surest first".to_owned()), Block::Figures(figures.collect())]
}

/// The first run's result and the final one's.
pub fn results(report: &Report) -> Vec<Block> {
    let (first, last) = (report.first(), report.last());
    let row = |what: &str, told: &Told| {
        [
            what.to_owned(),
            told.meta.name.clone(),
            maybe(told.valid()),
            maybe(told.test()),
            format!("{:.1}", told.history.epoch),
        ]
    };
    if report.runs.len() == 1 {
        let early = last
            .history
            .curve(crate::runs::Split::Valid, "accuracy")
            .and_then(|s| s.points().first().copied());
        let Some(early) = early else { return Vec::new() };
        return vec![Block::Text(format!(
            "After {:.1} epochs {} of the validation images were read rightly, at best {}; of the test images {}.",
            early.epoch,
            percent(early.value),
            maybe(last.valid()),
            maybe(last.test())
        ))];
    }
    let captions = ["", "Run", "Validation", "Test", "Epochs"];
    let mut blocks = vec![Block::table(captions, vec![row("Initial", first), row("Final", last)])];
    if first.data() != last.data() {
        let text = "The two learned from other data or other divisions of it, so that their validation images differ.";
        blocks.push(Block::Remark(text.to_owned()));
    }
    if let Some(paired) = report.paired {
        let [before, after] = paired.accuracies().map(percent);
        let verdict = match paired.differ() {
            true => "more than chance would make it",
            false => "no more than chance would make it",
        };
        blocks.push(Block::Text(format!(
            "On the same {} test images the first model reads {before} and the final one {after}: {} are read by the first alone, {} by the final one alone. The difference is {verdict} (McNemar's exact test, p {}).",
            count(paired.n()),
            count(paired.first),
            count(paired.second),
            if paired.p_value() < 1e-4 { "< 0.0001".to_owned() } else { format!("= {:.4}", paired.p_value()) }
        )));
    }
    blocks
}

/// Pictures of the user's, what makes them hard, and what is read on them.
pub fn pictures(report: &Report) -> Vec<Block> {
    let names = &report.classes;
    let mut blocks = Vec::new();
    for Picture { name, image, read } in &report.pictures {
        let (said, notes) = match read {
            Err(why) => (format!("Not read: {why}"), Vec::new()),
            Ok(Read::Found(reading)) => {
                let caption = format!("{name}. {}", found(image, reading));
                let drawn = annotated(image, &reading.numbers).into();
                blocks.extend(picture::of_user(&drawn, caption).map(|figure| Block::Figures(vec![figure])));
                continue;
            }
            Ok(Read::Whole(prediction)) => {
                let text = match &prediction.number {
                    Some(number) => number.text(names),
                    None => names.get(prediction.class).cloned().unwrap_or_default(),
                };
                let text = if text.is_empty() { "nothing".to_owned() } else { text };
                let sure = percent(f64::from(prediction.confidence));
                (format!("Read as {text} with {sure}"), hard(image, prediction))
            }
        };
        let notes = if notes.is_empty() { String::new() } else { format!(". Hard: {}", notes.join(", ")) };
        let caption = format!("{name}. {said}{notes}");
        let ink = match read {
            Ok(Read::Whole(prediction)) => prediction.prepared.ink,
            _ => None,
        };
        let framed = ink.map(|ink| picture::framed(image, &ink));
        match picture::of_user(framed.as_ref().unwrap_or(image), caption.clone()) {
            Some(figure) if image.width() > 1 => blocks.push(Block::Figures(vec![figure])),
            _ => blocks.push(Block::Text(caption)),
        }
    }
    blocks
}

/// The numbers found on a picture, and what makes it hard.
fn found(image: &DynamicImage, reading: &PictureReading) -> String {
    let numbers = reading.numbers.iter();
    let read: Vec<String> = numbers
        .map(|number| format!("{} with {}", number.text, percent(f64::from(number.confidence))))
        .collect();
    let mut notes = faint_or_dark(image);
    if let Some(number) = reading.numbers.first() {
        let share = number.area.h / image.height().max(1) as f32;
        if share < 0.08 {
            notes.push(format!("small: its digits are {:.0} pixels high", number.area.h));
        }
        let slope = number.direction.degrees;
        if slope.abs() > 8.0 {
            notes.push(format!("it slopes by {slope:.0} degrees"));
        }
        if number.area.x < 1.0 || number.area.right() > image.width() as f32 - 1.0 {
            notes.push("cut off by the edge".to_owned());
        }
    }
    if reading.numbers.len() > 1 {
        notes.push(format!("{} numbers on it", reading.numbers.len()));
    }
    let read =
        if read.is_empty() { "No number found".to_owned() } else { format!("Read {}", read.join(", ")) };
    if notes.is_empty() { read } else { format!("{read}. Hard: {}", notes.join(", ")) }
}

/// What makes a picture hard, as far as it can be measured.
fn hard(image: &DynamicImage, prediction: &crate::reader::Prediction) -> Vec<String> {
    let mut notes: Vec<String> = prediction.prepared.note.into_iter().map(str::to_owned).collect();
    notes.extend(faint_or_dark(image));
    if let Some(ink) = prediction.prepared.ink {
        let share = (ink.width * ink.height) as f64 / f64::from(image.width() * image.height()).max(1.0);
        if share < 0.03 {
            notes.push("small in the picture".to_owned());
        }
    }
    if prediction.prepared.inverted {
        notes.push("dark on light, which was turned round".to_owned());
    }
    notes
}

fn faint_or_dark(image: &DynamicImage) -> Vec<String> {
    let mut notes = Vec::new();
    let grey = image.to_luma8();
    let mut levels: Vec<u8> = grey.pixels().map(|p| p.0[0]).collect();
    levels.sort_unstable();
    let at =
        |share: f64| levels.get(((levels.len().max(1) - 1) as f64 * share) as usize).copied().unwrap_or(0);
    if at(0.98).saturating_sub(at(0.02)) < FAINT {
        notes.push("faint against its ground".to_owned());
    }
    if at(0.5) < 60 {
        notes.push("dark".to_owned());
    }
    notes
}

/// Captured pictures against the test images.
pub fn camera(report: &Report) -> Vec<Block> {
    if let (Some((n, share)), Some(localised)) = (report.captured_found, &report.localised) {
        return vec![Block::Text(format!(
            "Of {} pictures that were captured and labelled the surest number is what is written on {}; of the test pictures' numbers {} are read exactly right.",
            count(n as u64),
            percent(share),
            percent(localised.scores.numbers.exact)
        ))];
    }
    let Some(captured) = &report.captured else { return Vec::new() };
    let test = report.examined.as_ref().map(|examined| examined.accuracy).ok();
    let mut blocks = vec![Block::Text(format!(
        "Of {} pictures that were captured and labelled {} are read rightly, of the test images {}.",
        count(captured.samples.len() as u64),
        percent(captured.accuracy),
        maybe(test)
    ))];
    blocks.extend(mistakes(captured));
    blocks
}
