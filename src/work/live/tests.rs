//! Live reading from pictures to numbers, with a stand-in for the model: nothing queues up, settings take effect, what
//! breaks is told.

use super::{Glimpse, How, Live, Model, Opener, Part, Read, Reads, Shown, State, Told};
use crate::camera::Origin;
use crate::data::Area;
use crate::found::{Found, Number, Thresholds};
use crate::work::no_waker;
use image::{Rgb, RgbImage};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Outcome = anyhow::Result<()>;

/// Reads the digit that a picture's red says, in a box around everything but a tenth.
struct Red {
    takes: Duration,
}

impl Reads for Red {
    fn read(&mut self, picture: &RgbImage, how: &How) -> anyhow::Result<Read> {
        std::thread::sleep(self.takes);
        let red = picture.get_pixel(0, 0).0[0];
        anyhow::ensure!(red < 200, "it is too red");
        assert!(red < 100, "a model that panics");
        let mut scores = [0.0; 10];
        scores[usize::from(red / 10)] = 0.8;
        let (w, h) = (picture.width() as f32, picture.height() as f32);
        let area = Area { x: 0.1 * w, y: 0.1 * h, w: 0.8 * w, h: 0.8 * h };
        let digits = vec![Found::new(scores, area, None)];
        let number = Number::of(digits, 0.0, &Thresholds::default())
            .filter(|one| one.confidence > how.confidence.unwrap_or(0.4));
        let glimpse = Glimpse {
            number: 0,
            size: [1, 1],
            pixels: vec![red],
            text: String::new(),
            probabilities: Vec::new(),
            inverted: false,
        };
        Ok(Read { numbers: number.into_iter().collect(), glimpses: vec![glimpse], ..Read::default() })
    }

    fn shown(&self) -> Shown {
        Shown::Digits
    }

    fn name(&self) -> String {
        "Red".to_owned()
    }
}

fn opener(takes: Duration) -> Opener {
    Arc::new(move |model| match model {
        Model::Shipped => Ok(Box::new(Red { takes }) as Box<dyn Reads>),
        Model::File(path) => anyhow::bail!("no model: {}", path.display()),
    })
}

fn save(folder: &Path, name: &str, red: u8) -> anyhow::Result<()> {
    Ok(RgbImage::from_pixel(40, 30, Rgb([red, 0, 0])).save(folder.join(name))?)
}

