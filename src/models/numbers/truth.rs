//! What is written on the pictures of a batch, as heads learn it.

use super::Frame;
use crate::data::{Area, Mark, Samples, marks};
use anyhow::ensure;
use tch::{Device, Tensor};

/// The numbers on some pictures: on each the largest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// Most characters: columns of the two tables.
    pub longest: usize,
    /// How many characters each has.
    pub lengths: Vec<i64>,
    /// Class of each character, `longest` of each picture; behind the last one the blank class.
    pub classes: Vec<i64>,
    /// Where the middle of each character is, as a share of the width that goes in, row by row like `classes`; NaN behind the last.
    pub centres: Vec<f32>,
    /// Where each number is, as shares of the sides of what goes in; parts may lie outside. `None` where that is not known.
    pub places: Vec<Option<Area>>,
}

impl Truth {
    /// What is written on the pictures at `rows`; `blank` is the class behind the last character, and `frame` what the
    /// pictures are brought to.
    pub fn of(
        samples: &Samples,
        rows: &[u32],
        longest: usize,
        blank: usize,
        frame: Option<Frame>,
    ) -> anyhow::Result<Self> {
        let n = rows.len() * longest;
        let mut truth = Self {
            longest,
            lengths: Vec::with_capacity(rows.len()),
            classes: Vec::with_capacity(n),
            centres: Vec::with_capacity(n),
            places: Vec::with_capacity(rows.len()),
        };
        for &row in rows {
            let row = row as usize;
            ensure!(row < samples.len(), "there is no image {row}: the data set has {}", samples.len());
            let marks = marks::largest(samples.marks(row));
            ensure!(
                marks.len() <= longest,
                "image {row} has {} characters and the network reads {longest} at most",
                marks.len()
            );
            let size = samples.size(row);
            truth.lengths.push(marks.len() as i64);
            for mark in marks {
                ensure!(
                    usize::from(mark.class) < blank,
                    "image {row} shows class {} and the network tells only {blank} apart",
                    mark.class
                );
                truth.classes.push(i64::from(mark.class));
                let centre = (mark.area.x + mark.area.w / 2.0) / size[0] as f32;
                truth.centres.push(frame.map_or(centre, |frame| frame.across(centre, size)));
            }
            truth.places.push(place(marks, size, frame, &|area| *area));
            for _ in marks.len()..longest {
                truth.classes.push(blank as i64);
                truth.centres.push(f32::NAN);
            }
        }
        Ok(truth)
    }

    /// Characters of the picture at `i`, which are where `marks` say on a picture of `[width, height]`, were moved with
    /// its pixels. `moved` knows where to, in pixels of what the picture was brought to.
    pub fn move_centres(
        &mut self,
        i: usize,
        marks: &[Mark],
        size: [usize; 2],
        frame: Option<Frame>,
        moved: &dyn Fn([f32; 2]) -> [f32; 2],
    ) {
        let [width, height] = frame.map_or(size, |frame| [frame.width, frame.height]).map(|side| side as f32);
        for (centre, mark) in self.centres[i * self.longest..].iter_mut().zip(marks) {
            let down = (mark.area.y + mark.area.h / 2.0) / size[1] as f32;
            let [x, _] = moved([*centre * width, down * height]);
            *centre = (x / width).clamp(0.0, 1.0);
        }
    }

    /// So was the number itself; `moved` knows where each box comes to be, in pixels of what the picture was brought to.
    pub fn move_place(
        &mut self,
        i: usize,
        marks: &[Mark],
        size: [usize; 2],
        frame: Option<Frame>,
        moved: &dyn Fn(&Area) -> Area,
    ) {
        self.places[i] = place(marks, size, frame, moved);
    }

