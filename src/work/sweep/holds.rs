//! Why a study starts nothing new or gets no further for now: told once, and left where others read it.

use super::Told;
use crate::disk::has_room;
use crate::sweep::{StudyDir, Waits};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Silence of the training processes that is nothing strange: an epoch takes its time.
const LONG: Duration = Duration::from_secs(10);

/// The reasons, of which the first one that there is counts.
pub(super) struct Holds {
    /// Why what runs gets no further, as its process says.
    pub stalled: Option<String>,
    /// The same, as it looks where processes could not say so.
    silent: Option<String>,
    /// Why there is no room to start more.
    pub refused: Option<String>,
    /// Why there is nothing more to start.
    pub over: Option<String>,
    told: Option<Told>,
    waits: Waits,
    folder: PathBuf,
    heard_at: Instant,
}

impl Holds {
    /// None yet, of the study in that folder.
    pub fn new(dir: &StudyDir) -> Self {
        Self {
            stalled: None,
            silent: None,
            refused: None,
            over: None,
            told: None,
            waits: Waits::new(dir),
            folder: dir.path().to_owned(),
            heard_at: Instant::now(),
        }
    }

    /// A training process said something.
    pub fn heard(&mut self) {
        self.heard_at = Instant::now();
        self.silent = None;
    }

    /// None said anything. What is learned waits to be written where the disk is full, and nobody can write down why.
    pub fn nothing_heard(&mut self) {
        if self.heard_at.elapsed() < LONG {
            return;
        }
        self.heard_at = Instant::now();
        self.silent = (!has_room(&self.folder)).then(|| {
            let folder = self.folder.display();
            format!("the disk is full; trials wait until there is room again: {folder}")
        });
    }

    /// The reason, where it is another one than was told last. That nothing more is to be started is no waiting.
    pub fn news(&mut self) -> Option<Told> {
        let stalls = self.stalled.as_ref().or(self.silent.as_ref());
        let waits = stalls.or(self.refused.as_ref());
        let told = match (stalls, waits.or(self.over.as_ref())) {
            (Some(why), _) => Some(Told::Stalls(why.clone())),
            (None, why) => why.cloned().map(Told::Holds),
        };
        if self.told == told {
            return None;
        }
        self.waits.say(waits.map(String::as_str));
        self.told.clone_from(&told);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Axis, Range, Space, Studies, Sweep};

    #[test]
    fn a_reason_is_news_once_and_what_runs_comes_before_what_could() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let space = Space(vec![Axis::new("optim.lr", Range::Log { min: 0.001, max: 0.1 })]);
        let dir = Studies::new(folder.path()).create(&Sweep { space, ..Sweep::default() })?;
        let mut holds = Holds::new(&dir);
        let told =
            || std::fs::read_to_string(dir.path().join("waits.txt")).map(|text| text.trim().to_owned());
        assert_eq!(holds.news(), None);
        holds.refused = Some("no memory".to_owned());
        assert_eq!(holds.news(), Some(Told::Holds("no memory".to_owned())));
        assert_eq!(holds.news(), None);
        assert_eq!(told()?, "no memory");
        holds.stalled = Some("no room".to_owned());
        assert_eq!(holds.news(), Some(Told::Stalls("no room".to_owned())));
        assert_eq!(told()?, "no room");
        holds.stalled = None;
        assert_eq!(holds.news(), Some(Told::Holds("no memory".to_owned())));
        (holds.refused, holds.over) = (None, Some("25 trials were wanted".to_owned()));
        assert_eq!(holds.news(), Some(Told::Holds("25 trials were wanted".to_owned())));
        assert_eq!(told()?, "", "nothing is wrong");
        Ok(())
    }
}
