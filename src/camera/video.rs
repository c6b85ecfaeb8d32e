//! Videos, and whatever else an installed ffmpeg reads: it unpacks them into a pipe, frame by frame.

use super::error::SourceError;
use super::planes::from_420;
use super::{About, Frame, Source};
use image::RgbImage;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wider videos are made smaller by ffmpeg, which does that faster than they would be read.
const WIDEST: u32 = 1920;
/// Bytes of ffmpeg's complaints that are kept.
const KEPT: usize = 2_000;
/// A header line of the pipe is shorter.
const HEADER: u64 = 1_000;

/// A video as ffmpeg unpacks it.
pub struct Video {
    name: String,
    is_live: bool,
    child: Child,
    pipe: BufReader<ChildStdout>,
    said: Arc<Mutex<String>>,
    size: (usize, usize),
    rate: f64,
    n: u64,
    planes: Vec<u8>,
}

impl Video {
    /// Opens a file or an address that ffmpeg knows (`rtsp://`, `http://`).
    pub fn open(name: &str) -> Result<Self, SourceError> {
        let is_live = name.contains("://");
        let shown = name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned();
        // A file's name that begins with a dash is no option.
        let input = if is_live { name.to_owned() } else { format!("file:{name}") };
        Self::start(shown, "videos", is_live, &["-i".to_owned(), input])
    }

    /// Starts ffmpeg on these arguments; `what` is what it is needed for.
    pub(super) fn start(
        name: String,
        what: &'static str,
        is_live: bool,
        input: &[String],
    ) -> Result<Self, SourceError> {
        let refused = |why: String| SourceError::Refused { name: name.clone(), why };
        let mut child = Command::new("ffmpeg")
            .args(["-hide_banner", "-nostdin", "-loglevel", "error"])
            .args(input)
            .args(["-map", "0:v:0", "-an", "-sn", "-vf"])
            // Sides are made even: colour comes for four pixels together.
            .arg(format!("scale=trunc(min({WIDEST}\\,iw)/2)*2:-2:out_range=tv,format=yuv420p"))
            .args(["-f", "yuv4mpegpipe", "-strict", "-1", "pipe:1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| match error.kind() {
                ErrorKind::NotFound => SourceError::NoFfmpeg { what },
                _ => refused(error.to_string()),
            })?;
        let said = Arc::new(Mutex::new(String::new()));
        if let Some(complaints) = child.stderr.take() {
            let said = Arc::clone(&said);
            // Read all along: a full pipe would stop it.
            let listen = move || {
                for line in BufReader::new(complaints).lines().map_while(Result::ok) {
                    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    if said.len() < KEPT {
                        said.push_str(&line);
                        said.push('\n');
                    }
                }
            };
            std::thread::Builder::new()
                .name("ffmpeg's complaints".to_owned())
                .spawn(listen)
                .map_err(|error| refused(error.to_string()))?;
        }
        let Some(pipe) = child.stdout.take() else { return Err(refused("it has no output".to_owned())) };
        let pipe = BufReader::with_capacity(1 << 20, pipe);
        let (size, rate, planes) = ((0, 0), 0.0, Vec::new());
        let mut video = Self { name, is_live, child, pipe, said, size, rate, n: 0, planes };
        let header = video.line()?.ok_or_else(|| video.complaint("there is no video in it"))?;
        (video.size, video.rate) =
            parse(&header).ok_or_else(|| video.complaint("its output is not understood"))?;
        let (w, h) = video.size;
        video.planes = vec![0; w * h + 2 * (w.div_ceil(2) * h.div_ceil(2))];
        Ok(video)
    }

