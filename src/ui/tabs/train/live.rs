//! Settings that can be changed while a run trains: what was asked for, and what is in force.

use crate::app::Command;
use crate::app::runs::Run;
use crate::knobs;
use crate::recipe::Recipe;
use crate::runs::MarkerKind;
use crate::ui::form::{self, Look};
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{heading, remark};
use crate::ui::words;
use egui::{CollapsingHeader, RichText, ScrollArea, Ui};

/// At most so many changes are listed.
const MOST: usize = 4;

/// The run's recipe with the settings in force, and on top of them those asked for.
fn in_force(run: &Run) -> Option<Recipe> {
    let mut recipe = run.recipe.clone().ok()?;
    for path in &run.live {
        let asked = run.pending(path).map(|asked| asked.value.as_str());
        if let Some(value) = asked.or_else(|| run.value(path)) {
            // A value of a program with other settings: the recipe's own stays.
            knobs::set(&mut recipe, path, value).ok();
        }
    }
    Some(recipe)
}

/// The settings that differ, as they are to be asked for.
fn changes(run: &Run, before: &Recipe, after: &Recipe) -> Vec<Command> {
    let (before, after) = (knobs::flat(&mut before.clone()), knobs::flat(&mut after.clone()));
    let differ = |(path, value): &(String, String)| {
        run.live.contains(path) && !before.contains(&(path.clone(), value.clone()))
    };
    after.into_iter().filter(differ).map(|(path, value)| Command::SetLive { path, value }).collect()
}

/// Draws the settings of the run looked at.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let Some(run) = view.app.runs.current() else { return };
    let Some(force) = in_force(run) else { return };
    let p = palette(ui);
    let rect = ui.available_rect_before_wrap();
    ui.painter().hline(rect.x_range(), rect.top(), egui::Stroke::new(1.0, p.line));
    ui.add_space(6.0);
    heading(ui, "While it trains").on_hover_text("Applied at the next step, after a checkpoint was written");
    ScrollArea::vertical().id_salt("live").auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        let dragged = view.memory.live.take().filter(|(id, _)| *id == run.id).map(|(_, recipe)| recipe);
        let mut recipe = dragged.unwrap_or_else(|| force.clone());
        let augmentation = |path: &&String| path.starts_with("augment.");
        let [folded, open]: [Vec<String>; 2] = [true, false]
            .map(|folded| run.live.iter().filter(|path| augmentation(path) == folded).cloned().collect());
        let look = Look {
            defaults: &run.flat,
            problems: &[],
            suffix: " now",
            only: Some(&open),
            narrow: true,
            notes: &[],
        };
        form::knobs_ui(ui, look, "", &mut recipe);
        if !folded.is_empty() {
            let fold = CollapsingHeader::new("Augmentation now").default_open(!recipe.augment.is_off());
            fold.show_unindented(ui, |ui| {
                let look = Look { only: Some(&folded), ..look };
                form::knobs_ui(ui, look, "augment.", &mut recipe.augment);
            });
        }
        if recipe != force {
            if ui.input(|input| input.pointer.any_down()) {
                // One request for a whole drag: each writes a checkpoint first.
                view.memory.live = Some((run.id.clone(), recipe));
            } else {
                for command in changes(run, &force, &recipe) {
                    view.ask(command);
                }
            }
        }
        told_ui(ui, run);
    });
}

/// What was asked for and has not been answered, then the latest changes.
fn told_ui(ui: &mut Ui, run: &Run) {
    let p = palette(ui);
    for path in &run.live {
        if let Some(asked) = run.pending(path) {
            let applied = run.value(path).unwrap_or("–");
            let text = format!("{}: {} asked, {applied} in force", words::path_label(path), asked.value);
            ui.label(RichText::new(text).font(theme::small()).color(p.warn));
        }
    }
    let changed = run.history.markers.iter().rev().filter_map(|marker| match &marker.kind {
        MarkerKind::Changed(changed) => Some(changed),
        MarkerKind::Paused | MarkerKind::Resumed => None,
    });
    for changed in changed.take(MOST) {
        let label = words::path_label(&changed.path);
        match &changed.reason {
            Some(reason) => {
                let text = format!("{label}: {} asked, {} applied: {reason}", changed.asked, changed.applied);
                ui.label(RichText::new(text).font(theme::small()).color(p.bad));
            }
            None => {
                let step = words::count(changed.step);
                remark(ui, format!("Step {step}: {label} {} → {}", changed.before, changed.applied));
            }
        }
    }
}
