//! The Inspect page without a window: reading, filtering, pictures, damaged models.

use super::*;
use crate::app::testing::{app, run_with_model, until};
use crate::app::{Command, Tab};

#[test]
fn a_run_is_read_when_the_page_is_looked_at_and_filtered_by_the_matrix() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    run_with_model(&app, folder.path())?;
    app.apply(Command::Show(Tab::Inspect));
    until(&mut app, |app| app.inspect.examined().is_some());
    let examined = Arc::clone(app.inspect.examined().expect("it is there"));
    assert_eq!(examined.samples.len(), 30);
    // The file names other data than the folder holds.
    assert!(examined.warnings.iter().any(|warning| warning.contains("learned from other data")));
    // All images of a class look the same, so each class is read as one other.
    let read_as = examined.predicted[0];
    let cell = Cell { truth: 0, predicted: read_as };
    app.apply(Command::Inspect(Action::Cell(Some(cell))));
    assert_eq!(app.inspect.gallery.rows().len(), 10);
    app.apply(Command::Inspect(Action::Cell(Some(Cell { predicted: (read_as + 1) % 3, ..cell }))));
    assert!(app.inspect.gallery.rows().is_empty());
    app.apply(Command::Inspect(Action::Cell(None)));
    app.apply(Command::Inspect(Action::Mistakes(true)));
    assert_eq!(app.inspect.gallery.rows(), examined.mistakes);
    app.apply(Command::Inspect(Action::Truth(Some(1))));
    assert!(app.inspect.gallery.rows().iter().all(|row| examined.samples.labels[*row as usize] == 1));
    // There is no last model.
    app.apply(Command::Inspect(Action::Model(Which::Last)));
    until(&mut app, |app| matches!(app.inspect.state, State::NoModel));
    assert!(app.inspect.gallery.rows().is_empty());
    Ok(())
}

#[test]
fn pictures_are_read_and_bad_ones_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    app.apply(Command::Inspect(Action::Picture(folder.path().join("x.png"))));
    assert!(app.inspect.own.is_none() && app.notices.last().is_some());
    run_with_model(&app, folder.path())?;
    app.apply(Command::Show(Tab::Inspect));
    until(&mut app, |app| app.runs.current().is_some());
    let bad = folder.path().join("bad.png");
    std::fs::write(&bad, "no picture")?;
    app.apply(Command::Inspect(Action::Picture(bad)));
    until(&mut app, |app| matches!(app.inspect.own, Some(Own::Trouble(..))));
    let good = folder.path().join("good.png");
    image::GrayImage::from_fn(700, 600, |x, _| image::Luma([if x < 300 { 20 } else { 240 }])).save(&good)?;
    app.apply(Command::Inspect(Action::Picture(good)));
    until(&mut app, |app| matches!(app.inspect.own, Some(Own::Read(_))));
    let Some(Own::Read(own)) = &app.inspect.own else { anyhow::bail!("just looked") };
    assert_eq!((own.size, own.shown.width(), own.prediction.probabilities.len()), ((700, 600), 512, 3));
    app.apply(Command::Inspect(Action::ClosePicture));
    assert!(app.inspect.own.is_none());
    Ok(())
}

#[test]
fn a_damaged_model_is_told_and_read_once_it_is_whole() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let run = run_with_model(&app, folder.path())?;
    let whole = std::fs::read(run.best_model())?;
    std::fs::write(run.best_model(), &whole[..whole.len() / 2])?;
    app.apply(Command::Show(Tab::Inspect));
    until(&mut app, |app| matches!(&app.inspect.state, State::Trouble(text) if text.contains("cut off")));
    std::fs::write(run.best_model(), whole)?;
    app.apply(Command::Inspect(Action::Look));
    until(&mut app, |app| app.inspect.examined().is_some());
    Ok(())
}
