//! TorchScript by tracing: what libtorch computes for a few pictures is written down, weights and all.
//!
//! A traced module gives one tensor back. Where a model says several things, they stand one after another in each
//! picture's row, and the text beside the module tells where each begins.

use super::super::Reader;
use crate::disk::write_atomically;
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::{CModule, Kind, Tensor};

/// Writes the module, and beside it as JSON what the model file says of itself: a module has no room for text.
pub fn write(reader: &Reader, about: &BTreeMap<String, String>, to: &Path) -> anyhow::Result<Vec<PathBuf>> {
    // What is traced holds for one size of pictures, and a detector looks at any.
    ensure!(
        reader.detector().is_none(),
        "a network that finds digits on whole pictures is exported as ONNX or safetensors; take one of those"
    );
    let (channels, height, width) = (reader.meta.channels, reader.meta.height, reader.meta.width);
    // Two pictures, so that nothing that is made for one is taken for the rule.
    let size = [2, channels as i64, height as i64, width as i64];
    let pixels = Tensor::f_zeros(size, (Kind::Uint8, tch::Device::Cpu))?;
    let mut trouble = None;
    let module = CModule::create_by_tracing(
        "DigitWorkbench",
        "forward",
        &[pixels],
        &mut |inputs| match said(reader, &inputs[0]).and_then(|outputs| together(&outputs)) {
            Ok(output) => vec![output],
            Err(error) => {
                trouble = Some(error);
                Vec::new()
            }
        },
    );
    if let Some(trouble) = trouble {
        return Err(trouble);
    }
    module?.save(to)?;
    let outputs = said(reader, &Tensor::f_zeros(size, (Kind::Uint8, tch::Device::Cpu))?)?;
    let mut from = 0;
    let described: Vec<Value> = outputs
        .iter()
        .map(|(name, tensor)| {
            let shape = &tensor.size()[1..];
            let begins = from;
            from += shape.iter().product::<i64>();
            json!({ "name": name, "from": begins, "shape": shape })
        })
        .collect();
    let mut about = serde_json::to_value(about)?;
    let object = about.as_object_mut().context("a map is an object")?;
    let shape = json!([null, channels, height, width]);
    object.insert("inputs".to_owned(), json!([{ "name": "pixels", "kind": "uint8", "shape": shape }]));
    object.insert("outputs".to_owned(), json!(described));
    let beside = to.with_extension("json");
    write_atomically(&beside, &serde_json::to_vec_pretty(&about)?)?;
    Ok(vec![to.to_owned(), beside])
}

/// The probabilities; the likeliest class follows from them.
pub fn said(reader: &Reader, pixels: &Tensor) -> anyhow::Result<Vec<(&'static str, Tensor)>> {
    let mut outputs = reader.outputs(pixels)?;
    outputs.retain(|(name, _)| *name != "class");
    Ok(outputs)
}

/// All that is said of each picture in one row of numbers.
pub fn together(outputs: &[(&'static str, Tensor)]) -> anyhow::Result<Tensor> {
    let rows: Result<Vec<Tensor>, _> = outputs.iter().map(|(_, tensor)| tensor.f_flatten(1, -1)).collect();
    Ok(Tensor::f_cat(&rows?, 1)?)
}
