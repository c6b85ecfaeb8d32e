//! The probabilities of all classes as bars with numbers.

use crate::ui::theme::{self, palette};
use egui::{Align2, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// In words, as it is read aloud: "Digit 7: 0.9981".
    pub label: String,
    /// The class: "7".
    pub class: String,
    /// The probability in four places.
    pub value: String,
    /// The probability, 0 to 1.
    pub share: f32,
    /// Whether the model takes it for this one.
    pub predicted: bool,
    /// Whether it is this one.
    pub truth: bool,
}

/// The bars of one image; `truth` where it is known.
pub fn bars(classes: &[String], probabilities: &[f32], predicted: usize, truth: Option<usize>) -> Vec<Bar> {
    let bars = classes.iter().zip(probabilities).enumerate();
    bars.map(|(class, (name, share))| {
        let value = format!("{share:.4}");
        Bar {
            label: format!("{}: {value}", class_label(name)),
            class: name.clone(),
            value,
            share: *share,
            predicted: class == predicted,
            truth: truth == Some(class),
        }
    })
    .collect()
}

/// A class in words: "Digit 7", or "Class A" where it is no digit.
pub fn class_label(name: &str) -> String {
    let digit = name.len() == 1 && name.chars().all(|c| c.is_ascii_digit());
    if digit { format!("Digit {name}") } else { format!("Class {name}") }
}

/// Draws them below each other.
pub fn bars_ui(ui: &mut Ui, bars: &[Bar]) {
    let p = palette(ui);
    ui.spacing_mut().item_spacing.y = 2.0;
    let letters = bars.iter().map(|bar| bar.class.chars().count()).max().unwrap_or(1).min(12);
    let left = letters as f32 * 7.0 + 12.0;
    for bar in bars {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &bar.label));
        let colour = match (bar.predicted, bar.truth) {
            (true, false) if bars.iter().any(|bar| bar.truth) => p.bad,
            (true, _) => p.accent,
            (false, true) => p.good,
            (false, false) => p.dim,
        };
        let ink = if bar.predicted || bar.truth { p.strong } else { p.dim };
        let middle = rect.center().y;
        let painter = ui.painter();
        painter.text(pos2(rect.left() + 2.0, middle), Align2::LEFT_CENTER, &bar.class, theme::strong(), ink);
        let room = Rect::from_min_max(
            pos2(rect.left() + left, middle - 5.0),
            pos2((rect.right() - 54.0).max(rect.left() + left + 1.0), middle + 5.0),
        );
        painter.rect_filled(room, 2.0, p.well);
        let width = room.width() * bar.share.clamp(0.0, 1.0);
        painter.rect_filled(Rect::from_min_size(room.min, vec2(width, room.height())), 2.0, colour);
        painter.text(
            pos2(rect.right(), middle),
            Align2::RIGHT_CENTER,
            &bar.value,
            FontId::monospace(12.0),
            ink,
        );
        let tooltip = match (bar.predicted, bar.truth) {
            (true, true) => format!("{}, predicted and true", bar.label),
            (true, false) => format!("{}, predicted", bar.label),
            (false, true) => format!("{}, true", bar.label),
            (false, false) => bar.label.clone(),
        };
        response.on_hover_text(tooltip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_says_its_digit_and_number() {
        let classes = ["3", "7"].map(str::to_owned);
        let bars = bars(&classes, &[0.0019, 0.9981], 1, Some(0));
        assert_eq!(bars[1].label, "Digit 7: 0.9981");
        assert!(bars[1].predicted && !bars[1].truth && bars[0].truth);
        assert_eq!(class_label("A"), "Class A");
    }
}
