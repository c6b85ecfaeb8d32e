//! Axes: where a point lies on them and what their ticks say. A logarithmic axis is a linear one of logarithms, since
//! the plot itself has none.

use crate::app::{PlotView, XAxis};
use crate::runs::{Metric, Point};
use crate::ui::words;
use egui_plot::{GridInput, GridMark};

/// Where a point lies on x; `None` where it cannot be shown.
pub fn x_of(point: &Point, view: PlotView) -> Option<f64> {
    let x = match view.x_axis {
        XAxis::Step => point.step as f64,
        XAxis::Epoch => point.epoch,
        XAxis::Relative => point.trained_secs,
        XAxis::Wall => point.at,
    };
    logged(x, view.log_x)
}

/// Where a value lies on y; `None` where it cannot be shown.
pub fn y_of(value: f64, metric: &Metric, view: PlotView) -> Option<f64> {
    logged(value * factor(metric), view.log_y)
}

/// Shares are drawn in per cent.
fn factor(metric: &Metric) -> f64 {
    if metric.unit == "%" { 100.0 } else { 1.0 }
}

fn logged(value: f64, log: bool) -> Option<f64> {
    let value = if log { (value > 0.0).then(|| value.log10())? } else { value };
    value.is_finite().then_some(value)
}

/// What a tick on x says; `spacing` is the distance between ticks.
pub fn x_tick(mark: GridMark, view: PlotView) -> String {
    if view.log_x {
        return log_tick(mark);
    }
    match view.x_axis {
        XAxis::Step => count(mark.value),
        XAxis::Epoch => words::number(round_to(mark.value, mark.step_size)),
        XAxis::Relative => clock(mark.value),
        XAxis::Wall => time_of_day(mark.value),
    }
}

/// What a tick on y says.
pub fn y_tick(mark: GridMark, view: PlotView) -> String {
    if view.log_y { log_tick(mark) } else { words::number(round_to(mark.value, mark.step_size)) }
}

/// A place on x in words, for the tooltip.
pub fn x_words(x: f64, view: PlotView) -> String {
    let x = if view.log_x { 10_f64.powf(x) } else { x };
    match view.x_axis {
        XAxis::Step => format!("Step {}", words::count(x.round().max(0.0) as u64)),
        XAxis::Epoch => format!("Epoch {x:.2}"),
        XAxis::Relative => format!("After {}", words::duration(x)),
        XAxis::Wall => format!("At {} UTC", time_of_day(x)),
    }
}

/// A value on y in words, for the tooltip.
pub fn y_words(y: f64, metric: &Metric, view: PlotView) -> String {
    let y = if view.log_y { 10_f64.powf(y) } else { y };
    metric.format(y / factor(metric))
}

/// Points that a grid's base step stands for: the least of the plot's grid spacing.
pub const BASE: f64 = 6.0;

/// Ticks for a linear axis: at 1, 2 or 5 times a power of ten, about so many points apart or more, and at least `least`.
pub fn marks(input: &GridInput, points: f64, least: f64) -> Vec<GridMark> {
    let (from, to) = input.bounds;
    let step = nice((input.base_step_size * points / BASE).max(least));
    if !(from.is_finite() && to.is_finite() && step > 0.0) || (to - from) / step > 500.0 {
        return Vec::new();
    }
    let (first, last) = ((from / step).ceil() as i64, (to / step).floor() as i64);
    (first..=last).map(|i| GridMark { value: i as f64 * step, step_size: step }).collect()
}

/// Ticks for seconds: at round numbers of seconds, minutes or hours, about so many points apart or more.
pub fn second_marks(input: &GridInput, points: f64) -> Vec<GridMark> {
    const ROUND: [f64; 14] =
        [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0];
    let least = input.base_step_size * points / BASE;
    let Some(step) = ROUND.into_iter().find(|step| *step >= least) else {
        return marks(input, points, least);
    };
    let (from, to) = input.bounds;
    if !(from.is_finite() && to.is_finite()) {
        return Vec::new();
    }
    let (first, last) = ((from / step).ceil().max(0.0) as i64, (to / step).floor() as i64);
    (first..=last).map(|i| GridMark { value: i as f64 * step, step_size: step }).collect()
}

/// The next of 1, 2 and 5 times a power of ten.
fn nice(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= least).unwrap_or(power)
}

/// Ticks for a logarithmic axis: decades, and 2 and 5 between them; the other multiples are lines only.
pub fn log_marks(input: &GridInput) -> Vec<GridMark> {
    let (from, to) = input.bounds;
    if !(from.is_finite() && to.is_finite()) || to - from > 60.0 {
        return Vec::new();
    }
    let mut marks = Vec::new();
    for decade in (from.floor() as i32)..=(to.ceil() as i32) {
        for digit in 1..10_u8 {
            let value = f64::from(decade) + f64::from(digit).log10();
            let step_size = match digit {
                1 => 1.0,
                2 | 5 => 0.3,
                _ => 0.05,
            };
            if (from..=to).contains(&value) {
                marks.push(GridMark { value, step_size });
            }
        }
    }
    marks
}

