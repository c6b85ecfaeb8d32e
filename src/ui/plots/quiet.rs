//! Plots other than curves of trainings, with the looks of those: quiet lines behind, small ticks.

use super::axes;
use crate::ui::theme::{self, Palette};
use egui_plot::{AxisHints, GridInput, GridMark, Plot};

/// One axis.
pub struct Ticks<F> {
    /// What a tick says.
    pub text: F,
    /// Whether values are logarithms to the base of ten.
    pub log: bool,
    /// Ticks are at least so far apart: 1 where they count.
    pub least: f64,
}

/// A plot with these axes.
pub fn quiet<'a, X, Y>(id: impl egui::AsIdSalt, p: &Palette, x: Ticks<X>, y: Ticks<Y>) -> Plot<'a>
where
    X: Fn(f64) -> String + 'a,
    Y: Fn(f64) -> String + 'a,
{
    let marks = |log: bool, points: f64, least: f64| {
        move |input: GridInput| if log { axes::log_marks(&input) } else { axes::marks(&input, points, least) }
    };
    Plot::new(id)
        .x_grid_spacer(marks(x.log, 66.0, x.least))
        .y_grid_spacer(marks(y.log, 40.0, y.least))
        .custom_x_axes(vec![hints(AxisHints::new_x(), x, p).label_spacing(30.0..=50.0)])
        .custom_y_axes(vec![hints(AxisHints::new_y(), y, p).min_thickness(44.0)])
        .allow_scroll(false)
        .show_crosshair(false)
        .grid_color(p.line)
        .grid_spacing(axes::BASE as f32..=90.0)
}

fn hints<'a, F: Fn(f64) -> String + 'a>(hints: AxisHints<'a>, ticks: Ticks<F>, p: &Palette) -> AxisHints<'a> {
    let Ticks { text, log, .. } = ticks;
    // Between 1, 2 and 5 there are lines without words.
    let say =
        move |mark: GridMark| if log && mark.step_size < 0.1 { String::new() } else { text(mark.value) };
    hints.formatter(move |mark, _| say(mark)).tick_label_font(theme::small()).tick_label_color(p.dim)
}
