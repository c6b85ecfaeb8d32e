//! The pictures of the Sweep page, of a study put together from a formula: what they show is how it is drawn.

use crate::fabricate::{self, NOW};
use crate::pictures::options;
use digit_workbench::app::sweep::{Action, Sheet};
use digit_workbench::app::{Command, Tab, Theme};
use digit_workbench::runs::{Journal, Metrics, Workspace};
use digit_workbench::sweep::study::{End, Event};
use digit_workbench::sweep::{Edit, Origin, Studies, Study, presets};
use digit_workbench::ui::Window;
use egui_kittest::kittest::Queryable as _;
use egui_kittest::{Harness, SnapshotResults};
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

/// What a setting is worth in the formula, from 0 to 1.
fn worth(path: &str, value: &str, place: f64) -> f64 {
    match (path, value) {
        ("optim.name", "adadelta") => 0.35,
        ("optim.name", "sgd") => 0.55,
        ("optim.name", "adagrad") => 0.7,
        ("optim.name", _) => 0.95,
        ("loss.name", "mean_absolute_error") => 0.2,
        ("loss.name", "cross_entropy") => 1.0,
        ("loss.name", _) => 0.8,
        ("optim.lr", _) => 1.0 - (place - 0.45).abs() * 1.4,
        _ => 0.9 - 0.25 * place,
    }
}

/// A study of `n` trials in the workspace, two thirds of them pruned, some still running.
pub fn study(workspace: &Workspace, n: u64) {
    let preset = presets(Path::new("/nowhere")).into_iter().find(|preset| preset.stem == "tpe-asha");
    let mut sweep = preset.expect("it ships").sweep.expect("it can be read");
    sweep.trials = n;
    let dir = Studies::new(workspace.root()).create(&sweep).expect("a folder");
    let mut journal = Journal::open(&dir.journal_file()).expect("a file");
    let mut study = Study::new(sweep);
    let began = NOW - 600.0;
    let mut say = |study: &mut Study, event: Event| {
        study.apply(&event);
        journal.append(&event).expect("it can be written");
    };
    say(&mut study, Event::Opened { at: began, format: 1, program: "0.1.0".to_owned(), pid: 1 });
    say(&mut study, Event::Edited { at: began + 60.0, edit: Edit::Parallel(4) });
    let shown = n - 4;
    for trial in 1..=n {
        let at = began + 590.0 * trial as f64 / n as f64;
        // The golden ratio's multiples are spread evenly; each axis has its own.
        let place = |i: usize| (trial as f64 * (0.618_034 + 0.137 * i as f64)).fract();
        let places: Vec<f64> = (0..study.sweep.space.varied().count()).map(place).collect();
        let point = study.sweep.space.decode(&places);
        let parts = study.sweep.space.varied().zip(&places).filter_map(|(axis, place)| {
            point.get(&axis.path).map(|value| worth(&axis.path, &value.to_string(), *place))
        });
        let worth: f64 = parts.product::<f64>().powf(0.35);
        say(&mut study, Event::Asked { at, trial, point, origin: Origin::Strategy, seed: None });
        say(&mut study, Event::Started { at, trial, worker: (trial % 4) as u32, run: format!("r{trial}") });
        let stays = worth > 0.74;
        for (i, epoch) in [0.25, 1.0, 2.0, 3.0].into_iter().enumerate() {
            let value = 0.1 + 0.885 * worth * (1.0 - 0.5_f64.powf(1.0 + epoch * 2.5));
            let metrics = Metrics::from([("accuracy", value), ("loss", 2.3 - 2.2 * value)]);
            say(
                &mut study,
                Event::Reported { at: at + i as f64, trial, epoch, secs: 1.0 + i as f64, metrics },
            );
            if !stays || trial > shown {
                break;
            }
        }
        let (end, metrics, why) = match (trial % 29, stays) {
            (0, _) => (End::Failed, None, Some("the loss is no longer a number at step 12")),
            (_, false) => (End::Pruned, None, Some("3rd of 4 at epoch 0.25")),
            (_, true) => {
                let accuracy = 0.1 + 0.886 * worth;
                let params = 100_000.0 * (1.0 + places[3]);
                let metrics =
                    [("accuracy", accuracy), ("loss", 0.1), ("params", params), ("ms", 0.2 + worth * 0.1)];
                (End::Complete, Some(Metrics::from(metrics)), None)
            }
        };
        if trial <= shown {
            let secs = Some(if stays { 5.2 } else { 1.1 });
            let why = why.map(str::to_owned);
            say(&mut study, Event::Ended { at: at + 4.0, trial, end, secs, epochs: None, metrics, why });
        }
    }
}

