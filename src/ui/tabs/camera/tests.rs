//! The Camera page operated as a user does: by the words on it, without pixels.

use crate::app::camera::testing::{picture, reading, reading_as};
use crate::app::camera::{Action, Side};
use crate::app::{App, Command, Tab};
use crate::data::captured::Store;
use crate::ui::Window;
use crate::work::live::{Model, Shown, State};
use crate::work::taught::OnCaptured;
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
fn steps_that_would_change_nothing_cannot_be_pressed() -> Outcome {
    for shown in [Shown::Frame, Shown::Numbers] {
        let folder = tempfile::tempdir()?;
        let mut app = reading_as(folder.path(), shown);
        let origin = picture(folder.path(), "door.png")?;
        app.apply(Command::Show(Tab::Camera));
        app.apply(Command::Camera(Action::Open(origin)));
        let mut harness = open(app);
        until(&mut harness, |app| app.camera.told.state == State::Ended && !app.camera.told.model.is_empty());
        for label in ["Polarity", "Contrast", "Centring", "Distance from training"] {
            click(&mut harness, label);
        }
        let camera = &harness.state().app().camera;
        assert_eq!((camera.steps, camera.knowing.is_none()), (crate::reader::Steps::default(), true));
    }
    Ok(())
}

#[test]
fn boxes_are_put_right_by_keys() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    let origin = picture(folder.path(), "door.png")?;
    app.apply(Command::Show(Tab::Camera));
    app.apply(Command::Camera(Action::Open(origin)));
    let mut harness = open(app);
    until(&mut harness, |app| app.camera.log.entries().len() == 1 && app.camera.told.state == State::Ended);
    click(&mut harness, "Correct 42");
    let boxes = |harness: &Harness<'_, Window>| {
        harness.state().app().camera.teach.as_ref().map(|teach| teach.boxes.clone()).unwrap_or_default()
    };
    let before = boxes(&harness);
    for key in [egui::Key::PageDown, egui::Key::PageDown, egui::Key::ArrowLeft, egui::Key::ArrowDown] {
        harness.key_press(key);
        harness.run_steps(2);
    }
    let after = boxes(&harness);
    assert_eq!((after[0], after[1].x, after[1].y), (before[0], before[1].x - 1.0, before[1].y + 1.0));
    harness.key_press(egui::Key::Delete);
    harness.run_steps(3);
    assert_eq!(boxes(&harness).len(), 1);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);
    assert!(harness.state().app().camera.teach.is_none());
    Ok(())
}

#[test]
fn before_and_after_stand_beside_each_other() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    let origin = picture(folder.path(), "door.png")?;
    app.apply(Command::Show(Tab::Camera));
    app.apply(Command::Camera(Action::Open(origin)));
    let side = |name: &str, n_right, valid| Side {
        name: name.to_owned(),
        model: folder.path().join(name),
        captured: OnCaptured { n_right, n: 5, n_else: 6 - n_right },
        valid: Some(valid),
    };
    app.camera.n_kept = Some(5);
    app.camera.compared = vec![side("old", 1, 0.99), side("new", 5, 0.98)];
    let mut harness = open(app);
    until(&mut harness, |app| app.camera.told.state == State::Ended);
    for label in ["1 of 5", "99.00 %", "5 of 5", "98.00 %", "+5", "+1"] {
        assert!(harness.query_by_label(label).is_some(), "{label}");
    }
    click(&mut harness, "Read with the model after");
    let wanted = Model::File(folder.path().join("new"));
    assert_eq!(harness.state().app().settings.camera.model, wanted);
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
