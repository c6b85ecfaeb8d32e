//! `cameras`: the cameras of this machine, what each offers, and a picture from one.

use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::Out;
use super::table::Table;
use crate::camera::{CameraInfo, Source as _, Webcam, Wish, cameras, formats};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Pictures to let pass first: webcams need some to find their exposure.
const WARM_UP: usize = 10;

/// List the cameras and their formats, or take a picture with one
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench cameras
  digit-workbench cameras --formats
  digit-workbench cameras --take 0 -o digit.png && digit-workbench predict last digit.png
  digit-workbench cameras --take 1 --format 1280x720/30/mjpeg -o door.png")]
pub struct Args {
    /// List the sizes, rates and pixels that each camera offers
    #[arg(long)]
    formats: bool,
    /// Take a picture with the camera of this number
    #[arg(long, value_name = "NUMBER", requires = "output")]
    take: Option<u32>,
    /// The format to take it in: the nearest that the camera offers
    #[arg(long, value_name = "WIDTHxHEIGHT[/RATE[/PIXELS]]", requires = "take")]
    format: Option<Wish>,
    /// Where to write the picture; its ending says the format
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: &Args, _: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    if let (Some(number), Some(path)) = (args.take, &args.output) {
        let mut webcam = Webcam::open(number, args.format)?;
        let mut picture = webcam.picture()?;
        for _ in 0..WARM_UP {
            picture = webcam.picture()?;
        }
        let failed = || format!("the picture cannot be written: {}", path.display());
        picture.save(path).map_err(|e| BadInput(e.to_string())).with_context(failed)?;
        let format = webcam.about().format;
        out.line(format!("Camera {number} ({format}): {}", path.display()))?;
        let (width, height) = picture.dimensions();
        return Ok(Done::with(
            json!({ "picture": path, "width": width, "height": height, "format": format }),
        ));
    }
    let found = cameras()?;
    if args.formats {
        tell_formats(&found, out)?;
    } else {
        tell(&found, out)?;
    }
    Ok(Done::with(json!({ "cameras": found.len() })))
}

fn tell(found: &[CameraInfo], out: &mut Out) -> anyhow::Result<()> {
    let mut table = Table::new(&["number", "name"]);
    for camera in found {
        out.json(&json!({ "camera": camera.index, "name": camera.name }))?;
        table.push([camera.index.to_string(), camera.name.clone()]);
    }
    match found.is_empty() {
        true => out.line("No camera is plugged in, or none may be opened by you.".to_owned())?,
        false => out.line(table.aligned())?,
    }
    Ok(())
}

fn tell_formats(found: &[CameraInfo], out: &mut Out) -> anyhow::Result<()> {
    if found.is_empty() {
        return tell(found, out);
    }
    let mut table = Table::new(&["number", "name", "size", "pixels", "frames/s"]);
    for camera in found {
        let mut all = formats(camera.index)?;
        all.sort_by_key(|format| (format.width * format.height, format.pixels, format.rate));
        let listed: Vec<Value> = all
            .iter()
            .map(|f| json!({ "width": f.width, "height": f.height, "rate": f.rate, "pixels": f.pixels.label() }))
            .collect();
        out.json(&json!({ "camera": camera.index, "name": camera.name, "formats": listed }))?;
        let (index, name) = (camera.index.to_string(), camera.name.clone());
        if all.is_empty() {
            table.push([index, name, "as it is set".to_owned(), String::new(), String::new()]);
            continue;
        }
        for same in all.chunk_by(|a, b| (a.width, a.height, a.pixels) == (b.width, b.height, b.pixels)) {
            let rates: Vec<String> = same.iter().map(|format| format.rate.to_string()).collect();
            table.push([
                index.clone(),
                name.clone(),
                format!("{}x{}", same[0].width, same[0].height),
                same[0].pixels.label().to_owned(),
                rates.join(" "),
            ]);
        }
    }
    Ok(out.line(table.aligned())?)
}
