//! What the images of a list add up to: pixel values, mean images, sizes, boxes.

use super::error::DataError;
use super::marks::Area;
use super::measures::Measure;
use super::parallel::in_portions;
use super::progress::Progress;
use super::samples::Samples;

/// Longest side of a mean image in pixels.
const FACE: usize = 48;
/// Width and height of the mean image of a character that was cut out: about as characters are shaped.
pub const GLYPH: [usize; 2] = [24, 36];
/// Bars of a histogram of a measure.
const BARS: usize = 32;

/// How many values lie in each of many equal stretches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// Where the first stretch begins.
    pub least: f32,
    /// Where the last one ends.
    pub most: f32,
    /// Values in each; the last one holds those at its end too.
    pub counts: Vec<u32>,
}

impl Histogram {
    /// Of the values that are numbers, in at most `bars` stretches; whole numbers get no less than one each.
    pub fn new(values: &(impl Iterator<Item = f32> + Clone), bars: usize, whole: bool) -> Self {
        let finite = || values.clone().filter(|value| value.is_finite());
        let (mut least, mut most) =
            finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
        if least > most {
            return Self::default();
        }
        let mut n = bars.max(1);
        if whole {
            let width = ((most - least + 1.0) / n as f32).ceil().max(1.0);
            n = ((most - least + 1.0) / width).ceil() as usize;
            most = least + width * n as f32;
        } else if most - least < 1e-6 {
            (least, most) = (least - 0.5, least + 0.5);
        }
        let mut counts = vec![0; n];
        for value in finite() {
            let at = ((value - least) / (most - least) * n as f32) as usize;
            counts[at.min(n - 1)] += 1;
        }
        Self { least, most, counts }
    }

    /// Where a stretch begins and ends.
    pub fn bounds(&self, bar: usize) -> [f32; 2] {
        let width = (self.most - self.least) / self.counts.len().max(1) as f32;
        [self.least + width * bar as f32, self.least + width * (bar + 1) as f32]
    }
}

/// The mean of all images with one label, and how far they stray from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// The label.
    pub label: u8,
    /// Images that went in.
    pub n: u32,
    /// Mean of each pixel, channel after channel, 0 to 255.
    pub mean: Vec<f32>,
    /// Standard deviation of each pixel, in the same unit.
    pub std: Vec<f32>,
}

/// What a list of images adds up to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Images that were looked at.
    pub n: usize,
    /// Mean of each channel's pixels, 0 for black to 1 for white.
    pub mean: Vec<f64>,
    /// Their standard deviation.
    pub std: Vec<f64>,
    /// For each channel, how many pixels have each of the 256 values.
    pub pixels: Vec<Vec<u64>>,
    /// Width and height of the mean images.
    pub face: [usize; 2],
    /// The mean images, of labels that occur, ascending.
    pub faces: Vec<Face>,
    /// The mean images of characters cut out by their boxes, labelled by class, [`GLYPH`] pixels each.
    pub glyphs: Vec<Face>,
    /// Columns of the images.
    pub widths: Histogram,
    /// Rows of the images.
    pub heights: Histogram,
    /// How often each class is marked.
    pub characters: Vec<u32>,
    /// Columns of the boxes.
    pub box_widths: Histogram,
    /// Rows of the boxes.
    pub box_heights: Histogram,
    /// Every measure, by its name.
    pub measures: Vec<(&'static str, Histogram)>,
}

/// Sums of one label's images.
struct Sums {
    n: u32,
    sum: Vec<u32>,
    squares: Vec<u64>,
}

/// What one portion adds up to.
struct Portion {
    pixels: Vec<Vec<u64>>,
    sums: Vec<Option<Sums>>,
    glyphs: Vec<Option<Sums>>,
}

