//! The four packed idx files of MNIST, and classes.txt.

use super::super::error::DataError;
use super::super::progress::{Stage, Unit};
use super::{Job, one_class_each, pictures, refused};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// Writes it.
pub(super) fn write(job: &Job<'_>) -> Result<(), DataError> {
    one_class_each(job)?;
    let [(_, train), (_, test)] = &job.parts;
    let varied = [train, test].iter().any(|samples| samples.sizes.is_some() || samples.channels != 1);
    if varied || (train.width, train.height) != (test.width, test.height) {
        return Err(refused(
            "idx files hold grey images of one size, and these are not",
            "Export them as PNG folders, COCO, YOLO or CSV, or choose another size and grey in the settings",
            job.folder,
        ));
    }
    for ((part, samples), name) in job.parts.iter().zip(["train", "t10k"]) {
        if samples.is_empty() {
            continue;
        }
        let sizes = [samples.len(), samples.height, samples.width].map(|size| size as u32);
        let begin = |kind: u8, sizes: &[u32]| -> Vec<u8> {
            [0, 0, 8, kind].into_iter().chain(sizes.iter().flat_map(|size| size.to_be_bytes())).collect()
        };
        packed(job, &format!("{name}-images-idx3-ubyte.gz"), |out| {
            out(&begin(3, &sizes))?;
            for row in 0..samples.len() {
                if row % 1024 == 0 {
                    let (done, total) = (row as u64, samples.len() as u64);
                    let text =
                        if *part == "train" { "Writing training images" } else { "Writing test images" };
                    job.progress.report(Stage { text, done, total, unit: Unit::Images });
                    if job.progress.cancelled() {
                        return Err(DataError::Cancelled);
                    }
                }
                out(&samples.image(row))?;
            }
            Ok(())
        })?;
        packed(job, &format!("{name}-labels-idx1-ubyte.gz"), |out| {
            out(&begin(1, &sizes[..1]))?;
            out(&samples.labels)
        })?;
    }
    let names: Vec<String> = job.dataset.classes.iter().map(|name| name.replace(['\n', '\r'], " ")).collect();
    pictures::text(job, "classes.txt", format!("{}\n", names.join("\n")).as_bytes())
}

type Put<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), DataError>;

fn packed(
    job: &Job<'_>,
    name: &str,
    write: impl FnOnce(Put<'_>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let path = job.folder.join(name);
    let fail = |cause| DataError::writing(&path, cause);
    let file = BufWriter::new(File::create_new(&path).map_err(fail)?);
    let mut packer = GzEncoder::new(file, Compression::default());
    write(&mut |bytes| packer.write_all(bytes).map_err(fail))?;
    packer.finish().and_then(|mut file| file.flush()).map_err(fail)
}
