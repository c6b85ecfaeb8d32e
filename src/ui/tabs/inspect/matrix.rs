//! The confusion matrix: how many images of each class were read as each; a click lists them.

use crate::app::Command;
use crate::app::inspect::{Action, Cell, View as Part};
use crate::runs::{Confusion, Split};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark, slider, switch};
use crate::ui::words;
use crate::work::predict::Examined;
use egui::{
    Align, Align2, Color32, CursorIcon, FontId, Layout, Rect, Role, Sense, Slider, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

/// Room for the names of the true classes.
const LEFT: f32 = 30.0;
/// Room for the names of the predicted classes.
const TOP: f32 = 18.0;

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
struct Shown {
    cell: Cell,
    count: u32,
    /// How strongly it is coloured, 0 to 1: by the logarithm, since one mistake in a thousand is to be seen.
    strength: f32,
    label: String,
}

/// Every cell, row after row.
fn cells(classes: &[String], confusion: &[u32]) -> Vec<Shown> {
    let n = classes.len();
    let is_right = |at: usize| at / n == at % n;
    let most = |right: bool| {
        let counts = confusion.iter().enumerate().filter(|(at, _)| is_right(*at) == right);
        counts.map(|(_, count)| *count).max().unwrap_or(0)
    };
    let (most_right, most_wrong) = (most(true), most(false));
    let cells = confusion.iter().enumerate();
    cells
        .map(|(at, count)| {
            let (truth, predicted) = (at / n, at % n);
            let most = if truth == predicted { most_right } else { most_wrong };
            let strength = (*count as f32 + 1.0).ln() / (most as f32 + 1.0).ln().max(f32::EPSILON);
            let (truth_name, read_as) = (&classes[truth], &classes[predicted]);
            let label = if truth == predicted {
                format!("{truth_name} read as {read_as}: {count}, rightly")
            } else {
                format!("{truth_name} read as {read_as}: {count}")
            };
            let cell = Cell { truth: truth as u8, predicted: predicted as u8 };
            Shown { cell, count: *count, strength: strength.clamp(0.0, 1.0), label }
        })
        .collect()
}

/// Draws it into the width there is, with that of the model beside below.
pub fn matrix_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    let n = examined.classes.len();
    ui.horizontal(|ui| {
        heading(ui, if examined.numbers.is_some() { "Confusion of lengths" } else { "Confusion matrix" });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let shares = view.app.inspect.shares;
            if switch(ui, "Shares", "Shows per cent of each true class rather than counts", shares) {
                view.ask(Command::Inspect(Action::Shares(!shares)));
            }
        });
    });
    let (epoch, counts) = epoch_ui(ui, view, n);
    let counts = counts.unwrap_or_else(|| examined.confusion.clone());
    remark(
        ui,
        match epoch {
            Some(epoch) => format!(
                "Validation images after epoch {}; rows are true, columns predicted",
                words::number(epoch)
            ),
            None => "Rows are true, columns predicted; a click shows those images".to_owned(),
        },
    );
    let asked = draw(ui, view, &examined.classes, &counts, epoch.is_none());
    if let Some(cell) = asked {
        view.ask(Command::Inspect(Action::Cell(cell)));
        view.ask(Command::Inspect(Action::View(Part::Images)));
    }
    let Some(other) = view.app.inspect.beside.examined().cloned() else { return };
    let run = view.app.inspect.beside.run.as_deref().and_then(|id| view.app.runs.get(id));
    let name = run.map_or_else(String::new, |run| run.meta.name.clone());
    heading(ui, &name);
    remark(ui, "The same images as the other model reads them");
    ui.push_id("matrix beside", |ui| draw(ui, view, &other.classes, &other.confusion, false));
}

/// A slider over the epochs after which the validation's matrix was recorded; that matrix, where one is chosen.
fn epoch_ui(ui: &mut Ui, view: &mut View<'_>, n: usize) -> (Option<f64>, Option<Vec<u32>>) {
    let app = view.app;
    if app.inspect.file.is_some() {
        return (None, None);
    }
    let Some(run) = app.inspected_run() else { return (None, None) };
    let fits = |c: &&Confusion| c.split == Split::Valid && c.counts.len() == n * n;
    let recorded: Vec<&Confusion> = run.history.confusions.iter().filter(fits).collect();
    if recorded.len() < 2 {
        return (None, None);
    }
    let chosen = app.inspect.epoch.filter(|at| *at < recorded.len());
    let mut at = chosen.unwrap_or(recorded.len());
    ui.horizontal(|ui| {
        let label = remark(ui, "Epoch");
        let moved = slider(ui, 150.0, Slider::new(&mut at, 0..=recorded.len())).labelled_by(label.id);
        let tooltip = "Watch the matrix of the validation images change; at the right end it is that of the images read";
        if moved.on_hover_text(tooltip).changed() {
            view.ask(Command::Inspect(Action::Epoch((at < recorded.len()).then_some(at))));
        }
    });
    let shown = chosen.map(|at| recorded[at]);
    (shown.map(|c| c.epoch), shown.map(|c| c.counts.iter().map(|count| *count as u32).collect()))
}

