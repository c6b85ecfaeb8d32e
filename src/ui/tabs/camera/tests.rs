//! The Camera page operated as a user does: by the words on it, without pixels.

use crate::app::camera::Action;
use crate::app::camera::testing::{picture, reading};
use crate::app::{App, Command, Tab};
use crate::data::captured::Store;
use crate::ui::Window;
use crate::work::live::State;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::time::{Duration, Instant};

type Outcome = anyhow::Result<()>;

fn open(app: App) -> Harness<'static, Window> {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(8)
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx))
}

fn until(harness: &mut Harness<'_, Window>, done: impl Fn(&App) -> bool) {
    let since = Instant::now();
    while !done(harness.state().app()) {
        assert!(since.elapsed() < Duration::from_secs(30), "it never came");
        harness.step();
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.run_steps(3);
}

fn click(harness: &mut Harness<'_, Window>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(3);
}

#[test]
fn without_a_source_there_is_something_to_do() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    app.apply(Command::Show(Tab::Camera));
    let mut harness = open(app);
    until(&mut harness, |app| app.camera.cameras.is_some());
    for label in ["Open picture or video…", "Open folder of pictures…", "Read the screen"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
    Ok(())
}

#[test]
fn a_number_is_read_corrected_by_keys_and_kept() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    let origin = picture(folder.path(), "door.png")?;
    app.apply(Command::Show(Tab::Camera));
    app.apply(Command::Camera(Action::Open(origin)));
    let mut harness = open(app);
    until(&mut harness, |app| app.camera.log.entries().len() == 1 && app.camera.told.state == State::Ended);
    assert!(harness.query_by_label("Live picture: 42").is_some());
    assert!(harness.query_by_label("Copy 42").is_some());
    click(&mut harness, "Mirror");
    assert!(harness.state().app().settings.camera.mirror);
    click(&mut harness, "Contrast");
    assert!(!harness.state().app().camera.steps.contrast);
    click(&mut harness, "Correct 42");
    assert!(harness.state().app().camera.teach.is_some());
    harness.event(egui::Event::Text("4".to_owned()));
    harness.event(egui::Event::Text("7".to_owned()));
    harness.run_steps(3);
    let text = |harness: &Harness<'_, Window>| {
        harness.state().app().camera.teach.as_ref().map(|teach| teach.text.clone()).unwrap_or_default()
    };
    assert_eq!(text(&harness), "47");
    click(&mut harness, "Keep");
    until(&mut harness, |app| app.camera.n_kept == Some(1));
    let records = Store::new(harness.state().app().places().captured()).records()?.0;
    assert_eq!((records[0].text.as_str(), records[0].boxes.len()), ("47", 2));
    click(&mut harness, "Empty the list");
    assert_eq!(harness.state().app().camera.log.entries().len(), 0);
    click(&mut harness, "Close source");
    assert!(harness.query_by_label("Open picture or video…").is_some());
    Ok(())
}

#[test]
fn trouble_is_written_where_the_picture_would_be() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    std::fs::write(folder.path().join("bad.png"), "")?;
    app.apply(Command::Show(Tab::Camera));
    app.apply(Command::Camera(Action::Open(crate::camera::Origin::of(&folder.path().join("bad.png")))));
    let mut harness = open(app);
    until(
        &mut harness,
        |app| matches!(&app.camera.told.state, State::Trouble { why, .. } if why.contains("empty")),
    );
    assert!(harness.query_by_label("Live picture: nothing yet").is_some());
    click(&mut harness, "Open again");
    Ok(())
}
