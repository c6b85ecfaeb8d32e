//! Draws of scenes' own kinds from a random stream: one of a list, weighted, bell-shaped, by a table.

use super::super::random::Stream;

/// One of the items, each equally likely; `items` must not be empty.
pub(super) fn pick<'a, T>(stream: &mut Stream, items: &'a [T]) -> &'a T {
    &items[stream.below(items.len() as u32) as usize]
}

/// The place of one of the weights, as likely as it is large.
pub(super) fn weighted(stream: &mut Stream, weights: &[f32]) -> usize {
    let mut left = stream.unit() * weights.iter().sum::<f32>();
    for (at, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return at;
        }
    }
    // Rounding can leave a little: then it is the last that can be drawn at all.
    weights.iter().rposition(|weight| *weight > 0.0).unwrap_or(0)
}

/// About normally distributed, with mean 0 and standard deviation 1, never beyond 3.5.
pub(super) fn bell(stream: &mut Stream) -> f32 {
    let sum: f32 = (0..4).map(|_| stream.unit()).sum();
    // Four uniform numbers have a variance of 4 / 12.
    (sum - 2.0) * 3.0_f32.sqrt()
}

/// Between the two, each factor equally likely.
pub(super) fn log_between(stream: &mut Stream, low: f32, high: f32) -> f32 {
    low * (high / low).powf(stream.unit())
}

/// A number whose quantiles at `levels` (from 0 to 1) are `values`, straight lines between them.
pub(super) fn by_quantiles(stream: &mut Stream, levels: &[f32], values: &[f32]) -> f32 {
    let level = stream.unit();
    let next = levels.iter().position(|at| *at > level).unwrap_or(levels.len() - 1).max(1);
    let (from, to) = (levels[next - 1], levels[next]);
    let share = (level - from) / (to - from).max(f32::MIN_POSITIVE);
    values[next - 1] + (values[next] - values[next - 1]) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_as_likely_as_they_should_be() {
        let mut stream = Stream::new("test", 1, 0, 0);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[weighted(&mut stream, &[1.0, 0.0, 3.0])] += 1;
        }
        assert_eq!(counts[1], 0);
        assert!((2_300..2_700).contains(&counts[0]), "{counts:?}");

        let bells: Vec<f32> = (0..10_000).map(|_| bell(&mut stream)).collect();
        let mean = bells.iter().sum::<f32>() / 10_000.0;
        let variance = bells.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.05 && (variance - 1.0).abs() < 0.06, "{mean} {variance}");

        let mut drawn: Vec<f32> = (0..10_001)
            .map(|_| by_quantiles(&mut stream, &[0.0, 0.25, 0.5, 1.0], &[1.0, 2.0, 5.0, 6.0]))
            .collect();
        drawn.sort_by(f32::total_cmp);
        assert!((drawn[2_500] - 2.0).abs() < 0.2 && (drawn[5_000] - 5.0).abs() < 0.2);
        assert!(drawn[0] >= 1.0 && drawn[10_000] <= 6.0);
        assert!((0..1000).all(|_| (2.0..=8.0).contains(&log_between(&mut stream, 2.0, 8.0))));
    }
}
