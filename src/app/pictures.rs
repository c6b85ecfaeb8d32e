//! The user's pictures on the Inspect page: opened, dropped or pasted, read one after the other, with the true numbers
//! typed beside them.

use super::App;
use super::report::Report as AnyReport;
use crate::reader::shipped;
use crate::work::pictures::{OpenReader, Origin, ReadPicture, keep, pictures};
use std::path::PathBuf;
use std::sync::Arc;

/// At most so many pictures are held at once.
const MOST: usize = 500;

/// Something to do with the user's pictures.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Shows them in place of the test images, or the test images again.
    Show(bool),
    /// Opens files and folders.
    Open(Vec<PathBuf>),
    /// Takes a picture from the clipboard.
    Paste(Arc<image::RgbaImage>),
    /// Reads with this model.
    Model(Model),
    /// Looks at one of them, or at the sheet.
    Select(Option<usize>),
    /// Says what is written on one of them.
    Truth(usize, String),
    /// Keeps one of them among the captured pictures.
    Keep(usize),
    /// Keeps all of which it is known what is written on them.
    KeepAll,
    /// Puts one of them away.
    Remove(usize),
    /// Puts them away.
    Clear,
}

/// The model that reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Model {
    /// The reader that comes with the program.
    #[default]
    Shipped,
    /// A run's best model, by the run's id.
    Run(String),
}

/// How far a picture is.
#[derive(Clone, Debug)]
pub enum State {
    /// It waits, or is being read.
    Waiting,
    /// It was read.
    Read(Arc<ReadPicture>),
    /// It could not be read, and why.
    Trouble(String),
}

/// One picture.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Tells it from every other one, as long as the program runs.
    pub id: u64,
    /// Where it comes from.
    pub origin: Origin,
    /// How far it is.
    pub state: State,
    /// What is written on it, as the user says; empty where that is not known.
    pub truth: String,
    /// Whether it was kept among the captured pictures with this truth.
    pub kept: bool,
}

impl Entry {
    /// The surest number on it; `None` if none was found or it was not read yet.
    pub fn read(&self) -> Option<&str> {
        let State::Read(read) = &self.state else { return None };
        read.reading.numbers.first().map(|number| number.text.as_str())
    }

    /// Whether the surest number is the true one; `None` where one of the two is not known yet.
    pub fn is_right(&self) -> Option<bool> {
        let known = !self.truth.is_empty() && matches!(self.state, State::Read(_));
        known.then(|| self.read().unwrap_or_default() == self.truth)
    }
}

/// What a job about pictures brings back.
#[derive(Debug)]
pub enum Report {
    /// The pictures of files and folders.
    Found(Vec<PathBuf>),
    /// One was read, or why not; and the reader, to go on with.
    Read(u64, Result<Arc<ReadPicture>, String>, Option<Box<OpenReader>>),
    /// Pictures were kept: which with which truth; or why one was not.
    Kept(Vec<(u64, String)>, Option<String>),
}

/// The user's pictures.
#[derive(Default)]
pub struct Pictures {
    /// Whether they are shown.
    pub shown: bool,
    /// Which model reads.
    pub model: Model,
    /// One after the other.
    pub list: Vec<Entry>,
    /// The one looked at.
    pub selected: Option<usize>,
    /// The model with which a job reads one of them now.
    reading: Option<Model>,
    reader: Option<Box<OpenReader>>,
    n_opened: u64,
}

impl Pictures {
    /// The one looked at.
    pub fn current(&self) -> Option<&Entry> {
        self.list.get(self.selected?)
    }

    /// How many of those whose numbers are known are read rightly, and how many those are.
    pub fn right(&self) -> [usize; 2] {
        let known: Vec<bool> = self.list.iter().filter_map(Entry::is_right).collect();
        [known.iter().filter(|right| **right).count(), known.len()]
    }

    /// How many still wait.
    pub fn waiting(&self) -> usize {
        self.list.iter().filter(|entry| matches!(entry.state, State::Waiting)).count()
    }

    /// Where in the list a file is: behind all others, or where it was, to be read anew with what was said of it.
    fn opened(&mut self, path: PathBuf) -> usize {
        let origin = Origin::File(path);
        if let Some(at) = self.list.iter().position(|entry| entry.origin == origin) {
            self.list[at].state = State::Waiting;
            return at;
        }
        self.add(origin);
        self.list.len() - 1
    }

