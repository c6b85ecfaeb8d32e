//! Which digits stand side by side in a number: pairs of neighbours, joined to rows from the closest pair on.

use super::{Found, centre};

/// Of two digits of a number the higher one is no more than so many times as high.
const HEIGHTS: f32 = 1.7;
/// Between two digits of a row there is less than this many heights,
const GAP: f32 = 0.9;
/// and one is less than this many heights above the other,
const RISE: f32 = 0.35;
/// or, in a slanted row, less than this for each pixel to the side: 37 degrees.
const SLANT: f32 = 0.75;
/// Between two digits that stand on each other there is less than this many heights.
const GAP_BELOW: f32 = 0.6;
/// A pair that stands on each other waits for pairs side by side that are this many heights further apart.
const BELOW_COST: f32 = 0.3;
/// Two votes that share more than this of their union are for the same number (with digits missing between, too),
const AGREE: f32 = 0.5;
/// and two that share less are for different ones.
const DISAGREE: f32 = 0.2;
/// Cosine of the most that a row may bend at a digit: 50 degrees, since the centres of small digits jump.
const BEND: f32 = 0.64;
/// A row whose digits stand so many heights apart goes on over no gap that is much wider than its others.
const WIDE_GAP: f32 = 0.45;

/// Two digits that may follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Link {
    a: usize,
    b: usize,
    /// How far apart, in heights, with penalties: the lowest are joined first.
    cost: f32,
    /// From edge to edge, in heights.
    gap: f32,
    /// From centre to centre, of length 1.
    towards: [f32; 2],
    /// Whether both have voted for the same number.
    agreed: bool,
}

/// Digits in groups, as indices: every digit is in one. The order of groups and within them says nothing.
pub fn rows(digits: &[Found]) -> Vec<Vec<usize>> {
    let mut links = Vec::new();
    for a in 0..digits.len() {
        links.extend((a + 1..digits.len()).filter_map(|b| link(digits, a, b)));
    }
    links.sort_by(|one, other| one.cost.total_cmp(&other.cost));
    let mut rows = Rows::new(digits.len());
    for link in links {
        if rows.fits(&link) {
            rows.join(link);
        }
    }
    rows.groups()
}

fn link(digits: &[Found], a: usize, b: usize) -> Option<Link> {
    let (one, other) = (&digits[a], &digits[b]);
    let ratio = (one.area.h / other.area.h).max(other.area.h / one.area.h);
    let votes = one.vote.as_ref().zip(other.vote.as_ref()).map(|(one, other)| one.iou(other));
    if ratio > HEIGHTS || votes.is_some_and(|shared| shared < DISAGREE) {
        return None;
    }
    let height = (one.area.h + other.area.h) / 2.0;
    let ([ax, ay], [bx, by]) = (centre(&one.area), centre(&other.area));
    let (dx, dy) = (bx - ax, by - ay);
    let far = dx.hypot(dy).max(f32::MIN_POSITIVE);
    let beside = (dx.abs() - (one.area.w + other.area.w) / 2.0) / height;
    let below = (dy.abs() - (one.area.h + other.area.h) / 2.0) / height;
    let agreed = votes.is_some_and(|shared| shared > AGREE);
    let (is_row, is_stack) = (
        beside < GAP && (dy.abs() < RISE * height || dy.abs() < SLANT * dx.abs()),
        below < GAP_BELOW && dx.abs() < (RISE * height).max(SLANT * dy.abs()) && dy.abs() > 0.6 * height,
    );
    let (cost, gap) = if is_row {
        (beside.max(0.0) + dy.abs() / height, beside)
    } else if is_stack {
        (below.max(0.0) + dx.abs() / height + BELOW_COST, below)
    } else if agreed {
        // Neighbours come first; this joins what is left of a number with a digit that was not found.
        (GAP + far / height, 0.0)
    } else {
        return None;
    };
    let doubt = votes.map_or(0.0, |shared| if shared > AGREE { -0.3 } else { 0.3 });
    Some(Link { a, b, cost: cost + doubt, gap, towards: [dx / far, dy / far], agreed })
}

/// Rows of digits as they grow.
struct Rows {
    /// The group of each digit: another one of it, or itself (union-find).
    of: Vec<usize>,
    /// What each digit is joined to: directions away from it.
    ends: Vec<Vec<[f32; 2]>>,
    /// The widest gap of the row that each digit is in, in heights; `None` in a row of one.
    widest: Vec<Option<f32>>,
}

impl Rows {
    fn new(n: usize) -> Self {
        Self { of: (0..n).collect(), ends: vec![Vec::new(); n], widest: vec![None; n] }
    }

    fn root(&self, mut digit: usize) -> usize {
        while self.of[digit] != digit {
            digit = self.of[digit];
        }
        digit
    }

