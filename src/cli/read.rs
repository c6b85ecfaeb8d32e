//! `read SOURCE...`: finds and reads the numbers on pictures, and through `frames` on videos, the screen and before a
//! camera.

use super::evaluate::{Which, find_model};
use super::exit::{BAD_INPUT, BadInput, DONE, Done};
use super::frames;
use super::globals::Globals;
use super::guard;
use super::out::{Out, say};
use crate::data::Area;
use crate::found::Number;
use crate::reader::{Effort, PictureReader, PictureReading, annotated, open_picture, shipped};
use crate::work::live::{Model, open};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What `--second` is called where the reader's own second opinion is not wanted.
pub const NO_SECOND: &str = "none";

/// Endings of files in a folder that are taken for pictures; a file that is named itself may be called anything.
const ENDINGS: [&str; 12] =
    ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pbm", "pnm"];

/// Find and read the numbers on pictures, videos, the screen, or before a camera
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench read photo.jpg
  digit-workbench read holiday/ --json > numbers.jsonl
  digit-workbench read photo.jpg --annotate photo-read.png
  digit-workbench read photo.jpg --model last
  digit-workbench read photo.jpg --model locate --second svhn-number   one says where the number is, one reads it
  digit-workbench read camera:0 --frames 100 --json
  digit-workbench read camera:1@1280x720/30/mjpeg
  digit-workbench read street.mp4 --annotate frames/
  digit-workbench read screen:100,100,640x480 --frames 1

With --json there is one object a picture: source, width, height, numbers (text, confidence, box as x, y, width and
height in pixels, digits), the surest first, and ms, the milliseconds that reading took after the file was decoded.
A picture that cannot be read is told on standard error, has an error in place of its size, and makes the exit code 3.

