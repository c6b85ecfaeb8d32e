//! Rates and spreads over the last moments, in constant memory.

use std::collections::VecDeque;
use std::time::Instant;

/// Rates are told of so many seconds.
const SECS: f32 = 2.0;
/// And spreads of so many values.
const VALUES: usize = 512;

/// How often something happens.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    times: VecDeque<Instant>,
}

impl Meter {
    /// It happened now.
    pub fn tick(&mut self) {
        self.tick_at(Instant::now());
    }

    fn tick_at(&mut self, now: Instant) {
        self.times.push_back(now);
        while self.times.front().is_some_and(|first| (now - *first).as_secs_f32() > SECS) {
            self.times.pop_front();
        }
    }

    /// How often in a second, of late.
    pub fn per_s(&self) -> f32 {
        self.per_s_at(Instant::now())
    }

    fn per_s_at(&self, now: Instant) -> f32 {
        let recent: Vec<&Instant> = self
            .times
            .iter()
            .filter(|at| now.saturating_duration_since(**at).as_secs_f32() <= SECS)
            .collect();
        match (recent.first(), recent.last()) {
            (Some(first), Some(last)) if recent.len() > 1 => {
                // Since the last one, time has passed too: a source that stopped slows down to nothing.
                let since = now.saturating_duration_since(**last).as_secs_f32();
                let between = (**last - **first).as_secs_f32() / (recent.len() - 1) as f32;
                let more = if since > 2.0 * between { since } else { 0.0 };
                (recent.len() - 1) as f32 / ((**last - **first).as_secs_f32() + more).max(1e-6)
            }
            _ => 0.0,
        }
    }
}

/// The last values of something that varies.
#[derive(Clone, Debug, Default)]
pub struct Spread {
    values: VecDeque<f32>,
}

impl Spread {
    /// Takes one in.
    pub fn push(&mut self, value: f32) {
        if self.values.len() == VALUES {
            self.values.pop_front();
        }
        self.values.push_back(value);
    }

    /// The value that this share of all lies below; 0 where there are none.
    pub fn quantile(&self, share: f32) -> f32 {
        let mut sorted: Vec<f32> = self.values.iter().copied().collect();
        sorted.sort_by(f32::total_cmp);
        let at = ((sorted.len() as f32 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn rates_are_of_the_last_moments() {
        let mut meter = Meter::default();
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        assert_eq!(meter.per_s_at(start), 0.0);
        for i in 0..100 {
            meter.tick_at(at(i * 50));
        }
        assert!((meter.per_s_at(at(4950)) - 20.0).abs() < 0.5);
        assert!(meter.per_s_at(at(6400)) < 10.0);
        assert_eq!(meter.per_s_at(at(9000)), 0.0);
        assert!(meter.times.len() < 60);
    }

    #[test]
    fn quantiles_are_values() {
        let mut spread = Spread::default();
        assert_eq!(spread.quantile(0.5), 0.0);
        (1..=1000).for_each(|i| spread.push(i as f32));
        assert_eq!((spread.quantile(0.0), spread.quantile(1.0)), (489.0, 1000.0));
        assert_eq!(spread.quantile(0.5), 744.0);
    }
}
