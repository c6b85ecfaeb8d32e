//! Images that are there more than once, in the same part or in another: the very pixels, or nearly.

use super::super::error::DataError;
use super::super::progress::Progress;
use super::near::near;
use super::overlay::{At, Place};
use super::prints::Print;

/// The parts that are compared: training, validation, test.
pub const PARTS: [Place; 3] = [Place::Train, Place::Valid, Place::Test];
/// Pairs kept to be shown.
const MOST_PAIRS: usize = 200_000;

/// What counts as nearly the same.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Near {
    /// Bits of 64 in which the looks may differ.
    pub bits: u32,
    /// How much pictures may differ, 0 to 1, as [`Print::difference`] has it.
    pub difference: f32,
}

impl Default for Near {
    fn default() -> Self {
        Self { bits: 6, difference: 0.1 }
    }
}

/// Two images that are the same, or nearly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Their indices as read, the smaller first.
    pub images: [u32; 2],
    /// Whether they are the same to the pixel.
    pub exact: bool,
    /// How much they differ, 0 to 1.
    pub difference: f32,
}

/// For each part (row), how many of its images are in each part (column) too; in its own part, another time.
pub type Counts = [[u32; 3]; 3];

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Duplicates {
    /// Images of each part.
    pub n: [u32; 3],
    /// The same to the pixel.
    pub exact: Counts,
    /// The same or nearly.
    pub any: Counts,
    /// Images whose very pixels an earlier image has.
    pub repeats: u32,
    /// Images whose pixels another image has.
    pub repeated: u32,
    /// Sets of images with the same pixels but not the same label.
    pub contradictions: u32,
    /// The closest pairs first, those across parts before those within one.
    pub pairs: Vec<Pair>,
    /// Pairs in all, of which only so many are kept: each image of equal ones with the first of them, and two near ones.
    pub n_pairs: u64,
    /// For each image as read, bit by bit the parts that have it too.
    elsewhere: Vec<u8>,
}

impl Duplicates {
    /// Images that another part has too.
    pub fn across(&self) -> u32 {
        (0..3)
            .flat_map(|a| (0..3).filter(move |b| *b != a).map(move |b| (a, b)))
            .map(|(a, b)| self.any[a][b])
            .sum()
    }

    /// The images to leave out for validation and test to share none with training or with each other: validation
    /// images that training has, test images that training or validation has.
    pub fn to_leave_out(&self, places: &[Place], n_train: usize) -> Vec<At> {
        let shared = |(index, place): &(usize, &Place)| match place {
            Place::Valid => self.elsewhere[*index] & 1 != 0,
            Place::Test => self.elsewhere[*index] & 3 != 0,
            Place::Train | Place::Out => false,
        };
        places.iter().enumerate().filter(shared).map(|(index, _)| At::of(index as u32, n_train)).collect()
    }
}

