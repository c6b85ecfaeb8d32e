//! Numbers followed from frame to frame: boxes that do not jitter, and a text that more than one frame agrees on.

use super::{Found, Number};
use crate::data::Area;

/// Boxes of two frames that share less of their union than this are not the same number.
const SAME: f32 = 0.25;
/// And where the texts agree, so little will do: the camera was moved.
const SAME_TEXT: f32 = 0.05;
/// A number that is not found again for so many seconds is gone.
const GONE_SECS: f64 = 0.5;
/// A reading's vote is worth a third after so many seconds.
const MEMORY_SECS: f64 = 1.2;
/// A number seen in fewer frames than this is not stable yet, whatever they say.
const FEW: u32 = 6;
/// The filter's cutoff for a box at rest, in Hz, and what it grows by for a box that moves by its own height in a second
/// (Casiez, Roussel and Vogel, 2012, "1 Euro filter", CHI): a box at rest does not tremble, one that moves does not lag.
const CUTOFF: f64 = 1.0;
const CUTOFF_OF_SPEED: f64 = 3.0;
/// The cutoff of the speed itself, in Hz, as in the paper.
const SPEED_CUTOFF: f64 = 1.0;

/// A number as it has been seen over some frames.
#[derive(Clone, Debug, PartialEq)]
pub struct Track {
    /// Stays the same from frame to frame.
    pub id: u64,
    /// What it is by the votes of all frames, with boxes that do not jitter.
    pub number: Number,
    /// How much of the votes agree, 0 to 1; grows over the first frames.
    pub stability: f32,
    /// Frames that it was found in.
    pub n_frames: u32,
    /// Whether it was found in this one.
    pub is_seen: bool,
}

/// The numbers of a picture that stands alone: one reading, and nothing that disagrees.
pub fn single(numbers: &[Number]) -> Vec<Track> {
    let track = |(i, number): (usize, &Number)| Track {
        id: i as u64 + 1,
        number: number.clone(),
        stability: 1.0,
        n_frames: 1,
        is_seen: true,
    };
    numbers.iter().enumerate().map(track).collect()
}

/// Follows numbers.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    followed: Vec<Followed>,
    n: u64,
    /// When the last frame was taken.
    last_secs: Option<f64>,
}

#[derive(Clone, Debug)]
struct Followed {
    id: u64,
    middle: [Smooth; 2],
    size: [Smooth; 2],
    votes: Vec<Vote>,
    n_frames: u32,
    seen_secs: f64,
    is_seen: bool,
}

/// What was read, with the weight of all frames that read it.
#[derive(Clone, Debug)]
struct Vote {
    text: String,
    weight: f64,
    /// The newest number of that text; its digits' boxes as shares of its own box, averaged over frames.
    number: Number,
    shares: Vec<Area>,
}

impl Tracker {
    /// Takes in the numbers of a frame that was taken at `secs`; returns those followed, the newest ones last.
    pub fn update(&mut self, numbers: &[Number], secs: f64) -> Vec<Track> {
        // A slow machine sees a frame now and then: what is in two that follow each other is there.
        let passed = self.last_secs.replace(secs).map_or(0.0, |last| secs - last);
        let patience = GONE_SECS.max(1.5 * passed);
        self.followed.retain(|one| (0.0..=patience).contains(&(secs - one.seen_secs)));
        for one in &mut self.followed {
            one.is_seen = false;
        }
        // The best pairs first, each number and each track once.
        let mut pairs = Vec::new();
        for (i, one) in self.followed.iter().enumerate() {
            for (j, number) in numbers.iter().enumerate() {
                let share = one.area().iou(&number.area);
                let same_text = one.best().is_some_and(|vote| vote.text == number.text);
                if share > SAME || (same_text && share > SAME_TEXT) {
                    pairs.push((share + f32::from(u8::from(same_text)) * 0.1, i, j));
                }
            }
        }
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut taken = vec![false; numbers.len()];
        for (_, i, j) in pairs {
            if !taken[j] && !self.followed[i].is_seen {
                taken[j] = true;
                self.followed[i].follow(&numbers[j], secs);
            }
        }
        for (number, _) in numbers.iter().zip(taken).filter(|(_, taken)| !taken) {
            self.n += 1;
            self.followed.push(Followed::new(self.n, number, secs));
        }
        self.followed.iter().filter_map(Followed::track).collect()
    }

    /// Forgets everything, as for another source.
    pub fn clear(&mut self) {
        self.followed.clear();
    }
}

impl Followed {
    fn new(id: u64, number: &Number, secs: f64) -> Self {
        let Area { x, y, w, h } = number.area;
        let middle = [x + w / 2.0, y + h / 2.0].map(Smooth::new);
        let size = [w, h].map(Smooth::new);
        let mut new =
            Self { id, middle, size, votes: Vec::new(), n_frames: 1, seen_secs: secs, is_seen: true };
        new.vote(number, 0.0);
        new
    }

