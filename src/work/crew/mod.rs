//! Training processes that stay: each is started once, and trains one run after another, so that loading libtorch is
//! paid once and not with every run of a sweep. They write a checkpoint and end when whoever hired them is gone.

pub mod memory;
mod pipe;

use super::LaunchOptions;
use crate::runs::{Answer, Order};
use crossbeam_channel::{Receiver, Sender, bounded};
use pipe::Pipe;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// Answers that wait to be heard: far more than there are processes.
const WAITING: usize = 4096;

/// What a training process said, or that it is gone.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// An answer to an order.
    Answer(Answer),
    /// Its process ended, and how; whatever it trained did not end in good order.
    Lost(String),
}

/// The training processes of one sweep.
pub struct Crew {
    options: LaunchOptions,
    log: PathBuf,
    workers: BTreeMap<usize, Pipe>,
    n_hired: usize,
    sender: Sender<(usize, Said)>,
    said: Receiver<(usize, Said)>,
    most_held: u64,
}

impl Crew {
    /// Nobody yet. What the processes print goes to `log`.
    pub fn new(options: LaunchOptions, log: PathBuf) -> Self {
        let (sender, said) = bounded(WAITING);
        Self { options, log, workers: BTreeMap::new(), n_hired: 0, sender, said, most_held: 0 }
    }

    /// Starts one more process and returns its number, by which it is spoken to. It says [`Answer::Ready`] soon.
    pub fn hire(&mut self) -> io::Result<usize> {
        self.n_hired += 1;
        let number = self.n_hired;
        let sender = self.sender.clone();
        let tell = move |said| sender.send((number, said)).is_ok();
        self.workers.insert(number, Pipe::open(&self.options, &self.log, tell)?);
        Ok(number)
    }

    /// Gives an order; an error means that the process is gone, and [`Said::Lost`] follows or came already.
    pub fn order(&mut self, worker: usize, order: &Order) -> io::Result<()> {
        let worker = self.workers.get_mut(&worker).ok_or(io::ErrorKind::NotFound)?;
        worker.say(order)
    }

    /// The next thing said, waiting for it for so long at most.
    pub fn hear(&mut self, patience: Duration) -> Option<(usize, Said)> {
        let (worker, said) = self.said.recv_timeout(patience).ok()?;
        self.look_at_memory();
        if matches!(said, Said::Lost(_)) {
            self.workers.remove(&worker);
        }
        Some((worker, said))
    }

    /// Has no more work for a process: it ends by itself, and what it trains is left with a checkpoint.
    pub fn dismiss(&mut self, worker: usize) {
        if let Some(worker) = self.workers.get_mut(&worker) {
            worker.close();
        }
    }

    /// Ends a process at once.
    pub fn kill(&mut self, worker: usize) {
        if let Some(worker) = self.workers.get(&worker) {
            worker.kill();
        }
    }

    /// Those that were hired and not lost.
    pub fn len(&self) -> usize {
        self.workers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.workers.is_empty()
    }

    /// The process id of one.
    pub fn pid(&self, worker: usize) -> Option<u32> {
        self.workers.get(&worker).map(Pipe::pid)
    }

    /// The most that any of them has held so far, in bytes; 0 while nothing is known.
    pub fn most_held(&self) -> u64 {
        self.most_held
    }

    /// What all of them hold now, in bytes.
    pub fn held(&self) -> u64 {
        self.workers.values().filter_map(|worker| Some(memory::held_bytes(worker.pid())?.0)).sum()
    }

    fn look_at_memory(&mut self) {
        let most = self.workers.values().filter_map(|worker| Some(memory::held_bytes(worker.pid())?.1)).max();
        self.most_held = self.most_held.max(most.unwrap_or(0));
    }
}
