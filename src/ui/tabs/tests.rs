//! The Data and Inspect pages operated as a user does: by the words on them, without pixels.

use crate::app::inspect::{Action, Own};
use crate::app::testing::{app, idx_folder, run_with_model};
use crate::app::{App, Command, Tab};
use crate::recipe::Recipe;
use crate::ui::Window;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::time::{Duration, Instant};

type Outcome = anyhow::Result<()>;

fn open(app: App) -> Harness<'static, Window> {
    Harness::builder()
        .with_size([1280.0, 800.0])
        .with_max_steps(8)
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx))
}

/// Draws until `done`, for at most half a minute.
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
fn the_data_page_by_its_words() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let source = idx_folder(folder.path(), 90, 30)?;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| app.data.loaded().is_some());
    assert!(harness.query_by_label("120 images").is_some());
    click(&mut harness, "Validation");
    assert_eq!(harness.state().app().data.gallery.rows().len(), 9);
    click(&mut harness, "Test");
    let class = harness.state().app().data.loaded().map(|l| l.dataset.classes[2].clone()).unwrap_or_default();
    click(&mut harness, &format!("{class}: 10 test images"));
    assert_eq!(harness.state().app().data.gallery.rows().len(), 10);
    harness.state_mut().command(Command::Data(crate::app::data::Action::Select(Some(1))));
    harness.run_steps(3);
    // The image is named by what it is, in the grid and beside it.
    assert!(harness.query_all_by_label(&format!("Test image 5: {class}")).count() >= 2);
    click(&mut harness, "Large");
    assert!(harness.query_by_label(&format!("Large view of Test image 5: {class}")).is_some());
    click(&mut harness, "▶");
    assert!(harness.query_by_label(&format!("Large view of Test image 8: {class}")).is_some());
    click(&mut harness, "Grid");
    click(&mut harness, "Close image");
    assert_eq!(harness.state().app().data.gallery.selected(), None);
    // What is in force says so, and goes when its chip is clicked.
    click(&mut harness, &format!("Remove filter: Class {class}"));
    assert_eq!(harness.state().app().data.gallery.rows().len(), 30);
    Ok(())
}

#[test]
fn data_that_is_not_there_offers_what_can_be_done() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let missing = folder.path().join("none").display().to_string();
    let source =
        crate::data::Source::IdxFolder(crate::data::IdxFolder { folder: missing, ..Default::default() });
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| matches!(app.data.state, crate::app::data::State::Trouble(_)));
    assert!(harness.query_by_label("These images are not here").is_some());
    click(&mut harness, "Look again");
    assert!(harness.state().app().data.loaded().is_none());
    Ok(())
}

#[test]
fn the_inspect_page_by_its_words() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    app.apply(Command::Show(Tab::Inspect));
    let mut harness = open(app);
    harness.run_steps(3);
    assert!(harness.query_by_label("There is no model yet").is_some());
    run_with_model(harness.state().app(), folder.path())?;
    until(&mut harness, |app| app.inspect.examined().is_some());
    let Some(examined) = harness.state().app().inspect.examined().cloned() else {
        anyhow::bail!("just seen")
    };
    click(&mut harness, &format!("Show mistakes ({})", examined.mistakes.len()));
    assert!(harness.state().app().inspect.mistakes);
    assert_eq!(harness.state().app().inspect.gallery.rows().len(), examined.mistakes.len());
    click(&mut harness, &format!("Show mistakes ({})", examined.mistakes.len()));
    // All images of a class look the same: the first class is read as one other, ten times.
    let read_as = &examined.classes[usize::from(examined.predicted[0])];
    let rightly = if read_as == "left" { ", rightly" } else { "" };
    click(&mut harness, &format!("left read as {read_as}: 10{rightly}"));
    assert_eq!(harness.state().app().inspect.gallery.rows().len(), 10);
    click(&mut harness, "Show all cells");
    harness.state_mut().command(Command::Inspect(Action::Select(Some(0))));
    harness.run_steps(3);
    for (class, probability) in examined.classes.iter().zip(examined.of(0)) {
        assert!(harness.query_by_label(&format!("Class {class}: {probability:.4}")).is_some(), "{class}");
    }
    Ok(())
}

