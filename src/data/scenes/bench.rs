//! How many scenes a second are drawn.

use super::super::{DataError, Places, Silent};
use super::{Painter, Scene, Scenes};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Rounds that are timed; the best one counts, since everything else on the machine can only slow one down.
const ROUNDS: usize = 3;

/// Scenes a second of these settings on so many threads, from plan to pixels; everything that is made once is made
/// before.
pub fn scenes_per_s(settings: &Scenes, threads: usize, n: u64, places: &Places) -> Result<f64, DataError> {
    let painter = Painter::open(settings, places, &Silent)?;
    let round = || {
        let next = AtomicU64::new(0);
        let began = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let mut scene = Scene { pixels: Vec::new(), marks: Vec::new() };
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= n {
                            return;
                        }
                        painter.draw(false, index, &mut scene);
                    }
                });
            }
        });
        n as f64 / began.elapsed().as_secs_f64()
    };
    round();
    Ok((0..ROUNDS).map(|_| round()).fold(0.0, f64::max))
}
