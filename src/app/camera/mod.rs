//! The Camera page: a source read live, what was read on it, and what the user does with it.
//!
//! The camera is only on while the page is shown, or while it records.

mod act;
mod alike;
mod further;
mod log;
mod remembered;
mod teach;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use further::Side;
pub use log::{Entry, Log};
pub use remembered::Remembered;
pub use teach::{Grip, Teach};

use super::{App, Report as AnyReport};
use crate::camera::{CameraInfo, Format, Origin, Wish, cameras, formats};
use crate::reader::Steps;
use crate::work::live::{How, Live, Look, Model, Opener, Part, Seen, State, Told};
use crate::work::record::Recorder;
use crate::work::strange::Known;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// Pictures that the look of a source is told from, and the time between them.
const RECENT: usize = 6;
const RECENT_SECS: f64 = 0.7;

/// Something on the Camera page.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Looks anew which cameras there are.
    Look,
    /// Reads this source.
    Open(Origin),
    /// Reads a picture from the clipboard: columns, rows, and red, green and blue of each pixel.
    Paste([u32; 2], Arc<[u8]>),
    /// The same source once more, as after trouble or at its end.
    Reopen,
    /// Reads no source any more.
    Close,
    /// Asks the camera for another format.
    Format(Option<Wish>),
    /// Adjusts a control of the camera.
    Adjust(u64, i64),
    /// Keeps the frame shown, or goes on.
    Freeze(bool),
    /// So many frames further on.
    Step(i64),
    /// Shows the picture mirrored; it is read as it is.
    Mirror(bool),
    /// Reads with another model.
    Model(Model),
    /// Least confidence of a digit.
    Confidence(f32),
    /// Most that boxes of two digits may share.
    Overlap(f32),
    /// Reads only this part.
    Part(Option<Part>),
    /// At most so many frames a second.
    Rate(Option<f32>),
    /// How long each picture of a folder is shown, in seconds.
    Hold(f32),
    /// Follows numbers from frame to frame.
    Follow(bool),
    /// How digits are prepared.
    Steps(Steps),
    /// Keeps the frame shown as a file.
    Snapshot,
    /// Begins or ends to record.
    Record(bool),
    /// Empties the list of numbers read.
    ClearLog,
    /// Writes the list of numbers read as a table.
    ExportLog,
    /// Begins to correct a number of the frame shown, which then stays; or a new one.
    Teach(Option<usize>),
    /// What is written, as corrected.
    Text(String),
    /// Chooses one of the boxes.
    Choose(Option<usize>),
    /// Moves or draws boxes, in pixels of the picture.
    Boxes(Vec<crate::data::Area>),
    /// Keeps picture, number and boxes to learn from.
    Keep,
    /// Ends correcting.
    EndTeach,
    /// Trains the model that reads on what was kept, beside what it learned from.
    TrainOn,
    /// Reads the pictures kept with the model before and after it was trained on them.
    Compare,
    /// Tells how far what the model sees is from what it learned from, or no longer.
    Strangeness(bool),
    /// Puts scenes that look like the source's pictures on the form.
    DrawAlike,
}

/// What a job of this page brings back.
#[derive(Clone, Debug)]
pub enum Report {
    /// The cameras there are, or why they cannot be listed.
    Cameras(Result<Vec<CameraInfo>, String>),
    /// What a camera offers.
    Formats(u32, Vec<Format>),
    /// A picture was kept to learn from; pictures kept in all.
    Kept(usize),
    /// How models before and after did on the pictures kept.
    Compared(Vec<Side>),
    /// What a model learned from, or why that cannot be told.
    Known(PathBuf, Result<Arc<Known>, String>),
    /// What the source's pictures look like.
    Look(Look),
    /// A picture from the clipboard lies in this file.
    Pasted(PathBuf),
}

