//! Why a source gives no pictures, in words for whoever sits before it.

use crate::data::picture::PictureError;
use std::path::PathBuf;

/// Why a source gives no picture.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The system's list of cameras cannot be read.
    #[error("the system does not list its cameras: {0}")]
    List(String),
    /// There is none of that number.
    #[error("there is no camera {0}; `digit-workbench cameras` lists those there are")]
    Missing(u32),
    /// Somebody else has it.
    #[error("camera {0} is in use by another program; close that one, or choose another camera")]
    InUse(u32),
    /// The system lets nobody, or not this user, open it.
    #[error(
        "camera {0} may not be opened by you; on Linux, add yourself to the group 'video' and log in again"
    )]
    Forbidden(u32),
    /// It is there but cannot be opened.
    #[error("camera {index} cannot be opened: {why}")]
    Open {
        /// Its number.
        index: u32,
        /// What the driver said.
        why: String,
    },
    /// It gave pictures and no longer does.
    #[error("camera {index} was unplugged; waiting for it to come back ({why})")]
    Gone {
        /// Its number.
        index: u32,
        /// What the driver said.
        why: String,
    },
    /// It is open but silent.
    #[error("camera {index} has sent no picture for {seconds} s; is its lid closed, or its cable loose?")]
    Silent {
        /// Its number.
        index: u32,
        /// How long.
        seconds: u64,
    },
    /// One frame is lost; the next ones may be fine.
    #[error("a frame is damaged and was left out: {0}")]
    Damaged(String),
    /// A picture file cannot be opened.
    #[error("{0}")]
    Picture(#[from] PictureError),
    /// A file or folder cannot be read.
    #[error("it cannot be read: {why}: {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// A folder without pictures.
    #[error("there are no pictures in this folder (PNG, JPEG, GIF, BMP, TIFF, WebP, PNM): {}", .0.display())]
    NoPictures(PathBuf),
    /// The program that reads videos is not there.
    #[error(
        "{what} are read by ffmpeg, which is not installed; install it ({}), or use picture files",
        install()
    )]
    NoFfmpeg {
        /// "videos", "pictures of the screen".
        what: &'static str,
    },
    /// ffmpeg will not have it.
    #[error("ffmpeg cannot read this: {why}: {name}")]
    Refused {
        /// What it was given.
        name: String,
        /// What it said.
        why: String,
    },
    /// The screen cannot be taken.
    #[error("the screen cannot be read: {0}")]
    Screen(String),
    /// What was typed names no source.
    #[error("{0}")]
    Nonsense(String),
}

impl SourceError {
    /// Whether only one frame is lost.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Damaged(_))
    }

    /// Whether trying again later may help without anybody typing anything.
    pub fn may_come_back(&self) -> bool {
        matches!(
            self,
            Self::Missing(_) | Self::InUse(_) | Self::Open { .. } | Self::Gone { .. } | Self::Silent { .. }
        )
    }
}

/// How ffmpeg is installed here.
fn install() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install ffmpeg"
    } else if cfg!(windows) {
        "winget install ffmpeg"
    } else {
        "on Debian and Ubuntu: sudo apt install ffmpeg"
    }
}