/// Finds duplicates among images; `places` says where each is, and those left out are passed over. Without `nearly`
/// only equal pixels count.
pub fn duplicates(
    prints: &[Print],
    places: &[Place],
    labels: &[u8],
    nearly: Option<Near>,
    job: &dyn Progress,
) -> Result<Duplicates, DataError> {
    let part = |index: u32| PARTS.iter().position(|part| *part == places[index as usize]);
    let mut indices: Vec<u32> =
        (0..prints.len() as u32).filter(|index| places[*index as usize] != Place::Out).collect();
    // Stable within equal pictures: training first, then by row.
    indices.sort_by_key(|index| (prints[*index as usize].exact, part(*index), *index));
    let groups: Vec<&[u32]> =
        indices.chunk_by(|a, b| prints[*a as usize].exact == prints[*b as usize].exact).collect();
    let counts = |group: &[u32]| {
        let mut counts = [0; 3];
        group.iter().filter_map(|index| part(*index)).for_each(|part| counts[part] += 1);
        counts
    };
    let mut found = Duplicates { elsewhere: vec![0; prints.len()], ..Duplicates::default() };
    for group in &groups {
        let counts = counts(group);
        (0..3).for_each(|part| found.n[part] += counts[part]);
        let [first, others @ ..] = group else { continue };
        if others.is_empty() {
            continue;
        }
        found.repeats += others.len() as u32;
        found.repeated += group.len() as u32;
        let same_label = others.iter().all(|index| labels[*index as usize] == labels[*first as usize]);
        found.contradictions += u32::from(!same_label);
        for index in *group {
            found.elsewhere[*index as usize] = has(counts, part(*index));
        }
        for other in others {
            let images = [*first.min(other), *first.max(other)];
            found.pairs.push(Pair { images, exact: true, difference: 0.0 });
        }
    }
    found.exact = found.counted(places);
    if let Some(limits) = nearly {
        found.add_near(prints, &groups, &counts, limits, job)?;
    }
    found.any = found.counted(places);
    found.n_pairs = found.pairs.len() as u64;
    let across = |pair: &Pair| places[pair.images[0] as usize] != places[pair.images[1] as usize];
    found.pairs.sort_by(|a, b| {
        (across(b), a.difference, a.images)
            .partial_cmp(&(across(a), b.difference, b.images))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    found.pairs.truncate(MOST_PAIRS);
    Ok(found)
}

/// Bit by bit, the parts that have images of a group beside one of them that is in part `own`.
fn has(mut counts: [u32; 3], own: Option<usize>) -> u8 {
    if let Some(own) = own {
        counts[own] -= 1;
    }
    (0..3).fold(0, |bits, part| bits | u8::from(counts[part] > 0) << part)
}

impl Duplicates {
    /// One of each group of equal images is held against one of each other.
    fn add_near(
        &mut self,
        prints: &[Print],
        groups: &[&[u32]],
        counts: &dyn Fn(&[u32]) -> [u32; 3],
        limits: Near,
        job: &dyn Progress,
    ) -> Result<(), DataError> {
        let print = |group: usize| &prints[groups[group][0] as usize];
        let looks: Vec<u64> = (0..groups.len()).map(|group| print(group).look).collect();
        let pairs = near(&looks, limits.bits, job, |a, b| {
            Some(print(a).difference(print(b))).filter(|difference| *difference <= limits.difference)
        })?;
        for ((a, b), difference) in pairs {
            let (a, b) = (groups[a as usize], groups[b as usize]);
            for (group, other) in [(a, b), (b, a)] {
                let bits = has(counts(other), None);
                group.iter().for_each(|index| self.elsewhere[*index as usize] |= bits);
            }
            let images = [a[0].min(b[0]), a[0].max(b[0])];
            self.pairs.push(Pair { images, exact: false, difference });
        }
        Ok(())
    }

    fn counted(&self, places: &[Place]) -> Counts {
        let mut counts = [[0; 3]; 3];
        for (place, elsewhere) in places.iter().zip(&self.elsewhere) {
            let Some(own) = PARTS.iter().position(|part| part == place) else { continue };
            (0..3).for_each(|part| counts[own][part] += u32::from(elsewhere >> part & 1));
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::super::random::Stream;
    use super::*;

    /// Pictures of 8x8 from noise of one seed each; the same seed gives the same picture, `light` makes it lighter.
    fn prints(seeds: &[(u64, u8)]) -> Vec<Print> {
        let picture = |seed: u64, light: u8| -> Vec<u8> {
            let mut stream = Stream::new("picture", seed, 0, 0);
            (0..64).map(|_| (stream.below(200) as u8).saturating_add(light)).collect()
        };
        seeds.iter().map(|(seed, light)| Print::of(&picture(*seed, *light), [8, 8], 1)).collect()
    }

    const PLACES: [Place; 9] = [
        Place::Train,
        Place::Train,
        Place::Train,
        Place::Valid,
        Place::Valid,
        Place::Test,
        Place::Test,
        Place::Test,
        Place::Out,
    ];

    #[test]
    fn duplicates_are_counted_in_both_directions() {
        // Picture 1 twice in training and three times in test; 2 in validation and test; 3 nearly in both; 4 left out.
        let prints = prints(&[(1, 0), (1, 0), (3, 0), (2, 0), (5, 0), (1, 0), (2, 0), (3, 2), (5, 0)]);
        let labels = [0, 0, 1, 1, 2, 9, 1, 1, 2];
        let exact = duplicates(&prints, &PLACES, &labels, None, &Silent).expect("nobody stops it");
        assert_eq!(exact.n, [3, 2, 3]);
        assert_eq!(exact.exact, [[2, 0, 2], [0, 0, 1], [1, 1, 0]]);
        assert_eq!((exact.any, exact.repeats, exact.repeated), (exact.exact, 3, 5));
        assert_eq!((exact.contradictions, exact.pairs.len(), exact.across()), (1, 3, 5));
        // Across parts first.
        assert_eq!(exact.pairs.iter().map(|pair| pair.images).collect::<Vec<_>>(), [[0, 5], [3, 6], [0, 1]]);
        let both =
            duplicates(&prints, &PLACES, &labels, Some(Near::default()), &Silent).expect("nobody stops it");
        assert_eq!(both.exact, exact.exact);
        assert_eq!(both.any, [[2, 0, 3], [0, 0, 1], [2, 1, 0]]);
        assert!(both.pairs.iter().any(|pair| pair.images == [2, 7] && !pair.exact && pair.difference > 0.0));
    }

    #[test]
    fn what_is_left_over_is_really_disjoint() {
        let prints = prints(&[(1, 0), (1, 0), (3, 0), (2, 0), (1, 1), (1, 0), (2, 0), (3, 2), (5, 0)]);
        let labels = [0; 9];
        let near = Some(Near::default());
        let found = duplicates(&prints, &PLACES, &labels, near, &Silent).expect("nobody stops it");
        let out = found.to_leave_out(&PLACES, 5);
        assert_eq!(
            out.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["train:4", "test:0", "test:1", "test:2"]
        );
        let mut places = PLACES;
        out.iter().for_each(|at| places[at.index(5) as usize] = Place::Out);
        let after = duplicates(&prints, &places, &labels, near, &Silent).expect("nobody stops it");
        assert_eq!((after.across(), after.n), (0, [3, 1, 0]));
        // Training keeps what it has twice.
        assert_eq!(after.exact[0][0], 2);
    }
}
