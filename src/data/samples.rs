//! How a data set lies in memory: bytes and class numbers, cheap to share between threads.

use super::curate::Rows;
use super::marks::{Mark, Marks};
use super::split::split;
use image::{DynamicImage, GrayImage, RgbImage};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Pictures that are made or found when they are asked for.
pub trait Images: Send + Sync {
    /// The pixels of one picture, laid out as [`Samples`] says; always the same for the same row.
    fn image(&self, row: usize) -> Cow<'_, [u8]>;

    /// Whether a picture takes no longer than copying its bytes.
    fn is_quick(&self) -> bool {
        false
    }
}

/// Where pixels come from.
#[derive(Clone)]
pub enum Pixels {
    /// In memory.
    Owned(Arc<[u8]>),
    /// A part of a mapped file: the map, the first byte, the length.
    Mapped(Arc<memmap2::Mmap>, usize, usize),
    /// Made or found when asked for.
    Drawn(Arc<dyn Images>),
}

impl Pixels {
    /// Every byte, where they lie in memory one after the other.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Owned(bytes) => Some(bytes),
            Self::Mapped(map, start, length) => Some(&map[*start..start + length]),
            Self::Drawn(_) => None,
        }
    }
}

/// The size of each picture of a part whose pictures differ in size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Width and height of each picture, in pixels.
    pub sizes: Vec<[u32; 2]>,
    /// Where the bytes of each begin, and after the last where they end.
    starts: Vec<u64>,
}

impl Sizes {
    /// Pictures one after the other, of so many bytes a pixel.
    pub fn new(sizes: Vec<[u32; 2]>, channels: usize) -> Self {
        let mut end = 0;
        let ends = sizes.iter().map(|[w, h]| {
            end += u64::from(*w) * u64::from(*h) * channels as u64;
            end
        });
        let starts = std::iter::once(0).chain(ends).collect();
        Self { sizes, starts }
    }

    /// Bytes of all pictures.
    pub fn n_bytes(&self) -> u64 {
        self.starts.last().copied().unwrap_or(0)
    }
}

/// Images with a label each; of one size unless `sizes` says otherwise.
#[derive(Clone)]
pub struct Samples {
    /// Image after image, channel after channel, row after row, a byte each; 0 is black.
    pub pixels: Pixels,
    /// One for each image: its class, or how many characters are on it, as [`Dataset::kind`] says.
    pub labels: Arc<[u8]>,
    /// Colour channels: 1 for grey.
    pub channels: usize,
    /// Rows; of the highest image where they differ.
    pub height: usize,
    /// Columns; of the widest image where they differ.
    pub width: usize,
    /// The size of each image, where they differ.
    pub sizes: Option<Arc<Sizes>>,
    /// What is written on each image and where, if that is known.
    pub marks: Option<Arc<Marks>>,
    /// What each image is called, mostly its file's name, where it has one.
    pub names: Option<Arc<[String]>>,
}

