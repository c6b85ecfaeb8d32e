//! Which rows validate, and in which order the others are seen: functions of seed and epoch alone, the same on every
//! machine, so that a resumed training needs nothing saved.

use super::random::Stream;

/// Cuts `labels.len()` rows into those to train on and those to validate on, both ascending. `share` (0 to 1) of the
/// rows validate, to the nearest row, and so does that share of every class, to within one row; at least one row is
/// left to train on.
pub fn split(labels: &[u8], share: f64, seed: u64) -> (Vec<u32>, Vec<u32>) {
    let mut rows: Vec<u32> = (0..labels.len() as u32).collect();
    Stream::new("split", seed, 0, 0).shuffle(&mut rows);
    // Stable: within a class the rows stay shuffled.
    rows.sort_by_key(|&row| labels[row as usize]);

    let n_valid =
        ((labels.len() as f64 * share.clamp(0.0, 1.0)).round() as usize).min(labels.len().saturating_sub(1));
    let mut validates = vec![false; labels.len()];
    // Rows taken at even distances from the classes laid end to end: each class gives its share.
    for taken in 0..n_valid {
        let place = (taken as u64 * rows.len() as u64 + rows.len() as u64 / 2) / n_valid as u64;
        validates[rows[place as usize] as usize] = true;
    }
    (0..labels.len() as u32).partition(|&row| !validates[row as usize])
}

/// The rows in the order in which the epoch sees them.
pub fn order(rows: &[u32], seed: u64, epoch: u64) -> Vec<u32> {
    let mut shuffled = rows.to_vec();
    Stream::new("order", seed, epoch, 0).shuffle(&mut shuffled);
    shuffled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(n: usize) -> Vec<u8> {
        (0..n).map(|i| (i * i % 7) as u8).collect()
    }

    #[test]
    fn every_row_is_in_one_part() {
        for (n, share, expected) in [
            (0, 0.1, 0),
            (1, 0.5, 0),
            (2, 0.5, 1),
            (10, 0.0, 0),
            (1000, 0.1, 100),
            (999, 0.5, 500),
            (5, 1.0, 4),
        ] {
            let (train, valid) = split(&labels(n), share, 3);
            assert_eq!(valid.len(), expected, "{n} rows, share {share}");
            let mut all = [train, valid].concat();
            all.sort_unstable();
            assert_eq!(all, (0..n as u32).collect::<Vec<_>>());
        }
    }

    #[test]
    fn every_class_gives_its_share() {
        let labels = labels(1000);
        let (_, valid) = split(&labels, 0.13, 5);
        for class in 0..7 {
            let all = labels.iter().filter(|&&l| l == class).count() as f64;
            let taken = valid.iter().filter(|&&row| labels[row as usize] == class).count() as f64;
            assert!((taken - all * 0.13).abs() <= 1.0, "class {class}: {taken} of {all}");
        }
    }

    #[test]
    fn the_seed_decides() {
        let labels = labels(200);
        assert_eq!(split(&labels, 0.2, 1), split(&labels, 0.2, 1));
        assert_ne!(split(&labels, 0.2, 1), split(&labels, 0.2, 2));
        let rows: Vec<u32> = (0..200).collect();
        assert_eq!(order(&rows, 1, 4), order(&rows, 1, 4));
        assert_ne!(order(&rows, 1, 4), order(&rows, 1, 5));
        assert_ne!(order(&rows, 1, 4), order(&rows, 2, 4));
        let mut sorted = order(&rows, 1, 4);
        sorted.sort_unstable();
        assert_eq!(sorted, rows);
    }
}
