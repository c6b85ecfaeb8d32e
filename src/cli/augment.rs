//! `data augment`: a sheet of pictures that shows how a training would vary an image.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::recipes::{self, Setting};
use super::wait::Waiting;
use crate::data::Area;
use crate::data::augment::{Version, versions};
use image::{Rgb, RgbImage};
use serde_json::json;
use std::path::PathBuf;

/// Points between two pictures of the sheet.
const GAP: u32 = 4;
/// Small images are enlarged by whole numbers, up to about this side.
const SIDE: usize = 112;
/// Most sheets are seen on a screen; more pixels than this are seen on none.
const MOST_PIXELS: u64 = 100_000_000;

/// Boxes are seen on light and dark.
const BOX: Rgb<u8> = Rgb([255, 150, 0]);

#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data augment mnist --set augment.rotation=15 --set augment.shift=0.1
  digit-workbench data augment mnist --row 7 --count 24 -o sheet.png --set augment.elastic_alpha=34

The first picture is the image as it is. Settings are those of a recipe; `digit-workbench knobs` lists them.")]
pub struct Args {
    /// A name that `data list` prints, a preset, or a recipe file
    #[arg(value_name = "DATA")]
    name: String,
    /// Which image, counted from 0
    #[arg(long, default_value_t = 0)]
    row: usize,
    /// Take it from the test images
    #[arg(long)]
    test: bool,
    /// How many versions
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=4096))]
    count: u16,
    /// Another number draws other versions
    #[arg(long, default_value_t = 0)]
    draw: u64,
    /// Leave out the boxes around characters, where the data set has them
    #[arg(long)]
    no_boxes: bool,
    /// The picture to write, of any kind that its name ends in
    #[arg(short, long, value_name = "FILE", default_value = "augmented.png")]
    output: PathBuf,
    /// Change a setting, for instance augment.rotation=9; may be given several times
    #[arg(long, value_name = "PATH=VALUE", value_parser = recipes::parse_setting)]
    set: Vec<Setting>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let Args { name, row, test, count, draw, no_boxes, output, set } = args;
    let recipe = super::data::recipe_of(name, set, globals)?;
    super::plan::refuse_missing_data(&recipe.data, globals)?;
    let waiting = Waiting::new(out);
    let loaded = recipe.dataset(&globals.places(), &globals.workspace().overlays_dir(), &waiting);
    waiting.done();
    let dataset = loaded?;
    let samples = if *test { &dataset.test } else { &dataset.train };
    if *row >= samples.len() {
        let (part, n) = (if *test { "test" } else { "training" }, samples.len());
        return Err(BadInput(format!("there is no image {row}: {name} has {n} {part} images")).into());
    }
    if recipe.augment.is_off() {
        say("Note: no augmentation is on, so that every picture is the same; try --set augment.rotation=15");
    }
    let seed = recipe.train.seed;
    let changed = versions(&recipe.augment, samples, *row, seed, *draw, usize::from(*count));
    let mut versions: Vec<Version> = std::iter::once(Version::plain(samples, *row)).chain(changed).collect();
    if *no_boxes {
        versions.iter_mut().for_each(|version| version.marks.clear());
    }
    let sheet = sheet(samples.size(*row), &versions).ok_or_else(|| {
        BadInput(format!("{count} such pictures make too large a sheet; ask for fewer with --count"))
    })?;
    let written = sheet.save(output);
    written.map_err(|e| BadInput(format!("the sheet cannot be written: {e}: {}", output.display())))?;
    let (width, height) = sheet.dimensions();
    out.line(format!("{count} versions of image {row} of {}: {}", dataset.name, output.display()))?;
    Ok(Done::with(json!({
        "data": dataset.name, "row": row, "label": samples.labels[*row], "count": count, "seed": seed, "draw": draw,
        "output": output, "width": width, "height": height,
        "mixed": versions.iter().skip(1).map(|version| version.mixed).collect::<Vec<_>>(),
    })))
}

