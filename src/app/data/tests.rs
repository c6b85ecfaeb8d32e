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

#[test]
fn what_is_chosen_read_and_listed_follows_the_images_when_some_are_left_out() -> anyhow::Result<()> {
    use crate::app::curate;
    use crate::app::testing::run_with_model;
    use crate::data::curate::{Change, Place};
    use crate::work::curate::at;
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let run = run_with_model(&app, folder.path())?;
    learn_from(&mut app, idx_folder(folder.path(), 90, 30)?);
    app.apply(Command::Show(Tab::Data));
    until(&mut app, |app| app.data.loaded().is_some() && app.runs.complete);
    app.apply(Command::Data(Action::Run(Some(run.id()))));
    until(&mut app, |app| app.data.readings().is_some());
    let only = Some(("Some".to_owned(), [3_u32, 10, 11, 95].into()));
    app.apply(Command::Data(Action::Filter(Box::new(Filter { only, ..Filter::default() }))));
    app.apply(Command::Data(Action::Choose(vec![10, 95])));
    let images: Vec<_> = [3, 10].map(|row| at(&app.data.loaded().expect("there").dataset, row)).to_vec();
    let before = app.data.readings().cloned().expect("read");
    let out = curate::Action::ChangeThese(images, Change::Place(Place::Out));
    app.apply(Command::Curate(out));
    until(&mut app, |app| app.data.loaded().is_some_and(|loaded| loaded.all.len() == 118));
    // Two images before them are gone: the others are called otherwise and are still the same.
    assert_eq!(app.data.gallery.rows(), [9, 93]);
    assert_eq!(app.data.gallery.chosen().collect::<Vec<u32>>(), [93], "the other chosen one is gone");
    let after = app.data.readings().expect("nothing is read anew");
    assert_eq!((after.of(9), after.of(93)), (before.of(11), before.of(95)));
    // They come back by undo; then the model has to read them.
    app.apply(Command::Undo);
    until(&mut app, |app| app.data.loaded().is_some_and(|loaded| loaded.all.len() == 120));
    assert_eq!(app.data.gallery.rows(), [11, 95]);
    until(&mut app, |app| app.data.readings().is_some());
    // Another data set has images of its own: the edits stay behind.
    assert!(!app.draft.recipe().curation.overlay.is_empty());
    learn_from(&mut app, Source::default());
    assert!(app.draft.recipe().curation.overlay.is_empty());
    Ok(())
}
