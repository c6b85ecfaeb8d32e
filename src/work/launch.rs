//! Starts training processes that outlive whoever started them.

use crate::runs::RunDir;
use crate::sweep::StudyDir;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How to start a training process.
#[derive(Clone, Debug, Default)]
pub struct LaunchOptions {
    /// The program; this one if `None`. Tests, which are another program, name it.
    pub program: Option<PathBuf>,
    /// Folders to look for data sets in.
    pub data: Vec<PathBuf>,
    /// The workspace's folder; the process's own default if `None`.
    pub workspace: Option<PathBuf>,
}

/// A training process that was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Launched {
    /// Its process id.
    pub pid: u32,
}

/// Starts `train --run DIR` as a process of its own: closing the window or its terminal leaves it running.
///
/// What it prints is appended to the run's log file. Whether it lives is told by the run's lock, how it went by its
/// events; nobody need keep what this returns.
pub fn launch(run: &RunDir, options: &LaunchOptions) -> io::Result<Launched> {
    let mut command = options.command()?;
    command.arg("train").arg("--run").arg(run.path());
    share_cores(&mut command);
    start(command, &run.log_file())
}

/// Starts `sweep --study DIR` as a process of its own, which leaves the window a core. How it goes is told by the
/// study's journal.
pub fn launch_sweep(study: &StudyDir, options: &LaunchOptions) -> io::Result<Launched> {
    let mut command = options.command()?;
    command.args(["sweep", "--spare-cores", "1", "--study"]).arg(study.path());
    start(command, &study.path().join("log.txt"))
}

impl LaunchOptions {
    /// The program with the options that every command takes.
    pub(super) fn command(&self) -> io::Result<Command> {
        let mut command = Command::new(self.program.clone().map_or_else(std::env::current_exe, Ok)?);
        if let Some(workspace) = &self.workspace {
            command.arg("--workspace").arg(workspace);
        }
        for folder in &self.data {
            command.arg("--data").arg(folder);
        }
        Ok(command)
    }
}

/// Starts a process that outlives this one.
fn start(mut command: Command, log: &Path) -> io::Result<Launched> {
    let log = OpenOptions::new().create(true).append(true).open(log)?;
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    detach(&mut command);
    let mut child = command.spawn()?;
    let pid = child.id();
    // Somebody must wait for the process, or it stays in the process table when it is done.
    std::thread::Builder::new().name(format!("reap {pid}")).spawn(move || child.wait().ok())?;
    Ok(Launched { pid })
}

/// How libgomp, which splits libtorch's work over threads, is told not to wait in busy loops.
const WAIT_POLICY: &str = "OMP_WAIT_POLICY";

/// Whether the user decided already how threads wait, or [`share_cores`] did.
pub fn waiting_is_decided() -> bool {
    [WAIT_POLICY, "GOMP_SPINCOUNT"].into_iter().any(|name| std::env::var_os(name).is_some())
}

/// Has a process that computes give its cores up while its threads wait for each other.
///
/// They spin by default. Alone on the machine that gains a few per cent; beside another training or a build, threads
/// that spin keep those from running that they wait for, and a training was seen to be ten to thirty times slower.
pub fn share_cores(command: &mut Command) {
    if !waiting_is_decided() {
        command.env(WAIT_POLICY, "passive");
    }
}

/// A process group of its own: Ctrl-C and hang-ups of the terminal go to groups.
#[cfg(unix)]
pub(super) fn detach(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

#[cfg(windows)]
pub(super) fn detach(command: &mut Command) {
    use std::os::windows::process::CommandExt as _;
    // CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW, learn.microsoft.com, "Process Creation Flags".
    command.creation_flags(0x0000_0200 | 0x0800_0000);
}
