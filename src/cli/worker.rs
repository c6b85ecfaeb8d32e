//! `train --worker`: trains one run after another in the same process, as a sweep orders: over standard input, or over
//! files of a shared folder where it runs on another machine.

use super::exit::Done;
use super::globals::Globals;
use super::guard;
use super::out::words;
use crate::runs::{
    Answer, Errand, Event, Journal, Order, Outcome, Ran, Returned, RunDir, Rung, Tail, WAITS, now,
};
use crate::train::{self, Ending, Rungs, Summary, Verdict};
use crate::work::crew::mail::{HEARTBEAT, answers_file, orders_file};
use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::json;
use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Between two looks at orders in files.
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// Without a sign of life for so long, nobody gives orders any more.
const ABANDONED: Duration = Duration::from_secs(90);

/// Whether the interrupt that is set was ordered; else it is a signal, after which this process ends.
static ORDERED: AtomicBool = AtomicBool::new(false);
/// Threads that were ordered last; 0 before the first such order.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Where answers go.
enum Voice {
    Stdout,
    File(PathBuf),
}

impl Voice {
    fn say(&self, answer: &Answer) -> io::Result<()> {
        match self {
            Self::Stdout => {
                let mut line = serde_json::to_vec(answer)?;
                line.push(b'\n');
                let mut stdout = io::stdout().lock();
                stdout.write_all(&line)?;
                stdout.flush()
            }
            Self::File(path) => Journal::open(path)?.append(answer),
        }
    }
}

/// Waits for orders until nobody gives any more: when the sweep's process dies, this one writes a checkpoint and ends.
pub fn run(mailbox: Option<&Path>, globals: &Globals) -> anyhow::Result<Done> {
    let interrupt = guard::interruptible();
    let (sender, orders) = bounded(16);
    let voice = match mailbox {
        None => {
            let ears = move || hear_stdin(interrupt, &sender);
            std::thread::Builder::new().name("orders".to_owned()).spawn(ears)?;
            Voice::Stdout
        }
        Some(folder) => {
            let mut tail = Tail::new(orders_file(folder));
            // Orders to an earlier process of this number were for that one.
            tail.read::<Order>()?;
            let folder = folder.to_owned();
            let voice = Voice::File(answers_file(&folder));
            let ears = move || hear_files(&folder, tail, interrupt, &sender);
            std::thread::Builder::new().name("orders".to_owned()).spawn(ears)?;
            voice
        }
    };
    voice.say(&Answer::Ready { pid: std::process::id() })?;
    let mut n_errands = 0_u64;
    while let Ok(order) = orders.recv() {
        match order {
            Order::Train(errand) => {
                n_errands += 1;
                let returned = go(&errand, globals, interrupt, &orders, &voice);
                voice.say(&Answer::Returned(Box::new(returned)))?;
                if interrupt.load(Ordering::SeqCst) && !ORDERED.load(Ordering::SeqCst) {
                    break;
                }
            }
            // The run that was meant has ended by itself meanwhile.
            Order::Interrupt => heard(interrupt),
            Order::Leave => break,
            Order::GoOn | Order::Prune | Order::Threads(_) => {}
        }
    }
    Ok(Done::with(json!({ "errands": n_errands })))
}

/// The interrupt that was ordered is obeyed.
fn heard(interrupt: &AtomicBool) {
    interrupt.store(false, Ordering::SeqCst);
    ORDERED.store(false, Ordering::SeqCst);
}

/// Hands orders on, from a thread of its own, so that a training hears of an interrupt between two steps; false when
/// nobody takes any.
fn hand_on(order: Order, interrupt: &AtomicBool, sender: &Sender<Order>) -> bool {
    if let Order::Threads(n) = order {
        THREADS.store(n, Ordering::Relaxed);
        return true;
    }
    if matches!(order, Order::Interrupt | Order::Leave) {
        ORDERED.store(true, Ordering::SeqCst);
        interrupt.store(true, Ordering::SeqCst);
    }
    sender.send(order).is_ok()
}

fn hear_stdin(interrupt: &AtomicBool, sender: &Sender<Order>) {
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        // A line that is no order is of a newer program, which would not have started this one.
        let Ok(order) = serde_json::from_str(&line) else { continue };
        if !hand_on(order, interrupt, sender) {
            return;
        }
    }
    interrupt.store(true, Ordering::SeqCst);
}

