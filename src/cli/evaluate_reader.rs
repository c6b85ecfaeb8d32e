//! `evaluate` of what reads whole pictures: digits found, numbers read, boxes, and how sure it may be.

use super::data::recipe_of;
use super::evaluate::{Args, Part, find_model};
use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::read::{open_reader, set_threads};
use super::table::{Table, count, percent};
use super::wait::Waiting;
use crate::data::{DataError, Dataset, Source};
use crate::found::score::{NumberScores, Scores};
use crate::models::file;
use crate::reader::{Measured, PictureReader, measure, shipped, tune, tune_opinion, write_thresholds};
use crate::recipe::{self, Recipe};
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;

/// Measures the reader, if it is one that is asked for.
pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Option<Done>> {
    let Some((model, own)) = wanted(args, globals)? else { return Ok(None) };
    let recipe = match &args.on {
        Some(name) => recipe_of(name, &args.settings, globals)?,
        None => own,
    };
    let mut reader = open(args, globals)?;
    set_threads(0);
    let waiting = Waiting::new(out);
    let dataset = recipe.dataset(&globals.places(), &globals.workspace().overlays_dir(), &waiting);
    let measured = match dataset {
        Ok(dataset) => evaluate(&mut reader, &dataset, &recipe, args, &waiting),
        Err(error) => Err(error.into()),
    };
    waiting.done();
    let (name, n, seconds, measured) = measured?;
    tell(&name, n, args.split, &measured, out)?;
    Ok(Some(Done::with(json!({
        "model": model, "data": name, "split": args.split.split().name(), "n": n, "seconds": seconds,
        "ms": measured.ms, "thresholds": reader.thresholds, "digits": measured.all.digits, "numbers": measured.all.numbers,
        "visible": measured.visible, "single_digits_right": measured.single, "text_right": measured.text_right,
    }))))
}

/// The model's file and recipe, if it finds digits or is to read other pictures than its own.
fn wanted(args: &Args, globals: &Globals) -> anyhow::Result<Option<(PathBuf, Recipe)>> {
    let model = match args.run.as_str() {
        "shipped" => shipped().ok_or_else(|| BadInput("there is no reader beside the program".to_owned()))?,
        named => find_model(named, args.which, globals)?.1,
    };
    // A damaged file is told by whoever opens it.
    let Ok(meta) = file::read_meta(&model) else { return Ok(None) };
    let own = recipe::parse(&meta.recipe, &model)?;
    let finds = own.model.detector().is_some() || args.second.is_some() || args.at_truth;
    if finds && args.against.is_some() {
        return Err(BadInput(
            "--against sets models of single digits or whole numbers beside each other".to_owned(),
        )
        .into());
    }
    let photographs = match &args.on {
        Some(name) => is_of_photographs(&recipe_of(name, &args.settings, globals)?.data),
        None => false,
    };
    Ok((finds || (photographs && args.against.is_none())).then_some((model, own)))
}

/// Whether numbers have to be found on the pictures before they can be read.
fn is_of_photographs(source: &Source) -> bool {
    use Source::{IdxFolder, Mnist, NotMnist, Rendered, Sequences};
    !matches!(source, IdxFolder(_) | Mnist(_) | NotMnist(_) | Rendered(_) | Sequences(_))
}

fn open(args: &Args, globals: &Globals) -> anyhow::Result<PictureReader> {
    let named = Some(args.run.as_str()).filter(|run| *run != "shipped");
    if args.at_truth {
        let model = named.ok_or_else(|| {
            BadInput(
                "the shipped reader finds numbers itself; name a model that reads what others find"
                    .to_owned(),
            )
        })?;
        let reader = PictureReader::open(&find_model(model, args.which, globals)?.1, None)?;
        if reader.finds() {
            return Err(BadInput("--at-truth is for a model that reads what others find, and this one looks for numbers itself".to_owned()).into());
        }
        return Ok(reader);
    }
    open_reader(named, args.second.as_deref(), args.which, globals)
}

