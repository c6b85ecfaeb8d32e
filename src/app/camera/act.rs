//! What is asked for on the Camera page, done.

use super::super::App;
use super::{Action, Report};
use crate::app::Report as AnyReport;
use crate::camera::Origin;
use crate::data::captured::Store;
use crate::runs::timestamp;
use crate::work::record::{Recorder, snapshot};
use anyhow::Context as _;
use std::path::PathBuf;
use std::sync::Arc;

impl App {
    /// Does what is asked on the Camera page.
    pub(in crate::app) fn apply_camera(&mut self, action: Action) {
        match action {
            Action::Look => {
                self.camera.cameras = None;
                self.look_for_cameras();
            }
            Action::Open(origin) => self.open_source(origin),
            Action::Paste(size, pixels) => self.paste(size, pixels),
            Action::Reopen => {
                if let Some(origin) = self.settings.camera.origin.clone() {
                    self.open_source(origin);
                }
            }
            Action::Close => {
                self.settings.camera.origin = None;
                self.close_camera();
                self.camera.seen = None;
                self.camera.teach = None;
            }
            Action::Format(wish) => {
                if let Some(index) = self.camera.origin().and_then(Origin::camera) {
                    self.open_source(Origin::Camera { index, wish });
                }
            }
            Action::Adjust(control, value) => {
                if let Some(live) = &self.camera.live {
                    live.adjust(control, value);
                }
                // Shown at once; what the camera makes of it comes with its next report.
                if let Some(known) = self.camera.told.controls.iter_mut().find(|known| known.id == control) {
                    known.value = value;
                }
            }
            Action::Freeze(frozen) => {
                self.camera.is_frozen = frozen;
                if !frozen {
                    self.camera.teach = None;
                }
            }
            Action::Step(by) => {
                if let Some(live) = &self.camera.live {
                    live.skip(by);
                }
                self.camera.teach = None;
            }
            Action::Mirror(on) => self.settings.camera.mirror = on,
            Action::Model(model) => {
                self.settings.camera.model = model;
                // How sure to be was a question about the other one.
                self.settings.camera.least = None;
                (self.camera.known, self.camera.knowing) = (None, None);
            }
            Action::Confidence(value) => self.settings.camera.least = Some(value.clamp(0.01, 0.99)),
            Action::Overlap(value) => self.settings.camera.overlap = value.clamp(0.05, 0.95),
            Action::Part(part) => self.camera.part = part,
            Action::Rate(rate) => self.settings.camera.rate = rate.map(|rate| rate.clamp(0.2, 120.0)),
            Action::Hold(secs) => self.settings.camera.hold_secs = secs.clamp(0.016, 60.0),
            Action::Follow(on) => self.settings.camera.follows = on,
            Action::Steps(steps) => self.camera.steps = steps,
            Action::Snapshot => self.snapshot(),
            Action::Record(on) => self.record(on),
            Action::ClearLog => self.camera.log.clear(),
            Action::ExportLog => self.export_log(),
            Action::Teach(number) => self.begin_teaching(number),
            Action::Text(text) => {
                if let Some(teach) = &mut self.camera.teach {
                    teach.write(&text);
                }
            }
            Action::Choose(chosen) => {
                if let Some(teach) = &mut self.camera.teach {
                    teach.chosen = chosen.filter(|at| *at < teach.boxes.len());
                }
            }
            Action::Boxes(boxes) => {
                if let Some(teach) = &mut self.camera.teach {
                    teach.boxes = boxes;
                    teach.chosen = teach.chosen.filter(|at| *at < teach.boxes.len());
                }
            }
            Action::Keep => self.keep(),
            Action::EndTeach => self.camera.teach = None,
            Action::TrainOn => self.train_on_captured(),
            Action::Compare => self.compare_taught(),
            Action::DrawAlike => self.look_at_pictures(),
            Action::Strangeness(true) => self.look_at_training(),
            Action::Strangeness(false) => (self.camera.known, self.camera.knowing) = (None, None),
        }
        self.tell_how();
    }

    fn open_source(&mut self, origin: Origin) {
        self.settings.camera.origin = Some(origin);
        self.camera.seen = None;
        self.camera.recent.clear();
        self.camera.teach = None;
        self.camera.is_frozen = false;
        self.camera.part = None;
        if let Some(origin) = self.settings.camera.origin.clone() {
            self.begin_to_read(&origin);
        }
    }

    /// What is pasted becomes a file: it is found again tomorrow, and is read as files are.
    fn paste(&mut self, [width, height]: [u32; 2], pixels: Arc<[u8]>) {
        let folder = self.camera_folder();
        let path = folder.join(format!("pasted-{}.png", timestamp((self.parts.clock)())));
        self.jobs.quiet("Paste picture", Arc::clone(&self.parts.waker), move |_| {
            let picture = image::RgbImage::from_raw(width, height, pixels.to_vec());
            let picture = picture.context("The clipboard holds half a picture")?;
            std::fs::create_dir_all(&folder)?;
            picture.save(&path).with_context(|| path.display().to_string())?;
            Ok(AnyReport::Camera(Report::Pasted(path)))
        });
    }

    /// A folder of this name for what comes from the camera.
    fn camera_folder(&self) -> PathBuf {
        self.workspace().root().join("camera")
    }

    fn snapshot(&mut self) {
        let Some(seen) = self.camera.seen.clone() else { return };
        let path = self.camera_folder().join(format!("snapshot-{}.png", timestamp((self.parts.clock)())));
        let shown = self.shown_path(&path);
        self.jobs.quiet("Keep the picture", Arc::clone(&self.parts.waker), move |_| {
            let n = snapshot(&seen, &path).with_context(|| path.display().to_string())?;
            Ok(AnyReport::Told(format!("Kept the picture with {n} numbers drawn beside it: {shown}")))
        });
    }

    fn record(&mut self, on: bool) {
        if !on {
            if let Some(recorder) = self.camera.recorder.take() {
                let path = self.shown_path(recorder.folder());
                self.notices.info(format!("Recorded {:.0} s: {path}", recorder.secs()));
            }
            return;
        }
        let folder = self.camera_folder().join(format!("recording-{}", timestamp((self.parts.clock)())));
        let rate = self.camera.seen.as_ref().map_or(0.0, |seen| seen.rates.read);
        match Recorder::start(folder, rate) {
            Ok(recorder) => self.camera.recorder = Some(recorder),
            Err(e) => self.notices.error(format!("Nothing can be recorded: {e:#}")),
        }
    }

    fn export_log(&mut self) {
        let path = self.camera_folder().join(format!("numbers-{}.csv", timestamp((self.parts.clock)())));
        let (table, shown) = (self.camera.log.csv(), self.shown_path(&path));
        self.jobs.quiet("Export numbers", Arc::clone(&self.parts.waker), move |_| {
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            crate::disk::write_atomically(&path, table.as_bytes())
                .with_context(|| path.display().to_string())?;
            Ok(AnyReport::Told(format!("Numbers exported: {shown}")))
        });
    }

    pub(super) fn count_kept(&mut self) {
        // Not asked again while it is counted.
        self.camera.n_kept = Some(0);
        let store = Store::new(self.parts.places.captured());
        self.jobs.quiet("Count pictures kept", Arc::clone(&self.parts.waker), move |_| {
            Ok(AnyReport::Camera(Report::Kept(store.records()?.0.len())))
        });
    }
}