/// Draws a matrix; with `linked` a click on a cell asks for its images, or for all again.
fn draw(
    ui: &mut Ui,
    view: &View<'_>,
    classes: &[String],
    confusion: &[u32],
    linked: bool,
) -> Option<Option<Cell>> {
    let p = palette(ui);
    let n = classes.len().max(1);
    let side = ((ui.available_width() - LEFT) / n as f32).floor().clamp(12.0, 44.0);
    let size = vec2(LEFT + side * n as f32, TOP + side * n as f32);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let corner = rect.min + vec2(LEFT, TOP);
    for (class, name) in classes.iter().enumerate() {
        // Of whole numbers the classes are lengths: "3 long".
        let short: String = name.trim_end_matches(" long").chars().take(4).collect();
        let along = (class as f32 + 0.5) * side;
        let at = pos2(corner.x + along, corner.y - 4.0);
        ui.painter().text(at, Align2::CENTER_BOTTOM, &short, theme::small(), p.dim);
        let at = pos2(corner.x - 6.0, corner.y + along);
        ui.painter().text(at, Align2::RIGHT_CENTER, &short, theme::small(), p.dim);
    }
    let mut asked = None;
    for shown in cells(classes, confusion) {
        let at = vec2(f32::from(shown.cell.predicted), f32::from(shown.cell.truth)) * side;
        let place = Rect::from_min_size(corner + at, vec2(side, side)).shrink(1.0);
        let id = ui.scope_id().with(("cell", shown.cell.truth, shown.cell.predicted));
        let response = ui.interact(place, id, if linked { Sense::click() } else { Sense::hover() });
        let on = linked && view.app.inspect.cell == Some(shown.cell);
        if linked {
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &shown.label));
        }
        let row = row_sum(confusion, n, shown.cell.truth);
        let text = match view.app.inspect.shares {
            true => share(shown.count, row),
            false => count(shown.count),
        };
        let hot = linked && (response.hovered() || response.has_focus());
        cell_ui(ui, &shown, &text, place, side, on, hot);
        let tooltip = format!("{} of {}", shown.label, words::many(row, "image"));
        let cursor = if linked { CursorIcon::PointingHand } else { CursorIcon::Default };
        if response.on_hover_cursor(cursor).on_hover_text(tooltip).clicked() {
            asked = Some((!on).then_some(shown.cell));
        }
    }
    asked
}

/// Per cent of a row, without the sign: there is little room.
fn share(count: u32, row: usize) -> String {
    let share = f64::from(count) / row.max(1) as f64 * 100.0;
    if share >= 9.95 { format!("{share:.0}") } else { format!("{share:.1}") }
}

fn count(count: u32) -> String {
    match count {
        count @ 0..=9999 => count.to_string(),
        count => format!("{}k", count / 1000),
    }
}

fn row_sum(confusion: &[u32], n: usize, truth: u8) -> usize {
    let row = usize::from(truth) * n;
    confusion[row..row + n].iter().sum::<u32>() as usize
}

fn cell_ui(ui: &Ui, shown: &Shown, text: &str, place: Rect, side: f32, on: bool, hot: bool) {
    let p = palette(ui);
    let right = shown.cell.truth == shown.cell.predicted;
    let colour = if right { p.accent } else { p.bad };
    let fill = if shown.count == 0 { p.well } else { colour.gamma_multiply(0.12 + 0.5 * shown.strength) };
    let edge = match (on, hot) {
        (true, _) => p.strong,
        (false, true) => p.dim,
        (false, false) => Color32::TRANSPARENT,
    };
    ui.painter().rect(place, 3.0, fill, Stroke::new(1.5, edge), StrokeKind::Inside);
    if shown.count == 0 {
        return;
    }
    // Four digits have to fit.
    let font = FontId::proportional((side * 0.36).clamp(8.0, 12.5));
    ui.painter().text(place.center(), Align2::CENTER_CENTER, text, font, p.strong);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_mistake_is_seen_beside_a_thousand_hits() {
        let classes = ["0", "1"].map(str::to_owned);
        let cells = cells(&classes, &[1000, 1, 0, 900]);
        assert_eq!(cells[1].label, "0 read as 1: 1");
        assert_eq!(cells[1].cell, Cell { truth: 0, predicted: 1 });
        assert!((cells[1].strength - 1.0).abs() < 1e-6 && cells[2].strength == 0.0);
        assert!(cells[3].strength > 0.9 && cells[0].strength <= 1.0);
        // An empty test split divides by nothing.
        assert!(super::cells(&classes, &[0; 4]).iter().all(|cell| cell.strength == 0.0));
    }
}
