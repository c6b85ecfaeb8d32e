//! What must not reach the user raw: panics, and Ctrl-C in the middle of a training.

use super::globals::Globals;
use super::{exit, out};
use crate::work::{share_cores as share_cores_of, waiting_is_decided};
use std::backtrace::Backtrace;
use std::cell::RefCell;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by the first Ctrl-C while a command asked for it with [`interruptible`].
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// Whether the command looks at [`INTERRUPTED`] itself.
static COOPERATIVE: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The thread's latest panic, told only if nobody below catches it.
    static PANIC: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

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
            leave(exit::INTERRUPTED);
        }
        out::say("Interrupted: ending in good order. Press Ctrl-C again to end at once");
    })
    .ok();
}

/// Ends the process at once, whatever its threads are doing. An ordinary end begins with the C++ libraries' clearing away,
/// which takes from threads that still read a picture what they read it with, and they crash.
#[expect(
    unsafe_code,
    reason = "only C ends a process without its libraries' last words; nothing runs afterwards"
)]
pub fn leave(code: u8) -> ! {
    std::io::stdout().flush().ok();
    // SAFETY: takes a number and does not come back.
    unsafe { libc::_exit(i32::from(code)) }
}

/// Begins anew with threads that share the cores; libgomp reads its settings before the program's first line.
#[cfg(unix)]
pub fn share_cores() {
    use std::os::unix::process::CommandExt as _;
    if waiting_is_decided() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut again = Command::new(program);
    share_cores_of(again.args(std::env::args_os().skip(1)));
    // Only comes back if it cannot be done; then threads spin, which is slow at worst.
    drop(again.exec());
}

/// Elsewhere libtorch has other threads than libgomp's.
#[cfg(not(unix))]
pub fn share_cores() {}

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
    PANIC.replace(Some(Panic { message, report }));
}

fn report(globals: &Globals) -> anyhow::Error {
    let Some(Panic { message, report }) = PANIC.take() else {
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Options {
        #[command(flatten)]
        globals: Globals,
    }

    #[test]
    fn a_panic_becomes_an_error_that_names_its_report() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let workspace = folder.path().to_str().ok_or("a plain path")?;
        let options = Options::try_parse_from(["x", "--workspace", workspace])?;
        let before = std::panic::take_hook();
        // Other tests panic at the same time, and their words must not be lost.
        std::panic::set_hook(Box::new(move |info| {
            remember(info);
            before(info);
        }));
        let outcome = catch::<()>(&options.globals, || panic!("libtorch says no\nframe 0\nframe 1"));
        let message = outcome.err().ok_or("it panicked")?.to_string();
        assert!(message.contains("libtorch says no") && !message.contains("frame 1"), "{message}");
        let report = message.rsplit(' ').next().ok_or("a path at the end")?;
        let report = std::fs::read_to_string(report)?;
        assert!(report.contains("frame 1") && report.contains("guard.rs"), "{report}");
        assert!(catch(&options.globals, || Ok(3))? == 3);
        Ok(())
    }
}
