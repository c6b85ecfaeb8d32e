//! How far the model's own confidence can be trusted: the reliability diagram, and what it answers above a threshold.

use super::figures::BINS;
use crate::app::Command;
use crate::app::inspect::Action;
use crate::score::{Answers, Cut};
use crate::ui::theme::{self, palette, tint};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark, slider};
use crate::ui::words;
use crate::work::predict::Examined;
use egui::{Align2, Pos2, Rect, Role, Sense, Shape, Slider, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

/// Side of a diagram.
const SIDE: f32 = 250.0;
/// Of fewer answers than this their share of right ones says little: bars are faint, and the line passes them over.
const ENOUGH: u64 = 10;
/// Points of the coverage curve.
const POINTS: usize = 160;

/// A square to draw in: shares from 0 to 1 along x, from `low` to 1 along y.
struct Field {
    rect: Rect,
    low: f32,
}

impl Field {
    fn new(ui: &mut Ui, low: f32, label: &str, [x, y]: [&str; 2]) -> Self {
        let p = palette(ui);
        let (all, response) = ui.allocate_exact_size(vec2(SIDE + 44.0, SIDE + 34.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, label));
        let rect = Rect::from_min_size(all.min + vec2(40.0, 4.0), vec2(SIDE, SIDE));
        ui.painter().rect(rect, 2.0, p.well, Stroke::new(1.0, p.line), StrokeKind::Inside);
        let field = Self { rect, low };
        for i in 0..=4 {
            let share = i as f32 / 4.0;
            let value = low + (1.0 - low) * share;
            let digits = if low > 0.9 { 1 } else { 0 };
            let at = pos2(rect.left() - 5.0, field.at(0.0, value).y);
            let text = format!("{:.digits$} %", value * 100.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, text, theme::small(), p.dim);
            let at = pos2(field.at(share, low).x, rect.bottom() + 3.0);
            let text = format!("{:.0}", share * 100.0);
            ui.painter().text(at, Align2::CENTER_TOP, text, theme::small(), p.dim);
            ui.painter().hline(rect.x_range(), field.at(0.0, value).y, Stroke::new(0.5, p.line));
        }
        let under = pos2(rect.center().x, rect.bottom() + 17.0);
        ui.painter().text(under, Align2::CENTER_TOP, format!("{x} (%), upwards: {y}"), theme::small(), p.dim);
        field
    }

    fn at(&self, x: f32, y: f32) -> Pos2 {
        let share = ((y - self.low) / (1.0 - self.low).max(1e-6)).clamp(0.0, 1.0);
        pos2(self.rect.left() + x * self.rect.width(), self.rect.bottom() - share * self.rect.height())
    }
}

/// Accuracy over confidence: on the diagonal the model is as sure as it should be.
pub fn reliability_ui(ui: &mut Ui, examined: &Examined) {
    reliability_of(ui, &examined.answers, examined.tempered.as_ref().map(|(_, answers)| answers));
}

/// The same of any answers, and of those that scores divided by the temperature give.
pub fn reliability_of(ui: &mut Ui, answers: &Answers, tempered: Option<&Answers>) {
    let p = palette(ui);
    heading(ui, "Reliability");
    let field = Field::new(ui, 0.0, "Reliability diagram", ["Confidence", "share read rightly"]);
    let width = 1.0 / BINS as f32;
    for (i, bin) in answers.bins(BINS).iter().enumerate().filter(|(_, bin)| bin.n > 0) {
        let left = i as f32 * width;
        let bar = Rect::from_two_pos(field.at(left, 0.0), field.at(left + width, bin.accuracy as f32));
        let strength = if bin.n < ENOUGH { 0.2 } else { 0.75 };
        ui.painter().rect_filled(bar.shrink2(vec2(1.0, 0.0)), 1.0, p.accent.gamma_multiply(strength));
        let gap = Rect::from_two_pos(
            field.at(left, bin.accuracy as f32),
            field.at(left + width, bin.confidence as f32),
        );
        ui.painter().rect_filled(gap.shrink2(vec2(1.0, 0.0)), 0.0, tint(p.bad));
        let place = Rect::from_two_pos(field.at(left, 0.0), field.at(left + width, 1.0));
        let response = ui.interact(place, ui.scope_id().with(("bin", i)), Sense::hover());
        response.on_hover_text(format!(
            "{} with a confidence of {} on average; {} are right",
            words::many(bin.n as usize, "image"),
            words::percent(bin.confidence),
            words::percent(bin.accuracy)
        ));
    }
    let ends = [field.at(0.0, 0.0), field.at(1.0, 1.0)];
    ui.painter().extend(Shape::dashed_line(&ends, Stroke::new(1.0, p.dim), 4.0, 4.0));
    if let Some(answers) = tempered {
        let points: Vec<Pos2> = answers
            .bins(BINS)
            .iter()
            .filter(|bin| bin.n >= ENOUGH)
            .map(|bin| field.at(bin.confidence as f32, bin.accuracy as f32))
            .collect();
        for point in &points {
            ui.painter().circle_filled(*point, 3.0, p.warn);
        }
        ui.painter().line(points, Stroke::new(1.5, p.warn));
        remark(ui, "Bars as it is, line with scores divided by the temperature");
    } else {
        remark(ui, "Red: the gap between confidence and accuracy");
    }
}

/// The curve of coverage and accuracy, worked out anew only for other answers.
fn curve(answers: &Answers) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = (0..=POINTS)
        .map(|i| {
            // Closer to 1, where most confidences are.
            let away = 1.0 - i as f32 / POINTS as f32;
            answers.cut(1.0 - away.powi(3))
        })
        .collect();
    cuts.dedup_by(|a, b| a.coverage == b.coverage);
    cuts
}

