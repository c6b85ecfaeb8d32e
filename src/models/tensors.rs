//! Named tensors in a safetensors file: written whole or not at all, and believed only after its header was checked.
//!
//! Reading goes through the format's own library, which checks that sizes, offsets and the file's length agree;
//! writing is ours, because the library writes its metadata in another order each time and the same model should
//! give the same bytes. Format: <https://github.com/huggingface/safetensors#format>.

use crate::disk::write_with;
use anyhow::Context as _;
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use tch::{Kind, Tensor};

/// Bytes before the header, which tell its length.
const LENGTH_BYTES: usize = 8;
/// Longest header that is believed, as in the format's own library.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// Why a model or a checkpoint could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelFileError {
    /// The system would not read it.
    #[error("the model cannot be read: {source}: {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It ends before its header says that it should.
    #[error("the model file is cut off: it should have {expected} bytes and has {found}; copy or train it again: {}", path.display())]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes it should have.
        expected: u64,
        /// Bytes it has.
        found: u64,
    },
    /// It is something else.
    #[error("this is no safetensors file ({why}); choose a model such as best.safetensors in a run's folder: {}", path.display())]
    NotSafetensors {
        /// The file.
        path: PathBuf,
        /// How one can tell.
        why: String,
    },
    /// Its header contradicts itself or the file.
    #[error("the model file is damaged: {why}; copy or train it again: {}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What contradicts what.
        why: String,
    },
    /// It holds tensors, but does not say what for.
    #[error("the file holds tensors, but was not written by Digit Workbench ({why}); choose best.safetensors or last.safetensors of a run: {}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is missing or odd.
        why: String,
    },
    /// It was written by a newer program.
    #[error("the model file has version {version}, this program knows versions up to {known}; use a newer program: {}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
        /// The newest version this program knows.
        known: u32,
    },
    /// Its tensors are not those of the network that its recipe describes.
    #[error("the model does not fit its own recipe: {why}; the file was put together from two models or edited, use the run's own file: {}", path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// Which tensors differ, and how.
        why: String,
    },
}

/// Writes tensors (f32, f64, i64, u8) and text about them beside the file and renames it over, so that a reader sees the old
/// file or the new one. Tensors may lie on any device and in any memory order.
pub fn write_tensors(
    path: &Path,
    metadata: &BTreeMap<String, String>,
    tensors: &[(String, Tensor)],
) -> anyhow::Result<()> {
    let (header, ordered) = plan(metadata, tensors)?;
    write_with(path, |file| stream(file, &header, &ordered)).with_context(|| {
        format!("the file cannot be written; is there space, and may you write there?: {}", path.display())
    })
}

/// Reads every tensor, in the order in which the file holds them, and the text about them.
#[expect(clippy::type_complexity, reason = "two plain collections, taken apart at once by every caller")]
pub fn read_tensors(
    path: &Path,
) -> Result<(BTreeMap<String, String>, Vec<(String, Tensor)>), ModelFileError> {
    let (mut file, header) = open(path)?;
    let mut bytes = vec![0; header.data_len()];
    file.read_exact(&mut bytes).map_err(|source| ModelFileError::Io { path: path.to_owned(), source })?;
    let mut tensors = Vec::new();
    for name in header.offset_keys() {
        let damaged = |why: String| ModelFileError::Damaged { path: path.to_owned(), why };
        let Some(info) = header.info(&name) else { continue };
        let kind = kind_of(info.dtype)
            .ok_or_else(|| damaged(format!("{name} holds numbers of the unknown kind {}", info.dtype)))?;
        let shape: Result<Vec<i64>, _> = info.shape.iter().map(|n| i64::try_from(*n)).collect();
        let shape = shape.map_err(|_| damaged(format!("{name} claims an impossible shape")))?;
        let (from, to) = info.data_offsets;
        let tensor = Tensor::f_from_data_size(&bytes[from..to], &shape, kind)
            .map_err(|e| damaged(format!("{name} cannot be taken up: {e}")))?;
        tensors.push((name, tensor));
    }
    Ok((texts(&header), tensors))
}

