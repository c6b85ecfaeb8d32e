//! A part of the screen, through an installed ffmpeg, which knows how to take it on every system but Wayland.

use super::error::SourceError;
use super::video::Video;
use serde::{Deserialize, Serialize};

/// Pictures of the screen taken in a second: windows do not move faster than they are read.
const RATE: u32 = 15;

/// Which part of the screen, in its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// First column.
    pub x: u32,
    /// First row.
    pub y: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// Begins to take pictures of the screen, of all of it where no part is named.
pub fn open(region: Option<Region>) -> Result<Video, SourceError> {
    let name = region.map_or("the screen".to_owned(), |part| {
        format!("{}x{} of the screen at {},{}", part.width, part.height, part.x, part.y)
    });
    Video::start(name, "pictures of the screen", true, &arguments(region)?)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn arguments(region: Option<Region>) -> Result<Vec<String>, SourceError> {
    let display = std::env::var("DISPLAY").unwrap_or_default();
    if display.is_empty() {
        let wayland = "Wayland lets no program take it; a webcam's or a video's pictures can be read";
        let none = "there is no display";
        let is_wayland = std::env::var_os("WAYLAND_DISPLAY").is_some();
        return Err(SourceError::Screen(if is_wayland { wayland } else { none }.to_owned()));
    }
    let mut arguments: Vec<String> =
        vec!["-f".to_owned(), "x11grab".to_owned(), "-framerate".to_owned(), RATE.to_string()];
    let mut place = display;
    if let Some(part) = region {
        arguments.extend(["-video_size".to_owned(), format!("{}x{}", part.width, part.height)]);
        place = format!("{place}+{},{}", part.x, part.y);
    }
    arguments.extend(["-i".to_owned(), place]);
    Ok(arguments)
}

#[cfg(windows)]
fn arguments(region: Option<Region>) -> Result<Vec<String>, SourceError> {
    let mut arguments: Vec<String> =
        vec!["-f".to_owned(), "gdigrab".to_owned(), "-framerate".to_owned(), RATE.to_string()];
    if let Some(part) = region {
        for (name, value) in [("-offset_x", part.x), ("-offset_y", part.y)] {
            arguments.extend([name.to_owned(), value.to_string()]);
        }
        arguments.extend(["-video_size".to_owned(), format!("{}x{}", part.width, part.height)]);
    }
    arguments.extend(["-i".to_owned(), "desktop".to_owned()]);
    Ok(arguments)
}

#[cfg(target_os = "macos")]
fn arguments(region: Option<Region>) -> Result<Vec<String>, SourceError> {
    if region.is_some() {
        return Err(SourceError::Screen("on a Mac, only all of it can be taken".to_owned()));
    }
    let words = ["-f", "avfoundation", "-framerate", &RATE.to_string(), "-i", "Capture screen 0:none"];
    Ok(words.map(str::to_owned).to_vec())
}
