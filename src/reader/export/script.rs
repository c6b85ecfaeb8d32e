//! TorchScript by tracing: what libtorch computes for a few pictures is written down, weights and all.
//!
//! A traced module gives one tensor back. Where a model says several things, they stand one after another in each
//! picture's row, and the text beside the module tells where each begins. Of a model that finds digits it is a row for
//! each place, in the order of [`STRIDES`], for pictures of any size whose sides are multiples of [`STRIDE_OF_ALL`].

use super::super::Reader;
use crate::disk::write_atomically;
use crate::models::detector::{STRIDE_OF_ALL, STRIDES};
use anyhow::Context as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tch::{CModule, Kind, Tensor};

/// Writes the module, and beside it as JSON what the model file says of itself: a module has no room for text.
pub fn write(reader: &Reader, about: &BTreeMap<String, String>, to: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (channels, [height, width]) =
        (reader.meta.channels, reader.exported([reader.meta.height, reader.meta.width]));
    // Two pictures, so that nothing that is made for one is taken for the rule.
    let size = [2, channels as i64, height as i64, width as i64];
    let pixels = Tensor::f_zeros(size, (Kind::Uint8, tch::Device::Cpu))?;
    let mut trouble = None;
    let module = CModule::create_by_tracing(
        "DigitWorkbench",
        "forward",
        &[pixels],
        &mut |inputs| match said(reader, &inputs[0]).and_then(|outputs| together(reader, &outputs)) {
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
    let finds = reader.detector().is_some();
    let mut from = 0;
    let described: Vec<Value> = outputs
        .iter()
        .map(|(name, tensor)| {
            // Of a model that finds digits, what is said of each place.
            let shape = &tensor.size()[if finds { 2 } else { 1 }..];
            let begins = from;
            from += shape.iter().product::<i64>();
            json!({ "name": name, "from": begins, "shape": shape })
        })
        .collect();
    let mut about = serde_json::to_value(about)?;
    let object = about.as_object_mut().context("a map is an object")?;
    let mut input = json!({ "name": "pixels", "kind": "uint8", "shape": [null, channels, height, width] });
    if finds {
        input["shape"] = json!([null, channels, null, null]);
        input["sides"] = json!({ "multiples_of": STRIDE_OF_ALL });
        object.insert("places".to_owned(), json!({ "pixels_apart": STRIDES }));
    }
    object.insert("inputs".to_owned(), json!([input]));
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

/// All that is said of each picture in one row of numbers, or of each place in one.
pub fn together(reader: &Reader, outputs: &[(&'static str, Tensor)]) -> anyhow::Result<Tensor> {
    if reader.detector().is_some() {
        let parts: Vec<&Tensor> = outputs.iter().map(|(_, tensor)| tensor).collect();
        return Ok(Tensor::f_cat(&parts, 2)?);
    }
    let rows: Result<Vec<Tensor>, _> = outputs.iter().map(|(_, tensor)| tensor.f_flatten(1, -1)).collect();
    Ok(Tensor::f_cat(&rows?, 1)?)
}
