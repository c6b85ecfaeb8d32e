//! What is asked of a training while it runs, read from `control.jsonl`, and what is left over from an earlier process.

use crate::runs::{Changed, Control, Event, Request, RunDir, Tail, requests};
use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

/// How often the file is looked at: soon enough for a hand on a slider, seldom enough to cost nothing.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Requests to a training.
pub(super) struct Inbox {
    tail: Tail,
    waiting: VecDeque<Request>,
    looked_at: Instant,
    replay: VecDeque<Changed>,
}

impl Inbox {
    /// Takes up what earlier processes left: changes applied after the checkpoint are to be made again at their own
    /// steps, changes never answered are to be made now; an old "pause" or "stop" is over.
    pub fn new(run: &RunDir, from_step: u64) -> anyhow::Result<Self> {
        let (asked, tail) = requests(run)?;
        let mut events = Tail::new(run.events_file());
        let changes: Vec<Changed> = events
            .read::<Event>()?
            .into_iter()
            .filter_map(|event| match event {
                Event::Changed(changed) => Some(changed),
                _ => None,
            })
            .collect();
        let answered: HashSet<&str> = changes.iter().map(|c| c.request.as_str()).collect();
        let waiting = asked
            .into_iter()
            .filter(|r| {
                matches!(r.control, Control::Set { .. } | Control::AddEpochs(_))
                    && !answered.contains(r.id.as_str())
            })
            .collect();
        let mut replay: Vec<Changed> = Vec::new();
        for change in changes.iter().filter(|c| c.step >= from_step) {
            // A second interruption repeats what the first one replayed: the later telling counts.
            replay.retain(|c| c.request != change.request);
            replay.push(change.clone());
        }
        replay.sort_by_key(|c| c.step);
        Ok(Self { tail, waiting, looked_at: Instant::now(), replay: replay.into() })
    }

    /// A change that an earlier process made at this step.
    pub fn next_replay(&mut self, step: u64) -> Option<Changed> {
        self.replay.pop_front_if(|c| c.step <= step)
    }

    /// The next request, if there is one.
    pub fn next(&mut self) -> Option<Request> {
        if self.waiting.is_empty() && self.looked_at.elapsed() >= LOOK_EVERY {
            self.looked_at = Instant::now();
            // A file that cannot be read now may be readable the next time.
            self.waiting.extend(self.tail.read::<Request>().unwrap_or_default());
        }
        self.waiting.pop_front()
    }
}
