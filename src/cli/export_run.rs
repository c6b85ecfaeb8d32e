//! `export RUN`: a run's model or its figures as files that other programs read.

use super::evaluate::{Which, find_model};
use super::exit::{BadInput, Done};
use super::globals::Globals;
use super::out::{Out, say};
use super::wait::Waiting;
use crate::data::DataError;
use crate::reader::Reader;
use crate::reader::export::{ModelFormat, export};
use crate::runs::RunDir;
use crate::runs::log::{Log, to_csv, to_json, write_tensorboard};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Write a run's model or its figures for other programs
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench export last --to onnx -o digits.onnx
  digit-workbench export last --to onnx --check 100     and what this program says of 100 test images, to compare
  digit-workbench export RUN RUN --to tensorboard -o logs
  digit-workbench export last --to csv

What goes into an exported model are bytes (uint8, images x channels x rows x columns, light ink on dark), what comes
out are probabilities; scaling, class names and recipe are inside. `import` reads csv, json and tensorboard again.")]
pub struct Args {
    /// Ids, names or folders of runs, `last`, or a model file
    #[arg(required = true, value_name = "RUN_OR_MODEL")]
    runs: Vec<String>,
    /// What to write
    #[arg(long, value_enum)]
    to: To,
    /// The file to write (tensorboard: the folder); with several runs the folder for them
    #[arg(long, short, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Which of the run's models
    #[arg(long, value_enum, default_value_t = Which::Best)]
    which: Which,
    /// Also write so many test images with what this program says of them, as a safetensors file
    #[arg(long, value_name = "N")]
    check: Option<usize>,
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum To {
    /// The model, describing itself
    Safetensors,
    /// The model for PyTorch
    Torchscript,
    /// The model for ONNX Runtime and others, opset 17
    Onnx,
    /// Every figure, a line each
    Csv,
    /// Settings and every figure
    Json,
    /// An event file with hyperparameters and curves
    Tensorboard,
}

impl To {
    fn model(self) -> Option<ModelFormat> {
        match self {
            Self::Safetensors => Some(ModelFormat::Safetensors),
            Self::Torchscript => Some(ModelFormat::Torchscript),
            Self::Onnx => Some(ModelFormat::Onnx),
            Self::Csv | Self::Json | Self::Tensorboard => None,
        }
    }
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    if args.check.is_some() && args.to.model().is_none() {
        return Err(BadInput("--check is for models: onnx, torchscript or safetensors".to_owned()).into());
    }
    let mut written = Vec::new();
    for named in &args.runs {
        let done = match args.to.model() {
            Some(format) => model(args, named, format, globals, out)?,
            None => figures(args, named, globals)?,
        };
        for file in &done {
            out.line(file.display())?;
        }
        written.push(json!({ "run": named, "files": done }));
    }
    Ok(Done::with(json!({ "exported": Value::Array(written) })))
}

/// Where to write: what was asked for, or the run's name in the present folder.
fn place(args: &Args, id: &str, extension: &str) -> anyhow::Result<PathBuf> {
    let file = if extension.is_empty() { id.to_owned() } else { format!("{id}.{extension}") };
    let path = match (&args.output, args.runs.len()) {
        (None, _) => PathBuf::from(file),
        (Some(output), 1) => output.clone(),
        (Some(folder), _) => folder.join(file),
    };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("the folder cannot be made: {}", folder.display()))?;
    }
    Ok(path)
}

fn model(
    args: &Args,
    named: &str,
    format: ModelFormat,
    globals: &Globals,
    out: &Out,
) -> anyhow::Result<Vec<PathBuf>> {
    let (run, model) = find_model(named, args.which, globals)?;
    let id = run.as_ref().map_or_else(|| stem(&model), RunDir::id);
    let to = place(args, &id, format.extension())?;
    if std::path::absolute(&to)? == std::path::absolute(&model)? {
        return Err(BadInput(format!("that is the model itself: {}", to.display())).into());
    }
    let reader = Reader::open(&model)?;
    let mut files = export(&reader, format, &to)?;
    if let Some(n) = args.check {
        let check = to.with_extension("check.safetensors");
        let waiting = Waiting::new(out);
        let overlays = crate::runs::overlays_beside(&model);
        let dataset = reader.recipe.dataset(&globals.places(), &overlays, &waiting);
        waiting.done();
        let dataset = match dataset {
            Err(error @ DataError::Corrupt { .. }) => return Err(BadInput(error.to_string()).into()),
            dataset => dataset?,
        };
        let n_written = reader.write_check(&dataset.test, n, &check)?;
        if n_written < n {
            say(&format!("Warning: there are only {n_written} test images"));
        }
        files.push(check);
    }
    Ok(files)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn figures(args: &Args, named: &str, globals: &Globals) -> anyhow::Result<Vec<PathBuf>> {
    let run = globals.workspace().run(named)?;
    let (history, tail) = run.history()?;
    if tail.n_skipped > 0 {
        say(&format!("Warning: of its events, {} lines are damaged and were left out", tail.n_skipped));
    }
    let log = Log::of(&run, &history);
    let to = |extension| place(args, &run.id(), extension);
    let (path, text) = match args.to {
        To::Tensorboard => {
            let folder = to("")?;
            let file = write_tensorboard(&log, &run.id(), &folder);
            let file = file.with_context(|| format!("the log cannot be written: {}", folder.display()))?;
            return Ok(vec![file]);
        }
        To::Json => (to("json")?, serde_json::to_string_pretty(&to_json(&log))?),
        _ => (to("csv")?, to_csv(&log)),
    };
    crate::disk::write_atomically(&path, text.as_bytes())
        .with_context(|| format!("the file cannot be written: {}", path.display()))?;
    Ok(vec![path])
}
