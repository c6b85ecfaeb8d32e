//! The report's chapters: a question each, answered from the runs, with the user's own words first.

use super::block::Block;
use super::gather::{Report, Told};
use super::measured;
use super::svg::{Axes, Curve, curves, key};
use super::{QUESTIONS, localised, picture};
use crate::data::Source;
use crate::knobs::{Choice, differences, flat};
use crate::recipe::Recipe;
use crate::runs::{Series, Split, metric};
use std::collections::BTreeMap;

/// Runs told in full; of more only so many, the best.
const MOST_RUNS: usize = 40;
/// Curves in one drawing.
const MOST_CURVES: usize = 8;
/// Images shown of what was learned from.
const SAMPLES: usize = 20;

/// The whole report.
pub fn blocks(report: &Report) -> Vec<Block> {
    let mut blocks = vec![Block::Heading(1, report.title())];
    if !report.words.author.trim().is_empty() {
        blocks.push(Block::Text(report.words.author.trim().to_owned()));
    }
    blocks.extend(summary(report));
    for question in QUESTIONS {
        blocks.push(Block::Heading(2, question.title.to_owned()));
        let own = report.words.answer(question.name);
        if !own.is_empty() {
            blocks.push(Block::Own(own.to_owned()));
        }
        let told = match question.name {
            "approach" => approach(report),
            "architecture" => architecture(report),
            "training" => training(report),
            "performance" => match &report.localised {
                Some(localised) => [measured::divided(report), localised::performance(localised)].concat(),
                None => measured::performance(report),
            },
            "changes" => changes(report),
            "results" => measured::results(report),
            "pictures" => measured::pictures(report),
            "camera" => measured::camera(report),
            "localisation" => match &report.localised {
                Some(localised) => localised::chapter(localised),
                None => localisation(report),
            },
            _ => interface(),
        };
        if told.is_empty() && own.is_empty() {
            blocks.push(Block::Remark(format!("Nothing is recorded on this. {}.", question.hint)));
        }
        blocks.extend(told);
    }
    blocks.extend(again(report));
    blocks
}

/// A share as text.
pub fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// A share as text, or a dash.
pub fn maybe(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), percent)
}

/// A whole number with its thousands apart.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn label(choice: &dyn Choice) -> String {
    let chosen = choice.chosen();
    choice.options().iter().find(|o| o.name == chosen).map_or(chosen, |o| o.label).to_owned()
}

fn about(choice: &dyn Choice) -> String {
    let chosen = choice.chosen();
    choice.options().iter().find(|o| o.name == chosen).map_or("", |o| o.help).to_owned()
}

fn summary(report: &Report) -> Vec<Block> {
    let last = report.last();
    let accuracy = match (&report.examined, last.test()) {
        (Ok(examined), _) => Some(examined.accuracy),
        (_, test) => test,
    };
    let what = last.recipe.as_ref().map(|r| format!("{} on {}", label(&r.model), label(&r.data)));
    let of = if report.runs.len() == 1 {
        "one training".to_owned()
    } else {
        format!("{} trainings", report.runs.len())
    };
    let valid = last
        .valid()
        .map_or_else(String::new, |share| format!(", {} of the validation images", percent(share)));
    let by = if report.runs.len() == 1 { "by" } else { "by the best of" };
    vec![Block::Text(format!(
        "{}: {} of the test images read rightly{valid}, {by} {of}.",
        what.unwrap_or_else(|| last.meta.name.clone()),
        maybe(accuracy),
    ))]
}

fn approach(report: &Report) -> Vec<Block> {
    let Some(recipe) = &report.last().recipe else { return Vec::new() };
    let mut blocks = Vec::new();
    if !recipe.about.trim().is_empty() {
        blocks.push(Block::Text(recipe.about.trim().to_owned()));
    }
    let line = |what: &str, choice: &dyn Choice| format!("{what}: {} – {}", label(choice), about(choice));
    blocks.push(Block::List(vec![
        line("Data", &recipe.data),
        line("Network", &recipe.model),
        line("Optimizer", &recipe.optim),
        line("Loss", &recipe.loss),
    ]));
    blocks
}

