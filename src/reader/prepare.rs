//! Turns any picture of a digit into what the network was trained on: light ink on black, scaled and centred like MNIST.
//!
//! MNIST's own making (LeCun et al., 1998, section III.A): the digit fits a box of 20x20 with its proportions kept, and
//! lies in 28x28 with its centre of mass in the middle. Pure: a picture in, bytes out.

use super::ink::{Area, keep_digit, otsu};
use image::imageops::{FilterType, resize};
use image::{DynamicImage, ImageBuffer, Luma};

/// Rows or columns above which a picture is averaged down before it is looked at: a stroke stays tens of pixels wide.
const MAX_SIDE: usize = 1024;
/// Rows converted at a time, so that a large photograph is never held twice.
const BAND_ROWS: u32 = 256;
/// A range of brightness smaller than this shows nothing but noise.
const LEAST_CONTRAST: f32 = 0.01;
/// Share of a side that the digit's box takes: MNIST's 20 of 28.
const BOX_SHARE: f32 = 20.0 / 28.0;

/// A grey picture; values lie in 0 (black) to 1 (white), row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Grey {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `width * height` values.
    pub values: Vec<f32>,
}

/// What is done to a picture, each to be left out to see what difference it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Dark ink on light paper is turned into light on dark.
    pub polarity: bool,
    /// Paper becomes black and ink white, however faint it is.
    pub contrast: bool,
    /// The ink alone is scaled and laid with its mass into the middle.
    pub centring: bool,
}

impl Default for Steps {
    fn default() -> Self {
        Self { polarity: true, contrast: true, centring: true }
    }
}

/// What was made of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// What the network sees: `height * width` bytes, light on dark.
    pub input: Vec<u8>,
    /// Whether dark ink on light paper was turned into light on dark.
    pub inverted: bool,
    /// Where the ink was found, in pixels of the picture; `None` when there was none, or when the picture was taken as it is.
    pub ink: Option<Area>,
    /// What the user should know: "the picture is all of one brightness".
    pub note: Option<&'static str>,
}

/// Prepares a picture for a network whose input has `width` columns and `height` rows. One that has exactly this size
/// is taken as it is but for its polarity, so that a data set's own pictures are read as they were tested.
pub fn prepare(picture: &DynamicImage, width: usize, height: usize) -> Prepared {
    prepare_by(picture, width, height, Steps::default())
}

/// The same with steps left out.
pub fn prepare_by(picture: &DynamicImage, width: usize, height: usize, steps: Steps) -> Prepared {
    let as_is = picture.width() as usize == width && picture.height() as usize == height;
    let (mut grey, shrunk) = grey_on_white(picture);
    let Some((low, high)) = contrast(&grey.values) else {
        return Prepared {
            input: vec![0; width * height],
            inverted: false,
            ink: None,
            note: Some("The picture is all of one brightness: there is nothing to read"),
        };
    };
    let inverted = steps.polarity && is_dark_on_light(&grey, low, high);
    if inverted {
        grey.values.iter_mut().for_each(|value| *value = 1.0 - *value);
    }
    if as_is {
        return Prepared { input: bytes(&grey.values), inverted, ink: None, note: None };
    }
    let (low, high) = if inverted { (1.0 - high, 1.0 - low) } else { (low, high) };
    if steps.contrast {
        stretch(&mut grey, low, high);
    }
    if !steps.centring {
        let input = bytes(&resized(&grey, width, height));
        return Prepared { input, inverted, ink: None, note: None };
    }
    let threshold = otsu(&grey.values);
    // There is contrast, so that the brightest pixel reaches the threshold and an area is found.
    let whole = Area { x: 0, y: 0, width: grey.width, height: grey.height };
    let area = keep_digit(&mut grey, threshold).unwrap_or(whole);
    let input = bytes(&place(&cut(&grey, area), width, height));
    let ink = Area {
        x: area.x * shrunk,
        y: area.y * shrunk,
        width: (area.width * shrunk).min(picture.width() as usize - area.x * shrunk),
        height: (area.height * shrunk).min(picture.height() as usize - area.y * shrunk),
    };
    Prepared { input, inverted, ink: Some(ink), note: None }
}