    fn follow(&mut self, number: &Number, secs: f64) {
        let passed = secs - self.seen_secs;
        let Area { x, y, w, h } = number.area;
        // Speeds are told in heights a second: a number twice as near moves twice as far.
        let unit = f64::from(self.size[1].value).max(1.0);
        for (smooth, value) in self.middle.iter_mut().zip([x + w / 2.0, y + h / 2.0]) {
            smooth.follow(value, passed, unit);
        }
        for (smooth, value) in self.size.iter_mut().zip([w, h]) {
            smooth.follow(value, passed, unit);
        }
        self.vote(number, passed);
        self.n_frames += 1;
        self.seen_secs = secs;
        self.is_seen = true;
    }

    fn vote(&mut self, number: &Number, passed: f64) {
        let fading = (-passed / MEMORY_SECS).exp();
        self.votes.iter_mut().for_each(|vote| vote.weight *= fading);
        let shares: Vec<Area> =
            number.digits.iter().map(|digit| share_of(&digit.area, &number.area)).collect();
        let weight = f64::from(number.confidence.max(0.01));
        match self.votes.iter_mut().find(|vote| vote.text == number.text) {
            Some(vote) => {
                let same = vote.shares.len() == shares.len();
                vote.shares = match same {
                    true => vote.shares.iter().zip(&shares).map(|(old, new)| between(old, new)).collect(),
                    false => shares,
                };
                let kept = vote.number.confidence;
                vote.number.clone_from(number);
                // Its confidence trembles as its box does.
                vote.number.confidence = kept + (number.confidence - kept) * 0.3;
                vote.weight += weight;
            }
            None => {
                self.votes.push(Vote { text: number.text.clone(), weight, number: number.clone(), shares });
            }
        }
        self.votes.retain(|vote| vote.weight > 1e-3);
    }

    fn best(&self) -> Option<&Vote> {
        self.votes.iter().max_by(|a, b| a.weight.total_cmp(&b.weight))
    }

    fn area(&self) -> Area {
        let ([x, y], [w, h]) = (&self.middle, &self.size);
        let (w, h) = (w.value.max(1.0), h.value.max(1.0));
        Area { x: x.value - w / 2.0, y: y.value - h / 2.0, w, h }
    }

    fn track(&self) -> Option<Track> {
        let best = self.best()?;
        let area = self.area();
        let digits = best.number.digits.iter().zip(&best.shares);
        let digits: Vec<Found> =
            digits.map(|(digit, share)| Found { area: placed(share, &area), ..digit.clone() }).collect();
        let all: f64 = self.votes.iter().map(|vote| vote.weight).sum();
        let agree = (best.weight / all.max(f64::MIN_POSITIVE)) as f32;
        let grown = (self.n_frames as f32 / FEW as f32).min(1.0);
        Some(Track {
            id: self.id,
            number: Number { area, digits, ..best.number.clone() },
            stability: agree * grown,
            n_frames: self.n_frames,
            is_seen: self.is_seen,
        })
    }
}

/// A value that follows what is measured without trembling.
#[derive(Clone, Copy, Debug)]
struct Smooth {
    value: f32,
    measured: f32,
    /// Units a second.
    speed: f64,
}

impl Smooth {
    fn new(value: f32) -> Self {
        Self { value, measured: value, speed: 0.0 }
    }

    fn follow(&mut self, value: f32, secs: f64, unit: f64) {
        if secs <= 0.0 {
            return;
        }
        let speed = f64::from(value - self.measured) / unit / secs;
        self.speed += (speed - self.speed) * weight(SPEED_CUTOFF, secs);
        let cutoff = CUTOFF + CUTOFF_OF_SPEED * self.speed.abs();
        self.value += (value - self.value) * weight(cutoff, secs) as f32;
        self.measured = value;
    }
}

/// What a new value counts in a low-pass filter of that cutoff in Hz.
fn weight(cutoff: f64, secs: f64) -> f64 {
    let tau = 1.0 / (std::f64::consts::TAU * cutoff);
    1.0 / (1.0 + tau / secs)
}

/// A box as shares of another one's sides.
fn share_of(area: &Area, of: &Area) -> Area {
    let (w, h) = (of.w.max(1e-6), of.h.max(1e-6));
    Area { x: (area.x - of.x) / w, y: (area.y - of.y) / h, w: area.w / w, h: area.h / h }
}

/// The box that lies so in another one.
fn placed(share: &Area, area: &Area) -> Area {
    Area {
        x: area.x + share.x * area.w,
        y: area.y + share.y * area.h,
        w: share.w * area.w,
        h: share.h * area.h,
    }
}

/// Three parts of the old and one of the new.
fn between(old: &Area, new: &Area) -> Area {
    let mean = |a: f32, b: f32| a + (b - a) * 0.25;
    Area { x: mean(old.x, new.x), y: mean(old.y, new.y), w: mean(old.w, new.w), h: mean(old.h, new.h) }
}