fn architecture(report: &Report) -> Vec<Block> {
    let Some(layers) = &report.layers else { return Vec::new() };
    let size = |sides: &[usize]| sides.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
    let rows = layers
        .rows
        .iter()
        .map(|row| [row.name.clone(), row.kind.clone(), size(&row.output), count(row.params as u64)])
        .collect();
    let linear = !layers.rows.iter().any(|row| row.name.starts_with("Skip"));
    let connected = match linear {
        true => {
            "Each layer takes what the one above it gives; the parts of a head all take what the last layer before them gives."
        }
        false => {
            "Each layer takes what the one above it gives; a Skip keeps what reaches it, and the next Add adds that to its input."
        }
    };
    vec![
        Block::Text(format!("{} numbers are learned. {connected}", count(layers.params as u64))),
        Block::table(["Layer", "What it does", "Output", "Parameters"], rows),
    ]
}

fn training(report: &Report) -> Vec<Block> {
    let told = report.last();
    let mut blocks = Vec::new();
    if let Some(recipe) = &told.recipe {
        blocks.push(Block::Text(made(&recipe.data)));
    }
    if let Some(samples) = &report.learned {
        let n = SAMPLES.min(samples.len());
        let rows = (0..n).map(|i| i * samples.len() / n.max(1));
        let figures = rows.filter_map(|row| {
            let written = crate::data::marks::text(samples.marks(row), &report.classes);
            let label = usize::from(samples.labels[row]);
            let name = match (written.is_empty(), samples.marks.is_some()) {
                (false, _) => written,
                (true, true) => "no number".to_owned(),
                (true, false) => report.classes.get(label).cloned().unwrap_or_default(),
            };
            picture::figure(samples, row, if samples.width > 40 { 120 } else { 64 }, name)
        });
        blocks.push(Block::Heading(3, "Images that it learned from".to_owned()));
        blocks.push(Block::Figures(figures.collect()));
    }
    let history = &told.history;
    if let Some(started) = &history.started {
        let [train, valid, test] = started.images.map(count);
        let valid = match started.images[1] {
            0 => String::new(),
            _ => format!(", {valid} to choose by"),
        };
        blocks.push(Block::Text(format!(
            "{train} images to learn from{valid}, {test} to be measured on. {:.1} epochs, {} steps, {} of training on {} with {}.",
            history.epoch,
            count(history.step),
            duration(history.trained_secs),
            if started.device.is_empty() { "an unknown device" } else { &started.device },
            if started.threads == 1 { "1 thread".to_owned() } else { format!("{} threads", started.threads) },
        )));
    }
    if let Some(recipe) = &told.recipe {
        let rows = changed(recipe);
        let rows: Vec<[String; 3]> =
            rows.into_iter().map(|(path, value, default)| [path, value, default]).collect();
        if !rows.is_empty() {
            blocks.push(Block::Heading(3, "Settings that differ from the defaults".to_owned()));
            blocks.push(Block::table(["Setting", "Value", "Default"], rows));
        }
    }
    for name in ["loss", "accuracy"] {
        blocks.extend(drawing(&[told], name, true));
    }
    blocks
}

/// How a data set's images are made, or where they are from.
fn made(source: &Source) -> String {
    // Only what somebody chose: defaults say little and are many.
    let mut base = Source::default();
    base.choose(source.chosen());
    let defaults = flat(&mut base);
    let settings: Vec<String> = flat(&mut source.clone())
        .iter()
        .filter(|setting| setting.0 != "name" && !defaults.contains(setting))
        .map(|(path, value)| format!("{path} {value}"))
        .collect();
    let settings = if settings.is_empty() { String::new() } else { format!(" ({})", settings.join(", ")) };
    format!("{}: {}{settings}.", label(source), about(source))
}

