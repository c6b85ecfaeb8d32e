//! Whether confidences say how often a reading is right.

/// Bins of the calibration error (Guo et al., 2017, "On calibration of modern neural networks", arXiv 1706.04599).
const BINS: usize = 15;

/// Mean distance between confidence and share of right ones over bins of equal width, weighted by what is in them.
pub fn expected_calibration_error(readings: &[(f32, bool)]) -> f64 {
    let mut bins = [(0_u64, 0.0_f64, 0_u64); BINS];
    for (confidence, right) in readings {
        let bin = &mut bins[((confidence * BINS as f32) as usize).min(BINS - 1)];
        *bin = (bin.0 + 1, bin.1 + f64::from(*confidence), bin.2 + u64::from(*right));
    }
    let apart: f64 = bins.iter().map(|(_, confidence, right)| (confidence - *right as f64).abs()).sum();
    apart / readings.len().max(1) as f64
}

/// Share of readings that can be kept, the surest first, so that of those kept `accuracy` are right
/// (Goodfellow et al., 2013, arXiv 1312.6082, section 4).
pub fn coverage(readings: &[(f32, bool)], accuracy: f64) -> f64 {
    let mut sorted = readings.to_vec();
    // Of equally sure ones the wrong come first: no luck by the order that they came in.
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let (mut right, mut covered) = (0_u64, 0);
    for (i, (_, is_right)) in sorted.iter().enumerate() {
        right += u64::from(*is_right);
        if right as f64 >= accuracy * (i + 1) as f64 {
            covered = i + 1;
        }
    }
    covered as f64 / readings.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibration_by_hand() {
        // One bin of two at 0.9, one right: |1.8 - 1|; one bin of one at 0.5, right: |0.5 - 1|.
        let error = expected_calibration_error(&[(0.9, true), (0.9, false), (0.5, true)]);
        assert!((error - 1.3 / 3.0).abs() < 1e-6, "{error}");
        assert_eq!(expected_calibration_error(&[(1.0, true), (0.0, false)]), 0.0);
        assert_eq!(expected_calibration_error(&[]), 0.0);
    }

    #[test]
    fn coverage_by_hand() {
        let readings = [(0.9, true), (0.8, true), (0.7, false), (0.6, true), (0.1, false)];
        assert_eq!(coverage(&readings, 1.0), 0.4);
        assert_eq!(coverage(&readings, 0.75), 0.8);
        assert_eq!(coverage(&readings, 0.0), 1.0);
        assert_eq!(coverage(&[(0.5, true), (0.5, false)], 0.98), 0.0);
        assert_eq!(coverage(&[], 0.98), 0.0);
    }
}
