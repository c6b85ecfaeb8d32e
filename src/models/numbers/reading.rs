//! What a network reads on a picture, and how sure it is.

use crate::data::{Area, Mark, marks};

/// A number as a network reads it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Its characters, as the data set's classes count.
    pub classes: Vec<u8>,
    /// How likely all of it is right, 0 to 1, as the network has it.
    pub confidence: f32,
    /// For each character the probability of every class (blank left out).
    pub characters: Vec<Vec<f32>>,
    /// The probability of each length, from none on.
    pub lengths: Vec<f32>,
    /// Where it is, as shares of the picture's sides; `None` where the network does not say.
    pub place: Option<Area>,
}

impl Reading {
    /// The number as text, by the names of the classes.
    pub fn text(&self, classes: &[String]) -> String {
        self.classes
            .iter()
            .map(|class| classes.get(usize::from(*class)).map_or("?", String::as_str))
            .collect()
    }

    /// Where it is on a picture of `[width, height]`, in pixels; `None` where the network does not say.
    pub fn area(&self, size: [usize; 2]) -> Option<Area> {
        let [width, height] = size.map(|side| side as f32);
        let Area { x, y, w, h } = self.place?;
        Some(Area { x: x * width, y: y * height, w: w * width, h: h * height })
    }

    /// The share of their union that its box on a picture of `[width, height]` has in common with the one around a
    /// number; `None` where one of them is not known.
    pub fn overlap(&self, number: &[Mark], size: [usize; 2]) -> Option<f32> {
        let truth = marks::around(number).filter(|truth| truth.size() > 0.0)?;
        Some(self.area(size)?.iou(&truth))
    }

    /// Whether it is exactly this number.
    pub fn is(&self, number: &[i64]) -> bool {
        self.classes.len() == number.len()
            && self.classes.iter().zip(number).all(|(one, other)| i64::from(*one) == *other)
    }
}

/// The number of greatest probability P(length) x P(first character) x ... (Goodfellow et al., 2013, arXiv 1312.6082,
/// section 4), from the probabilities of lengths `[longest + 1]` and of classes `[longest, width]`, of which the first
/// `n_classes` are characters and the one behind them, if there is one, the blank.
pub fn likeliest(lengths: &[f32], classes: &[f32], width: usize, n_classes: usize) -> Reading {
    let best: Vec<(u8, f32)> = classes
        .chunks(width)
        .map(|all| {
            let first = (0, f32::NEG_INFINITY);
            all[..n_classes]
                .iter()
                .enumerate()
                .fold(first, |best, (i, p)| if *p > best.1 { (i as u8, *p) } else { best })
        })
        .collect();
    let (mut length, mut confidence, mut all) = (0, f32::NEG_INFINITY, 1.0);
    for (n, probability) in lengths.iter().enumerate() {
        if n > 0 {
            all *= best[n - 1].1;
        }
        if probability * all > confidence {
            (length, confidence) = (n, probability * all);
        }
    }
    Reading {
        classes: best[..length].iter().map(|(class, _)| *class).collect(),
        confidence,
        characters: classes.chunks(width).take(length).map(|all| shares(&all[..n_classes])).collect(),
        lengths: lengths.to_vec(),
        place: None,
    }
}

/// Probabilities that add up to 1.
pub fn shares(all: &[f32]) -> Vec<f32> {
    let sum: f32 = all.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    all.iter().map(|p| p / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_characters_decide_together() {
        // Two characters of classes a, b and blank. Length 2 is likelier, but the second character is in doubt.
        let classes = [0.1, 0.9, 0.0, 0.45, 0.35, 0.2];
        let reading = likeliest(&[0.0, 0.4, 0.6], &classes, 3, 2);
        // 0.4 * 0.9 = 0.36 is more than 0.6 * 0.9 * 0.45 = 0.243.
        assert_eq!(reading.classes, [1]);
        assert!((reading.confidence - 0.36).abs() < 1e-6);
        assert!((reading.characters[0][1] - 0.9).abs() < 1e-6);
        let reading = likeliest(&[0.0, 0.2, 0.8], &classes, 3, 2);
        assert_eq!(reading.classes, [1, 0]);
        assert!((reading.characters[1][0] - 0.45 / 0.8).abs() < 1e-6);
        assert!(reading.is(&[1, 0]) && !reading.is(&[1]) && !reading.is(&[1, 1]));
        assert_eq!(reading.text(&["a".to_owned(), "b".to_owned()]), "ba");
        let mark = |x| Mark { class: 0, number: 0, area: Area { x, y: 10.0, w: 10.0, h: 20.0 } };
        assert_eq!(reading.overlap(&[mark(0.0)], [80, 40]), None);
        let place = Some(Area { x: 0.25, y: 0.25, w: 0.25, h: 0.5 });
        let located = Reading { place, ..reading };
        assert_eq!(located.overlap(&[mark(20.0), mark(30.0)], [80, 40]), Some(1.0));
        assert_eq!(
            (located.overlap(&[mark(20.0)], [80, 40]), located.overlap(&[], [80, 40])),
            (Some(0.5), None)
        );
    }
}