#[test]
fn a_picture_of_the_user_s_is_shown_as_the_model_sees_it() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    run_with_model(&app, folder.path())?;
    let picture = folder.path().join("mine.png");
    image::GrayImage::from_fn(300, 400, |x, _| image::Luma([if x < 120 { 20 } else { 240 }]))
        .save(&picture)?;
    app.apply(Command::Show(Tab::Inspect));
    let mut harness = open(app);
    until(&mut harness, |app| app.runs.current().is_some());
    harness.state_mut().command(Command::Inspect(Action::Picture(picture.clone())));
    until(&mut harness, |app| matches!(app.inspect.own, Some(Own::Read(_))));
    assert!(harness.query_by_label("mine.png").is_some());
    assert!(harness.query_all_by_label("What the model sees").count() >= 2);
    std::fs::write(&picture, "no picture")?;
    harness.state_mut().command(Command::Inspect(Action::Picture(picture)));
    until(&mut harness, |app| matches!(app.inspect.own, Some(Own::Trouble(..))));
    assert!(harness.query_by_label_contains("no picture of a known kind").is_some());
    click(&mut harness, "Close picture");
    assert!(harness.state().app().inspect.own.is_none());
    Ok(())
}

#[test]
fn images_are_filtered_by_what_a_model_makes_of_them() -> Outcome {
    use crate::app::data::{Action, By, Filter, Sort};
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let run = run_with_model(&app, folder.path())?;
    std::fs::write(folder.path().join("classes.txt"), "left\nmiddle\nright\n")?;
    let source = run.recipe()?.data;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| app.data.loaded().is_some() && app.runs.current().is_some());
    harness.state_mut().command(Command::Data(Action::Run(Some(run.id()))));
    until(&mut harness, |app| app.data.readings().is_some() || !app.notices.list().is_empty());
    let Some(readings) = harness.state().app().data.readings().cloned() else {
        anyhow::bail!("nothing was read")
    };
    let samples = harness.state().app().data.samples().cloned();
    let labels = samples.map(|samples| samples.labels).unwrap_or_default();
    let wrong = labels.iter().zip(&readings.predicted).filter(|(label, read)| label != read).count();
    assert_eq!(labels.len(), 39);
    click(&mut harness, &format!("Wrong ({wrong})"));
    assert_eq!(harness.state().app().data.gallery.rows().len(), wrong);
    harness.state_mut().command(Command::Data(Action::Sort(Sort { by: By::Loss, descending: true })));
    harness.run_steps(2);
    let rows = harness.state().app().data.gallery.rows().to_vec();
    assert!(rows.is_sorted_by(|a, b| readings.loss[*a as usize] >= readings.loss[*b as usize]));
    click(&mut harness, "Clear");
    assert_eq!(harness.state().app().data.filter, Filter::default());
    // Measures are taken when something is sorted by them.
    let by = By::Measure("Brightness");
    harness.state_mut().command(Command::Data(Action::Sort(Sort { by, descending: false })));
    harness.run_steps(1);
    until(&mut harness, |app| app.data.measures.len() == 3);
    Ok(())
}

#[test]
fn augmented_versions_follow_the_recipe_s_sliders() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let source = idx_folder(folder.path(), 90, 30)?;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| app.data.loaded().is_some());
    click(&mut harness, "Augmentation");
    until(&mut harness, |app| app.versions.made.is_some());
    assert!(harness.query_by_label("As it is").is_some() && harness.query_by_label("Version 14").is_some());
    let made = |harness: &Harness<'_, Window>| harness.state().app().versions.made.clone();
    let plain = made(&harness);
    // A slider here is the recipe's.
    harness.get_by_role_and_label(egui::Role::Slider, "Rotation").set_value_accesskit(30.0);
    harness.run_steps(3);
    assert!((harness.state().app().draft.recipe().augment.rotation - 30.0).abs() < 1e-9);
    until(&mut harness, |app| app.versions.made != plain);
    let rotated = made(&harness);
    click(&mut harness, "Draw again");
    until(&mut harness, |app| app.versions.made != rotated);
    click(&mut harness, "Next image");
    assert_eq!(harness.state().app().data.gallery.selected(), Some(1));
    click(&mut harness, "All off");
    assert!(harness.state().app().draft.recipe().augment.is_off());
    Ok(())
}