impl Samples {
    /// Images of one size without marks and names.
    pub fn new(pixels: Pixels, labels: Arc<[u8]>, [channels, height, width]: [usize; 3]) -> Self {
        Self { pixels, labels, channels, height, width, sizes: None, marks: None, names: None }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether getting a picture takes no longer than copying its bytes.
    pub fn is_quick(&self) -> bool {
        match &self.pixels {
            Pixels::Owned(_) | Pixels::Mapped(..) => true,
            Pixels::Drawn(images) => images.is_quick(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Bytes of an image where all have one size.
    pub fn image_len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Width and height of one image; `row` must be less than [`Self::len`].
    pub fn size(&self, row: usize) -> [usize; 2] {
        match &self.sizes {
            Some(sizes) => sizes.sizes[row].map(|side| side as usize),
            None => [self.width, self.height],
        }
    }

    /// The pixels of one image; `row` must be less than [`Self::len`].
    pub fn image(&self, row: usize) -> Cow<'_, [u8]> {
        match (&self.pixels, self.pixels.bytes()) {
            (Pixels::Drawn(images), _) => images.image(row),
            (_, Some(bytes)) => Cow::Borrowed(&bytes[self.bytes_of(row)]),
            (_, None) => Cow::Borrowed(&[]),
        }
    }

    /// One image as a picture, in grey or colour; `None` for one without pixels.
    pub fn picture(&self, row: usize) -> Option<DynamicImage> {
        let [width, height] = self.size(row);
        let bytes = self.image(row);
        let (w, h, n) = (width as u32, height as u32, width * height);
        if self.channels != 3 {
            let grey = bytes.get(..n)?.to_vec();
            return GrayImage::from_raw(w, h, grey).map(DynamicImage::from);
        }
        let bytes = bytes.get(..3 * n)?;
        // From channel after channel to pixel after pixel.
        let interleaved: Vec<u8> =
            (0..n).flat_map(|at| [0, 1, 2].map(|channel| bytes[channel * n + at])).collect();
        RgbImage::from_raw(w, h, interleaved).map(DynamicImage::from)
    }

    fn bytes_of(&self, row: usize) -> Range<usize> {
        match &self.sizes {
            Some(sizes) => sizes.starts[row] as usize..sizes.starts[row + 1] as usize,
            None => row * self.image_len()..(row + 1) * self.image_len(),
        }
    }

    /// What is written on one image; empty where that is not known.
    pub fn marks(&self, row: usize) -> &[Mark] {
        self.marks.as_ref().map_or(&[], |marks| marks.of(row))
    }

    /// What one image is called; empty where it has no name.
    pub fn name(&self, row: usize) -> &str {
        self.names.as_ref().and_then(|names| names.get(row)).map_or("", String::as_str)
    }

    /// Bytes of all images, drawn or not.
    pub fn n_bytes(&self) -> u64 {
        match &self.sizes {
            Some(sizes) => sizes.n_bytes(),
            None => (self.len() * self.image_len()) as u64,
        }
    }

    /// Only the images in `rows`, in that order, without copying pixels; every row must be less than [`Self::len`].
    pub fn select(&self, rows: &[u32]) -> Self {
        let each = || rows.iter().map(|row| *row as usize);
        let sizes = self
            .sizes
            .as_ref()
            .map(|all| Arc::new(Sizes::new(each().map(|row| all.sizes[row]).collect(), self.channels)));
        let names = self.names.as_ref().map(|names| each().map(|row| names[row].clone()).collect());
        let base = Self { marks: None, names: None, ..self.clone() };
        Self {
            pixels: Pixels::Drawn(Arc::new(Selected { base, rows: rows.into() })),
            labels: each().map(|row| self.labels[row]).collect(),
            channels: self.channels,
            height: self.height,
            width: self.width,
            sizes,
            marks: self.marks.as_ref().map(|marks| Arc::new(marks.select(each()))),
            names,
        }
    }

    /// Only the first images.
    pub fn first(&self, n: usize) -> Self {
        if n >= self.len() {
            return self.clone();
        }
        let end = self.bytes_of_first(n);
        let pixels = match &self.pixels {
            Pixels::Owned(all) => Pixels::Owned(all[..end].into()),
            Pixels::Mapped(map, start, _) => Pixels::Mapped(Arc::clone(map), *start, end),
            Pixels::Drawn(images) => Pixels::Drawn(Arc::clone(images)),
        };
        let sizes =
            self.sizes.as_ref().map(|all| Arc::new(Sizes::new(all.sizes[..n].to_vec(), self.channels)));
        Self {
            pixels,
            labels: self.labels[..n].into(),
            sizes,
            marks: self.marks.as_ref().map(|marks| Arc::new(marks.select(0..n))),
            names: self.names.as_ref().map(|names| names[..n].into()),
            ..*self
        }
    }

    fn bytes_of_first(&self, n: usize) -> usize {
        if n == 0 { 0 } else { self.bytes_of(n - 1).end }
    }
}

/// Some rows of other samples.
struct Selected {
    base: Samples,
    rows: Arc<[u32]>,
}

impl Images for Selected {
    fn image(&self, row: usize) -> Cow<'_, [u8]> {
        self.base.image(self.rows[row] as usize)
    }

    fn is_quick(&self) -> bool {
        self.base.is_quick()
    }
}

/// What the label of an image says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Its class: one character is on each image.
    #[default]
    Classes,
    /// How many characters are on it; the marks say which and where.
    Numbers {
        /// The most characters in one number.
        longest: usize,
    },
}

/// A data set as it is trained on.
#[derive(Clone)]
pub struct Dataset {
    /// As shown: "MNIST".
    pub name: String,
    /// What each class of character is called: "0" to "9", or "A" to "J".
    pub classes: Vec<String>,
    /// What labels say.
    pub kind: Kind,
    /// To learn from (validation is cut from it by the recipe's seed and share).
    pub train: Samples,
    /// To be measured on, never to choose by.
    pub test: Samples,
    /// SHA-256 (hex) over contents and settings: tells whether a run saw the same data.
    pub fingerprint: String,
    /// Where each image comes from and which ones validate, where the data set was curated; `None` as it was read.
    pub curated: Option<Arc<Rows>>,
    /// What was wrong but could be got over: shown once, kept with the run.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// What a label says in words: a class's name, or a number of characters.
    pub fn label_name(&self, label: u8) -> String {
        match self.kind {
            Kind::Classes => {
                self.classes.get(usize::from(label)).cloned().unwrap_or_else(|| label.to_string())
            }
            Kind::Numbers { .. } => label.to_string(),
        }
    }