/// What differs from the defaults of the same kinds of data, network and optimizer.
fn changed(recipe: &Recipe) -> Vec<(String, String, String)> {
    let mut base = Recipe::default();
    let own = flat(&mut recipe.clone());
    for (path, value) in own.iter().filter(|(path, _)| path.ends_with("name") || path.ends_with("shape")) {
        // A kind that has no such choice keeps its own.
        crate::knobs::set(&mut base, path, value).ok();
    }
    let rows = differences(&own, &flat(&mut base)).into_iter();
    rows.map(|(path, value, default)| (path, value.unwrap_or_default(), default.unwrap_or_default()))
        .collect()
}

/// Curves of a metric: of one run training and validation, of many the validation's alone.
fn drawing(runs: &[&Told], name: &str, both: bool) -> Vec<Block> {
    let Some(metric) = metric(name) else { return Vec::new() };
    let mut all = Vec::new();
    for (colour, told) in runs.iter().enumerate() {
        let points = |series: &Series| series.points().iter().map(|p| [p.epoch, p.value]).collect();
        let splits: &[(Split, bool)] =
            if both { &[(Split::Train, false), (Split::Valid, true)] } else { &[(Split::Valid, false)] };
        for (split, dashed) in splits {
            if let Some(series) = told.history.curve(*split, name) {
                let curve =
                    Curve { name: told.meta.name.clone(), points: points(series), colour, dashed: *dashed };
                all.push(curve);
            }
        }
    }
    if all.is_empty() {
        return Vec::new();
    }
    let axes = Axes { x: "Epoch", y: metric.label, shares: metric.unit == "%", size: [640.0, 260.0] };
    let caption = match both {
        true => format!("{}: training solid, validation dashed", metric.label),
        false => format!("{} on the validation images", metric.label),
    };
    let drawn = curves(&all, axes);
    vec![Block::Svg(drawn, caption)]
}

/// Names of which those that occur more than once are counted: two runs of one preset have the same.
fn told_apart(names: &[&str]) -> Vec<String> {
    let mut seen = BTreeMap::<&str, usize>::new();
    let each = names.iter().map(|name| {
        let n = seen.entry(name).or_default();
        *n += 1;
        let alone = names.iter().filter(|other| *other == name).nth(1).is_none();
        if alone { (*name).to_owned() } else { format!("{name} ({n})") }
    });
    each.collect()
}

fn changes(report: &Report) -> Vec<Block> {
    if report.runs.len() < 2 {
        return Vec::new();
    }
    let mut blocks = Vec::new();
    let last = report.last();
    let foreign = report.runs.iter().filter(|told| told.data() != last.data()).count();
    if foreign > 0 {
        blocks.push(Block::Remark(format!(
            "{foreign} of the runs learned from other data than {}: their figures say nothing of the settings alone.",
            last.meta.name
        )));
    }
    let mut order: Vec<&Told> = report.runs.iter().collect();
    order.sort_by(|a, b| b.valid().unwrap_or(-1.0).total_cmp(&a.valid().unwrap_or(-1.0)));
    let shown = order.len().min(MOST_RUNS);
    let names: Vec<&str> = order.iter().map(|told| told.meta.name.as_str()).collect();
    let names = told_apart(&names);
    let rows = order[..shown]
        .iter()
        .zip(&names)
        .map(|(told, name)| {
            let same = told.id == last.id;
            let differ = differences(&told.settings, &last.settings);
            let differ: Vec<String> = differ
                .iter()
                .filter(|(path, ..)| {
                    !path.starts_with("train.threads") && !path.starts_with("train.checkpoint")
                })
                .take(6)
                .map(|(path, value, _)| format!("{path} = {}", value.as_deref().unwrap_or("–")))
                .collect();
            let change = match (told.valid(), last.valid(), same) {
                (Some(own), Some(best), false) => format!("{:+.2}", (own - best) * 100.0),
                _ => String::new(),
            };
            let what = match (same, differ.is_empty()) {
                (true, _) => "the final run".to_owned(),
                (_, true) => "the same settings".to_owned(),
                _ => differ.join(", "),
            };
            [name.clone(), what, maybe(told.valid()), change, maybe(told.test()), told.status.clone()]
        })
        .collect();
    let captions = ["Run", "What differs from the final run", "Validation", "Points", "Test", "Ended"];
    blocks.push(Block::table(captions, rows));
    if shown < order.len() {
        blocks.push(Block::Remark(format!("{} more runs did worse than these.", order.len() - shown)));
    }
    let drawn = &order[..order.len().min(MOST_CURVES)];
    for name in ["accuracy", "loss"] {
        blocks.extend(drawing(drawn, name, false));
    }
    let named: Vec<Curve> = drawn
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(colour, (_, name))| Curve { name: name.clone(), colour, ..Curve::default() })
        .collect();
    blocks.push(Block::Svg(key(&named), String::new()));
    blocks
}

