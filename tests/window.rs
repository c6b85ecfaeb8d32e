//! The window driven as a user does, by the words on its widgets, with real training processes behind it.

use crate::util::{LIMIT, PROGRAM, TINY};
use digit_workbench::app::{App, Command, Parts, Tab};
use digit_workbench::data::Places;
use digit_workbench::recipe;
use digit_workbench::runs::{MarkerKind, Phase, RunDir, Status, Workspace};
use digit_workbench::ui::Window;
use digit_workbench::work::{LaunchOptions, launch};
use egui::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn parts(root: &Path) -> Parts {
    let options = LaunchOptions {
        program: Some(PathBuf::from(PROGRAM)),
        workspace: Some(root.to_owned()),
        ..LaunchOptions::default()
    };
    Parts {
        workspace: Workspace::new(root.to_owned()),
        places: Places { folders: Vec::new(), cache: root.join("cache") },
        launcher: Arc::new(move |run: &RunDir, _: &Places| Ok(launch(run, &options).map(drop)?)),
        sweeper: Arc::new(|_, _| Ok(())),
        waker: Arc::new(|| {}),
        home: None,
        clock: digit_workbench::runs::now,
    }
}

fn open(root: &Path) -> Harness<'static, Window> {
    let app = App::open(parts(root));
    Harness::builder()
        .with_size([1280.0, 900.0])
        .with_max_steps(10)
        .build_eframe(|creation| Window::new(app, &creation.egui_ctx))
}

/// Draws frames until `done`.
fn wait(harness: &mut Harness<'_, Window>, what: &str, done: impl Fn(&App) -> bool) {
    let since = Instant::now();
    loop {
        harness.step();
        let app = harness.state().app();
        if done(app) {
            // What came with this frame's work is on the screen after the next.
            harness.run_steps(3);
            return;
        }
        let told = app.notices.list().iter().map(|notice| notice.text.as_str()).collect::<Vec<_>>();
        assert!(since.elapsed() < LIMIT, "it never came to this: {what}; told was {told:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn status(app: &App) -> Option<Status> {
    app.runs.current().map(|run| run.status())
}

/// Clicks the button with these words.
fn press(harness: &mut Harness<'_, Window>, label: &str) {
    harness.get_by_role_and_label(Role::Button, label).click();
    harness.run_steps(3);
}

/// A window with a recipe on the form that trains until it is stopped.
fn with_long_recipe(root: &Path) -> Harness<'static, Window> {
    let file = root.with_extension("ron");
    std::fs::write(&file, TINY.replace("epochs: 2", "epochs: 1000")).expect("a file");
    let mut harness = open(root);
    let recipe = Box::new(recipe::read(&file).expect("a recipe"));
    harness.state_mut().command(Command::Edit { recipe, gesture: None });
    harness.state_mut().command(Command::Show(Tab::Train));
    wait(&mut harness, "the recipe can be started", |app| {
        app.runs.complete && app.settings.tab == Tab::Train && app.why_not(&Command::Start).is_none()
    });
    harness
}

#[test]
fn a_training_is_started_paused_resumed_changed_and_stopped() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut harness = with_long_recipe(&folder.path().join("workspace"));
    press(&mut harness, "Start training");
    wait(&mut harness, "it trains", |app| {
        status(app) == Some(Status::Training) && app.runs.current().is_some_and(|run| run.history.step > 3)
    });

    press(&mut harness, "Pause");
    wait(&mut harness, "it waits", |app| status(app) == Some(Status::Paused));
    let waited_at = harness.state().app().runs.current().map(|run| run.history.step);
    press(&mut harness, "Resume");
    wait(&mut harness, "it goes on", |app| {
        status(app) == Some(Status::Training) && app.runs.current().map(|run| run.history.step) > waited_at
    });

    let slider = harness.get_by_role_and_label(Role::Slider, "Learning rate now");
    slider.set_value_accesskit(0.02);
    harness.run_steps(3);
    wait(&mut harness, "the learning rate is another one", |app| {
        app.runs.current().and_then(|run| run.value("optim.lr")).is_some_and(|lr| lr != "0.001")
    });
    let run = harness.state().app().runs.current().expect("it trains");
    let marked = run.history.markers.iter().any(|marker| {
        matches!(&marker.kind, MarkerKind::Changed(changed) if changed.path == "optim.lr" && changed.applied == changed.asked)
    });
    assert!(marked, "{:?}", run.history.markers);

    press(&mut harness, "Stop");
    wait(&mut harness, "it is stopped", |app| status(app) == Some(Status::Stopped));
    let run = harness.state().app().runs.current().expect("it was stopped");
    assert!(run.dir.best_model().is_file() || run.dir.last_model().is_file());
}

