//! Which cameras there are, and which formats each offers. Looking must not disturb a camera that is in use, so on Linux
//! the driver is only asked; elsewhere, the camera is opened for a moment.

use super::error::SourceError;
use super::format::{Format, Pixels};
use nokhwa::utils::{ApiBackend, FrameFormat};

/// A camera as the system lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// The number to open it by.
    pub index: u32,
    /// What the maker calls it.
    pub name: String,
}

/// The cameras that take pictures, by number. Machines list nodes too that give none (metadata, outputs): those are left
/// out.
pub fn cameras() -> Result<Vec<CameraInfo>, SourceError> {
    let mut found: Vec<CameraInfo> = nokhwa::query(ApiBackend::Auto)
        .map_err(|error| SourceError::List(error.to_string()))?
        .into_iter()
        .filter_map(|info| Some(CameraInfo { index: info.index().as_index().ok()?, name: info.human_name() }))
        .filter(|info| system::takes_pictures(info.index))
        .collect();
    found.sort_by_key(|info| info.index);
    found.dedup_by_key(|info| info.index);
    Ok(found)
}

/// The formats that a camera offers and this program decodes, the smallest first; none where it does not tell.
pub fn formats(index: u32) -> Result<Vec<Format>, SourceError> {
    let mut formats = system::formats(index)?;
    formats.sort_unstable();
    formats.dedup();
    Ok(formats)
}

/// What the driver has set, where it can be asked and this program decodes it.
pub(super) fn as_set(index: u32) -> Option<Format> {
    system::as_set(index)
}

/// As nokhwa calls it.
pub(super) fn to_nokhwa(pixels: Pixels) -> FrameFormat {
    match pixels {
        Pixels::Yuyv => FrameFormat::YUYV,
        Pixels::Mjpeg => FrameFormat::MJPEG,
        Pixels::Nv12 => FrameFormat::NV12,
        Pixels::Rgb => FrameFormat::RAWRGB,
        Pixels::Bgr => FrameFormat::RAWBGR,
        Pixels::Grey => FrameFormat::GRAY,
    }
}

/// As we call it.
pub(super) fn from_nokhwa(format: FrameFormat) -> Pixels {
    match format {
        FrameFormat::YUYV => Pixels::Yuyv,
        FrameFormat::MJPEG => Pixels::Mjpeg,
        FrameFormat::NV12 => Pixels::Nv12,
        FrameFormat::RAWRGB => Pixels::Rgb,
        FrameFormat::RAWBGR => Pixels::Bgr,
        FrameFormat::GRAY => Pixels::Grey,
    }
}

/// Video4Linux, asked without setting anything.
#[cfg(target_os = "linux")]
mod system {
    use crate::camera::error::SourceError;
    use crate::camera::format::{Format, Pixels};
    use std::io::ErrorKind;
    use v4l::capability::Flags;
    use v4l::frameinterval::FrameIntervalEnum;
    use v4l::framesize::FrameSizeEnum;
    use v4l::video::Capture as _;
    use v4l::{Device, FourCC, Fraction};

    /// A driver that offers any size is asked for these.
    const SIZES: [(u32, u32); 7] =
        [(320, 240), (640, 360), (640, 480), (800, 600), (1280, 720), (1280, 960), (1920, 1080)];
    /// And one that offers any rate, for these.
    const RATES: [u32; 5] = [5, 10, 15, 30, 60];

