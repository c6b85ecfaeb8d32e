//! What must not reach the user raw: panics, and Ctrl-C in the middle of a training.

use super::globals::Globals;
use super::{exit, out};
use std::backtrace::Backtrace;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by the first Ctrl-C while a command asked for it with [`interruptible`].
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether the command looks at [`INTERRUPTED`] itself.
static COOPERATIVE: AtomicBool = AtomicBool::new(false);
/// The latest panic, told only if nobody catches it: a training turns libtorch's panics into a failed run itself.
static PANIC: Mutex<Option<Panic>> = Mutex::new(None);

struct Panic {
    message: String,
    report: String,
}

/// Takes panics and signals over.
pub fn install() {
    std::panic::set_hook(Box::new(remember));
    // Without a handler (two in one process, as in tests) Ctrl-C ends the process as it always did.
    ctrlc::set_handler(|| {
        let first = !INTERRUPTED.swap(true, Ordering::SeqCst);
        if !(first && COOPERATIVE.load(Ordering::SeqCst)) {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        out::say("Interrupted: ending in good order. Press Ctrl-C again to end at once");
    })
    .ok();
}

/// From here on the first Ctrl-C only sets the flag returned; the second ends the process at once.
pub fn interruptible() -> &'static AtomicBool {
    COOPERATIVE.store(true, Ordering::SeqCst);
    &INTERRUPTED
}

/// Runs a command; a panic that reaches the top becomes an error that says where its report lies.
pub fn catch<T>(globals: &Globals, command: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| Err(report(globals)))
}

fn remember(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    let place = info.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let version = env!("CARGO_PKG_VERSION");
    let report = format!(
        "digit-workbench {version}, thread {thread}, at {place}\n{text}\n\n{}",
        Backtrace::force_capture()
    );
    // libtorch's own stack trace follows on later lines, and is in the report.
    let message = text.lines().next().unwrap_or_default().to_owned();
    if let Ok(mut panic) = PANIC.lock() {
        *panic = Some(Panic { message, report });
    }
}

fn report(globals: &Globals) -> anyhow::Error {
    let panic = PANIC.lock().ok().and_then(|mut panic| panic.take());
    let Some(Panic { message, report }) = panic else {
        return anyhow::anyhow!("something went wrong inside the program");
    };
    let name = format!("panic-{}.txt", std::process::id());
    let folders = [globals.workspace().root().join("reports"), std::env::temp_dir()];
    let written = folders.into_iter().find_map(|folder| {
        let path: PathBuf = folder.join(&name);
        std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &report)).ok()?;
        Some(path)
    });
    match written {
        Some(path) => anyhow::anyhow!(
            "something went wrong inside the program: {message}; please report it with the file {}",
            path.display()
        ),
        None => anyhow::anyhow!("something went wrong inside the program: {message}\n{report}"),
    }
}
