//! Sweeps: which settings are tried in which order, what came of it, and what follows from that.
//!
//! A [`Sweep`] says what is varied ([`Space`]), who proposes ([`Strategy`]), who gives up early ([`Pruner`]) and when it
//! ends. A [`Study`] is the fold over the events of a sweep that is carried out; asked for the [`Next`] thing to do it
//! answers from what it knows, so that the same events always give the same answers. Nothing here trains, waits or
//! starts anything: whoever does tells the study, through a [`LiveStudy`], which keeps the journal.

pub mod bench;
pub mod exchange;
mod importance;
pub mod pruner;
mod space;
mod spec;
pub mod strategy;
pub mod study;

pub use importance::{Importance, importance};
pub use pruner::{Pruner, Verdict};
pub use space::{
    Axis, Condition, Kind, Offer, Point, Range, Setting, Space, Value, offers, problems, settings,
};
pub use spec::{Goal, Objective, Repeats, Sweep, SweepError, SweepPreset, parse, presets, read, to_ron};
pub use strategy::Strategy;
pub use study::{
    Edit, Event, Job, LiveStudy, Next, Origin, Report, Spent, State, Studies, Study, StudyDir, StudyError,
    Trial, Waits,
};
