//! Which images of a data set are listed, and in which order.

use super::Part;
use crate::data::{Dataset, Kind, Measure, Samples, marks};
use crate::work::predict::Readings;
use std::sync::Arc;

/// Something of an image that is a number: to sort by, and to filter between two bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum By {
    /// Its place in the files: training images first.
    #[default]
    Row,
    /// Its class, or how many characters are on it.
    Label,
    /// Its name, as text.
    Name,
    /// Its columns.
    Width,
    /// Its rows.
    Height,
    /// How sure the model is.
    Confidence,
    /// How wrong the model is.
    Loss,
    /// A measure, by its name.
    Measure(&'static str),
}

impl By {
    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Row => "Row",
            Self::Label => "Label",
            Self::Name => "File name",
            Self::Width => "Width",
            Self::Height => "Height",
            Self::Confidence => "Confidence",
            Self::Loss => "Loss",
            Self::Measure(name) => name,
        }
    }
}

/// What is listed; everything that is set must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// Only this part.
    pub part: Option<Part>,
    /// Only this label: a class, or a number of characters.
    pub label: Option<u8>,
    /// Only images with this character on them.
    pub character: Option<u8>,
    /// Only images that the model reads as this class, or as so many characters.
    pub predicted: Option<u8>,
    /// Only images on which the model reads a number that contains this.
    pub read: String,
    /// Only images that the model reads rightly, or only those that it does not.
    pub right: Option<bool>,
    /// Only images with these numbers between these bounds, both included.
    pub ranges: Vec<(By, [f32; 2])>,
    /// Only images whose name, or a number on them, contains this, in small letters or large ones.
    pub text: String,
    /// Only these rows, and what they are called.
    pub only: Option<(String, Arc<[u32]>)>,
}

impl Filter {
    /// Whether nothing but the part is chosen.
    pub fn is_plain(&self) -> bool {
        *self == Self { part: self.part, ..Self::default() }
    }

    /// The bounds of a number, if there are any.
    pub fn range(&self, by: By) -> Option<[f32; 2]> {
        self.ranges.iter().find(|(of, _)| *of == by).map(|(_, range)| *range)
    }

    /// Sets the bounds of a number, or takes them away.
    pub fn set_range(&mut self, by: By, range: Option<[f32; 2]>) {
        self.ranges.retain(|(of, _)| *of != by);
        self.ranges.extend(range.map(|range| (by, range)));
    }

    /// Whether a model's readings are needed to tell.
    pub fn needs_readings(&self) -> bool {
        let by_model = |by: &By| matches!(by, By::Confidence | By::Loss);
        self.predicted.is_some()
            || self.right.is_some()
            || !self.read.is_empty()
            || self.ranges.iter().any(|(by, _)| by_model(by))
    }

    /// Without what a model's readings are needed for.
    pub fn without_readings(mut self) -> Self {
        (self.predicted, self.right) = (None, None);
        self.read.clear();
        self.set_range(By::Confidence, None);
        self.set_range(By::Loss, None);
        self
    }
}

/// The order of the list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    /// What decides.
    pub by: By,
    /// Whether the largest comes first.
    pub descending: bool,
}

/// Everything that a list is made from; cheap to hand to a worker.
#[derive(Clone)]
pub struct Listing {
    /// The images.
    pub samples: Samples,
    /// What characters are called where whole numbers are on the images; empty elsewhere.
    pub characters: Vec<String>,
    /// The part of each row.
    pub parts: Arc<[Part]>,
    /// What a model makes of them.
    pub readings: Option<Arc<Readings>>,
    /// What is known of each.
    pub measures: Vec<Measure>,
    /// Which ones.
    pub filter: Filter,
    /// In which order.
    pub sort: Sort,
}

/// What characters are called where whole numbers are on the images; nothing elsewhere.
pub fn characters(dataset: &Dataset) -> Vec<String> {
    match dataset.kind {
        Kind::Classes => Vec::new(),
        Kind::Numbers { .. } => dataset.classes.clone(),
    }
}

