//! A place for one value, where the newest wins: what nobody took in time is dropped, so nothing ever queues up.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Holds at most one value.
#[derive(Debug)]
pub struct Slot<T> {
    value: Mutex<Option<T>>,
    filled: Condvar,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: Mutex::new(None), filled: Condvar::new() }
    }
}

impl<T> Slot<T> {
    /// Puts a value in and returns the one that nobody took.
    pub fn put(&self, value: T) -> Option<T> {
        let old = self.locked().replace(value);
        self.filled.notify_one();
        old
    }

    /// Takes the value out, if there is one.
    pub fn take(&self) -> Option<T> {
        self.locked().take()
    }

    /// Waits for a value, at most so long.
    pub fn wait(&self, at_most: Duration) -> Option<T> {
        let waited = self.filled.wait_timeout_while(self.locked(), at_most, |value| value.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }

    /// A thread that panicked cannot have left half a value, since values are only moved in and out.
    fn locked(&self) -> MutexGuard<'_, Option<T>> {
        self.value.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_newest_wins() {
        let slot = Arc::new(Slot::default());
        assert_eq!(slot.take(), None);
        assert_eq!(slot.put(1), None);
        assert_eq!(slot.put(2), Some(1));
        assert_eq!(slot.wait(Duration::ZERO), Some(2));
        let other = Arc::clone(&slot);
        let waiting = std::thread::spawn(move || other.wait(Duration::from_secs(30)));
        slot.put(3);
        assert_eq!(waiting.join().ok().flatten(), Some(3));
    }
}
