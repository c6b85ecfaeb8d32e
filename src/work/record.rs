//! What was seen, kept: a frame as a picture, or frames as a video beside the numbers read on each.

use super::live::Seen;
use crate::reader::annotated;
use anyhow::Context as _;
use crossbeam_channel::{Sender, TrySendError, bounded};
use image::codecs::jpeg::JpegEncoder;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufWriter, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Frames that wait for the disk; more are left out rather than kept in memory.
const WAITING: usize = 8;
/// Quality of the video's pictures.
const QUALITY: u8 = 88;
/// The video's container holds no more bytes; what comes later begins another video.
const MOST_BYTES: u64 = 1_900_000_000;
/// Frames a second of a video whose source has no rate, as of single pictures.
const USUAL_RATE: f32 = 10.0;

/// One object for a frame: where it is from, the numbers on it, and how long everything took.
pub fn frame_json(source: &str, seen: &Seen) -> Value {
    let area = |area: &crate::data::Area| {
        json!([area.x, area.y, area.w, area.h].map(|v| (f64::from(v) * 10.0).round() / 10.0))
    };
    let round = |value: f32| (f64::from(value) * 1e4).round() / 1e4;
    let numbers: Vec<Value> = seen
        .numbers
        .iter()
        .filter(|track| track.is_seen)
        .map(|track| {
            let number = &track.number;
            let digits: Vec<Value> = number
                .digits
                .iter()
                .map(|digit| json!({ "digit": digit.digit, "confidence": round(digit.confidence), "box": area(&digit.area) }))
                .collect();
            json!({
                "text": number.text, "confidence": round(number.confidence), "box": area(&number.area),
                "track": track.id, "stability": round(track.stability), "digits": digits,
            })
        })
        .collect();
    let ms = |value: f32| (f64::from(value) * 100.0).round() / 100.0;
    json!({
        "source": source, "frame": seen.frame, "width": seen.picture.width(), "height": seen.picture.height(),
        "numbers": numbers,
        "ms": {
            "decode": ms(seen.times.decode), "prepare": ms(seen.times.prepare), "model": ms(seen.times.model),
            "group": ms(seen.times.group), "total": ms(seen.times.total()), "latency": ms(seen.latency),
        },
    })
}

/// The picture with its boxes and numbers drawn on it.
pub fn annotate(seen: &Seen) -> image::RgbImage {
    let numbers: Vec<_> = seen.numbers.iter().map(|track| track.number.clone()).collect();
    annotated(&seen.picture.as_ref().clone().into(), &numbers)
}

/// Writes a frame with its boxes as a picture, and the frame alone beside it; returns how many numbers are on it.
pub fn snapshot(seen: &Seen, path: &Path) -> anyhow::Result<usize> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    seen.picture.save(path)?;
    annotate(seen).save(path.with_extension("read.png"))?;
    Ok(seen.numbers.len())
}

/// Records frames on a thread of its own; dropping it ends the video.
pub struct Recorder {
    folder: PathBuf,
    started: Instant,
    frames: Sender<(Arc<Seen>, f64)>,
    n_left_out: AtomicU64,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Recorder {
    /// Begins to record into a new folder: `video.avi` and `numbers.jsonl`.
    ///
    /// # Errors
    /// Where nothing can be written there.
    pub fn start(folder: PathBuf, rate: f32) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        let path = folder.join("numbers.jsonl");
        let lines = BufWriter::new(File::create(&path).with_context(|| path.display().to_string())?);
        let (frames, waiting) = bounded::<(Arc<Seen>, f64)>(WAITING);
        let trouble = Arc::<Mutex<Option<String>>>::default();
        let (told, place) = (Arc::clone(&trouble), folder.clone());
        let rate = if rate.is_finite() && rate > 0.5 { rate.min(120.0) } else { USUAL_RATE };
        std::thread::Builder::new().name("record".to_owned()).spawn(move || {
            let mut writer = Writer { folder: place, lines, video: None, rate, n_videos: 0 };
            for (seen, secs) in &waiting {
                if let Err(error) = writer.write(&seen, secs) {
                    *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
                    return;
                }
            }
            if let Err(error) = writer.end() {
                *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(format!("{error:#}"));
            }
        })?;
        Ok(Self { folder, started: Instant::now(), frames, n_left_out: AtomicU64::new(0), trouble })
    }