    /// Pictures.
    pub fn len(&self) -> usize {
        self.lengths.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// The characters of one picture.
    pub fn number(&self, i: usize) -> &[i64] {
        &self.classes[i * self.longest..][..self.lengths[i] as usize]
    }

    /// Lengths as a tensor `[n]`.
    pub fn lengths_on(&self, device: Device) -> Tensor {
        Tensor::from_slice(&self.lengths).to_device(device)
    }

    /// Classes as a tensor `[n, longest]`.
    pub fn classes_on(&self, device: Device) -> Tensor {
        Tensor::from_slice(&self.classes).view([-1, self.longest as i64]).to_device(device)
    }

    /// Classes up to the first blank, the others as the class that losses leave out, `[n, longest]`.
    pub fn until_blank_on(&self, device: Device) -> Tensor {
        let classes: Vec<i64> = self
            .classes
            .iter()
            .enumerate()
            .map(|(i, class)| {
                let (row, place) = (i / self.longest, i % self.longest);
                if place as i64 <= self.lengths[row] { *class } else { LEFT_OUT }
            })
            .collect();
        Tensor::from_slice(&classes).view([-1, self.longest as i64]).to_device(device)
    }
}

/// The box around the marks of a number on a picture of `[width, height]`, each moved in pixels of what the picture is
/// brought to, as shares of its sides; `None` where no mark has a box.
fn place(
    marks: &[Mark],
    size: [usize; 2],
    frame: Option<Frame>,
    moved: &dyn Fn(&Area) -> Area,
) -> Option<Area> {
    let [width, height] = frame.map_or(size, |frame| [frame.width, frame.height]).map(|side| side as f32);
    let across = |x: f32| frame.map_or(x, |frame| frame.across(x / size[0] as f32, size) * width);
    let by = height / size[1] as f32;
    let areas = marks.iter().map(|mark| &mark.area).filter(|area| area.size() > 0.0);
    let areas = areas.map(|area| {
        let x = across(area.x);
        moved(&Area { x, y: area.y * by, w: across(area.right()) - x, h: area.h * by })
    });
    let Area { x, y, w, h } = areas.reduce(|one, other| one.around(&other))?;
    Some(Area { x: x / width, y: y / height, w: w / width, h: h / height })
}

/// The class that losses leave out: PyTorch's own.
pub const LEFT_OUT: i64 = -100;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::samples::Pixels;
    use crate::data::{Area, Marks};
    use std::sync::Arc;

    fn samples() -> Samples {
        let mark = |class, x| Mark { class, number: 0, area: Area { x, y: 0.0, w: 2.0, h: 4.0 } };
        let mut marks = Marks::new();
        marks.push(&[mark(3, 0.0), mark(7, 5.0)]);
        marks.push(&[mark(1, 3.0)]);
        let samples = Samples::new(Pixels::Owned(vec![0; 80].into()), [2, 1].into(), [1, 4, 10]);
        Samples { marks: Some(Arc::new(marks)), ..samples }
    }

    #[test]
    fn numbers_are_filled_up_with_blanks() {
        let truth = Truth::of(&samples(), &[1, 0], 3, 10, None).expect("it fits");
        assert_eq!((truth.len(), &truth.lengths[..]), (2, &[1, 2][..]));
        assert_eq!(truth.classes, [1, 10, 10, 3, 7, 10]);
        assert_eq!((truth.number(0), truth.number(1)), (&[1][..], &[3, 7][..]));
        assert_eq!((truth.centres[0], truth.centres[4]), (0.4, 0.6));
        let frame = Frame { width: 20, height: 4, proportions: true };
        let framed = Truth::of(&samples(), &[0], 2, 10, Some(frame)).expect("it fits");
        assert_eq!(framed.centres, [(5.0 + 1.0) / 20.0, (5.0 + 6.0) / 20.0]);
        let near = |place: Option<Area>, [x, y, w, h]: [f32; 4]| {
            let place = place.expect("there is a number");
            [place.x - x, place.y - y, place.w - w, place.h - h].iter().all(|off| off.abs() < 1e-6)
        };
        assert!(near(truth.places[1], [0.0, 0.0, 0.7, 1.0]) && near(truth.places[0], [0.3, 0.0, 0.2, 1.0]));
        assert!(near(framed.places[0], [0.25, 0.0, 0.35, 1.0]));
        let mut moved = framed;
        let down = |area: &Area| Area { y: area.y + 1.0, ..*area };
        moved.move_place(0, samples().marks(0), [10, 4], Some(frame), &down);
        assert!(near(moved.places[0], [0.25, 0.25, 0.35, 1.0]));
        let right_by_row = |[x, y]: [f32; 2]| [x + y, y];
        moved.move_centres(0, samples().marks(0), [10, 4], Some(frame), &right_by_row);
        assert_eq!(moved.centres, [(5.0 + 1.0 + 2.0) / 20.0, (5.0 + 6.0 + 2.0) / 20.0]);
        assert!(truth.centres[1].is_nan() && truth.centres[5].is_nan());
        let until = Vec::<i64>::try_from(truth.until_blank_on(Device::Cpu).reshape([-1])).expect("numbers");
        assert_eq!(until, [1, 10, LEFT_OUT, 3, 7, 10]);
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        let error =
            |longest, blank| Truth::of(&samples(), &[0], longest, blank, None).expect_err("no").to_string();
        assert_eq!(error(1, 10), "image 0 has 2 characters and the network reads 1 at most");
        assert_eq!(error(3, 7), "image 0 shows class 7 and the network tells only 7 apart");
    }
}
