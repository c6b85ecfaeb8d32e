//! `cameras`: the cameras of this machine, and a picture from one.

use super::exit::Done;
use super::globals::Globals;
use super::out::Out;
use super::table::Table;
use crate::camera::{Webcam, cameras};
use anyhow::Context as _;
use serde_json::json;
use std::path::PathBuf;

/// Pictures to let pass first: webcams need some to find their exposure.
const WARM_UP: usize = 10;

/// List the cameras, or take a picture with one
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench cameras
  digit-workbench cameras --take 0 -o digit.png && digit-workbench predict last digit.png")]
pub struct Args {
    /// Take a picture with the camera of this number
    #[arg(long, value_name = "NUMBER", requires = "output")]
    take: Option<u32>,
    /// Where to write the picture; its ending says the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: &Args, _: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    if let (Some(number), Some(path)) = (args.take, &args.output) {
        let mut webcam = Webcam::open(number)?;
        let mut picture = webcam.frame()?;
        for _ in 0..WARM_UP {
            picture = webcam.frame()?;
        }
        picture.save(path).with_context(|| format!("the picture cannot be written: {}", path.display()))?;
        out.line(format!("Camera {number} ({}): {}", webcam.format(), path.display()))?;
        let (width, height) = picture.dimensions();
        return Ok(Done::with(json!({ "picture": path, "width": width, "height": height })));
    }
    let found = cameras()?;
    let mut table = Table::new(&["number", "name"]);
    for camera in &found {
        out.json(&json!({ "camera": camera.index, "name": camera.name }))?;
        table.push([camera.index.to_string(), camera.name.clone()]);
    }
    match found.is_empty() {
        true => out.line("No camera is plugged in, or none may be opened by you.".to_owned())?,
        false => out.line(table.aligned())?,
    }
    Ok(Done::with(json!({ "cameras": found.len() })))
}