/// Adds up the images in `rows` of a set with so many classes.
///
/// # Errors
/// [`DataError::Cancelled`] where the job was cancelled.
pub fn figures(
    samples: &Samples,
    rows: &[u32],
    n_classes: usize,
    measures: &[Measure],
    job: &dyn Progress,
) -> Result<Figures, DataError> {
    let side = samples.width.max(samples.height).max(1);
    let shrunk = |n: usize| if side > FACE { (n * FACE / side).max(1) } else { n.max(1) };
    let face = if samples.sizes.is_some() { [32, 32] } else { [samples.width, samples.height].map(shrunk) };
    let portions =
        in_portions(rows.len(), 1024, "Adding up images", job, |range| add_up(samples, &rows[range], face))?;
    let mut pixels = vec![vec![0_u64; 256]; samples.channels];
    let (mut all, mut glyphs) = (none(), none());
    for portion in portions {
        for (to, from) in pixels.iter_mut().zip(portion.pixels) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        }
        merge(&mut all, portion.sums);
        merge(&mut glyphs, portion.glyphs);
    }
    let each = || rows.iter().map(|row| *row as usize);
    let boxes = || each().flat_map(|row| samples.marks(row));
    let mut characters = vec![0; if samples.marks.is_some() { n_classes } else { 0 }];
    for mark in boxes() {
        if let Some(count) = characters.get_mut(usize::from(mark.class)) {
            *count += 1;
        }
    }
    let (mean, std) = pixels.iter().map(|counts| mean_and_std(counts)).unzip();
    Ok(Figures {
        n: rows.len(),
        mean,
        std,
        pixels,
        face,
        faces: faces(all),
        glyphs: faces(glyphs),
        widths: Histogram::new(&each().map(|row| samples.size(row)[0] as f32), BARS, true),
        heights: Histogram::new(&each().map(|row| samples.size(row)[1] as f32), BARS, true),
        characters,
        box_widths: Histogram::new(&boxes().map(|mark| mark.area.w), BARS, true),
        box_heights: Histogram::new(&boxes().map(|mark| mark.area.h), BARS, true),
        measures: measures
            .iter()
            .map(|measure| {
                let values = each().map(|row| measure.values.get(row).copied().unwrap_or(f32::NAN));
                (measure.name, Histogram::new(&values, BARS, false))
            })
            .collect(),
    })
}

/// No sums of any label.
fn none() -> Vec<Option<Sums>> {
    (0..256).map(|_| None).collect()
}

fn merge(all: &mut [Option<Sums>], more: Vec<Option<Sums>>) {
    for (to, from) in all.iter_mut().zip(more) {
        match (to, from) {
            (Some(to), Some(from)) => {
                to.n += from.n;
                to.sum.iter_mut().zip(from.sum).for_each(|(to, from)| *to += from);
                to.squares.iter_mut().zip(from.squares).for_each(|(to, from)| *to += from);
            }
            (to, Some(from)) => *to = Some(from),
            (_, None) => {}
        }
    }
}

fn add_up(samples: &Samples, rows: &[u32], face: [usize; 2]) -> Portion {
    let mut pixels = vec![vec![0_u64; 256]; samples.channels];
    let (mut sums, mut glyphs) = (none(), none());
    for row in rows {
        let row = *row as usize;
        let size = samples.size(row);
        let image = samples.image(row);
        let planes = image.chunks_exact((size[0] * size[1]).max(1)).take(samples.channels);
        for (plane, counts) in planes.zip(&mut pixels) {
            plane.iter().for_each(|pixel| counts[usize::from(*pixel)] += 1);
        }
        let whole = Area { x: 0.0, y: 0.0, w: size[0] as f32, h: size[1] as f32 };
        Sums::add(&mut sums[usize::from(samples.labels[row])], &image, size, samples.channels, &whole, face);
        for mark in samples.marks(row).iter().filter(|mark| mark.area.overlap(&whole) >= 1.0) {
            let to = &mut glyphs[usize::from(mark.class)];
            Sums::add(to, &image, size, samples.channels, &mark.area, GLYPH);
        }
    }
    Portion { pixels, sums, glyphs }
}

impl Sums {
    /// Adds what is in a part of an image, brought to a size.
    fn add(
        to: &mut Option<Self>,
        image: &[u8],
        size: [usize; 2],
        channels: usize,
        area: &Area,
        [width, height]: [usize; 2],
    ) {
        let n = width * height * channels;
        let sums = to.get_or_insert_with(|| Self { n: 0, sum: vec![0; n], squares: vec![0; n] });
        sums.n += 1;
        // The middle of each cell: exact where the sizes agree, good enough for a mean where they do not.
        let place = |i: usize, of: usize, from: f32, extent: f32, most: usize| {
            let at = from + (2 * i + 1) as f32 * extent / (2 * of) as f32;
            (at.max(0.0) as usize).min(most.saturating_sub(1))
        };
        let columns: Vec<usize> = (0..width).map(|x| place(x, width, area.x, area.w, size[0])).collect();
        let planes = image.chunks_exact((size[0] * size[1]).max(1)).take(channels);
        for (channel, plane) in planes.enumerate() {
            for y in 0..height {
                let line = &plane[place(y, height, area.y, area.h, size[1]) * size[0]..][..size[0]];
                let start = (channel * height + y) * width;
                for (i, column) in (start..).zip(&columns) {
                    let value = line[*column];
                    sums.sum[i] += u32::from(value);
                    sums.squares[i] += u64::from(value) * u64::from(value);
                }
            }
        }
    }
}