    fn add(&mut self, origin: Origin) {
        self.n_opened += 1;
        let truth = truth_in_name(&origin);
        let entry = Entry { id: self.n_opened, origin, state: State::Waiting, truth, kept: false };
        self.list.push(entry);
    }
}

/// A file called `304_2.jpg` or `304.jpg` in a folder of such says what is on it.
fn truth_in_name(origin: &Origin) -> String {
    let Origin::File(path) = origin else { return String::new() };
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let first = stem.split(['_', ' ', '-']).next().unwrap_or_default();
    // Cameras count their pictures with four digits and more: those say nothing.
    let is_number = !first.is_empty() && first.len() <= 5 && first.bytes().all(|byte| byte.is_ascii_digit());
    let says_so = is_number && (stem.len() > first.len() || first.len() < 4);
    if says_so { first.to_owned() } else { String::new() }
}

impl App {
    /// The files of the model that reads pictures, and of the detector beside it; or why there is none.
    fn picture_model(&self) -> Result<(PathBuf, Option<PathBuf>), String> {
        let own = shipped();
        match &self.pictures.model {
            Model::Shipped => match own {
                Some(own) => Ok((own, None)),
                None => Err("No reader comes with this program; choose a run that reads pictures".to_owned()),
            },
            Model::Run(id) => {
                let run = self.runs.get(id).ok_or("The run is gone")?;
                let model = run.dir.best_model();
                if model.is_file() { Ok((model, own)) } else { Err("The run has no model yet".to_owned()) }
            }
        }
    }

    /// Does what is asked with the user's pictures.
    pub(super) fn apply_pictures(&mut self, action: Action) {
        match action {
            Action::Show(shown) => self.pictures.shown = shown,
            Action::Open(paths) => {
                self.pictures.shown = true;
                self.jobs.quiet("Look for pictures", Arc::clone(&self.parts.waker), move |_| {
                    Ok(AnyReport::Pictures(Report::Found(pictures(&paths))))
                });
            }
            Action::Paste(image) => {
                self.pictures.shown = true;
                let n = self.pictures.n_opened + 1;
                self.pictures.add(Origin::Pasted(image, n));
                self.pictures.selected = Some(self.pictures.list.len() - 1);
                self.read_next_picture();
            }
            Action::Model(model) => {
                self.pictures.model = model;
                self.pictures.list.iter_mut().for_each(|entry| entry.state = State::Waiting);
                self.read_next_picture();
            }
            Action::Select(selected) => {
                self.pictures.selected = selected.filter(|at| *at < self.pictures.list.len());
            }
            Action::Truth(at, truth) => {
                if let Some(entry) = self.pictures.list.get_mut(at) {
                    entry.kept &= entry.truth == truth;
                    entry.truth = truth;
                }
            }
            Action::Keep(at) => self.keep_pictures(at..at + 1),
            Action::KeepAll => self.keep_pictures(0..self.pictures.list.len()),
            Action::Remove(at) => {
                if at < self.pictures.list.len() {
                    self.pictures.list.remove(at);
                }
                let last = self.pictures.list.len().checked_sub(1);
                self.pictures.selected = self.pictures.selected.and_then(|at| last.map(|last| at.min(last)));
            }
            Action::Clear => {
                self.pictures.list.clear();
                self.pictures.selected = None;
            }
        }
    }

