//! Pictures of the Camera page reading a number, and of the page without a source.

use crate::fabricate;
use crate::pictures::{can_draw, options};
use digit_workbench::app::camera::Action;
use digit_workbench::app::{App, Command, Parts, Tab, Theme};
use digit_workbench::camera::Origin;
use digit_workbench::data::Places;
use digit_workbench::runs::Workspace;
use digit_workbench::ui::Window;
use digit_workbench::work::live::{Model, Rates, Seen, State, Times};
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Another processor rounds probabilities otherwise.
fn tolerant() -> SnapshotOptions {
    options().max_failed_pixels(1500)
}

/// Reads no more, and tells no milliseconds: those differ from run to run.
fn still(app: &mut App) {
    app.camera.let_go();
    if let Some(seen) = app.camera.seen.take() {
        let seen = Seen { times: Times::default(), rates: Rates::default(), ..Seen::clone(&seen) };
        app.camera.seen = Some(Arc::new(seen));
    }
}

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)
}

fn app(home: &Path, theme: Theme) -> App {
    let mut app = App::open(Parts {
        places: Places { folders: Vec::new(), cache: home.join("cache") },
        workspace: Workspace::new(home.join("workspace")),
        launcher: Arc::new(|_, _| Ok(())),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: Arc::new(|| {}),
        home: Some(home.to_owned()),
        clock: || fabricate::NOW,
    });
    app.apply(Command::SetTheme(theme));
    app.apply(Command::Show(Tab::Camera));
    app
}

fn until(app: &mut App, done: impl Fn(&App) -> bool) {
    let since = Instant::now();
    while !(done(app) && app.jobs.is_empty()) {
        assert!(since.elapsed() < Duration::from_secs(120), "it never came: {:?}", app.camera.told);
        app.drain(Duration::from_millis(4));
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn draw(app: App) -> Harness<'static, Window> {
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .wgpu()
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx));
    harness.run_steps(10);
    harness
}

#[test]
fn the_camera_page_looks_as_it_did() {
    if !can_draw() {
        return;
    }
    let home = tempfile::tempdir().expect("a folder");
    let mut results = SnapshotResults::new();
    let workspace = Workspace::new(home.path().join("workspace"));
    let run = fabricate::finished(&workspace, "mnist-lenet5");
    std::fs::copy(beside("models/mnist-lenet5.safetensors"), run.best_model()).expect("it can be copied");
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut app = app(home.path(), theme);
        app.apply(Command::Camera(Action::Model(Model::File(run.best_model()))));
        app.apply(Command::Camera(Action::Open(Origin::of(&beside("pictures/number-304.png")))));
        let is_read = |app: &App| app.camera.told.state == State::Ended && app.camera.log.entries().len() > 0;
        until(&mut app, is_read);
        let seen = app.camera.seen.as_ref().map(|seen| seen.numbers[0].number.text.clone());
        assert_eq!(seen.as_deref(), Some("304"));
        if theme == Theme::Light {
            app.apply(Command::Camera(Action::Teach(Some(0))));
        }
        still(&mut app);
        results.add(draw(app).try_snapshot_options(format!("camera-{suffix}"), &tolerant()));
    }
    let mut app = app(home.path(), Theme::Dark);
    app.apply(Command::Camera(Action::Close));
    until(&mut app, |app| app.camera.cameras.is_some());

    results.add(draw(app).try_snapshot_options("camera-none-dark", &options()));
}