fn faces(all: Vec<Option<Sums>>) -> Vec<Face> {
    let labelled = all.into_iter().enumerate().filter_map(|(label, sums)| Some((label as u8, sums?)));
    labelled
        .map(|(label, Sums { n, sum, squares })| {
            let count = f64::from(n);
            let mean: Vec<f64> = sum.iter().map(|sum| f64::from(*sum) / count).collect();
            let std = squares
                .iter()
                .zip(&mean)
                .map(|(s, mean)| (*s as f64 / count - mean * mean).max(0.0).sqrt() as f32);
            Face { label, n, std: std.collect(), mean: mean.iter().map(|mean| *mean as f32).collect() }
        })
        .collect()
}

fn mean_and_std(counts: &[u64]) -> (f64, f64) {
    let n = counts.iter().sum::<u64>().max(1) as f64;
    let values = || counts.iter().enumerate().map(|(value, count)| (value as f64 / 255.0, *count as f64));
    let mean = values().map(|(value, count)| value * count).sum::<f64>() / n;
    let variance = values().map(|(value, count)| (value - mean).powi(2) * count).sum::<f64>() / n;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::super::marks::{Mark, Marks};
    use super::super::progress::Silent;
    use super::super::samples::Pixels;
    use super::*;
    use std::sync::Arc;

    #[test]
    fn sums_are_those_of_pencil_and_paper() {
        let pixels = Pixels::Owned([0, 255, 10, 20, 30, 40, 100, 0].into());
        let samples = Samples::new(pixels, [1, 0, 0, 1].into(), [1, 1, 2]);
        let all = figures(&samples, &[0, 1, 2, 3], 2, &[], &Silent).expect("nobody stops it");
        assert_eq!((all.n, all.face, all.faces.len()), (4, [2, 1], 2));
        assert_eq!((&all.faces[0].mean[..], &all.faces[0].std[..]), (&[20.0, 30.0][..], &[10.0, 10.0][..]));
        assert_eq!((all.faces[1].n, &all.faces[1].mean[..]), (2, &[50.0, 127.5][..]));
        assert_eq!((all.pixels[0][0], all.pixels[0][255], all.pixels[0].iter().sum::<u64>()), (2, 1, 8));
        assert!((all.mean[0] - 455.0 / 8.0 / 255.0).abs() < 1e-12);
        assert_eq!((all.widths.counts.clone(), all.widths.bounds(0)), (vec![4], [2.0, 3.0]));
        // Half of each image is a box.
        let mut marks = Marks::new();
        for class in [3, 3, 4, 4] {
            marks.push(&[Mark { class, number: 0, area: Area { x: 1.0, y: 0.0, w: 1.0, h: 1.0 } }]);
        }
        let boxed = Samples { marks: Some(Arc::new(marks)), ..samples.clone() };
        let cut = figures(&boxed, &[0, 1, 2], 10, &[], &Silent).expect("nobody stops it").glyphs;
        assert_eq!((cut.len(), cut[0].label, cut[0].n, cut[1].mean[0]), (2, 3, 2, 40.0));
        assert!(cut[0].mean.iter().all(|mean| *mean == 137.5));
        let some = figures(&samples, &[2], 2, &[], &Silent).expect("nobody stops it");
        assert_eq!((some.n, some.faces.len()), (1, 1));
        assert_eq!(figures(&samples, &[], 2, &[], &Silent).expect("nobody stops it").faces, []);
    }

    #[test]
    fn every_value_is_in_one_bar() {
        let values = [0.0, 0.5, 1.0, f32::NAN, 0.99];
        let bars = Histogram::new(&values.into_iter(), 4, false);
        assert_eq!((bars.counts, bars.least, bars.most), (vec![1, 0, 1, 2], 0.0, 1.0));
        let whole = Histogram::new(&(10..20).map(|n| n as f32), 4, true);
        assert_eq!((whole.counts.clone(), whole.bounds(3)), (vec![3, 3, 3, 1], [19.0, 22.0]));
        assert_eq!(Histogram::new(&[7.0, 7.0].into_iter(), 4, false).counts.iter().sum::<u32>(), 2);
        assert_eq!(Histogram::new(&std::iter::empty(), 4, false), Histogram::default());
    }
}
