//! `control RUN ...`: asks something of a training that runs, and waits for its answer.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::recipes::{Setting, parse_setting};
use crate::knobs::{live_paths, set};
use crate::runs::{Control, Event, History, Outcome, Phase, RunDir, Tail, now, send};
use anyhow::Context as _;
use serde_json::json;
use std::time::{Duration, Instant};

/// How often the answer is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Ask something of a training that runs
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench control last pause
  digit-workbench control last set optim.lr=0.0005
  digit-workbench control last add-epochs 3")]
pub struct Args {
    /// Id, name or folder of a run, or `last`
    run: String,
    /// Seconds to wait for the answer
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    wait: u64,
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Wait, with the model loaded
    Pause,
    /// Go on after a pause
    Resume,
    /// End now, keep the best model and measure it
    Stop,
    /// End now and move the run to the trash
    Discard,
    /// Write everything needed to go on from here
    Checkpoint,
    /// Change a setting from the next step on
    Set {
        /// For instance optim.lr=0.0005
        #[arg(value_name = "PATH=VALUE", value_parser = parse_setting)]
        setting: Setting,
    },
    /// Train for more epochs than planned
    AddEpochs {
        /// How many more
        #[arg(value_parser = clap::value_parser!(u64).range(1..=1000))]
        epochs: u64,
    },
}

impl Action {
    fn control(&self) -> Control {
        match self {
            Self::Pause => Control::Pause,
            Self::Resume => Control::Resume,
            Self::Stop => Control::Stop,
            Self::Discard => Control::Discard,
            Self::Checkpoint => Control::Checkpoint,
            Self::Set { setting } => {
                Control::Set { path: setting.path.clone(), value: setting.value.clone() }
            }
            Self::AddEpochs { epochs } => Control::AddEpochs(*epochs),
        }
    }
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let run = globals.workspace().run(&args.run)?;
    let (mut history, mut tail) = run.history()?;
    let status = run.status(&history);
    let id = run.id();
    if !status.is_alive() {
        let label = status.label().to_lowercase();
        return Err(BadInput(format!(
            "the run does not train now, it is {label}; go on with: digit-workbench resume {id}"
        ))
        .into());
    }
    let control = args.action.control();
    if let Control::Set { path, value } = &control {
        refuse_impossible(&run, path, value)?;
    }
    let idle = match (&control, &history.phase) {
        (Control::Pause, Phase::Paused) => Some("The run is paused already"),
        (Control::Resume, Phase::Training | Phase::Silent) => Some("The run is not paused"),
        _ => None,
    };
    if let Some(text) = idle {
        out.line(text)?;
        return Ok(Done::with(json!({ "run": id, "answer": null, "text": text })));
    }
    let request = send(&run, control.clone())
        .with_context(|| format!("nothing can be asked of the run: {}", run.path().display()))?;
    let answer = wait(&run, &control, &request, &mut history, &mut tail, Duration::from_secs(args.wait))?;
    out.json(&answer)?;
    let text = describe(&answer);
    out.line(&text)?;
    let refused = matches!(&answer, Event::Changed(changed) if changed.reason.is_some());
    if refused {
        return Err(BadInput(text).into());
    }
    Ok(Done::with(json!({ "run": id, "answer": answer, "text": text })))
}

/// The answer to a request; an error if none comes in time or the process dies.
fn wait(
    run: &RunDir,
    control: &Control,
    request: &str,
    history: &mut History,
    tail: &mut Tail,
    limit: Duration,
) -> anyhow::Result<Event> {
    let since = Instant::now();
    loop {
        // Looked at before the events: a process that ended in between has told its last one.
        let alive = run.is_alive();
        for event in tail.read::<Event>()? {
            history.apply(&event);
            if answers(&event, control, request) {
                return Ok(event);
            }
            if let Event::Ended { text, .. } = &event {
                let why = text.clone().unwrap_or_else(|| "it was done".to_owned());
                anyhow::bail!("the run ended before it answered: {why}");
            }
        }
        if *control == Control::Discard && !run.path().exists() {
            // It lies in the trash already, its last event with it.
            let (step, outcome) = (history.step, Outcome::Stopped);
            return Ok(Event::Ended { at: now(), step, outcome, text: Some("Discarded".to_owned()) });
        }
        anyhow::ensure!(alive, "the training process ended before it answered; see `digit-workbench runs`");
        anyhow::ensure!(
            since.elapsed() < limit,
            "no answer within {} s; the request is kept and answered between two steps",
            limit.as_secs()
        );
        std::thread::sleep(LOOK_EVERY);
    }
}

fn answers(event: &Event, control: &Control, request: &str) -> bool {
    match (control, event) {
        (Control::Set { .. } | Control::AddEpochs(_), Event::Changed(changed)) => changed.request == request,
        (Control::Stop | Control::Discard, Event::Ended { outcome, .. }) => *outcome == Outcome::Stopped,
        (Control::Pause, Event::Paused { .. })
        | (Control::Resume, Event::Unpaused { .. })
        | (Control::Checkpoint, Event::Checkpoint { .. }) => true,
        _ => false,
    }
}

/// What the process would refuse is refused here, before it is asked.
fn refuse_impossible(run: &RunDir, path: &str, value: &str) -> anyhow::Result<()> {
    let mut recipe = run.recipe()?;
    set(&mut recipe, path, value)?;
    let live = live_paths(&mut recipe);
    if !live.iter().any(|known| known == path) {
        let all = live.join(", ");
        return Err(BadInput(format!("{path} cannot be changed while it trains; {all} can")).into());
    }
    super::recipes::refuse_problems(&recipe)?;
    Ok(())
}

fn describe(answer: &Event) -> String {
    match answer {
        Event::Changed(c) => match &c.reason {
            None => format!("Step {}: {} changed from {} to {}", c.step, c.path, c.before, c.applied),
            Some(reason) => format!("{} stays {}: {reason}", c.path, c.applied),
        },
        Event::Paused { step, .. } => format!("Paused at step {step}"),
        Event::Unpaused { step, .. } => format!("Goes on from step {step}"),
        Event::Checkpoint { step, .. } => format!("Checkpoint of step {step} written"),
        Event::Ended { step, .. } => format!("Ended at step {step}"),
        _ => String::new(),
    }
}
