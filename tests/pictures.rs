//! Pictures of every page, light and dark: a change of looks is seen in `screenshots/`, which the README shows.

use crate::fabricate;
use digit_workbench::app::{Command, Overlay, Tab, Theme};
use digit_workbench::ui::Window;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use std::time::{Duration, Instant};

/// Whether anything here can draw: lavapipe on a machine without a GPU.
pub fn can_draw() -> bool {
    let drawn = std::panic::catch_unwind(|| {
        let mut harness = Harness::builder().with_size([8.0, 8.0]).wgpu().build_ui(|_| {});
        harness.render().is_ok()
    });
    drawn.unwrap_or(false)
}

/// Another version of Mesa rounds edges differently; a moved widget changes far more pixels than that.
pub fn options() -> SnapshotOptions {
    SnapshotOptions::new().threshold(2.0).max_failed_pixels(400).output_path("screenshots")
}

fn open(
    theme: Theme,
    tab: Tab,
) -> (tempfile::TempDir, digit_workbench::runs::RunLock, Harness<'static, Window>) {
    let home = tempfile::tempdir().expect("a folder");
    let (workspace, training) = fabricate::workspace(home.path());
    let lock = training.lock().expect("nobody else has it");
    let mut app = fabricate::app(workspace, home.path());
    app.apply(Command::SetTheme(theme));
    app.apply(Command::Show(tab));
    app.apply(Command::UsePreset("mnist-cnn".to_owned()));
    let since = Instant::now();
    while !(app.runs.complete && app.runs.alive().count() == 1 && app.jobs.is_empty()) {
        assert!(since.elapsed() < Duration::from_secs(60), "the runs never came");
        app.drain(Duration::from_millis(4));
        std::thread::sleep(Duration::from_millis(5));
    }
    let current = app.runs.list()[0].id.clone();
    app.apply(Command::OpenRun(current));
    app.apply(Command::Show(tab));
    if tab == Tab::Compare {
        for run in
            ["20260320-083000-mnist-mlp", "20260320-091500-mnist-lenet-5", "20260320-093000-cnn-no-dropout"]
        {
            app.apply(Command::Plot(run.to_owned(), true));
        }
    }
    let harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(20)
        .wgpu()
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx));
    (home, lock, harness)
}

#[test]
fn every_page_looks_as_it_did() {
    if !can_draw() {
        #[expect(
            clippy::print_stderr,
            reason = "somebody who looks for pictures should know why there are none"
        )]
        {
            eprintln!("no pictures: nothing here can draw; mesa-vulkan-drivers would");
        }
        return;
    }
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (tab, name) in [(Tab::Start, "start"), (Tab::Train, "train"), (Tab::Compare, "compare")] {
            let (_home, _lock, mut harness) = open(theme, tab);
            harness.run_steps(8);
            if tab == Tab::Compare {
                // The pointer over a curve: one crosshair, the nearest values.
                harness.hover_at(egui::pos2(330.0, 470.0));
                harness.run_steps(8);
            }
            results.add(harness.try_snapshot_options(format!("{name}-{suffix}"), &options()));
        }
    }
    let (_home, _lock, mut harness) = open(Theme::Dark, Tab::Train);
    harness.state_mut().command(Command::Open(Overlay::Palette));
    harness.run_steps(6);
    results.add(harness.try_snapshot_options("palette-dark", &options()));
}