fn until(live: &Live, mut done: impl FnMut(&Told) -> bool) -> Told {
    let since = Instant::now();
    loop {
        let told = live.told();
        if done(&told) {
            return told;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "it never came: {told:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn next(live: &Live) -> anyhow::Result<Arc<super::Seen>> {
    live.wait(Duration::from_secs(30)).ok_or_else(|| anyhow::anyhow!("nothing was seen: {:?}", live.told()))
}

#[test]
fn a_picture_is_read_and_read_again_when_settings_change() -> Outcome {
    let folder = tempfile::tempdir()?;
    save(folder.path(), "seven.png", 70)?;
    let origin = Origin::of(&folder.path().join("seven.png"));
    let how = How::default();
    let live = Live::start(origin, how.clone(), opener(Duration::ZERO), no_waker())?;
    let seen = next(&live)?;
    assert_eq!((seen.frame, seen.name.as_str(), seen.picture.dimensions()), (0, "seven.png", (40, 30)));
    let number = &seen.numbers[0].number;
    assert_eq!((number.text.as_str(), number.area.w, seen.is_again), ("7", 32.0, false));
    let told = until(&live, |told| told.state == State::Ended);
    assert_eq!((told.model.as_str(), told.shown), ("Red", Shown::Digits));
    // Only the lower right quarter; boxes are still those of the whole picture.
    live.set(How { part: Some(Part { x: 0.5, y: 0.5, w: 0.5, h: 0.5 }), ..how.clone() });
    let seen = next(&live)?;
    assert!(seen.is_again);
    assert_eq!(seen.numbers[0].number.area, Area { x: 22.0, y: 16.5, w: 16.0, h: 12.0 });
    assert_eq!(seen.numbers[0].number.digits[0].area, seen.numbers[0].number.area);
    live.set(How { confidence: Some(0.9), ..how.clone() });
    assert!(next(&live)?.numbers.is_empty());
    // A model that is not there leaves the picture.
    live.set(How { model: Model::File("none".into()), ..how });
    assert!(next(&live)?.numbers.is_empty());
    assert!(live.told().model_trouble.is_some_and(|why| why.contains("no model")));
    live.set(How::default());
    assert_eq!(next(&live)?.numbers.len(), 1);
    assert_eq!(live.told().model_trouble, None);
    Ok(())
}

#[test]
fn the_picture_is_seen_while_the_model_is_being_opened() -> Outcome {
    let folder = tempfile::tempdir()?;
    save(folder.path(), "seven.png", 70)?;
    let origin = Origin::of(&folder.path().join("seven.png"));
    let (open, wait) = std::sync::mpsc::channel();
    let wait = std::sync::Mutex::new(wait);
    let slow: Opener = Arc::new(move |_| {
        wait.lock().map_err(|_| anyhow::anyhow!("a lock"))?.recv()?;
        Ok(Box::new(Red { takes: Duration::ZERO }) as Box<dyn Reads>)
    });
    let live = Live::start(origin, How::default(), slow, no_waker())?;
    let mut unread = None;
    until(&live, |_| {
        unread = unread.take().or_else(|| live.unread());
        unread.is_some()
    });
    let unread = unread.expect("it was waited for");
    assert_eq!((unread.picture.dimensions(), unread.numbers.len()), ((40, 30), 0));
    assert!(live.newest().is_none() && live.told().model.is_empty());
    open.send(())?;
    let seen = next(&live)?;
    assert_eq!((seen.numbers.len(), seen.is_again), (1, false));
    assert!(Arc::ptr_eq(&seen.shown, &unread.shown), "it is the same picture");
    Ok(())
}

#[test]
fn a_slide_show_goes_round_is_frozen_and_skipped() -> Outcome {
    let folder = tempfile::tempdir()?;
    for i in 0..5 {
        save(folder.path(), &format!("{i}.png"), i * 10)?;
    }
    std::fs::write(folder.path().join("2b.png"), "no picture")?;
    let how = How { hold: Duration::from_millis(5), ..How::default() };
    let live = Live::start(Origin::of(folder.path()), how.clone(), opener(Duration::ZERO), no_waker())?;
    // On a busy machine some are left out: that it goes round is seen in the end.
    let mut n_last = 0;
    while n_last < 3 {
        n_last += usize::from(next(&live)?.name == "4.png");
    }
    assert!(until(&live, |told| told.n_damaged > 0).damage.contains("2b.png"));
    live.set(How { is_frozen: true, ..how });
    // Frames that were under way when it was frozen still come, then no more.
    while live.wait(Duration::from_millis(500)).is_some() {}
    live.skip(1);
    let one = next(&live)?.name.clone();
    live.skip(1);
    assert_ne!(next(&live)?.name, one);
    Ok(())
}

#[test]
fn a_slow_model_reads_the_newest_frame_and_the_rest_is_lost() -> Outcome {
    let folder = tempfile::tempdir()?;
    for i in 0..10 {
        save(folder.path(), &format!("{i}.png"), i * 10)?;
    }
    let how = How { hold: Duration::from_millis(2), ..How::default() };
    let live = Live::start(Origin::of(folder.path()), how, opener(Duration::from_millis(40)), no_waker())?;
    let mut seen = next(&live)?;
    while seen.rates.n_lost < 20 {
        seen = next(&live)?;
    }
    // The frame read is never older than what the model takes, and what came before it.
    assert!(seen.latency < 30_000.0);
    Ok(())
}

#[test]
fn what_breaks_is_told_and_the_thread_goes_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let empty = Live::start(Origin::of(folder.path()), How::default(), opener(Duration::ZERO), no_waker())?;
    let told = until(&empty, |told| matches!(told.state, State::Trouble { .. }));
    assert!(matches!(&told.state, State::Trouble { why, again: false } if why.contains("no pictures")));
    let none = Origin::Camera { index: 987, wish: None };
    let none = Live::start(none, How::default(), opener(Duration::ZERO), no_waker())?;
    until(
        &none,
        |told| matches!(&told.state, State::Trouble { why, again: true } if why.contains("no camera 987")),
    );
    for (name, red) in [("a.png", 250), ("b.png", 150), ("c.png", 30)] {
        save(folder.path(), name, red)?;
    }
    let how = How { hold: Duration::from_millis(30), ..How::default() };
    let live = Live::start(Origin::of(folder.path()), how, opener(Duration::ZERO), no_waker())?;
    let mut troubles = Vec::new();
    while !(troubles.contains(&true) && troubles.contains(&false)) {
        let seen = next(&live)?;
        assert_eq!(seen.numbers.len(), usize::from(seen.name == "c.png"));
        troubles.push(live.told().model_trouble.is_some());
    }
    Ok(())
}
