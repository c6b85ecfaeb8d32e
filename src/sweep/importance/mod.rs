//! How much each setting matters for coming to the best trials, and how sure that is.

mod ped_anova;

use super::space::Axis;
use super::study::{Study, Trial};
use crate::data::random::Stream;

/// Share of the trials that count as the best.
const TARGET: f64 = 0.1;

/// Samples of the trials that the uncertainty is worked out from.
const N_SAMPLES: u64 = 100;

/// How much a setting matters.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// The setting's path.
    pub path: String,
    /// Its share of all importance.
    pub share: f64,
    /// The share that 5 % of the samples lie below.
    pub low: f64,
    /// The share that 5 % of the samples lie above.
    pub high: f64,
}

/// The importance of every varied setting, the most important first; empty with fewer than two trials.
///
/// PED-ANOVA (Watanabe et al., IJCAI 2023), with conditions as in its extension of 2026: how much the distribution of a
/// setting's values among the best tenth of the trials differs from that among all. Trials that were given up early
/// take part, behind those that were not: that they are not among the best is known. The interval holds nine tenths of
/// what comes out when trials are drawn anew with replacement (Efron's bootstrap); it is wide where there are few.
pub fn importance(study: &Study) -> Vec<Importance> {
    let ranked = study.ranking();
    if ranked.len() < 2 {
        return Vec::new();
    }
    let axes: Vec<&Axis> = study.sweep.space.varied().collect();
    let all: Vec<usize> = (0..ranked.len()).collect();
    let shares = shares(study, &axes, &ranked, &all);
    let samples: Vec<Vec<f64>> = (0..N_SAMPLES)
        .map(|sample| {
            let mut stream = Stream::new("importance", study.sweep.seed, sample, 0);
            let mut drawn: Vec<usize> = all.iter().map(|_| stream.below(all.len() as u32) as usize).collect();
            // The ranking is an order: drawn trials keep it.
            drawn.sort_unstable();
            self::shares(study, &axes, &ranked, &drawn)
        })
        .collect();
    let mut importance: Vec<Importance> = axes
        .iter()
        .enumerate()
        .map(|(i, axis)| {
            let mut of_axis: Vec<f64> = samples.iter().map(|sample| sample[i]).collect();
            of_axis.sort_by(f64::total_cmp);
            let at = |share: f64| of_axis[((of_axis.len() - 1) as f64 * share).round() as usize];
            Importance { path: axis.path.clone(), share: shares[i], low: at(0.05), high: at(0.95) }
        })
        .collect();
    importance.sort_by(|a, b| b.share.total_cmp(&a.share));
    importance
}

/// The share of each axis, from some of the ranked trials (by place, in order, repeats allowed).
fn shares(study: &Study, axes: &[&Axis], ranked: &[&Trial], drawn: &[usize]) -> Vec<f64> {
    let n_best = best(study, ranked, drawn);
    let divergences: Vec<f64> =
        axes.iter().map(|axis| ped_anova::divergence(axis, ranked, drawn, n_best)).collect();
    let sum: f64 = divergences.iter().sum();
    match sum > 0.0 {
        true => divergences.iter().map(|divergence| divergence / sum).collect(),
        false => vec![1.0 / axes.len() as f64; axes.len()],
    }
}

/// How many of the drawn ones count as the best: a tenth, and whoever is as good as the last of them.
fn best(study: &Study, ranked: &[&Trial], drawn: &[usize]) -> usize {
    let mut n = (TARGET * drawn.len() as f64).ceil() as usize;
    if study.sweep.objectives.len() < 2 {
        let key = |at: usize| (ranked[drawn[at]].state(), study.value(ranked[drawn[at]]));
        while n < drawn.len() && key(n) == key(n - 1) {
            n += 1;
        }
    }
    n
}

#[cfg(test)]
mod tests {
    use super::super::bench::{FUNCTIONS, search};
    use super::super::pruner::Pruner;
    use super::super::space::{Axis, Range, Space};
    use super::super::spec::Sweep;
    use super::super::strategy::{Random, Strategy};
    use super::super::study::testing::finish;
    use super::*;

    #[test]
    fn what_decides_is_found_and_the_interval_holds_it() {
        let linear = |path: &str| Axis::new(path, Range::Linear { min: 0.0, max: 1.0, step: 0.0 });
        let study = |trials| {
            let sweep = Sweep {
                space: Space(vec![linear("a"), linear("b"), linear("c")]),
                strategy: Strategy::Random(Random::default()),
                trials,
                ..Sweep::default()
            };
            let bench = finish(sweep, 1, |point, _| {
                let x = |path: &str| point.get(path).and_then(|v| v.number()).unwrap_or_default();
                Ok(10.0 * x("a") + 6.0 * x("b"))
            });
            importance(&bench.study)
        };
        let found = study(200);
        let order: Vec<&str> = found.iter().map(|i| i.path.as_str()).collect();
        assert_eq!(order, ["a", "b", "c"]);
        assert!((found.iter().map(|i| i.share).sum::<f64>() - 1.0).abs() < 1e-9);
        for importance in &found {
            assert!(importance.low <= importance.high, "{importance:?}");
        }
        assert!(found[0].low > found[2].high, "{found:?}");
        let few = study(12);
        let width = |all: &[Importance]| all.iter().map(|i| i.high - i.low).sum::<f64>();
        assert!(width(&few) > width(&found), "fewer trials, less is known: {few:?}");
    }

    #[test]
    fn settings_under_a_condition_have_a_share_too() {
        let random = Strategy::Random(Random::default());
        let study = search(&FUNCTIONS[2], &random, &Pruner::default(), 1, 1).study;
        let found = importance(&study);
        assert_eq!(found.len(), 5);
        assert!(found.iter().all(|i| i.share.is_finite() && i.share >= 0.0), "{found:?}");
    }
}
