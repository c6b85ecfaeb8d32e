//! How fast it goes: rates, the milliseconds of each stage, how old boxes are when they are drawn.

use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{badge, figure};
use crate::work::live::{Seen, State};
use egui::Ui;

/// Height of the row.
pub const HEIGHT: f32 = 44.0;

/// Draws them.
pub fn figures_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let told = view.app.camera.told.clone();
    let seen = view.app.camera.seen.clone();
    let drawing = view.memory.camera.drawing;
    ui.add_space(theme::GAP / 2.0);
    ui.horizontal(|ui| {
        ui.set_height(HEIGHT - theme::GAP);
        ui.spacing_mut().item_spacing.x = theme::WIDE_GAP;
        for (caption, value, tooltip) in read_outs(seen.as_deref(), told.about.n_lost, drawing) {
            figure(ui, caption, &value).on_hover_text(tooltip);
        }
        if told.state == State::Ended && told.about.n_frames != Some(1) {
            badge(ui, "Ended", p.dim)
                .on_hover_text("There are no more frames; open it again to see it once more");
        }
        if told.n_damaged > 0 {
            let text = format!("{} damaged", told.n_damaged);
            badge(ui, &text, p.warn).on_hover_text(&told.damage);
        }
    });
}

/// Captions, values and what they mean.
fn read_outs(seen: Option<&Seen>, n_lost: u64, drawing: f32) -> Vec<(&'static str, String, &'static str)> {
    let Some(seen) = seen else { return Vec::new() };
    let (rates, times) = (&seen.rates, &seen.times);
    let ms = |value: f32| if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    vec![
        ("Source", format!("{:.0} /s", rates.source), "Frames that the source gives in a second"),
        ("Read", format!("{:.0} /s", rates.read), "Frames that are read in a second"),
        ("Decode", format!("{} ms", ms(times.decode)), "The source's bytes into a picture"),
        ("Prepare", format!("{} ms", ms(times.prepare)), "The picture into what the model takes"),
        ("Model", format!("{} ms", ms(times.model)), "The model itself"),
        ("Group", format!("{} ms", ms(times.group)), "Digits into numbers, followed from frame to frame"),
        ("Draw", format!("{} ms", ms(drawing)), "The frame onto the screen"),
        (
            "Latency",
            format!("{} / {} ms", ms(rates.latency[0]), ms(rates.latency[1])),
            "From the frame to its boxes: the middle one of the last frames, and the 99th of a hundred",
        ),
        ("Left out", (rates.n_lost + n_lost).to_string(), "Frames not read, since newer ones came"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::live::testing::seen;

    #[test]
    fn every_stage_has_its_figure() {
        let all = read_outs(Some(&seen("7", 1, 1.0, "")), 2, 0.4);
        assert_eq!(all.len(), 9);
        assert!(all.iter().any(|(caption, value, _)| *caption == "Draw" && value == "0.4 ms"));
        assert!(all.iter().any(|(caption, value, _)| *caption == "Left out" && value == "2"));
        assert!(read_outs(None, 0, 0.0).is_empty());
    }
}
