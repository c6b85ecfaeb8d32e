//! `evaluate RUN`: measures a run's model on a part of its data.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::recipes::{Setting, parse_setting};
use super::table::{Table, count, percent};
use super::wait::Waiting;
use crate::data::DataError;
use crate::reader::Reader;
use crate::runs::{RunDir, Split};
use crate::score::{Figures, Located, OfLength, Paired, paired};
use crate::train::{ClassScore, Evaluation, On, evaluate_model};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Bins of the calibration error: as many as in Guo et al., 2017.
const BINS: usize = 15;
/// The accuracy that people have, and that house numbers want (Goodfellow et al., 2013).
const SURE: f64 = 0.98;

/// Measure a run's model
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench evaluate last
  digit-workbench evaluate last --split valid --which last
  digit-workbench evaluate last --overlay sanitised
  digit-workbench evaluate last --on svhn --set data.folder=houses
  digit-workbench evaluate last --against mnist-lenet5   two models on the same images: is the difference chance?
  digit-workbench evaluate shipped --on scenes
  digit-workbench evaluate locate --second svhn-number   one says where the number is, one reads it
  digit-workbench evaluate svhn-number --on locate --at-truth   it is told where the numbers are

A model that finds digits is measured as `read` reads: digits, numbers, boxes. `shipped` is the reader that comes with
the program. With --on a model is measured on other data; one of digits or numbers on photographs is shown what that
reader finds on them.")]
pub struct Args {
    /// Id, name or folder of a run, `last`, a model file, or `shipped`
    #[arg(value_name = "RUN_OR_MODEL")]
    pub run: String,
    /// Read these pictures in place of those it was trained for: a data set's name, a preset, or a recipe's file
    #[arg(long, value_name = "DATA")]
    pub on: Option<String>,
    /// Change a setting of those
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = parse_setting, requires = "on")]
    pub settings: Vec<Setting>,
    /// A run or model file that reads what this one finds: digits, or the place of the number; none for no second opinion
    #[arg(long, value_name = "RUN_OR_MODEL", conflicts_with = "against")]
    pub second: Option<String>,
    /// For a model that reads what others find: show it the true places of the numbers
    #[arg(long, conflicts_with_all = ["against", "second"])]
    pub at_truth: bool,
    /// Which part of the data to measure on
    #[arg(long, value_enum, default_value_t = Part::Test)]
    pub split: Part,
    /// For what finds digits: choose its thresholds on this part first, and write them into the model file; with a second
    /// model, find out what its word weighs, and write that into the second's file
    #[arg(long)]
    pub tune: bool,
    /// Which of the run's models
    #[arg(long, value_enum, default_value_t = Which::Best)]
    pub which: Which,
    /// Lay these edits over the data instead of those it was trained with; `none` for the data as it was read
    #[arg(long, value_name = "NAME")]
    overlay: Option<String>,
    /// Also measure another run's model on the same images, and say whether the difference is more than chance
    #[arg(long, value_name = "RUN_OR_MODEL")]
    pub against: Option<String>,
}

/// Which part of the data.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Learned from
    Train,
    /// Set aside to choose by
    Valid,
    /// Set aside to be measured on at the end
    Test,
}

impl Part {
    /// As runs name it.
    pub fn split(self) -> Split {
        match self {
            Self::Train => Split::Train,
            Self::Valid => Split::Valid,
            Self::Test => Split::Test,
        }
    }
}

