//! Watches a workspace's studies: which there are, and what happens in the one looked at. On a thread of its own, so
//! that neither a long journal nor a slow disk ever holds up a frame.

use super::Waker;
use crate::runs::Tail;
use crate::sweep::{Event, Studies, Study, StudyDir};
use anyhow::Context as _;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::collections::BTreeMap;
use std::time::Duration;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// Looks at the whole list are so many looks apart.
const LIST_EVERY: u32 = 6;

/// One study in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its folder.
    pub dir: StudyDir,
    /// As the user called it.
    pub name: String,
    /// Whether a process carries it out.
    pub alive: bool,
    /// Why it gets no further for now, if so.
    pub waits: Option<String>,
}

/// Something seen.
#[derive(Debug)]
pub enum Sight {
    /// All studies, newest first, when something of that changed.
    List(Vec<Known>),
    /// The study that was asked for, as far as its journal goes.
    Opened(StudyDir, Box<Result<Study, String>>),
    /// What happened in it since.
    Events(StudyDir, Vec<Event>),
}

/// The watcher; it ends when this is dropped.
pub struct StudyWatch {
    sights: Receiver<Sight>,
    wishes: Sender<Option<StudyDir>>,
}

impl StudyWatch {
    /// Starts to watch; `waker` is called for every sight.
    pub fn start(studies: Studies, waker: Waker) -> anyhow::Result<Self> {
        let (sender, sights) = bounded(64);
        let (wishes, wished) = bounded(16);
        let eyes = Eyes { studies, sender, waker, names: BTreeMap::new(), told: None, open: None };
        std::thread::Builder::new()
            .name("watch studies".to_owned())
            .spawn(move || eyes.watch(&wished))
            .context("the system gives no more threads")?;
        Ok(Self { sights, wishes })
    }

    /// The next thing seen, if there is one.
    pub fn next(&self) -> Option<Sight> {
        self.sights.try_recv().ok()
    }

    /// Looks at this study from now on, or at none, and at the list at once.
    pub fn look_at(&self, study: Option<StudyDir>) {
        // A watcher that is that far behind will come to it with the next wish.
        self.wishes.try_send(study).ok();
    }
}

struct Eyes {
    studies: Studies,
    sender: Sender<Sight>,
    waker: Waker,
    /// Names are read once.
    names: BTreeMap<StudyDir, String>,
    told: Option<Vec<Known>>,
    open: Option<(StudyDir, Tail)>,
}

/// The window is gone.
struct Closed;

impl Eyes {
    fn watch(mut self, wished: &Receiver<Option<StudyDir>>) {
        let mut n_looks = 0_u32;
        loop {
            let mut looked = if n_looks.is_multiple_of(LIST_EVERY) { self.list() } else { Ok(()) };
            looked = looked.and_then(|()| self.follow());
            if looked.is_err() {
                return;
            }
            n_looks = n_looks.wrapping_add(1);
            match wished.recv_timeout(LOOK_EVERY) {
                Ok(study) => {
                    if self.open(study).is_err() {
                        return;
                    }
                    n_looks = 0;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tell(&self, sight: Sight) -> Result<(), Closed> {
        self.sender.send(sight).map_err(|_| Closed)?;
        (self.waker)();
        Ok(())
    }

    fn list(&mut self) -> Result<(), Closed> {
        let mut list: Vec<Known> = Vec::new();
        for dir in self.studies.list().into_iter().rev() {
            let name = self
                .names
                .entry(dir.clone())
                .or_insert_with(|| dir.sweep().map_or_else(|_| dir.id(), |sweep| sweep.name));
            list.push(Known { name: name.clone(), alive: dir.is_alive(), waits: dir.waits(), dir });
        }
        if self.told.as_ref() == Some(&list) {
            return Ok(());
        }
        self.told = Some(list.clone());
        self.tell(Sight::List(list))
    }

    fn open(&mut self, wanted: Option<StudyDir>) -> Result<(), Closed> {
        if self.open.as_ref().map(|(dir, _)| dir) == wanted.as_ref() {
            return Ok(());
        }
        self.open = None;
        let Some(dir) = wanted else { return Ok(()) };
        let study = match dir.read() {
            Ok((study, tail)) => {
                self.open = Some((dir.clone(), tail));
                Ok(study)
            }
            Err(error) => Err(error.to_string()),
        };
        self.tell(Sight::Opened(dir, Box::new(study)))
    }

    fn follow(&mut self) -> Result<(), Closed> {
        let Some((dir, tail)) = &mut self.open else { return Ok(()) };
        // A journal that cannot be read now may be readable the next time.
        let events = tail.read::<Event>().unwrap_or_default();
        if events.is_empty() {
            return Ok(());
        }
        let dir = dir.clone();
        self.tell(Sight::Events(dir, events))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Axis, Edit, Range, Space, Sweep};
    use crate::work::no_waker;
    use std::time::Instant;

    fn until(watch: &StudyWatch, done: impl Fn(&Sight) -> bool) -> Sight {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(30) {
            match watch.next() {
                Some(sight) if done(&sight) => return sight,
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
        panic!("it never came");
    }

    #[test]
    fn studies_are_listed_and_followed() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let studies = Studies::new(folder.path());
        let watch = StudyWatch::start(studies.clone(), no_waker())?;
        until(&watch, |sight| matches!(sight, Sight::List(list) if list.is_empty()));
        let space = Space(vec![Axis::new("optim.lr", Range::Log { min: 0.001, max: 0.1 })]);
        let dir = studies.create(&Sweep { name: "One".to_owned(), space, ..Sweep::default() })?;
        watch.look_at(Some(dir.clone()));
        until(&watch, |sight| matches!(sight, Sight::Opened(_, study) if study.is_ok()));
        until(&watch, |sight| matches!(sight, Sight::List(list) if list.len() == 1 && list[0].name == "One"));
        dir.edit(Edit::Budget { trials: 7, minutes: 0.0 })?;
        let seen = until(&watch, |sight| matches!(sight, Sight::Events(..)));
        assert!(matches!(seen, Sight::Events(of, events) if of == dir && events.len() == 1));
        Ok(())
    }
}
