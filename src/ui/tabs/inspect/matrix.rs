//! The confusion matrix: how many images of each class were read as each; a click lists them.

use crate::app::Command;
use crate::app::inspect::{Action, Cell};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark};
use crate::ui::words;
use crate::work::predict::Examined;
use egui::{
    Align2, Color32, CursorIcon, FontId, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
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

/// Draws it into the width there is.
pub fn matrix_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    let p = palette(ui);
    let n = examined.classes.len();
    heading(ui, "Confusion matrix");
    remark(ui, "Rows are true, columns predicted; a click shows those images");
    let side = ((ui.available_width() - LEFT) / n as f32).floor().clamp(12.0, 44.0);
    let size = vec2(LEFT + side * n as f32, TOP + side * n as f32);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let corner = rect.min + vec2(LEFT, TOP);
    for (class, name) in examined.classes.iter().enumerate() {
        let short: String = name.chars().take(4).collect();
        let along = (class as f32 + 0.5) * side;
        let at = pos2(corner.x + along, corner.y - 4.0);
        ui.painter().text(at, Align2::CENTER_BOTTOM, &short, theme::small(), p.dim);
        let at = pos2(corner.x - 6.0, corner.y + along);
        ui.painter().text(at, Align2::RIGHT_CENTER, &short, theme::small(), p.dim);
    }
    let mut asked = None;
    for shown in cells(&examined.classes, &examined.confusion) {
        let at = vec2(f32::from(shown.cell.predicted), f32::from(shown.cell.truth)) * side;
        let place = Rect::from_min_size(corner + at, vec2(side, side)).shrink(1.0);
        let id = ui.scope_id().with(("cell", shown.cell.truth, shown.cell.predicted));
        let response = ui.interact(place, id, Sense::click());
        let on = view.app.inspect.cell == Some(shown.cell);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &shown.label));
        cell_ui(ui, &shown, place, side, on, response.hovered() || response.has_focus());
        let tooltip =
            format!("{} of {}", shown.label, words::many(row_sum(examined, shown.cell.truth), "image"));
        if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(tooltip).clicked() {
            asked = Some((!on).then_some(shown.cell));
        }
    }
    if let Some(cell) = asked {
        view.ask(Command::Inspect(Action::Cell(cell)));
    }
}

fn row_sum(examined: &Examined, truth: u8) -> usize {
    let n = examined.classes.len();
    let row = usize::from(truth) * n;
    examined.confusion[row..row + n].iter().sum::<u32>() as usize
}

fn cell_ui(ui: &Ui, shown: &Shown, place: Rect, side: f32, on: bool, hot: bool) {
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
    let text = match shown.count {
        count @ 0..=9999 => count.to_string(),
        count => format!("{}k", count / 1000),
    };
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
