//! A model for other programs: safetensors, TorchScript and ONNX, with all that prepares a picture inside.
//!
//! Whatever the format, what goes in are the bytes of pictures as the network sees them (`uint8`, images x channels x
//! rows x columns, light ink on dark), and what comes out are probabilities. Scaling and cutting out are part of the
//! graph; the names of the classes, the recipe and everything else that the model file says go along as text.

mod detector;
mod graph;
mod heads;
mod layers;
mod onnx;
mod proto;
mod script;

use super::{Net, Reader};
use crate::data::Samples;
use crate::disk::write_atomically;
use crate::models::numbers::{Pass, Scores};
use crate::models::{Input, file};
use anyhow::{Context as _, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::{Kind, Tensor};

/// A format that models are exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelFormat {
    /// The model file itself, which describes itself.
    Safetensors,
    /// What PyTorch's `torch.jit.load` reads, without this program and without Python code.
    Torchscript,
    /// What ONNX Runtime and many others read.
    Onnx,
}

impl ModelFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Safetensors, Self::Torchscript, Self::Onnx];

    /// As the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Torchscript => "torchscript",
            Self::Onnx => "onnx",
        }
    }

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Torchscript => "TorchScript",
            Self::Onnx => "ONNX",
        }
    }

    /// What its files' names end in.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Safetensors => "safetensors",
            Self::Torchscript => "pt",
            Self::Onnx => "onnx",
        }
    }
}

/// Writes the model for other programs; returns the files written.
///
/// # Errors
/// Where the file cannot be written.
pub fn export(reader: &Reader, format: ModelFormat, to: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let about = about(&reader.path)?;
    let written = match format {
        ModelFormat::Safetensors => {
            let bytes = std::fs::read(&reader.path).with_context(|| cannot_read(&reader.path))?;
            write_atomically(to, &bytes).map(|()| vec![to.to_owned()]).map_err(anyhow::Error::from)
        }
        ModelFormat::Onnx => {
            let bytes = onnx::model(reader, &about)?;
            write_atomically(to, &bytes).map(|()| vec![to.to_owned()]).map_err(anyhow::Error::from)
        }
        ModelFormat::Torchscript => script::write(reader, &about, to),
    };
    written.with_context(|| format!("the model cannot be exported: {}", to.display()))
}

/// Everything that the model file says of itself.
fn about(path: &Path) -> anyhow::Result<BTreeMap<String, String>> {
    Ok(file::read_metadata(path)?)
}

fn cannot_read(path: &Path) -> String {
    format!("the model cannot be read: {}", path.display())
}

impl Reader {
    /// What comes out of an exported model for `pixels` (`uint8 [n, channels, rows, columns]`): name and numbers.
    pub(super) fn outputs(&self, pixels: &Tensor) -> anyhow::Result<Vec<(&'static str, Tensor)>> {
        tch::no_grad(|| {
            let x = pixels.f_to_kind(Kind::Float)?.f_div_scalar(255.0)?;
            let network = match &self.network {
                Net::Classes(network) => {
                    let logits = network.logits(&x, &|_, _| None, &mut |_, _| ())?;
                    let probabilities = logits.f_softmax(-1, Kind::Float)?;
                    let class = probabilities.f_argmax(-1, false)?;
                    return Ok(vec![("probabilities", probabilities), ("class", class)]);
                }
                Net::Numbers(network) => network,
                Net::Digits(network) => return detector::outputs(network, &x),
            };
            let Input { height, width, .. } = network.input;
            let [rows, columns] = network.cut();
            let x = x.f_narrow(2, ((height - rows) / 2) as i64, rows as i64)?.f_narrow(
                3,
                ((width - columns) / 2) as i64,
                columns as i64,
            )?;
            let said = network.scores(&x, &Pass { dropout: &|_, _| None, truth: None }, &mut |_, _| ())?;
            let mut outputs = match said.scores {
                Scores::Nothing(_) => Vec::new(),
                Scores::Positions { length, classes } => vec![
                    ("length", length.f_softmax(-1, Kind::Float)?),
                    ("characters", classes.f_softmax(-1, Kind::Float)?),
                ],
                Scores::Steps { classes, .. } => vec![("characters", classes.f_softmax(-1, Kind::Float)?)],
                Scores::Columns(columns) => vec![("columns", columns.f_transpose(0, 1)?.f_exp()?)],
            };
            outputs.extend(said.boxes.map(|boxes| ("box", boxes)));
            Ok(outputs)
        })
    }

    /// Rows and columns of the pictures that an exported model is tried with.
    fn exported(&self, size: [usize; 2]) -> [usize; 2] {
        match &self.network {
            Net::Digits(_) => detector::whole(size),
            Net::Classes(_) | Net::Numbers(_) => size,
        }
    }

    /// Pictures as the network sees them, `uint8 [n, channels, rows, columns]`.
    fn seen(&self, samples: &Samples, rows: &[usize]) -> anyhow::Result<Tensor> {
        let (channels, height, width) = (self.meta.channels, self.meta.height, self.meta.width);
        ensure!(
            samples.channels == channels,
            "the model reads pictures with {channels} channels, these have {}",
            samples.channels
        );
        let [height, width] = self.exported([height, width]);
        let mut bytes = Vec::with_capacity(rows.len() * channels * height * width);
        for row in rows {
            let (image, size) = (samples.image(*row), samples.size(*row));
            match &self.network {
                Net::Digits(_) => {
                    bytes.extend(crate::models::numbers::resized(&image, size, [width, height]));
                }
                Net::Classes(_) | Net::Numbers(_) => bytes.extend_from_slice(&self.brought(&image, size)),
            }
        }
        let size = [rows.len() as i64, channels as i64, height as i64, width as i64];
        Ok(Tensor::f_from_slice(&bytes)?.f_view(size)?)
    }

    /// Writes pictures and what this program says of them, for another program to be compared with: a safetensors
    /// file of `pixels` and every output. The `n` pictures are spread over `samples`.
    ///
    /// # Errors
    /// Where the pictures are not such as the model reads, or the file cannot be written.
    pub fn write_check(&self, samples: &Samples, n: usize, to: &Path) -> anyhow::Result<usize> {
        let n = n.min(samples.len());
        let rows: Vec<usize> = (0..n).map(|i| i * samples.len() / n.max(1)).collect();
        let pixels = self.seen(samples, &rows)?;
        self.write_check_of(&pixels, to)?;
        Ok(n)
    }

    /// The same for pixels as the network sees them.
    fn write_check_of(&self, pixels: &Tensor, to: &Path) -> anyhow::Result<()> {
        let mut tensors = vec![("pixels".to_owned(), pixels.shallow_clone())];
        tensors.extend(self.outputs(pixels)?.into_iter().map(|(name, tensor)| (name.to_owned(), tensor)));
        file::write_tensors(to, &BTreeMap::new(), &tensors)
    }
}

#[cfg(test)]
mod tests;