#[test]
fn statistics_lead_to_the_images_behind_a_bar() -> Outcome {
    use crate::app::data::{Part, Sheet};
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let source = idx_folder(folder.path(), 90, 30)?;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| app.data.loaded().is_some());
    click(&mut harness, "Statistics");
    until(&mut harness, |app| app.data.figures().is_some());
    assert!(harness.query_by_label("Mean of 40 images: Class 1").is_some());
    assert!(harness.query_by_label("Sharpness").is_some());
    click(&mut harness, "Class 2, test: 10 images, 33.33 %");
    let data = &harness.state().app().data;
    assert_eq!(
        (data.sheet, data.filter.part, data.gallery.rows().len()),
        (Sheet::Images, Some(Part::Test), 10)
    );
    Ok(())
}

#[test]
fn the_map_chooses_what_the_grid_lists() -> Outcome {
    use crate::app::data::{Action, Layout, Sheet};
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let source = idx_folder(folder.path(), 90, 30)?;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| app.data.loaded().is_some());
    click(&mut harness, "Map");
    until(&mut harness, |app| matches!(app.data.map.layout, Layout::Ready(_)));
    let Layout::Ready(points) = harness.state().app().data.map.layout.clone() else {
        anyhow::bail!("just seen")
    };
    // All images of a class look the same, so they lie on one spot.
    assert_eq!((points.at.len(), points.at[0], points.at[3]), (120, points.at[0], points.at[0]));
    assert!(points.at[0] != points.at[1]);
    assert!(harness.query_by_label("Map of 120 images").is_some());
    harness.state_mut().command(Command::Data(Action::Choose(vec![0, 3, 118])));
    harness.run_steps(3);
    click(&mut harness, "List 3 chosen");
    let data = &harness.state().app().data;
    assert_eq!((data.sheet, data.gallery.rows()), (Sheet::Images, &[0, 3, 118][..]));
    assert!(harness.query_by_label("Remove filter: On the map (3)").is_some());
    Ok(())
}

#[test]
fn the_map_by_what_a_model_is_told() -> Outcome {
    use crate::app::data::{Action, Layout, Reading, Sheet, Way};
    use crate::data::embed::Method;
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let run = run_with_model(&app, folder.path())?;
    let source = idx_folder(folder.path(), 90, 30)?;
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    let mut harness = open(app);
    until(&mut harness, |app| app.data.loaded().is_some() && !app.runs.list().is_empty());
    click(&mut harness, "Map");
    until(&mut harness, |app| matches!(app.data.map.layout, Layout::Ready(_)));
    // Without a run there is no last layer to ask.
    assert!(harness.get_by_label("Last layer").accesskit_node().is_disabled());
    // The classes of the file are left, middle and right: those of the folder must have the same names.
    std::fs::write(folder.path().join("classes.txt"), "left\nmiddle\nright\n")?;
    harness.state_mut().command(Command::Data(Action::Look));
    harness.state_mut().command(Command::Data(Action::Run(Some(run.id()))));
    until(&mut harness, |app| matches!(app.data.reading, Reading::Ready(_)));
    click(&mut harness, "Last layer");
    click(&mut harness, "t-SNE");
    until(&mut harness, |app| match &app.data.map.layout {
        Layout::Ready(points) => points.explained.is_none(),
        _ => false,
    });
    let data = &harness.state().app().data;
    assert_eq!(data.map.way, Way { method: Method::Neighbours, by_model: true, ..Way::default() });
    assert!(harness.query_by_label("Map of 120 images").is_some());
    click(&mut harness, "Data sets");
    assert_eq!(harness.state().app().data.sheet, Sheet::Sets);
    Ok(())
}

