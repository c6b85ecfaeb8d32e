//! The folder of the user's own pictures: picture files as they came, and one index that says what is on each.
//!
//! The index is written beside and renamed over, by one process at a time; pictures are named after their contents,
//! so that the same picture is kept once.

use super::super::cache::hex;
use super::super::error::DataError;
use super::super::marks::Area;
use super::super::picture;
use crate::disk::write_atomically;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The version of the index that is written.
const VERSION: u32 = 1;
const INDEX: &str = "index.jsonl";
/// Most characters on one picture.
const LONGEST: usize = 64;

/// The first line of the index.
#[derive(Serialize, Deserialize)]
struct Head {
    captured: u32,
}

/// Where a picture goes, if the user has said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// To learn from.
    Train,
    /// To be tested on.
    Test,
}

/// What is known of a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Names the picture: the beginning of the SHA-256 of its file.
    pub id: String,
    /// Its file inside the folder.
    pub file: String,
    /// What is written on it: `7`, `304`; empty for nothing.
    pub text: String,
    /// A box for each character of the text, in pixels of the upright picture; empty where nobody drew any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<Area>,
    /// Where it came from: a file's name, or `camera`.
    #[serde(default)]
    pub source: String,
    /// The camera that took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub camera: Option<String>,
    /// When it was kept, in seconds since 1970.
    #[serde(default)]
    pub time_secs: u64,
    /// Its part, where it is not left to the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
}

/// The folder.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The folder need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The index's file.
    pub(super) fn index(&self) -> PathBuf {
        self.folder.join(INDEX)
    }

    /// Every picture in the order in which they were kept; lines that cannot be read are counted.
    pub fn records(&self) -> Result<(Vec<Record>, usize), DataError> {
        let path = self.index();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(cause) => return Err(DataError::reading(&path, cause)),
        };
        let mut lines = text.lines();
        let head: Option<Head> = lines.next().and_then(|line| serde_json::from_str(line).ok());
        match head {
            Some(Head { captured: VERSION }) => {}
            Some(Head { captured }) => {
                let what = format!(
                    "this list of pictures is of version {captured}, known are versions up to {VERSION}"
                );
                return Err(DataError::corrupt(&path, what, "Use a newer program"));
            }
            None => {
                return Err(DataError::corrupt(
                    &path,
                    "this is no list of captured pictures",
                    "Move it away",
                ));
            }
        }
        let (mut records, mut bad) = (Vec::new(), 0);
        for line in lines.filter(|line| !line.trim().is_empty()) {
            match serde_json::from_str::<Record>(line) {
                // The file is one of the folder, whatever the line says.
                Ok(record) if !record.file.contains(['/', '\\']) && !record.file.starts_with('.') => {
                    records.push(record);
                }
                _ => bad += 1,
            }
        }
        Ok((records, bad))
    }

    /// Keeps a picture with what `about` says of it; a picture that is there already is labelled anew.
    pub fn add(&self, bytes: &[u8], about: Record) -> Result<Record, DataError> {
        check(&about)?;
        let named = Path::new(&about.source);
        if let Err(error) = picture::decode(bytes, named) {
            return Err(DataError::corrupt(
                named,
                error.why(),
                "Take a picture file: PNG, JPEG, GIF, BMP, TIFF, WebP or PNM",
            ));
        }
        let id = hex(&Sha256::digest(bytes))[..20].to_owned();
        let ending =
            image::guess_format(bytes).ok().and_then(|format| format.extensions_str().first().copied());
        let file = format!("{id}.{}", ending.unwrap_or("picture"));
        let time_secs = match about.time_secs {
            0 => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
            said => said,
        };
        let record = Record { id, file, time_secs, ..about };
        self.change(|records| {
            let path = self.folder.join(&record.file);
            if !path.is_file() {
                write_atomically(&path, bytes).map_err(|cause| DataError::writing(&path, cause))?;
            }
            match records.iter_mut().find(|known| known.id == record.id) {
                Some(known) => *known = record.clone(),
                None => records.push(record.clone()),
            }
            Ok(())
        })?;
        Ok(record)
    }

    /// Says anew what is on a picture.
    pub fn relabel(&self, id: &str, text: &str, boxes: &[Area]) -> Result<(), DataError> {
        let (text, boxes) = (text.to_owned(), boxes.to_vec());
        check(&Record { text: text.clone(), boxes: boxes.clone(), ..Record::default() })?;
        self.change(|records| {
            let record = records.iter_mut().find(|record| record.id == id).ok_or_else(|| unknown(id))?;
            (record.text, record.boxes) = (text, boxes);
            Ok(())
        })
    }

    /// Takes a picture out, and deletes its file.
    pub fn remove(&self, id: &str) -> Result<(), DataError> {
        let mut file = None;
        self.change(|records| {
            let place = records.iter().position(|record| record.id == id).ok_or_else(|| unknown(id))?;
            file = Some(records.remove(place).file);
            Ok(())
        })?;
        if let Some(file) = file {
            // Without its line nothing knows of it any more.
            drop(fs::remove_file(self.folder.join(file)));
        }
        Ok(())
    }

    /// Reads, changes and writes the index while no other process does.
    fn change(
        &self,
        change: impl FnOnce(&mut Vec<Record>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let fail = |cause| DataError::writing(&self.folder, cause);
        fs::create_dir_all(&self.folder).map_err(fail)?;
        let lock = File::create(self.folder.join(".lock")).map_err(fail)?;
        // Some network drives know no locks: then the last one to write wins.
        drop(lock.lock());
        let (mut records, bad) = self.records()?;
        if bad > 0 {
            // Writing would lose them.
            let kept = self.folder.join(format!(
                "{INDEX}.{}",
                SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
            ));
            fs::copy(self.index(), &kept).map_err(|cause| DataError::writing(&kept, cause))?;
        }
        change(&mut records)?;
        let mut text = format!("{{\"captured\":{VERSION}}}\n");
        for record in &records {
            let line = serde_json::to_string(record).map_err(|error| fail(error.into()))?;
            text.push_str(&line);
            text.push('\n');
        }
        write_atomically(&self.index(), text.as_bytes()).map_err(fail)
    }
}

fn unknown(id: &str) -> DataError {
    DataError::NotFound {
        what: format!("no picture of that name was kept: {id}"),
        remedy: "Look at the list again: it may have been removed".to_owned(),
    }
}

/// What makes no sense is refused before it is kept.
fn check(record: &Record) -> Result<(), DataError> {
    let n = record.text.chars().count();
    let refuse = |what: String, remedy: &str| Err(DataError::NotFound { what, remedy: remedy.to_owned() });
    if n > LONGEST || record.text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse(
            format!("'{}' is no label", record.text),
            "Write the characters alone, without spaces",
        );
    }
    if !record.boxes.is_empty() && record.boxes.len() != n {
        return refuse(
            format!("{} boxes for {n} characters", record.boxes.len()),
            "Draw one box for each character",
        );
    }
    if record
        .boxes
        .iter()
        .any(|area| !(area.w > 0.0 && area.h > 0.0 && area.x.is_finite() && area.y.is_finite()))
    {
        return refuse("a box is empty".to_owned(), "Draw it again");
    }
    Ok(())
}
