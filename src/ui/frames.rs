//! How long frames take, as a histogram: drawn over the window and told at the end where that was asked for.

use super::theme::{self, palette};
use egui::{Align2, Area, Context, Frame, Id, Margin, Order, RichText, Sense, pos2, vec2};
use std::time::{Duration, Instant};

/// 60 frames a second leave this long for one.
const BUDGET: Duration = Duration::from_micros(16_700);
/// Width of one bar of the histogram.
const BAR: f32 = 0.5;
/// Bars of the histogram; the last one holds everything slower.
const BARS: usize = 60;

/// Frame times so far.
#[derive(Debug, Default)]
pub struct Frames {
    /// Seconds from the start of the program to the first frame.
    pub first_secs: Option<f64>,
    millis: Vec<f32>,
    n_slow: usize,
    began: Option<Instant>,
}

/// The figures, as told at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FrameStats {
    /// Seconds from the start of the program to the first frame drawn.
    pub first_frame_secs: f64,
    /// Frames drawn.
    pub n_frames: usize,
    /// Half of the frames took at most so many milliseconds.
    pub p50_ms: f32,
    /// 95 of 100 took at most so many.
    pub p95_ms: f32,
    /// 99 of 100 took at most so many.
    pub p99_ms: f32,
    /// The slowest.
    pub max_ms: f32,
    /// Frames that took longer than 16.7 ms.
    pub n_over_budget: usize,
}

impl std::fmt::Display for FrameStats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "frames: {}, first after {:.2} s, p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms, {} over 16.7 ms",
            self.n_frames,
            self.first_frame_secs,
            self.p50_ms,
            self.p95_ms,
            self.p99_ms,
            self.max_ms,
            self.n_over_budget
        )
    }
}

impl Frames {
    /// A frame begins.
    pub fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    /// The frame's own work is done; `cpu` is what the whole of the last frame took, painting included, where known.
    pub fn end(&mut self, cpu: Option<f32>) {
        let took = cpu.map(Duration::from_secs_f32).or_else(|| self.began.map(|began| began.elapsed()));
        let Some(took) = took else { return };
        self.n_slow += usize::from(took > BUDGET);
        self.millis.push(took.as_secs_f32() * 1e3);
    }

    /// The figures.
    pub fn stats(&self) -> FrameStats {
        let mut sorted = self.millis.clone();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| {
            let place = (sorted.len() as f64 * share).ceil() as usize;
            sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
        };
        FrameStats {
            first_frame_secs: self.first_secs.unwrap_or_default(),
            n_frames: sorted.len(),
            p50_ms: at(0.50),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            max_ms: at(1.0),
            n_over_budget: self.n_slow,
        }
    }

    /// Draws the histogram in a corner.
    pub fn overlay(&self, ctx: &Context) {
        let stats = self.stats();
        let mut bars = [0_usize; BARS];
        for millis in &self.millis {
            bars[((millis / BAR) as usize).min(BARS - 1)] += 1;
        }
        let most = bars.iter().copied().max().unwrap_or(0).max(1) as f32;
        let corner = Area::new(Id::unique("frame times")).order(Order::Foreground).interactable(false);
        corner.anchor(Align2::RIGHT_BOTTOM, vec2(-12.0, -44.0)).show(ctx, |ui| {
            let p = palette(ui);
            Frame::popup(ui.style()).inner_margin(Margin::same(10)).show(ui, |ui| {
                let line = format!(
                    "p50 {:.1}  p95 {:.1}  p99 {:.1} ms\n{} of {} frames over 16.7 ms",
                    stats.p50_ms, stats.p95_ms, stats.p99_ms, stats.n_over_budget, stats.n_frames
                );
                ui.label(RichText::new(line).font(theme::small()).color(p.text));
                let (rect, _) = ui.allocate_exact_size(vec2(BARS as f32 * 4.0, 44.0), Sense::hover());
                for (i, n) in bars.iter().enumerate().filter(|(_, n)| **n > 0) {
                    // A logarithm, since one slow frame in a thousand is what one looks for.
                    let height = ((*n as f32).ln_1p() / most.ln_1p() * rect.height()).max(2.0);
                    let x = rect.left() + i as f32 * 4.0;
                    let slow = (i + 1) as f32 * BAR > 16.7;
                    let bar = egui::Rect::from_min_max(
                        pos2(x, rect.bottom() - height),
                        pos2(x + 3.0, rect.bottom()),
                    );
                    ui.painter().rect_filled(bar, 0.0, if slow { p.bad } else { p.good });
                }
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_frames_that_happened() {
        let mut frames = Frames::default();
        for i in 1..=100_u8 {
            frames.end(Some(f32::from(i) * 0.001));
        }
        let stats = frames.stats();
        assert_eq!((stats.n_frames, stats.n_over_budget), (100, 84));
        assert!((stats.p50_ms - 50.0).abs() < 0.01 && (stats.p99_ms - 99.0).abs() < 0.01);
        assert!(stats.to_string().contains("84 over 16.7 ms"));
    }
}