    /// Takes in what a job about pictures brings back.
    pub(super) fn take_pictures(&mut self, report: Report) {
        match report {
            Report::Found(paths) if paths.is_empty() => {
                self.notices.warn(
                    "There is no picture in there; PNG, JPEG, GIF, BMP, TIFF, WebP and PNM can be read",
                );
            }
            Report::Found(paths) => {
                let room = MOST.saturating_sub(self.pictures.list.len());
                if paths.len() > room {
                    let n = paths.len();
                    self.notices
                        .warn(format!("Only {room} of {n} pictures were opened: {MOST} are held at once"));
                }
                let alone = paths.len() == 1;
                let places: Vec<usize> =
                    paths.into_iter().take(room).map(|path| self.pictures.opened(path)).collect();
                self.pictures.selected = places.last().copied().filter(|_| alone);
                self.read_next_picture();
            }
            Report::Read(id, read, reader) => {
                // Another model may have been chosen meanwhile: then the picture still waits.
                let is_wanted = self.pictures.reading.take().as_ref() == Some(&self.pictures.model);
                if reader.is_some() {
                    self.pictures.reader = reader;
                }
                let entry = self.pictures.list.iter_mut().find(|entry| entry.id == id);
                if let Some(entry) = entry.filter(|_| is_wanted) {
                    entry.state = match read {
                        Ok(read) => State::Read(read),
                        Err(why) => State::Trouble(why),
                    };
                }
                self.read_next_picture();
            }
            Report::Kept(kept, trouble) => {
                for (id, truth) in &kept {
                    let mine = self.pictures.list.iter_mut().find(|entry| entry.id == *id);
                    if let Some(entry) = mine.filter(|entry| entry.truth == *truth) {
                        entry.kept = true;
                    }
                }
                match trouble {
                    Some(trouble) => self.notices.error(format!("A picture was not kept: {trouble}")),
                    None => self.notices.info(format!(
                        "Kept {} among the captured pictures",
                        if kept.len() == 1 {
                            "a picture".to_owned()
                        } else {
                            format!("{} pictures", kept.len())
                        }
                    )),
                }
            }
        }
    }

