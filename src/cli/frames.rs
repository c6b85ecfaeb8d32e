//! Frames read one after the other, for `read`: of videos, of the screen, of what is before a camera.

use super::exit::BadInput;
use super::guard::interruptible;
use super::out::{Out, say};
use crate::camera::{Origin, SourceError};
use crate::work::live::{Each, How, Reads, Seen};
use crate::work::record::{annotate, frame_json};
use anyhow::Context as _;
use std::path::Path;
use std::sync::atomic::Ordering;

/// Endings of files that hold a video: whatever else ffmpeg may read is named `video:FILE`.
const ENDINGS: [&str; 12] =
    ["mp4", "mov", "avi", "mkv", "webm", "m4v", "mpg", "mpeg", "ogv", "wmv", "flv", "ts"];

/// The source that gives frames one after the other, where this names one; pictures and folders do not. Of an animation
/// frames are read where `moving` says so, else its first one as a picture.
///
/// # Errors
/// Where it looks like one but makes no sense.
pub fn origin(text: &str, moving: bool) -> anyhow::Result<Option<Origin>> {
    let named = |error: SourceError| BadInput(error.to_string());
    if let Some(file) = text.strip_prefix("video:") {
        return Ok(Some(Origin::Video(file.to_owned())));
    }
    let path = Path::new(text);
    // A file or folder that is there is meant, even if it is called `screen`.
    if !path.exists() {
        let is_word = text == "camera" || text == "screen";
        if is_word || text.starts_with("camera:") || text.starts_with("screen:") || text.contains("://") {
            return Ok(Some(Origin::parse(text).map_err(named)?));
        }
    }
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    if ENDINGS.contains(&ending.as_str()) && !path.is_dir() {
        return Ok(Some(Origin::Video(text.to_owned())));
    }
    Ok((moving && matches!(ending.as_str(), "gif" | "webp")).then(|| Origin::Picture(path.to_owned())))
}

/// How frames are to be read and what becomes of them.
pub struct Wish<'a> {
    /// So many at most.
    pub frames: Option<u64>,
    /// Where copies go on which what was read is drawn.
    pub annotate: Option<&'a Path>,
    /// Whether that is one file.
    pub single: bool,
}

/// Reads a source to its end, or until Ctrl-C.
///
/// # Errors
/// Where it cannot be opened or breaks off, or copies cannot be written.
pub fn read(
    text: &str,
    origin: &Origin,
    reads: &mut dyn Reads,
    wish: &Wish<'_>,
    out: &mut Out,
) -> anyhow::Result<()> {
    let failed = |error: SourceError| BadInput(error.to_string());
    let mut each = Each::open(origin, reads, How::default()).map_err(failed)?;
    if each.about().is_live {
        say(&format!("Reading {} ({}); Ctrl-C ends", each.about().name, each.about().format));
    }
    let stop = interruptible();
    let mut n = 0;
    while wish.frames.is_none_or(|most| n < most) {
        if stop.load(Ordering::SeqCst) {
            return Err(crate::data::DataError::Cancelled.into());
        }
        let seen = match each.next() {
            Ok(Some(seen)) => seen?,
            Ok(None) => break,
            Err(error) if error.is_passing() => {
                say(&format!("error: {error}"));
                continue;
            }
            Err(error) => return Err(failed(error).into()),
        };
        n += 1;
        out.json(&frame_json(text, &seen))?;
        out.line(in_words(text, &seen))?;
        if let Some(place) = wish.annotate {
            draw(place, origin, &seen, wish.single)?;
        }
    }
    Ok(())
}

fn in_words(text: &str, seen: &Seen) -> String {
    let numbers = seen.numbers.iter().filter(|track| track.is_seen).map(|track| &track.number);
    let texts: Vec<String> =
        numbers.map(|number| format!("{} ({:.1} %)", number.text, number.confidence * 100.0)).collect();
    let read = if texts.is_empty() { "no number found".to_owned() } else { texts.join(", ") };
    format!("{text}, frame {}: {read}", seen.frame)
}

/// Draws into one picture, or into a folder of them.
fn draw(place: &Path, origin: &Origin, seen: &Seen, single: bool) -> anyhow::Result<()> {
    let path = if single && !place.is_dir() {
        place.to_owned()
    } else {
        let failed = || format!("the folder cannot be made: {}", place.display());
        std::fs::create_dir_all(place).with_context(failed)?;
        let name = origin.to_string();
        let stem = name.rsplit(['/', '\\']).next().unwrap_or_default().replace([':', '?', '*'], "-");
        place.join(format!("{stem}-{:06}.png", seen.frame))
    };
    let failed = || format!("the copy cannot be written: {}", path.display());
    annotate(seen).save(&path).map_err(|e| BadInput(e.to_string())).with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::live::testing::seen;

    #[test]
    fn frames_are_of_what_moves() {
        let of = |text: &str, moving| origin(text, moving).expect(text);
        for text in ["camera:0", "camera:1@640x480", "screen", "rtsp://door/1", "a.MP4", "video:odd"] {
            assert!(of(text, false).is_some(), "{text}");
        }
        for text in ["a.png", "folder", "a.gif", "camera.jpg"] {
            assert_eq!(of(text, false), None, "{text}");
        }
        assert!(matches!(of("a.gif", true), Some(Origin::Picture(_))));
        assert!(origin("camera:x", false).is_err());
    }

    #[test]
    fn pictures_are_drawn_where_they_were_wished() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let one = seen("12", 1, 1.0, "");
        let origin = Origin::Camera { index: 3, wish: None };
        draw(&folder.path().join("one.png"), &origin, &one, true)?;
        draw(&folder.path().join("many"), &origin, &one, false)?;
        for wanted in ["one.png", "many/camera-3-000007.png"] {
            assert!(folder.path().join(wanted).is_file(), "{wanted}");
        }
        assert!(draw(&folder.path().join("one.what"), &origin, &one, true).is_err());
        assert_eq!(in_words("camera:3", &one), "camera:3, frame 7: 12 (90.0 %)");
        let value = frame_json("door.png", &seen("304", 1, 0.5, ""));
        for key in ["source", "frame", "width", "height", "numbers", "ms"] {
            assert!(!value[key].is_null(), "{key}");
        }
        let digit = &value["numbers"][0]["digits"][0];
        assert_eq!((digit["digit"].as_u64(), digit["box"].as_array().map(Vec::len)), (Some(3), Some(4)));
        Ok(())
    }
}
