//! Digits that people wrote, out of a data set such as MNIST, as outlines: written on whatever a scene has.

use super::super::{DataError, Kind, Places, Progress, Samples, Source};

use super::geometry::Outline;
use super::settings::Scenes;
use super::typeface::Glyph;
use crate::data::random::Stream;
use crate::knobs::Choice as _;
use ab_glyph::{Point, point};

/// Digits of each class that are kept of each part.
const MOST: usize = 2_000;
/// Half of white: where ink ends.
const LEVEL: f32 = 127.5;

/// Digits by class, their pictures' side, and their pictures: white on black, row after row.
#[derive(Debug, Default)]
pub(super) struct Hands {
    width: usize,
    /// For each class, picture after picture.
    classes: [Vec<u8>; 10],
}

/// The data set that digits are to be taken from, if one is named.
pub(super) fn wanted(settings: &Scenes) -> Option<Source> {
    let name = settings.handwriting.trim();
    let mut source = Source::default();
    (name != "scenes" && source.choose(name)).then_some(source)
}

/// The digits of training and of test images; why there are none is a warning.
pub(super) fn open(
    settings: &Scenes,
    places: &Places,
    job: &dyn Progress,
    warnings: &mut Vec<String>,
) -> Result<[Hands; 2], DataError> {
    let Some(source) = wanted(settings) else {
        if !settings.handwriting.trim().is_empty() {
            warnings
                .push(format!("no data set to take handwriting from is called '{}'", settings.handwriting));
        }
        return Ok(Default::default());
    };
    let dataset = source.load(places, job)?;
    let digits =
        dataset.classes.iter().map(String::as_str).eq(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let usable = |samples: &Samples| {
        samples.channels == 1 && samples.sizes.is_none() && samples.width == samples.height
    };
    if !digits || dataset.kind != Kind::Classes || !dataset.parts().into_iter().all(usable) {
        warnings.push(format!("{} has no single digits in grey to take handwriting from", dataset.name));
        return Ok(Default::default());
    }
    Ok(dataset.parts().map(|samples| {
        let mut hands = Hands { width: samples.width, ..Hands::default() };
        for row in 0..samples.len() {
            let class = &mut hands.classes[usize::from(samples.labels[row])];
            if class.len() < MOST * samples.image_len() {
                class.extend_from_slice(&samples.image(row));
            }
        }
        hands
    }))
}

impl Hands {
    /// Whether every digit can be had.
    pub(super) fn complete(&self) -> bool {
        self.classes.iter().all(|pictures| !pictures.is_empty())
    }

    /// Some digit of a class, as high as a digit is; `space` to the next one.
    pub(super) fn glyph(&self, class: u8, space: f32, stream: &mut Stream) -> Option<Glyph> {
        let (pictures, n) = (&self.classes[usize::from(class)], self.width * self.width);
        if pictures.is_empty() {
            return None;
        }
        let at = stream.below((pictures.len() / n) as u32) as usize;
        let ink = outline(&pictures[at * n..][..n], self.width);
        let bounds = ink.bounds()?;
        // All digits of MNIST are 20 pixels in their longer direction; a lying one must not become a giant.
        let by = 1.0 / bounds.h.max(bounds.w * 0.8);
        let ink = ink.moved(|p| point((p.x - bounds.x) * by + space / 2.0, (p.y - bounds.bottom()) * by));
        Some(Glyph { ink, cut: Outline::default(), advance: bounds.w * by + space })
    }

    /// For the fingerprint: what tells other digits apart.
    pub(super) fn bytes(&self) -> impl Iterator<Item = &u8> {
        self.classes.iter().flatten().step_by(97)
    }
}

/// What is lighter than half of white, between the middles of pixels by straight lines. Every square between four
/// pixels gives its own polygon; edges that two of them share cancel out where they are filled.
fn outline(picture: &[u8], width: usize) -> Outline {
    let height = picture.len() / width.max(1);
    // A border of black closes shapes at the edge.
    let at = |x: usize, y: usize| {
        let inside = x >= 1 && y >= 1 && x <= width && y <= height;
        if inside { f32::from(picture[(y - 1) * width + x - 1]) } else { 0.0 }
    };
    let mut outline = Outline::default();
    for y in 0..=height {
        for x in 0..=width {
            let corners = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)];
            let values = corners.map(|(x, y)| at(x, y));
            if values.iter().all(|value| *value < LEVEL) {
                continue;
            }
            let mut polygon: Vec<Point> = Vec::with_capacity(8);
            for i in 0..4 {
                let (a, b) = (values[i], values[(i + 1) % 4]);
                let (p, q) = (corners[i], corners[(i + 1) % 4]);
                let (p, q) = (point(p.0 as f32, p.1 as f32), point(q.0 as f32, q.1 as f32));
                if a >= LEVEL {
                    polygon.push(p);
                }
                if (a >= LEVEL) != (b >= LEVEL) {
                    polygon.push(super::geometry::mix(p, q, (LEVEL - a) / (b - a)));
                }
            }
            outline.polygons.push(polygon);
        }
    }
    outline
}

#[cfg(test)]
mod tests {
    use super::super::raster::Mask;
    use super::*;

    #[test]
    fn an_outline_has_the_ink_of_its_picture() {
        // A ring: its hole must stay one.
        let picture: Vec<u8> = (0..28 * 28)
            .map(|at| {
                let (x, y) = ((at % 28) as f32 - 13.5, (at / 28) as f32 - 13.5);
                let from_ring = ((x * x + y * y).sqrt() - 8.0).abs();
                (255.0 * (2.5 - from_ring).clamp(0.0, 1.0)) as u8
            })
            .collect();
        let ink = outline(&picture, 28);
        let mask = Mask::fill(&ink.moved(|p| point(p.x * 4.0, p.y * 4.0)), [140, 140], 0, 0);
        let expected = std::f32::consts::PI * (10.0_f32.powi(2) - 6.0_f32.powi(2)) * 16.0;
        assert!((mask.size() / expected - 1.0).abs() < 0.04, "{} {expected}", mask.size());
        assert!(mask.at(58, 58) < 0.01 && mask.at(58, 26) > 0.99);

        let mut hands = Hands { width: 28, ..Hands::default() };
        assert!(!hands.complete());
        let mut stream = Stream::new("test", 0, 0, 0);
        assert!(hands.glyph(3, 0.1, &mut stream).is_none());
        hands.classes.iter_mut().for_each(|class| class.extend_from_slice(&picture));
        let area = hands.glyph(3, 0.1, &mut stream).and_then(|glyph| glyph.ink.bounds()).expect("it has ink");
        assert!(hands.complete() && (area.h - 1.0).abs() < 1e-4 && (area.bottom()).abs() < 1e-4, "{area:?}");
    }
}
