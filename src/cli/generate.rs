//! `data generate`: pictures of any data set as files, with the boxes of what is on them, and contact sheets.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::table::{count, duration};
use super::wait::Waiting;
use crate::data::{Dataset, Progress as _, Samples, Stage, Unit};
use crate::knobs::set;
use anyhow::Context as _;
use image::{DynamicImage, Rgb, RgbImage};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Write pictures of a data set as files, with the boxes of what is on them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data generate scenes --n 200 -o scenes
  digit-workbench data generate scenes --n 500 --part test -o validation --boxes coco --set data.size=320
  digit-workbench data generate scenes --n 40 --sheet sheet.png --set data.style=svhn")]
pub struct Args {
    /// A name that `data list` prints, a preset, or a recipe file
    #[arg(value_name = "DATA")]
    name: String,
    /// How many pictures
    #[arg(long, short, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    n: u32,
    /// The folder to write them to: a PNG each, and a file of boxes
    #[arg(long, short, value_name = "DIR", required_unless_present = "sheet")]
    output: Option<PathBuf>,
    /// Of which part
    #[arg(long, value_enum, default_value_t = Part::Train)]
    part: Part,
    /// How boxes are written
    #[arg(long, value_enum, default_value_t = Boxes::Csv)]
    boxes: Boxes,
    /// One picture of all of them, with their boxes
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,
    /// Change a setting, for instance data.size=320; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
}

/// A part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// What is learned from
    Train,
    /// What is measured on
    Test,
}

/// A format of boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Boxes {
    /// boxes.csv: a line for each character
    Csv,
    /// coco.json: images, annotations, categories
    Coco,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let mut recipe = super::data::recipe_of(&args.name, &[], globals)?;
    // No more than is asked for is drawn, where a data set lets one choose.
    let (more, less) = match args.part {
        Part::Train => ("data.train", "data.test"),
        Part::Test => ("data.test", "data.train"),
    };
    if set(&mut recipe, more, &args.n.max(10).to_string()).is_ok() {
        set(&mut recipe, less, "10")?;
    }
    recipes::apply(&mut recipe, &args.set)?;
    recipes::refuse_problems(&recipe)?;
    super::plan::refuse_missing_data(&recipe.data, globals)?;
    let began = Instant::now();
    let waiting = Waiting::new(out);
    let written =
        recipe.data.load(&globals.places(), &waiting).map_err(anyhow::Error::from).and_then(|dataset| {
            let samples = if args.part == Part::Train { &dataset.train } else { &dataset.test };
            let samples = samples.first(args.n as usize);
            write(args, &dataset, &samples, &waiting)?;
            Ok((
                samples.len(),
                (0..samples.len()).map(|row| samples.marks(row).len()).sum::<usize>(),
                dataset.warnings,
            ))
        });
    waiting.done();
    let (n, n_boxes, warnings) = written?;
    warnings.iter().for_each(|warning| say(&format!("Warning: {warning}")));
    let seconds = began.elapsed().as_secs_f64();
    out.line(format!(
        "{} pictures with {} boxes in {}",
        count(n as u64),
        count(n_boxes as u64),
        duration(seconds)
    ))?;
    Ok(Done::with(json!({
        "data": args.name, "pictures": n, "boxes": n_boxes, "folder": args.output, "sheet": args.sheet,
        "warnings": warnings, "seconds": seconds,
    })))
}

/// Writes what was asked for; pictures are drawn on every core.
fn write(args: &Args, dataset: &Dataset, samples: &Samples, waiting: &Waiting) -> anyhow::Result<()> {
    if samples.is_empty() {
        return Err(BadInput(format!("there are no pictures in that part of {}", dataset.name)).into());
    }
    if let Some(folder) = &args.output {
        fs::create_dir_all(folder)
            .with_context(|| format!("the folder cannot be made: {}", folder.display()))?;
        pictures(folder, samples, waiting)?;
        let (name, text) = match args.boxes {
            Boxes::Csv => ("boxes.csv", csv(dataset, samples)),
            Boxes::Coco => ("coco.json", coco(dataset, samples).to_string()),
        };
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("boxes cannot be written: {}", path.display()))?;
    }
    if let Some(path) = &args.sheet {
        let sheet = sheet(samples);
        sheet.save(path).with_context(|| format!("the sheet cannot be written: {}", path.display()))?;
    }
    Ok(())
}

fn file_name(row: usize) -> String {
    format!("{:06}.png", row + 1)
}