/// Grey values on white paper, each the mean of a square whose side is returned too.
fn grey_on_white(picture: &DynamicImage) -> (Grey, usize) {
    let (columns, rows) = (picture.width() as usize, picture.height() as usize);
    let by = columns.max(rows).div_ceil(MAX_SIDE).max(1);
    let (width, height) = (columns.div_ceil(by), rows.div_ceil(by));
    let mut sums = vec![0.0_f32; width * height];
    let mut counts = vec![0.0_f32; width * height];
    let mut top = 0;
    while top < picture.height() {
        let band_rows = BAND_ROWS.min(picture.height() - top);
        let band = picture.crop_imm(0, top, picture.width(), band_rows).to_luma_alpha16();
        for (x, y, pixel) in band.enumerate_pixels() {
            let [value, alpha] = pixel.0.map(|channel| f32::from(channel) / f32::from(u16::MAX));
            let at = (top + y) as usize / by * width + x as usize / by;
            sums[at] += value * alpha + (1.0 - alpha);
            counts[at] += 1.0;
        }
        top += band_rows;
    }
    let values = sums.iter().zip(&counts).map(|(sum, n)| sum / n).collect();
    (Grey { width, height, values }, by)
}

/// The darkest and the brightest value but for a thousandth of outliers; `None` when they are the same to the eye.
fn contrast(values: &[f32]) -> Option<(f32, f32)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let skip = sorted.len() / 1000;
    let inner = (sorted[skip], sorted[sorted.len() - 1 - skip]);
    let outer = (sorted[0], sorted[sorted.len() - 1]);
    // A very fine pen on a large page is itself no more than a thousandth.
    [inner, outer].into_iter().find(|(low, high)| high - low >= LEAST_CONTRAST)
}

/// Paper is what the rim of the picture shows, or, when the rim is undecided, what most of the picture shows.
fn is_dark_on_light(grey: &Grey, low: f32, high: f32) -> bool {
    let Grey { width, height, values } = grey;
    let on_rim = |at: usize| {
        let (x, y) = (at % width, at / width);
        x == 0 || y == 0 || x + 1 == *width || y + 1 == *height
    };
    let rim: Vec<f32> = (0..values.len()).filter(|at| on_rim(*at)).map(|at| values[at]).collect();
    let relative = |value: f32| (value - low) / (high - low);
    let rim = relative(median(rim));
    let paper = if (0.4..=0.6).contains(&rim) { relative(median(values.clone())) } else { rim };
    paper > 0.5
}

/// Paper becomes 0 and the ink 1. The paper's own grain, as far as it reaches, becomes 0 too.
fn stretch(grey: &mut Grey, low: f32, high: f32) {
    let middle = low + (high - low) / 2.0;
    let paper: Vec<f32> = grey.values.iter().copied().filter(|value| *value < middle).collect();
    let level = median(paper.clone());
    // 1.4826 makes the median distance the standard deviation of a normal distribution; three of them are nearly all.
    let grain = 3.0 * 1.4826 * median(paper.iter().map(|value| (value - level).abs()).collect());
    let from = (level + grain).min(middle);
    grey.values.iter_mut().for_each(|value| *value = ((*value - from) / (high - from)).clamp(0.0, 1.0));
}

fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn cut(grey: &Grey, area: Area) -> Grey {
    let rows = grey.values.chunks(grey.width).skip(area.y).take(area.height);
    let values = rows.flat_map(|row| &row[area.x..area.x + area.width]).copied().collect();
    Grey { width: area.width, height: area.height, values }
}

/// Scales the digit into its box and lays it with its centre of mass into the middle of `width * height` black values.
fn place(digit: &Grey, width: usize, height: usize) -> Vec<f32> {
    let (box_width, box_height) = (width as f32 * BOX_SHARE, height as f32 * BOX_SHARE);
    let scale = (box_width / digit.width as f32).min(box_height / digit.height as f32);
    let side = |n: usize, most: usize| ((n as f32 * scale).round() as usize).clamp(1, most);
    let (columns, rows) = (side(digit.width, width), side(digit.height, height));
    let Some(buffer) = ImageBuffer::<Luma<f32>, Vec<f32>>::from_raw(
        digit.width as u32,
        digit.height as u32,
        digit.values.clone(),
    ) else {
        return vec![0.0; width * height];
    };
    // The triangle widens when it shrinks, so that it averages, and draws straight lines when it enlarges.
    let small = resize(&buffer, columns as u32, rows as u32, FilterType::Triangle);
    // A fine pen averages to a faint grey; the data sets' strokes are white.
    let brightest = small.pixels().map(|p| p.0[0]).fold(f32::EPSILON, f32::max);
    let (mut mass, mut mass_x, mut mass_y) = (f32::EPSILON, 0.0, 0.0);
    for (x, y, Luma([value])) in small.enumerate_pixels() {
        mass += value;
        mass_x += value * (x as f32 + 0.5);
        mass_y += value * (y as f32 + 0.5);
    }
    // The digit stays whole inside, even if its mass lies far to one side.
    let start = |centre: f32, n: usize, field: usize| {
        ((field as f32 / 2.0 - centre).round().max(0.0) as usize).min(field - n)
    };
    let (left, top) = (start(mass_x / mass, columns, width), start(mass_y / mass, rows, height));
    let mut field = vec![0.0; width * height];
    for (x, y, Luma([value])) in small.enumerate_pixels() {
        field[(top + y as usize) * width + left + x as usize] = value / brightest;
    }
    field
}

