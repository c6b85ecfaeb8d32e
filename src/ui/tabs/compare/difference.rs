//! What differs between the recipes of two runs, side by side.

use crate::app::Command;
use crate::app::runs::Run;
use crate::knobs::differences;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, remark};
use crate::ui::words;
use egui::{Grid, RichText, ScrollArea, Ui};

/// The two runs chosen; otherwise the first two ticked.
fn pair<'a>(view: &View<'a>, runs: &[&'a Run]) -> Option<[&'a Run; 2]> {
    let app = view.app;
    let chosen: Vec<&Run> = app.runs.chosen.iter().filter_map(|id| app.runs.get(id)).collect();
    match (chosen.as_slice(), runs) {
        ([a, b], _) | (_, [a, b, ..]) => Some([*a, *b]),
        _ => None,
    }
}

/// Draws the table of what differs, and offers to set the two models against each other on the same images.
pub fn difference_ui(ui: &mut Ui, view: &mut View<'_>, runs: &[&Run]) {
    let p = palette(ui);
    let Some([a, b]) = pair(view, runs) else {
        remark(ui, "Choose two runs with Ctrl and a click, or tick two");
        return;
    };
    let rows = differences(&a.flat, &b.flat);
    ui.horizontal(|ui| {
        let text = if rows.is_empty() { "The two recipes are the same".to_owned() } else { words::many(rows.len(), "setting") };
        remark(ui, format!("{text}{}", if rows.is_empty() { "" } else { " of the two differ" }));
        let reason = (a.imported.is_some() || b.imported.is_some()).then(|| "An imported run has no model".to_owned());
        let tooltip = "Both models on the same test images: what one reads and the other does not, and whether that is chance";
        if widgets::Action::new(Icon::Inspect, "Compare their models").tooltip(tooltip).reason(reason).show(ui) {
            use crate::app::inspect::Action;
            view.ask(Command::Inspect(Action::Run(a.id.clone())));
            view.ask(Command::Inspect(Action::Beside(Some(b.id.clone()))));
            view.ask(Command::Show(crate::app::Tab::Inspect));
        }
    });
    ScrollArea::both().id_salt("difference").auto_shrink(false).show(ui, |ui| {
        Grid::new("difference").striped(true).spacing([28.0, 6.0]).show(ui, |ui| {
            ui.label(RichText::new("Setting").font(theme::small()).color(p.dim));
            for run in [a, b] {
                ui.label(RichText::new(&run.meta.name).font(theme::strong()).color(p.run(run.meta.colour)));
            }
            ui.end_row();
            let best = |run: &Run| run.best_accuracy().map_or_else(|| "–".to_owned(), words::percent);
            ui.label("Best accuracy");
            ui.label(best(a));
            ui.label(best(b));
            ui.end_row();
            for (path, of_a, of_b) in &rows {
                ui.label(words::path_label(path)).on_hover_text(path);
                for value in [of_a, of_b] {
                    ui.label(value.as_deref().unwrap_or("–"));
                }
                ui.end_row();
            }
        });
    });
}
