//! How fast a folder of pictures is read live: rates, latency, and whether memory stays where it is.

use super::{How, Live, Model, Opener, Seen, Spread, State};
use crate::camera::Origin;
use crate::data::{DataError, Places, Scenes, Silent, Source};
use crate::work::no_waker;
use anyhow::Context as _;
use image::RgbImage;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Seconds before anything counts: the model is opened, its memory taken.
const WARM_UP: f64 = 3.0;

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Frames a second that the source gave, and that were read.
    pub rates: [f64; 2],
    /// Frames that were not read.
    pub n_lost: u64,
    /// Milliseconds from a frame to its boxes: median, 99th of a hundred, the longest.
    pub latency: [f32; 3],
    /// Milliseconds of decoding, preparing, the model and grouping, in the median.
    pub stages: [f32; 4],
    /// Bytes in memory after warming up, at the end and at most, where the system tells.
    pub memory: Option<[u64; 3]>,
    /// Numbers on a frame in the mean.
    pub numbers: f64,
}

/// Writes so many scenes of 640 x 480 into a folder.
///
/// # Errors
/// Where they cannot be drawn or written.
pub fn scenes_into(folder: &Path, n: u64, places: &Places) -> anyhow::Result<()> {
    let settings = Scenes { size: 640, height: 480, train: n.max(10), test: 10, ..Scenes::default() };
    let dataset =
        Source::Scenes(settings).load(places, &Silent).map_err(|e: DataError| anyhow::anyhow!("{e}"))?;
    for row in 0..dataset.train.len().min(n as usize) {
        let planes = dataset.train.image(row);
        let [w, h] = dataset.train.size(row);
        let at = |x: u32, y: u32, c: usize| planes[c * w * h + y as usize * w + x as usize];
        let picture =
            RgbImage::from_fn(w as u32, h as u32, |x, y| image::Rgb([0, 1, 2].map(|c| at(x, y, c))));
        let path = folder.join(format!("{row:04}.jpg"));
        picture.save(&path).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// Reads a folder of pictures at that rate for so long.
///
/// # Errors
/// Where the folder or the model cannot be opened.
pub fn measure(
    folder: &Path,
    model: Model,
    opener: Opener,
    rate: f64,
    seconds: f64,
) -> anyhow::Result<Measured> {
    let how = How { model, hold: Duration::from_secs_f64(1.0 / rate), ..How::default() };
    let live = Live::start(Origin::of(folder), how, opener, no_waker())?;
    let mut stages = [(); 4].map(|()| Spread::default());
    // All of them, room taken beforehand so that it does not count as memory that grows.
    let mut latencies: Vec<f32> = Vec::with_capacity((rate * (seconds + 1.0)).clamp(1.0, 1e7) as usize);
    let (mut n, mut numbers) = (0_u64, 0_usize);
    let mut began: Option<(Instant, u64, u64)> = None;
    let mut last: Option<Arc<Seen>> = None;
    let (mut memory, mut most) = (None, 0);
    let started = Instant::now();
    while began.is_none_or(|(at, ..)| at.elapsed().as_secs_f64() < seconds) {
        let told = live.told();
        if let Some(trouble) = told.model_trouble {
            anyhow::bail!(trouble);
        }
        if let State::Trouble { why, .. } = told.state {
            anyhow::bail!(why);
        }
        let Some(seen) = live.wait(Duration::from_millis(200)) else {
            anyhow::ensure!(began.is_some() || started.elapsed().as_secs_f64() < 60.0, "nothing is read");
            continue;
        };
        if started.elapsed().as_secs_f64() < WARM_UP {
            continue;
        }
        if began.is_none() {
            began = Some((Instant::now(), seen.rates.n_lost, 0));
            memory = resident();
        }
        n += 1;
        numbers += seen.numbers.len();
        latencies.push(seen.latency);
        let times = [seen.times.decode, seen.times.prepare, seen.times.model, seen.times.group];
        stages.iter_mut().zip(times).for_each(|(spread, time)| spread.push(time));
        most = most.max(resident().unwrap_or(0));
        last = Some(seen);
    }
    let (Some((at, lost, _)), Some(last)) = (began, last) else { anyhow::bail!("nothing was read") };
    let secs = at.elapsed().as_secs_f64();
    let n_lost = last.rates.n_lost - lost;
    latencies.sort_by(f32::total_cmp);
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share).round() as usize];
    Ok(Measured {
        rates: [(n + n_lost) as f64 / secs, n as f64 / secs],
        n_lost,
        latency: [at(0.5), at(0.99), at(1.0)],
        stages: stages.map(|spread| spread.quantile(0.5)),
        memory: memory.zip(resident()).map(|(before, after)| [before, after, most]),
        numbers: numbers as f64 / n.max(1) as f64,
    })
}

/// Bytes of this process that lie in memory; Linux tells.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    // A page has 4096 bytes on all machines that this is measured on.
    Some(pages * 4096)
}