    /// Takes a frame that was read at `secs` since 1970; left out where the disk is too slow.
    pub fn take(&self, seen: &Arc<Seen>, secs: f64) {
        if let Err(TrySendError::Full(_)) = self.frames.try_send((Arc::clone(seen), secs)) {
            self.n_left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Where it records to.
    pub fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Since when.
    pub fn secs(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Frames left out.
    pub fn n_left_out(&self) -> u64 {
        self.n_left_out.load(Ordering::Relaxed)
    }

    /// Why it ended by itself.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The files of a recording.
struct Writer {
    folder: PathBuf,
    lines: BufWriter<File>,
    video: Option<Avi>,
    rate: f32,
    n_videos: usize,
}

impl Writer {
    fn write(&mut self, seen: &Seen, secs: f64) -> anyhow::Result<()> {
        let mut line = frame_json(&seen.name, seen);
        line["time"] = json!((secs * 1000.0).round() / 1000.0);
        writeln!(self.lines, "{line}")?;
        let size = seen.shown.dimensions();
        if self.video.as_ref().is_some_and(|video| video.size != size || video.bytes > MOST_BYTES) {
            self.end()?;
        }
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(seen.shown.as_ref())?;
        let video = match &mut self.video {
            Some(video) => video,
            none => {
                self.n_videos += 1;
                let name = if self.n_videos == 1 {
                    "video.avi".to_owned()
                } else {
                    format!("video-{}.avi", self.n_videos)
                };
                none.insert(Avi::begin(&self.folder.join(name), size, self.rate)?)
            }
        };
        video.push(&jpeg)
    }

    fn end(&mut self) -> anyhow::Result<()> {
        self.lines.flush()?;
        self.video.take().map_or(Ok(()), Avi::end)
    }
}

/// A video of JPEG pictures in an AVI container, which every player knows (Microsoft, "AVI RIFF File Reference").
struct Avi {
    file: BufWriter<File>,
    size: (u32, u32),
    rate: f32,
    /// Where each picture begins, counted from the list of them, and its bytes.
    index: Vec<[u32; 2]>,
    bytes: u64,
}

/// Bytes before the first picture.
const HEAD: usize = 224;

impl Avi {
    fn begin(path: &Path, size: (u32, u32), rate: f32) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| path.display().to_string())?;
        let mut avi = Self { file: BufWriter::new(file), size, rate, index: Vec::new(), bytes: 0 };
        // How much there is stands at the beginning and is known at the end.
        let head = avi.head(0);
        avi.file.write_all(&head)?;
        Ok(avi)
    }

    fn push(&mut self, jpeg: &[u8]) -> anyhow::Result<()> {
        self.index.push([self.bytes as u32 + 4, jpeg.len() as u32]);
        self.file.write_all(b"00dc")?;
        self.file.write_all(&(jpeg.len() as u32).to_le_bytes())?;
        self.file.write_all(jpeg)?;
        if !jpeg.len().is_multiple_of(2) {
            self.file.write_all(&[0])?;
        }
        self.bytes += 8 + jpeg.len().next_multiple_of(2) as u64;
        Ok(())
    }

    fn end(mut self) -> anyhow::Result<()> {
        self.file.write_all(b"idx1")?;
        self.file.write_all(&(self.index.len() as u32 * 16).to_le_bytes())?;
        for [at, bytes] in std::mem::take(&mut self.index) {
            self.file.write_all(b"00dc")?;
            // Every picture can be shown without the ones before it.
            for word in [0x10, at, bytes] {
                self.file.write_all(&u32::to_le_bytes(word))?;
            }
            self.index.push([at, bytes]);
        }
        let head = self.head(self.index.len() as u32);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&head)?;
        Ok(self.file.flush()?)
    }

    fn head(&self, n: u32) -> Vec<u8> {
        let (width, height) = self.size;
        let largest = self.index.iter().map(|[_, bytes]| *bytes).max().unwrap_or(0);
        let movie = self.bytes as u32 + 4;
        let thousandths = (self.rate * 1000.0) as u32;
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let chunk =
            |name: &[u8; 4], body: Vec<u8>| [&name[..], &(body.len() as u32).to_le_bytes(), &body].concat();
        let main = [
            1_000_000_000 / thousandths.max(1),
            largest,
            0,
            0x10,
            n,
            0,
            1,
            largest,
            width,
            height,
            0,
            0,
            0,
            0,
        ];
        let main = chunk(b"avih", words(&main));
        let stream =
            [0, 0, 0, 1000, thousandths, 0, n, largest, u32::MAX, 0, 0, (height << 16) | (width & 0xFFFF)];
        let stream = chunk(b"strh", [&b"vidsMJPG"[..], &words(&stream)].concat());
        let format = [
            &words(&[40, width, height, (24 << 16) | 1])[..],
            b"MJPG",
            &words(&[width * height * 3, 0, 0, 0, 0]),
        ]
        .concat();
        let format = chunk(b"strf", format);
        let streams = chunk(b"LIST", [&b"strl"[..], &stream, &format].concat());
        let headers = chunk(b"LIST", [&b"hdrl"[..], &main, &streams].concat());
        let whole = 4 + headers.len() as u32 + 8 + movie + 8 + n * 16;
        let mut head =
            [&b"RIFF"[..], &whole.to_le_bytes(), b"AVI ", &headers, b"LIST", &movie.to_le_bytes(), b"movi"]
                .concat();
        head.truncate(HEAD.max(head.len()));
        head
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::live::testing::seen;

    #[test]
    fn a_recording_is_a_video_and_lines() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let place = folder.path().join("a").join("b");
        let recorder = Recorder::start(place.clone(), 15.0)?;
        let one = Arc::new(seen("304", 3, 0.9, ""));
        for _ in 0..5 {
            recorder.take(&one, 12.0);
        }
        drop(recorder);
        let since = Instant::now();
        let video = loop {
            let bytes = std::fs::read(place.join("video.avi")).unwrap_or_default();
            if bytes.windows(4).any(|name| name == b"idx1") && bytes.len() > 48 && bytes[48] == 5 {
                break bytes;
            }
            assert!(since.elapsed().as_secs() < 30, "it is never written");
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert_eq!(u32::from_le_bytes(video[4..8].try_into()?) as usize, video.len() - 8);
        // The index points at pictures.
        let index = video.windows(4).position(|name| name == b"idx1").unwrap_or_default() + 8;
        let movie = video.windows(4).position(|name| name == b"movi").unwrap_or_default();
        for entry in video[index..].chunks(16) {
            let [at, n] =
                [8, 12].map(|i| u32::from_le_bytes([entry[i], entry[i + 1], entry[i + 2], entry[i + 3]]));
            let start = movie + at as usize;
            assert_eq!(&video[start..start + 4], b"00dc");
            assert_eq!(image::load_from_memory(&video[start + 8..start + 8 + n as usize])?.width(), 160);
        }
        let lines = std::fs::read_to_string(place.join("numbers.jsonl"))?;
        let first: Value = serde_json::from_str(lines.lines().next().unwrap_or_default())?;
        assert_eq!(
            (first["numbers"][0]["text"].as_str(), first["frame"].as_u64(), lines.lines().count()),
            (Some("304"), Some(7), 5)
        );
        assert!(first["ms"]["model"].is_number() && first["numbers"][0]["digits"][2]["box"][3].is_number());
        let path = folder.path().join("s.png");
        assert_eq!(snapshot(&one, &path)?, 1);
        assert_ne!(image::open(&path)?, image::open(path.with_extension("read.png"))?);
        Ok(())
    }
}
