//! Commands in, state out: a sweep is put together, started, looked at, changed, and its trials opened.

use super::{Action, Sheet, Sort};
use crate::app::testing::{app, until};
use crate::app::{App, Command, Tab};
use crate::runs::{Metrics, now};
use crate::sweep::{Edit, Job, LiveStudy, Spent, State};
use crate::work::sweep::run_dir;

fn ask(app: &mut App, action: Action) {
    app.apply(Command::Sweep(action));
}

/// An app that looks at a study of four trials, of which one is done and one is running.
fn with_study(folder: &std::path::Path) -> anyhow::Result<App> {
    let mut app = app(folder);
    app.apply(Command::Show(Tab::Sweep));
    until(&mut app, |app| !app.sweeps.presets.is_empty());
    let mut sweep = app.sweeps.draft.sweep().clone();
    sweep.trials = 4;
    ask(&mut app, Action::Edit(Box::new(sweep)));
    assert_eq!(app.why_no_sweep(), None);
    ask(&mut app, Action::Start);
    until(&mut app, |app| app.sweeps.looked.is_some());
    assert!(app.sweeps.is_alive(), "its process is on its way");
    let dir = app.sweeps.looked.as_ref().map(|looked| looked.dir.clone()).expect("it is looked at");
    let mut live = LiveStudy::open(&dir, now)?;
    for done in [true, false] {
        let Job::Run(id) = live.next_job()? else { panic!("there is a trial to run") };
        let run = run_dir(&dir, &format!("r{id}"));
        std::fs::create_dir_all(run.path())?;
        run.write_recipe(&live.study().recipe(live.study().trial(id).expect("it was asked for"))?)?;
        live.started(id, 1, &run.id())?;
        live.report(id, 1.0, 2.0, Metrics::from([("accuracy", 0.5), ("loss", 1.0)]))?;
        if done {
            live.complete(id, Spent::new(3.0, 1.0), Metrics::from([("accuracy", 0.75), ("params", 12.0)]))?;
        }
    }
    let running = |app: &App| app.sweeps.looked.as_ref().map_or(0, |l| l.study.count(State::Running));
    until(&mut app, |app| running(app) == 1);
    Ok(app)
}

#[test]
fn a_study_is_started_followed_and_opened() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = with_study(folder.path())?;
    let looked = app.sweeps.looked.as_ref().expect("it is looked at");
    assert_eq!((looked.study.trials.len(), looked.study.best().map(|trial| trial.id)), (2, Some(1)));
    let file = folder.path().join("trials.csv");
    ask(&mut app, Action::ExportTable(file.clone()));
    until(&mut app, |_| file.exists());
    let csv = std::fs::read_to_string(&file)?;
    assert_eq!(csv.lines().count(), 2, "the head, and the one that is over: {csv}");
    assert!(csv.contains("accuracy") && csv.contains("0.75"), "{csv}");
    ask(&mut app, Action::Sheet(Sheet::Parallel));
    ask(&mut app, Action::Sort(Sort::Number));
    ask(&mut app, Action::Sort(Sort::Number));
    assert_eq!(app.sweeps.sort, (Sort::Number, true));
    ask(&mut app, Action::OpenTrial(1));
    assert_eq!((app.settings.tab, app.runs.current.as_deref()), (Tab::Train, Some("r1")));
    ask(&mut app, Action::OpenTrial(9));
    assert_eq!(app.notices.list().len(), 1, "there is no such trial");
    Ok(())
}

#[test]
fn a_study_is_changed_and_what_cannot_be_is_told() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut app = with_study(folder.path())?;
    ask(&mut app, Action::Ask(Edit::Budget { trials: 9, minutes: 0.0 }));
    until(&mut app, |app| app.sweeps.looked.as_ref().is_some_and(|looked| looked.study.sweep.trials == 9));
    ask(&mut app, Action::Ask(Edit::Revive(77)));
    assert!(app.notices.list().iter().any(|notice| notice.text.contains("77")));
    ask(&mut app, Action::Ask(Edit::Stop));
    until(&mut app, |app| app.sweeps.looked.as_ref().is_some_and(|looked| looked.study.stopped));
    ask(&mut app, Action::UseSweepOf);
    assert_eq!(app.sweeps.draft.sweep().trials, 9);
    Ok(())
}
