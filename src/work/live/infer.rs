//! The thread that reads frames: the newest one there is, with the settings of the moment.

use super::meter::{Meter, Spread};
use super::reads::{Read, Reads};
use super::seen::{Rates, Seen, Times, ms};
use super::{Model, Opener, Shared, locked};
use crate::camera::Frame;
use crate::found::track::{Track, Tracker, single};
use image::RgbImage;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Between two looks at whether settings were changed.
const LOOK: Duration = Duration::from_millis(30);
/// Longest side of the picture that is shown: more than that no window has.
const SHOWN: u32 = 1600;

/// A frame that may be read again.
struct Held {
    number: u64,
    name: String,
    picture: Arc<RgbImage>,
    shown: Arc<RgbImage>,
    decoding: Duration,
    taken: Instant,
}

impl Held {
    /// The frame as nothing was read on it yet.
    fn unread(&self) -> Seen {
        Seen {
            frame: self.number,
            name: self.name.clone(),
            picture: Arc::clone(&self.picture),
            shown: Arc::clone(&self.shown),
            numbers: Vec::new(),
            glimpses: Vec::new(),
            times: Times { decode: ms(self.decoding), ..Times::default() },
            rates: Rates::default(),
            latency: 0.0,
            taken: self.taken,
            is_again: false,
        }
    }
}

/// What reads, as far as it could be opened.
struct Reader {
    model: Model,
    reads: Option<Box<dyn Reads>>,
}

/// Reads frames until nobody wants them any more.
pub(super) fn infer(shared: &Shared, opener: &Opener) {
    let mut reader: Option<Reader> = None;
    let mut held: Option<Held> = None;
    let mut tracker = Tracker::default();
    let (mut rate, mut latencies) = (Meter::default(), Spread::default());
    let mut changes = 0;
    let mut last_read: Option<Instant> = None;
    let started = Instant::now();
    while !shared.is_ended() {
        let how = shared.how();
        if let (Some(most), Some(at)) = (how.rate, last_read) {
            // A newer frame takes the place of the one that waits.
            let wait = Duration::from_secs_f32(1.0 / most.clamp(0.1, 1000.0)).saturating_sub(at.elapsed());
            if !wait.is_zero() {
                std::thread::sleep(wait.min(LOOK));
                continue;
            }
        }
        let frame = shared.frames.wait(LOOK);
        let changed = shared.changes.load(Ordering::Relaxed);
        let is_again = frame.is_none();
        if is_again && (changed == changes || held.is_none()) {
            changes = if held.is_none() { changes } else { changed };
            continue;
        }
        // Settings may have changed while it was waited for.
        let how = shared.how();
        changes = changed;
        if let Some(frame) = frame {
            held = Some(hold(frame));
        }
        if reader.as_ref().is_none_or(|reader| reader.model != how.model) {
            if let Some(held) = &held {
                // A model may take seconds to open: the picture is seen meanwhile.
                shared.unread.put(Arc::new(held.unread()));
            }
            reader = Some(open(shared, opener, &how.model));
            tracker.clear();
            // That took a while, and whoever waits for the end does not wait long.
            if shared.is_ended() {
                return;
            }
        }
        let (Some(held), Some(reader)) = (&held, &mut reader) else { continue };
        last_read = Some(Instant::now());
        let read = read(shared, reader, &held.picture, &how);
        let since = Instant::now();
        let secs = held.taken.saturating_duration_since(started).as_secs_f64();
        // Pictures with names of their own have nothing to do with each other.
        let numbers: Vec<Track> = match how.follows && !is_again && held.name.is_empty() {
            true => tracker.update(&read.numbers, secs),
            false => {
                tracker.clear();
                single(&read.numbers)
            }
        };
        let finished = Instant::now();
        let latency = ms(finished.saturating_duration_since(held.taken));
        if !is_again {
            rate.tick();
            latencies.push(latency);
        }
        let seen = Seen {
            numbers,
            glimpses: read.glimpses,
            times: Times {
                decode: ms(held.decoding),
                prepare: ms(read.prepare),
                model: ms(read.model),
                group: ms(read.group + (finished - since)),
            },
            rates: Rates {
                source: locked(&shared.camera).per_s(),
                read: rate.per_s(),
                latency: [latencies.quantile(0.5), latencies.quantile(0.99)],
                n_lost: shared.n_lost.load(Ordering::Relaxed),
            },
            latency,
            is_again,
            ..held.unread()
        };
        shared.seen.put(Arc::new(seen));
        (shared.waker)();
    }
}

fn open(shared: &Shared, opener: &Opener, model: &Model) -> Reader {
    shared.tell(|told| (told.model, told.model_trouble) = (String::new(), None));
    let opened = opener(model);
    shared.tell(|told| match &opened {
        Ok(reads) => {
            (told.model, told.shown, told.confidence) = (reads.name(), reads.shown(), reads.confidence());
        }
        Err(error) => told.model_trouble = Some(format!("{error:#}")),
    });
    Reader { model: model.clone(), reads: opened.ok() }
}

fn hold(frame: Frame) -> Held {
    let Frame { picture, number, name, taken, decoding, .. } = frame;
    let picture = Arc::new(picture);
    let (w, h) = picture.dimensions();
    let shown = match w.max(h) > SHOWN {
        true => {
            Arc::new(image::DynamicImage::from(picture.as_ref().clone()).thumbnail(SHOWN, SHOWN).into_rgb8())
        }
        false => Arc::clone(&picture),
    };
    Held { number, name, picture, shown, decoding, taken }
}

/// Reads the part that is to be read; nothing where there is no model or it fails.
fn read(shared: &Shared, reader: &mut Reader, picture: &RgbImage, how: &super::How) -> Read {
    let Some(reads) = reader.reads.as_mut() else { return Read::default() };
    let area = how.part.map(|part| part.pixels(picture.width(), picture.height()));
    let cut = area.map(|[x, y, w, h]| image::imageops::crop_imm(picture, x, y, w, h).to_image());
    // A model that panics, as libtorch's can, must not end the thread: the window would show the last frame for ever.
    let outcome = catch_unwind(AssertUnwindSafe(|| reads.read(cut.as_ref().unwrap_or(picture), how)));
    let trouble = match outcome {
        Ok(Ok(mut read)) => {
            if let Some([x, y, ..]) = area {
                read.moved(x as f32, y as f32);
            }
            shared.tell(|told| told.model_trouble = None);
            return read;
        }
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "The model failed on this frame".to_owned(),
    };
    shared.tell(|told| told.model_trouble = Some(trouble));
    Read::default()
}
