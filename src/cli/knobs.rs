//! `knobs`: every setting there is, as a table.

use super::describe::{Described, describe};
use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use super::table::Table;
use crate::recipe::Recipe;
use serde_json::json;

/// List every setting: path, default, range and what it does
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench knobs
  digit-workbench train mnist-mlp --set model.activation=relu --set optim.lr=0.01")]
pub struct Args {
    /// Print a Markdown table
    #[arg(long)]
    markdown: bool,
}

pub fn run(args: &Args, _: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let settings = describe(&Recipe::default());
    let mut table = Table::new(&["setting", "default", "range", "with", "live", "what it does"]);
    for setting in &settings {
        let Described { path, default, range, unit, help, live, when } = setting;
        out.json(&json!({
            "path": path, "default": default, "range": range, "unit": unit,
            "help": help, "live": live, "when": when,
        }))?;
        let range = if unit.is_empty() { range.clone() } else { format!("{range} {unit}") };
        let when = only_with(when);
        if args.markdown {
            let live = if *live { "yes" } else { "" }.to_owned();
            table.push([path.clone(), default.clone(), range, when, live, (*help).to_owned()]);
        } else {
            let live = if *live { ", also while it trains" } else { "" };
            let when = if when.is_empty() { when } else { format!(" ({when})") };
            out.line(format!("{path}={default}  [{range}{live}]\n    {help}{when}"))?;
        }
    }
    if args.markdown {
        out.line(table.markdown())?;
    }
    Ok(Done::with(json!({ "settings": settings.len() })))
}

/// `with optim.name=adam, adamw`, from the choices on which a setting is there; they are all of one setting.
fn only_with(choices: &[String]) -> String {
    let Some((setting, _)) = choices.first().and_then(|choice| choice.split_once('=')) else {
        return String::new();
    };
    let values: Vec<&str> = choices.iter().map(|c| c.rsplit('=').next().unwrap_or(c)).collect();
    format!("with {setting}={}", values.join(", "))
}
