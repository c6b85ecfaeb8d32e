//! The thread that takes frames: opens the source, keeps to its pace, opens it again when it comes back.

use super::{Shared, State, locked};
use crate::camera::{Frame, Origin, Source, SourceError};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Between two attempts to open a camera that went away.
const AGAIN: Duration = Duration::from_secs(1);
/// Between two looks at whether to end, while nothing is to be done.
const LOOK: Duration = Duration::from_millis(20);
/// Later than this, and the pace begins anew instead of being caught up with.
const LATE: Duration = Duration::from_millis(500);
/// Between two looks at what can be adjusted.
const CONTROLS: Duration = Duration::from_millis(500);
/// So many damaged frames without a good one, and it is no use to hurry.
const HOPELESS: u32 = 30;

/// Why a source was left.
enum Left {
    /// Nobody wants it any more.
    Ended,
    /// It is to be opened again.
    Again,
    /// It waits for nothing.
    Over,
}

/// Takes frames until nobody wants them any more.
pub(super) fn capture(shared: &Shared, origin: &Origin) {
    // Kept from one round of a slide show to the next: its last picture is shown as long as the others.
    let mut due = None;
    while !shared.is_ended() {
        let hold = shared.how().hold;
        let left = match origin.open(hold) {
            Ok(source) => {
                shared.tell(|told| {
                    told.state = State::Running;
                    told.about = source.about();
                });
                Flow { shared, origin, due: &mut due, n: 0, discarded: false }.go(source)
            }
            Err(error) => fail(shared, &error),
        };
        match left {
            Left::Ended => return,
            Left::Again => {}
            Left::Over => {
                // A step back in a slide show opens it again; otherwise there is nothing to do but to be ended.
                while !shared.is_ended() && shared.skip.load(Ordering::Relaxed) == 0 {
                    std::thread::sleep(LOOK);
                }
            }
        }
    }
}

/// Tells why; waits a moment where it may come back.
fn fail(shared: &Shared, error: &SourceError) -> Left {
    let (why, again) = (error.to_string(), error.may_come_back());
    shared.tell(|told| told.state = State::Trouble { why: capital(&why), again });
    if !again {
        return Left::Over;
    }
    let until = Instant::now() + AGAIN;
    while Instant::now() < until {
        if shared.is_ended() {
            return Left::Ended;
        }
        std::thread::sleep(LOOK);
    }
    Left::Again
}

/// As the first word of a sentence.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// An open source at work.
struct Flow<'a> {
    shared: &'a Shared,
    origin: &'a Origin,
    /// When the next frame is to be shown.
    due: &'a mut Option<Instant>,
    n: u64,
    /// Whether the last frame was taken but not shown.
    discarded: bool,
}

impl Flow<'_> {
    fn go(mut self, mut source: Box<dyn Source>) -> Left {
        let mut looked: Option<Instant> = None;
        let mut n_bad = 0;
        loop {
            if self.shared.is_ended() {
                return Left::Ended;
            }
            let by = self.shared.skip.swap(0, Ordering::Relaxed);
            if by != 0 {
                // A frame that waited to be shown and was not is still to come.
                source.skip(by - i64::from(std::mem::take(&mut self.discarded)));
                *self.due = None;
            }
            for (control, value) in locked(&self.shared.adjust).drain(..) {
                source.adjust(control, value);
            }
            if looked.is_none_or(|at| at.elapsed() > CONTROLS) {
                looked = Some(Instant::now());
                let (about, controls) = (source.about(), source.controls());
                self.shared.tell(|told| (told.about, told.controls) = (about, controls));
            }
            match source.next() {
                Ok(Some(frame)) => {
                    n_bad = 0;
                    self.n += 1;
                    match self.put(frame) {
                        true => {}
                        false => return Left::Ended,
                    }
                }
                Ok(None) if self.origin.repeats() && self.n > 1 => return Left::Again,
                Ok(None) => {
                    self.shared.tell(|told| told.state = State::Ended);
                    return Left::Over;
                }
                Err(error) if error.is_passing() => {
                    n_bad += 1;
                    self.shared.tell(|told| {
                        told.n_damaged += 1;
                        told.damage = error.to_string();
                    });
                    if n_bad > HOPELESS {
                        std::thread::sleep(LOOK);
                    }
                }
                Err(error) => return fail(self.shared, &error),
            }
        }
    }

    /// Waits until the frame is due and puts it where the newest wins; false where nobody wants it any more.
    fn put(&mut self, mut frame: Frame) -> bool {
        if let Some(hold) = frame.hold {
            let now = Instant::now();
            let due = self.due.filter(|due| now.saturating_duration_since(*due) < LATE).unwrap_or(now);
            loop {
                let left = due.saturating_duration_since(Instant::now());
                // While a frame is kept, the next one waits, however long.
                let is_kept = self.due.is_some() && self.shared.how().is_frozen;
                if left.is_zero() && !is_kept {
                    break;
                }
                if self.shared.is_ended() {
                    return false;
                }
                if self.due.is_some() && self.shared.skip.load(Ordering::Relaxed) != 0 {
                    // The user wants another one.
                    self.discarded = true;
                    return true;
                }
                std::thread::sleep(if left.is_zero() { LOOK } else { left.min(LOOK) });
            }
            *self.due = Some(due + hold);
            // It is as old as it took to decode: it might have been decoded just now.
            frame.taken = Instant::now().checked_sub(frame.decoding).unwrap_or(due);
        }
        if self.shared.how().is_frozen && self.n > 1 && frame.hold.is_none() {
            return true;
        }
        locked(&self.shared.camera).tick();
        if self.shared.frames.put(frame).is_some() {
            self.shared.n_lost.fetch_add(1, Ordering::Relaxed);
        }
        self.shared.tell(|told| told.state = State::Running);
        true
    }
}