    /// Reads the next picture that waits, unless one is being read.
    fn read_next_picture(&mut self) {
        if self.pictures.reading.is_some() {
            return;
        }
        let model = self.picture_model();
        let waits = |entry: &&mut Entry| matches!(entry.state, State::Waiting);
        let Some(entry) = self.pictures.list.iter_mut().find(waits) else { return };
        let (model, detector) = match model {
            Ok(model) => model,
            Err(why) => {
                for entry in
                    self.pictures.list.iter_mut().filter(|entry| matches!(entry.state, State::Waiting))
                {
                    entry.state = State::Trouble(why.clone());
                }
                return;
            }
        };
        let (id, origin, open) = (entry.id, entry.origin.clone(), self.pictures.reader.take());
        self.pictures.reading = Some(self.pictures.model.clone());
        self.jobs.quiet("Read picture", Arc::clone(&self.parts.waker), move |_| {
            let report = |read: Result<Arc<ReadPicture>, String>, reader| Report::Read(id, read, reader);
            // A damaged picture must not end the whole row: whatever happens comes back as a report.
            let reader = match OpenReader::of(open, &model, detector.as_deref()) {
                Ok(reader) => reader,
                Err(e) => return Ok(AnyReport::Pictures(report(Err(format!("{e:#}")), None))),
            };
            let read = reader.read(&origin).map(Arc::new).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Pictures(report(read, Some(reader))))
        });
    }

    fn keep_pictures(&mut self, which: std::ops::Range<usize>) {
        let list = self.pictures.list.get(which).unwrap_or_default();
        let wanted: Vec<Entry> =
            list.iter().filter(|entry| !entry.truth.is_empty() && !entry.kept).cloned().collect();
        if wanted.is_empty() {
            self.notices.warn("Type the number that is on the picture first");
            return;
        }
        let places = self.parts.places.clone();
        self.jobs.quiet("Keep pictures", Arc::clone(&self.parts.waker), move |_| {
            let (mut kept, mut trouble) = (Vec::new(), None);
            for entry in wanted {
                let digits = match &entry.state {
                    State::Read(read) => read.reading.numbers.first().map(|number| number.digits.clone()),
                    State::Waiting | State::Trouble(_) => None,
                };
                match keep(&places, &entry.origin, &entry.truth, &digits.unwrap_or_default()) {
                    Ok(()) => kept.push((entry.id, entry.truth)),
                    Err(e) => trouble = Some(format!("{e:#}")),
                }
            }
            Ok(AnyReport::Pictures(Report::Kept(kept, trouble)))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Command;
    use crate::app::testing::{app, run_with_model, until};

    fn ask(app: &mut App, action: Action) {
        app.apply(Command::Pictures(action));
    }

    #[test]
    fn pictures_are_read_compared_and_kept() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        let run = run_with_model(&app, folder.path())?;
        until(&mut app, |app| app.runs.current().is_some());
        let pictures = folder.path().join("pictures");
        std::fs::create_dir(&pictures)?;
        for name in ["7_a.png", "plain.png"] {
            image::GrayImage::from_fn(60, 50, |x, _| image::Luma([if x < 30 { 20 } else { 240 }]))
                .save(pictures.join(name))?;
        }
        std::fs::write(pictures.join("bad.jpg"), "no picture")?;
        ask(&mut app, Action::Model(Model::Run(run.id())));
        ask(&mut app, Action::Open(vec![pictures]));
        until(&mut app, |app| app.pictures.list.len() == 3 && app.pictures.waiting() == 0);
        assert!(app.pictures.shown && app.pictures.selected.is_none());
        let [seven, bad, plain] = &app.pictures.list[..] else { anyhow::bail!("three pictures") };
        // Bars are no numbers, whoever reads them.
        assert!(matches!(&bad.state, State::Trouble(why) if why.contains("no picture")), "{:?}", bad.state);
        assert!(matches!(seven.state, State::Read(_)) && matches!(plain.state, State::Read(_)));
        assert_eq!((seven.truth.as_str(), plain.truth.as_str()), ("7", ""));
        assert_eq!((seven.is_right(), plain.is_right()), (Some(false), None));
        assert_eq!(app.pictures.right(), [0, 1]);
        ask(&mut app, Action::Truth(2, "12".to_owned()));
        ask(&mut app, Action::KeepAll);
        until(&mut app, |app| app.pictures.list.iter().filter(|entry| entry.kept).count() == 2);
        let store = crate::data::captured::Store::new(app.parts.places.captured());
        let texts: Vec<String> = store.records()?.0.into_iter().map(|record| record.text).collect();
        // Two files of the same bytes are one picture, labelled anew.
        assert_eq!(texts.last().map(String::as_str), Some("12"));
        // What a model says that is no longer wanted is let go, and the picture read anew.
        ask(&mut app, Action::Model(Model::Run("gone".to_owned())));
        ask(&mut app, Action::Model(Model::Run(run.id())));
        until(&mut app, |app| app.pictures.waiting() == 0);
        assert!(matches!(app.pictures.list[2].state, State::Read(_)), "{:?}", app.pictures.list[2].state);
        // Opened once more they are the same pictures, with what was said of them.
        ask(&mut app, Action::Open(vec![folder.path().join("pictures")]));
        until(&mut app, |app| app.pictures.waiting() > 0);
        assert_eq!((app.pictures.list.len(), app.pictures.list[2].truth.as_str()), (3, "12"));
        ask(&mut app, Action::Select(Some(2)));
        ask(&mut app, Action::Remove(1));
        assert_eq!((app.pictures.list.len(), app.pictures.selected), (2, Some(1)));
        ask(&mut app, Action::Clear);
        assert!(app.pictures.list.is_empty() && app.pictures.current().is_none());
        Ok(())
    }

    #[test]
    fn names_say_what_is_on_a_picture_and_a_camera_s_do_not() {
        let truth = |name: &str| truth_in_name(&Origin::File(PathBuf::from(name)));
        assert_eq!(
            (truth("a/304_2.jpg"), truth("17.png"), truth("2718-door.png")),
            ("304".to_owned(), "17".to_owned(), "2718".to_owned())
        );
        assert_eq!(
            (truth("IMG_2211.jpg"), truth("4711.jpg"), truth("20240611_101112.jpg")),
            Default::default()
        );
    }

    #[test]
    fn without_any_reader_it_is_told() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let mut app = app(folder.path());
        ask(&mut app, Action::Model(Model::Run("gone".to_owned())));
        ask(&mut app, Action::Open(vec![folder.path().join("x.png")]));
        until(&mut app, |app| app.pictures.waiting() == 0 && !app.pictures.list.is_empty());
        assert!(matches!(&app.pictures.list[0].state, State::Trouble(why) if why.contains("gone")));
        // One that was opened alone is looked at.
        assert_eq!(app.pictures.selected, Some(0));
        Ok(())
    }
}
