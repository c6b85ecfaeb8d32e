//! What is written on a picture: a box and a class for each character, in reading order, and which belong together.

use serde::{Deserialize, Serialize};

/// An upright rectangle in pixels; the origin is the picture's top left corner, and parts may lie outside of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Columns.
    pub w: f32,
    /// Rows.
    pub h: f32,
}

impl Area {
    /// Right edge, exclusive.
    pub fn right(&self) -> f32 {
        self.x + self.w
    }

    /// Bottom edge, exclusive.
    pub fn bottom(&self) -> f32 {
        self.y + self.h
    }

    /// Square pixels.
    pub fn size(&self) -> f32 {
        self.w.max(0.0) * self.h.max(0.0)
    }

    /// The smallest rectangle around both.
    pub fn around(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self { x, y, w: self.right().max(other.right()) - x, h: self.bottom().max(other.bottom()) - y }
    }

    /// What both share, in square pixels.
    pub fn overlap(&self, other: &Self) -> f32 {
        let w = self.right().min(other.right()) - self.x.max(other.x);
        let h = self.bottom().min(other.bottom()) - self.y.max(other.y);
        w.max(0.0) * h.max(0.0)
    }

    /// Intersection over union, 0 to 1.
    pub fn iou(&self, other: &Self) -> f32 {
        let both = self.overlap(other);
        both / (self.size() + other.size() - both).max(f32::MIN_POSITIVE)
    }
}

/// One character on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Its class, as the data set's classes count.
    pub class: u8,
    /// Which number of the picture it belongs to, from 0; characters of one number follow each other in reading order.
    pub number: u8,
    /// Where it is.
    pub area: Area,
}

/// The marks of every picture of a part, one list for all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marks {
    /// Where the marks of each picture begin, and after the last one where they end.
    starts: Vec<u32>,
    marks: Vec<Mark>,
}

impl Marks {
    /// No pictures yet.
    pub fn new() -> Self {
        Self { starts: vec![0], marks: Vec::new() }
    }

    /// Adds the marks of the next picture; none is fine.
    pub fn push(&mut self, marks: &[Mark]) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.marks.extend_from_slice(marks);
        self.starts.push(self.marks.len() as u32);
    }

    /// The marks of one picture, in reading order, number after number; none for a picture that is not there.
    pub fn of(&self, row: usize) -> &[Mark] {
        match (self.starts.get(row), self.starts.get(row + 1)) {
            (Some(&start), Some(&end)) => &self.marks[start as usize..end as usize],
            _ => &[],
        }
    }

    /// Pictures.
    pub fn n_pictures(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Every mark, picture after picture.
    pub fn all(&self) -> &[Mark] {
        &self.marks
    }

    /// The marks of the pictures in `rows`, in that order.
    pub fn select(&self, rows: impl IntoIterator<Item = usize>) -> Self {
        let mut selected = Self::new();
        rows.into_iter().for_each(|row| selected.push(self.of(row)));
        selected
    }
}

/// Marks cut into the numbers that they belong to, each in reading order.
pub fn numbers(marks: &[Mark]) -> impl Iterator<Item = &[Mark]> {
    marks.chunk_by(|one, next| one.number == next.number)
}

/// The number that covers most of the picture; of equals the first, none where there is none.
pub fn largest(marks: &[Mark]) -> &[Mark] {
    let size = |number: &[Mark]| around(number).map_or(0.0, |area| area.size());
    let first = numbers(marks).next().unwrap_or_default();
    numbers(marks).fold(first, |best, number| if size(number) > size(best) { number } else { best })
}

/// The box around the marks of a number; `None` for none.
pub fn around(marks: &[Mark]) -> Option<Area> {
    marks.iter().map(|mark| mark.area).reduce(|one, other| one.around(&other))
}

/// The characters of a number as text, by the names of the classes.
pub fn text(marks: &[Mark], classes: &[String]) -> String {
    marks.iter().map(|mark| classes.get(usize::from(mark.class)).map_or("?", String::as_str)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(class: u8, number: u8, x: f32) -> Mark {
        Mark { class, number, area: Area { x, y: 2.0, w: 4.0, h: 6.0 } }
    }

    #[test]
    fn areas_overlap_as_on_paper() {
        let (one, other) = (Area { x: 0.0, y: 0.0, w: 4.0, h: 2.0 }, Area { x: 2.0, y: 1.0, w: 4.0, h: 2.0 });
        assert_eq!(one.overlap(&other), 2.0);
        assert!((one.iou(&other) - 2.0 / 14.0).abs() < 1e-6);
        assert_eq!(one.around(&other), Area { x: 0.0, y: 0.0, w: 6.0, h: 3.0 });
        let nothing = Area::default();
        assert_eq!(nothing.iou(&nothing), 0.0);
        assert_eq!(one.overlap(&Area { x: 9.0, ..one }), 0.0);
    }

    #[test]
    fn each_picture_has_its_own_marks() {
        let mut marks = Marks::new();
        marks.push(&[mark(3, 0, 0.0), mark(4, 0, 5.0), mark(7, 1, 20.0)]);
        marks.push(&[]);
        marks.push(&[mark(1, 0, 1.0)]);
        assert_eq!((marks.n_pictures(), marks.all().len()), (3, 4));
        assert_eq!((marks.of(0).len(), marks.of(1).len(), marks.of(2)[0].class), (3, 0, 1));
        assert!(marks.of(3).is_empty());
        let selected = marks.select([2, 0]);
        assert_eq!((selected.of(0), selected.of(1)), (marks.of(2), marks.of(0)));

        let digits: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
        let read: Vec<String> = numbers(marks.of(0)).map(|number| text(number, &digits)).collect();
        assert_eq!(read, ["34", "7"]);
        assert_eq!(around(&marks.of(0)[..2]), Some(Area { x: 0.0, y: 2.0, w: 9.0, h: 6.0 }));
        assert_eq!(around(&[]), None);
        assert_eq!((largest(marks.of(0)), largest(&[])), (&marks.of(0)[..2], &[][..]));
    }
}
