//! Edits of a data set in a small file of their own: labels put right, images left out or moved to another part.

use super::super::error::DataError;
use super::super::samples::{Dataset, Kind};
use crate::disk::write_atomically;
use ron::extensions::Extensions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The version that is written; older ones are lifted when read.
const VERSION: u32 = 1;
/// No edits of anybody are that many: a file this long is none of ours.
const MOST_BYTES: u64 = 256 << 20;

/// Which part of a data set, as it was read, an image lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum File {
    /// The training images, validation still among them.
    Train,
    /// The test images.
    Test,
}

impl File {
    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

/// An image of a data set as it was read: what edits are tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// Its part.
    pub file: File,
    /// Its row there.
    pub row: u32,
}

impl At {
    /// The image at an index that counts training images first, test images after them.
    pub fn of(index: u32, n_train: usize) -> Self {
        match index.checked_sub(n_train as u32) {
            None => Self { file: File::Train, row: index },
            Some(row) => Self { file: File::Test, row },
        }
    }

    /// That index.
    pub fn index(self, n_train: usize) -> u32 {
        match self.file {
            File::Train => self.row,
            File::Test => n_train as u32 + self.row,
        }
    }
}

impl std::fmt::Display for At {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file.name(), self.row)
    }
}

/// Where an image is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// To be learned from.
    Train,
    /// To validate on.
    Valid,
    /// To be measured on.
    Test,
    /// Left out.
    Out,
}

impl Place {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Train, Self::Valid, Self::Test, Self::Out];

    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
            Self::Out => "out",
        }
    }
}

/// What is changed of one image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// Its label from now on.
    pub label: Option<u8>,
    /// Where it is from now on.
    pub place: Option<Place>,
    /// What the edit was made for, to be read by people.
    pub why: String,
}

/// One change of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Another label.
    Label(u8),
    /// Another part, or none.
    Place(Place),
    /// As it was read.
    Revert,
}

/// How validation was cut from the training images when the edits were made: with them in force it is always cut so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Division {
    /// Seed of the cut.
    pub seed: u64,
    /// Share that validates, 0 to 1.
    pub share: f64,
}

/// All edits of one data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overlay {
    /// [`Dataset::fingerprint`] of the data set as it was read.
    pub base: String,
    /// What that data set is called.
    pub data: String,
    /// How validation is cut, where the edits depend on that.
    pub division: Option<Division>,
    /// What is changed.
    pub edits: BTreeMap<At, Edit>,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    version: u32,
    base: String,
    #[serde(default)]
    data: String,
    #[serde(default)]
    division: Option<Division>,
    #[serde(default)]
    edits: Vec<SavedEdit>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedEdit {
    file: File,
    row: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Edits in a folder, as a menu lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Their name.
    pub name: String,
    /// What data set they are for, and how many images they change; or why they cannot be read.
    pub about: Result<(String, usize), String>,
}

impl Overlay {
    /// No edits yet of this data set, which must be as it was read.
    pub fn of(dataset: &Dataset) -> Self {
        Self { base: dataset.fingerprint.clone(), data: dataset.name.clone(), ..Self::default() }
    }

