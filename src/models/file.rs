//! The model file: a network's tensors and everything needed to read a picture with them, in one safetensors file.

pub use super::tensors::{ModelFileError, check_tensors, read_metadata, read_tensors, write_tensors};

use std::collections::BTreeMap;
use std::path::Path;
use tch::Tensor;

/// What `format` says in every model file.
const FORMAT: &str = "digit-workbench-model";
/// The version that is written; older ones would be lifted when read.
pub const VERSION: u32 = 1;
/// How pixels become the network's input, in words; the same in every file of version 1.
const PREPARATION: [(&str, &str); 4] =
    [("scale", "pixel/255"), ("mean", "0"), ("std", "1"), ("polarity", "light on dark")];

/// Characters that the name of a class has at most.
const LONGEST: usize = 100;

/// What a model file says of its network.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelMeta {
    /// The whole recipe as RON.
    pub recipe: String,
    /// What each class is called, in the order of the network's outputs.
    pub classes: Vec<String>,
    /// Colour channels of an input picture.
    pub channels: usize,
    /// Rows of an input picture.
    pub height: usize,
    /// Columns of an input picture.
    pub width: usize,
    /// Fingerprint of the data it learned from.
    pub data: String,
    /// Version of the program that wrote it.
    pub program: String,
    /// Epochs done, with fraction.
    pub epoch: f64,
    /// Steps done.
    pub step: u64,
    /// Accuracy on the validation images, 0 to 1; `None` when it was not measured.
    pub accuracy: Option<f64>,
}

/// Under this name the texts of a model file have what is taken for a digit and a number, where that was chosen.
pub const THRESHOLDS: &str = "thresholds";

/// Writes a model, whole or not at all. `tensors`: f32 parameters by the network's own names, on any device.
pub fn write(path: &Path, meta: &ModelMeta, tensors: &[(String, Tensor)]) -> anyhow::Result<()> {
    write_from(path, meta, tensors, None)
}

