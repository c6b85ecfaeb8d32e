//! The sheet of curation operated as a user does: by the words on it, without pixels.

use crate::app::curate::{Action, Section};
use crate::app::data::Sheet;
use crate::app::testing::{app, idx_folder};
use crate::app::{App, Command, Tab};
use crate::data::curate::{At, Change, File, Overlay, Place};
use crate::recipe::Recipe;
use crate::ui::Window;
use crate::work::curate::Wanted;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use std::time::{Duration, Instant};

type Outcome = anyhow::Result<()>;

/// The sheet over images of three classes, all of a class alike: every image is a duplicate.
fn open(folder: &Path) -> anyhow::Result<Harness<'static, Window>> {
    let mut app = app(folder);
    let source = idx_folder(folder, 90, 30)?;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    app.apply(Command::Data(crate::app::data::Action::Sheet(Sheet::Curate)));
    let mut harness = Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(8)
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx));
    until(&mut harness, |app| app.data.loaded().is_some());
    Ok(harness)
}

fn until(harness: &mut Harness<'_, Window>, done: impl Fn(&App) -> bool) {
    let since = Instant::now();
    while !done(harness.state().app()) {
        assert!(since.elapsed() < Duration::from_secs(60), "it never came");
        harness.step();
        std::thread::sleep(Duration::from_millis(2));
    }
    harness.run_steps(3);
}

fn click(harness: &mut Harness<'_, Window>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(3);
}

fn curate(harness: &mut Harness<'_, Window>, action: Action) {
    harness.state_mut().command(Command::Curate(action));
    harness.run_steps(2);
}

/// Images to learn from, to validate on, to test on.
fn sizes(app: &App) -> [usize; 3] {
    let n_test = app.data.loaded().map_or(0, |loaded| loaded.dataset.test.len());
    [app.data.parts.train.len(), app.data.parts.valid.len(), n_test]
}

#[test]
fn duplicates_are_found_sanitised_undone_and_redone() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut harness = open(folder.path())?;
    assert!(harness.query_by_label("Is any image there twice?").is_some());
    click(&mut harness, "Look for duplicates");
    until(&mut harness, |app| app.curate.duplicates.is_some());
    let found = harness.state().app().curate.duplicates.clone();
    let (found, shared) = found.ok_or_else(|| anyhow::anyhow!("just seen"))?;
    assert_eq!((found.exact, found.repeats, shared.len()), ([[81; 3], [9; 3], [30; 3]], 117, 39));
    click(&mut harness, "Sanitise: leave out 39");
    until(&mut harness, |app| sizes(app) == [81, 0, 0]);
    let app = harness.state().app();
    let name = app.draft.recipe().curation.overlay.clone();
    let written = Overlay::read(&app.workspace().overlays_dir(), &name)?;
    assert_eq!(written.edits.len(), 39);
    assert!(written.division.is_some(), "which images validate decides what both parts have");
    harness.state_mut().command(Command::Undo);
    until(&mut harness, |app| sizes(app) == [81, 9, 30]);
    harness.state_mut().command(Command::Redo);
    until(&mut harness, |app| sizes(app) == [81, 0, 0]);
    click(&mut harness, "Edits");
    assert!(harness.query_by_label("39 lines").is_some());
    click(&mut harness, "Choose all");
    click(&mut harness, "Revert");
    until(&mut harness, |app| sizes(app) == [81, 9, 30]);
    assert!(harness.query_by_label("Nothing is edited").is_some());
    Ok(())
}

#[test]
fn edits_are_of_the_images_chosen_and_outlive_the_window() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut harness = open(folder.path())?;
    let train = |row| At { file: File::Train, row };
    curate(&mut harness, Action::Section(Section::Quality));
    click(&mut harness, "Measure every image");
    until(&mut harness, |app| app.curate.measures.is_some());
    assert!(!harness.state().app().curate.standing_out.is_empty());
    curate(&mut harness, Action::ChooseOnly(vec![train(0), train(3)]));
    click(&mut harness, "Leave out");
    until(&mut harness, |app| app.data.loaded().is_some_and(|l| l.dataset.train.len() == 88));
    curate(&mut harness, Action::ChangeThese(vec![train(1)], Change::Label(2)));
    curate(&mut harness, Action::ChangeThese(vec![train(2)], Change::Place(Place::Test)));
    until(&mut harness, |app| app.data.loaded().is_some_and(|l| l.dataset.test.len() == 31));
    // A label that no class has is refused, and nothing of it is kept.
    curate(&mut harness, Action::ChangeThese(vec![train(5)], Change::Label(77)));
    let name = harness.state().app().draft.recipe().curation.overlay.clone();
    until(&mut harness, |app| {
        Overlay::read(&app.workspace().overlays_dir(), &name).is_ok_and(|edits| edits.edits.len() == 4)
    });
    drop(harness);
    // Another window, after the first one was gone without a word.
    let mut later = open(folder.path())?;
    curate(&mut later, Action::Use(name));
    until(&mut later, |app| sizes(app)[2] == 31);
    assert_eq!(later.state().app().curate.edits().map(|(_, edits)| edits.edits.len()), Some(4));
    Ok(())
}

#[test]
fn the_baseline_and_the_check_are_shown() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut harness = open(folder.path())?;
    click(&mut harness, "Baseline");
    curate(&mut harness, Action::Find(Wanted::Check));
    until(&mut harness, |app| app.curate.check.is_some());
    assert!(harness.query_by_label_contains("120 of 120 images have their label").is_some());
    click(&mut harness, "Learn the baseline");
    until(&mut harness, |app| !app.curate.baseline.is_empty());
    let points = &harness.state().app().curate.baseline;
    assert_eq!(points.iter().map(|point| point.n).collect::<Vec<_>>(), [50, 81]);
    assert_eq!(points[1].test, Some(1.0));
    Ok(())
}

#[test]
fn with_and_without_differ_in_the_edits_alone() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut harness = open(folder.path())?;
    let images = vec![At { file: File::Train, row: 4 }];
    curate(&mut harness, Action::ChangeThese(images, Change::Place(Place::Out)));
    until(&mut harness, |app| app.data.loaded().is_some_and(|l| l.dataset.train.len() == 89));
    curate(&mut harness, Action::TrainBoth);
    until(&mut harness, |app| app.workspace().runs().len() == 2);
    let runs = harness.state().app().workspace().runs();
    let [a, b] = [runs[0].recipe()?, runs[1].recipe()?];
    let (plain, edited) = if a.curation.overlay.is_empty() { (a, b) } else { (b, a) };
    assert!(plain.curation.overlay.is_empty() && !edited.curation.overlay.is_empty());
    let same = Recipe { name: plain.name.clone(), curation: plain.curation.clone(), ..edited.clone() };
    assert_eq!(same, plain);
    let kept = runs.iter().filter(|run| Overlay::read(&run.overlays_dir(), &edited.curation.overlay).is_ok());
    assert_eq!(kept.count(), 1, "the run has the edits as they were");
    Ok(())
}