impl Listing {
    /// The rows listed, in order.
    pub fn rows(&self) -> Vec<u32> {
        let filter = &self.filter;
        let text = filter.text.to_lowercase();
        let only = filter.only.as_ref().map(|(_, rows)| {
            let mut wanted = vec![false; self.samples.len()];
            rows.iter().for_each(|row| wanted[*row as usize] = true);
            wanted
        });
        let ranges: Vec<(Column<'_>, [f32; 2])> =
            filter.ranges.iter().map(|(by, range)| (self.column(*by), *range)).collect();
        let fits = |row: usize| {
            filter.part.is_none_or(|part| self.parts[row] == part)
                && filter.label.is_none_or(|label| self.samples.labels[row] == label)
                && filter
                    .character
                    .is_none_or(|class| self.samples.marks(row).iter().any(|mark| mark.class == class))
                && self.reads(row)
                && ranges.iter().all(|(column, [least, most])| {
                    let value = column(row);
                    *least <= value && value <= *most
                })
                && only.as_ref().is_none_or(|only| only[row])
                && (text.is_empty() || contains(self.samples.name(row), &text) || self.shows(row, &text))
        };
        let mut rows: Vec<u32> = (0..self.samples.len().min(self.parts.len()))
            .filter(|row| fits(*row))
            .map(|row| row as u32)
            .collect();
        self.sort(&mut rows);
        rows
    }

    /// Whether a number on an image contains a text of small letters.
    fn shows(&self, row: usize, text: &str) -> bool {
        !self.characters.is_empty()
            && marks::numbers(self.samples.marks(row))
                .any(|number| contains(&marks::text(number, &self.characters), text))
    }

    fn reads(&self, row: usize) -> bool {
        let Some(readings) = &self.readings else { return !self.filter.needs_readings() };
        let filter = &self.filter;
        filter.predicted.is_none_or(|class| class == readings.predicted[row])
            && filter.right.is_none_or(|right| readings.right[row] == right)
            && (filter.read.is_empty() || readings.text(row).is_some_and(|text| text.contains(&filter.read)))
    }

    /// Stable: what is equal keeps the order of the files. What is not known comes last.
    fn sort(&self, rows: &mut [u32]) {
        let Sort { by, descending } = self.sort;
        match by {
            By::Row if descending => rows.reverse(),
            By::Row => {}
            By::Name => {
                rows.sort_by(|a, b| {
                    let order = natural(self.samples.name(*a as usize), self.samples.name(*b as usize));
                    if descending { order.reverse() } else { order }
                });
            }
            _ => {
                let column = self.column(by);
                let mut keyed: Vec<(f32, u32)> =
                    rows.iter().map(|row| (column(*row as usize), *row)).collect();
                keyed.sort_by(|(a, _), (b, _)| {
                    let known = a.is_nan().cmp(&b.is_nan());
                    known.then(if descending { b.total_cmp(a) } else { a.total_cmp(b) })
                });
                rows.iter_mut().zip(keyed).for_each(|(row, (_, sorted))| *row = sorted);
            }
        }
    }

    /// A number of each image; NaN where it is not known.
    pub fn column(&self, by: By) -> Column<'_> {
        match by {
            By::Row | By::Name => Box::new(|row| row as f32),
            By::Label => Box::new(|row| f32::from(self.samples.labels[row])),
            By::Width => Box::new(|row| self.samples.size(row)[0] as f32),
            By::Height => Box::new(|row| self.samples.size(row)[1] as f32),
            By::Confidence => self.of_readings(|readings| &readings.confidence),
            By::Loss => self.of_readings(|readings| &readings.loss),
            By::Measure(name) => match self.measures.iter().find(|measure| measure.name == name) {
                Some(measure) => Box::new(|row| measure.values.get(row).copied().unwrap_or(f32::NAN)),
                None => Box::new(|_| f32::NAN),
            },
        }
    }

    fn of_readings(&self, which: impl Fn(&Readings) -> &Vec<f32>) -> Column<'_> {
        match &self.readings {
            Some(readings) => {
                let values = which(readings);
                Box::new(move |row| values[row])
            }
            None => Box::new(|_| f32::NAN),
        }
    }
}

/// The number of a row.
pub type Column<'a> = Box<dyn Fn(usize) -> f32 + 'a>;

/// Whether a name contains a text of small letters, whatever letters itself has.
fn contains(name: &str, text: &str) -> bool {
    if name.is_ascii() {
        let (name, text) = (name.as_bytes(), text.as_bytes());
        return name.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text));
    }
    name.to_lowercase().contains(text)
}

