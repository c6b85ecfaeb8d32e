//! Where pictures come from, one after the other: webcams, picture files, folders, animations, videos, the screen.
//! One file each, behind [`Source`]; [`Origin`] names any of them in a word. Knows nothing of models.

mod animation;
mod decode;
mod error;
mod format;
mod listed;
mod origin;
mod pictures;
mod planes;
mod screen;
mod video;
mod webcam;

pub use decode::decode_raw;
pub use error::SourceError;
pub use format::{Format, Pixels, Wish, best};
pub use listed::{CameraInfo, cameras, formats};
pub use origin::Origin;
pub use screen::Region;
pub use webcam::Webcam;

use image::RgbImage;
use std::time::{Duration, Instant};

/// Gives pictures one after the other. Made and used on one thread, since cameras may not be handed on.
pub trait Source {
    /// Waits for the next frame; `None` when there are no more.
    ///
    /// # Errors
    /// [`SourceError::Damaged`] where only this frame is lost and the next call goes on; any other one ends the source.
    fn next(&mut self) -> Result<Option<Frame>, SourceError>;

    /// What it is, as far as known by now.
    fn about(&self) -> About;

    /// The next frame is so many further on (or back), where there is a choice.
    fn skip(&mut self, _by: i64) {}

    /// What can be adjusted on it: exposure, focus, zoom.
    fn controls(&self) -> Vec<Control> {
        Vec::new()
    }

    /// Adjusts a control of that number; takes effect some frames later.
    fn adjust(&mut self, _control: u64, _value: i64) {}
}

/// One picture of a source.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The picture, upright.
    pub picture: RgbImage,
    /// Counts from 0.
    pub number: u64,
    /// The file, where each frame has one of its own.
    pub name: String,
    /// When it was taken, or read.
    pub taken: Instant,
    /// How long it took to decode.
    pub decoding: Duration,
    /// How long it is shown before the next one; `None` where the next one comes when it comes.
    pub hold: Option<Duration>,
}

/// What a source is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// Size, rate and pixels: "640x480, 30 frames/s, MJPEG".
    pub format: String,
    /// Whether it goes on by itself, so that a frame not taken in time is lost.
    pub is_live: bool,
    /// Frames in all, where that is known.
    pub n_frames: Option<u64>,
    /// Frames that it lost itself, because nobody took them in time.
    pub n_lost: u64,
}

/// Something on a camera that can be adjusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Control {
    /// Names it to the driver.
    pub id: u64,
    /// What the driver calls it.
    pub name: String,
    /// Least value.
    pub least: i64,
    /// Greatest value.
    pub most: i64,
    /// Between two values.
    pub step: i64,
    /// As the driver would have it.
    pub usual: i64,
    /// As it is.
    pub value: i64,
    /// Whether it is on or off and nothing else.
    pub is_switch: bool,
}