/// The same of a model that began with the one in file `start`, whose thresholds stay in force until others are chosen.
pub fn write_from(
    path: &Path,
    meta: &ModelMeta,
    tensors: &[(String, Tensor)],
    start: Option<&Path>,
) -> anyhow::Result<()> {
    let ModelMeta { recipe, classes, channels, height, width, data, program, epoch, step, accuracy } = meta;
    let input = serde_json::json!({"channels": channels, "height": height, "width": width});
    let mut all: BTreeMap<String, String> =
        PREPARATION.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    all.extend(
        [
            ("format", FORMAT.to_owned()),
            ("version", VERSION.to_string()),
            ("recipe", recipe.clone()),
            ("classes", serde_json::to_string(classes)?),
            ("input", input.to_string()),
            ("data", data.clone()),
            ("program", program.clone()),
            ("epoch", epoch.to_string()),
            ("step", step.to_string()),
            ("accuracy", accuracy.map(|a| a.to_string()).unwrap_or_default()),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    // What is no model file has none to take over.
    let texts = start.and_then(|start| read_metadata(start).ok());
    if let Some(thresholds) = texts.and_then(|mut texts| texts.remove(THRESHOLDS)) {
        all.insert(THRESHOLDS.to_owned(), thresholds);
    }
    write_tensors(path, &all, tensors)
}

/// Reads a model; whether its tensors fit its recipe is for [`check_tensors`], by the one who builds the network.
pub fn read(path: &Path) -> Result<(ModelMeta, Vec<(String, Tensor)>), ModelFileError> {
    let (metadata, tensors) = read_tensors(path)?;
    Ok((parse(path, &metadata)?, tensors))
}

/// Reads only what a model file says of itself.
pub fn read_meta(path: &Path) -> Result<ModelMeta, ModelFileError> {
    parse(path, &read_metadata(path)?)
}

fn parse(path: &Path, metadata: &BTreeMap<String, String>) -> Result<ModelMeta, ModelFileError> {
    let foreign = |why: String| ModelFileError::Foreign { path: path.to_owned(), why };
    let get = |key: &str| {
        metadata.get(key).map(String::as_str).ok_or_else(|| foreign(format!("it does not say its {key}")))
    };
    if get("format")? != FORMAT {
        return Err(foreign(format!("its format is '{}', not '{FORMAT}'", get("format")?)));
    }
    let version: u32 =
        number(get("version")?).ok_or_else(|| foreign("its version is no number".to_owned()))?;
    if version > VERSION {
        return Err(ModelFileError::Newer { path: path.to_owned(), version, known: VERSION });
    }
    for (key, expected) in PREPARATION {
        if get(key)? != expected {
            let found = get(key)?;
            return Err(foreign(format!(
                "its {key} is '{found}', this program prepares pixels with '{expected}'"
            )));
        }
    }
    let bad = |key: &str| foreign(format!("its {key} cannot be understood"));
    let classes: Vec<String> = serde_json::from_str(get("classes")?).map_err(|_| bad("classes"))?;
    let input: BTreeMap<String, usize> = serde_json::from_str(get("input")?).map_err(|_| bad("input"))?;
    // A side of more than 4096 would be a lie that asks for gigabytes.
    let side =
        |key: &str| input.get(key).copied().filter(|n| (1..=4096).contains(n)).ok_or_else(|| bad("input"));
    let accuracy = get("accuracy")?;
    Ok(ModelMeta {
        recipe: get("recipe")?.to_owned(),
        channels: side("channels")?,
        height: side("height")?,
        width: side("width")?,
        data: get("data")?.to_owned(),
        program: get("program")?.to_owned(),
        epoch: number(get("epoch")?)
            .filter(|n: &f64| n.is_finite() && *n >= 0.0)
            .ok_or_else(|| bad("epoch"))?,
        step: number(get("step")?).ok_or_else(|| bad("step"))?,
        accuracy: if accuracy.is_empty() {
            None
        } else {
            let share = number(accuracy).filter(|share| (0.0..=1.0).contains(share));
            Some(share.ok_or_else(|| bad("accuracy"))?)
        },
        classes: if classes.is_empty() || classes.iter().any(|name| name.chars().count() > LONGEST) {
            return Err(bad("classes"));
        } else {
            classes
        },
    })
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> ModelMeta {
        ModelMeta {
            recipe: "(version: 1, name: \"a \\\"b\\\"\")".to_owned(),
            classes: ["A", "B"].map(str::to_owned).to_vec(),
            channels: 1,
            height: 28,
            width: 28,
            data: "abc".to_owned(),
            program: "0.1.0".to_owned(),
            epoch: 2.5,
            step: 1055,
            accuracy: Some(0.9912),
        }
    }

    #[test]
    fn a_model_says_what_it_was_told() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("best.safetensors");
        for meta in [meta(), ModelMeta { accuracy: None, ..meta() }] {
            write(&path, &meta, &[("w".to_owned(), Tensor::from_slice(&[1.0_f32]))])?;
            let (read_back, tensors) = read(&path)?;
            assert_eq!(read_back, meta);
            assert_eq!(read_meta(&path)?, meta);
            assert_eq!(tensors.len(), 1);
        }
        Ok(())
    }

    #[test]
    fn thresholds_stay_in_force_in_what_goes_on_from_a_model() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let [start, next, last] = ["start", "next", "last"].map(|name| folder.path().join(name));
        let tensors = [("w".to_owned(), Tensor::from_slice(&[1.0_f32]))];
        let of = |path: &Path| anyhow::Ok(read_metadata(path)?.get(THRESHOLDS).cloned());
        write_from(&next, &meta(), &tensors, Some(&start))?;
        assert_eq!(of(&next)?, None, "there is no such file");
        write(&start, &meta(), &tensors)?;
        let (mut texts, _) = read_tensors(&start)?;
        texts.insert(THRESHOLDS.to_owned(), "chosen".to_owned());
        write_tensors(&start, &texts, &tensors)?;
        write_from(&next, &meta(), &tensors, Some(&start))?;
        write_from(&last, &meta(), &tensors, Some(&next))?;
        assert_eq!((of(&last)?.as_deref(), read_meta(&last)?), (Some("chosen"), meta()));
        Ok(())
    }

    #[test]
    fn newer_and_foreign_files_are_refused() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("m.safetensors");
        write_tensors(&path, &BTreeMap::new(), &[])?;
        assert!(matches!(read(&path), Err(ModelFileError::Foreign { .. })));
        write(&path, &meta(), &[])?;
        let (good, _) = read_tensors(&path)?;
        let endless = format!(r#"["{}", "1"]"#, "x".repeat(100_000));
        let changed = [
            ("classes", endless.as_str(), "classes"),
            ("epoch", "NaN", "epoch"),
            ("accuracy", "9", "accuracy"),
            ("version", "2", "version 2"),
            ("version", "x", "version"),
            ("format", "other", "'other'"),
            ("mean", "0.1307", "its mean is '0.1307'"),
            ("input", "[]", "input"),
            ("input", r#"{"channels":1,"height":0,"width":28}"#, "input"),
            ("classes", "[]", "classes"),
            ("accuracy", "good", "accuracy"),
        ];
        for (key, value, says) in changed {
            let mut metadata = good.clone();
            metadata.insert(key.to_owned(), value.to_owned());
            write_tensors(&path, &metadata, &[])?;
            let error = read(&path).expect_err(key).to_string();
            assert!(error.contains(says), "{key}={value}: {error}");
        }
        Ok(())
    }
}
