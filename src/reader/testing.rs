//! Model files of networks that learned nothing, to test with.

use crate::data::{Scenes, Sequences, Source};
use crate::knobs::Choice as _;
use crate::models::detector::{Detector, DetectorNetwork};
use crate::models::file::{self, ModelMeta};
use crate::models::lenet5::Lenet5;
use crate::models::numbers::NumberNetwork;
use crate::models::numbers::number_located::NumberLocated;
use crate::models::{Architecture, Input, Network};
use crate::recipe::{self, Recipe};
use std::path::{Path, PathBuf};
use tch::Tensor;

/// A file of tensors of a network of this recipe.
fn write(
    path: &Path,
    recipe: &Recipe,
    input: Input,
    tensors: &[(String, Tensor)],
) -> anyhow::Result<PathBuf> {
    let meta = ModelMeta {
        recipe: recipe::to_ron(recipe)?,
        classes: (0..10).map(|n| n.to_string()).collect(),
        channels: input.channels,
        height: input.height,
        width: input.width,
        data: "abc".to_owned(),
        program: "test".to_owned(),
        epoch: 0.0,
        step: 0,
        accuracy: None,
    };
    file::write(path, &meta, tensors)?;
    Ok(path.to_owned())
}

fn plain(tensors: &[(String, Tensor)]) -> Vec<(String, Tensor)> {
    tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect()
}

/// A small detector.
pub fn detector_file(folder: &Path) -> anyhow::Result<PathBuf> {
    let settings = Detector { filters: 4, neck: 8, ..Detector::default() };
    let input = Input { channels: 1, height: 192, width: 192, classes: 10 };
    let network = DetectorNetwork::new(&settings.design(), input, 3)?;
    let model = Architecture::Detector(settings);
    let recipe = Recipe { model, data: Source::Scenes(Scenes::default()), ..Recipe::default() };
    write(&folder.join("detector.safetensors"), &recipe, input, &plain(network.parameters()))
}

/// A network of single digits.
pub fn classes_file(folder: &Path) -> anyhow::Result<PathBuf> {
    let model = Architecture::Lenet5(Lenet5::default());
    let input = Input { channels: 1, height: 28, width: 28, classes: 10 };
    let network = Network::new(&model, input, 3)?;
    let recipe = Recipe { model, ..Recipe::default() };
    write(&folder.join("classes.safetensors"), &recipe, input, &network.parameters)
}

/// A network that says where the number is, and if wanted reads it.
pub fn located_file(folder: &Path, reads: bool) -> anyhow::Result<PathBuf> {
    let model = NumberLocated { reads, filters: 4, hidden: 16, ..NumberLocated::default() };
    let model = Architecture::NumberLocated(model);
    number_file(&folder.join(format!("located-{reads}.safetensors")), model)
}

/// A network of whole numbers.
pub fn numbers_file(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut model = Architecture::default();
    model.choose("number");
    number_file(&folder.join("numbers.safetensors"), model)
}

fn number_file(path: &Path, model: Architecture) -> anyhow::Result<PathBuf> {
    let input = Input { channels: 1, height: 64, width: 64, classes: 10 }.brought(&model);
    let design = model.numbers(10).ok_or_else(|| anyhow::anyhow!("it reads numbers"))?;
    let network = NumberNetwork::new(&design, input, 3)?;
    let tensors: Vec<_> = network.parameters().map(|(n, t)| (n.clone(), t.shallow_clone())).collect();
    let recipe = Recipe { model, data: Source::Sequences(Sequences::default()), ..Recipe::default() };
    write(path, &recipe, input, &tensors)
}
