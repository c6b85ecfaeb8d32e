//! Commands in, state out.

use super::runs::Choose;
use super::testing::{app, until};
use super::{Command, Tab};
use crate::knobs;
use crate::recipe::Recipe;
use crate::runs::{Control, Status, requests};

fn edited(recipe: &Recipe, path: &str, value: &str) -> Box<Recipe> {
    let mut recipe = recipe.clone();
    knobs::set(&mut recipe, path, value).expect("the test names a setting there is");
    Box::new(recipe)
}

#[test]
fn a_drag_is_undone_in_one_step() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let before = app.draft.recipe().clone();
    for value in ["2", "3", "4"] {
        let recipe = edited(app.draft.recipe(), "train.epochs", value);
        app.apply(Command::Edit { recipe, gesture: Some(1) });
    }
    let after = app.draft.recipe().clone();
    assert_eq!(after.train.epochs, 4);
    app.apply(Command::Undo);
    assert_eq!(*app.draft.recipe(), before);
    app.apply(Command::Redo);
    assert_eq!(*app.draft.recipe(), after);
    Ok(())
}

#[test]
fn an_impossible_recipe_is_not_started_and_says_why() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let recipe = edited(app.draft.recipe(), "train.epochs", "0");
    app.apply(Command::Edit { recipe, gesture: None });
    assert!(app.why_not(&Command::Start).is_some_and(|reason| reason.contains("train.epochs")));
    app.apply(Command::Start);
    assert!(app.jobs.is_empty());
    assert!(app.notices.last().is_some());
    Ok(())
}

#[test]
fn a_started_run_is_looked_at_and_goes_to_the_trash_and_back() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    app.apply(Command::QuickStart);
    until(&mut app, |app| app.runs.current().is_some());
    assert_eq!(app.settings.tab, Tab::Train);
    let id = app.runs.current.clone().unwrap_or_default();
    assert_eq!(app.runs.current().map(|run| run.status()), Some(Status::Loading));
    app.apply(Command::Rename(id.clone(), "First".to_owned()));
    assert_eq!(app.runs.current().map(|run| run.meta.name.as_str()), Some("First"));
    // Its process never came to be: after a while it counts as waiting, and can go.
    app.runs.get_mut(&id).expect("it is there").launched = None;
    app.apply(Command::Choose(id.clone(), Choose::Only));
    app.apply(Command::Trash);
    until(&mut app, |app| app.runs.list().is_empty());
    app.apply(Command::Undo);
    until(&mut app, |app| app.runs.get(&id).is_some());
    app.apply(Command::Undo);
    assert_eq!(app.runs.get(&id).map(|run| run.meta.name.as_str()), Some("Quick start"));
    Ok(())
}

#[test]
fn what_is_asked_of_a_training_is_in_its_control_file() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    app.apply(Command::QuickStart);
    until(&mut app, |app| app.runs.current().is_some());
    app.apply(Command::SetLive { path: "optim.lr".to_owned(), value: "0.01".to_owned() });
    app.apply(Command::Stop);
    let run = app.runs.current().expect("it was started");
    let (asked, _) = requests(&run.dir)?;
    let controls: Vec<&Control> = asked.iter().map(|request| &request.control).collect();
    assert_eq!(
        controls,
        [&Control::Set { path: "optim.lr".to_owned(), value: "0.01".to_owned() }, &Control::Stop]
    );
    assert_eq!(run.pending("optim.lr").map(|asked| asked.value.as_str()), Some("0.01"));
    Ok(())
}

#[test]
fn a_workspace_that_cannot_be_written_is_told_of() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way")?;
    let mut app = app(&file);
    app.apply(Command::QuickStart);
    until(&mut app, |app| app.notices.list().iter().any(|notice| notice.text.contains("--workspace")));
    Ok(())
}

#[test]
fn a_saved_preset_is_in_the_menu_and_the_form_begins_with_it() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let recipe = edited(app.draft.recipe(), "train.epochs", "3");
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::SavePreset("Three".to_owned()));
    until(&mut app, |app| app.draft.preset.as_deref() == Some("Three"));
    assert!(app.presets.list().iter().any(|preset| preset.own && preset.stem == "Three"));
    Ok(())
}

#[test]
fn settings_and_draft_outlive_the_window() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut first = app(folder.path());
    let recipe = edited(first.draft.recipe(), "train.epochs", "9");
    first.apply(Command::Edit { recipe, gesture: None });
    first.apply(Command::Show(Tab::Compare));
    first.close();
    let second = app(folder.path());
    assert_eq!(second.settings.tab, Tab::Compare);
    assert_eq!(second.draft.recipe().train.epochs, 9);
    assert!(second.draft.is_changed());
    Ok(())
}