/// What the data is called, how many pictures were read in how many seconds, and how.
fn evaluate(
    reader: &mut PictureReader,
    dataset: &Dataset,
    recipe: &Recipe,
    args: &Args,
    waiting: &Waiting,
) -> anyhow::Result<(String, usize, f64, Measured)> {
    let (train_rows, valid_rows) = dataset.divide(recipe.train.validation_share, recipe.train.seed);
    let (samples, rows) = match args.split {
        Part::Train => (&dataset.train, train_rows),
        Part::Valid => (&dataset.train, valid_rows),
        Part::Test => (&dataset.test, (0..dataset.test.len() as u32).collect()),
    };
    if rows.is_empty() {
        return Err(BadInput(format!("{} has no pictures in that part", dataset.name)).into());
    }
    reader.warm()?;
    if args.tune
        && let Some(second) = reader.second()
    {
        if !second.reads_numbers() {
            let problem = "only a second model that reads whole numbers is weighed; leave --tune out";
            return Err(BadInput(problem.to_owned()).into());
        }
        let chosen = tune_opinion(reader, samples, &rows, waiting)?.ok_or(DataError::Cancelled)?;
        write_thresholds(&second.path, &chosen)?;
        reader.weigh(chosen);
    } else if args.tune {
        let chosen = tune(reader, samples, &rows, waiting)?.ok_or(DataError::Cancelled)?;
        let model = reader.model().filter(|model| model.detector().is_some());
        let model =
            model.ok_or_else(|| BadInput("only a model that finds digits has thresholds".to_owned()))?;
        write_thresholds(&model.path, &chosen)?;
        reader.thresholds = chosen;
    }
    let began = Instant::now();
    let measured =
        measure(reader, samples, dataset.kind, &rows, args.at_truth, waiting)?.ok_or(DataError::Cancelled)?;
    Ok((dataset.name.clone(), rows.len(), began.elapsed().as_secs_f64(), measured))
}

fn tell(name: &str, n: usize, part: Part, measured: &Measured, out: &mut Out) -> std::io::Result<()> {
    let Measured { all: Scores { digits, numbers, .. }, visible, single, text_right, ms } = measured;
    let n = count(n as u64);
    out.line(format!(
        "{n} pictures of {name}, {} part, {ms:.1} ms a picture in the median",
        part.split().name()
    ))?;
    if let Some(share) = single {
        return out.line(format!("Single digits read rightly: {}", percent(Some(*share))));
    }
    if let Some(share) = text_right {
        out.line(format!("The surest number is the one written: {}", percent(Some(*share))))?;
    }
    if numbers.n == 0 && digits.n == 0 {
        return out.line(format!("False numbers a picture: {:.3}", numbers.false_per_picture));
    }
    out.line(format!(
        "Digits: {} of them, mAP at 0.5 {}, mAP {}; of those read {} are right, and {} of all are read",
        count(digits.n),
        percent(Some(digits.ap_50)),
        percent(Some(digits.ap)),
        percent(Some(digits.precision)),
        percent(Some(digits.recall)),
    ))?;
    tell_numbers("Numbers", numbers, out)?;
    if let Some(visible) = visible {
        tell_numbers("Numbers with 90 % of every digit on the picture", visible, out)?;
    }
    let mut table = Table::new(&["length", "numbers", "exactly right"]);
    for of_length in &numbers.by_length {
        let share = of_length.right as f64 / of_length.n.max(1) as f64;
        table.push([of_length.length.to_string(), count(of_length.n), percent(Some(share))]);
    }
    out.line(table.aligned())
}

fn tell_numbers(what: &str, numbers: &NumberScores, out: &mut Out) -> std::io::Result<()> {
    let share = |value: f64| percent(Some(value));
    out.line(format!(
        "{what}: {} of them, exactly right {} (mean over lengths {}), with every digit in its place {}, surest of the \
         picture right {}",
        count(numbers.n),
        share(numbers.exact),
        share(numbers.exact_macro),
        share(numbers.strict),
        share(numbers.first_right),
    ))?;
    out.line(format!(
        "  boxes: mean overlap {:.3}, over one half {}, over three quarters {}",
        numbers.mean_iou,
        share(numbers.over_half),
        share(numbers.over_three_quarters),
    ))?;
    let blank =
        numbers.false_per_blank_picture.map_or_else(String::new, |n| format!(" ({n:.3} on blank ones)"));
    out.line(format!(
        "  at 98 % accuracy {} are covered; calibration error {}; characters wrong {}; false numbers a picture {:.3}{blank}",
        share(numbers.coverage_98),
        share(numbers.calibration_error),
        share(numbers.character_errors),
        numbers.false_per_picture,
    ))
}
