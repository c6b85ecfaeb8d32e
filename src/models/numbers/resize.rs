//! Brings pictures of bytes to another size: the mean where they shrink, straight lines between pixels where they grow.

/// The size that pictures are brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Whether a picture that is narrower for its height keeps its proportions: it stands in the middle, and what is
    /// left free beside it shows its rim.
    pub proportions: bool,
}

impl Frame {
    /// A square that every picture fills.
    pub const fn square(side: usize) -> Self {
        Self { width: side, height: side, proportions: false }
    }

    /// Columns that a picture of `[width, height]` takes.
    fn columns(&self, [width, height]: [usize; 2]) -> usize {
        let wanted = width * self.height / height.max(1);
        if self.proportions { wanted.clamp(1, self.width) } else { self.width }
    }

    /// Where a place across a picture of `[width, height]` comes to be, both as shares of the width.
    pub fn across(&self, place: f32, from: [usize; 2]) -> f32 {
        let inner = self.columns(from);
        let left = (self.width - inner) / 2;
        (left as f32 + place * inner as f32) / self.width as f32
    }

    /// Brings each channel of a picture of `[width, height]` to the frame.
    pub fn bring(&self, pixels: &[u8], from: [usize; 2]) -> Vec<u8> {
        let &Self { width, height, .. } = self;
        let inner = self.columns(from);
        let narrow = resized(pixels, from, [inner, height]);
        if inner == width {
            return narrow;
        }
        let left = (width - inner) / 2;
        narrow
            .chunks_exact(inner)
            .flat_map(|row| (0..width).map(move |x| row[x.saturating_sub(left).min(inner - 1)]))
            .collect()
    }
}

/// Resizes each channel of a picture from `[width, height]` to another `[width, height]`.
pub fn resized(pixels: &[u8], from: [usize; 2], to: [usize; 2]) -> Vec<u8> {
    let [width, height] = from;
    let (columns, rows) = (Axis::new(width, to[0]), Axis::new(height, to[1]));
    let mut out = Vec::with_capacity(pixels.len() / (width * height).max(1) * to[0] * to[1]);
    let mut narrow = vec![0.0_f32; to[0] * height];
    for plane in pixels.chunks_exact((width * height).max(1)) {
        for (row, narrowed) in plane.chunks_exact(width).zip(narrow.chunks_exact_mut(to[0])) {
            for (x, value) in narrowed.iter_mut().enumerate() {
                *value = columns.taps(x).map(|(at, share)| f32::from(row[at]) * share).sum();
            }
        }
        for y in 0..to[1] {
            for x in 0..to[0] {
                let sum: f32 = rows.taps(y).map(|(at, share)| narrow[at * to[0] + x] * share).sum();
                out.push(sum.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    out
}

/// How the pixels of one side become those of another.
struct Axis {
    starts: Vec<usize>,
    shares: Vec<Vec<f32>>,
}

impl Axis {
    fn new(from: usize, to: usize) -> Self {
        let scale = from as f32 / to as f32;
        // A triangle as wide as what is between two new pixels, at least as between two old ones.
        let reach = scale.max(1.0);
        let (mut starts, mut shares) = (Vec::with_capacity(to), Vec::with_capacity(to));
        for i in 0..to {
            let middle = (i as f32 + 0.5) * scale;
            let first = (middle - reach).floor().max(0.0) as usize;
            let last = ((middle + reach).ceil() as usize).min(from).max(first + 1);
            let weights = (first..last).map(|at| (1.0 - (at as f32 + 0.5 - middle).abs() / reach).max(0.0));
            let weights: Vec<f32> = weights.collect();
            let sum = weights.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            starts.push(first);
            shares.push(weights.iter().map(|weight| weight / sum).collect());
        }
        Self { starts, shares }
    }

    fn taps(&self, i: usize) -> impl Iterator<Item = (usize, f32)> {
        let start = self.starts[i];
        self.shares[i].iter().enumerate().map(move |(tap, share)| (start + tap, *share))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_size_changes_nothing_and_means_are_kept() {
        let pixels: Vec<u8> = (0..2 * 6 * 8).map(|i| (i * 37 % 251) as u8).collect();
        assert_eq!(resized(&pixels, [6, 8], [6, 8]), pixels);
        assert_eq!(resized(&[10; 35], [5, 7], [13, 3]), [10; 39]);
        let mean = |pixels: &[u8]| pixels.iter().map(|p| f64::from(*p)).sum::<f64>() / pixels.len() as f64;
        let small = resized(&pixels, [6, 8], [3, 4]);
        assert!((mean(&small) - mean(&pixels)).abs() < 12.0 && small.len() == 24);
        // A ramp stays a ramp.
        let wide = resized(&[0, 100, 200], [3, 1], [6, 1]);
        assert_eq!(wide, [0, 25, 75, 125, 175, 200]);
    }

    #[test]
    fn a_frame_keeps_proportions_where_it_is_wide_enough() {
        let frame = Frame { width: 6, height: 2, proportions: true };
        // Two columns at twice the size are four, with a column of rim on each side.
        assert_eq!(frame.bring(&[0, 100], [2, 1]), [0, 0, 25, 75, 100, 100].repeat(2));
        assert_eq!(frame.bring(&[9; 40], [20, 2]), [9; 12]);
        assert_eq!(frame.bring(&[7; 300], [1, 300]), [7; 12]);
        assert_eq!(Frame::square(2).bring(&[1, 3], [2, 1]), [1, 3, 1, 3]);
    }

    #[test]
    fn a_single_pixel_fills_everything() {
        assert_eq!(resized(&[77], [1, 1], [4, 3]), [77; 12]);
        assert_eq!(resized(&[77; 900], [30, 30], [1, 1]), [77]);
    }
}
