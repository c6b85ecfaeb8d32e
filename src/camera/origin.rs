//! Any source in a word: `camera:0`, `camera:1@1280x720/30/mjpeg`, a picture, a folder, a video, an address, `screen`.

use super::error::SourceError;
use super::format::Wish;
use super::pictures::{ENDINGS, Pictures};
use super::screen::{self, Region};
use super::{Source, animation::Animation, video::Video, webcam::Webcam};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where pictures are to come from; plain data, to be remembered and handed to the thread that opens it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A webcam.
    Camera {
        /// Its number.
        index: u32,
        /// What it is asked for; what suits where nothing is said.
        wish: Option<Wish>,
    },
    /// A picture, or an animation.
    Picture(PathBuf),
    /// The pictures of a folder, one after the other.
    Folder(PathBuf),
    /// A video file, or an address that ffmpeg reads.
    Video(String),
    /// The screen, or a part of it.
    Screen(Option<Region>),
}

impl Origin {
    /// What a user typed.
    ///
    /// # Errors
    /// [`SourceError::Nonsense`] where it looks like none of them. Whether it is there is seen when it is opened.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let nonsense = |why: String| Err(SourceError::Nonsense(why));
        if let Some(rest) = text.strip_prefix("camera:") {
            let (number, wish) = rest.split_once('@').map_or((rest, None), |(n, wish)| (n, Some(wish)));
            let Ok(index) = number.parse() else {
                return nonsense(format!("'{number}' is no camera's number; the first camera is camera:0"));
            };
            return match wish.map(str::parse).transpose() {
                Ok(wish) => Ok(Self::Camera { index, wish }),
                Err(why) => nonsense(why),
            };
        }
        if text == "camera" {
            return Ok(Self::Camera { index: 0, wish: None });
        }
        if text == "screen" {
            return Ok(Self::Screen(None));
        }
        if let Some(part) = text.strip_prefix("screen:") {
            let numbers: Vec<u32> = part.split([',', 'x']).map_while(|n| n.parse().ok()).collect();
            return match numbers[..] {
                [x, y, width, height] if width > 0 && height > 0 => {
                    Ok(Self::Screen(Some(Region { x, y, width, height })))
                }
                _ => nonsense(format!(
                    "'{part}' is no part of the screen; write it as screen:X,Y,WIDTHxHEIGHT"
                )),
            };
        }
        if text.contains("://") {
            return Ok(Self::Video(text.to_owned()));
        }
        Ok(Self::of(Path::new(text)))
    }

    /// A file or folder, by what it is.
    pub fn of(path: &Path) -> Self {
        if path.is_dir() {
            return Self::Folder(path.to_owned());
        }
        let is_picture = path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
        // What has no known ending may still be a picture; its first bytes decide.
        if is_picture || starts_as_picture(path) {
            Self::Picture(path.to_owned())
        } else {
            Self::Video(path.to_string_lossy().into_owned())
        }
    }

    /// Opens it; `hold` is how long each picture of a folder is shown. Takes time: use a thread of its own, which the
    /// source then stays on.
    pub fn open(&self, hold: Duration) -> Result<Box<dyn Source>, SourceError> {
        Ok(match self {
            Self::Camera { index, wish } => Box::new(Webcam::open(*index, *wish)?),
            Self::Picture(path) => match Animation::open(path)? {
                Some(animation) => Box::new(animation),
                None => Box::new(Pictures::one(path)),
            },
            Self::Folder(path) => Box::new(Pictures::folder(path, hold)?),
            Self::Video(name) => {
                let path = Path::new(name);
                if !name.contains("://") {
                    let about = std::fs::metadata(path);
                    let about = about.map_err(|why| SourceError::Io { path: path.to_owned(), why })?;
                    if about.len() == 0 && about.is_file() {
                        let why = "the file is empty".to_owned();
                        return Err(SourceError::Refused { name: name.clone(), why });
                    }
                }
                Box::new(Video::open(name)?)
            }
            Self::Screen(region) => Box::new(screen::open(*region)?),
        })
    }

    /// Whether it begins anew when it ends: slide shows and animations do.
    pub fn repeats(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::Picture(_))
    }

    /// The camera's number, if it is one.
    pub fn camera(&self) -> Option<u32> {
        match self {
            Self::Camera { index, .. } => Some(*index),
            _ => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camera { index, .. } => write!(f, "camera:{index}"),
            Self::Picture(path) | Self::Folder(path) => write!(f, "{}", path.display()),
            Self::Video(name) => f.write_str(name),
            Self::Screen(None) => f.write_str("screen"),
            Self::Screen(Some(Region { x, y, width, height })) => {
                write!(f, "screen:{x},{y},{width}x{height}")
            }
        }
    }
}

fn starts_as_picture(path: &Path) -> bool {
    image::ImageReader::open(path)
        .and_then(image::ImageReader::with_guessed_format)
        .is_ok_and(|reader| reader.format().is_some())
}

#[cfg(test)]
mod tests {
    use super::super::format::Pixels;
    use super::*;

    #[test]
    fn words_name_sources() {
        let parse = |text: &str| Origin::parse(text).expect(text);
        assert_eq!(parse("camera:2"), Origin::Camera { index: 2, wish: None });
        let wish = Wish { size: [1280, 720], rate: 10, pixels: Some(Pixels::Mjpeg) };
        assert_eq!(parse("camera:0@1280x720/10/mjpeg"), Origin::Camera { index: 0, wish: Some(wish) });
        let region = Region { x: 1, y: 2, width: 30, height: 40 };
        assert_eq!(parse("screen:1,2,30x40"), Origin::Screen(Some(region)));
        assert_eq!(parse("rtsp://door/1"), Origin::Video("rtsp://door/1".to_owned()));
        assert_eq!(parse("a.JPG"), Origin::Picture(PathBuf::from("a.JPG")));
        assert_eq!(parse("a.mp4"), Origin::Video("a.mp4".to_owned()));
        for text in ["camera:2", "screen:1,2,30x40", "screen", "a.JPG", "rtsp://door/1"] {
            assert_eq!(parse(text).to_string(), text);
        }
        for bad in ["camera:x", "camera:0@big", "screen:1,2", "screen:0,0,0x0"] {
            assert!(matches!(Origin::parse(bad), Err(SourceError::Nonsense(_))), "{bad}");
        }
    }

    #[test]
    fn folders_and_pictures_are_told_by_what_they_are() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(Origin::of(folder.path()), Origin::Folder(folder.path().to_owned()));
        let path = folder.path().join("picture");
        image::RgbImage::new(4, 4)
            .save_with_format(&path, image::ImageFormat::Png)
            .expect("it can be written");
        assert_eq!(Origin::of(&path), Origin::Picture(path.clone()));
        let mut source = Origin::of(&path).open(Duration::ZERO).expect("it opens");
        assert_eq!(source.next().expect("it is whole").expect("it is there").picture.dimensions(), (4, 4));
        for name in ["none.mp4", "none.png"] {
            let missing = Origin::of(&folder.path().join(name)).open(Duration::ZERO);
            assert!(missing.is_err(), "{name}");
        }
        let empty = folder.path().join("empty.mp4");
        std::fs::write(&empty, "").expect("it can be written");
        let error = Origin::of(&empty).open(Duration::ZERO).err().expect("it is empty");
        assert!(error.to_string().contains("is empty"), "{error}");
    }
}
