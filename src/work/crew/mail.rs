//! Training processes elsewhere, reached over a shared folder: orders and answers are lines of files. Slurm starts them
//! as the tasks of an array job, starts them again where they were preempted, and tells which there are.

use super::Said;
use super::slurm;
use crate::runs::{Journal, Order, Tail};
use crate::work::LaunchOptions;
use anyhow::Context as _;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Between two looks at the answers.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Between two signs of life, and two looks at Slurm's queue.
const BEAT_EVERY: Duration = Duration::from_secs(5);
/// The file whose content changes for as long as somebody gives orders.
pub const HEARTBEAT: &str = "heartbeat";

/// The folder of one process's mail.
pub fn letter_box(folder: &Path, task: usize) -> PathBuf {
    folder.join(format!("{task:04}"))
}

/// Where orders to a process lie.
pub fn orders_file(letter_box: &Path) -> PathBuf {
    letter_box.join("orders.jsonl")
}

/// Where its answers lie.
pub fn answers_file(letter_box: &Path) -> PathBuf {
    letter_box.join("answers.jsonl")
}

/// The tasks of one array job, and the thread that hears them; ends them when it is dropped.
pub(super) struct Post {
    folder: PathBuf,
    job: String,
    _stop: Sender<()>,
}

impl Post {
    /// Submits `n` processes, which are numbered from `first` on; `tell` hears what they say.
    pub fn open(
        options: &LaunchOptions,
        folder: &Path,
        first: usize,
        n: usize,
        tell: impl Fn(usize, Said) -> bool + Send + 'static,
    ) -> anyhow::Result<Self> {
        for task in first..first + n {
            fs::create_dir_all(letter_box(folder, task))
                .with_context(|| format!("no folder for orders can be made: {}", folder.display()))?;
        }
        let (stop, stopped) = bounded(1);
        let folder = folder.to_owned();
        let mut beats = 0_u64;
        beat(&folder, &mut beats);
        let job = slurm::submit(options, &folder, first, n)?;
        let ears = Ears {
            tails: (first..first + n)
                .map(|task| (task, Tail::new(answers_file(&letter_box(&folder, task)))))
                .collect(),
            folder: folder.clone(),
            job: job.clone(),
            beats,
            tell,
        };
        std::thread::Builder::new().name(format!("hear job {job}")).spawn(move || ears.listen(&stopped))?;
        Ok(Self { folder, job, _stop: stop })
    }

    pub fn say(&self, task: usize, order: &Order) -> io::Result<()> {
        Journal::open(&orders_file(&letter_box(&self.folder, task)))?.append(order)
    }

    pub fn kill(&self, task: usize) {
        slurm::cancel(&format!("{}_{task}", self.job));
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        // Those that still wait in the queue would begin for nobody.
        slurm::cancel(&self.job);
    }
}

/// Says that somebody gives orders. A disk that takes nothing now takes the next one.
fn beat(folder: &Path, beats: &mut u64) {
    *beats += 1;
    fs::write(folder.join(HEARTBEAT), format!("{} {beats}\n", std::process::id())).ok();
}

struct Ears<F> {
    folder: PathBuf,
    job: String,
    tails: Vec<(usize, Tail)>,
    beats: u64,
    tell: F,
}

impl<F: Fn(usize, Said) -> bool> Ears<F> {
    fn listen(mut self, stopped: &Receiver<()>) {
        let mut beaten = Instant::now();
        loop {
            for (task, tail) in &mut self.tails {
                for answer in tail.read().unwrap_or_default() {
                    if !(self.tell)(*task, Said::Answer(answer)) {
                        return;
                    }
                }
            }
            if beaten.elapsed() >= BEAT_EVERY {
                beaten = Instant::now();
                beat(&self.folder, &mut self.beats);
                self.count();
            }
            let wait = stopped.recv_timeout(LOOK_EVERY);
            if wait == Err(crossbeam_channel::RecvTimeoutError::Disconnected) || self.tails.is_empty() {
                return;
            }
        }
    }

    /// Tells of those that Slurm no longer has. While Slurm does not answer, all count as there.
    fn count(&mut self) {
        let Some(there) = slurm::tasks(&self.job) else { return };
        let (tell, job) = (&self.tell, &self.job);
        self.tails.retain(|(task, _)| {
            let stays = there.contains(task);
            if !stays {
                tell(*task, Said::Lost(format!("Slurm's task {job}_{task} ended")));
            }
            stays
        });
    }
}