/// The state of the Camera page.
pub struct Camera {
    /// The cameras there are; `None` until somebody looked.
    pub cameras: Option<Vec<CameraInfo>>,
    /// Why they cannot be listed.
    pub trouble: Option<String>,
    /// What the camera in use offers.
    pub formats: Vec<Format>,
    /// The frame shown.
    pub seen: Option<Arc<Seen>>,
    /// What is told beside frames; as it was when nothing is read.
    pub told: Told,
    /// How digits are prepared.
    pub steps: Steps,
    /// Only this part is read.
    pub part: Option<Part>,
    /// Whether the frame shown stays.
    pub is_frozen: bool,
    /// Numbers read.
    pub log: Log,
    /// What is being corrected.
    pub teach: Option<Teach>,
    /// Pictures kept so far, where that is known.
    pub n_kept: Option<usize>,
    /// How models before and after did on the pictures kept.
    pub compared: Vec<Side>,
    /// What the model that reads learned from, where somebody asked.
    pub known: Option<Arc<Known>>,
    /// The model whose training characters are looked at, while they are.
    pub knowing: Option<PathBuf>,
    /// What opens models; another one in tests.
    pub opener: Opener,
    live: Option<Live>,
    recorder: Option<Recorder>,
    looking: bool,
    /// Some of the last pictures, to tell what they look like.
    recent: VecDeque<(f64, Arc<image::RgbImage>)>,
}

impl Default for Camera {
    fn default() -> Self {
        Self {
            cameras: None,
            trouble: None,
            formats: Vec::new(),
            seen: None,
            told: Told::default(),
            steps: Steps::default(),
            part: None,
            is_frozen: false,
            log: Log::default(),
            teach: None,
            n_kept: None,
            compared: Vec::new(),
            known: None,
            knowing: None,
            opener: Arc::new(crate::work::live::open),
            live: None,
            recorder: None,
            looking: false,
            recent: VecDeque::new(),
        }
    }
}

impl Camera {
    /// The source being read.
    pub fn origin(&self) -> Option<&Origin> {
        self.live.as_ref().map(Live::origin)
    }

    /// Where is recorded to, if it is.
    pub fn recording(&self) -> Option<&PathBuf> {
        self.recorder.as_ref().map(Recorder::folder)
    }

    /// Seconds recorded and frames left out since the disk was too slow.
    pub fn recorded(&self) -> Option<(f64, u64)> {
        self.recorder.as_ref().map(|recorder| (recorder.secs(), recorder.n_left_out()))
    }

    /// Reads no more; the frame seen last stays.
    pub fn let_go(&mut self) {
        self.live = None;
        self.recorder = None;
    }

    /// Keeps a picture now and then.
    fn remember(&mut self, seen: &Seen, secs: f64) {
        if self.recent.back().is_none_or(|(at, _)| secs - at > RECENT_SECS || secs < *at) {
            self.recent.push_back((secs, Arc::clone(&seen.shown)));
            if self.recent.len() > RECENT {
                self.recent.pop_front();
            }
        }
    }

    /// Whether frames come.
    pub fn is_running(&self) -> bool {
        self.live.is_some() && self.told.state == State::Running
    }
}

impl App {
    /// Takes in what the source brings; opens it when the page is shown and closes it when it is left.
    pub(super) fn follow_camera(&mut self, is_shown: bool) {
        let wanted = is_shown || self.camera.recorder.is_some();
        if !wanted {
            // Whoever leaves the page wants the camera's light to go out; whoever comes back, the picture.
            if self.camera.live.take().is_some() {
                self.camera.told = Told::default();
            }
            return;
        }
        if self.camera.cameras.is_none() && self.camera.trouble.is_none() {
            self.look_for_cameras();
        }
        if self.camera.n_kept.is_none() {
            self.count_kept();
        }
        if self.camera.live.is_none()
            && self.camera.told.state != State::Ended
            && let Some(origin) = self.settings.camera.origin.clone()
        {
            self.begin_to_read(&origin);
        }
        let Some(live) = &self.camera.live else { return };
        self.camera.told = live.told();
        if let Some(unread) = live.unread().filter(|_| self.camera.seen.is_none()) {
            self.camera.seen = Some(unread);
        }
        if let Some(seen) = live.newest() {
            let secs = (self.parts.clock)();
            let source = live.origin().to_string();
            self.camera.log.take(&seen, &source, secs, self.camera.told.about.is_live);
            if let Some(recorder) = &self.camera.recorder {
                recorder.take(&seen, secs);
            }
            self.camera.remember(&seen, secs);
            self.camera.seen = Some(seen);
        }
        if let Some(trouble) = self.camera.recorder.as_ref().and_then(Recorder::trouble) {
            self.camera.recorder = None;
            self.notices.error(format!("Recording ended: {trouble}"));
        }
    }

