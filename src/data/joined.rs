//! Both parts of a data set as one: the training images first, the test images after them.

use super::marks::Marks;
use super::samples::{Images, Pixels, Samples, Sizes};
use std::borrow::Cow;
use std::sync::Arc;

/// Joins two parts of as many channels without copying pixels: row `first.len()` is the first one of `second`.
pub fn joined(first: &Samples, second: &Samples) -> Samples {
    let parts = [first, second];
    let one_size = parts.iter().all(|part| part.sizes.is_none())
        && ((first.width, first.height) == (second.width, second.height)
            || first.is_empty()
            || second.is_empty());
    let sizes = (!one_size).then(|| {
        let all = parts.iter().flat_map(|part| (0..part.len()).map(|row| part.size(row).map(|n| n as u32)));
        Arc::new(Sizes::new(all.collect(), first.channels))
    });
    let marks = parts.iter().any(|part| part.marks.is_some()).then(|| {
        let mut marks = Marks::new();
        parts.iter().for_each(|part| (0..part.len()).for_each(|row| marks.push(part.marks(row))));
        Arc::new(marks)
    });
    let names = parts.iter().any(|part| part.names.is_some()).then(|| {
        parts.iter().flat_map(|part| (0..part.len()).map(|row| part.name(row).to_owned())).collect()
    });
    Samples {
        labels: parts.iter().flat_map(|part| part.labels.iter().copied()).collect(),
        channels: first.channels,
        height: first.height.max(second.height),
        width: first.width.max(second.width),
        sizes,
        marks,
        names,
        pixels: Pixels::Drawn(Arc::new(Joined { parts: [first.clone(), second.clone()] })),
    }
}

struct Joined {
    parts: [Samples; 2],
}

impl Images for Joined {
    fn image(&self, row: usize) -> Cow<'_, [u8]> {
        let [first, second] = &self.parts;
        match row.checked_sub(first.len()) {
            None => first.image(row),
            Some(row) => second.image(row),
        }
    }

    fn is_quick(&self) -> bool {
        self.parts.iter().all(Samples::is_quick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_the_second_follow_those_of_the_first() {
        let part = |labels: &[u8], from: u8, size: [usize; 2]| {
            let n = labels.len() * size[0] * size[1];
            let pixels: Vec<u8> = (0..n as u8).map(|i| i + from).collect();
            Samples::new(Pixels::Owned(pixels.into()), labels.into(), [1, size[1], size[0]])
        };
        let (a, b) = (part(&[1, 2], 0, [2, 1]), part(&[3], 100, [2, 1]));
        let both = joined(&a, &b);
        assert_eq!((both.len(), &both.labels[..]), (3, &[1, 2, 3][..]));
        assert_eq!((&both.image(1)[..], &both.image(2)[..]), (&[2, 3][..], &[100, 101][..]));
        assert!(both.sizes.is_none() && both.marks.is_none() && both.names.is_none() && both.is_quick());

        let wide = Samples { names: Some(Arc::from([String::from("w")])), ..part(&[3], 100, [3, 2]) };
        let both = joined(&a, &wide);
        assert_eq!((both.size(0), both.size(2), both.width, both.height), ([2, 1], [3, 2], 3, 2));
        assert_eq!((both.name(0), both.name(2), both.n_bytes()), ("", "w", 10));
        assert_eq!(joined(&a, &wide.first(0)).sizes, None);
    }
}
