//! From what every column says to the number: the likeliest of each column, or a search over beginnings of numbers
//! (prefix beam search, Graves et al., 2006, section 3.2, as Hannun et al., 2014, arXiv 1408.2873, have it).

use super::reading::{Reading, shares};

/// Less likely characters of a column are not followed: they change no number that is in doubt.
const FOLLOWED: f32 = 1e-4;

/// A beginning of a number with the probabilities of all ways to say it that end in a blank and that do not.
#[derive(Clone, Debug)]
struct Beginning {
    said: Vec<u8>,
    blank: f32,
    open: f32,
}

impl Beginning {
    fn probability(&self) -> f32 {
        self.blank + self.open
    }
}

/// Reads probabilities `[columns, width]`; `n_classes` is the blank's place. A `beam` of 1 takes the likeliest of each
/// column.
pub fn read(columns: &[f32], width: usize, n_classes: usize, beam: usize) -> Reading {
    let said =
        if beam <= 1 { greedy(columns, width, n_classes) } else { search(columns, width, n_classes, beam) };
    let aligned = align(columns, width, n_classes, &said);
    let characters: Vec<Vec<f32>> =
        aligned.iter().map(|column| shares(&columns[column * width..][..n_classes])).collect();
    let confidence = probability(columns, width, n_classes, &said);
    Reading { classes: said, confidence, characters, lengths: Vec::new(), place: None }
}

fn greedy(columns: &[f32], width: usize, blank: usize) -> Vec<u8> {
    let mut said = Vec::new();
    let mut last = blank;
    for column in columns.chunks(width) {
        let first = (blank, f32::NEG_INFINITY);
        let (class, _) =
            column.iter().enumerate().fold(first, |best, (i, p)| if *p > best.1 { (i, *p) } else { best });
        if class != blank && class != last {
            said.push(class as u8);
        }
        last = class;
    }
    said
}

fn search(columns: &[f32], width: usize, blank: usize, beam: usize) -> Vec<u8> {
    let mut kept = vec![Beginning { said: Vec::new(), blank: 1.0, open: 0.0 }];
    for column in columns.chunks(width) {
        let mut next: Vec<Beginning> = Vec::new();
        let mut add =
            |said: Vec<u8>, blank: f32, open: f32| match next.iter_mut().find(|known| known.said == said) {
                Some(known) => (known.blank, known.open) = (known.blank + blank, known.open + open),
                None => next.push(Beginning { said, blank, open }),
            };
        for Beginning { said, blank: ended, open } in &kept {
            let both = ended + open;
            add(said.clone(), both * column[blank], 0.0);
            if let Some(last) = said.last() {
                add(said.clone(), 0.0, open * column[usize::from(*last)]);
            }
            for (class, p) in column[..blank].iter().enumerate().filter(|(_, p)| **p > FOLLOWED) {
                // The same character again is a new one only behind a blank.
                let before = if said.last() == Some(&(class as u8)) { *ended } else { both };
                if before > 0.0 {
                    add([said.as_slice(), &[class as u8]].concat(), 0.0, before * p);
                }
            }
        }
        next.sort_by(|a, b| b.probability().total_cmp(&a.probability()));
        next.truncate(beam);
        kept = next;
    }
    kept.into_iter().next().map(|best| best.said).unwrap_or_default()
}

/// Blank, first character, blank, second, ..., blank: the states that all ways to say a number go through.
fn states(said: &[u8], blank: usize) -> Vec<usize> {
    let mut states = vec![blank];
    said.iter().for_each(|class| states.extend([usize::from(*class), blank]));
    states
}

/// Whether a way may go to a state from the one before the last: over a blank between two different characters.
fn skips(states: &[usize], to: usize, blank: usize) -> bool {
    to >= 2 && states[to] != blank && states[to] != states[to - 2]
}

/// The probability of a number: all ways to say it together.
pub fn probability(columns: &[f32], width: usize, blank: usize, said: &[u8]) -> f32 {
    let states = states(said, blank);
    let mut ways = vec![0.0_f64; states.len()];
    for (i, column) in columns.chunks(width).enumerate() {
        let before = ways.clone();
        for (to, class) in states.iter().enumerate() {
            let mut sum = if i == 0 { f64::from(u8::from(to < 2)) } else { before[to] };
            if i > 0 && to >= 1 {
                sum += before[to - 1];
            }
            if i > 0 && skips(&states, to, blank) {
                sum += before[to - 2];
            }
            ways[to] = sum * f64::from(column[*class]);
        }
    }
    ways.iter().rev().take(2).sum::<f64>() as f32
}

