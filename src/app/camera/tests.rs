//! The Camera page without a window: sources are opened and left, settings reach the reader, numbers are listed and kept.

use super::testing::{picture, reading};
use super::{Action, Report};
use crate::app::testing::until;
use crate::app::{App, Command, Report as AnyReport, Tab};
use crate::camera::Origin;
use crate::data::captured::Store;
use crate::work::live::{Model, Part, State};

type Outcome = anyhow::Result<()>;

fn ask(app: &mut App, action: Action) {
    app.apply(Command::Camera(action));
}

#[test]
fn a_picture_is_read_listed_corrected_and_kept() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    let origin = picture(folder.path(), "door.png")?;
    app.apply(Command::Show(Tab::Camera));
    ask(&mut app, Action::Open(origin.clone()));
    until(&mut app, |app| app.camera.log.entries().len() == 1 && app.camera.told.state == State::Ended);
    assert_eq!(app.camera.log.entries().map(|entry| entry.text.as_str()).collect::<Vec<_>>(), ["42"]);
    ask(&mut app, Action::Confidence(0.95));
    until(&mut app, |app| app.camera.seen.as_ref().is_some_and(|seen| seen.numbers.is_empty()));
    ask(&mut app, Action::Confidence(0.3));
    ask(&mut app, Action::Part(Part::between([0.0, 0.0], [0.5, 0.5])));
    until(&mut app, |app| {
        let seen = app.camera.seen.as_ref();
        seen.is_some_and(|seen| seen.numbers.first().is_some_and(|one| one.number.area.x < 20.0))
    });
    ask(&mut app, Action::Part(None));
    until(&mut app, |app| {
        let seen = app.camera.seen.as_ref();
        seen.is_some_and(|seen| seen.numbers.first().is_some_and(|one| one.number.area.x > 30.0))
    });

    ask(&mut app, Action::Teach(Some(0)));
    assert_eq!(
        app.camera.teach.as_ref().map(|teach| (teach.text.as_str(), teach.boxes.len())),
        Some(("42", 2))
    );
    ask(&mut app, Action::Text("427".to_owned()));
    ask(&mut app, Action::Keep);
    until(&mut app, |app| app.camera.n_kept == Some(1));
    let (records, _) = Store::new(app.places().captured()).records()?;
    assert_eq!(
        (records[0].text.as_str(), records[0].boxes.len(), records[0].source.as_str()),
        ("427", 3, "door.png")
    );
    ask(&mut app, Action::Snapshot);
    ask(&mut app, Action::ExportLog);
    until(&mut app, |app| app.jobs.is_empty());
    let kept = std::fs::read_dir(folder.path().join("camera"))?.count();
    assert_eq!(kept, 3, "{:?}", app.notices);
    ask(&mut app, Action::ClearLog);
    assert_eq!(app.camera.log.entries().len(), 0);

    // Leaving the page ends it; coming back opens the same source.
    app.apply(Command::Show(Tab::Start));
    until(&mut app, |app| app.camera.origin().is_none());
    assert_eq!(app.settings.camera.origin, Some(origin));
    app.apply(Command::Show(Tab::Camera));
    until(&mut app, |app| app.camera.origin().is_some());
    ask(&mut app, Action::Close);
    assert!(app.camera.seen.is_none() && app.settings.camera.origin.is_none());
    Ok(())
}

#[test]
fn a_picture_from_the_clipboard_is_read() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    app.apply(Command::Show(Tab::Camera));
    ask(&mut app, Action::Paste([40, 30], vec![120; 3600].into()));
    until(&mut app, |app| app.camera.seen.is_some());
    assert_eq!(app.camera.seen.as_ref().map(|seen| seen.picture.dimensions()), Some((40, 30)));
    ask(&mut app, Action::Paste([40, 30], vec![120; 7].into()));
    until(&mut app, |app| app.notices.last().is_some());
    Ok(())
}

#[test]
fn what_cannot_be_opened_is_told_and_the_page_goes_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    app.apply(Command::Show(Tab::Camera));
    std::fs::write(folder.path().join("bad.png"), "")?;
    let trouble = |app: &App| match &app.camera.told.state {
        State::Trouble { why, .. } => why.clone(),
        _ => String::new(),
    };
    ask(&mut app, Action::Open(Origin::of(&folder.path().join("bad.png"))));
    until(&mut app, |app| trouble(app).contains("empty"));
    ask(&mut app, Action::Open(Origin::Camera { index: 987, wish: None }));
    until(&mut app, |app| trouble(app).contains("no camera 987"));
    ask(&mut app, Action::Open(picture(folder.path(), "good.png")?));
    until(&mut app, |app| app.camera.seen.is_some());
    ask(&mut app, Action::Model(Model::File("none.safetensors".into())));
    until(&mut app, |app| app.camera.told.model_trouble.is_some());
    assert!(app.camera.seen.is_some());
    app.take(AnyReport::Camera(Report::Cameras(Err("no".to_owned()))));
    assert_eq!(app.camera.trouble.as_deref(), Some("no"));
    Ok(())
}

#[test]
fn a_slide_show_is_recorded_while_another_page_is_shown() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = reading(folder.path());
    let pictures = folder.path().join("pictures");
    std::fs::create_dir(&pictures)?;
    for name in ["a.png", "b.png", "c.png"] {
        picture(&pictures, name)?;
    }
    app.apply(Command::Show(Tab::Camera));
    ask(&mut app, Action::Hold(0.1));
    ask(&mut app, Action::Open(Origin::of(&pictures)));
    until(&mut app, |app| app.camera.seen.is_some());
    ask(&mut app, Action::Record(true));
    app.apply(Command::Show(Tab::Start));
    until(&mut app, |app| app.camera.seen.as_ref().is_some_and(|seen| seen.frame >= 2));
    let recording = app.camera.recording().cloned().ok_or_else(|| anyhow::anyhow!("it records"))?;
    ask(&mut app, Action::Record(false));
    until(&mut app, |app| app.camera.origin().is_none());
    // It is written by a thread of its own.
    let written = || std::fs::read_to_string(recording.join("numbers.jsonl")).unwrap_or_default();
    until(&mut app, |_| written().contains("\"text\":\"42\""));
    Ok(())
}
