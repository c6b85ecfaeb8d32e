//! Runs on disk: what happened (events), what follows from it (history), where it lies (store).
mod files;
pub use files::write_atomically;