/// The column where each character is surest on the likeliest way to say the number.
fn align(columns: &[f32], width: usize, blank: usize, said: &[u8]) -> Vec<usize> {
    let states = states(said, blank);
    let n_columns = columns.len() / width;
    let log = |column: usize, state: usize| columns[column * width + states[state]].max(1e-30).ln();
    let mut best = vec![vec![(f32::NEG_INFINITY, 0_usize); states.len()]; n_columns];
    for column in 0..n_columns {
        for to in 0..states.len() {
            let (before, from) = if column == 0 {
                (if to < 2 { 0.0 } else { f32::NEG_INFINITY }, to)
            } else {
                let reach = if skips(&states, to, blank) { 2 } else { usize::from(to >= 1) };
                let ways = (0..=reach).map(|back| (best[column - 1][to - back].0, to - back));
                ways.fold((f32::NEG_INFINITY, to), |a, b| if b.0 > a.0 { b } else { a })
            };
            best[column][to] = (before + log(column, to), from);
        }
    }
    let mut surest = vec![(f32::NEG_INFINITY, 0); said.len()];
    let Some(last) = best.last() else { return Vec::new() };
    let ends = states.len().saturating_sub(2)..states.len();
    let mut state = ends.fold(0, |a, b| if a == 0 || last[b].0 > last[a].0 { b } else { a });
    for column in (0..n_columns).rev() {
        if state % 2 == 1 {
            let here = log(column, state);
            let known = &mut surest[state / 2];
            if here > known.0 {
                *known = (here, column);
            }
        }
        state = best[column][state].1;
    }
    surest.into_iter().map(|(_, column)| column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two columns over a, b and blank. By hand: P(nothing) = .6 x .6 = .36, P("a") = .4 x .4 + .4 x .6 + .6 x .4 = .64.
    const DOUBT: [f32; 6] = [0.4, 0.0, 0.6, 0.4, 0.0, 0.6];

    #[test]
    fn the_search_adds_up_all_ways_to_say_a_number() {
        // Each column alone finds blank likelier, but all ways to say "a" together are likelier than none.
        assert_eq!(read(&DOUBT, 3, 2, 1).classes, [] as [u8; 0]);
        let reading = read(&DOUBT, 3, 2, 4);
        assert_eq!(reading.classes, [0]);
        // .4*.4 + .4*.6 + .6*.4
        assert!((reading.confidence - 0.64).abs() < 1e-6, "{reading:?}");
        assert!((read(&DOUBT, 3, 2, 1).confidence - 0.36).abs() < 1e-6);
    }

    #[test]
    fn equal_neighbours_need_a_blank_between() {
        let (a, b, blank) = ([0.98, 0.01, 0.01], [0.01, 0.98, 0.01], [0.01, 0.01, 0.98]);
        for (columns, said) in [
            (vec![a, a, b], vec![0, 1]),
            (vec![a, blank, a], vec![0, 0]),
            (vec![blank, b, b, blank, blank, a, a, blank], vec![1, 0]),
            (vec![blank, blank], vec![]),
        ] {
            let flat = columns.concat();
            for beam in [1, 5] {
                let reading = read(&flat, 3, 2, beam);
                assert_eq!(reading.classes, said);
                assert_eq!(reading.characters.len(), said.len());
                assert!(reading.confidence > 0.8 && reading.confidence <= 1.0, "{reading:?}");
                for (class, all) in said.iter().zip(&reading.characters) {
                    assert!(all[usize::from(*class)] > 0.98, "{reading:?}");
                }
            }
        }
    }

    #[test]
    fn a_wide_search_finds_the_likeliest_of_all_numbers() {
        // Four columns, two characters: few enough to try every number.
        let mut x = 7_u32;
        let mut draw = || {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (x >> 8) as f32 / (1 << 24) as f32 + 0.01
        };
        for _ in 0..50 {
            let columns: Vec<f32> = (0..4).flat_map(|_| shares(&[draw(), draw(), draw()])).collect();
            let mut all: Vec<Vec<u8>> = vec![Vec::new()];
            for length in 1..=4_u32 {
                all.extend((0..2_u32.pow(length)).map(|n| (0..length).map(|i| (n >> i & 1) as u8).collect()));
            }
            let total: f32 = all.iter().map(|said| probability(&columns, 3, 2, said)).sum();
            assert!((total - 1.0).abs() < 1e-4, "{total}");
            let best = all
                .iter()
                .max_by(|a, b| probability(&columns, 3, 2, a).total_cmp(&probability(&columns, 3, 2, b)));
            assert_eq!(Some(&read(&columns, 3, 2, 100).classes), best);
        }
    }
}
