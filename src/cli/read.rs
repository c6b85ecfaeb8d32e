//! `read SOURCE...`: the numbers on pictures, folders, videos, on the screen and before a camera.

use super::evaluate::{Which, find_model};
use super::exit::{self, BadInput, Done};
use super::globals::Globals;
use super::guard::interruptible;
use super::out::{Out, say};
use crate::camera::{Origin, SourceError};
use crate::work::live::draw::draw;
use crate::work::live::{Each, How, Model, Reads, Seen, Spread, open};
use crate::work::record::frame_json;
use anyhow::Context as _;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Read the numbers on pictures, videos, the screen, or before a camera
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench read door.jpg
  digit-workbench read photos/ street.mp4 --json
  digit-workbench read camera:0 --frames 100
  digit-workbench read camera:1@1280x720/30/mjpeg --model last
  digit-workbench read screen:100,100,640x480 --frames 1 --annotate seen.png

A video needs an installed ffmpeg. A camera is read until Ctrl-C where no number of frames is given.")]
pub struct Args {
    /// Picture, folder, animation, video, address, `screen`, `screen:X,Y,WIDTHxHEIGHT`, or `camera:NUMBER[@FORMAT]`
    #[arg(required = true, value_name = "SOURCE")]
    sources: Vec<String>,
    /// Id, name or folder of a run, `last`, or a model file; by default the reader that ships
    #[arg(long, value_name = "RUN_OR_MODEL")]
    model: Option<String>,
    /// Which of the run's models
    #[arg(long, value_enum, default_value_t = Which::Best)]
    which: Which,
    /// Read so many frames of each source at most
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    frames: Option<u64>,
    /// Least confidence of a digit
    #[arg(long, default_value_t = How::default().confidence, value_parser = share)]
    confidence: f32,
    /// Draw boxes and numbers: into this picture, or for more than one into this folder
    #[arg(long, value_name = "FILE_OR_FOLDER")]
    annotate: Option<PathBuf>,
}

fn share(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| "a number from 0 to 1 is needed".to_owned())?;
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("a number from 0 to 1 is needed".to_owned()) }
}

/// What was read of all sources.
#[derive(Default)]
struct Sum {
    n_frames: u64,
    n_numbers: u64,
    times: Spread,
    failed: Vec<String>,
    interrupted: bool,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let origins: Vec<Origin> = args
        .sources
        .iter()
        .map(|text| Origin::parse(text))
        .collect::<Result<_, _>>()
        .map_err(|error| bad(&error))?;
    let model = match &args.model {
        Some(named) => Model::File(find_model(named, args.which, globals)?.1),
        None => Model::Shipped,
    };
    let mut reads = open(&model)?;
    let began = Instant::now();
    let mut sum = Sum::default();
    let single = match &origins[..] {
        [one] => args.frames == Some(1) || matches!(one, Origin::Picture(_)),
        _ => false,
    };
    for (text, origin) in args.sources.iter().zip(&origins) {
        // One source that cannot be read must not keep the others from being read.
        match read(args, text, origin, reads.as_mut(), single, &mut sum, out) {
            Ok(()) => {}
            Err(error) if error.is::<SourceError>() => sum.failed.push(format!("{error:#}")),
            Err(error) => return Err(error),
        }
        if sum.interrupted {
            break;
        }
    }
    if !sum.failed.is_empty() {
        return Err(BadInput(sum.failed.join("; ")).into());
    }
    let seconds = began.elapsed().as_secs_f64();
    let figures = json!({
        "model": reads.name(), "frames": sum.n_frames, "numbers": sum.n_numbers, "seconds": seconds,
        "frames_per_s": sum.n_frames as f64 / seconds.max(1e-9),
        "ms": { "p50": sum.times.quantile(0.5), "p99": sum.times.quantile(0.99) },
    });
    let code = if sum.interrupted { exit::INTERRUPTED } else { exit::DONE };
    Ok(Done { code, ..Done::with(figures) })
}

fn bad(error: &SourceError) -> anyhow::Error {
    BadInput(error.to_string()).into()
}

