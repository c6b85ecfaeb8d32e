//! Things to tell the user once: shown for a while, listed until dismissed.

use crate::runs::Level;
use std::time::{Duration, Instant};

/// One thing to tell.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Unique in this window.
    pub id: u64,
    /// How serious it is.
    pub level: Level,
    /// What to tell: problem first, what to do, path last.
    pub text: String,
    /// When it was told.
    pub at: Instant,
    /// How often the same was told.
    pub times: u32,
}

impl Notice {
    /// Whether it will stop floating by itself, so that somebody must look at the clock.
    pub fn is_passing(&self) -> bool {
        self.level != Level::Error && self.is_floating()
    }

    /// Whether it should still float over the window: errors stay until dismissed.
    pub fn is_floating(&self) -> bool {
        let secs = match self.level {
            Level::Info => 5,
            Level::Warning => 12,
            Level::Error => return true,
        };
        self.at.elapsed() < Duration::from_secs(secs)
    }
}

/// The things told so far, oldest first.
#[derive(Debug, Default)]
pub struct Notices {
    list: Vec<Notice>,
    n_told: u64,
}

/// Older ones are forgotten.
const MOST: usize = 50;

impl Notices {
    /// Those not dismissed, oldest first.
    pub fn list(&self) -> &[Notice] {
        &self.list
    }

    /// The latest.
    pub fn last(&self) -> Option<&Notice> {
        self.list.last()
    }

    /// Tells something; the same twice in a row counts as one.
    pub fn tell(&mut self, level: Level, text: impl Into<String>) {
        let text = text.into();
        self.n_told += 1;
        if let Some(last) = self.list.last_mut().filter(|last| last.text == text && last.level == level) {
            last.at = Instant::now();
            last.times += 1;
            return;
        }
        self.list.push(Notice { id: self.n_told, level, text, at: Instant::now(), times: 1 });
        if self.list.len() > MOST {
            self.list.remove(0);
        }
    }

    /// Tells what went well.
    pub fn info(&mut self, text: impl Into<String>) {
        self.tell(Level::Info, text);
    }

    /// Tells what went on differently than asked.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.tell(Level::Warning, text);
    }

    /// Tells what could not be done.
    pub fn error(&mut self, text: impl Into<String>) {
        self.tell(Level::Error, text);
    }

    /// Forgets one.
    pub fn dismiss(&mut self, id: u64) {
        self.list.retain(|notice| notice.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_twice_is_told_once() {
        let mut notices = Notices::default();
        notices.error("no disk");
        notices.error("no disk");
        notices.info("saved");
        assert_eq!(notices.list().len(), 2);
        assert_eq!(notices.list()[0].times, 2);
        let id = notices.list()[0].id;
        notices.dismiss(id);
        assert_eq!(notices.list().len(), 1);
    }
}
