//! How many milliseconds reading takes, for `bench read`.

use super::opinion::unread;
use super::{Effort, PictureReader, Raster, Reader, set_threads};
use crate::data::Area;
use crate::data::random::Stream;
use crate::models::Input;
use crate::models::detector::{Detector, DetectorNetwork, FoldedDetector};
use anyhow::Context as _;
use image::{DynamicImage, RgbImage};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

/// Sizes of what is read: frames of cameras, a crop of one number, and a photograph of 8 megapixels.
const SIZES: [(&str, [u32; 2], Effort); 5] = [
    ("frame", [320, 240], Effort::Live),
    ("frame", [640, 480], Effort::Live),
    ("picture", [640, 480], Effort::Still),
    ("crop", [96, 64], Effort::Live),
    ("photograph", [3264, 2448], Effort::Still),
];
/// The detector by itself.
const ALONE: [[usize; 2]; 2] = [[320, 240], [640, 480]];

/// Measures with each number of threads; medians of so many readings. Without a model a detector of the preset's size
/// that learned nothing is measured: its speed is the same.
pub fn bench_read(
    model: Option<&Path>,
    threads: &[usize],
    rounds: usize,
    tell: &mut dyn FnMut(Value),
) -> anyhow::Result<()> {
    let untrained;
    let reader = model.map(Reader::open).transpose()?;
    let detector: &FoldedDetector = match &reader {
        Some(reader) => reader.detector().context("the model does not find digits on whole pictures")?,
        None => {
            let input = Input { channels: 1, height: 240, width: 320, classes: 10 };
            untrained = FoldedDetector::new(&DetectorNetwork::new(
                &Detector { convs: 3, ..Detector::default() }.design(),
                input,
                1,
            )?)?;
            &untrained
        }
    };
    for threads in threads {
        set_threads(*threads);
        for size in ALONE {
            let pixels = noise(size[0] * size[1] * detector.channels());
            let ms = median(rounds, || detector.find(&pixels, size, 0.3).map(|_| ()))?;
            tell(line("detector", size.map(|side| side as u32), *threads, ms));
        }
    }
    let Some(path) = model else { return Ok(()) };
    let reader = PictureReader::open(path, None)?;
    let number = Area { x: 12.0, y: 12.0, w: 72.0, h: 40.0 };
    let raster = Raster { size: [96, 64], values: noise(96 * 64) };
    for threads in threads {
        set_threads(*threads);
        if reader.second().is_some() {
            let ms = median(rounds, || reader.second_reading(&raster, &unread(number)).map(|_| ()))?;
            tell(line("second opinion of a number", raster.size.map(|side| side as u32), *threads, ms));
        }
        for (what, [width, height], effort) in SIZES {
            let bytes = noise((width * height * 3) as usize);
            let picture = RgbImage::from_raw(width, height, bytes).context("as many bytes as pixels need")?;
            let picture = DynamicImage::from(picture);
            let rounds = if width > 1000 { rounds.div_ceil(4) } else { rounds };
            let ms = median(rounds, || reader.read(&picture, effort).map(|_| ()))?;
            tell(line(what, [width, height], *threads, ms));
        }
    }
    Ok(())
}

fn line(what: &str, [width, height]: [u32; 2], threads: usize, ms: f64) -> Value {
    let ms = (ms * 100.0).round() / 100.0;
    json!({ "bench": "read", "what": what, "width": width, "height": height, "threads": threads, "ms": ms })
}

/// The median of so many runs, after a few that are not counted.
fn median(rounds: usize, mut run: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    for _ in 0..3 {
        run()?;
    }
    let mut all = Vec::with_capacity(rounds);
    for _ in 0..rounds.max(1) {
        let began = Instant::now();
        run()?;
        all.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    all.sort_by(f64::total_cmp);
    Ok(all[all.len() / 2])
}

/// Soft noise: what a wall looks like to a network.
fn noise(n: usize) -> Vec<u8> {
    let mut stream = Stream::new("bench", 1, 0, 0);
    let mut value = 128.0;
    (0..n)
        .map(|_| {
            value += (128.0 - value) * 0.1 + stream.between(-12.0, 12.0);
            value.clamp(0.0, 255.0) as u8
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::detector_file;
    use super::*;

    #[test]
    fn everything_is_measured() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let model = detector_file(folder.path())?;
        let mut lines = Vec::new();
        bench_read(Some(&model), &[1], 1, &mut |line| lines.push(line))?;
        assert_eq!(lines.len(), ALONE.len() + SIZES.len());
        assert!(lines.iter().all(|line| line["ms"].as_f64().is_some_and(|ms| ms >= 0.0)));
        Ok(())
    }
}
