//! Runs are chosen, sorted and grouped; bad queries are told; what the user says is undone.

use super::*;
use crate::app::Command;
use crate::app::testing::{app, until};
use crate::knobs;
use crate::recipe::Recipe;
use crate::runs::{Evaluated, Event, Journal, Metrics, Split};

fn add(app: &App, name: &str, settings: &[(&str, &str)], accuracy: f64) -> anyhow::Result<()> {
    let mut recipe = Recipe { name: name.to_owned(), ..Recipe::default() };
    for (path, value) in settings {
        knobs::set(&mut recipe, path, value)?;
    }
    let run = app.workspace().create_run(&recipe)?;
    let metrics = Metrics::from([("accuracy", accuracy), ("loss", 1.0 - accuracy)]);
    Journal::open(&run.events_file())?.append(&Event::Evaluated(Evaluated {
        at: 1.0,
        step: 1,
        epoch: 1.0,
        trained_secs: 5.0,
        split: Split::Valid,
        best: true,
        metrics,
        confusion: Vec::new(),
    }))?;
    Ok(())
}

fn names(app: &App, query: &str) -> Vec<String> {
    let query = Query::parse(query).expect("it can be read");
    app.runs.list().iter().filter(|run| query.fits(run)).map(|run| run.meta.name.clone()).collect()
}

#[test]
fn queries_choose_and_bad_ones_are_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    add(&app, "a", &[("optim.lr", "0.001")], 0.995)?;
    add(&app, "b", &[("optim.lr", "0.05")], 0.97)?;
    add(&app, "c", &[("optim.name", "sgd"), ("optim.lr", "0.005")], 0.992)?;
    until(&mut app, |app| {
        app.runs.list().len() == 3 && app.runs.list().iter().all(|run| run.best_accuracy().is_some())
    });
    assert_eq!(names(&app, "optim = adam and lr < 0.01 and acc > 0.99"), ["a"]);
    assert_eq!(names(&app, "acc >= 99 % or name = b"), ["c", "b", "a"], "a blank before the sign is fine");
    assert_eq!(names(&app, "acc >= 99% or name = b"), ["c", "b", "a"]);
    assert_eq!(names(&app, "not (optim = SGD or lr = 5e-2)"), ["a"]);
    assert_eq!(names(&app, "optim.lr != 0.05 and optim ~ s"), ["c"]);
    assert_eq!(names(&app, "beta_1 > 0"), ["b", "a"], "what a run has not got is not more than anything");
    assert_eq!(names(&app, "").len(), 3);
    for (bad, says) in [
        ("lr <", "a value is missing after 'lr'"),
        ("(lr = 1", "not closed"),
        ("lr = 1)", "too many"),
        ("= 3", "a name is missing"),
        ("a b", "'and' or 'or'"),
        ("a and", "at the end"),
    ] {
        let error = Query::parse(bad).expect_err(bad);
        assert!(error.contains(says), "{bad}: {error}");
    }
    assert!(Query::parse(&"(".repeat(150)).is_err() && Query::parse(&"not ".repeat(150)).is_err());
    app.settings.compare.sort = Some(("accuracy".to_owned(), true));
    let order = app.listed().map_err(anyhow::Error::msg)?;
    let sorted: Vec<&str> = order.iter().map(|at| app.runs.list()[*at].meta.name.as_str()).collect();
    assert_eq!(sorted, ["a", "c", "b"]);
    app.settings.compare.sort = Some(("optim.lr".to_owned(), false));
    let order = app.listed().map_err(anyhow::Error::msg)?;
    assert_eq!(app.runs.list()[order[2]].meta.name, "b");
    Ok(())
}

#[test]
fn seeds_are_grouped_and_noise_is_called_noise() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    for (seed, accuracy) in [("1", 0.9931), ("2", 0.9925), ("3", 0.9936)] {
        add(&app, "adam", &[("train.seed", seed)], accuracy)?;
        add(&app, "sgd", &[("optim.name", "sgd"), ("train.seed", seed)], accuracy - 0.0003)?;
    }
    until(&mut app, |app| {
        app.runs.complete
            && app.runs.list().len() == 6
            && app.runs.list().iter().all(|run| run.best_accuracy().is_some())
    });
    let runs: Vec<&Run> = app.runs.list().iter().collect();
    let groups = grouped(&runs, "optim", "accuracy", true);
    assert_eq!(groups.iter().map(|g| g.value.as_str()).collect::<Vec<_>>(), ["adam", "sgd"]);
    let best = groups[0].group.expect("three runs");
    assert_eq!((best.n, groups[0].against), (3, None));
    assert!(Band::Interval.half(&best) > Band::Deviation.half(&best) && Band::Error.half(&best) > 0.0);
    let p = groups[1].against.and_then(|versus| versus.p_value).expect("two groups of three");
    assert!(p > 0.3, "{p}");
    Ok(())
}

#[test]
fn stars_tags_and_notes_are_kept_and_undone() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = app(folder.path());
    add(&app, "a", &[], 0.9)?;
    until(&mut app, |app| app.runs.complete && app.runs.list().len() == 1);
    let run = &app.runs.list()[0];
    let (id, dir) = (run.id.clone(), run.dir.clone());
    let meta =
        Meta { starred: true, tags: vec!["good".to_owned()], note: "keep".to_owned(), ..run.meta.clone() };
    app.apply(Command::SetMeta(id, Box::new(meta.clone())));
    assert_eq!(names(&app, "tag = good and starred = true and good"), ["a"]);
    until(&mut app, |_| dir.meta() == meta);
    app.apply(Command::Undo);
    until(&mut app, |_| !dir.meta().starred);
    assert!(names(&app, "starred = true").is_empty());
    app.apply(Command::Redo);
    assert!(app.runs.list()[0].meta.starred);
    Ok(())
}