/// Numbers in names count as numbers: 2.png comes before 10.png.
fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        match (digits(a), digits(b)) {
            (0, _) | (_, 0) => match (a.split_first(), b.split_first()) {
                (Some((x, rest_a)), Some((y, rest_b))) if x == y => (a, b) = (rest_a, rest_b),
                (x, y) => return x.map(|(x, _)| x).cmp(&y.map(|(y, _)| y)),
            },
            (n, m) => {
                let strip = |digits: &[u8]| digits.iter().take_while(|digit| **digit == b'0').count();
                let (x, y) = (&a[strip(&a[..n])..n], &b[strip(&b[..m])..m]);
                let order = x.len().cmp(&y.len()).then(x.cmp(y));
                if order.is_ne() {
                    return order;
                }
                (a, b) = (&a[n..], &b[m..]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::data::{Area, Mark, Marks};
    use crate::work::predict::Texts;

    fn listing() -> Listing {
        let names = ["a10.png", "a2.png", "B1.PNG", "ä.png"].map(str::to_owned);
        let mut marks = Marks::new();
        for class in [3, 4, 3, 5] {
            marks.push(&[Mark { class, number: 0, area: Area::default() }]);
        }
        let samples = Samples {
            names: Some(Arc::from(names)),
            marks: Some(Arc::new(marks)),
            ..Samples::new(Pixels::Owned([0; 4].into()), [1, 0, 1, 2].into(), [1, 1, 1])
        };
        let mut texts = Texts::default();
        ["304", "42", "", "4"].iter().for_each(|text| texts.push(text));
        let readings = Readings {
            predicted: vec![1, 1, 0, 2],
            confidence: vec![0.9, 0.4, 0.6, 1.0],
            loss: vec![0.1, 2.0, 3.0, 0.0],
            right: vec![true, false, false, true],
            texts: Some(texts),
            ..Readings::default()
        };
        let measure = Measure { name: "Ink", help: "", values: [0.5, f32::NAN, 0.1, 0.7].into() };
        Listing {
            samples,
            characters: Vec::new(),
            parts: [Part::Train, Part::Valid, Part::Train, Part::Test].into(),
            readings: Some(Arc::new(readings)),
            measures: vec![measure],
            filter: Filter::default(),
            sort: Sort::default(),
        }
    }

    #[test]
    fn every_filter_holds_and_they_add_up() {
        let rows = |filter: Filter| Listing { filter, ..listing() }.rows();
        let plain = Filter::default;
        assert_eq!(rows(plain()), [0, 1, 2, 3]);
        assert_eq!(rows(Filter { part: Some(Part::Train), ..plain() }), [0, 2]);
        assert_eq!(rows(Filter { label: Some(1), ..plain() }), [0, 2]);
        assert_eq!(rows(Filter { character: Some(4), ..plain() }), [1]);
        assert_eq!(rows(Filter { predicted: Some(1), ..plain() }), [0, 1]);
        assert_eq!(rows(Filter { right: Some(false), ..plain() }), [1, 2]);
        assert_eq!(rows(Filter { read: "4".to_owned(), ..plain() }), [0, 1, 3]);
        assert_eq!(rows(Filter { read: "30".to_owned(), right: Some(true), ..plain() }), [0]);
        assert_eq!(rows(Filter { right: Some(false), label: Some(1), ..plain() }), [2]);
        assert_eq!(rows(Filter { ranges: vec![(By::Confidence, [0.4, 0.6])], ..plain() }), [1, 2]);
        assert_eq!(rows(Filter { ranges: vec![(By::Measure("Ink"), [0.0, 0.5])], ..plain() }), [0, 2]);
        assert_eq!(rows(Filter { text: ".png".to_owned(), ..plain() }), [0, 1, 2, 3]);
        assert_eq!(rows(Filter { text: "b".to_owned(), ..plain() }), [2]);
        assert_eq!(rows(Filter { text: "Ä".to_owned(), ..plain() }), [3]);
        let characters = (0..10).map(|n| n.to_string()).collect();
        let five = Listing { characters, filter: Filter { text: "5".to_owned(), ..plain() }, ..listing() };
        assert_eq!(five.rows(), [3], "a number is searched as a name is");
        assert_eq!(rows(Filter { only: Some((String::new(), [3, 1].into())), ..plain() }), [1, 3]);
        let unread = Listing { readings: None, filter: Filter { right: Some(true), ..plain() }, ..listing() };
        assert!(unread.rows().is_empty());
        let lifted = Filter { right: Some(true), read: "4".to_owned(), label: Some(2), ..plain() };
        let lifted = lifted.without_readings();
        assert_eq!(lifted, Filter { label: Some(2), ..plain() });
    }

    #[test]
    fn every_order_is_stable_and_what_is_unknown_comes_last() {
        let rows = |by, descending| Listing { sort: Sort { by, descending }, ..listing() }.rows();
        assert_eq!(rows(By::Row, true), [3, 2, 1, 0]);
        assert_eq!(rows(By::Label, false), [1, 0, 2, 3]);
        assert_eq!(rows(By::Label, true), [3, 0, 2, 1]);
        assert_eq!(rows(By::Name, false), [2, 1, 0, 3]);
        assert_eq!(rows(By::Loss, true), [2, 1, 0, 3]);
        assert_eq!(rows(By::Measure("Ink"), false), [2, 0, 3, 1]);
        assert_eq!(rows(By::Measure("Ink"), true), [3, 0, 2, 1]);
        assert_eq!(rows(By::Measure("of tomorrow"), true), [0, 1, 2, 3]);
    }
}
