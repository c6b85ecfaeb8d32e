//! Who proposes the points: one file each, [`Strategy`] is the list.
//!
//! A strategy keeps nothing: it proposes from the study alone, and what it draws is a function of the sweep's seed and
//! the trial's number. So a study that goes on after a crash, or is replayed from its journal, proposes the same.

mod grid;
mod listed;
mod one_at_a_time;
mod random;
mod sobol;
mod tpe;

pub use grid::Grid;
pub use listed::Listed;
pub use one_at_a_time::OneAtATime;
pub use random::Random;
pub use sobol::Sobol;
pub use tpe::Tpe;

use super::space::{Point, Space};
use super::study::Study;
use crate::data::random::Stream;
use std::collections::HashSet;

/// What a strategy answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// Try this.
    Point(Point),
    /// Nothing until a trial ends.
    Wait(String),
    /// Nothing more.
    Done(String),
}

/// What every strategy can do.
pub trait Propose {
    /// The next point to try.
    fn propose(&self, study: &Study) -> Proposal;

    /// How many trials it makes of a study by itself, where that can be told.
    fn trials(&self, space: &Space) -> Option<u64>;
}

crate::list! {
    /// Who proposes the points, with its settings, as a sweep names it.
    pub enum Strategy, "Who proposes the points", propose -> dyn Propose {
        "one_at_a_time" => OneAtATime(OneAtATime), "One at a time", "One setting after another; each keeps its best value for the next";
        "grid" => Grid(Grid), "Grid", "Every combination of values";
        "random" => Random(Random), "Random", "Anywhere in the space";
        "sobol" => Sobol(Sobol), "Sobol", "Spread evenly over the space, more evenly than at random";
        "tpe" => Tpe(Tpe), "TPE", "Learns from the trials so far where the better ones lie";
        "listed" => Listed(Listed), "Listed", "Only the points of the sweep's list, and those asked for by hand";
    }
}

impl Default for Strategy {
    fn default() -> Self {
        Self::Tpe(Tpe::default())
    }
}

/// Keys of all points that are tried or waiting to be.
fn known(study: &Study) -> HashSet<String> {
    study.trials.iter().map(|trial| trial.point.key()).chain(study.queue.iter().map(Point::key)).collect()
}

/// The random numbers of a study's next trial, for one purpose.
fn stream(study: &Study, purpose: &str) -> Stream {
    Stream::new(purpose, study.sweep.seed, study.trials.len() as u64 + 1, 0)
}

/// A number in `0.0..1.0` with all 53 bits.
fn unit(stream: &mut Stream) -> f64 {
    (stream.bits() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Draws until a point comes that is not known: a few times, for in a space of few points most may be; then `Done`
/// where all points of the space are tried, else the last one drawn.
fn fresh(study: &Study, mut draw: impl FnMut() -> Point) -> Proposal {
    let known = known(study);
    let mut point = draw();
    for _ in 0..100 {
        if !known.contains(&point.key()) {
            return Proposal::Point(point);
        }
        point = draw();
    }
    match grid::unknown(&study.sweep.space, &known, 1) {
        // Unlucky draws: whatever is left comes in order.
        Some(point) if study.sweep.space.varied().all(|axis| axis.range.count().is_some()) => {
            Proposal::Point(point)
        }
        Some(_) => Proposal::Point(point),
        None => Proposal::Done("Every point of the space was tried".to_owned()),
    }
}

#[cfg(test)]
pub(super) mod tests;
