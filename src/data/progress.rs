//! How long work on data tells how far it is, and is asked to stop; knows no window and no terminal.

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes read or downloaded.
    Bytes,
    /// Images drawn or decoded.
    Images,
    /// Steps of something that learns.
    Steps,
}

/// How far a piece of work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage<'a> {
    /// What is being done, as shown: "Downloading train-images-idx3-ubyte.gz".
    pub text: &'a str,
    /// How much of it is done.
    pub done: u64,
    /// How much there is; 0 where nobody knows.
    pub total: u64,
    /// What is counted.
    pub unit: Unit,
}

/// Somebody who wants to know how far the work is and may stop it. Called from worker threads, up to some hundred
/// times a second: an implementation that draws should skip calls.
pub trait Progress: Sync {
    /// Takes note of how far the work is.
    fn report(&self, stage: Stage<'_>);

    /// Whether to stop: looked at between portions of work, which then end in [`super::DataError::Cancelled`].
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody is looking, nobody stops it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn report(&self, _: Stage<'_>) {}
}

/// Passes a wish to stop on, but no reports: for the lesser of two pieces of work that are done at the same time.
pub(super) struct Quiet<'a>(pub(super) &'a dyn Progress);

impl Progress for Quiet<'_> {
    fn report(&self, _: Stage<'_>) {}

    fn cancelled(&self) -> bool {
        self.0.cancelled()
    }
}