    /// Whether the source is at work, so that the window should be drawn as frames come.
    pub(super) fn camera_works(&self) -> bool {
        self.camera.live.is_some() || self.camera.looking
    }

    /// Ends what goes on by itself.
    pub(super) fn close_camera(&mut self) {
        self.camera.let_go();
    }

    fn how(&self) -> How {
        let Remembered { model, least, overlap, rate, hold_secs, follows, .. } = &self.settings.camera;
        How {
            model: model.clone(),
            confidence: *least,
            overlap: *overlap,
            part: self.camera.part,
            rate: *rate,
            steps: self.camera.steps,
            hold: std::time::Duration::from_secs_f32(*hold_secs),
            follows: *follows,
            is_frozen: self.camera.is_frozen || self.camera.teach.is_some(),
        }
    }

    /// Hands the settings of the moment to whoever reads.
    fn tell_how(&self) {
        if let Some(live) = &self.camera.live {
            live.set(self.how());
        }
    }

    fn begin_to_read(&mut self, origin: &Origin) {
        // The camera must be free before it is opened again.
        self.camera.live = None;
        let (opener, waker) = (Arc::clone(&self.camera.opener), Arc::clone(&self.parts.waker));
        self.camera.told = Told::default();
        self.camera.formats.clear();
        match Live::start(origin.clone(), self.how(), opener, waker) {
            Ok(live) => self.camera.live = Some(live),
            Err(e) => {
                self.camera.told.state = State::Ended;
                self.notices.error(format!("The system gives no more threads: {e}"));
            }
        }
        if let Some(index) = origin.camera() {
            self.jobs.quiet("List the camera's formats", Arc::clone(&self.parts.waker), move |_| {
                // That it cannot be asked is told by opening it.
                Ok(AnyReport::Camera(Report::Formats(index, formats(index).unwrap_or_default())))
            });
        }
    }

    fn look_for_cameras(&mut self) {
        if self.camera.looking {
            return;
        }
        self.camera.looking = true;
        self.jobs.quiet("Look for cameras", Arc::clone(&self.parts.waker), move |_| {
            Ok(AnyReport::Camera(Report::Cameras(cameras().map_err(|e| e.to_string()))))
        });
    }

    /// Looks at what the model that reads learned from.
    fn look_at_training(&mut self) {
        let Model::File(model) = self.settings.camera.model.clone() else {
            self.notices
                .warn("Choose a run's model first: what the reader that ships learned from is not here");
            return;
        };
        self.camera.knowing = Some(model.clone());
        let places = self.parts.places.clone();
        self.jobs.start("Look at training characters", Arc::clone(&self.parts.waker), move |context| {
            let known = Known::of(&model, &places, context).map(Arc::new).map_err(|e| format!("{e:#}"));
            Ok(AnyReport::Camera(Report::Known(model, known)))
        });
    }

    /// Takes in what a job of this page brings back.
    pub(super) fn take_camera(&mut self, report: Report) {
        match report {
            Report::Cameras(found) => {
                self.camera.looking = false;
                match found {
                    Ok(found) => (self.camera.cameras, self.camera.trouble) = (Some(found), None),
                    Err(why) => (self.camera.cameras, self.camera.trouble) = (Some(Vec::new()), Some(why)),
                }
            }
            Report::Formats(index, formats) => {
                if self.camera.origin().and_then(Origin::camera) == Some(index) {
                    self.camera.formats = formats;
                }
            }
            Report::Kept(n) => self.camera.n_kept = Some(n),
            Report::Compared(sides) => self.camera.compared = sides,
            Report::Look(look) => self.draw_alike(&look),
            Report::Pasted(path) => self.apply_camera(Action::Open(Origin::Picture(path))),
            Report::Known(model, known) => {
                if self.camera.knowing.as_ref() == Some(&model) {
                    self.camera.knowing = None;
                    match known {
                        Ok(known) => self.camera.known = Some(known),
                        Err(why) => self
                            .notices
                            .warn(format!("What the model learned from cannot be looked at: {why}")),
                    }
                }
            }
        }
    }
}