    /// The file of that name in a folder.
    pub fn file(folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}.ron"))
    }

    /// Why edits cannot be called that; `None` where they can.
    pub fn why_not_called(name: &str) -> Option<String> {
        let fine = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.');
        let wrong = name.trim().is_empty()
            || name.trim() != name
            || name.starts_with('.')
            || name.len() > 100
            || !name.chars().all(fine);
        wrong.then(|| {
            format!(
                "edits cannot be called '{name}': use letters, digits, dashes, dots, spaces and underscores"
            )
        })
    }

    /// Reads the edits of that name.
    pub fn read(folder: &Path, name: &str) -> Result<Self, DataError> {
        let path = Self::file(folder, name);
        let missing = |what: String| DataError::NotFound {
            what,
            remedy: format!(
                "`digit-workbench data overlay list` lists what there is; looked for {}",
                path.display()
            ),
        };
        if let Some(why) = Self::why_not_called(name) {
            return Err(missing(why));
        }
        let size = std::fs::metadata(&path).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::NotFound => missing(format!("there are no edits called '{name}'")),
            _ => DataError::reading(&path, cause),
        })?;
        if size.len() > MOST_BYTES {
            let what = format!("this file of {} MB holds no edits of a data set", size.len() >> 20);
            return Err(DataError::corrupt(&path, what, "Choose other edits"));
        }
        let bytes = std::fs::read(&path).map_err(|cause| DataError::reading(&path, cause))?;
        let Ok(text) = String::from_utf8(bytes) else {
            return Err(DataError::corrupt(
                &path,
                "these edits are no text",
                "Bring back a copy of the file",
            ));
        };
        Self::parse(&text).map_err(|(what, remedy)| DataError::corrupt(&path, what, remedy))
    }

    /// Writes them under a name; whoever reads meanwhile sees the old file or the new one, never a part.
    pub fn write(&self, folder: &Path, name: &str) -> Result<PathBuf, DataError> {
        let path = Self::file(folder, name);
        if let Some(why) = Self::why_not_called(name) {
            let remedy = "Choose another name".to_owned();
            return Err(DataError::NotFound { what: why, remedy });
        }
        std::fs::create_dir_all(folder)
            .and_then(|()| write_atomically(&path, self.text().as_bytes()))
            .map_err(|cause| DataError::writing(&path, cause))?;
        Ok(path)
    }

    /// As in the file: one image a line.
    pub fn text(&self) -> String {
        let Self { base, data, division, edits } = self;
        let edits = edits.iter().map(|(at, edit)| SavedEdit {
            file: at.file,
            row: at.row,
            label: edit.label,
            place: edit.place,
            why: edit.why.clone(),
        });
        let (base, data, division) = (base.clone(), data.clone(), *division);
        let saved = Saved { version: VERSION, base, data, division, edits: edits.collect() };
        let look = ron::ser::PrettyConfig::default().depth_limit(2);
        // Numbers and text always have a text.
        options().to_string_pretty(&saved, look).unwrap_or_default()
    }

    /// The edits in a text, or what is wrong and what to do.
    fn parse(text: &str) -> Result<Self, (String, String)> {
        let remedy = || "Bring back a copy of the file, or choose other edits".to_owned();
        if let Ok(Version { version }) = loose().from_str::<Version>(text)
            && version > VERSION
        {
            let what = format!("these edits have version {version}, this program knows up to {VERSION}");
            return Err((what, "Use a newer program".to_owned()));
        }
        let saved: Saved = options().from_str(text).map_err(|e| {
            let (line, column) = (e.span.start.line, e.span.start.col);
            (
                format!("these edits break off or are damaged at line {line}, column {column}: {}", e.code),
                remedy(),
            )
        })?;
        let Saved { version: _, base, data, division, edits } = saved;
        let mut overlay = Self { base, data, division, edits: BTreeMap::new() };
        for SavedEdit { file, row, label, place, why } in edits {
            let at = At { file, row };
            if overlay.edits.insert(at, Edit { label, place, why }).is_some() {
                return Err((format!("image {at} is edited twice"), remedy()));
            }
        }
        if overlay.division.is_some_and(|division| !(0.0..=1.0).contains(&division.share)) {
            return Err(("the share that validates is not between 0 and 1".to_owned(), remedy()));
        }
        Ok(overlay)
    }

    /// Refuses edits of other data, of images that are not there, and labels that no class has.
    pub fn check(&self, dataset: &Dataset) -> Result<(), DataError> {
        let wrong = |what: String, remedy: &str| Err(DataError::NotFound { what, remedy: remedy.to_owned() });
        if self.base != dataset.fingerprint {
            return wrong(
                format!(
                    "these edits were made for {} with the fingerprint {:.12}, and {} as it was read now has {:.12}",
                    if self.data.is_empty() { "a data set" } else { &self.data },
                    self.base,
                    dataset.name,
                    dataset.fingerprint
                ),
                "Bring the old files and settings of the data set back, or choose other edits",
            );
        }
        for (at, edit) in &self.edits {
            let n = match at.file {
                File::Train => dataset.train.len(),
                File::Test => dataset.test.len(),
            };
            if at.row as usize >= n {
                let what = format!("the edits name image {at}, and there are {n}");
                return wrong(what, "Choose other edits, or take that line out of their file");
            }
            let Some(label) = edit.label else { continue };
            if dataset.kind != Kind::Classes {
                let what = format!(
                    "the edits give image {at} a class, and {} has several characters on an image",
                    dataset.name
                );
                return wrong(what, "Choose other edits, or take that line out of their file");
            }
            if usize::from(label) >= dataset.classes.len() {
                let what = format!(
                    "the edits give image {at} the label {label}, and there are {} classes",
                    dataset.classes.len()
                );
                return wrong(what, "Choose other edits, or take that line out of their file");
            }
        }
        Ok(())
    }

    /// Changes images, and returns what brings the former state back.
    pub fn change(
        &mut self,
        images: impl IntoIterator<Item = At>,
        change: Change,
        why: &str,
    ) -> Vec<(At, Option<Edit>)> {
        let mut before = Vec::new();
        for at in images {
            let old = self.edits.get(&at).cloned();
            let mut new = old.clone().unwrap_or_default();
            match change {
                Change::Label(label) => new.label = Some(label),
                Change::Place(place) => new.place = Some(place),
                Change::Revert => new = Edit::default(),
            }
            why.clone_into(&mut new.why);
            let new = (new.label.is_some() || new.place.is_some()).then_some(new);
            if new != old {
                self.put(at, new);
                before.push((at, old));
            }
        }
        before
    }

    /// Puts edits back as they were, and returns what undoes that.
    pub fn put_back(&mut self, edits: Vec<(At, Option<Edit>)>) -> Vec<(At, Option<Edit>)> {
        edits.into_iter().map(|(at, edit)| (at, self.put(at, edit))).collect()
    }

    fn put(&mut self, at: At, edit: Option<Edit>) -> Option<Edit> {
        match edit {
            Some(edit) => self.edits.insert(at, edit),
            None => self.edits.remove(&at),
        }
    }
}

