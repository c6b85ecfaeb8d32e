//! Webcams, through nokhwa: Video4Linux, AVFoundation, Media Foundation. A thread of its own waits for the camera, since
//! one that falls silent would hold up whoever asks it.

use super::decode::decode_raw;
use super::error::SourceError;
use super::format::{Format, Pixels, Wish, best};
use super::listed::{as_set, cameras, formats, from_nokhwa, to_nokhwa};
use super::{About, Control, Frame, Source};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
use nokhwa::Camera;
use nokhwa::utils::{
    CameraFormat, CameraIndex, ControlValueDescription, ControlValueSetter, KnownCameraControl,
    RequestedFormat, RequestedFormatType, Resolution,
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A camera that is slower than this to its first frame is not well; some take two seconds to wake up.
const FIRST: Duration = Duration::from_secs(10);
/// And so is one that falls silent for this long.
const SILENCE: Duration = Duration::from_secs(4);
/// Between two looks at a camera's controls: the driver is asked for each of them.
const LOOK: Duration = Duration::from_secs(1);

/// An open camera.
pub struct Webcam {
    index: u32,
    name: String,
    format: Format,
    n: u64,
    frames: Receiver<Result<Raw, String>>,
    asked: Sender<(u64, i64)>,
    shared: Arc<Shared>,
}

/// A frame as it came.
struct Raw {
    bytes: Vec<u8>,
    format: Format,
    taken: Instant,
}

/// What the camera's thread and its owner both know.
#[derive(Default)]
struct Shared {
    ended: AtomicBool,
    n_lost: AtomicU64,
    controls: Mutex<Vec<Control>>,
}

impl Webcam {
    /// Opens the camera of that number and starts it, in the format nearest to the wished one.
    pub fn open(index: u32, wish: Option<Wish>) -> Result<Self, SourceError> {
        let known = cameras()?.into_iter().find(|info| info.index == index);
        let name = known.ok_or(SourceError::Missing(index))?.name;
        let shared = Arc::new(Shared::default());
        // One frame waits: an older one is thrown away.
        let (to, frames) = bounded(1);
        let (asked, asks) = unbounded();
        let (opened, answer) = bounded(1);
        let theirs = (Arc::clone(&shared), frames.clone());
        std::thread::Builder::new()
            .name(format!("camera {index}"))
            .spawn(move || {
                let camera = match open(index, wish) {
                    Ok(camera) => camera,
                    Err(error) => {
                        // Who waits for the answer is still there.
                        opened.send(Err(error)).ok();
                        return;
                    }
                };
                opened.send(Ok(format_of(&camera))).ok();
                grab(camera, &to, &theirs.1, &asks, &theirs.0);
            })
            .map_err(|error| SourceError::Open { index, why: error.to_string() })?;
        let silent = || SourceError::Silent { index, seconds: FIRST.as_secs() };
        let format = answer.recv_timeout(FIRST).map_err(|_| silent())??;
        Ok(Self { index, name, format, n: 0, frames, asked, shared })
    }

    /// Waits for the next picture alone.
    pub fn picture(&mut self) -> Result<image::RgbImage, SourceError> {
        loop {
            match self.next() {
                Ok(Some(frame)) => return Ok(frame.picture),
                Ok(None) => return Err(SourceError::Gone { index: self.index, why: "it ended".to_owned() }),
                Err(error) if error.is_passing() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Source for Webcam {
    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let index = self.index;
        let patience = if self.n == 0 { FIRST } else { SILENCE };
        let raw = match self.frames.recv_timeout(patience) {
            Ok(Ok(raw)) => raw,
            Ok(Err(why)) => return Err(SourceError::Gone { index, why }),
            Err(RecvTimeoutError::Timeout) => {
                return Err(SourceError::Silent { index, seconds: patience.as_secs() });
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(SourceError::Gone { index, why: "its thread ended".to_owned() });
            }
        };
        let since = Instant::now();
        let picture = decode_raw(&raw.bytes, &raw.format)?;
        let number = self.n;
        self.n += 1;
        let (name, decoding) = (String::new(), since.elapsed());
        Ok(Some(Frame { picture, number, name, taken: raw.taken, decoding, hold: None }))
    }

    fn about(&self) -> About {
        About {
            name: self.name.clone(),
            format: self.format.to_string(),
            is_live: true,
            n_frames: None,
            n_lost: self.shared.n_lost.load(Ordering::Relaxed),
        }
    }

    fn controls(&self) -> Vec<Control> {
        self.shared.controls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn adjust(&mut self, control: u64, value: i64) {
        // A thread that ended is told by the next frame.
        self.asked.send((control, value)).ok();
    }
}

impl Drop for Webcam {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
    }
}

/// Opens and starts it.
fn open(index: u32, wish: Option<Wish>) -> Result<Camera, SourceError> {
    let failed = |error: nokhwa::NokhwaError| explain(index, &error.to_string());
    let offered = formats(index)?;
    let place = CameraIndex::Index(index);
    let exact = |format: Format| {
        let size = Resolution::new(format.width, format.height);
        RequestedFormatType::Exact(CameraFormat::new(size, to_nokhwa(format.pixels), format.rate))
    };
    let every = Pixels::ALL.map(to_nokhwa);
    let try_ = |wanted| Camera::new(place.clone(), RequestedFormat::with_formats(wanted, &every));
    let mut camera = match best(&offered, wish) {
        Some(format) => try_(exact(format))
            // Another one of its formats is better than none; then what the driver has set, as for one that lists nothing.
            .or_else(|first| try_(RequestedFormatType::None).map_err(|_| first))
            .or_else(|first| as_set(index).map_or(Err(first), |set| try_(exact(set)))),
        None => match as_set(index) {
            Some(set) => try_(exact(set)),
            None => try_(RequestedFormatType::None),
        },
    }
    .map_err(failed)?;
    camera.open_stream().map_err(failed)?;
    Ok(camera)
}

fn format_of(camera: &Camera) -> Format {
    let format = camera.camera_format();
    Format {
        width: format.width(),
        height: format.height(),
        rate: format.frame_rate(),
        pixels: from_nokhwa(format.format()),
    }
}

/// What the driver says, in words.
fn explain(index: u32, said: &str) -> SourceError {
    let low = said.to_lowercase();
    if low.contains("busy") || low.contains("os error 16") || low.contains("in use") {
        SourceError::InUse(index)
    } else if low.contains("permission") || low.contains("os error 13") || low.contains("not authorized") {
        SourceError::Forbidden(index)
    } else if low.contains("no such") {
        SourceError::Missing(index)
    } else {
        SourceError::Open { index, why: said.to_owned() }
    }
}

/// Takes frame after frame until nobody wants them any more, or the camera ends.
fn grab(
    mut camera: Camera,
    to: &Sender<Result<Raw, String>>,
    back: &Receiver<Result<Raw, String>>,
    asks: &Receiver<(u64, i64)>,
    shared: &Shared,
) {
    let format = format_of(&camera);
    let mut looked: Option<Instant> = None;
    while !shared.ended.load(Ordering::Relaxed) {
        let mut adjusted = false;
        while let Ok((control, value)) = asks.try_recv() {
            adjusted = true;
            adjust(&mut camera, shared, control, value);
        }
        if adjusted || looked.is_none_or(|at| at.elapsed() > LOOK) {
            looked = Some(Instant::now());
            *shared.controls.lock().unwrap_or_else(PoisonError::into_inner) = controls(&camera);
        }
        let frame = match camera.frame() {
            Ok(buffer) => {
                let now = Instant::now();
                // The driver stamps frames as they come from the wire; one of another clock is not believed.
                let age = buffer
                    .capture_timestamp()
                    .and_then(|at| SystemTime::now().duration_since(UNIX_EPOCH).ok()?.checked_sub(at));
                let age = age.filter(|age| *age < Duration::from_secs(1)).unwrap_or_default();
                let taken = now.checked_sub(age).unwrap_or(now);
                Ok(Raw { bytes: buffer.buffer().to_vec(), format, taken })
            }
            Err(error) => Err(error.to_string()),
        };
        let is_last = frame.is_err();
        if let Err(full) = to.try_send(frame) {
            if back.try_recv().is_ok() {
                shared.n_lost.fetch_add(1, Ordering::Relaxed);
            }
            // There is room now, or nobody is left.
            to.try_send(full.into_inner()).ok();
        }
        if is_last {
            return;
        }
    }
}

/// Most switches and sliders that a camera may show: test drivers have dozens.
const MOST_CONTROLS: usize = 40;

fn controls(camera: &Camera) -> Vec<Control> {
    let all = camera.camera_controls().unwrap_or_default();
    let one = |control: &nokhwa::utils::CameraControl| {
        let (least, most, step, usual, value, is_switch) = match control.description() {
            ControlValueDescription::IntegerRange { min, max, value, step, default } => {
                (*min, *max, (*step).max(1), *default, *value, false)
            }
            ControlValueDescription::Boolean { value, default } => {
                (0, 1, 1, i64::from(*default), i64::from(*value), true)
            }
            _ => return None,
        };
        let id = number_of(control.control())?;
        // A driver that calls none of its controls active may still take them.
        (most > least).then(|| Control {
            id,
            name: control.name().to_owned(),
            least,
            most,
            step,
            usual,
            value,
            is_switch,
        })
    };
    all.iter().filter_map(one).take(MOST_CONTROLS).collect()
}

fn adjust(camera: &mut Camera, shared: &Shared, id: u64, value: i64) {
    let known = shared.controls.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let Some(control) = known.into_iter().find(|control| control.id == id) else { return };
    let setter = match control.is_switch {
        true => ControlValueSetter::Boolean(value != 0),
        false => ControlValueSetter::Integer(value.clamp(control.least, control.most)),
    };
    if let Some(known) = control_of(id) {
        // What the camera makes of it is seen when its controls are read again.
        camera.set_camera_control(known, setter).ok();
    }
}

/// Controls that nokhwa has a name for, in an order of our own that numbers them.
const KNOWN: [KnownCameraControl; 15] = [
    KnownCameraControl::Exposure,
    KnownCameraControl::Focus,
    KnownCameraControl::Zoom,
    KnownCameraControl::Brightness,
    KnownCameraControl::Contrast,
    KnownCameraControl::Gain,
    KnownCameraControl::WhiteBalance,
    KnownCameraControl::Sharpness,
    KnownCameraControl::Saturation,
    KnownCameraControl::Gamma,
    KnownCameraControl::BacklightComp,
    KnownCameraControl::Hue,
    KnownCameraControl::Iris,
    KnownCameraControl::Pan,
    KnownCameraControl::Tilt,
];

fn number_of(control: KnownCameraControl) -> Option<u64> {
    match control {
        KnownCameraControl::Other(id) => u64::try_from(id).ok()?.checked_add(KNOWN.len() as u64),
        named => KNOWN.iter().position(|known| *known == named).map(|at| at as u64),
    }
}

fn control_of(number: u64) -> Option<KnownCameraControl> {
    match KNOWN.get(usize::try_from(number).ok()?) {
        Some(known) => Some(*known),
        None => Some(KnownCameraControl::Other(u128::from(number) - KNOWN.len() as u128)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_is_not_there_is_said_so() {
        assert!(matches!(Webcam::open(987, None), Err(SourceError::Missing(987))));
    }

    #[test]
    fn what_drivers_say_is_understood() {
        let said = |text| explain(3, text);
        assert!(matches!(
            said("Could not set property: Device or resource busy (os error 16)"),
            SourceError::InUse(3)
        ));
        assert!(matches!(said("V4L2 Error: Permission denied (os error 13)"), SourceError::Forbidden(3)));
        assert!(matches!(said("V4L2 Error: No such file or directory"), SourceError::Missing(3)));
        assert!(matches!(said("whatever"), SourceError::Open { index: 3, .. }));
        assert!(said("busy").may_come_back() && !said("permission").may_come_back());
    }

    #[test]
    fn controls_keep_their_numbers() {
        for control in
            KNOWN.into_iter().chain([KnownCameraControl::Other(9_963_800), KnownCameraControl::Other(0)])
        {
            assert_eq!(number_of(control).and_then(control_of), Some(control));
        }
    }
}