fn log_tick(mark: GridMark) -> String {
    if mark.step_size < 0.1 {
        return String::new();
    }
    let value = 10_f64.powf(mark.value);
    if value >= 1000.0 { count(value) } else { words::number(round_to(value, value * 0.01)) }
}

/// Rounds away what the distance between ticks makes pointless: 0.30000000000000004.
fn round_to(value: f64, step: f64) -> f64 {
    let digits = (2.0 - step.abs().log10()).clamp(0.0, 12.0) as i32;
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// `1.2k`, `3M`: steps grow long.
fn count(value: f64) -> String {
    let size = value.abs();
    if size >= 1e6 {
        format!("{}M", words::number(round_to(value / 1e6, 0.1)))
    } else if size >= 1e4 {
        format!("{}k", words::number(round_to(value / 1e3, 0.1)))
    } else {
        words::number(round_to(value, 0.1))
    }
}

fn clock(secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    if secs < 0.0 {
        String::new()
    } else if whole >= 3600 {
        format!("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
    } else {
        format!("{}:{:02}", whole / 60, whole % 60)
    }
}

fn time_of_day(secs: f64) -> String {
    let of_day = secs.rem_euclid(86_400.0) as u64;
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::metric;

    #[test]
    fn ticks_say_what_was_logged() {
        let view = PlotView { log_y: true, log_x: true, ..PlotView::default() };
        let at = |value: f64, step_size| GridMark { value, step_size };
        assert_eq!(y_tick(at(-1.0, 1.0), view), "0.1");
        assert_eq!(y_tick(at(0.5_f64.log10(), 0.3), view), "0.5");
        assert_eq!(y_tick(at(0.4_f64.log10(), 0.05), view), "");
        assert_eq!(x_tick(at(4.0, 1.0), view), "10k");
        let linear = PlotView::default();
        assert_eq!(y_tick(at(0.1 + 0.2, 0.1), linear), "0.3");
        assert_eq!(x_tick(at(1500.0, 500.0), linear), "1500");
        let relative = PlotView { x_axis: XAxis::Relative, ..linear };
        assert_eq!(x_tick(at(3661.0, 60.0), relative), "1:01:01");
    }

    #[test]
    fn what_has_no_logarithm_is_not_drawn() {
        let accuracy = metric("accuracy").expect("it is a metric");
        let view = PlotView { log_y: true, ..PlotView::default() };
        assert_eq!(y_of(0.0, accuracy, view), None);
        assert_eq!(y_of(f64::NAN, accuracy, view), None);
        assert_eq!(y_of(0.1, accuracy, view), Some(1.0));
        assert_eq!(y_words(1.0, accuracy, view), "10.00 %");
    }

    #[test]
    fn marks_are_round_and_far_enough_apart() {
        let steps: Vec<f64> = marks(&GridInput { bounds: (0.0, 1.0), base_step_size: 0.02 }, 42.0, 0.0)
            .iter()
            .map(|mark| (mark.value * 10.0).round() / 10.0)
            .collect();
        assert_eq!(steps, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(marks(&GridInput { bounds: (f64::NAN, 1.0), base_step_size: 0.02 }, 42.0, 0.0), []);
    }

    #[test]
    fn marks_of_seconds_are_round_minutes() {
        let input = |to| GridInput { bounds: (-5.0, to), base_step_size: to / 120.0 };
        let values = |to| second_marks(&input(to), 80.0).iter().map(|mark| mark.value).collect::<Vec<_>>();
        assert_eq!(values(100.0), [0.0, 15.0, 30.0, 45.0, 60.0, 75.0, 90.0]);
        assert_eq!(values(1300.0), [0.0, 300.0, 600.0, 900.0, 1200.0]);
        assert!(values(1e7).len() > 3, "days");
        assert_eq!(second_marks(&GridInput { bounds: (f64::NAN, 1.0), base_step_size: 0.02 }, 42.0), []);
    }

    #[test]
    fn log_marks_are_within_bounds_and_rise() {
        let marks = log_marks(&GridInput { bounds: (-1.5, 1.2), base_step_size: 0.1 });
        assert!(marks.iter().all(|mark| (-1.5..=1.2).contains(&mark.value)));
        assert!(marks.windows(2).all(|pair| pair[0].value < pair[1].value));
        assert_eq!(marks.iter().filter(|mark| mark.step_size == 1.0).count(), 3);
    }
}
