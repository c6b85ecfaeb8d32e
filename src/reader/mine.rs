//! Numbers as a reader finds them, right ones, wrong ones and what is none, cut out with what is really written there: what
//! a second model has to learn to be of help.

use super::each::each_picture;
use super::upright::{Room, Upright};
use super::{Effort, PictureReader, Raster};
use crate::data::samples::{Pixels, Sizes};
use crate::data::{Area, Mark, Marks, Progress, Samples};
use crate::found::centre;
use std::sync::Arc;

/// Numbers that are less likely than this are not cut out.
const LIKELY: f32 = 0.02;
/// And no more of one picture than this, the surest first.
const MOST: usize = 6;
/// Digits that are lower than this share of what was cut out are not what was found.
const LOWEST: f32 = 0.35;
/// Longer rows of digits than any network of numbers reads are no house numbers.
const LONGEST: usize = 8;

/// What was cut out of pictures.
#[derive(Default)]
pub struct Mined {
    pixels: Vec<u8>,
    sizes: Vec<[u32; 2]>,
    labels: Vec<u8>,
    marks: Marks,
}

impl Mined {
    /// Cuts out what is found on the pictures in `rows`, grey, with the digits whose middle is on it; `false` if it was
    /// cancelled.
    pub fn add(
        &mut self,
        reader: &PictureReader,
        samples: &Samples,
        rows: &[u32],
        progress: &dyn Progress,
    ) -> anyhow::Result<bool> {
        each_picture(samples, rows, "Cutting out what is found", progress, &mut |row, picture| {
            let raster = Raster::of(&picture);
            let found = reader.may_be_numbers(&raster, Effort::Still, LIKELY)?;
            for number in found.iter().take(MOST) {
                let Some(upright) = Upright::of(&raster, number, Room::WIDE)? else { continue };
                let there = written(&upright, samples.marks(row));
                if there.len() > LONGEST {
                    continue;
                }
                self.sizes.push(upright.size.map(|side| side as u32));
                self.labels.push(there.len() as u8);
                self.marks.push(&there);
                self.pixels.extend(upright.values);
            }
            Ok(())
        })
    }

    /// All of it.
    pub fn samples(self) -> Samples {
        let Self { pixels, sizes, labels, marks } = self;
        let most = |i: usize| sizes.iter().map(|size| size[i] as usize).max().unwrap_or(1);
        Samples {
            width: most(0),
            height: most(1),
            channels: 1,
            sizes: Some(Arc::new(Sizes::new(sizes, 1))),
            marks: Some(Arc::new(marks)),
            names: None,
            labels: labels.into(),
            pixels: Pixels::Owned(pixels.into()),
        }
    }
}

/// The digits on what was cut out, from left to right, where they are there.
fn written(upright: &Upright, marks: &[Mark]) -> Vec<Mark> {
    let [width, height] = upright.size.map(|side| side as f32);
    let mut there: Vec<Mark> = marks
        .iter()
        .filter_map(|mark| {
            let [x, y] = upright.inwards(centre(&mark.area));
            let (w, h) = (mark.area.w / upright.step(), mark.area.h / upright.step());
            let inside = (0.0..width).contains(&x) && (0.0..height).contains(&y);
            let area = Area { x: x - w / 2.0, y: y - h / 2.0, w, h };
            (inside && h >= LOWEST * height).then_some(Mark { number: 0, area, ..*mark })
        })
        .collect();
    there.sort_by(|a, b| centre(&a.area)[0].total_cmp(&centre(&b.area)[0]));
    there
}

#[cfg(test)]
mod tests {
    use super::super::testing::detector_file;
    use super::*;
    use crate::data::Silent;
    use crate::found::{Found, Number, Thresholds};

    #[test]
    fn digits_are_told_where_they_come_to_be() -> anyhow::Result<()> {
        let raster = Raster { size: [200, 160], values: vec![50; 200 * 160] };
        let mark = |class, x, y, h| Mark { class, number: class, area: Area { x, y, w: 20.0, h } };
        // Two digits uphill, one of another number far away, and small print below.
        let marks = [
            mark(3, 90.0, 60.0, 40.0),
            mark(7, 60.0, 70.0, 40.0),
            mark(1, 10.0, 10.0, 40.0),
            mark(5, 80.0, 100.0, 6.0),
        ];
        let digits = marks[..2].iter().map(|mark| Found::new([0.5; 10], mark.area, None)).collect();
        let number =
            Number::of(digits, 0.0, &Thresholds::default()).ok_or_else(|| anyhow::anyhow!("two digits"))?;
        let upright =
            Upright::of(&raster, &number, Room::WIDE)?.ok_or_else(|| anyhow::anyhow!("it is there"))?;
        let there = written(&upright, &marks);
        assert_eq!(there.iter().map(|mark| mark.class).collect::<Vec<_>>(), [7, 3]);
        let middles = there.iter().map(|mark| centre(&mark.area)[1]);
        let level = upright.size[1] as f32 / 2.0;
        assert!(middles.into_iter().all(|y| (y - level).abs() < 0.1));
        assert!((there[0].area.h - 40.0 / upright.step()).abs() < 1e-3);
        Ok(())
    }

    #[test]
    fn what_is_found_is_cut_out() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let reader = PictureReader::open(&detector_file(folder.path())?, None)?;
        let pixels: Vec<u8> = (0..3 * 80 * 80_u32).map(|i| (i * i / 7 % 251) as u8).collect();
        let plain = Samples::new(Pixels::Owned(pixels.into()), Arc::from(vec![1; 3]), [1, 80, 80]);
        let mut mined = Mined::default();
        assert!(mined.add(&reader, &plain, &[0, 2], &Silent)?);
        let mined = mined.samples();
        let n_bytes = (0..mined.len()).map(|row| mined.size(row).iter().product::<usize>()).sum::<usize>();
        assert!(mined.len() <= 2 * MOST && (0..mined.len()).all(|row| mined.marks(row).is_empty()));
        assert_eq!(mined.pixels.bytes().map(<[u8]>::len), Some(n_bytes));
        Ok(())
    }
}
