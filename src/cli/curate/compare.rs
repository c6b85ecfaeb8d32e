//! `data compare`: the same training without edits and with them, measured on the data as read and as edited.

use super::Which;
use super::overlay::name_of;
use crate::cli::exit::Done;
use crate::cli::globals::Globals;
use crate::cli::out::Out;
use crate::cli::table::{Table, count, percent};
use crate::cli::wait::Waiting;
use crate::cli::{plan, train};
use crate::data::DataError;
use crate::data::curate::Overlay;
use crate::recipe::Recipe;
use crate::runs::Split;
use crate::train::{On, evaluate_model};
use serde_json::json;

/// Train without edits and with them, and measure both runs on the data as read and as edited
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data compare mnist-cnn --overlay cleaned
  digit-workbench data compare mnist-mlp --set data.name=notmnist --overlay sanitised

The two recipes differ in the edits alone; both runs stay in the list of runs.")]
pub struct Args {
    #[command(flatten)]
    which: Which,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let name = name_of(&args.which)?;
    let recipe = args.which.recipe(globals)?;
    let folder = globals.workspace().overlays_dir();
    Overlay::read(&folder, name)?;
    plan::refuse_missing_data(&recipe.data, globals)?;
    let called = if recipe.name.trim().is_empty() { "run" } else { recipe.name.trim() };
    let mut table = Table::new(&["trained", "test as read", "test as edited", "images", "run"]);
    let mut figures = Vec::new();
    for overlay in ["", name] {
        let mut recipe = Recipe {
            name: format!("{called}, {}", if overlay.is_empty() { "as read" } else { overlay }),
            ..recipe.clone()
        };
        overlay.clone_into(&mut recipe.curation.overlay);
        plan::check(&recipe, globals)?;
        let run = globals.workspace().create_run(&recipe)?;
        let done = train::go(&run, false, globals, out)?;
        if done.code != crate::cli::exit::DONE {
            return Ok(done);
        }
        let measure = |laid: &str| {
            let waiting = Waiting::new(out);
            let edits = Some((laid, folder.as_path()));
            let on = On { source: None, part: Split::Test, edits };
            let measured = evaluate_model(&run.best_model(), &globals.places(), on, &waiting);
            waiting.done();
            let measured = measured?.ok_or(DataError::Cancelled)?;
            Ok::<_, anyhow::Error>(measured)
        };
        let (as_read, edited) = (measure("")?, measure(name)?);
        table.push([
            if overlay.is_empty() { "as read".to_owned() } else { format!("with {overlay}") },
            percent(Some(as_read.accuracy)),
            percent(Some(edited.accuracy)),
            format!("{} and {}", count(as_read.n), count(edited.n)),
            run.id(),
        ]);
        figures.push(json!({
            "run": run.id(), "overlay": overlay, "as_read": as_read.accuracy, "edited": edited.accuracy,
            "n_as_read": as_read.n, "n_edited": edited.n,
        }));
    }
    out.line(table.aligned())?;
    Ok(Done::with(json!({ "overlay": name, "runs": figures })))
}
