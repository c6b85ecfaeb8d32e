//! Every two numbers of 64 bits that differ in a few bits only, without comparing all with all.
//!
//! Two numbers that differ in at most r bits agree in at least one of r + 1 bands that the 64 bits are cut into
//! (Norouzi, Punjani and Fleet, "Fast search in Hamming space with multi-index hashing", 2012): only numbers that share a
//! band are compared.

use super::super::error::DataError;
use super::super::progress::Progress;
use super::each::each;

/// Two numbers' places, the smaller first.
pub(super) type Two = (u32, u32);

/// Every two places whose numbers differ in at most `radius` bits and that `keep` agrees to, ascending.
pub(super) fn near<T: Send + Clone>(
    looks: &[u64],
    radius: u32,
    job: &dyn Progress,
    keep: impl Fn(usize, usize) -> Option<T> + Sync,
) -> Result<Vec<(Two, T)>, DataError> {
    let bands = bands(looks, radius);
    let mut found = Vec::new();
    for (number, band) in bands.iter().enumerate() {
        // Places by what their number has in the band: equal ones lie side by side.
        let mut places: Vec<u32> = (0..looks.len() as u32).collect();
        places.sort_unstable_by_key(|place| looks[*place as usize] & band);
        let before = &bands[..number];
        let pairs = each(places.len(), "Looking for images that look alike", job, |i| {
            let one = places[i];
            let look = looks[one as usize];
            let mut pairs = Vec::new();
            for other in &places[i + 1..] {
                let differs = look ^ looks[*other as usize];
                if differs & band != 0 {
                    break;
                }
                // A pair that an earlier band found is not found again.
                if differs.count_ones() > radius || before.iter().any(|band| differs & band == 0) {
                    continue;
                }
                let two = (one.min(*other), one.max(*other));
                pairs.extend(keep(two.0 as usize, two.1 as usize).map(|kept| (two, kept)));
            }
            pairs
        })?;
        found.extend(pairs.into_iter().flatten());
    }
    found.sort_unstable_by_key(|(two, _)| *two);
    Ok(found)
}

/// The bands to sort by: as the radius asks, or one band of no bits, in which all agree, where bands would compare more.
fn bands(looks: &[u64], radius: u32) -> Vec<u64> {
    let n = radius.min(63) + 1;
    let bands: Vec<u64> = (0..n)
        .map(|i| {
            let (start, end) = (64 * i / n, 64 * (i + 1) / n);
            (if end == 64 { u64::MAX } else { (1 << end) - 1 }) & !((1 << start) - 1)
        })
        .collect();
    let compared = |band: &u64| {
        let mut values: Vec<u64> = looks.iter().map(|look| look & band).collect();
        values.sort_unstable();
        values.chunk_by(|a, b| a == b).map(|same| (same.len() as u64).pow(2)).sum::<u64>()
    };
    let all = (looks.len() as u64).pow(2);
    if bands.iter().map(compared).sum::<u64>() < all { bands } else { vec![0] }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::super::random::Stream;
    use super::*;

    #[test]
    fn bands_find_what_comparing_all_with_all_finds() {
        let mut stream = Stream::new("near", 1, 0, 0);
        let mut looks: Vec<u64> = (0..300).map(|_| stream.bits()).collect();
        for i in 0..200 {
            let flips = (0..stream.below(9)).fold(0, |bits, _| bits | 1 << stream.below(64));
            looks.push(looks[i] ^ flips);
        }
        for radius in [0, 1, 3, 5, 8, 20] {
            let found = near(&looks, radius, &Silent, |_, _| Some(())).expect("nobody stops it");
            let found: Vec<Two> = found.into_iter().map(|(two, ())| two).collect();
            let mut expected = Vec::new();
            for a in 0..looks.len() {
                for b in a + 1..looks.len() {
                    if (looks[a] ^ looks[b]).count_ones() <= radius {
                        expected.push((a as u32, b as u32));
                    }
                }
            }
            assert!(!expected.is_empty());
            assert_eq!(found, expected, "radius {radius}");
        }
        // Bands cut all 64 bits, each once.
        for radius in [0, 1, 4, 7] {
            let bands = bands(&looks, radius);
            assert_eq!(bands.iter().fold(0, |all, band| all | band), u64::MAX);
            assert_eq!(bands.iter().map(|band| band.count_ones()).sum::<u32>(), 64);
        }
        assert_eq!(bands(&[7; 100], 3), [0]);
    }
}
