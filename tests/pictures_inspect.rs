//! Pictures of the Data and Inspect pages with MNIST and a trained network, where MNIST is at hand.

use crate::fabricate;
use crate::pictures::{can_draw, options};
use digit_workbench::app::data::{Action as Data, Layout, Part, Sheet};
use digit_workbench::app::inspect::{Action as Inspect, Own, Pen, View};
use digit_workbench::app::{App, Command, Parts, Tab, Theme};
use digit_workbench::data::augment::Augment;
use digit_workbench::data::{Availability, Places};
use digit_workbench::runs::Workspace;
use digit_workbench::ui::Window;
use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Another processor rounds otherwise, so that a digit of a probability and a mistake or two may differ.
fn tolerant() -> SnapshotOptions {
    options().max_failed_pixels(9000)
}

/// Where MNIST lies, if it does.
fn mnist() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let named = std::env::var_os("DIGIT_WORKBENCH_DATA").map(PathBuf::from);
    named.into_iter().chain([beside]).find(|folder| {
        let places = Places { folders: vec![folder.clone()], cache: folder.join("none") };
        digit_workbench::app::mnist().available(&places) == Availability::Ready
    })
}

fn app(home: &Path, data: &Path, theme: Theme, tab: Tab) -> App {
    let workspace = Workspace::new(home.join("workspace"));
    let mut app = App::open(Parts {
        places: Places { folders: vec![data.to_owned()], cache: home.join("cache") },
        workspace,
        launcher: Arc::new(|_, _| Ok(())),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: Arc::new(|| {}),
        home: Some(home.to_owned()),
        clock: || fabricate::NOW,
    });
    app.apply(Command::SetTheme(theme));
    app.apply(Command::UsePreset("mnist-lenet5".to_owned()));
    app.apply(Command::Show(tab));
    app
}

fn until(app: &mut App, done: impl Fn(&App) -> bool) {
    let since = Instant::now();
    while !(done(app) && app.jobs.is_empty()) {
        assert!(since.elapsed() < Duration::from_secs(120), "it never came");
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
fn data_and_inspect_look_as_they_did() {
    let Some(data) = mnist().filter(|_| can_draw()) else {
        // Not a failure: everything else is still tested.
        return;
    };
    let home = tempfile::tempdir().expect("a folder");
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut app = app(home.path(), &data, theme, Tab::Data);
        until(&mut app, |app| app.data.loaded().is_some());
        app.apply(Command::Data(Data::Part(Some(Part::Train))));
        app.apply(Command::Data(Data::Select(Some(24))));
        results.add(draw(app).try_snapshot_options(format!("data-{suffix}"), &tolerant()));

        let mut app = self::app(home.path(), &data, theme, Tab::Data);
        let mut recipe = Box::new(app.draft.recipe().clone());
        recipe.augment = Augment { rotation: 9.0, shift: 0.1, zoom: 0.15, ..Augment::default() };
        (recipe.augment.elastic_alpha, recipe.augment.noise) = (30.0, 0.05);
        app.apply(Command::Edit { recipe, gesture: None });
        app.apply(Command::Data(Data::Sheet(Sheet::Augment)));
        until(&mut app, |app| app.versions.made.is_some());
        results.add(draw(app).try_snapshot_options(format!("augment-{suffix}"), &tolerant()));

        for (sheet, name) in [(Sheet::Statistics, "statistics"), (Sheet::Map, "map")] {
            let mut app = self::app(home.path(), &data, theme, Tab::Data);
            app.apply(Command::Data(Data::Sheet(sheet)));
            until(&mut app, |app| match sheet {
                Sheet::Map => matches!(app.data.map.layout, Layout::Ready(_)),
                _ => app.data.figures().is_some(),
            });
            results.add(draw(app).try_snapshot_options(format!("{name}-{suffix}"), &tolerant()));
        }

        // A folder of data inside of the home folder, so that the picture shows no path of this machine.
        let copy = home.path().join("data");
        std::fs::create_dir_all(copy.join("mnist")).expect("a folder");
        for file in std::fs::read_dir(data.join("mnist")).into_iter().flatten().flatten() {
            std::fs::copy(file.path(), copy.join("mnist").join(file.file_name())).expect("a copy");
        }
        let mut app = self::app(home.path(), &copy, theme, Tab::Data);
        app.apply(Command::Data(Data::Sheet(Sheet::Sets)));
        let sets = digit_workbench::app::catalogue();
        until(&mut app, |app| sets.iter().all(|set| app.sources.known(set).is_some()));
        results.add(draw(app).try_snapshot_options(format!("data-sets-{suffix}"), &tolerant()));
    }

    let workspace = Workspace::new(home.path().join("workspace"));
    let run = fabricate::finished(&workspace, "mnist-lenet5");
    // Trained by the preset of that name: a model trained here would be another one on another processor.
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/mnist-lenet5.safetensors");
    std::fs::copy(model, run.best_model()).expect("it can be copied");
    let photo = home.path().join("photo.png");
    image::GrayImage::from_fn(400, 300, seven).save(&photo).expect("a picture");
    for (theme, suffix) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut app = app(home.path(), &data, theme, Tab::Inspect);
        until(&mut app, |app| app.inspect.examined().is_some());
        if theme == Theme::Dark {
            app.apply(Command::Inspect(Inspect::Picture(photo.clone())));
            until(&mut app, |app| matches!(app.inspect.own, Some(Own::Read(_))));
        } else {
            app.apply(Command::Inspect(Inspect::Mistakes(true)));
            app.apply(Command::Inspect(Inspect::Select(Some(2))));
        }
        results.add(draw(app).try_snapshot_options(format!("inspect-{suffix}"), &tolerant()));
    }
    for (view, theme, name) in [
        (View::Figures, Theme::Dark, "inspect-figures-dark"),
        (View::Inside, Theme::Light, "inspect-inside-light"),
        (View::Draw, Theme::Dark, "inspect-draw-dark"),
    ] {
        let mut app = app(home.path(), &data, theme, Tab::Inspect);
        until(&mut app, |app| app.inspect.examined().is_some());
        app.apply(Command::Inspect(Inspect::View(view)));
        match view {
            View::Inside => until(&mut app, |app| app.inspect.inside.looked.is_some()),
            View::Draw => {
                for pair in [[0.28, 0.25], [0.7, 0.25], [0.48, 0.82]].windows(2) {
                    app.apply(Command::Inspect(Inspect::Pad(Pen::Line(pair[0], pair[1]))));
                }
                app.apply(Command::Inspect(Inspect::Pad(Pen::Up)));
                until(&mut app, |app| app.inspect.pad.read.is_some());
            }
            View::Figures | View::Images => {}
        }
        results.add(draw(app).try_snapshot_options(name, &tolerant()));
    }
}

/// A seven in dark ink on paper that a lamp lights from the right.
fn seven(x: u32, y: u32) -> image::Luma<u8> {
    let (x, y) = (x as f32, y as f32);
    let bar = (130.0..230.0).contains(&x) && (60.0..78.0).contains(&y);
    let stem = (60.0..240.0).contains(&y) && (x - (226.0 - (y - 60.0) * 0.42)).abs() < 9.0;
    image::Luma([if bar || stem { 60 } else { (190.0 + x / 10.0) as u8 }])
}
