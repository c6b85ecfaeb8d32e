//! How many trials there is room for: cores, and memory.

use crate::sweep::Sweep;
use crate::work::crew::{Crew, memory};

/// What a training process is taken to need before one was seen.
const FIRST_GUESS: u64 = 400 << 20;
/// What is left to the window, the system and everybody else.
const LEFT_FREE: u64 = 300 << 20;

/// How much of the machine a study may take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Trials at once from now on; it is an edit of the study, so that it is seen and can be changed like any other.
    pub jobs: Option<usize>,
    /// Cores that are left to others, where the study does not say how many trials run at once.
    pub spare_cores: usize,
    /// Bytes that all training processes together may hold.
    pub memory: Option<u64>,
}

impl Limits {
    /// Trials at once: as asked for, else one for each core and thread of a trial.
    pub fn at_once(&self, sweep: &Sweep) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let by_cores =
            cores.saturating_sub(self.spare_cores) / usize::try_from(sweep.threads).unwrap_or(1).max(1);
        let asked = usize::try_from(sweep.parallel).unwrap_or(usize::MAX);
        if asked > 0 { asked } else { by_cores.max(1) }
    }

    /// Why no further trial may start now. `free` is a process that waits for one, which holds some memory already.
    /// Where nothing runs there is always room: else nothing would ever happen.
    pub fn refuses(&self, crew: &Crew, free: Option<usize>, n_busy: usize) -> Option<String> {
        if n_busy == 0 || !crew.is_here() {
            return None;
        }
        let need = crew.most_held().max(if crew.most_held() == 0 { FIRST_GUESS } else { 0 });
        let has =
            free.and_then(|number| crew.pid(number)).and_then(memory::held_bytes).map_or(0, |(now, _)| now);
        let more = need.saturating_sub(has);
        let left = memory::available_bytes().map(|bytes| bytes.saturating_sub(LEFT_FREE));
        let own = self.memory.map(|most| most.saturating_sub(crew.held()));
        let room = [left, own].into_iter().flatten().min()?;
        (more > room).then(|| {
            format!("the next trial needs about {} MB of memory and {} MB are free", more >> 20, room >> 20)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::LaunchOptions;
    use crate::work::crew::Place;

    #[test]
    fn as_many_as_asked_for_or_as_there_are_cores() {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let sweep = Sweep::default();
        assert_eq!(Limits::default().at_once(&sweep), cores);
        assert_eq!(Limits { spare_cores: 999, ..Limits::default() }.at_once(&sweep), 1);
        assert_eq!(Limits::default().at_once(&Sweep { parallel: 3, ..Sweep::default() }), 3);
        assert_eq!(Limits::default().at_once(&Sweep { threads: 9999, ..Sweep::default() }), 1);
    }

    #[test]
    fn a_budget_that_is_used_up_starts_nothing_beside_what_runs() {
        let crew = Crew::new(LaunchOptions::default(), "/nowhere".into(), Place::Here);
        let limits = Limits { memory: Some(1 << 20), ..Limits::default() };
        assert_eq!(limits.refuses(&crew, None, 0), None);
        let why = limits.refuses(&crew, None, 1).expect("a megabyte is not enough");
        assert!(why.contains("400 MB"), "{why}");
    }
}
