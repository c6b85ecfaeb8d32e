//! Every architecture is exported; what other programs make of it is asked where Python with ONNX Runtime is at hand.

use super::*;
use crate::knobs::Choice as _;
use crate::models::detector::DetectorNetwork;
use crate::models::file::ModelMeta;
use crate::models::numbers::NumberNetwork;
use crate::models::{Architecture, Network};
use crate::recipe::{Recipe, to_ron};
use prost::Message as _;
use std::process::Command;

/// Names a Python that has onnxruntime, torch or both: `tests/reference/check_export.py` says with what.
const PYTHON: &str = "DIGIT_WORKBENCH_PYTHON";

/// A model that learned nothing, with every weight and running mean moved, so that none can be left out unseen.
fn untrained(folder: &Path, model: Architecture, input: Input) -> anyhow::Result<Reader> {
    let path = folder.join("model.safetensors");
    let parameters: Vec<(String, Tensor)> = match (model.detector(), model.numbers(input.classes)) {
        (Some(settings), _) => {
            let network = DetectorNetwork::new(&settings.design(), input, 3)?;
            network.parameters().iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect()
        }
        (None, Some(design)) => NumberNetwork::new(&design, input, 3)?
            .parameters()
            .map(|(name, tensor)| (name.clone(), tensor.shallow_clone()))
            .collect(),
        (None, None) => Network::new(&model, input, 3)?.parameters,
    };
    let moved: Vec<(String, Tensor)> = parameters
        .into_iter()
        .map(|(name, tensor)| {
            let steps = Tensor::arange(tensor.numel() as i64, (Kind::Float, tch::Device::Cpu));
            let wave = (steps * 0.7).sin().view_as(&tensor) * 0.05;
            (name, tensor + wave)
        })
        .collect();
    let meta = ModelMeta {
        recipe: to_ron(&Recipe { model, name: "Test \"1\"".to_owned(), ..Recipe::default() })?,
        classes: (0..input.classes).map(|n| n.to_string()).collect(),
        channels: input.channels,
        height: input.height,
        width: input.width,
        data: "abc".to_owned(),
        program: "test".to_owned(),
        epoch: 1.0,
        step: 1,
        accuracy: None,
    };
    file::write(&path, &meta, &moved)?;
    Ok(Reader::open(&path)?)
}

/// Every architecture small enough for a test, with those of its settings that change the graph.
fn architectures() -> Vec<(String, Architecture, Input)> {
    let mut all = Vec::new();
    let mut add = |name: &str, set: &[(&str, &str)]| {
        let mut model = Architecture::default();
        assert!(model.choose(name), "{name}");
        let mut recipe = Recipe { model, ..Recipe::default() };
        for (path, value) in set {
            crate::knobs::set(&mut recipe, path, value).unwrap_or_else(|e| panic!("{path}: {e:?}"));
        }
        let whole = recipe.model.numbers(10).is_some();
        let [height, width] = match recipe.model.detector() {
            Some(_) => [64, 96],
            None => [28, if whole { 64 } else { 28 }],
        };
        let input = Input { channels: 1, height, width, classes: 10 };
        let label = format!("{name} {set:?}");
        all.push((label, recipe.model.clone(), input.brought(&recipe.model)));
    };
    for variant in Architecture::default().options() {
        let small: &[(&str, &str)] = match variant.name {
            "wide_resnet" => &[("model.widen", "1"), ("model.blocks", "1")],
            "number" => &[("model.width", "0.1"), ("model.dense_size", "32")],
            "number_residual" => &[("model.filters", "4"), ("model.dense_size", "32")],
            "number_located" => &[("model.filters", "4"), ("model.hidden", "16")],
            "detector" => &[("model.filters", "4"), ("model.neck", "8")],
            _ => &[],
        };
        add(variant.name, small);
    }
    add("sequence", &[("model.fed", "true"), ("model.shared", "false")]);
    add("sequence", &[("model.fed", "true"), ("model.shared", "true")]);
    add("sequence", &[("model.fed", "false"), ("model.shared", "true")]);
    add("sequence_recurrent", &[("model.cell", "gru")]);
    add("number_located", &[("model.filters", "4"), ("model.hidden", "16"), ("model.reads", "false")]);
    all
}