fn localisation(report: &Report) -> Vec<Block> {
    let numbers = report.examined.as_ref().is_ok_and(|examined| examined.figures.is_some());
    let text = match numbers {
        true => {
            "The network reads the number as a whole from the picture that it is given; it gives no boxes."
        }
        false => {
            "The network tells the class of one character in the picture that it is given; where the ink lies is found by its brightness, and framed on the new pictures above."
        }
    };
    vec![Block::Text(text.to_owned())]
}

fn interface() -> Vec<Block> {
    vec![Block::Text(
        "Digit Workbench is a desktop program with a command line: data, training, sweeps, comparison, inspection, camera and this report are pages of one window, and every page's work is a command as well.".to_owned(),
    )]
}

/// Everything needed to do it again.
fn again(report: &Report) -> Vec<Block> {
    let told = report.last();
    let mut blocks = vec![Block::Heading(2, "To do it again".to_owned())];
    let mut rows: Vec<[String; 2]> = vec![["Run".to_owned(), told.id.clone()]];
    let mut row = |name: &str, value: String| {
        if !value.is_empty() {
            rows.push([name.to_owned(), value]);
        }
    };
    if let Some(recipe) = &told.recipe {
        row("Seed", recipe.train.seed.to_string());
    }
    if let Some(started) = &told.history.started {
        row("Fingerprint of the data", started.data.clone());
        row("Machine", started.host.clone());
        row("Computed on", format!("{}, {} threads", started.device, started.threads));
        row("Program", format!("Digit Workbench {}", started.program));
        row("Began with", started.parent.clone().unwrap_or_default());
    }
    row("Report written by", format!("Digit Workbench {}", env!("CARGO_PKG_VERSION")));
    row(
        "Other runs in this report",
        report.runs.iter().filter(|r| r.id != told.id).map(|r| r.id.clone()).collect::<Vec<_>>().join(", "),
    );
    blocks.push(Block::table(["What", "Value"], rows));
    if !told.ron.is_empty() {
        blocks.push(Block::Heading(3, "Recipe".to_owned()));
        blocks.push(Block::Code(told.ron.clone()));
        blocks.push(Block::Text("Saved as recipe.ron, it is trained again by:".to_owned()));
        blocks.push(Block::Code("digit-workbench train recipe.ron".to_owned()));
    }
    blocks
}

fn duration(secs: f64) -> String {
    match secs.max(0.0) {
        s if s < 120.0 => format!("{s:.0} seconds"),
        s if s < 7200.0 => format!("{:.0} minutes", s / 60.0),
        s => format!("{:.1} hours", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::told_apart;

    #[test]
    fn runs_of_one_name_are_told_apart() {
        let told = told_apart(&["LeNet", "MLP", "LeNet"]);
        assert_eq!(told, ["LeNet (1)", "MLP", "LeNet (2)"]);
    }
}