/// All of it, whatever its proportions.
fn resized(grey: &Grey, width: usize, height: usize) -> Vec<f32> {
    let (w, h) = (grey.width as u32, grey.height as u32);
    let buffer = ImageBuffer::<Luma<f32>, Vec<f32>>::from_raw(w, h, grey.values.clone());
    let small = buffer.map(|all| resize(&all, width as u32, height as u32, FilterType::Triangle));
    small.map_or_else(|| vec![0.0; width * height], ImageBuffer::into_raw)
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().map(|value| (value * 255.0).round().clamp(0.0, 255.0) as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Rgba, RgbaImage};

    /// A seven of light strokes on black.
    fn seven(width: u32, height: u32, x: u32, y: u32, size: u32) -> GrayImage {
        let thick = (size / 8).max(1);
        GrayImage::from_fn(width, height, |px, py| {
            let (dx, dy) = (px.wrapping_sub(x), py.wrapping_sub(y));
            let inside = dx < size && dy < size;
            let ink = || dy < thick || (dx + dy / 2 + thick >= size && dx + dy / 2 < size);
            Luma([if inside && ink() { 250 } else { 0 }])
        })
    }

    fn centre_of_mass(input: &[u8]) -> (f32, f32) {
        let mass: f32 = input.iter().map(|v| f32::from(*v)).sum();
        let sum = |of: fn(usize) -> usize| -> f32 {
            input.iter().enumerate().map(|(i, v)| (of(i) as f32 + 0.5) * f32::from(*v)).sum()
        };
        (sum(|i| i % 28) / mass, sum(|i| i / 28) / mass)
    }

    fn mean_difference(a: &[u8], b: &[u8]) -> f32 {
        a.iter().zip(b).map(|(a, b)| f32::from(a.abs_diff(*b))).sum::<f32>() / a.len() as f32
    }

    #[test]
    fn a_digit_of_any_size_and_place_becomes_the_same_input() {
        let reference = prepare(&seven(300, 300, 50, 40, 200).into(), 28, 28);
        assert!(!reference.inverted);
        assert_eq!(reference.ink, Some(Area { x: 50, y: 40, width: 200, height: 200 }));
        let (x, y) = centre_of_mass(&reference.input);
        assert!((x - 14.0).abs() <= 0.6 && (y - 14.0).abs() <= 0.6, "{x} {y}");
        let rows = reference.input.chunks(28).filter(|row| row.iter().any(|v| *v > 0)).count();
        assert_eq!(rows, 20);
        assert_eq!(reference.input.iter().max(), Some(&255));
        for (width, height, x, y, size) in
            [(1000, 700, 700, 100, 240), (90, 64, 8, 8, 48), (3000, 4000, 200, 2500, 1200)]
        {
            let other = prepare(&seven(width, height, x, y, size).into(), 28, 28);
            // The centre of mass is rounded to whole pixels, so that two sizes may lie one apart.
            let shifted = |by: isize| {
                let at = |i: usize| reference.input.get(i.wrapping_add_signed(by)).copied().unwrap_or(0);
                mean_difference(&other.input, &(0..784).map(at).collect::<Vec<u8>>())
            };
            let difference =
                [-29, -28, -27, -1, 0, 1, 27, 28, 29].map(shifted).into_iter().fold(f32::MAX, f32::min);
            assert!(difference < 6.0, "{width}x{height}: {difference}");
        }
    }

    #[test]
    fn dark_ink_on_light_paper_is_turned() {
        let light = seven(100, 100, 30, 30, 50);
        let dark = GrayImage::from_fn(100, 100, |x, y| Luma([255 - light.get_pixel(x, y).0[0]]));
        let (light, dark) = (prepare(&light.into(), 28, 28), prepare(&dark.into(), 28, 28));
        assert!(dark.inverted && !light.inverted);
        assert!(mean_difference(&light.input, &dark.input) < 1.0);
    }

    #[test]
    fn faint_ink_on_grainy_shaded_paper_is_stretched() {
        let ink = seven(200, 200, 40, 40, 120);
        let paper = GrayImage::from_fn(200, 200, |x, y| {
            let grain = (x * 7919 + y * 104_729) % 7;
            let shade = x / 20;
            Luma([(170 + grain + shade) as u8 - ink.get_pixel(x, y).0[0] / 4])
        });
        let clean = prepare(&ink.into(), 28, 28);
        let prepared = prepare(&paper.into(), 28, 28);
        assert!(prepared.inverted);
        let difference = mean_difference(&prepared.input, &clean.input);
        assert!(difference < 10.0, "{difference}");
        // The paper around the digit is black.
        assert!(prepared.input[..28].iter().all(|v| *v == 0));
    }

    #[test]
    fn transparent_means_white_paper() {
        let ink = seven(100, 100, 20, 20, 60);
        let drawn = RgbaImage::from_fn(100, 100, |x, y| {
            // The colour under full transparency is black, as many programs leave it.
            Rgba([0, 0, 0, ink.get_pixel(x, y).0[0]])
        });
        let prepared = prepare(&drawn.into(), 28, 28);
        assert!(prepared.inverted);
        assert!(mean_difference(&prepared.input, &prepare(&ink.into(), 28, 28).input) < 3.0);
    }

    #[test]
    fn sixteen_bits_and_palettes_are_read() -> Result<(), Box<dyn std::error::Error>> {
        let ink = seven(100, 100, 20, 20, 60);
        let reference = prepare(&ink.clone().into(), 28, 28);
        let deep = ImageBuffer::<Luma<u16>, _>::from_fn(100, 100, |x, y| {
            // Twelve bits in sixteen, as some cameras write.
            Luma([u16::from(ink.get_pixel(x, y).0[0]) << 4])
        });
        let deep = prepare(&DynamicImage::ImageLuma16(deep), 28, 28);
        assert!(mean_difference(&deep.input, &reference.input) < 2.0);
        // GIF is a palette format.
        let mut gif = std::io::Cursor::new(Vec::new());
        DynamicImage::from(ink).to_rgb8().write_to(&mut gif, image::ImageFormat::Gif)?;
        let opened = crate::reader::decode(gif.get_ref(), std::path::Path::new("seven.gif"))?;
        assert!(mean_difference(&prepare(&opened, 28, 28).input, &reference.input) < 2.0);
        Ok(())
    }

    #[test]
    fn a_picture_of_the_input_size_is_taken_as_it_is() {
        let picture = seven(28, 28, 2, 3, 17);
        let prepared = prepare(&picture.clone().into(), 28, 28);
        assert_eq!(prepared.input, *picture.as_raw());
        let turned = GrayImage::from_fn(28, 28, |x, y| Luma([255 - picture.get_pixel(x, y).0[0]]));
        let prepared = prepare(&turned.into(), 28, 28);
        assert!(prepared.inverted);
        assert_eq!(prepared.input, *picture.as_raw());
    }

    #[test]
    fn steps_can_be_left_out_one_by_one() {
        let ink = seven(100, 100, 10, 10, 30);
        let faint = GrayImage::from_fn(100, 100, |x, y| Luma([200 - ink.get_pixel(x, y).0[0] / 3]));
        let by = |steps| prepare_by(&faint.clone().into(), 28, 28, steps);
        let all = by(Steps::default());
        assert_eq!(all, prepare(&faint.clone().into(), 28, 28));
        let dark = by(Steps { polarity: false, centring: false, ..Steps::default() });
        assert!(!dark.inverted && dark.input[27 * 28 + 27] > 200);
        let faint = by(Steps { contrast: false, centring: false, ..Steps::default() });
        assert!(faint.inverted && faint.input.iter().max() < Some(&180));
        let aside = by(Steps { centring: false, ..Steps::default() });
        let (x, y) = centre_of_mass(&aside.input);
        assert!(x < 9.0 && y < 9.0, "{x} {y}");
    }

    #[test]
    fn nothing_to_read_is_said_and_odd_sizes_do_no_harm() {
        for value in [0, 128, 255] {
            for (width, height) in [(1, 1), (28, 28), (500, 3)] {
                let picture = GrayImage::from_pixel(width, height, Luma([value]));
                let prepared = prepare(&picture.into(), 28, 28);
                assert!(prepared.note.is_some());
                assert_eq!(prepared.input, vec![0; 784]);
            }
        }
        for (width, height) in [(2, 1), (1, 2), (1, 3000), (3000, 1), (3, 3), (29, 27), (1025, 1024)] {
            let picture = GrayImage::from_fn(width, height, |x, y| Luma([(x * 31 + y * 17) as u8]));
            let prepared = prepare(&picture.into(), 32, 20);
            assert_eq!(prepared.input.len(), 640, "{width}x{height}");
            let ink = prepared.ink.expect("there is contrast");
            assert!(ink.x + ink.width <= width as usize && ink.y + ink.height <= height as usize);
        }
    }

    #[test]
    fn a_speck_of_dust_does_not_move_the_digit() {
        let mut picture = seven(200, 200, 20, 20, 100);
        let clean = prepare(&picture.clone().into(), 28, 28);
        picture.put_pixel(195, 195, Luma([255]));
        picture.put_pixel(196, 195, Luma([255]));
        assert_eq!(prepare(&picture.into(), 28, 28).input, clean.input);
    }
}