#[test]
fn every_architecture_becomes_a_graph_whose_names_hang_together() -> anyhow::Result<()> {
    for (label, model, input) in architectures() {
        let folder = tempfile::tempdir()?;
        let reader = untrained(folder.path(), model, input)?;
        let to = folder.path().join("model.onnx");
        assert_eq!(export(&reader, ModelFormat::Onnx, &to)?, std::slice::from_ref(&to));
        let read = proto::ModelProto::decode(std::fs::read(&to)?.as_slice())?;
        let graph = read.graph.context("a graph")?;
        let mut known: std::collections::BTreeSet<&str> =
            graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
        known.extend(graph.input.iter().map(|input| input.name.as_str()));
        for node in &graph.node {
            // What may be left out and is, has no name.
            for name in node.input.iter().filter(|name| !name.is_empty()) {
                assert!(
                    known.contains(name.as_str()),
                    "{label}: {} uses {name} before it is there",
                    node.name
                );
            }
            for name in &node.output {
                assert!(known.insert(name), "{label}: {name} is there twice");
            }
        }
        assert!(graph.output.iter().all(|output| known.contains(output.name.as_str())), "{label}");
        let entry = |key: &str| read.metadata_props.iter().find(|entry| entry.key == key);
        assert!(entry("classes").is_some_and(|entry| entry.value.starts_with("[\"0\"")), "{label}");
        assert!(entry("scale").is_some() && entry("polarity").is_some() && entry("recipe").is_some());
    }
    Ok(())
}

#[test]
fn torchscript_says_the_same_for_any_number_of_pictures() -> anyhow::Result<()> {
    for (label, model, input) in architectures() {
        let folder = tempfile::tempdir()?;
        let reader = untrained(folder.path(), model, input)?;
        let to = folder.path().join("model.pt");
        let files = export(&reader, ModelFormat::Torchscript, &to)?;
        let text = std::fs::read_to_string(&files[1])?;
        assert!(text.contains("\"classes\"") && text.contains("\"pixels\""), "{text}");
        let module = tch::CModule::load(&to)?;
        // A detector takes pictures of any size, also of others than it was traced with.
        let more = if reader.detector().is_some() { 32 } else { 0 };
        for n in [1, 2, 5] {
            let (height, width) = (input.height as i64 + (n - 1) * more, input.width as i64 + (5 - n) * more);
            let size = [n, input.channels as i64, height, width];
            let pixels = Tensor::randint(256, size, (Kind::Uint8, tch::Device::Cpu));
            let said = module.forward_ts(&[pixels.shallow_clone()])?;
            let own = script::together(&reader, &script::said(&reader, &pixels)?)?;
            assert_eq!(said.size(), own.size(), "{label} of {n}");
            assert!(said.allclose(&own, 1e-5, 1e-6, false), "{label} of {n}");
        }
    }
    Ok(())
}

/// Differences are looked at by a script that users can run too.
#[test]
fn onnx_runtime_says_the_same_where_it_is_at_hand() -> anyhow::Result<()> {
    let Some(python) = std::env::var_os(PYTHON) else { return Ok(()) };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/check_export.py");
    for (label, model, input) in architectures() {
        let folder = tempfile::tempdir()?;
        let reader = untrained(folder.path(), model, input)?;
        let [onnx, check] = ["model.onnx", "check.safetensors"].map(|name| folder.path().join(name));
        export(&reader, ModelFormat::Onnx, &onnx)?;
        // A detector takes pictures of any size, also of others than it has learned from.
        let more = if reader.detector().is_some() { 32 } else { 0 };
        let size = [100, input.channels as i64, input.height as i64 + more, input.width as i64 + 2 * more];
        reader.write_check_of(&Tensor::randint(256, size, (Kind::Uint8, tch::Device::Cpu)), &check)?;
        let answer = Command::new(&python).arg(&script).arg(&onnx).arg(&check).output()?;
        let said = String::from_utf8_lossy(&answer.stdout);
        assert!(answer.status.success(), "{label}: {said}{}", String::from_utf8_lossy(&answer.stderr));
        assert!(said.contains("100 images"), "{label}: {said}");
    }
    Ok(())
}