fn hear_files(folder: &Path, mut tail: Tail, interrupt: &AtomicBool, sender: &Sender<Order>) {
    let heartbeat = folder.parent().unwrap_or(folder).join(HEARTBEAT);
    let (mut beat, mut beaten) = (String::new(), Instant::now());
    loop {
        // A file that cannot be read now may be readable the next time.
        for order in tail.read::<Order>().unwrap_or_default() {
            if !hand_on(order, interrupt, sender) {
                return;
            }
        }
        let now = std::fs::read_to_string(&heartbeat).unwrap_or_default();
        if now != beat && !now.is_empty() {
            (beat, beaten) = (now, Instant::now());
        }
        // Slurm's own signal to end, which no order explains: a preempted task has seconds for its checkpoint.
        let signalled = interrupt.load(Ordering::SeqCst) && !ORDERED.load(Ordering::SeqCst);
        if beaten.elapsed() > ABANDONED || signalled {
            interrupt.store(true, Ordering::SeqCst);
            return;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Trains one run, and says how that went, whatever happens.
fn go(
    errand: &Errand,
    globals: &Globals,
    interrupt: &AtomicBool,
    orders: &Receiver<Order>,
    voice: &Voice,
) -> Returned {
    let run = RunDir::new(errand.run.clone());
    let mut judge = |rung: &Rung| {
        if voice.say(&Answer::Rung(*rung)).is_err() {
            return Verdict::Interrupt;
        }
        loop {
            match orders.recv() {
                Ok(Order::GoOn) => return Verdict::GoOn,
                Ok(Order::Prune) => return Verdict::Prune,
                Ok(Order::Train(_) | Order::Threads(_)) => {}
                Ok(Order::Interrupt) => {
                    heard(interrupt);
                    return Verdict::Interrupt;
                }
                Ok(Order::Leave) | Err(_) => return Verdict::Interrupt,
            }
        }
    };
    // Its events are read from its folder, by whoever wants to; but not while the disk takes none.
    let mut stalled = false;
    let mut watch = |event: &Event| {
        let why = match event {
            Event::Note { text, .. } if text.starts_with(WAITS) => Some(text[WAITS.len()..].to_owned()),
            Event::Progress(_) if stalled => None,
            _ => return,
        };
        stalled = why.is_some();
        // Who gives no orders any more needs no reasons either.
        voice.say(&Answer::Stalled(why)).ok();
    };
    let rungs = Rungs::new(errand.rungs.clone(), errand.part, &mut judge).with_threads(&THREADS);
    let places = globals.places();
    let trained =
        guard::catch(globals, || Ok(train::judged(&run, &places, &mut watch, interrupt, false, rungs)));
    match trained {
        Ok(Ok(summary)) => returned(&summary),
        Ok(Err(error)) => failed(words(&error)),
        Err(panic) => {
            let text = format!("{panic:#}");
            // It could not tell its end itself.
            let ended =
                Event::Ended { at: now(), step: 0, outcome: Outcome::Failed, text: Some(text.clone()) };
            Journal::open(&run.events_file()).and_then(|mut journal| journal.append(&ended)).ok();
            failed(text)
        }
    }
}

fn returned(summary: &Summary) -> Returned {
    let ran = match summary.ending {
        Ending::Finished => Ran::Finished,
        Ending::Stopped => Ran::Stopped,
        Ending::Pruned => Ran::Pruned,
        Ending::Interrupted => Ran::Interrupted,
        Ending::Discarded => Ran::Failed("discarded by the user".to_owned()),
    };
    Returned {
        ran,
        test_accuracy: summary.accuracy,
        test_loss: summary.loss,
        ms_per_image: summary.ms_per_image,
        valid_accuracy: summary.valid_accuracy,
        valid_loss: summary.valid_loss,
        params: summary.params,
        epochs: summary.epochs,
        trained_secs: summary.seconds,
    }
}

fn failed(text: String) -> Returned {
    Returned {
        ran: Ran::Failed(text),
        test_accuracy: None,
        test_loss: None,
        ms_per_image: None,
        valid_accuracy: None,
        valid_loss: None,
        params: 0,
        epochs: 0.0,
        trained_secs: 0.0,
    }
}
