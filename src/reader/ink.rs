//! Finding the ink in a grey picture: which pixels belong to the digit, and where they lie.

use super::prepare::Grey;

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

/// Components of less than this share of the largest are specks of dust, not parts of the digit: the dot of an i is larger.
const SPECK_SHARE: f32 = 0.05;

/// The threshold that parts the values into two groups of least spread (Otsu, 1979, "A threshold selection method from
/// gray-level histograms"). `values` lie in 0..1.
pub fn otsu(values: &[f32]) -> f32 {
    const BINS: usize = 256;
    let mut histogram = [0_u32; BINS];
    for value in values {
        histogram[((value * BINS as f32) as usize).min(BINS - 1)] += 1;
    }
    let total = values.len() as f64;
    let sum: f64 = histogram.iter().enumerate().map(|(i, n)| i as f64 * f64::from(*n)).sum();
    let (mut below, mut sum_below) = (0.0, 0.0);
    let (mut best, mut threshold) = (0.0, 0.5);
    for (i, n) in histogram.iter().enumerate() {
        below += f64::from(*n);
        sum_below += i as f64 * f64::from(*n);
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let difference = sum_below / below - (sum - sum_below) / above;
        let between = below * above * difference * difference;
        if between > best {
            best = between;
            threshold = (i + 1) as f32 / BINS as f32;
        }
    }
    threshold
}

/// Clears everything that is not connected to ink of a size worth reading, and tells the area of what is left; `None`
/// when nothing is. Ink is what reaches `threshold`.
pub fn keep_digit(grey: &mut Grey, threshold: f32) -> Option<Area> {
    let (labels, sizes) = components(grey, threshold);
    let largest = *sizes.iter().max()?;
    let enough = |label: u32| label > 0 && sizes[label as usize - 1] as f32 >= SPECK_SHARE * largest as f32;
    let kept: Vec<bool> = labels.iter().map(|label| enough(*label)).collect();
    let area = bounds(&kept, grey.width)?;
    // The soft rim of a stroke lies just outside of the ink and belongs to it.
    let rim = (area.width.max(area.height) / 40).max(1);
    let near = dilate(&kept, grey.width, rim);
    for (value, near) in grey.values.iter_mut().zip(near) {
        if !near {
            *value = 0.0;
        }
    }
    Some(area)
}

/// For every pixel the number of its component (0 for none), and the pixels of each component. Diagonal neighbours
/// are connected.
fn components(grey: &Grey, threshold: f32) -> (Vec<u32>, Vec<u32>) {
    let (width, height) = (grey.width, grey.height);
    let mut labels = vec![0; grey.values.len()];
    let mut sizes = Vec::new();
    let mut to_visit = Vec::new();
    for start in 0..labels.len() {
        if labels[start] != 0 || grey.values[start] < threshold {
            continue;
        }
        let label = sizes.len() as u32 + 1;
        let mut size = 0;
        labels[start] = label;
        to_visit.push(start);
        while let Some(at) = to_visit.pop() {
            size += 1;
            let (x, y) = (at % width, at / width);
            for ny in y.saturating_sub(1)..(y + 2).min(height) {
                for nx in x.saturating_sub(1)..(x + 2).min(width) {
                    let next = ny * width + nx;
                    if labels[next] == 0 && grey.values[next] >= threshold {
                        labels[next] = label;
                        to_visit.push(next);
                    }
                }
            }
        }
        sizes.push(size);
    }
    (labels, sizes)
}

fn bounds(mask: &[bool], width: usize) -> Option<Area> {
    let points = || mask.iter().enumerate().filter(|(_, set)| **set).map(|(at, _)| (at % width, at / width));
    let (left, right) = (points().map(|p| p.0).min()?, points().map(|p| p.0).max()?);
    let (top, bottom) = (points().map(|p| p.1).min()?, points().map(|p| p.1).max()?);
    Some(Area { x: left, y: top, width: right - left + 1, height: bottom - top + 1 })
}

/// The mask grown by `by` pixels in each direction, first along rows and then along columns.
fn dilate(mask: &[bool], width: usize, by: usize) -> Vec<bool> {
    let height = mask.len() / width;
    let mut rows = vec![false; mask.len()];
    let mut both = vec![false; mask.len()];
    for y in 0..height {
        for x in (0..width).filter(|x| mask[y * width + x]) {
            rows[y * width + x.saturating_sub(by)..y * width + (x + by + 1).min(width)].fill(true);
        }
    }
    for y in 0..height {
        for x in (0..width).filter(|x| rows[y * width + x]) {
            for ny in y.saturating_sub(by)..(y + by + 1).min(height) {
                both[ny * width + x] = true;
            }
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_are_parted_between_them() {
        let values: Vec<f32> =
            [0.1, 0.12, 0.15].repeat(100).into_iter().chain([0.8, 0.9].repeat(10)).collect();
        let threshold = otsu(&values);
        assert!(threshold > 0.15 && threshold <= 0.8, "{threshold}");
    }

    #[test]
    fn a_speck_is_cleared_and_a_part_is_kept() {
        let mut grey = Grey { width: 40, height: 40, values: vec![0.0; 1600] };
        for y in 10..30 {
            for x in 18..21 {
                grey.values[y * 40 + x] = 1.0;
            }
        }
        // A separate bar above it, as of a 5 drawn in two strokes, and dust in the corner.
        for x in 18..28 {
            grey.values[6 * 40 + x] = 1.0;
        }
        grey.values[39 * 40 + 39] = 1.0;
        let area = keep_digit(&mut grey, 0.5);
        assert_eq!(area, Some(Area { x: 18, y: 6, width: 10, height: 24 }));
        assert_eq!(grey.values[39 * 40 + 39], 0.0);
        assert_eq!(grey.values[6 * 40 + 27], 1.0);
    }

    #[test]
    fn without_ink_there_is_no_area() {
        let mut grey = Grey { width: 3, height: 1, values: vec![0.1; 3] };
        assert_eq!(keep_digit(&mut grey, 0.5), None);
    }
}
