//! Cameras: which there are, and pictures from them. Knows nothing of models.

use image::RgbImage;
use nokhwa::pixel_format::RgbFormat;
use nokhwa::utils::{ApiBackend, CameraIndex, RequestedFormat, RequestedFormatType};
use nokhwa::{Camera, NokhwaError};

/// The most pictures a second that are asked for: more than a hand-held number needs, and every webcam has it.
const FRAME_RATE: u32 = 30;

/// Why a camera does not work.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// The system's list of cameras cannot be read.
    #[error("the system does not list its cameras: {0}")]
    List(NokhwaError),
    /// There is none of that number.
    #[error("there is no camera {0}; `digit-workbench cameras` lists those there are")]
    Missing(u32),
    /// It is there but cannot be opened.
    #[error("camera {index} cannot be opened; is another program using it?: {source}")]
    Open {
        /// Its number.
        index: u32,
        /// What the driver said.
        source: NokhwaError,
    },
    /// It was opened but gives no picture.
    #[error("camera {index} gives no picture; is it still plugged in?: {source}")]
    Frame {
        /// Its number.
        index: u32,
        /// What the driver said.
        source: NokhwaError,
    },
}

/// A camera as the system lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// The number to open it by.
    pub index: u32,
    /// What the maker calls it.
    pub name: String,
}

/// The cameras that can be opened, by number. Machines list nodes too that give no pictures (metadata, outputs): those
/// cannot be opened for capture and are left out.
pub fn cameras() -> Result<Vec<CameraInfo>, CameraError> {
    let mut found: Vec<CameraInfo> = nokhwa::query(ApiBackend::Auto)
        .map_err(CameraError::List)?
        .into_iter()
        .filter_map(|info| Some(CameraInfo { index: info.index().as_index().ok()?, name: info.human_name() }))
        .filter(|info| open(info.index).is_ok())
        .collect();
    found.sort_by_key(|info| info.index);
    Ok(found)
}

/// An open camera. Opening and waiting for a picture take time: use it on a thread of its own.
pub struct Webcam {
    index: u32,
    camera: Camera,
}

impl Webcam {
    /// Opens the camera of that number and starts it.
    pub fn open(index: u32) -> Result<Self, CameraError> {
        let known = nokhwa::query(ApiBackend::Auto).map_err(CameraError::List)?;
        if !known.iter().any(|info| info.index().as_index().is_ok_and(|i| i == index)) {
            return Err(CameraError::Missing(index));
        }
        let failed = |source| CameraError::Open { index, source };
        let mut camera = open(index).map_err(failed)?;
        camera.open_stream().map_err(failed)?;
        Ok(Self { index, camera })
    }

    /// Waits for the next picture.
    pub fn frame(&mut self) -> Result<RgbImage, CameraError> {
        let failed = |source| CameraError::Frame { index: self.index, source };
        let buffer = self.camera.frame().map_err(failed)?;
        buffer.decode_image::<RgbFormat>().map_err(failed)
    }

    /// Width, height and pictures a second, as the driver set them: "640x480, 30 frames/s, MJPEG".
    pub fn format(&self) -> String {
        let format = self.camera.camera_format();
        let size = format.resolution();
        format!("{}x{}, {} frames/s, {}", size.width(), size.height(), format.frame_rate(), format.format())
    }
}

fn open(index: u32) -> Result<Camera, NokhwaError> {
    let format = |wanted| RequestedFormat::new::<RgbFormat>(wanted);
    let wanted = format(RequestedFormatType::HighestFrameRate(FRAME_RATE));
    Camera::new(CameraIndex::Index(index), wanted)
        // Some drivers do not list their formats: what they have set is then the one to take.
        .or_else(|_| Camera::new(CameraIndex::Index(index), format(RequestedFormatType::None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_that_is_not_there_is_said_so() {
        assert!(matches!(Webcam::open(987), Err(CameraError::Missing(987))));
    }
}