Videos, addresses (rtsp://) and the screen need an installed ffmpeg. A camera is read until Ctrl-C where no number of
frames is given. Of these there is one object a frame, with frame and ms of each stage.")]
pub struct Args {
    /// Picture files and folders of them, videos, addresses, `screen`, `screen:X,Y,WIDTHxHEIGHT`, `camera:NUMBER[@FORMAT]`
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<PathBuf>,
    /// A run or model file to read with, in place of the reader that comes with the program
    #[arg(long, value_name = "RUN_OR_MODEL")]
    model: Option<String>,
    /// A run or model file that reads what the model finds: digits, or the place of the number; none for no second opinion
    #[arg(long, value_name = "RUN_OR_MODEL")]
    second: Option<String>,
    /// Which of the run's models
    #[arg(long, value_enum, default_value_t = Which::Best)]
    which: Which,
    /// Read so many frames of each video, camera or screen at most; with it, animations are read frame by frame
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Draw what was read on copies of the pictures: a file for one picture, a folder for more
    #[arg(long, value_name = "OUT")]
    annotate: Option<PathBuf>,
    /// Threads to compute with; 0 for one a core
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let (sources, any_bad) = read_frames(args, globals, out)?;
    if sources.is_empty() {
        let code = if any_bad { BAD_INPUT } else { DONE };
        return Ok(Done { code, figures: Value::Null });
    }
    let reader = open_reader(args.model.as_deref(), args.second.as_deref(), args.which, globals)?;
    set_threads(args.threads);
    reader.warm()?;
    let interrupt = guard::interruptible();
    let mut bad = Vec::new();
    let pictures = pictures(&sources, &mut bad);
    for trouble in &bad {
        say(&format!("error: {trouble}"));
    }
    let mut any_bad = any_bad || !bad.is_empty();
    let into_folder = pictures.len() > 1 || args.sources.len() > 1 || sources[0].is_dir();
    for path in &pictures {
        if interrupt.load(Ordering::Relaxed) {
            return Err(crate::data::DataError::Cancelled.into());
        }
        // One picture that cannot be read must not keep the others from being read.
        let picture = match open_picture(path) {
            Ok(picture) => picture,
            Err(error) => {
                say(&format!("error: {error}"));
                out.json(&json!({ "source": path, "error": error.why(), "numbers": [] }))?;
                any_bad = true;
                continue;
            }
        };
        let reading = reader.read(&picture, Effort::Still)?;
        out.json(&as_json(path, &reading))?;
        out.line(as_text(path, &reading))?;
        if let Some(place) = &args.annotate {
            let to = if into_folder || place.is_dir() { beside(place, path)? } else { place.clone() };
            let drawn = annotated(&picture, &reading.numbers);
            drawn.save(&to).with_context(|| format!("the copy cannot be written: {}", to.display()))?;
        }
    }
    Ok(Done { code: if any_bad { BAD_INPUT } else { DONE }, figures: Value::Null })
}

/// Reads what moves; returns the pictures and folders, and whether something could not be read.
fn read_frames(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<(Vec<PathBuf>, bool)> {
    let (mut still, mut moving) = (Vec::new(), Vec::new());
    for source in &args.sources {
        let text = source.to_string_lossy().into_owned();
        match frames::origin(&text, args.frames.is_some())? {
            Some(origin) => moving.push((text, origin)),
            None => still.push(source.clone()),
        }
    }
    if moving.is_empty() {
        return Ok((still, false));
    }
    if args.second.is_some() {
        return Err(BadInput(
            "a second model that is named reads pictures alone; leave --second out for what moves".to_owned(),
        )
        .into());
    }
    let model = match &args.model {
        Some(named) => Model::File(find_model(named, args.which, globals)?.1),
        None => Model::Shipped,
    };
    set_threads(args.threads);
    let mut reads = open(&model).map_err(|error| BadInput(format!("{error:#}")))?;
    let single = args.sources.len() == 1 && args.frames == Some(1);
    let wish = frames::Wish { frames: args.frames, annotate: args.annotate.as_deref(), single };
    let mut any_bad = false;
    for (text, origin) in &moving {
        // One source that cannot be read must not keep the others from being read.
        match frames::read(text, origin, reads.as_mut(), &wish, out) {
            Err(error) if error.is::<BadInput>() => {
                say(&format!("error: {error}"));
                out.json(&json!({ "source": text, "error": error.to_string(), "numbers": [] }))?;
                any_bad = true;
            }
            outcome => outcome?,
        }
    }
    Ok((still, any_bad))
}

/// The reader that is asked for, or the one that comes with the program; other models read what that one finds.
pub fn open_reader(
    model: Option<&str>,
    second: Option<&str>,
    which: Which,
    globals: &Globals,
) -> anyhow::Result<PictureReader> {
    let own = shipped();
    let model = match (model, &own) {
        (Some(named), _) => find_model(named, which, globals)?.1,
        (None, Some(own)) => own.clone(),
        (None, None) => {
            return Err(BadInput(
                "there is no reader beside the program (assets/reader.safetensors); name a run or a model with --model"
                    .to_owned(),
            )
            .into());
        }
    };
    if second == Some(NO_SECOND) {
        return Ok(PictureReader::open(&model, own.as_deref())?.alone());
    }
    if let Some(second) = second {
        let second = find_model(second, which, globals)?.1;
        return PictureReader::open_both(&model, &second)
            .map_err(|error| BadInput(format!("{error:#}")).into());
    }
    Ok(PictureReader::open(&model, own.as_deref())?)
}

/// How many threads libtorch computes with; 0 for one a core.
pub fn set_threads(threads: usize) {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    crate::reader::set_threads(if threads == 0 { cores() } else { threads });
}

/// Every picture that is meant, folders in the order of names; what cannot be found is added to `bad`.
fn pictures(sources: &[PathBuf], bad: &mut Vec<String>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for source in sources {
        if !source.is_dir() {
            all.push(source.clone());
            continue;
        }
        let before = all.len();
        if let Err(error) = add_folder(source, &mut all) {
            bad.push(format!("the folder cannot be read: {error}: {}", source.display()));
        } else if all.len() == before {
            bad.push(format!("there is no picture in this folder: {}", source.display()));
        }
    }
    all
}

fn add_folder(folder: &Path, all: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        if path.is_dir() && !path.is_symlink() {
            add_folder(&path, all)?;
        } else if ENDINGS.contains(&ending.as_str()) {
            all.push(path);
        }
    }
    Ok(())
}

/// Where the copy of a picture goes in a folder of copies.
fn beside(folder: &Path, picture: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("the folder cannot be made: {}", folder.display()))?;
    let stem = picture.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(folder.join(format!("{stem}.png")))
}

