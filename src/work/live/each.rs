//! A source read frame by frame, none left out, on the thread of whoever asks: for files and for the command line.

use super::how::How;
use super::reads::{Read, Reads};
use super::seen::{Rates, Seen, Times, ms};
use crate::camera::{About, Frame, Origin, Source, SourceError};
use crate::found::track::{Track, Tracker, single};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A source and what reads it.
pub struct Each<'a> {
    source: Box<dyn Source>,
    reads: &'a mut dyn Reads,
    how: How,
    tracker: Tracker,
    follows: bool,
    secs: f64,
    started: Instant,
}

impl<'a> Each<'a> {
    /// Opens a source to be read so.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(origin: &Origin, reads: &'a mut dyn Reads, how: How) -> Result<Self, SourceError> {
        let source = origin.open(Duration::ZERO)?;
        // The pictures of a folder have nothing to do with each other.
        let follows = how.follows && !matches!(origin, Origin::Folder(_) | Origin::Picture(_));
        let (tracker, started) = (Tracker::default(), Instant::now());
        Ok(Self { source, reads, how, tracker, follows, secs: 0.0, started })
    }

    /// What the source is.
    pub fn about(&self) -> About {
        self.source.about()
    }

    /// The next frame with what is read on it; `None` when there are no more.
    ///
    /// # Errors
    /// [`SourceError::is_passing`] tells whether only this frame is lost. The model's errors come inside.
    #[expect(clippy::should_implement_trait, reason = "an iterator's items could not say why it ended")]
    pub fn next(&mut self) -> Result<Option<anyhow::Result<Seen>>, SourceError> {
        let Some(frame) = self.source.next()? else { return Ok(None) };
        Ok(Some(self.read(frame)))
    }

    fn read(&mut self, frame: Frame) -> anyhow::Result<Seen> {
        let Frame { picture, number, name, taken, decoding, hold } = frame;
        let area = self.how.part.map(|part| part.pixels(picture.width(), picture.height()));
        let Read { numbers, glimpses, prepare, model, group } = match area {
            Some([x, y, w, h]) => {
                let cut = image::imageops::crop_imm(&picture, x, y, w, h).to_image();
                let mut read = self.reads.read(&cut, &self.how)?;
                read.moved(x as f32, y as f32);
                read
            }
            None => self.reads.read(&picture, &self.how)?,
        };
        let since = Instant::now();
        // A video's own clock, since it is read as fast as can be; a camera's is that of the wall.
        let secs = match hold {
            Some(hold) => {
                self.secs += hold.as_secs_f64();
                self.secs
            }
            None => self.started.elapsed().as_secs_f64(),
        };
        let tracks: Vec<Track> =
            if self.follows { self.tracker.update(&numbers, secs) } else { single(&numbers) };
        let picture = Arc::new(picture);
        Ok(Seen {
            frame: number,
            name,
            shown: Arc::clone(&picture),
            picture,
            numbers: tracks,
            glimpses,
            times: Times {
                decode: ms(decoding),
                prepare: ms(prepare),
                model: ms(model),
                group: ms(group + since.elapsed()),
            },
            rates: Rates::default(),
            latency: ms(taken.elapsed()),
            taken,
            is_again: false,
        })
    }
}