/// Reads only the text of a file, without its tensors' numbers: cheap, for lists of models.
pub fn read_metadata(path: &Path) -> Result<BTreeMap<String, String>, ModelFileError> {
    Ok(texts(&open(path)?.1))
}

/// Checks that the tensors found are those a network expects, by name and shape.
pub fn check_tensors(
    path: &Path,
    expected: &[(String, Vec<i64>)],
    found: &[(String, Tensor)],
) -> Result<(), ModelFileError> {
    let found: BTreeMap<&str, Vec<i64>> = found.iter().map(|(n, t)| (n.as_str(), t.size())).collect();
    let mut wrong = Vec::new();
    for (name, shape) in expected {
        match found.get(name.as_str()) {
            None => wrong.push(format!("{name} is missing")),
            Some(size) if size != shape => {
                wrong.push(format!("it holds {name} of {}, the recipe says {}", times(size), times(shape)));
            }
            Some(_) => {}
        }
    }
    for name in found.keys() {
        if !expected.iter().any(|(known, _)| known == name) {
            wrong.push(format!("the recipe has no {name}"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    // Three tell what happened; a whole list of another network's layers does not say more.
    let more = wrong.len().saturating_sub(3);
    wrong.truncate(3);
    if more > 0 {
        wrong.push(format!("and {more} more"));
    }
    Err(ModelFileError::Misfit { path: path.to_owned(), why: wrong.join(", ") })
}

/// `32x1x5x5`.
fn times(shape: &[i64]) -> String {
    if shape.is_empty() {
        return "one number".to_owned();
    }
    shape.iter().map(i64::to_string).collect::<Vec<_>>().join("x")
}

fn kind_of(dtype: Dtype) -> Option<Kind> {
    Some(match dtype {
        Dtype::F32 => Kind::Float,
        Dtype::F64 => Kind::Double,
        Dtype::I64 => Kind::Int64,
        Dtype::U8 => Kind::Uint8,
        _ => return None,
    })
}

/// The format's name of a kind of number.
fn dtype_of(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Float => "F32",
        Kind::Double => "F64",
        Kind::Int64 => "I64",
        Kind::Uint8 => "U8",
        _ => return None,
    })
}

/// The header, padded, and the tensors in the order of writing.
fn plan<'a>(
    metadata: &BTreeMap<String, String>,
    tensors: &'a [(String, Tensor)],
) -> anyhow::Result<(Vec<u8>, Vec<&'a Tensor>)> {
    let mut ordered: Vec<&(String, Tensor)> = tensors.iter().collect();
    // Widest numbers first keeps every tensor aligned for readers that map the file; otherwise the order is kept.
    ordered.sort_by_key(|(_, tensor)| std::cmp::Reverse(tensor.kind().elt_size_in_bytes()));
    let mut header = serde_json::Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".to_owned(), serde_json::to_value(metadata)?);
    }
    let mut offset = 0;
    for (name, tensor) in &ordered {
        let dtype = dtype_of(tensor.kind())
            .with_context(|| format!("{name} holds numbers of the kind {:?}", tensor.kind()))?;
        let end = offset + tensor.numel() * tensor.kind().elt_size_in_bytes();
        let info = serde_json::json!({"dtype": dtype, "shape": tensor.size(), "data_offsets": [offset, end]});
        anyhow::ensure!(
            header.insert(name.clone(), info).is_none(),
            "two tensors are called {name}, one of them would be lost"
        );
        offset = end;
    }
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(LENGTH_BYTES), b' ');
    Ok((header, ordered.into_iter().map(|(_, tensor)| tensor).collect()))
}

fn stream(file: &mut File, header: &[u8], tensors: &[&Tensor]) -> anyhow::Result<()> {
    let mut file = BufWriter::new(file);
    file.write_all(&(header.len() as u64).to_le_bytes())?;
    file.write_all(header)?;
    for tensor in tensors {
        let tensor = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_contiguous()?;
        let n = tensor.numel();
        let mut bytes = vec![0; n * tensor.kind().elt_size_in_bytes()];
        tensor.f_copy_data_u8(&mut bytes, n)?;
        file.write_all(&bytes)?;
    }
    Ok(file.flush()?)
}