/// Which of a run's models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Which {
    /// The best by validation accuracy
    Best,
    /// The latest
    Last,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    if let Some(done) = super::evaluate_reader::run(args, globals, out)? {
        return Ok(done);
    }
    let (run, model) = find_model(&args.run, args.which, globals)?;
    // The reader looks at the whole file first, and names it where something is wrong with it.
    let classes = Reader::open(&model)?.meta.classes;
    let part = args.split.split();
    let folder = globals.workspace().overlays_dir();
    let name = args.overlay.as_deref().map(|name| if name == "none" { "" } else { name });
    let edits = name.map(|name| (name, folder.as_path()));
    let source = match &args.on {
        Some(name) => {
            let source = super::data::recipe_of(name, &args.settings, globals)?.data;
            super::plan::refuse_missing_data(&source, globals)?;
            Some(source)
        }
        None => None,
    };
    let on = On { source: source.as_ref(), part, edits };
    let began = Instant::now();
    let measured = measure(&model, on, globals, out)?;
    let seconds = began.elapsed().as_secs_f64();
    let Evaluation { n, accuracy, top_2, loss, confusion, temperature, .. } = &measured;
    let by_class = measured.classes(&classes);
    let means = measured.means();
    let (trust, tempered) = (measured.trust(), measured.tempered());
    let cut = trust.coverage_at(SURE);
    let guesses =
        top_2.map_or_else(String::new, |share| format!(", among two guesses {}", percent(Some(share))));
    out.line(format!(
        "{} images of the {} part: accuracy {}{guesses}, loss {loss:.4}",
        count(*n),
        part.name(),
        percent(Some(*accuracy))
    ))?;
    if let Some(numbers) = &measured.numbers {
        print_numbers(numbers, out)?;
        if numbers.by_length.is_empty() {
            // Nothing is read, so there are no classes to tell of.
            return Ok(Done::with(json!({
                "numbers": measured.numbers, "run": run.as_ref().map(RunDir::id), "model": model,
                "split": part.name(), "overlay": args.overlay, "n": n, "on": args.on, "accuracy": accuracy,
                "loss": loss, "seconds": seconds, "images_per_s": *n as f64 / seconds.max(1e-9),
            })));
        }
    }
    print_classes(&by_class, confusion, out)?;
    out.line(format!(
        "\nMeans over the classes: precision {}, recall {}, F1 {}",
        percent(Some(means.precision)),
        percent(Some(means.recall)),
        percent(Some(means.f1))
    ))?;
    let ece = trust.calibration_error(BINS);
    let ece_tempered = tempered.as_ref().map(|answers| answers.calibration_error(BINS));
    let cooled = match (temperature, ece_tempered) {
        (Some(t), Some(ece)) => format!("; {} at the temperature {t:.3}", percent(Some(ece))),
        _ => String::new(),
    };
    out.line(format!("Calibration error {}{cooled}", percent(Some(ece))))?;
    out.line(format!(
        "At 98 % accuracy {} are answered, those with a confidence of {:.4} or more",
        percent(Some(cut.coverage)),
        cut.threshold
    ))?;
    let against = match &args.against {
        Some(other) => Some(beside(&measured, other, on, args.which, globals, out)?),
        None => None,
    };
    Ok(Done::with(json!({
        "numbers": measured.numbers, "coverage_98": cut.coverage, "threshold_98": cut.threshold,
        "run": run.as_ref().map(RunDir::id), "model": model, "split": part.name(), "overlay": args.overlay, "n": n,
        "on": args.on, "accuracy": accuracy, "top_2": top_2, "loss": loss, "by_class": by_class,
        "precision": means.precision, "recall": means.recall, "f1": means.f1,
        "calibration_error": ece, "temperature": temperature, "calibration_error_at_temperature": ece_tempered,
        "classes": classes, "confusion": confusion, "against": against,
        "seconds": seconds, "images_per_s": *n as f64 / seconds.max(1e-9),
    })))
}

fn measure(model: &Path, on: On<'_>, globals: &Globals, out: &Out) -> anyhow::Result<Evaluation> {
    let waiting = Waiting::new(out);
    let measured = evaluate_model(model, &globals.places(), on, &waiting);
    waiting.done();
    Ok(measured?.ok_or(DataError::Cancelled)?)
}

