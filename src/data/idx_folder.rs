//! Any folder with four idx files in MNIST's layout: Fashion-MNIST, EMNIST, QMNIST, or one's own.

use super::cache;
use super::error::DataError;
use super::fetch::Fetched;
use super::four_files;
use super::places::{Availability, Places};
use super::progress::Progress;
use super::samples::Dataset;
use super::{DataSet, Origin};
use crate::knobs::{Knob, Knobs, Visitor};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A file beside the four that names the classes, one a line, when they are more than numbers.
const CLASSES: &str = "classes.txt";

/// Settings of a folder of idx files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdxFolder {
    /// The folder: a path, or the name of one inside the folders for data.
    pub folder: String,
    /// Use only the first so many training images; 0 for all.
    pub limit: u64,
}

impl Knobs for IdxFolder {
    fn visit(&mut self, visitor: &mut dyn Visitor) {
        let Self { folder, limit } = self;
        visitor.text(
            "folder",
            folder,
            "Folder that holds train-images-idx3-ubyte and its three companions, plain or gz",
        );
        visitor.int(
            "limit",
            limit,
            Knob::range(0, 10_000_000, "Use only the first so many training images; 0 for all"),
        );
    }
}

impl DataSet for IdxFolder {
    /// Reads the four files, or the cache of them.
    fn load(&self, places: &Places, job: &dyn Progress) -> Result<Dataset, DataError> {
        let folder = self.find(places)?;
        let files = four_files::find(&folder)?;
        let list = folder.join(CLASSES);
        let classes = read_classes(&list)?;
        let mut sources = files.all().to_vec();
        if classes.is_some() {
            sources.push(&list);
        }
        let stamp = cache::stamp_of(&sources)?;
        let identity = folder.display().to_string();
        let dataset = cache::through(places, "idx-folder", &identity, &stamp, || {
            let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy();
            files.decode(&name, classes, job)
        })?;
        Ok(cache::limited(dataset, self.limit))
    }

    /// Whether the folder and its four files are there.
    fn available(&self, places: &Places) -> Availability {
        match self.find(places).and_then(|folder| four_files::find(&folder)) {
            Ok(_) => Availability::Ready,
            Err(error) => Availability::Missing { what_to_do: error.to_string() },
        }
    }

    fn origin(&self, places: &Places) -> Origin {
        Origin::own(self.find(places).ok())
    }

    /// Only looks whether the files are there: nobody knows where to download them.
    fn fetch(&self, places: &Places, _: &dyn Progress) -> Result<Fetched, DataError> {
        let folder = self.find(places)?;
        four_files::find(&folder)?;
        Ok(Fetched { folder, ..Fetched::default() })
    }
}

impl IdxFolder {
    /// The folder as an absolute path.
    fn find(&self, places: &Places) -> Result<PathBuf, DataError> {
        if self.folder.trim().is_empty() {
            return Err(DataError::NotFound {
                what: "no folder is named".to_owned(),
                remedy: "Choose the folder of the four idx files (setting data.folder)".to_owned(),
            });
        }
        let asked = Path::new(&self.folder);
        let inside = places.folders.iter().map(|folder| folder.join(asked));
        let found = [asked.to_owned()].into_iter().chain(inside).find(|folder| folder.is_dir());
        let found = found.ok_or_else(|| DataError::NotFound {
            what: "there is no such folder".to_owned(),
            remedy: format!("Connect the drive again, or name another folder: {}", self.folder),
        })?;
        std::path::absolute(&found).map_err(|cause| DataError::reading(&found, cause))
    }
}

fn read_classes(path: &Path) -> Result<Option<Vec<String>>, DataError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(DataError::reading(path, cause)),
    };
    let names: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    if names.is_empty() || names.len() > 256 || names.iter().any(String::is_empty) {
        return Err(DataError::corrupt(
            path,
            format!("{} lines where each should name a class", names.len()),
            "Write one name a line, 256 at most, the class of label 0 first",
        ));
    }
    Ok(Some(names))
}

#[cfg(test)]
mod tests {
    use super::super::progress::Silent;
    use super::super::testing::{empty_places, write_four};
    use super::*;

    #[test]
    fn a_folder_is_found_by_path_and_by_name() {
        let (folder, mut places) = empty_places();
        write_four(&folder.path().join("mine"), 20, 10, 5);
        let by_path = IdxFolder { folder: folder.path().join("mine").display().to_string(), limit: 0 };
        let by_name = IdxFolder { folder: "mine".to_owned(), limit: 0 };
        assert!(matches!(by_name.available(&places), Availability::Missing { .. }));
        places.folders.push(folder.path().to_owned());
        let first = by_path.load(&places, &Silent).expect("it is there");
        let second = by_name.load(&places, &Silent).expect("it is there");
        assert_eq!((first.name.as_str(), first.train.len(), first.test.len()), ("mine", 20, 10));
        assert_eq!(first.fingerprint, second.fingerprint);
        assert_eq!(by_name.available(&places), Availability::Ready);
    }

    #[test]
    fn classes_may_have_names() {
        let (folder, places) = empty_places();
        write_four(folder.path(), 20, 10, 5);
        let settings = IdxFolder { folder: folder.path().display().to_string(), limit: 0 };
        let numbered = settings.load(&places, &Silent).expect("it is there");
        let list = folder.path().join(CLASSES);
        std::fs::write(&list, "T-shirt\ntrouser\npullover\ndress\ncoat\nsandal\nshirt\nsneaker\nbag\nboot\n")
            .expect("it can be written");
        let named = settings.load(&places, &Silent).expect("it is there");
        assert_eq!((numbered.classes[0].as_str(), named.classes[0].as_str()), ("0", "T-shirt"));
        assert_ne!(numbered.fingerprint, named.fingerprint);
        std::fs::write(&list, "zero\none\n").expect("it can be written");
        let message = settings.load(&places, &Silent).err().expect("label 2 has no name").to_string();
        assert!(message.contains("out of range: there are 2 classes"), "{message}");
        std::fs::write(&list, "zero\n\none\n").expect("it can be written");
        let message = settings.load(&places, &Silent).err().expect("a name is missing").to_string();
        assert!(message.contains("one name a line"), "{message}");
    }

    #[test]
    fn what_is_missing_is_told() {
        let (folder, places) = empty_places();
        for (named, told) in [("", "no folder is named"), ("no/such", "no such folder")] {
            let settings = IdxFolder { folder: named.to_owned(), limit: 0 };
            let message = settings.load(&places, &Silent).err().expect("it is not there").to_string();
            assert!(message.contains(told), "{message}");
        }
        let settings = IdxFolder { folder: folder.path().display().to_string(), limit: 0 };
        let message = settings.load(&places, &Silent).err().expect("it is empty").to_string();
        assert!(message.contains("no train-images-idx3-ubyte"), "{message}");
    }
}