/// The edits in a folder, by name.
pub fn list(folder: &Path) -> Vec<Named> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let is_ron = path.extension().is_some_and(|e| e == "ron");
            Some(path.file_stem()?.to_str()?.to_owned()).filter(|name| is_ron && !name.starts_with('.'))
        })
        .collect();
    names.sort();
    let about = |name: &String| {
        let read = Overlay::read(folder, name).map_err(|e| e.to_string());
        read.map(|overlay| (overlay.data, overlay.edits.len()))
    };
    names.into_iter().map(|name| Named { about: about(&name), name }).collect()
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// For looking at the version alone.
fn loose() -> ron::Options {
    options()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overlay() -> Overlay {
        let mut overlay = Overlay { base: "f".repeat(64), data: "Small".to_owned(), ..Overlay::default() };
        let train = |row| At { file: File::Train, row };
        overlay.change([train(3), train(1)], Change::Label(7), "by hand");
        overlay.change([train(3)], Change::Place(Place::Valid), "by hand");
        overlay.change([At { file: File::Test, row: 0 }], Change::Place(Place::Out), "repeats train:1");
        overlay.division = Some(Division { seed: 4, share: 0.1 });
        overlay
    }

    #[test]
    fn what_is_written_is_read_and_one_image_takes_one_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = overlay().write(folder.path(), "mine").expect("it is written");
        assert_eq!(Overlay::read(folder.path(), "mine").expect("it is read"), overlay());
        let text = std::fs::read_to_string(path).expect("it is there");
        assert!(text.contains("(file: train, row: 3, label: 7, place: valid, why: \"by hand\")"), "{text}");
        let listed = list(folder.path());
        assert_eq!(listed, [Named { name: "mine".to_owned(), about: Ok(("Small".to_owned(), 3)) }]);
    }

    #[test]
    fn a_first_version_with_less_in_it_is_read() {
        let old = "(version: 1, base: \"abc\", edits: [(file: train, row: 2, place: out)])";
        let read = Overlay::parse(old).expect("it is read");
        assert_eq!((read.division, read.edits.len()), (None, 1));
        assert_eq!(Overlay::parse("(version: 1, base: \"abc\")").expect("it is read").edits.len(), 0);
    }

    #[test]
    fn files_that_cannot_be_used_say_why() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = |text: &str| {
            std::fs::write(Overlay::file(folder.path(), "x"), text).expect("it is written");
            Overlay::read(folder.path(), "x").expect_err("it is wrong").to_string()
        };
        let whole = overlay().text();
        let torn = message(&whole[..whole.len() / 2]);
        assert!(torn.contains("damaged at line") && torn.ends_with("x.ron"), "{torn}");
        assert!(message("").contains("damaged at line 1"));
        assert!(message("(version: 9, base: \"a\")").contains("newer program"));
        let newer = "(version: 2, base: \"a\", shapes: [1, 2])";
        assert!(message(newer).contains("newer program"), "{}", message(newer));
        let twice = "(version: 1, base: \"a\", edits: [(file: test, row: 1, label: 1), (file: test, row: 1, label: 2)])";
        assert!(message(twice).contains("test:1 is edited twice"));
        let share = "(version: 1, base: \"a\", division: (seed: 1, share: 7.0))";
        assert!(message(share).contains("between 0 and 1"));
        std::fs::write(Overlay::file(folder.path(), "x"), [0xff, 0xfe]).expect("it is written");
        assert!(Overlay::read(folder.path(), "x").expect_err("no text").to_string().contains("no text"));
        for name in ["../x", "a/b", "", ".hidden", " x", "a\0b"] {
            let message = Overlay::read(folder.path(), name).expect_err("no name").to_string();
            assert!(message.contains("cannot be called"), "{message}");
            assert!(overlay().write(folder.path(), name).is_err());
        }
        let missing = Overlay::read(folder.path(), "none").expect_err("not there").to_string();
        assert!(missing.starts_with("there are no edits called 'none'"), "{missing}");
    }

    #[test]
    fn changes_can_be_taken_back_and_made_again() {
        let mut edited = overlay();
        let before = edited.clone();
        let rows: Vec<At> = (0..5).map(|row| At { file: File::Train, row }).collect();
        let undo = edited.change(rows.iter().copied(), Change::Place(Place::Out), "blurred");
        assert_eq!(undo.len(), 5);
        let after = edited.clone();
        let redo = edited.put_back(undo);
        assert_eq!(edited, before);
        edited.put_back(redo);
        assert_eq!(edited, after);
        // A label stays where an image is moved; reverting forgets both.
        assert_eq!(edited.edits[&rows[3]].label, Some(7));
        edited.change(rows, Change::Revert, "");
        assert_eq!(edited.edits.len(), 1);
        // What changes nothing is no step to undo.
        assert!(edited.change([At { file: File::Train, row: 9 }], Change::Revert, "").is_empty());
    }
}