/// The open file behind its checked header, which agrees with the file's length.
fn open(path: &Path) -> Result<(File, Metadata), ModelFileError> {
    let io = |source| ModelFileError::Io { path: path.to_owned(), source };
    let not = |why: &str| ModelFileError::NotSafetensors { path: path.to_owned(), why: why.to_owned() };
    let about = std::fs::metadata(path).map_err(io)?;
    // A device or a pipe might never end.
    if !about.is_file() {
        return Err(not("it is not a file"));
    }
    let found = about.len();
    let mut file = File::open(path).map_err(io)?;
    let mut head = [0; LENGTH_BYTES + 1];
    if found < head.len() as u64 {
        return Err(not(if found == 0 { "it is empty" } else { "it is too short to be one" }));
    }
    file.read_exact(&mut head).map_err(io)?;
    let [length @ .., brace] = head;
    let length = u64::from_le_bytes(length);
    // A picture or an archive would be "cut off by exabytes"; that no header begins here is the truth.
    if length == 0 || length > MAX_HEADER_BYTES || brace != b'{' {
        return Err(not("it does not begin with a header"));
    }
    let start = LENGTH_BYTES as u64 + length;
    if found < start {
        return Err(ModelFileError::Truncated { path: path.to_owned(), expected: start, found });
    }
    let mut header = vec![brace; length as usize];
    file.read_exact(&mut header[1..]).map_err(io)?;
    let header: Metadata = serde_json::from_slice(&header).map_err(|e| {
        if e.is_data() {
            ModelFileError::Damaged { path: path.to_owned(), why: format!("its header lies ({e})") }
        } else {
            not(&format!("its header is no JSON: {e}"))
        }
    })?;
    // The library checked the offsets, so that the last one is the length of all tensors.
    let expected = start.saturating_add(header.data_len() as u64);
    match expected.cmp(&found) {
        Ordering::Greater => Err(ModelFileError::Truncated { path: path.to_owned(), expected, found }),
        Ordering::Less => Err(ModelFileError::Damaged {
            path: path.to_owned(),
            why: format!("{} bytes follow its end", found - expected),
        }),
        Ordering::Equal => Ok((file, header)),
    }
}

