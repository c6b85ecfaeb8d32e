//! The fold that writes images as files which other programs read.

use crate::app::Command;
use crate::app::data::{Action, Export, Which};
use crate::data::Dataset;
use crate::data::export::Format;
use crate::knobs::Choice as _;
use crate::ui::icons::Icon;
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, remark, segments};
use crate::ui::words;
use egui::{ComboBox, Role, Ui, WidgetInfo};

/// Draws it.
pub fn fold(ui: &mut Ui, view: &mut View<'_>, _: &Dataset) {
    let export = view.app.data.export;
    let gallery = &view.app.data.gallery;
    let chosen = format!("Chosen ({})", words::count(gallery.n_chosen() as u64));
    let listed = format!("Listed ({})", words::count(gallery.rows().len() as u64));
    let options = [
        (Which::All, "All", "Every image of the data set, with its edits"),
        (Which::Listed, listed.as_str(), "Images that fit every filter"),
        (Which::Chosen, chosen.as_str(), "Images chosen in the grid"),
    ];
    if let Some(which) = segments(ui, export.which, &options) {
        view.ask(Command::Data(Action::Exporting(Export { which, ..export })));
    }
    let name = export.format.chosen();
    let variants = export.format.options();
    let shown = variants.iter().find(|variant| variant.name == name);
    ui.horizontal(|ui| {
        let menu = ComboBox::from_id_salt("export format").width(120.0);
        let menu = menu.selected_text(shown.map_or("", |variant| variant.label)).show_ui(ui, |ui| {
            let mut asked = None;
            for variant in &variants {
                let line = ui.selectable_label(variant.name == name, variant.label);
                if line.on_hover_text(variant.help).clicked() {
                    asked = Some(variant.name);
                }
            }
            asked
        });
        menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Export format"));
        if let Some(name) = menu.inner.flatten() {
            let mut format = Format::default();
            format.choose(name);
            view.ask(Command::Data(Action::Exporting(Export { format, ..export })));
        }
        let button = widgets::Action::new(Icon::Folder, "Export…").weight(Weight::Normal);
        let button = button.tooltip("Writes them into a new folder inside of the one that you choose");
        if button.reason(view.app.why_no_export()).show(ui) {
            view.memory.choose_folder(ui.ctx(), "Folder to write a new folder into", |path| {
                Command::Data(Action::Export(path))
            });
        }
    });
    remark(ui, shown.map_or("", |variant| variant.help));
}
