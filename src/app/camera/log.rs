//! The list of numbers read: each once, when enough frames agree on it, with the time and a small picture.

use crate::data::Area;
use crate::found::track::Track;
use crate::work::live::Seen;
use image::RgbImage;
use image::imageops::{crop_imm, thumbnail};
use std::collections::VecDeque;
use std::sync::Arc;

/// Entries kept: half a day of a busy street.
const MOST: usize = 1000;
/// A number of a live picture is listed when so much of its frames' votes agree.
const STABLE: f32 = 0.6;
/// Height of the small pictures.
const THUMB: u32 = 40;

/// A number that was read.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Names it in the list.
    pub id: u64,
    /// Seconds since 1970.
    pub secs: f64,
    /// The number.
    pub text: String,
    /// How sure it was at best.
    pub confidence: f32,
    /// Where it was read: the source, and the file where there is one.
    pub source: String,
    /// The frame of the source.
    pub frame: u64,
    /// A small picture of it.
    pub thumb: Arc<RgbImage>,
    /// The number as it was followed.
    track: u64,
}

/// The list, the newest first.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
    n: u64,
}

impl Log {
    /// The entries, the newest first.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Takes in what was read on a frame.
    pub fn take(&mut self, seen: &Seen, source: &str, secs: f64, is_live: bool) {
        if seen.is_again {
            return;
        }
        // A picture that stays is all there is: it is listed at once.
        let is_single = !seen.name.is_empty() && !is_live;
        for track in seen.numbers.iter().filter(|track| track.is_seen) {
            if is_single || track.stability >= STABLE {
                self.list(track, seen, source, secs, is_single);
            }
        }
    }

    fn list(&mut self, track: &Track, seen: &Seen, source: &str, secs: f64, is_single: bool) {
        let number = &track.number;
        let known = self.entries.iter_mut().find(|entry| match is_single {
            true => entry.frame == seen.frame && entry.text == number.text,
            false => entry.track == track.id && entry.text == number.text && secs - entry.secs < 3600.0,
        });
        if let Some(known) = known {
            if number.confidence > known.confidence {
                known.confidence = number.confidence;
                known.thumb = Arc::new(cut(&seen.picture, &number.area));
            }
            return;
        }
        self.n += 1;
        let whole = if seen.name.is_empty() { source.to_owned() } else { format!("{source}: {}", seen.name) };
        self.entries.push_front(Entry {
            id: self.n,
            secs,
            text: number.text.clone(),
            confidence: number.confidence,
            source: whole,
            frame: seen.frame,
            thumb: Arc::new(cut(&seen.picture, &number.area)),
            track: track.id,
        });
        self.entries.truncate(MOST);
    }

    /// As a table, the oldest first.
    pub fn csv(&self) -> String {
        let mut table = "time,number,confidence,source,frame\n".to_owned();
        for entry in self.entries.iter().rev() {
            let source = entry.source.replace('"', "\"\"");
            let time = utc(entry.secs);
            let line =
                format!("{time},{},{:.4},\"{source}\",{}\n", entry.text, entry.confidence, entry.frame);
            table.push_str(&line);
        }
        table
    }
}

/// `2026-11-21T01:45:30Z`, from seconds since 1970.
pub fn utc(secs: f64) -> String {
    let stamp = crate::runs::timestamp(secs);
    let part = |from: usize, to: usize| stamp.get(from..to).unwrap_or_default();
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(9, 11), part(11, 13), part(13, 15)]);
    format!("{}T{}Z", date.join("-"), time.join(":"))
}

/// The number with some of what is around it, made small.
fn cut(picture: &RgbImage, area: &Area) -> RgbImage {
    let margin = area.h * 0.15;
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let span = |from: f32, to: f32, side: f32| {
        let first = from.floor().clamp(0.0, (side - 1.0).max(0.0));
        (first as u32, (to.ceil().clamp(first + 1.0, side.max(1.0)) - first) as u32)
    };
    let (x, w) = span(area.x - margin, area.right() + margin, width);
    let (y, h) = span(area.y - margin, area.bottom() + margin, height);
    let part = crop_imm(picture, x, y, w, h).to_image();
    let wide = (f64::from(w) * f64::from(THUMB) / f64::from(h.max(1))).clamp(8.0, 240.0) as u32;
    thumbnail(&part, wide, THUMB)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::live::testing::seen;

    #[test]
    fn a_number_is_listed_once_it_is_stable_and_only_once() {
        let mut log = Log::default();
        let stable = |stability| seen("304", 5, stability, "");
        log.take(&stable(0.3), "camera:0", 100.0, true);
        assert_eq!(log.entries().len(), 0);
        log.take(&stable(0.8), "camera:0", 101.0, true);
        log.take(&stable(0.9), "camera:0", 102.0, true);
        assert_eq!(log.entries().len(), 1);
        log.take(&seen("12", 6, 0.9, ""), "camera:0", 86_400.0, true);
        let texts: Vec<&str> = log.entries().map(|entry| entry.text.as_str()).collect();
        assert_eq!(texts, ["12", "304"]);
        assert_eq!(log.entries().next().map(|entry| entry.thumb.height()), Some(THUMB));
        assert_eq!(
            log.csv(),
            "time,number,confidence,source,frame\n\
             1970-01-01T00:01:41Z,304,0.9000,\"camera:0\",7\n1970-01-02T00:00:00Z,12,0.9000,\"camera:0\",7\n"
        );
    }

    #[test]
    fn pictures_are_listed_at_once() {
        let mut log = Log::default();
        log.take(&seen("7", 1, 0.1, "a.png"), "a \"b\"", 1.0, false);
        log.take(&seen("7", 1, 0.1, "a.png"), "a \"b\"", 1.0, false);
        assert_eq!(log.entries().len(), 1);
        assert!(log.csv().contains("\"a \"\"b\"\": a.png\""));
        log.clear();
        assert_eq!(log.entries().len(), 0);
    }
}