    /// The next line of the pipe; `None` at its end.
    fn line(&mut self) -> Result<Option<String>, SourceError> {
        let mut line = Vec::new();
        let read = (&mut self.pipe).take(HEADER).read_until(b'\n', &mut line);
        match read {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned())),
            Err(error) => Err(SourceError::Refused { name: self.name.clone(), why: error.to_string() }),
        }
    }

    /// What ffmpeg said, or else that.
    fn complaint(&mut self, otherwise: &str) -> SourceError {
        // It is at its end, and with it its last words.
        self.child.wait().ok();
        std::thread::sleep(Duration::from_millis(20));
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(otherwise);
        let why = last.rsplit_once(": ").map_or(last, |(_, end)| end).to_owned();
        SourceError::Refused { name: self.name.clone(), why }
    }
}

impl Source for Video {
    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let Some(head) = self.line()? else {
            // An end with a complaint and without a single frame is no video.
            return if self.n == 0 { Err(self.complaint("there is no frame in it")) } else { Ok(None) };
        };
        if !head.starts_with("FRAME") {
            return Err(self.complaint("its output is not understood"));
        }
        if self.pipe.read_exact(&mut self.planes).is_err() {
            return if self.n == 0 { Err(self.complaint("its first frame is cut off")) } else { Ok(None) };
        }
        let since = Instant::now();
        let (w, h) = self.size;
        let (bright, colours) = self.planes.split_at(w * h);
        let half = w.div_ceil(2);
        let (us, vs) = colours.split_at(half * h.div_ceil(2));
        let mut out = vec![0; w * h * 3];
        from_420(bright, w, w, &mut out, |x, y| (us[y * half + x], vs[y * half + x]));
        let Some(picture) = RgbImage::from_raw(w as u32, h as u32, out) else { return Ok(None) };
        let number = self.n;
        self.n += 1;
        let hold = (!self.is_live).then(|| Duration::from_secs_f64(1.0 / self.rate));
        let (name, taken, decoding) = (String::new(), Instant::now(), since.elapsed());
        Ok(Some(Frame { picture, number, name, taken, decoding, hold }))
    }

    fn about(&self) -> About {
        let rate = (self.rate * 100.0).round() / 100.0;
        let format = format!("{}x{}, {rate} frames/s", self.size.0, self.size.1);
        About { name: self.name.clone(), format, is_live: self.is_live, ..About::default() }
    }
}

impl Drop for Video {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Size and frames a second of the pipe's first line: `YUV4MPEG2 W640 H480 F30000:1001 ...`.
fn parse(header: &str) -> Option<((usize, usize), f64)> {
    let mut words = header.strip_prefix("YUV4MPEG2 ")?.split(' ');
    let value = |letter: char| words.clone().find_map(|word| word.strip_prefix(letter));
    let side = |text: &str| text.parse().ok().filter(|side| (1..=16_384).contains(side));
    let size = (side(value('W')?)?, side(value('H')?)?);
    let (over, under) = value('F')?.split_once(':')?;
    let rate = over.parse::<f64>().ok()? / under.parse::<f64>().ok()?;
    words.next()?;
    // A file can claim anything; what is shown is shown at a rate that can be seen.
    Some((size, if rate.is_finite() && rate > 0.0 { rate.clamp(0.1, 240.0) } else { 25.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pipe_s_first_line_is_understood() {
        let (size, rate) = parse("YUV4MPEG2 W640 H480 F30000:1001 Ip A1:1 C420jpeg").expect("it is one");
        assert_eq!(size, (640, 480));
        assert!((rate - 29.97).abs() < 0.01);
        assert_eq!(parse("YUV4MPEG2 W2 H2 F0:0 Ip").map(|(_, rate)| rate), Some(25.0));
        for bad in ["", "YUV4MPEG2", "YUV4MPEG2 W0 H5 F1:1", "YUV4MPEG2 W9 H5", "P6 3 3"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_video_is_said_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("no.mp4");
        std::fs::write(&path, "this is no video").expect("it can be written");
        let error = Video::open(&path.to_string_lossy()).err().expect("it is none");
        // With or without ffmpeg on this machine.
        assert!(matches!(error, SourceError::Refused { .. } | SourceError::NoFfmpeg { .. }), "{error}");
        assert!(!error.may_come_back() && !error.is_passing());
    }
}
