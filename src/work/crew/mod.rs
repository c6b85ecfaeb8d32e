//! Training processes that stay: each is started once, and trains one run after another, so that loading libtorch is
//! paid once and not with every run of a sweep. They write a checkpoint and end when whoever hired them is gone.

pub mod mail;
pub mod memory;
mod pipe;
mod slurm;

use super::LaunchOptions;
use crate::runs::{Answer, Order};
use crossbeam_channel::{Receiver, Sender, bounded};
use mail::Post;
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

/// Where training processes run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    #[default]
    Here,
    /// Where Slurm finds room; workspace and data lie in a folder that all machines share.
    Slurm,
}

/// How one process is reached.
enum Link {
    Pipe(Pipe),
    /// By the array job of that number.
    Post(usize),
}

/// The training processes of one sweep.
pub struct Crew {
    options: LaunchOptions,
    /// The folder for what they print and, where they run elsewhere, for orders and answers.
    folder: PathBuf,
    place: Place,
    workers: BTreeMap<usize, Link>,
    posts: Vec<(Post, usize)>,
    n_hired: usize,
    sender: Sender<(usize, Said)>,
    said: Receiver<(usize, Said)>,
    most_held: u64,
}

impl Crew {
    /// Nobody yet. What the processes print goes to `workers.log` in `folder`, which is there.
    pub fn new(options: LaunchOptions, folder: PathBuf, place: Place) -> Self {
        let (sender, said) = bounded(WAITING);
        let (workers, posts) = (BTreeMap::new(), Vec::new());
        Self { options, folder, place, workers, posts, n_hired: 0, sender, said, most_held: 0 }
    }

    /// Whether they run on this machine.
    pub fn is_here(&self) -> bool {
        self.place == Place::Here
    }

    /// Starts `n` more processes and returns their numbers, by which they are spoken to. Each says [`Answer::Ready`]
    /// when it is.
    pub fn hire(&mut self, n: usize) -> anyhow::Result<Vec<usize>> {
        let numbers: Vec<usize> = (self.n_hired + 1..=self.n_hired + n).collect();
        match self.place {
            Place::Here => {
                for number in &numbers {
                    let (number, sender) = (*number, self.sender.clone());
                    let tell = move |said| sender.send((number, said)).is_ok();
                    let pipe = Pipe::open(&self.options, &self.folder.join("workers.log"), tell)?;
                    self.workers.insert(number, Link::Pipe(pipe));
                    self.n_hired = number;
                }
            }
            Place::Slurm => {
                let sender = self.sender.clone();
                let tell = move |number, said| sender.send((number, said)).is_ok();
                // Mail of an earlier process that carried this study out is nobody's any more.
                let folder = self.folder.join("mail").join(std::process::id().to_string());
                let post = Post::open(&self.options, &folder, self.n_hired + 1, n, tell)?;
                self.workers.extend(numbers.iter().map(|number| (*number, Link::Post(self.posts.len()))));
                self.posts.push((post, n));
                self.n_hired += n;
            }
        }
        Ok(numbers)
    }

    /// Gives an order; an error means that the process is gone, and [`Said::Lost`] follows or came already.
    pub fn order(&mut self, worker: usize, order: &Order) -> io::Result<()> {
        match self.workers.get_mut(&worker) {
            Some(Link::Pipe(pipe)) => pipe.say(order),
            Some(Link::Post(post)) => self.posts[*post].0.say(worker, order),
            None => Err(io::ErrorKind::NotFound.into()),
        }
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
        match self.workers.get_mut(&worker) {
            Some(Link::Pipe(pipe)) => pipe.close(),
            // One that cannot be told hears no more signs of life soon.
            Some(Link::Post(_)) => self.order(worker, &Order::Leave).unwrap_or_default(),
            None => {}
        }
    }

    /// Ends a process at once.
    pub fn kill(&mut self, worker: usize) {
        match self.workers.get(&worker) {
            Some(Link::Pipe(pipe)) => pipe.kill(),
            Some(Link::Post(post)) => self.posts[*post].0.kill(worker),
            None => {}
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

    /// The process id of one on this machine.
    pub fn pid(&self, worker: usize) -> Option<u32> {
        match self.workers.get(&worker)? {
            Link::Pipe(pipe) => Some(pipe.pid()),
            Link::Post(_) => None,
        }
    }

    fn pids(&self) -> impl Iterator<Item = u32> {
        self.workers.keys().filter_map(|worker| self.pid(*worker))
    }

    /// The most that any of them has held so far, in bytes; 0 while nothing is known.
    pub fn most_held(&self) -> u64 {
        self.most_held
    }

    /// What all of them hold now, in bytes.
    pub fn held(&self) -> u64 {
        self.pids().filter_map(|pid| Some(memory::held_bytes(pid)?.0)).sum()
    }

    fn look_at_memory(&mut self) {
        let most = self.pids().filter_map(|pid| Some(memory::held_bytes(pid)?.1)).max();
        self.most_held = self.most_held.max(most.unwrap_or(0));
    }
}