#[cfg(test)]
mod tests {
    use super::super::Thresholds;
    use super::super::testing::row;
    use super::*;
    use crate::data::random::Stream;

    const FRAME: f64 = 1.0 / 30.0;

    fn number(text: &str, x: f32, y: f32) -> Number {
        let digits = row(text, [x, y], [20.0, 40.0], 24.0, 0.0);
        Number::of(digits, 0.0, &Thresholds::default()).expect("it has digits")
    }

    #[test]
    fn a_box_that_trembles_comes_to_rest() {
        let mut tracker = Tracker::default();
        let mut stream = Stream::new("test", 1, 0, 0);
        let mut all = Vec::new();
        for i in 0..90 {
            let (dx, dy) = (stream.between(-3.0, 3.0), stream.between(-3.0, 3.0));
            let tracks = tracker.update(&[number("304", 100.0 + dx, 80.0 + dy)], f64::from(i) * FRAME);
            assert_eq!(tracks.len(), 1);
            assert_eq!(tracks[0].id, 1);
            all.push(tracks[0].number.area.x);
        }
        let moves: Vec<f32> = all[30..].windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
        let mean = moves.iter().sum::<f32>() / moves.len() as f32;
        // The measured box moves by 2 pixels a frame in the mean.
        assert!(mean < 0.7, "{mean}");
        assert!((all[89] - 90.0).abs() < 2.0, "{}", all[89]);
    }

    #[test]
    fn a_box_that_moves_is_followed() {
        let mut tracker = Tracker::default();
        let mut last = Vec::new();
        // Four heights a second.
        for i in 0..40 {
            last = tracker.update(&[number("7", 20.0 + 5.3 * i as f32, 50.0)], f64::from(i) * FRAME);
        }
        let lag = 20.0 + 5.3 * 39.0 - 10.0 - last[0].number.area.x;
        assert!((0.0..20.0).contains(&lag), "{lag}");
        assert_eq!((last[0].id, last[0].n_frames), (1, 40));
    }

    #[test]
    fn frames_vote_and_one_wrong_reading_changes_nothing() {
        let mut tracker = Tracker::default();
        let mut stable = Vec::new();
        for i in 0..20 {
            let text = if i % 5 == 3 { "384" } else { "304" };
            let tracks = tracker.update(&[number(text, 100.0, 80.0)], f64::from(i) * FRAME);
            assert_eq!(tracks[0].number.text, "304");
            assert_eq!(tracks[0].number.digits.len(), 3);
            stable.push(tracks[0].stability);
        }
        assert!(stable[0] < 0.2 && stable[2] > 0.4 && stable[19] > 0.7 && stable[19] < 1.0, "{stable:?}");
        // When the sign is changed, the votes follow within some seconds.
        let after = (20..110).map(|i| {
            tracker.update(&[number("12", 110.0, 80.0)], f64::from(i) * FRAME)[0].number.text.clone()
        });
        let texts: Vec<String> = after.collect();
        assert!(texts.contains(&"12".to_owned()) && texts.last().is_some_and(|text| text == "12"));
    }

    #[test]
    fn a_picture_alone_is_stable() {
        let [one] = &single(&[number("7", 50.0, 50.0)])[..] else { panic!("one number") };
        assert_eq!((one.id, one.stability, one.number.area), (1, 1.0, number("7", 50.0, 50.0).area));
    }

    #[test]
    fn several_numbers_keep_their_own_tracks_and_leave() {
        let mut tracker = Tracker::default();
        let both = |i: i32| [number("12", 40.0 + i as f32, 40.0), number("9", 200.0, 90.0)];
        for i in 0..10 {
            let mut numbers = both(i);
            if i % 2 == 1 {
                numbers.reverse();
            }
            let tracks = tracker.update(&numbers, f64::from(i) * FRAME);
            let texts: Vec<&str> = tracks.iter().map(|track| track.number.text.as_str()).collect();
            assert_eq!(texts, ["12", "9"]);
            assert_eq!([tracks[0].id, tracks[1].id], [1, 2]);
        }
        // One is hidden for a moment, then for good.
        let tracks = tracker.update(&both(10)[..1], 10.0 * FRAME);
        assert_eq!(tracks.iter().map(|track| track.is_seen).collect::<Vec<_>>(), [true, false]);
        let tracks = (11..30).map(|i| tracker.update(&both(11)[..1], f64::from(i) * FRAME).len());
        assert_eq!(tracks.last(), Some(1));
        // Frames far apart are still frames that follow each other.
        assert_eq!(tracker.update(&both(11)[..1], 4.0)[0].id, 1);
        tracker.clear();
        assert!(tracker.update(&[], 2.0).is_empty());
        // A clock that goes back, as of a video that begins anew, does no harm.
        assert_eq!(tracker.update(&both(0), 0.0).len(), 2);
    }
}
