//! The whole ONNX file: what goes in, the network, what comes out, and what the model file says of itself.

use super::super::{Net, Reader};
use super::detector::detector;
use super::graph::{COLUMNS, Graph, Name, ROWS, int};
use super::heads::{Said, head};
use super::layers::layers;
use super::proto::{FLOAT, INT64, ModelProto, OperatorSetId, StringEntry, UINT8};
use crate::models::Input;
use prost::Message as _;
use std::collections::BTreeMap;

/// The operators' version: the newest that ONNX Runtime 1.12 of 2022 and everything since reads.
const OPSET: i64 = 17;
/// The messages' version that came with it.
const IR_VERSION: i64 = 8;

/// The file's bytes.
pub fn model(reader: &Reader, about: &BTreeMap<String, String>) -> anyhow::Result<Vec<u8>> {
    let mut graph = Graph::default();
    let (input, outputs) = match &reader.network {
        Net::Classes(network) => {
            let x = pixels(&mut graph, network.input, None);
            let scores = layers(&mut graph, network, x)?;
            let computed = graph.op("Softmax", &[&scores], vec![int("axis", -1)]);
            let meaning = format!("Probability of each class: {}", reader.meta.classes.join(", "));
            let shape = vec![network.input.classes as i64];
            (network.input, vec![Said { computed, name: "probabilities", shape, meaning }])
        }
        Net::Digits(network) => {
            let input = Input {
                channels: network.channels(),
                height: reader.meta.height,
                width: reader.meta.width,
                classes: reader.meta.classes.len(),
            };
            let shape = [input.channels as i64, ROWS, COLUMNS];
            let meaning = "Bytes of pictures: channels, rows, columns; rows and columns are multiples of 32";
            let x = values(&mut graph, &shape, meaning);
            (input, detector(&mut graph, network, x)?)
        }
        Net::Numbers(network) => {
            let x = pixels(&mut graph, network.input, Some(network.cut()));
            let features = layers(&mut graph, network.trunk(), x)?;
            (network.input, head(&mut graph, network, &features)?)
        }
    };
    for said in &outputs {
        graph.output(&said.computed, said.name, FLOAT, &said.shape, &said.meaning);
    }
    if let Net::Classes(_) = &reader.network {
        let settings = vec![int("axis", 1), int("keepdims", 0)];
        let class = graph.op("ArgMax", &[&outputs[0].computed], settings);
        graph.output(&class, "class", INT64, &[], "The likeliest class, counted from 0");
    }
    let Input { channels, height, width, .. } = input;
    let size = match &reader.network {
        Net::Digits(_) => "any size".to_owned(),
        Net::Classes(_) | Net::Numbers(_) => format!("{width}x{height}"),
    };
    let doc_string = format!(
        "{}: reads pictures of {size} with {channels} channels; classes are {}",
        reader.recipe.name,
        reader.meta.classes.join(", ")
    );
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "digit-workbench".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string,
        graph: Some(graph.finish("digit-workbench")),
        opset_import: vec![OperatorSetId { domain: String::new(), version: OPSET }],
        metadata_props: about
            .iter()
            .map(|(key, value)| StringEntry { key: key.clone(), value: value.clone() })
            .collect(),
    };
    Ok(model.encode_to_vec())
}

/// Bytes as values between 0 and 1.
fn values(graph: &mut Graph, shape: &[i64], meaning: &str) -> Name {
    let x = graph.input("pixels", UINT8, shape, meaning);
    graph.scope = "prepare".to_owned();
    let x = graph.op("Cast", &[&x], vec![int("to", i64::from(FLOAT))]);
    let most = graph.number("most", 255.0);
    graph.op("Div", &[&x, &most], Vec::new())
}

/// Bytes as values between 0 and 1, cut out of the middle where the network sees less than all.
fn pixels(graph: &mut Graph, input: Input, cut: Option<[usize; 2]>) -> Name {
    let Input { channels, height, width, .. } = input;
    let shape = [channels, height, width].map(|side| side as i64);
    let meaning = "Bytes of pictures: channels, rows, columns; light ink on dark, 0 is black";
    let x = values(graph, &shape, meaning);
    match cut {
        Some([rows, columns]) if [rows, columns] != [height, width] => {
            let [top, left] = [(height - rows) / 2, (width - columns) / 2];
            let starts = graph.list("starts", &[top as i64, left as i64]);
            let ends = graph.list("ends", &[(top + rows) as i64, (left + columns) as i64]);
            let axes = graph.list("axes", &[2, 3]);
            graph.op("Slice", &[&x, &starts, &ends, &axes], Vec::new())
        }
        _ => x,
    }
}
