//! `data add`: keeps pictures of the user's own with what is on them.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use crate::data::captured::{Record, Store};
use anyhow::Context as _;
use serde_json::json;
use std::path::PathBuf;

/// Keep pictures of your own with what is on them, to learn from as `captured`
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data add seven.png another-seven.jpg --label 7
  digit-workbench data add door.jpg --number 304
  digit-workbench data stats captured")]
pub struct Args {
    /// Picture files
    #[arg(required = true, value_name = "PICTURE")]
    pictures: Vec<PathBuf>,
    /// The one character on each of them
    #[arg(long, conflicts_with = "number", required_unless_present = "number")]
    label: Option<char>,
    /// The number on each of them
    #[arg(long)]
    number: Option<String>,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let store = Store::new(globals.places().captured());
    let text = args.label.map(String::from).or_else(|| args.number.clone()).unwrap_or_default();
    let mut ids = Vec::new();
    for path in &args.pictures {
        let bytes = std::fs::read(path)
            .with_context(|| format!("the picture cannot be read: {}", path.display()))
            .map_err(|error| BadInput(format!("{error:#}")))?;
        let about = Record { text: text.clone(), source: path.display().to_string(), ..Record::default() };
        ids.push(store.add(&bytes, about).map_err(|error| BadInput(error.to_string()))?.id);
    }
    let pictures =
        if ids.len() == 1 { "1 picture is".to_owned() } else { format!("{} pictures are", ids.len()) };
    out.line(format!("{pictures} kept as '{text}': {}", store.folder().display()))?;
    Ok(Done::with(json!({ "kept": ids, "text": text, "folder": store.folder() })))
}
