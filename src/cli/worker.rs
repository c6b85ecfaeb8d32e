//! `train --worker`: trains one run after another in the same process, as a sweep orders over standard input.

use super::exit::Done;
use super::globals::Globals;
use super::guard;
use super::out::words;
use crate::runs::{Answer, Errand, Event, Journal, Order, Outcome, Ran, Returned, RunDir, Rung, now};
use crate::train::{self, Ending, Rungs, Summary, Verdict};
use crossbeam_channel::{Receiver, bounded};
use serde_json::json;
use std::io::{self, BufRead as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Waits for orders until nobody gives any more: when the sweep's process dies, this one writes a checkpoint and ends.
pub fn run(globals: &Globals) -> anyhow::Result<Done> {
    let interrupt = guard::interruptible();
    let orders = listen(interrupt)?;
    say(&Answer::Ready { pid: std::process::id() })?;
    let mut n_errands = 0_u64;
    while let Ok(order) = orders.recv() {
        match order {
            Order::Train(errand) => {
                n_errands += 1;
                say(&Answer::Returned(Box::new(go(&errand, globals, interrupt, &orders))))?;
            }
            // The run that was meant has ended by itself meanwhile.
            Order::Interrupt => interrupt.store(false, Ordering::SeqCst),
            Order::GoOn | Order::Prune => {}
        }
    }
    Ok(Done::with(json!({ "errands": n_errands })))
}

/// Reads orders on a thread of its own, so that a training hears of an interrupt between two steps.
fn listen(interrupt: &'static AtomicBool) -> anyhow::Result<Receiver<Order>> {
    let (sender, orders) = bounded(16);
    std::thread::Builder::new().name("orders".to_owned()).spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            // A line that is no order is of a newer program, which would not have started this one.
            let Ok(order) = serde_json::from_str(&line) else { continue };
            if order == Order::Interrupt {
                interrupt.store(true, Ordering::SeqCst);
            }
            if sender.send(order).is_err() {
                return;
            }
        }
        interrupt.store(true, Ordering::SeqCst);
    })?;
    Ok(orders)
}

/// Trains one run, and says how that went, whatever happens.
fn go(errand: &Errand, globals: &Globals, interrupt: &AtomicBool, orders: &Receiver<Order>) -> Returned {
    let run = RunDir::new(errand.run.clone());
    let mut judge = |rung: &Rung| {
        if say(&Answer::Rung(*rung)).is_err() {
            return Verdict::Interrupt;
        }
        loop {
            match orders.recv() {
                Ok(Order::GoOn) => return Verdict::GoOn,
                Ok(Order::Prune) => return Verdict::Prune,
                Ok(Order::Train(_)) => {}
                Ok(Order::Interrupt) => {
                    interrupt.store(false, Ordering::SeqCst);
                    return Verdict::Interrupt;
                }
                Err(_) => return Verdict::Interrupt,
            }
        }
    };
    let rungs = Rungs::new(errand.rungs.clone(), errand.part, &mut judge);
    let places = globals.places();
    // Its events are read from its folder, by whoever wants to.
    let trained =
        guard::catch(globals, || Ok(train::judged(&run, &places, &mut |_| {}, interrupt, false, rungs)));
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

fn say(answer: &Answer) -> io::Result<()> {
    let mut line = serde_json::to_vec(answer)?;
    line.push(b'\n');
    let mut stdout = io::stdout().lock();
    stdout.write_all(&line)?;
    stdout.flush()
}
