//! One training process on this machine: orders go to its standard input, answers come from its standard output.

use super::Said;
use crate::runs::Order;
use crate::work::launch::{LaunchOptions, detach, share_cores};
use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// A process that stays.
pub(super) struct Pipe {
    orders: Option<ChildStdin>,
    pid: u32,
    child: Arc<Mutex<Child>>,
}

impl Pipe {
    /// Starts `train --worker`; `tell` hears everything that it says, from a thread, and at last that it is gone.
    pub fn open(
        options: &LaunchOptions,
        log: &Path,
        tell: impl Fn(Said) -> bool + Send + 'static,
    ) -> io::Result<Self> {
        let mut command = options.command()?;
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        command.args(["train", "--worker"]);
        share_cores(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        // Ctrl-C is for whoever hired it, who decides what becomes of the run.
        detach(&mut command);
        let mut child = command.spawn()?;
        let (orders, said) = (child.stdin.take(), child.stdout.take());
        let pid = child.id();
        let child = Arc::new(Mutex::new(child));
        let waited = Arc::clone(&child);
        std::thread::Builder::new().name(format!("hear {pid}")).spawn(move || {
            for line in said.into_iter().flat_map(|said| BufReader::new(said).lines()) {
                let Ok(line) = line else { break };
                // Whatever a library prints there is no answer.
                let Ok(answer) = serde_json::from_str(&line) else { continue };
                if !tell(Said::Answer(answer)) {
                    break;
                }
            }
            let ended = wait(&waited);
            tell(Said::Lost(ended.map_or_else(|e| e.to_string(), describe)));
        })?;
        Ok(Self { orders, pid, child })
    }

    pub fn say(&mut self, order: &Order) -> io::Result<()> {
        let orders = self.orders.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        orders.write_all(&line)
    }

    pub fn close(&mut self) {
        self.orders = None;
    }

    pub fn kill(&self) {
        // One that is gone already needs none.
        self.child.lock().unwrap_or_else(PoisonError::into_inner).kill().ok();
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }
}

/// Waits for a process that has closed its output, without keeping others from ending it.
fn wait(child: &Mutex<Child>) -> io::Result<ExitStatus> {
    loop {
        if let Some(status) = child.lock().unwrap_or_else(PoisonError::into_inner).try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

/// How a process ended, in words.
fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        match status.signal() {
            // SIGKILL: nobody but the system, or a user, sends it.
            Some(9) => {
                return "the system killed its process, most likely for want of memory; fewer jobs at once or a smaller model need less".to_owned();
            }
            Some(signal) => return format!("its process was ended by signal {signal}"),
            None => {}
        }
    }
    match status.code() {
        Some(0) => "its process ended".to_owned(),
        Some(code) => format!("its process ended with code {code}"),
        None => "its process ended for an unknown reason".to_owned(),
    }
}