#[test]
fn the_sheet_of_data_sets_says_what_is_here_and_gets_the_rest() -> Outcome {
    use crate::app::data::{Action, Sheet};
    use crate::data::{Availability, Rendered, Source};
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let source = Source::Rendered(Rendered { train: 30, test: 10, seed: 1 });
    let recipe = Box::new(Recipe { data: source, ..app.draft.recipe().clone() });
    app.apply(Command::Edit { recipe, gesture: None });
    app.apply(Command::Show(Tab::Data));
    app.apply(Command::Data(Action::Sheet(Sheet::Sets)));
    let mut harness = open(app);
    let sets = crate::app::catalogue();
    until(&mut harness, |app| sets.iter().all(|set| app.sources.known(set).is_some()));
    for there in ["Rendered digits", "notMNIST, large part", "SVHN house numbers, with the extra ones"] {
        assert!(harness.query_by_label(there).is_some(), "{there}");
    }
    assert!(harness.query_by_label("In use").is_some());
    assert!(harness.query_all_by_label("Download 11.6 MB").count() > 0);
    let known =
        |set: &Source| harness.state().app().sources.known(set).map(|known| known.availability.clone());
    let to_download =
        sets.iter().filter(|set| matches!(known(set), Some(Availability::NeedsDownload { .. }))).count();
    assert!(to_download >= 8, "{to_download}");
    assert_eq!(harness.query_all_by_label("Use my copy…").count(), to_download);
    // A copy of the user's is found by the names of its files.
    let copy = folder.path().join("copy");
    std::fs::create_dir_all(&copy)?;
    crate::data::testing::write_four(&copy, 20, 10, 28);
    harness.state_mut().command(Command::AddFolder(copy.clone()));
    until(&mut harness, |app| app.settings.folders.contains(&copy));
    until(&mut harness, |app| app.sources.availability(&crate::app::mnist()) == Some(&Availability::Ready));
    let empty = folder.path().join("empty");
    std::fs::create_dir_all(&empty)?;
    harness.state_mut().command(Command::AddFolder(empty.clone()));
    until(&mut harness, |app| {
        app.notices.last().is_some_and(|last| last.text.contains("none of the known data sets"))
    });
    assert!(!harness.state().app().settings.folders.contains(&empty));
    Ok(())
}

#[test]
fn the_parts_of_the_inspect_page_and_the_report_page_by_their_words() -> Outcome {
    use crate::app::inspect::View;
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    run_with_model(&app, folder.path())?;
    app.apply(Command::Show(Tab::Inspect));
    let mut harness = open(app);
    until(&mut harness, |app| app.inspect.examined().is_some());
    click(&mut harness, "Figures");
    for said in ["By class", "Reliability diagram", "Coverage curve"] {
        harness.get_by_label(said);
    }
    click(&mut harness, "Shares");
    assert!(harness.state().app().inspect.shares);
    click(&mut harness, "Inside");
    until(&mut harness, |app| app.inspect.inside.looked.is_some());
    harness.run_steps(3);
    assert!(harness.query_all_by_label("Pixels that count").count() > 0);
    click(&mut harness, "Draw");
    let pad = harness.get_by_label("Drawing pad").rect();
    harness.drag_at(pad.center());
    harness.step();
    for i in 0..6 {
        harness.hover_at(pad.center() + egui::vec2(0.0, i as f32 * 10.0));
        harness.step();
    }
    harness.drop_at(pad.center() + egui::vec2(0.0, 60.0));
    until(&mut harness, |app| app.inspect.pad.read.is_some());
    assert_eq!(harness.state().app().inspect.view, View::Draw);
    assert_eq!(harness.state().app().inspect.pad.strokes.len(), 1);
    click(&mut harness, "Clear");
    assert!(harness.state().app().inspect.pad.is_empty());
    harness.state_mut().command(Command::Show(Tab::Report));
    harness.run_steps(4);
    harness.get_by_label("Write report…");
    harness.get_by_label("Localisation");
    Ok(())
}

