//! Weights and gradients while the run learned: for each list of them a map, epochs to the right, values upwards, bright
//! where many lie.

use crate::app::Command;
use crate::app::inspect::Action;
use crate::runs::{Histogram, Histograms};
use crate::ui::theme::{self, Palette, palette};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark, segments};
use crate::ui::words;
use egui::{
    Color32, ColorImage, Context, Rect, Role, Sense, TextureHandle, TextureOptions, Ui, WidgetInfo, pos2,
    vec2,
};
use std::sync::Arc;

/// Rows of a map.
const ROWS: usize = 48;
/// Epochs in a map; of more only some are shown, spread evenly.
const COLUMNS: usize = 256;
/// Size of a map in points.
const SIZE: [f32; 2] = [180.0, 72.0];

/// A map of one list, and what is said of it.
struct Map {
    name: String,
    range: [f32; 2],
    last: Histogram,
    texture: TextureHandle,
}

/// Maps, for as long as the same is shown.
#[derive(Default)]
pub struct Memory {
    of: Option<Arc<Vec<Histograms>>>,
    /// Whether they are of gradients, and the colour of the ground that they were painted on.
    painted: (bool, Color32),
    maps: Vec<Map>,
}

impl Memory {
    fn maps(&mut self, ctx: &Context, told: &Arc<Vec<Histograms>>, gradients: bool, p: &Palette) -> &[Map] {
        let painted = (gradients, p.well);
        if self.painted != painted || self.of.as_ref().is_none_or(|of| !Arc::ptr_eq(of, told)) {
            *self = Self { of: Some(Arc::clone(told)), painted, maps: drawn(ctx, told, gradients, p) };
        }
        &self.maps
    }
}

fn drawn(ctx: &Context, told: &[Histograms], gradients: bool, p: &Palette) -> Vec<Map> {
    let Some(last) = told.last() else { return Vec::new() };
    let one = |name: &str| -> Option<Map> {
        let each = of(told, name, gradients);
        let range = range(&each)?;
        let image = picture(&each, range, p);
        let texture = ctx.load_texture("spread", image, TextureOptions::NEAREST);
        Some(Map { name: name.to_owned(), range, last: (*each.last()?).clone(), texture })
    };
    last.parameters.iter().filter_map(|parameter| one(&parameter.name)).collect()
}

/// The histograms of one list, epoch after epoch.
fn of<'a>(told: &'a [Histograms], name: &str, gradients: bool) -> Vec<&'a Histogram> {
    let step = told.len().div_ceil(COLUMNS).max(1);
    // The last epoch is always among them.
    let some = told.iter().rev().step_by(step).collect::<Vec<_>>().into_iter().rev();
    some.filter_map(|epoch| {
        let parameter = epoch.parameters.iter().find(|parameter| parameter.name == name)?;
        if gradients { parameter.gradients.as_ref() } else { Some(&parameter.weights) }
    })
    .collect()
}

/// The outermost values of all epochs.
fn range(each: &[&Histogram]) -> Option<[f32; 2]> {
    let ends = each.iter().filter(|one| one.n() > 0).map(|one| one.range);
    let [low, high] = ends.reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])?;
    Some(if high > low { [low, high] } else { [low - 0.5, low + 0.5] })
}

/// A column for each epoch, as bright as many lie there.
fn picture(each: &[&Histogram], range: [f32; 2], p: &Palette) -> ColorImage {
    let columns: Vec<Vec<f32>> = each.iter().map(|one| column(one, range)).collect();
    let (width, mut pixels) = (columns.len().max(1), Vec::with_capacity(columns.len() * ROWS));
    for row in (0..ROWS).rev() {
        for column in &columns {
            let most = column.iter().copied().fold(1e-9_f32, f32::max);
            // The root shows the few at the ends as well.
            pixels.push(mix(p.well, p.accent, (column[row] / most).sqrt()));
        }
    }
    ColorImage::new([width, ROWS], pixels)
}

/// A histogram in rows of another range, each bar spread over the rows that it covers.
fn column(histogram: &Histogram, [low, high]: [f32; 2]) -> Vec<f32> {
    let mut rows = vec![0.0_f32; ROWS];
    let place = |value: f32| (value - low) / (high - low) * ROWS as f32;
    for (bar, count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let (from, to) = (place(histogram.edge(bar)), place(histogram.edge(bar + 1)));
        let first = (from.max(0.0) as usize).min(ROWS - 1);
        if to - from < 1e-3 {
            rows[first] += *count as f32;
            continue;
        }
        let last = (to.ceil() as usize).clamp(first + 1, ROWS);
        for (row, value) in rows.iter_mut().enumerate().take(last).skip(first) {
            let inside = (to.min(row as f32 + 1.0) - from.max(row as f32)).max(0.0);
            *value += *count as f32 * inside / (to - from);
        }
    }
    rows
}

fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    let each = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color32::from_rgb(each(from.r(), to.r()), each(from.g(), to.g()), each(from.b(), to.b()))
}

/// Draws the maps of all lists, where anything was told.
pub fn spread_ui(ui: &mut Ui, view: &mut View<'_>) {
    let spread = view.app.inspect.spread.clone();
    if spread.told.is_empty() {
        return;
    }
    let p = palette(ui);
    ui.add_space(theme::GAP);
    heading(ui, "While it learned");
    ui.horizontal(|ui| {
        let options = [
            (false, "Weights", "How the weights of each layer were spread after each epoch"),
            (
                true,
                "Gradients",
                "How their gradients were spread, on the same few training images after each epoch",
            ),
        ];
        if let Some(gradients) = segments(ui, spread.gradients, &options) {
            view.ask(Command::Inspect(Action::Gradients(gradients)));
        }
        let n = words::many(spread.told.len(), "epoch");
        remark(ui, format!("{n} to the right, values upwards, strong where many lie"));
    });
    let maps = view.memory.spread.maps(ui.ctx(), &spread.told, spread.gradients, p);
    if maps.is_empty() {
        remark(
            ui,
            "No gradients were recorded: asking for them would have taken more than a hundredth of the time",
        );
    }
    ui.horizontal_wrapped(|ui| {
        for map in maps {
            map_ui(ui, map, spread.gradients);
        }
    });
}

fn map_ui(ui: &mut Ui, map: &Map, gradients: bool) {
    ui.allocate_ui(vec2(SIZE[0] + 10.0, SIZE[1] + 40.0), |ui| {
        ui.vertical(|ui| {
            ui.set_width(SIZE[0] + 10.0);
            remark(ui, &map.name);
            let (rect, response) = ui.allocate_exact_size(vec2(SIZE[0], SIZE[1]), Sense::hover());
            let what = if gradients { "Gradients" } else { "Weights" };
            let label = format!("{what} of {} after each epoch", map.name);
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &label));
            let uv = Rect::from_min_max(egui::Pos2::ZERO, pos2(1.0, 1.0));
            ui.painter().image(map.texture.id(), rect, uv, Color32::WHITE);
            let [low, high] = map.range.map(|value| words::number(f64::from(value)));
            remark(ui, format!("{low} to {high}"));
            let Histogram { mean, deviation, not_finite, .. } = &map.last;
            let strange = match not_finite {
                0 => String::new(),
                n => format!("; {} are no numbers", words::count(*n)),
            };
            response.on_hover_text(format!(
                "After the last epoch: mean {}, standard deviation {}{strange}",
                words::number(f64::from(*mean)),
                words::number(f64::from(*deviation))
            ));
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runs::Parameter;

    fn told(values: &[f32]) -> Histograms {
        let parameter = Parameter { name: "a".to_owned(), weights: Histogram::of(values), gradients: None };
        Histograms { at: 0.0, step: 1, epoch: 1.0, parameters: vec![parameter] }
    }

    #[test]
    fn every_epoch_has_its_place_in_one_range() {
        let all = [told(&[-1.0, 0.0, 1.0]), told(&[-3.0, 1.0]), told(&[0.0, 0.0])];
        let each = of(&all, "a", false);
        assert_eq!((each.len(), range(&each)), (3, Some([-3.0, 1.0])));
        // Nothing is lost, and values lie where they are: -3 in the lowest row, 0 at three quarters.
        for (histogram, n) in each.iter().zip([3.0, 2.0, 2.0]) {
            let rows = column(histogram, [-3.0, 1.0]);
            assert!((rows.iter().sum::<f32>() - n).abs() < 0.1, "{rows:?}");
        }
        assert!(column(each[1], [-3.0, 1.0])[0] > 0.0);
        assert_eq!(column(each[2], [-3.0, 1.0])[ROWS * 3 / 4], 2.0);
        assert!(of(&all, "a", true).is_empty() && range(&[]).is_none());
    }
}