fn as_json(path: &Path, reading: &PictureReading) -> Value {
    let numbers: Vec<Value> = reading.numbers.iter().map(number_json).collect();
    let [width, height] = reading.size;
    json!({
        "source": path, "width": width, "height": height, "numbers": numbers,
        "ms": rounded(reading.ms.total(), 100.0),
    })
}

/// A number as JSON has it: text, confidence, box, digits.
pub fn number_json(number: &Number) -> Value {
    let digits: Vec<Value> = number
        .digits
        .iter()
        .map(|digit| {
            json!({ "digit": digit.digit, "confidence": sure(digit.confidence), "box": corners(&digit.area) })
        })
        .collect();
    json!({
        "text": number.text, "confidence": sure(number.confidence), "box": corners(&number.area), "digits": digits,
    })
}

fn corners(area: &Area) -> [f64; 4] {
    [area.x, area.y, area.w, area.h].map(|side| rounded(f64::from(side), 10.0))
}

fn sure(confidence: f32) -> f64 {
    rounded(f64::from(confidence), 10_000.0)
}

fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

fn as_text(path: &Path, reading: &PictureReading) -> String {
    let shown = path.display();
    if reading.numbers.is_empty() {
        return format!("{shown}: no number found");
    }
    let each = |number: &Number| {
        let Area { x, y, w, h } = number.area;
        if number.text.is_empty() {
            return format!("a number, {w:.0}x{h:.0} at {x:.0},{y:.0}");
        }
        format!("{} ({:.1} %, {w:.0}x{h:.0} at {x:.0},{y:.0})", number.text, number.confidence * 100.0)
    };
    let all: Vec<String> = reading.numbers.iter().map(each).collect();
    format!("{shown}: {}", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::{Found, Thresholds};

    #[test]
    fn numbers_are_told_in_the_promised_form() {
        let mut scores = [0.0; 10];
        scores[7] = 0.876_54;
        let digit = Found::new(scores, Area { x: 1.26, y: 2.0, w: 3.0, h: 4.04 }, None);
        let number = Number::of(vec![digit], 0.0, &Thresholds::default()).expect("a digit");
        let told = serde_json::to_string(&number_json(&number)).expect("plain data");
        let expected = r#"{"box":[1.3,2.0,3.0,4.0],"confidence":0.8765,"digits":[{"box":[1.3,2.0,3.0,4.0],"confidence":0.8765,"digit":7}],"text":"7"}"#;
        assert_eq!(told, expected);
    }

    #[test]
    fn folders_are_searched_for_pictures_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.png", "a.JPG", "notes.txt", "inner/c.webp"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
            std::fs::write(path, "").expect("it is written");
        }
        let mut bad = Vec::new();
        let named = folder.path().join("notes.txt");
        let found = pictures(&[folder.path().to_owned(), named], &mut bad);
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!((names, bad.len()), (vec!["a.JPG", "b.png", "c.webp", "notes.txt"], 0));
        pictures(&[folder.path().join("inner/none")], &mut bad);
        std::fs::create_dir(folder.path().join("empty")).expect("it is made");
        pictures(&[folder.path().join("empty")], &mut bad);
        assert!(bad.len() == 1 && bad[0].contains("no picture"), "{bad:?}");
    }
}