    /// Whether the link goes on with the rows of both its digits, and is not one with them already.
    fn fits(&self, link: &Link) -> bool {
        let (a, b) = (self.root(link.a), self.root(link.b));
        if a == b {
            return false;
        }
        let widest = self.widest[a].into_iter().chain(self.widest[b]).reduce(f32::max);
        let too_wide = widest.is_some_and(|widest| link.gap > WIDE_GAP.max(2.0 * widest + 0.15));
        if link.agreed {
            return true;
        }
        let [x, y] = link.towards;
        !too_wide && self.goes_on(link.a, [x, y]) && self.goes_on(link.b, [-x, -y])
    }

    /// Whether a row can go on from a digit that way: it has one neighbour at most, on the other side.
    fn goes_on(&self, digit: usize, [x, y]: [f32; 2]) -> bool {
        match self.ends[digit].as_slice() {
            [] => true,
            [[other_x, other_y]] => x * other_x + y * other_y < -BEND,
            _ => false,
        }
    }

    fn join(&mut self, link: Link) {
        let Link { a, b, gap, towards: [x, y], .. } = link;
        self.ends[a].push([x, y]);
        self.ends[b].push([-x, -y]);
        let (from, to) = (self.root(a), self.root(b));
        let widest = [Some(gap), self.widest[from], self.widest[to]].into_iter().flatten().reduce(f32::max);
        self.of[from] = to;
        self.widest[to] = widest;
    }

    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups = vec![Vec::new(); self.of.len()];
        (0..self.of.len()).for_each(|digit| groups[self.root(digit)].push(digit));
        groups.retain(|group| !group.is_empty());
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{row, scattered};
    use super::*;
    use crate::data::Area;
    use crate::data::random::Stream;

    /// Sizes of the groups, the largest first.
    fn sizes(digits: &[Found]) -> Vec<usize> {
        let mut sizes: Vec<usize> = rows(digits).iter().map(Vec::len).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        sizes
    }

    #[test]
    fn rows_are_joined_at_any_slant_and_stacks_too() {
        for degrees in [-30.0, -10.0, 0.0, 15.0, 30.0, 80.0, 90.0, 100.0] {
            let pitch = if f32::abs(degrees) > 60.0 { 50.0 } else { 30.0 };
            let digits = row("12345", [100.0, 100.0], [20.0, 40.0], pitch, degrees);
            assert_eq!(sizes(&digits), [5], "{degrees} degrees");
        }
    }

    #[test]
    fn two_lines_are_two_numbers() {
        let mut digits = row("123", [50.0, 50.0], [20.0, 40.0], 26.0, 0.0);
        digits.extend(row("456", [50.0, 100.0], [20.0, 40.0], 26.0, 0.0));
        assert_eq!(sizes(&digits), [3, 3]);
        // However close to each other.
        let digits: Vec<Found> = digits
            .into_iter()
            .map(|one| Found { area: Area { y: one.area.y * 0.85, ..one.area }, ..one })
            .collect();
        assert_eq!(sizes(&digits), [3, 3]);
    }

    #[test]
    fn a_wide_gap_after_narrow_ones_parts_and_evenly_wide_ones_do_not() {
        let mut digits = row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        digits.extend(row("34", [124.0, 50.0], [20.0, 40.0], 24.0, 0.0));
        // Gaps of 4, 30 and 4 pixels.
        assert_eq!(sizes(&digits), [2, 2]);
        assert_eq!(sizes(&row("1234", [50.0, 50.0], [20.0, 40.0], 50.0, 0.0)), [4]);
        // Another size is another number.
        let mut digits = row("12", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        digits.extend(row("3", [98.0, 58.0], [10.0, 20.0], 1.0, 0.0));
        assert_eq!(sizes(&digits), [2, 1]);
    }

    #[test]
    fn votes_part_neighbours_and_join_over_a_missing_digit() {
        let mut digits = row("1234", [50.0, 50.0], [20.0, 40.0], 24.0, 0.0);
        let vote = |x| Some(Area { x, y: 30.0, w: 46.0, h: 40.0 });
        digits[0].vote = vote(40.0);
        digits[1].vote = vote(41.0);
        digits[2].vote = vote(88.0);
        digits[3].vote = vote(89.0);
        assert_eq!(sizes(&digits), [2, 2]);
        let whole = Some(Area { x: 40.0, y: 30.0, w: 140.0, h: 40.0 });
        let mut ends = row("14", [50.0, 50.0], [20.0, 40.0], 120.0, 0.0);
        assert_eq!(sizes(&ends), [1, 1]);
        ends.iter_mut().for_each(|digit| digit.vote = whole);
        assert_eq!(sizes(&ends), [2]);
    }

    #[test]
    fn every_digit_is_in_one_group_whatever_there_is() {
        for seed in 0..200 {
            let digits = scattered(&mut Stream::new("test", seed, 0, 0), 30);
            let mut seen: Vec<usize> = rows(&digits).into_iter().flatten().collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..digits.len()).collect::<Vec<usize>>());
        }
        assert!(rows(&[]).is_empty());
    }

    #[test]
    fn turning_the_order_changes_nothing() {
        for seed in 0..100 {
            let digits = scattered(&mut Stream::new("test", seed, 7, 0), 20);
            let mut other = digits.clone();
            other.reverse();
            assert_eq!(sizes(&digits), sizes(&other));
        }
    }
}