    /// Labels are less than this.
    pub fn n_labels(&self) -> usize {
        match self.kind {
            Kind::Classes => self.classes.len(),
            // Numbers of one picture add up: there may be more characters on it than in the longest number.
            Kind::Numbers { .. } => {
                let labels = self.train.labels.iter().chain(self.test.labels.iter());
                labels.max().map_or(1, |most| usize::from(*most) + 1)
            }
        }
    }

    /// Rows of the training images to learn from, and those to validate on, both ascending: as curation says, else
    /// cut by share and seed.
    pub fn divide(&self, share: f64, seed: u64) -> (Vec<u32>, Vec<u32>) {
        let Some(rows) = &self.curated else { return split(&self.train.labels, share, seed) };
        let mut validates = vec![false; self.train.len()];
        rows.valid.iter().for_each(|row| validates[*row as usize] = true);
        (0..self.train.len() as u32).partition(|row| !validates[*row as usize])
    }

    /// Both parts: training images, test images.
    pub fn parts(&self) -> [&Samples; 2] {
        [&self.train, &self.test]
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Area;
    use super::*;

    fn varied() -> Samples {
        let mut marks = Marks::new();
        for class in 0..3 {
            marks.push(&[Mark { class, number: 0, area: Area::default() }]);
        }
        Samples {
            pixels: Pixels::Owned((0..2 + 6 + 1).collect()),
            labels: [1, 1, 1].into(),
            channels: 1,
            height: 3,
            width: 2,
            sizes: Some(Arc::new(Sizes::new(vec![[1, 2], [2, 3], [1, 1]], 1))),
            marks: Some(Arc::new(marks)),
            names: Some(["a", "b", "c"].map(str::to_owned).into()),
        }
    }

    #[test]
    fn images_of_any_size_are_found() {
        let samples = varied();
        assert_eq!((samples.size(1), samples.n_bytes()), ([2, 3], 9));
        assert_eq!(samples.image(0)[..], [0, 1]);
        assert_eq!(samples.image(1)[..], [2, 3, 4, 5, 6, 7]);
        assert_eq!(samples.image(2)[..], [8]);
    }

    #[test]
    fn a_selection_is_what_was_selected() {
        let selected = varied().select(&[2, 0]);
        assert_eq!((selected.len(), selected.size(1), selected.n_bytes()), (2, [1, 2], 3));
        assert_eq!((&selected.image(0)[..], &selected.image(1)[..]), (&[8][..], &[0, 1][..]));
        assert_eq!((selected.name(0), selected.marks(0)[0].class), ("c", 2));
        let again = selected.select(&[1]);
        assert_eq!((&again.image(0)[..], again.name(0)), (&[0, 1][..], "a"));
    }

    #[test]
    fn the_first_are_the_first() {
        let first = varied().first(2);
        assert_eq!((first.len(), first.n_bytes(), first.pixels.bytes().map(<[u8]>::len)), (2, 8, Some(8)));
        assert_eq!((&first.image(1)[..], first.name(1)), (&varied().image(1)[..], "b"));
        assert_eq!(varied().first(0).n_bytes(), 0);
        assert_eq!(varied().select(&[2, 1]).first(1).image(0)[..], [8]);
    }
}
