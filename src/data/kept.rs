//! Pictures that take long to draw, kept in memory once they were drawn.

use super::samples::{Images, Pixels, Samples};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// Pictures of other samples: the first ones are kept, the rest are drawn each time.
struct Kept {
    base: Samples,
    drawn: Vec<OnceLock<Box<[u8]>>>,
}

impl Images for Kept {
    fn image(&self, row: usize) -> Cow<'_, [u8]> {
        match self.drawn.get(row) {
            Some(kept) => Cow::Borrowed(kept.get_or_init(|| self.base.image(row).into())),
            None => self.base.image(row),
        }
    }
}

impl Samples {
    /// The same pictures, as many of them as `bytes` hold kept in memory from the first time that they are asked for.
    /// Those that are quick to have stay where they are.
    pub fn kept(self, bytes: u64) -> Self {
        let each = self.n_bytes() / (self.len() as u64).max(1);
        let n = (bytes / each.max(1)).min(self.len() as u64) as usize;
        if self.is_quick() || n == 0 {
            return self;
        }
        let drawn = (0..n).map(|_| OnceLock::new()).collect();
        Self { pixels: Pixels::Drawn(Arc::new(Kept { base: self.clone(), drawn })), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Counting(Arc<AtomicUsize>);

    impl Images for Counting {
        fn image(&self, row: usize) -> Cow<'_, [u8]> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Cow::Owned(vec![row as u8; 4])
        }
    }

    #[test]
    fn the_first_are_drawn_once_and_the_others_each_time() {
        let drawn = Arc::new(AtomicUsize::new(0));
        let pixels = Pixels::Drawn(Arc::new(Counting(Arc::clone(&drawn))));
        let samples = Samples::new(pixels, vec![0; 3].into(), [1, 2, 2]).kept(9);
        for _ in 0..5 {
            (0..3).for_each(|row| assert_eq!(samples.image(row)[..], [row as u8; 4]));
        }
        assert_eq!(drawn.load(Ordering::Relaxed), 2 + 5);
        assert_eq!(samples.kept(3).image(1)[..], [1; 4]);
    }
}