#[test]
fn a_training_outlives_the_window_and_a_killed_one_is_taken_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("workspace");
    let mut harness = with_long_recipe(&root);
    press(&mut harness, "Start training");
    wait(&mut harness, "it trains", |app| app.runs.current().is_some_and(|run| run.history.step > 3));
    let before = harness.state().app().runs.current().map(|run| run.history.step);
    drop(harness);

    let mut harness = open(&root);
    harness.state_mut().command(Command::Show(Tab::Train));
    wait(&mut harness, "it went on", |app| {
        status(app) == Some(Status::Training) && app.runs.current().map(|run| run.history.step) > before
    });
    // A checkpoint to go on from, then the end without a word.
    press(&mut harness, "Pause");
    wait(&mut harness, "it waits", |app| status(app) == Some(Status::Paused));
    let run = harness.state().app().runs.current().expect("it waits").dir.clone();
    let pid = run.pid().expect("the process wrote its number");
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    wait(&mut harness, "it is interrupted", |app| status(app) == Some(Status::Interrupted));
    press(&mut harness, "Resume run");
    wait(&mut harness, "a new process goes on", |app| {
        status(app) == Some(Status::Training)
            && app.runs.current().is_some_and(|run| {
                run.history.markers.iter().any(|marker| marker.kind == MarkerKind::Resumed)
            })
    });
    press(&mut harness, "Discard");
    wait(&mut harness, "it is in the trash", |app| app.runs.complete && app.runs.list().is_empty());
    assert!(!run.path().exists() && root.join("trash").is_dir());
}

#[test]
fn an_impossible_model_names_its_layer_and_is_not_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut harness = open(folder.path());
    harness.state_mut().command(Command::Show(Tab::Train));
    wait(&mut harness, "the form is there", |app| app.runs.complete && app.settings.tab == Tab::Train);
    harness.get_by_role_and_label(Role::Slider, "Conv kernel size").set_value_accesskit(15.0);
    harness.run_steps(4);
    assert_eq!(harness.query_all_by_label("Conv2D 2").count(), 1);
    harness.get_by_role_and_label(Role::Button, "Start training").click();
    harness.run_steps(4);
    assert!(harness.state().app().runs.list().is_empty());
    harness.state_mut().command(Command::Undo);
    harness.run_steps(4);
    assert!(harness.state().app().why_not(&Command::Start).is_none());
}

#[test]
fn damaged_runs_are_listed_and_harm_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let workspace = Workspace::new(folder.path().to_owned());
    for (id, recipe, events) in [
        ("20260101-000000-bad-recipe", "(no_such_key: 1)", ""),
        ("20260101-000001-bad-events", "()", "not json\n{\"event\":\"paused\"}\n\u{0}\u{0}"),
        ("20260101-000002-empty", "", ""),
    ] {
        let run = workspace.runs_dir().join(id);
        std::fs::create_dir_all(&run).expect("a folder");
        std::fs::write(run.join("recipe.ron"), recipe).expect("a file");
        std::fs::write(run.join("events.jsonl"), events).expect("a file");
    }
    let mut harness = open(folder.path());
    wait(&mut harness, "all are listed", |app| app.runs.complete && app.runs.list().len() == 3);
    for tab in [Tab::Start, Tab::Train, Tab::Compare] {
        harness.state_mut().command(Command::Show(tab));
        harness.run_steps(4);
    }
    for run in harness.state().app().runs.list() {
        harness.get_by_role_and_label(Role::CheckBox, &format!("Show {} on the axes", run.meta.name));
    }
    let bad = harness.state().app().runs.get("20260101-000000-bad-recipe").expect("it is listed");
    assert!(bad.recipe.as_ref().is_err_and(|reason| reason.contains("no_such_key")), "{:?}", bad.recipe);
    assert_eq!(bad.history.phase, Phase::Silent);
}