/// Versions of one size in rows of about equal number; `None` where that would be too large.
fn sheet([width, height]: [usize; 2], versions: &[Version]) -> Option<RgbImage> {
    let scale = (SIDE / width.max(height).max(1)).max(1);
    let tile = [(width * scale) as u32, (height * scale) as u32];
    let n = versions.len();
    // About as wide as it is high.
    let ratio = f64::from(tile[1]) / f64::from(tile[0].max(1));
    let columns = ((n as f64 * ratio).sqrt().ceil() as usize).clamp(1, n);
    let rows = n.div_ceil(columns);
    let side = |n: usize, tile: u32| u32::try_from(n as u64 * u64::from(tile + GAP) + u64::from(GAP)).ok();
    let size = [side(columns, tile[0])?, side(rows, tile[1])?];
    if u64::from(size[0]) * u64::from(size[1]) > MOST_PIXELS {
        return None;
    }
    let mut sheet = RgbImage::from_pixel(size[0], size[1], Rgb([96, 96, 96]));
    for (i, Version { pixels, marks, .. }) in versions.iter().enumerate() {
        let corner =
            [GAP + (i % columns) as u32 * (tile[0] + GAP), GAP + (i / columns) as u32 * (tile[1] + GAP)];
        for y in 0..tile[1] {
            for x in 0..tile[0] {
                let at = (y as usize / scale) * width + x as usize / scale;
                let colour = colour(pixels, width * height, at);
                sheet.put_pixel(corner[0] + x, corner[1] + y, colour);
            }
        }
        for mark in marks {
            outline(&mut sheet, corner, tile, scale as f32, &mark.area);
        }
    }
    Some(sheet)
}

/// A box of one pixel's width, as far as it lies on its tile.
fn outline(sheet: &mut RgbImage, corner: [u32; 2], tile: [u32; 2], scale: f32, area: &Area) {
    let [left, right] = [area.x, area.right()].map(|at| (at * scale).round() as i64);
    let [top, bottom] = [area.y, area.bottom()].map(|at| (at * scale).round() as i64);
    let mut put = |x: i64, y: i64| {
        if (0..i64::from(tile[0])).contains(&x) && (0..i64::from(tile[1])).contains(&y) {
            sheet.put_pixel(corner[0] + x as u32, corner[1] + y as u32, BOX);
        }
    };
    for x in left..right {
        put(x, top);
        put(x, bottom - 1);
    }
    for y in top..bottom {
        put(left, y);
        put(right - 1, y);
    }
}

/// A pixel of an image with planes of `n` bytes: grey, unless there are three of them.
fn colour(pixels: &[u8], n: usize, at: usize) -> Rgb<u8> {
    if pixels.len() >= 3 * n {
        Rgb([pixels[at], pixels[n + at], pixels[2 * n + at]])
    } else {
        Rgb([pixels[at]; 3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::data::{Mark, Samples};
    use std::sync::Arc;

    #[test]
    fn the_sheet_has_the_image_first_and_every_version() {
        let pixels: Arc<[u8]> = (0..12).map(|i| i * 20).collect();
        let samples = Samples::new(Pixels::Owned(pixels), Arc::from([0, 1]), [3, 1, 2]);
        let version = |value| Version { pixels: vec![value; 6], mixed: None, marks: Vec::new() };
        // Half of it lies beyond the picture.
        let marks = vec![Mark { class: 1, number: 0, area: Area { x: 1.0, y: 0.0, w: 2.0, h: 1.0 } }];
        let boxed = Version { marks, ..version(250) };
        let all = [Version::plain(&samples, 1), version(10), boxed];
        let sheet = sheet([2, 1], &all).expect("it is small");
        let tile = [112, 56];
        assert_eq!(sheet.dimensions(), (2 * (tile[0] + GAP) + GAP, 2 * (tile[1] + GAP) + GAP));
        assert_eq!(sheet.get_pixel(GAP, GAP).0, [120, 160, 200], "channels lie one after the other");
        assert_eq!(sheet.get_pixel(GAP + 111, GAP).0, [140, 180, 220]);
        assert_eq!(sheet.get_pixel(2 * GAP + tile[0], GAP).0, [10; 3]);
        assert_eq!(sheet.get_pixel(GAP, 2 * GAP + tile[1]).0, [250; 3]);
        assert_eq!(sheet.get_pixel(GAP + 56, 2 * GAP + tile[1]).0, BOX.0);
        assert_eq!(sheet.get_pixel(0, 0).0, [96; 3]);
    }
}