fn pictures(folder: &Path, samples: &Samples, waiting: &Waiting) -> anyhow::Result<()> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || -> anyhow::Result<()> {
        loop {
            let row = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if row >= samples.len() || waiting.cancelled() {
                return Ok(());
            }
            let path = folder.join(file_name(row));
            let told = || format!("a picture cannot be written: {}", path.display());
            samples.picture(row).with_context(told)?.save(&path).with_context(told)?;
            let (done, total) = (row as u64 + 1, samples.len() as u64);
            waiting.report(Stage { text: "Writing pictures", done, total, unit: Unit::Images });
        }
    };
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..n_threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().try_for_each(|thread| match thread.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    if waiting.cancelled() { Err(crate::data::DataError::Cancelled.into()) } else { Ok(()) }
}

fn csv(dataset: &Dataset, samples: &Samples) -> String {
    let mut text = "image,number,index,label,x,y,width,height\n".to_owned();
    for row in 0..samples.len() {
        for (index, mark) in samples.marks(row).iter().enumerate() {
            let (area, class) = (mark.area, &dataset.classes[usize::from(mark.class)]);
            let line = writeln!(
                text,
                "{},{},{index},{class},{:.2},{:.2},{:.2},{:.2}",
                file_name(row),
                mark.number,
                area.x,
                area.y,
                area.w,
                area.h
            );
            // Writing to a string never fails.
            line.unwrap_or_default();
        }
    }
    text
}

/// The format of the COCO detection tasks (cocodataset.org/#format-data); categories count from 1 as there.
fn coco(dataset: &Dataset, samples: &Samples) -> Value {
    let mut images = Vec::new();
    let mut annotations = Vec::new();
    for row in 0..samples.len() {
        let [width, height] = samples.size(row);
        images.push(json!({ "id": row + 1, "file_name": file_name(row), "width": width, "height": height }));
        for mark in samples.marks(row) {
            let area = mark.area;
            annotations.push(json!({
                "id": annotations.len() + 1, "image_id": row + 1, "category_id": mark.class + 1,
                "bbox": [area.x, area.y, area.w, area.h], "area": area.size(), "iscrowd": 0, "number": mark.number,
            }));
        }
    }
    let categories: Vec<Value> =
        dataset.classes.iter().enumerate().map(|(i, name)| json!({ "id": i + 1, "name": name })).collect();
    json!({ "images": images, "annotations": annotations, "categories": categories })
}

/// All pictures side by side with their boxes, about as wide as high; a colour for each number of a picture.
pub(super) fn sheet(samples: &Samples) -> RgbImage {
    let columns = ((samples.len() as f64).sqrt().ceil() as usize).max(1);
    let rows = samples.len().div_ceil(columns);
    let mut sheet = RgbImage::new((columns * samples.width) as u32, (rows * samples.height) as u32);
    for row in 0..samples.len() {
        let (left, top) = (row % columns * samples.width, row / columns * samples.height);
        let [width, height] = samples.size(row);
        let mut put = |x: i64, y: i64, colour: Rgb<u8>| {
            if (0..width as i64).contains(&x) && (0..height as i64).contains(&y) {
                sheet.put_pixel(left as u32 + x as u32, top as u32 + y as u32, colour);
            }
        };
        let picture = samples.picture(row).map(DynamicImage::into_rgb8).unwrap_or_default();
        picture.enumerate_pixels().for_each(|(x, y, colour)| put(i64::from(x), i64::from(y), *colour));
        for mark in samples.marks(row) {
            let colour = Rgb([[0, 255, 0], [255, 0, 255], [255, 255, 0]][usize::from(mark.number) % 3]);
            let [l, t, r, b] =
                [mark.area.x, mark.area.y, mark.area.right(), mark.area.bottom()].map(|v| v as i64);
            (l..=r).for_each(|x| [t, b].iter().for_each(|y| put(x, *y, colour)));
            (t..=b).for_each(|y| [l, r].iter().for_each(|x| put(*x, y, colour)));
        }
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Places, Scenes, Silent, Source};

    #[test]
    fn boxes_are_written_for_people_and_programs() {
        let source =
            Source::Scenes(Scenes { train: 10, test: 10, size: 64, negatives: 0.0, ..Scenes::default() });
        let places = Places { folders: Vec::new(), cache: std::env::temp_dir() };
        let dataset = source.load(&places, &Silent).expect("scenes need nothing");
        let marks: usize = (0..10).map(|row| dataset.train.marks(row).len()).sum();
        assert!(marks > 0);
        assert_eq!(csv(&dataset, &dataset.train).lines().count(), marks + 1);
        let coco = coco(&dataset, &dataset.train);
        assert_eq!(
            (coco["images"].as_array().map(Vec::len), coco["categories"][7]["name"].as_str()),
            (Some(10), Some("7"))
        );
        assert_eq!(coco["annotations"].as_array().map(Vec::len), Some(marks));
        let sheet = sheet(&dataset.train);
        assert_eq!(sheet.dimensions(), (4 * 64, 3 * 64));
    }
}