/// What is answered, and how rightly, where the model may pass: with a slider for how sure it has to be.
pub fn coverage_ui(ui: &mut Ui, view: &mut View<'_>, examined: &Examined) {
    let p = palette(ui);
    heading(ui, "Coverage");
    let cuts = curve(&examined.answers);
    let least = cuts.iter().filter_map(|cut| cut.accuracy).fold(1.0, f64::min) as f32;
    let low = ((least - 0.001) * 50.0).floor().max(0.0) / 50.0;
    let field =
        Field::new(ui, low.min(0.98), "Coverage curve", ["Images answered", "share of answers right"]);
    let line: Vec<Pos2> =
        cuts.iter().filter_map(|cut| Some(field.at(cut.coverage as f32, cut.accuracy? as f32))).collect();
    ui.painter().line(line, Stroke::new(1.8, p.accent));
    let wanted = field.at(0.0, 0.98).y;
    let ends = [pos2(field.rect.left(), wanted), pos2(field.rect.right(), wanted)];
    ui.painter().extend(Shape::dashed_line(&ends, Stroke::new(1.0, p.good), 5.0, 4.0));
    let cut = examined.answers.cut(view.app.inspect.threshold);
    if let Some(accuracy) = cut.accuracy {
        ui.painter().circle_filled(field.at(cut.coverage as f32, accuracy as f32), 5.0, p.strong);
    }
    ui.horizontal(|ui| {
        let label = remark(ui, "Least confidence");
        // Stretched towards 1, where most confidences are.
        let mut place = 1.0 - (1.0 - view.app.inspect.threshold).cbrt();
        let moved = slider(ui, 130.0, Slider::new(&mut place, 0.0..=1.0)).labelled_by(label.id);
        if moved.on_hover_text("Answers only with at least this confidence").changed() {
            view.ask(Command::Inspect(Action::Threshold(1.0 - (1.0 - place).powi(3))));
        }
        ui.label(format!("{:.4}", view.app.inspect.threshold));
    });
    let right = cut.accuracy.map_or_else(|| "none".to_owned(), words::percent);
    ui.label(format!(
        "Answers {} of the images; {right} of the answers are right",
        words::percent(cut.coverage)
    ));
    let best = examined.answers.coverage_at(0.98);
    remark(ui, format!("With 98 % of the answers right it can answer {}", words::percent(best.coverage)));
}