fn open(home: &Path, n: u64, theme: Theme, sheet: Sheet, draws: bool) -> Harness<'static, Window> {
    let size = [1280.0, 800.0];
    let workspace = Workspace::new(home.join(".local/share/digit-workbench"));
    if Studies::new(workspace.root()).list().is_empty() && n > 0 {
        study(&workspace, n);
    }
    let mut app = fabricate::app(workspace, home);
    app.apply(Command::SetTheme(theme));
    app.apply(Command::Show(Tab::Sweep));
    app.apply(Command::Sweep(Action::Sheet(sheet)));
    let since = Instant::now();
    let there = |app: &digit_workbench::app::App| match n {
        0 => !app.sweeps.presets.is_empty(),
        n => app.sweeps.looked.as_ref().is_some_and(|looked| looked.study.trials.len() as u64 == n),
    };
    let told =
        |app: &digit_workbench::app::App| sheet != Sheet::Importance || !app.sweeps.findings.list.is_empty();
    while !(there(&app) && told(&app)) {
        assert!(since.elapsed() < Duration::from_secs(30), "the study was not found");
        app.drain(Duration::from_millis(4));
        std::thread::sleep(Duration::from_millis(2));
    }
    let builder = Harness::builder().with_size(size).with_max_steps(10);
    let builder = if draws { builder.wgpu() } else { builder };
    let mut harness = builder.build_eframe(|creation| Window::new(app, &creation.egui_ctx));
    harness.run_steps(6);
    harness
}

#[test]
fn pictures_of_the_sweep_page() {
    if !crate::pictures::can_draw() {
        return;
    }
    let mut results = SnapshotResults::new();
    let home = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::new(home.path().join(".local/share/digit-workbench"));
    study(&workspace, 200);
    // Somebody carries it out.
    let dir = Studies::new(workspace.root()).open("last").expect("it was made");
    let lock = File::create(dir.path().join("lock")).expect("a file");
    lock.lock().expect("nobody else has it");
    for (name, theme, sheet) in [
        ("sweep-board-dark", Theme::Dark, Sheet::Board),
        ("sweep-parallel-light", Theme::Light, Sheet::Parallel),
        ("sweep-slices-dark", Theme::Dark, Sheet::Slices),
        ("sweep-importance-light", Theme::Light, Sheet::Importance),
    ] {
        let mut harness = open(home.path(), 200, theme, sheet, true);
        results.add(harness.try_snapshot_options(name, &options()));
    }
}

#[test]
fn a_thousand_trials_are_drawn_row_by_row() {
    let home = tempfile::tempdir().expect("a folder");
    for (_, words, _) in Sheet::ALL {
        assert!(!words.is_empty());
    }
    let mut harness = open(home.path(), 1000, Theme::Dark, Sheet::Board, false);
    // Only the rows in sight are there at all.
    let rows = harness.query_all_by_role(egui::Role::Row).count();
    assert!(rows > 5 && rows < 60, "{rows} rows");
    for (sheet, words, _) in Sheet::ALL {
        harness.get_by_role_and_label(egui::Role::RadioButton, words).click();
        harness.run_steps(3);
        assert_eq!(harness.state().app().sweeps.sheet, sheet);
    }
}