/// Another model on the same images.
fn beside(
    measured: &Evaluation,
    named: &str,
    on: On<'_>,
    which: Which,
    globals: &Globals,
    out: &mut Out,
) -> anyhow::Result<Value> {
    let (_, model) = find_model(named, which, globals)?;
    let other = measure(&model, on, globals, out)?;
    if other.n != measured.n {
        return Err(BadInput(format!(
            "the two were trained on other data: {} and {} images; name one data set for both with --on",
            count(measured.n),
            count(other.n)
        ))
        .into());
    }
    let counts = paired(measured.answers.iter().zip(&other.answers).map(|(a, b)| (a.right, b.right)));
    let Paired { both, first, second, neither } = counts;
    let [of_first, of_second] = counts.accuracies().map(|accuracy| percent(Some(accuracy)));
    let verdict = if counts.differ() { "more than chance" } else { "no more than chance would make it" };
    out.line(format!(
        "\n{of_first} against {of_second}: {} are read by the first alone, {} by the second alone, {} by neither; \
         the difference is {verdict} (McNemar, p = {:.3})",
        count(first),
        count(second),
        count(neither),
        counts.p_value()
    ))?;
    Ok(json!({
        "model": model, "accuracy": other.accuracy, "both": both, "first_only": first, "second_only": second,
        "neither": neither, "p_value": counts.p_value(), "differ": counts.differ(),
    }))
}

/// The model file that a run's name or a path means.
pub fn find_model(named: &str, which: Which, globals: &Globals) -> anyhow::Result<(Option<RunDir>, PathBuf)> {
    let path = PathBuf::from(named);
    if path.is_file() {
        return Ok((None, path));
    }
    let run = globals.workspace().run(named)?;
    let model = match which {
        Which::Best => run.best_model(),
        Which::Last => run.last_model(),
    };
    if !model.is_file() {
        return Err(BadInput(format!(
            "the run has no such model yet; one is written at the end of each epoch: {}",
            model.display()
        ))
        .into());
    }
    Ok((Some(run), model))
}

/// How whole numbers are read: by length, by position, by character.
fn print_numbers(figures: &Figures, out: &mut Out) -> std::io::Result<()> {
    let Located { n, over_three_quarters, .. } = figures.located;
    if n > 0 {
        out.line(format!(
            "Boxes: mean overlap {:.3}, over one half {}, over three quarters {}",
            figures.located.mean(),
            percent(Some(figures.located.located())),
            percent(Some(over_three_quarters as f64 / n as f64))
        ))?;
    }
    if figures.by_length.is_empty() {
        return Ok(());
    }
    let share = |of: u64, n: u64| percent((n > 0).then(|| of as f64 / n as f64));
    let mut table = Table::new(&["length", "numbers", "right", "of the right length"]);
    for OfLength { length, n, correct, length_correct } in &figures.by_length {
        table.push([length.to_string(), count(*n), share(*correct, *n), share(*length_correct, *n)]);
    }
    out.line(table.aligned())?;
    let positions: Vec<String> = figures.positions.iter().map(|[n, right]| share(*right, *n)).collect();
    out.line(format!("Right by position: {}", positions.join(", ")))?;
    out.line(format!(
        "Length right {}, characters right {}\n",
        percent(Some(figures.length_accuracy())),
        percent(Some(figures.character_accuracy()))
    ))
}

fn print_classes(scores: &[ClassScore], confusion: &[Vec<u64>], out: &mut Out) -> std::io::Result<()> {
    let header = ["class", "images", "recall", "precision", "F1", "most often read as"];
    let mut table = Table::new(&header);
    for (truth, (score, row)) in scores.iter().zip(confusion).enumerate() {
        let ClassScore { class, n, recall, precision, f1 } = score;
        if *n == 0 {
            continue;
        }
        let others = row.iter().enumerate().filter(|(read, n)| *read != truth && **n > 0);
        let mistake = others.max_by_key(|(_, n)| **n);
        let name = |class: usize| scores.get(class).map_or_else(|| class.to_string(), |s| s.class.clone());
        let mistake = mistake.map_or_else(String::new, |(read, n)| format!("{} ({n} times)", name(read)));
        let [recall, precision, f1] = [recall, precision, f1].map(|share| percent(*share));
        table.push([class.clone(), count(*n), recall, precision, f1, mistake]);
    }
    out.line(table.aligned())
}