    pub fn takes_pictures(index: u32) -> bool {
        match Device::new(index as usize) {
            Ok(device) => device.query_caps().is_ok_and(|about| {
                about.capabilities.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING)
                    // One that turns pictures into others is listed as both.
                    && !about.capabilities.intersects(Flags::VIDEO_M2M)
            }),
            // One that may not be opened is listed: the user should hear why it cannot be used.
            Err(error) => error.kind() == ErrorKind::PermissionDenied,
        }
    }

    pub fn formats(index: u32) -> Result<Vec<Format>, SourceError> {
        let device = open(index)?;
        let mut all = Vec::new();
        // Drivers that do not list anything are no error: what they have set can be taken.
        for offered in device.enum_formats().unwrap_or_default() {
            let Some(pixels) = pixels(offered.fourcc) else { continue };
            let mut sizes = Vec::new();
            for size in device.enum_framesizes(offered.fourcc).unwrap_or_default() {
                match size.size {
                    FrameSizeEnum::Discrete(one) => sizes.push((one.width, one.height)),
                    FrameSizeEnum::Stepwise(any) => sizes.extend(SIZES.iter().filter(|(w, h)| {
                        (any.min_width..=any.max_width).contains(w)
                            && (any.min_height..=any.max_height).contains(h)
                            && (w - any.min_width).is_multiple_of(any.step_width.max(1))
                            && (h - any.min_height).is_multiple_of(any.step_height.max(1))
                    })),
                }
            }
            for (width, height) in sizes {
                let told = device.enum_frameintervals(offered.fourcc, width, height).unwrap_or_default();
                let mut rates = Vec::new();
                for interval in &told {
                    match &interval.interval {
                        FrameIntervalEnum::Discrete(one) => rates.extend(whole(*one)),
                        FrameIntervalEnum::Stepwise(any) => rates.extend(RATES.iter().filter(|rate| {
                            let secs = 1.0 / f64::from(**rate);
                            (secs_of(any.min)..=secs_of(any.max)).contains(&secs)
                        })),
                    }
                }
                all.extend(rates.into_iter().map(|rate| Format { width, height, rate, pixels }));
            }
        }
        Ok(all)
    }

    pub fn as_set(index: u32) -> Option<Format> {
        let device = open(index).ok()?;
        let format = device.format().ok()?;
        let rate = device.params().ok().and_then(|set| whole(set.interval)).unwrap_or(30);
        Some(Format { width: format.width, height: format.height, rate, pixels: pixels(format.fourcc)? })
    }

    fn open(index: u32) -> Result<Device, SourceError> {
        Device::new(index as usize).map_err(|error| match error.kind() {
            ErrorKind::NotFound => SourceError::Missing(index),
            ErrorKind::PermissionDenied => SourceError::Forbidden(index),
            _ => SourceError::Open { index, why: error.to_string() },
        })
    }

    /// Seconds between two frames.
    fn secs_of(interval: Fraction) -> f64 {
        f64::from(interval.numerator) / f64::from(interval.denominator.max(1))
    }

    /// Frames a second, where they are a whole number: only those can be asked for.
    fn whole(interval: Fraction) -> Option<u32> {
        let fits = interval.numerator > 0 && interval.denominator.is_multiple_of(interval.numerator);
        fits.then(|| interval.denominator / interval.numerator).filter(|rate| *rate > 0)
    }

    fn pixels(code: FourCC) -> Option<Pixels> {
        Some(match &code.repr {
            b"YUYV" => Pixels::Yuyv,
            b"MJPG" => Pixels::Mjpeg,
            b"NV12" => Pixels::Nv12,
            b"RGB3" => Pixels::Rgb,
            b"BGR3" => Pixels::Bgr,
            b"GRAY" => Pixels::Grey,
            _ => return None,
        })
    }
}

/// AVFoundation and Media Foundation, through nokhwa.
#[cfg(not(target_os = "linux"))]
mod system {
    use crate::camera::error::SourceError;
    use crate::camera::format::Format;
    use nokhwa::Camera;
    use nokhwa::pixel_format::RgbFormat;
    use nokhwa::utils::{CameraIndex, RequestedFormat, RequestedFormatType};

    pub fn takes_pictures(_: u32) -> bool {
        true
    }

    pub fn formats(index: u32) -> Result<Vec<Format>, SourceError> {
        let any = RequestedFormat::new::<RgbFormat>(RequestedFormatType::None);
        let mut camera = Camera::new(CameraIndex::Index(index), any)
            .map_err(|error| SourceError::Open { index, why: error.to_string() })?;
        let offered = camera.compatible_camera_formats().unwrap_or_default();
        let format = |format: nokhwa::utils::CameraFormat| Format {
            width: format.width(),
            height: format.height(),
            rate: format.frame_rate(),
            pixels: super::from_nokhwa(format.format()),
        };
        Ok(offered.into_iter().map(format).collect())
    }

    pub fn as_set(_: u32) -> Option<Format> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_have_the_same_name_there_and_back() {
        for pixels in Pixels::ALL {
            assert_eq!(from_nokhwa(to_nokhwa(pixels)), pixels);
        }
    }

    #[test]
    fn the_formats_of_no_camera_are_an_error() {
        assert!(formats(987).is_err());
    }
}
