//! What a sweep begins with: one that ships, one's own, or a file; and the sweep on the form as a file.

use crate::app::Command;
use crate::app::sweep::Action;
use crate::ui::dialog::Dialog;
use crate::ui::icons::Icon;
use crate::ui::view::View;
use crate::ui::widgets::Action as Button;
use egui::{ComboBox, Role, Ui, WidgetInfo};

/// A file being chosen.
#[derive(Default)]
pub struct Memory {
    dialog: Dialog,
    /// Whether it is to be written.
    saves: bool,
}

/// Draws the menu of sweeps and the buttons beside it.
pub fn begin_ui(ui: &mut Ui, view: &mut View<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        presets_ui(ui, view, ui.available_width() - 72.0);
        let open =
            "Opens a file: a sweep (.ron), a W&B sweep (.yaml), or a table of points such as parameter.csv";
        let memory = &mut view.memory.sweep.build.begin;
        if Button::icon(Icon::Folder, "Open a sweep's file").tooltip(open).show(ui) {
            memory.saves = false;
            memory.dialog.pick_file(ui.ctx(), "Open a sweep", "Sweeps", &["ron", "yaml", "yml", "csv"]);
        }
        let save = "Writes the sweep on the form to a file: .ron, or .yaml for W&B";
        if Button::icon(Icon::Save, "Save the sweep").tooltip(save).show(ui) {
            memory.saves = true;
            memory.dialog.save_file(ui.ctx(), "Save the sweep", "sweep.ron");
        }
        if let Some(path) = memory.dialog.picked() {
            let action = if memory.saves { Action::SaveFile(path) } else { Action::OpenFile(path) };
            view.ask(Command::Sweep(action));
        }
    });
}

fn presets_ui(ui: &mut Ui, view: &mut View<'_>, width: f32) {
    let app = view.app;
    let now = app.sweeps.draft.preset.as_deref();
    let name = |stem: &str| {
        let found = app.sweeps.presets.iter().rev().find(|(known, _)| known == stem);
        found.and_then(|(_, sweep)| sweep.as_ref().ok()).map(|sweep| sweep.name.clone())
    };
    let text = now.and_then(name).unwrap_or_else(|| "Your own".to_owned());
    let menu = ComboBox::from_id_salt("sweep preset").width(width).selected_text(text).show_ui(ui, |ui| {
        for (stem, sweep) in &app.sweeps.presets {
            match sweep {
                Ok(sweep) => {
                    let line = ui.selectable_label(Some(stem.as_str()) == now, &sweep.name);
                    if line.on_hover_text(&sweep.about).clicked() {
                        view.ask(Command::Sweep(Action::UsePreset(stem.clone())));
                    }
                }
                Err(why) => {
                    ui.add_enabled(false, egui::Button::new(stem)).on_disabled_hover_text(why);
                }
            }
        }
    });
    let named = menu.response.on_hover_text("The sweep to begin with");
    named.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Sweep preset"));
}
