//! How much each setting matters for coming to the best trials: a bar with the interval that nine tenths of redrawn
//! trials give.

use super::model::Model;
use crate::app::sweep::Findings;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{empty, remark};
use crate::ui::words;
use egui::{Align2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// Fewer trials say next to nothing.
const FEW: usize = 20;
/// Height of a bar with its space.
const ROW: f32 = 34.0;

/// Draws the bars, and below how well each rung tells the end.
pub fn show(ui: &mut Ui, view: &View<'_>, model: &Model) {
    let Findings { list, .. } = &view.app.sweeps.findings;
    if list.is_empty() {
        empty(
            ui,
            Icon::Sweep,
            "Nothing to tell yet",
            "How much each setting matters is told once two trials were measured",
        );
        return;
    }
    let n = model.rows.iter().filter(|row| row.value.is_some()).count();
    let sure = if n < FEW { "; that is few, so the intervals are wide" } else { "" };
    remark(
        ui,
        format!(
            "How much each setting decides whether a trial is among the best tenth (PED-ANOVA), from {}{sure}. The line is where nine of ten redrawn samples lie",
            words::many(n, "trial")
        ),
    );
    ui.add_space(6.0);
    for one in list {
        let label = words::path_label(&one.path);
        let text =
            format!("{:.0} % ({:.0} to {:.0} %)", one.share * 100.0, one.low * 100.0, one.high * 100.0);
        bar_ui(ui, &label, &text, one.share as f32, one.low as f32, one.high as f32).on_hover_text(&one.path);
    }
    rungs_ui(ui, model);
}

fn bar_ui(ui: &mut Ui, label: &str, text: &str, share: f32, low: f32, high: f32) -> egui::Response {
    let p = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {text}")));
    let rail = Rect::from_min_max(rect.min + vec2(160.0, 7.0), rect.max - vec2(150.0, 7.0));
    let x = |share: f32| rail.left() + share.clamp(0.0, 1.0) * rail.width();
    let painter = ui.painter();
    let at = pos2(rail.left() - 10.0, rail.center().y);
    painter.text(at, Align2::RIGHT_CENTER, label, theme::strong(), p.strong);
    painter.rect_filled(rail, 4.0, p.well);
    let filled = Rect::from_min_max(rail.min, pos2(x(share), rail.bottom()));
    painter.rect_filled(filled, 4.0, p.accent.gamma_multiply(0.7));
    let y = rail.center().y;
    let stroke = Stroke::new(1.6, p.strong);
    painter.line_segment([pos2(x(low), y), pos2(x(high), y)], stroke);
    for end in [low, high] {
        painter.line_segment([pos2(x(end), y - 5.0), pos2(x(end), y + 5.0)], stroke);
    }
    painter.text(pos2(rail.right() + 10.0, y), Align2::LEFT_CENTER, text, theme::small(), p.text);
    response
}

/// Whether pruning at a rung would keep the right ones.
fn rungs_ui(ui: &mut Ui, model: &Model) {
    if model.rungs.is_empty() {
        return;
    }
    ui.add_space(10.0);
    remark(
        ui,
        "How well the order of trials after so many epochs tells their order at the end (rank correlation; 1 is exactly, 0 not at all)",
    );
    for (rung, correlation, n) in &model.rungs {
        let label = format!("Epoch {}", words::number(*rung));
        let text = format!("{correlation:.2} over {}", words::many(*n, "trial"));
        let share = correlation.max(0.0) as f32;
        bar_ui(ui, &label, &text, share, share, share);
    }
}