fn read(
    args: &Args,
    text: &str,
    origin: &Origin,
    reads: &mut dyn Reads,
    single: bool,
    sum: &mut Sum,
    out: &mut Out,
) -> anyhow::Result<()> {
    let how = How { confidence: args.confidence, ..How::default() };
    let mut each = Each::open(origin, reads, how)?;
    if each.about().is_live {
        say(&format!("Reading {} ({}); Ctrl-C ends", each.about().name, each.about().format));
    }
    let stop = interruptible();
    let mut n = 0;
    while args.frames.is_none_or(|most| n < most) {
        if stop.load(Ordering::SeqCst) {
            sum.interrupted = true;
            break;
        }
        let seen = match each.next() {
            Ok(Some(seen)) => seen?,
            Ok(None) => break,
            Err(error) if error.is_passing() => {
                sum.failed.push(error.to_string());
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        n += 1;
        sum.n_frames += 1;
        sum.n_numbers += seen.numbers.iter().filter(|track| track.is_seen).count() as u64;
        sum.times.push(seen.times.total());
        tell(text, origin, &seen, out)?;
        if let Some(place) = &args.annotate {
            annotate(place, origin, &seen, single)?;
        }
    }
    Ok(())
}

/// What a frame is called: the file, where each has one of its own.
fn name(text: &str, origin: &Origin, seen: &Seen) -> String {
    match origin {
        Origin::Folder(folder) => folder.join(&seen.name).display().to_string(),
        _ => text.to_owned(),
    }
}

fn tell(text: &str, origin: &Origin, seen: &Seen, out: &mut Out) -> anyhow::Result<()> {
    let name = name(text, origin, seen);
    out.json(&frame_json(&name, seen))?;
    let texts: Vec<String> = seen
        .numbers
        .iter()
        .filter(|track| track.is_seen)
        .map(|track| format!("{} ({:.0} %)", track.number.text, track.number.confidence * 100.0))
        .collect();
    let read = if texts.is_empty() { "no number".to_owned() } else { texts.join(", ") };
    let frame = match origin {
        Origin::Picture(_) | Origin::Folder(_) => String::new(),
        _ => format!(", frame {}", seen.frame),
    };
    Ok(out.line(format!("{name}{frame}: {read}"))?)
}

/// Draws into one picture, or into a folder of them.
fn annotate(place: &Path, origin: &Origin, seen: &Seen, single: bool) -> anyhow::Result<()> {
    let path = if single && !place.is_dir() {
        place.to_owned()
    } else {
        std::fs::create_dir_all(place).with_context(|| place.display().to_string())?;
        let stem = match seen.name.is_empty() {
            false => seen.name.clone(),
            true => origin
                .to_string()
                .rsplit(['/', '\\'])
                .next()
                .unwrap_or_default()
                .replace([':', '?', '*'], "-"),
        };
        place.join(format!("{stem}-{:06}.png", seen.frame))
    };
    let failed = || format!("the picture cannot be written: {}", path.display());
    draw(&seen.picture, &seen.numbers).save(&path).map_err(|e| BadInput(e.to_string())).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::live::testing::seen;

    #[test]
    fn pictures_are_drawn_where_they_were_wished() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let one = seen("12", 1, 1.0, "");
        let origin = Origin::Camera { index: 3, wish: None };
        annotate(&folder.path().join("one.png"), &origin, &one, true)?;
        annotate(&folder.path().join("many"), &origin, &one, false)?;
        annotate(folder.path(), &Origin::Folder("x".into()), &seen("12", 1, 1.0, "a.png"), true)?;
        for wanted in ["one.png", "many/camera-3-000007.png", "a.png-000007.png"] {
            assert!(folder.path().join(wanted).is_file(), "{wanted}");
        }
        assert!(annotate(&folder.path().join("one.what"), &origin, &one, true).is_err());
        assert!(share("0.5").is_ok() && share("2").is_err() && share("x").is_err());
        Ok(())
    }

    #[test]
    fn frames_are_one_object_each() {
        let value = frame_json("door.png", &seen("304", 1, 0.5, ""));
        for key in ["source", "frame", "width", "height", "numbers", "ms"] {
            assert!(!value[key].is_null(), "{key}");
        }
        let digit = &value["numbers"][0]["digits"][0];
        assert_eq!((digit["digit"].as_u64(), digit["box"].as_array().map(Vec::len)), (Some(3), Some(4)));
    }
}
