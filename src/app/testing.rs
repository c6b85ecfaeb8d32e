//! An [`App`] without a window, for tests.

use super::{App, Parts};
use crate::data::Places;
use crate::models::file::{ModelMeta, write};
use crate::models::{Input, Network};
use crate::recipe::{Recipe, to_ron};
use crate::runs::{RunDir, Workspace};
use crate::work::no_waker;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// An app over a workspace whose trainings are never really started.
pub(crate) fn app(folder: &Path) -> App {
    App::open(Parts {
        workspace: Workspace::new(folder.to_owned()),
        places: Places { folders: Vec::new(), cache: folder.join("cache") },
        launcher: Arc::new(|_, _| Ok(())),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: no_waker(),
        home: None,
        clock: crate::runs::now,
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

/// A folder of idx files with small pictures of three classes: a bar at the left, in the middle, at the right.
pub(crate) fn idx_folder(
    folder: &Path,
    n_train: usize,
    n_test: usize,
) -> std::io::Result<crate::data::Source> {
    for (name, n) in [("train", n_train), ("t10k", n_test)] {
        let labels: Vec<u8> = (0..n).map(|i| (i % 3) as u8).collect();
        let pixel = |label: u8, at: usize| if at % 28 / 9 == usize::from(label) { 200 } else { 0 };
        let pixels: Vec<u8> = labels.iter().flat_map(|l| (0..784).map(|at| pixel(*l, at))).collect();
        let head = |magic: u32, sizes: &[u32]| -> Vec<u8> {
            [magic, n as u32].iter().chain(sizes).flat_map(|word| word.to_be_bytes()).collect()
        };
        let images = [head(0x803, &[28, 28]), pixels].concat();
        std::fs::write(folder.join(format!("{name}-images-idx3-ubyte")), images)?;
        std::fs::write(
            folder.join(format!("{name}-labels-idx1-ubyte")),
            [head(0x801, &[]), labels].concat(),
        )?;
    }
    let folder = folder.display().to_string();
    Ok(crate::data::Source::IdxFolder(crate::data::IdxFolder { folder, ..Default::default() }))
}

/// A run with a model that learned nothing, of three classes.
pub(crate) fn run_with_model(app: &App, folder: &Path) -> anyhow::Result<RunDir> {
    let recipe = Recipe { data: idx_folder(folder, 9, 30)?, name: "Bars".to_owned(), ..Recipe::default() };
    // The images and the model call the classes the same.
    std::fs::write(folder.join("classes.txt"), "left\nmiddle\nright\n")?;
    let run = app.workspace().create_run(&recipe)?;
    let input = Input { channels: 1, height: 28, width: 28, classes: 3 };
    let network = Network::new(&recipe.model, input, 1)?;
    let meta = ModelMeta {
        recipe: to_ron(&recipe)?,
        classes: ["left", "middle", "right"].map(str::to_owned).to_vec(),
        channels: 1,
        height: 28,
        width: 28,
        data: "other".to_owned(),
        program: "test".to_owned(),
        epoch: 1.0,
        step: 1,
        accuracy: None,
    };
    write(&run.best_model(), &meta, &network.parameters)?;
    Ok(run)
}
