//! So many images of a part, as many of each class, the same ones for the same seed.

use super::super::random::Stream;

/// What was chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subset {
    /// The images chosen, ascending.
    pub chosen: Vec<u32>,
    /// The others, ascending.
    pub left: Vec<u32>,
    /// The classes that have too few images, each with how many are missing.
    pub missing: Vec<(u8, usize)>,
}

/// Chooses `n` of the rows. With `balanced` each class that has images at all gives as many, to within one.
pub fn choose(rows: &[u32], labels: &[u8], n: usize, balanced: bool, stream: &mut Stream) -> Subset {
    let mut shuffled = rows.to_vec();
    shuffled.sort_unstable();
    stream.shuffle(&mut shuffled);
    let mut subset = Subset::default();
    if balanced {
        let mut of_class: Vec<Vec<u32>> = vec![Vec::new(); 256];
        shuffled.iter().for_each(|row| of_class[usize::from(labels[*row as usize])].push(*row));
        let n_classes = of_class.iter().filter(|rows| !rows.is_empty()).count().max(1);
        let present = of_class.iter().enumerate().filter(|(_, rows)| !rows.is_empty());
        for (i, (class, rows)) in present.enumerate() {
            let wanted = n / n_classes + usize::from(i < n % n_classes);
            let taken = wanted.min(rows.len());
            if taken < wanted {
                subset.missing.push((class as u8, wanted - taken));
            }
            subset.chosen.extend(&rows[..taken]);
            subset.left.extend(&rows[taken..]);
        }
    } else {
        let taken = n.min(shuffled.len());
        subset.chosen.extend(&shuffled[..taken]);
        subset.left.extend(&shuffled[taken..]);
    }
    subset.chosen.sort_unstable();
    subset.left.sort_unstable();
    subset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_give_as_many_and_nothing_is_lost() {
        let labels: Vec<u8> = (0..1000).map(|i| if i % 3 == 0 { 0 } else { (i % 7) as u8 }).collect();
        let rows: Vec<u32> = (0..1000).filter(|row| row % 2 == 0).collect();
        let pick =
            |n, balanced, seed| choose(&rows, &labels, n, balanced, &mut Stream::new("test", seed, 0, 0));
        let subset = pick(200, true, 1);
        let mut counts = [0; 7];
        subset.chosen.iter().for_each(|row| counts[usize::from(labels[*row as usize])] += 1);
        assert!(
            counts.iter().all(|n| (28..=29).contains(n)) && counts.iter().sum::<usize>() == 200,
            "{counts:?}"
        );
        let mut all = [subset.chosen.clone(), subset.left.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, rows);
        assert_eq!(subset, pick(200, true, 1));
        assert_ne!(subset, pick(200, true, 2));
        assert_eq!((pick(200, false, 1).chosen.len(), pick(9999, false, 1).chosen.len()), (200, 500));
        let most = pick(490, true, 1);
        assert!(most.chosen.len() < 490 && !most.missing.is_empty());
        let missing: usize = most.missing.iter().map(|(_, n)| n).sum();
        assert_eq!(most.chosen.len() + missing, 490);
    }
}
