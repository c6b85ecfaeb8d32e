//! The Data page's state operated by commands, without a window.

use super::*;
use crate::app::testing::{app, idx_folder, until};
use crate::app::{Command, Tab};

fn learn_from(app: &mut App, source: Source) {
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
}

#[test]
fn the_page_shows_what_the_recipe_learns_from() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    learn_from(&mut app, idx_folder(folder.path(), 90, 30)?);
    // Nothing is read while the page is not looked at.
    app.drain(Duration::ZERO);
    assert!(app.data.source.is_none());
    app.apply(Command::Show(Tab::Data));
    until(&mut app, |app| app.data.loaded().is_some());
    let division = &app.data.parts;
    assert_eq!((division.train.len(), division.valid.len()), (81, 9));
    assert_eq!(division.counts, [vec![27; 3], vec![3; 3], vec![10; 3]]);
    assert_eq!(division.counts_of(None), [40; 3]);
    assert_eq!(app.data.gallery.rows().len(), 120);
    app.apply(Command::Data(Action::Part(Some(Part::Test))));
    app.apply(Command::Data(Action::Class(Some(2))));
    assert_eq!(app.data.gallery.rows(), (90..120).filter(|row| row % 3 == 2).collect::<Vec<u32>>());
    app.apply(Command::Data(Action::Select(Some(4))));
    assert_eq!(app.data.gallery.selected_row(), Some(104));
    assert_eq!(app.data.part_of(104), Part::Test);
    app.apply(Command::Data(Action::Class(None)));
    assert_eq!(app.data.gallery.selected_row(), Some(104));
    // Another share of validation divides anew, without reading anything again.
    let mut recipe = Box::new(app.draft.recipe().clone());
    recipe.train.validation_share = 0.5;
    app.apply(Command::Edit { recipe, gesture: None });
    until(&mut app, |app| app.data.parts.valid.len() == 45);
    assert!(app.jobs.shown().next().is_none());
    Ok(())
}

#[test]
fn data_that_is_not_there_says_what_to_do() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let missing = folder.path().join("none").display().to_string();
    let source = Source::IdxFolder(crate::data::IdxFolder { folder: missing, ..Default::default() });
    learn_from(&mut app, source);
    app.apply(Command::Show(Tab::Data));
    until(&mut app, |app| matches!(app.data.state, State::Trouble(_)));
    assert!(matches!(&app.data.state, State::Trouble(Trouble::Absent(Availability::Missing { .. }))));
    // Once it is there, looking again finds it.
    let there = idx_folder(folder.path(), 6, 3)?;
    learn_from(&mut app, there);
    until(&mut app, |app| app.data.loaded().is_some());
    std::fs::write(folder.path().join("t10k-images-idx3-ubyte"), "damaged")?;
    app.apply(Command::Data(Action::Look));
    until(&mut app, |app| matches!(app.data.state, State::Trouble(Trouble::Unreadable(_))));
    Ok(())
}