fn texts(header: &Metadata) -> BTreeMap<String, String> {
    header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn some() -> Vec<(String, Tensor)> {
        vec![
            ("bytes".to_owned(), Tensor::from_slice(&[1_u8, 2, 3])),
            ("weight".to_owned(), Tensor::from_slice(&[1.5_f32, -2.0, f32::NAN, 4.0]).view([2, 2])),
            ("exact".to_owned(), Tensor::from_slice(&[0.1_f64])),
            ("step".to_owned(), Tensor::from(7_i64)),
            ("none".to_owned(), Tensor::zeros([0, 4], (Kind::Float, tch::Device::Cpu))),
        ]
    }

    fn file_with(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    #[test]
    fn what_is_written_is_read() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("t.safetensors");
        let about = BTreeMap::from([("b".to_owned(), "\"é\n".to_owned()), ("a".to_owned(), String::new())]);
        write_tensors(&path, &about, &some())?;
        let (metadata, tensors) = read_tensors(&path)?;
        assert_eq!(metadata, about);
        assert_eq!(read_metadata(&path)?, about);
        assert_eq!(tensors.len(), 5);
        for (name, tensor) in some() {
            let read = &tensors.iter().find(|(n, _)| *n == name).ok_or(name)?.1;
            assert_eq!((read.size(), read.kind()), (tensor.size(), tensor.kind()));
            assert!(read.allclose(&tensor, 0.0, 0.0, true));
        }
        // The same again gives the same bytes, and nothing lies beside.
        let first = std::fs::read(&path)?;
        write_tensors(&path, &about, &some())?;
        assert_eq!(first, std::fs::read(&path)?);
        assert_eq!(std::fs::read_dir(folder.path())?.count(), 1);
        // tch's own reader takes it too.
        assert_eq!(Tensor::read_safetensors(&path)?.len(), 5);
        Ok(())
    }

    #[test]
    fn any_memory_order_is_written_as_seen() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("t.safetensors");
        let tensor = Tensor::arange(6, (Kind::Float, tch::Device::Cpu)).view([2, 3]).tr();
        write_tensors(&path, &BTreeMap::new(), &[("t".to_owned(), tensor.shallow_clone())])?;
        let (_, read) = read_tensors(&path)?;
        assert_eq!(read[0].1, tensor);
        Ok(())
    }

    #[test]
    fn twice_the_same_name_is_refused() {
        let folder = tempfile::tempdir().expect("a folder for tests");
        let path = folder.path().join("t.safetensors");
        let one = || ("t".to_owned(), Tensor::from(1_i64));
        let error = write_tensors(&path, &BTreeMap::new(), &[one(), one()]).expect_err("must be refused");
        assert!(format!("{error:#}").contains("two tensors"));
        assert!(!path.exists());
    }

    #[test]
    fn every_cut_and_every_lie_is_told() -> Outcome {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("t.safetensors");
        write_tensors(&path, &BTreeMap::new(), &some())?;
        let whole = std::fs::read(&path)?;
        for length in 0..whole.len() {
            std::fs::write(&path, &whole[..length])?;
            let error = read_tensors(&path).expect_err("a part is no model");
            assert!(
                matches!(error, ModelFileError::Truncated { .. }) || length < 9,
                "{length} of {}: {error}",
                whole.len()
            );
        }
        let info =
            |from: usize, to: usize| format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":[{from},{to}]}}"#);
        let damaged = [
            file_with(&format!(r#"{{"a":{},"b":{}}}"#, info(0, 8), info(4, 12)), &[0; 12]),
            file_with(&format!(r#"{{"a":{}}}"#, info(0, 12)), &[0; 12]),
            file_with(&format!(r#"{{"a":{}}}"#, info(8, 0)), &[0; 8]),
            file_with(&format!(r#"{{"a":{}}}"#, info(0, 8)), &[0; 9]),
            file_with(r#"{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#, &[0; 2]),
            file_with(r#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, &[]),
            file_with(r#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, &[0; 4]),
        ];
        for (n, bytes) in damaged.iter().enumerate() {
            std::fs::write(&path, bytes)?;
            let error = read_tensors(&path).expect_err("a lie");
            assert!(matches!(error, ModelFileError::Damaged { .. }), "{n}: {error}");
        }
        let foreign: [&[u8]; 4] = [b"", b"\x89PNG\r\n\x1a\nIHDR", b"no model at all", &file_with("{,", &[])];
        for bytes in foreign {
            std::fs::write(&path, bytes)?;
            let error = read_tensors(&path).expect_err("something else");
            assert!(matches!(error, ModelFileError::NotSafetensors { .. }), "{error}");
            assert!(error.to_string().ends_with("t.safetensors"));
        }
        assert!(matches!(read_tensors(folder.path()), Err(ModelFileError::NotSafetensors { .. })));
        assert!(matches!(read_tensors(&folder.path().join("none")), Err(ModelFileError::Io { .. })));
        Ok(())
    }

    #[test]
    fn tensors_of_another_network_are_named() {
        let expected =
            [("conv2d_1.weight".to_owned(), vec![32, 1, 3, 3]), ("dense_1.bias".to_owned(), vec![4])];
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, tch::Device::Cpu));
        let fits =
            [("dense_1.bias".to_owned(), zeros(&[4])), ("conv2d_1.weight".to_owned(), zeros(&[32, 1, 3, 3]))];
        assert!(check_tensors(Path::new("m"), &expected, &fits).is_ok());
        let wrong =
            [("conv2d_1.weight".to_owned(), zeros(&[32, 1, 5, 5])), ("dense_2.bias".to_owned(), zeros(&[4]))];
        let error = check_tensors(Path::new("m"), &expected, &wrong).expect_err("other tensors").to_string();
        assert!(error.contains("it holds conv2d_1.weight of 32x1x5x5, the recipe says 32x1x3x3"), "{error}");
        assert!(error.contains("dense_1.bias is missing, the recipe has no dense_2.bias"), "{error}");
    }
}