/// The real program on a virtual screen.
#[cfg(target_os = "linux")]
mod real {
    use super::{LIMIT, PROGRAM};
    use std::io::{BufRead as _, BufReader};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};
    use x11rb::connection::Connection as _;
    use x11rb::protocol::xproto::{AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, Window};

    struct Screen {
        server: Child,
        display: String,
    }

    impl Drop for Screen {
        fn drop(&mut self) {
            self.server.kill().ok();
            self.server.wait().ok();
        }
    }

    /// A virtual screen, where the machine has one to offer.
    fn screen() -> Option<Screen> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut number).ok()?;
        Some(Screen { server, display: format!(":{}", number.trim()) })
    }

    /// The window of that title that a user would see.
    fn find(connection: &impl x11rb::connection::Connection, window: Window, title: &[u8]) -> Option<Window> {
        let any = AtomEnum::ANY;
        let name =
            connection.get_property(false, window, AtomEnum::WM_NAME, any, 0, 64).ok()?.reply().ok()?;
        if name.value == title {
            return Some(window);
        }
        let children = connection.query_tree(window).ok()?.reply().ok()?.children;
        children.into_iter().find_map(|child| find(connection, child, title))
    }

    #[test]
    fn the_window_opens_and_closes_without_an_error() {
        let Some(screen) = screen() else {
            // Without Xvfb there is nothing to open it on; `cargo xtask test` installs it.
            return;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let mut program = Command::new(PROGRAM)
            .env("DISPLAY", &screen.display)
            .env("XDG_RUNTIME_DIR", folder.path())
            .env_remove("WAYLAND_DISPLAY")
            .arg("--workspace")
            .arg(folder.path().join("workspace"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (connection, number) = x11rb::connect(Some(&screen.display)).expect("the screen");
        let root = connection.setup().roots[number].root;
        let since = Instant::now();
        let window = loop {
            if let Some(window) = find(&connection, root, b"Digit Workbench") {
                break window;
            }
            if let Ok(Some(status)) = program.try_wait() {
                let said = std::io::read_to_string(program.stderr.take().expect("it is piped"));
                panic!("it ended with {status} before it had a window: {said:?}");
            }
            assert!(since.elapsed() < LIMIT, "the window never came");
            std::thread::sleep(Duration::from_millis(20));
        };
        // As the cross in the title bar does.
        let atom = |name: &[u8]| {
            connection.intern_atom(false, name).ok().and_then(|a| a.reply().ok()).map(|a| a.atom)
        };
        let protocols = atom(b"WM_PROTOCOLS").expect("an atom");
        let delete = atom(b"WM_DELETE_WINDOW").expect("an atom");
        let message = ClientMessageEvent::new(32, window, protocols, [delete, 0, 0, 0, 0]);
        let status = loop {
            // The window may be there a moment before it listens, so it is asked again.
            connection.send_event(false, window, EventMask::NO_EVENT, message).expect("a message");
            connection.flush().expect("the screen listens");
            if let Ok(Some(status)) = program.try_wait() {
                break status;
            }
            assert!(since.elapsed() < LIMIT, "the window never closed");
            std::thread::sleep(Duration::from_millis(200));
        };
        assert_eq!(status.code(), Some(0));
        assert!(folder.path().join("workspace/settings.ron").is_file());
    }
}
