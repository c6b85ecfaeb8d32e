//! An [`App`] without a window, for tests.

use super::{App, Parts};
use crate::data::Places;
use crate::runs::Workspace;
use crate::work::no_waker;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An app over a workspace whose trainings are never really started.
pub(crate) fn app(folder: &Path) -> App {
    App::open(Parts {
        workspace: Workspace::new(folder.to_owned()),
        places: Places { folders: Vec::new(), cache: folder.join("cache") },
        launcher: Arc::new(|_| Ok(())),
        waker: no_waker(),
    })
}

/// Drains until `done`, for at most half a minute.
pub(crate) fn until(app: &mut App, mut done: impl FnMut(&App) -> bool) {
    let since = Instant::now();
    while !done(app) {
        assert!(since.elapsed() < Duration::from_secs(30), "it never came; notices: {:?}", app.notices);
        app.drain(Duration::from_millis(4));
        std::thread::sleep(Duration::from_millis(2));
    }
}