#[test]
fn the_compare_page_s_panels_by_their_words() -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    run_with_model(&app, folder.path())?;
    app.workspace().create_run(&Recipe { name: "Second".to_owned(), ..Recipe::default() })?;
    app.apply(Command::Show(Tab::Compare));
    let mut harness = open(app);
    until(&mut harness, |app| app.runs.complete && app.runs.list().len() == 2);
    for part in ["Groups", "Scatter", "Recipes", "Curves"] {
        click(&mut harness, part);
    }
    click(&mut harness, "Mark Second");
    until(&mut harness, |app| app.runs.list().iter().any(|run| run.meta.starred));
    let query = |text: &str| crate::app::compare::Comparison { query: text.to_owned(), ..Default::default() };
    harness.state_mut().command(Command::SetCompare(Box::new(query("starred = true"))));
    harness.run_steps(3);
    harness.get_by_label("1 of 2 runs");
    harness.state_mut().command(Command::SetCompare(Box::new(query("lr <"))));
    harness.run_steps(3);
    harness.get_by_label("a value is missing after 'lr'");
    Ok(())
}

#[test]
fn the_images_behind_a_step_by_their_words() -> Outcome {
    use crate::app::behind::Action as Behind;
    use crate::runs::{Event, Journal, Metrics, Progress, Started};
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    let run = run_with_model(&app, folder.path())?;
    let mut journal = Journal::open(&run.events_file())?;
    let started = Started {
        at: 1.0,
        format: 1,
        program: String::new(),
        pid: 1,
        host: String::new(),
        device: "CPU".to_owned(),
        threads: 1,
        from_step: 0,
        total_steps: 3,
        steps_per_epoch: 1,
        epochs: 3,
        params: 1,
        images: [8, 1, 30],
        // As a run of an older program, which did not tell it.
        data: String::new(),
        classes: Vec::new(),
        parent: None,
    };
    journal.append(&Event::Started(started))?;
    for step in 1..=3 {
        let metrics = Metrics::from([("loss", 1.5 / step as f64), ("accuracy", 0.25)]);
        let (at, epoch, trained_secs) = (1.0 + step as f64, step as f64, step as f64);
        journal.append(&Event::Progress(Progress {
            at,
            step,
            epoch,
            total_steps: 3,
            trained_secs,
            metrics,
        }))?;
    }
    app.apply(Command::Show(Tab::Compare));
    let mut harness = open(app);
    until(&mut harness, |app| app.runs.list().first().is_some_and(|run| run.history.step == 3));
    harness.state_mut().command(Command::Behind(Behind::Step(run.id(), 2)));
    until(&mut harness, |app| app.behind.looked.is_some());
    assert!(harness.query_by_label("Images behind step 2").is_some());
    let looked = harness.state().app().behind.looked.clone();
    let Some(looked) = looked else { anyhow::bail!("just seen") };
    assert_eq!((looked.samples.len(), looked.behind.figures[0]), (8, Some(0.75)));
    assert!(looked.now.as_ref().is_ok_and(|now| now.len() == 8));
    click(&mut harness, "Hardest first");
    assert!(harness.state().app().behind.hardest);
    click(&mut harness, "Next step");
    until(&mut harness, |app| !app.behind.is_waiting());
    assert!(harness.query_by_label("Images behind step 3").is_some());
    click(&mut harness, "Close");
    assert!(harness.state().app().overlay.is_none());
    // A step that was never made is told, not shown.
    harness.state_mut().command(Command::Behind(Behind::Step(run.id(), 9)));
    until(&mut harness, |app| app.behind.trouble.is_some());
    assert!(
        harness
            .state()
            .app()
            .behind
            .trouble
            .as_ref()
            .is_some_and(|why| why.contains("choose one from 1 to 3"))
    );
    Ok(())
}
