//! The sheet of data sets: everything there is to learn from, whether it is here, where it comes from, and the buttons
//! that get it.

use crate::app::data::{Action, Sheet};
use crate::app::{Command, Known, Tab, catalogue, title};
use crate::data::{Availability, Source};
use crate::knobs::Choice as _;
use crate::recipe::Recipe;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Weight, badge, card, progress, remark};
use crate::ui::words;
use egui::{Align, Label, Layout, RichText, ScrollArea, Sense, Ui, vec2};

/// Endings of files that data sets are published as.
const ENDINGS: [&str; 5] = ["gz", "zip", "mat", "tar", "tgz"];
/// Width of the column of buttons, in points.
const BUTTONS: f32 = 330.0;

/// Draws the sheet.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for source in catalogue() {
            card(ui, |ui| ui.push_id(title(&source), |ui| one_ui(ui, view, &source)));
        }
        let text = "What is downloaded is checked and kept in the program's own folder; folders of yours are only read. \
                    A download that was cancelled or broke goes on where it ended.";
        remark(ui, text);
    });
}

fn one_ui(ui: &mut Ui, view: &mut View<'_>, source: &Source) {
    let known = view.app.sources.known(source).cloned();
    let room = (ui.available_width() - BUTTONS).max(200.0);
    ui.horizontal_top(|ui| {
        ui.allocate_ui_with_layout(vec2(room, 0.0), Layout::top_down(Align::Min), |ui| {
            ui.set_width(room);
            words_ui(ui, view, source, known.as_ref());
        });
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            ui.set_min_height(theme::ROW);
            if let Some(known) = &known {
                buttons_ui(ui, view, source, known);
            }
        });
    });
    if let Some(trouble) = view.app.sources.trouble(source) {
        let text = RichText::new(trouble).font(theme::small()).color(palette(ui).bad);
        ui.add(Label::new(text).wrap().selectable(true));
    }
}

/// What it is, and where.
fn words_ui(ui: &mut Ui, view: &View<'_>, source: &Source, known: Option<&Known>) {
    let p = palette(ui);
    let name = source.chosen();
    let help = source.options().into_iter().find(|option| option.name == name).map_or("", |o| o.help);
    ui.horizontal(|ui| {
        let ready = known.map(|known| &known.availability) == Some(&Availability::Ready);
        let (rect, _) = ui.allocate_exact_size(theme::square(14.0), Sense::hover());
        match ready {
            true => Icon::Check.paint(ui.painter(), rect, p.good),
            false => Icon::Download.paint(ui.painter(), rect.shrink(1.0), p.dim),
        }
        ui.label(RichText::new(title(source)).font(theme::strong()).color(p.strong));
        if is_in_use(view, source) {
            badge(ui, "In use", p.accent);
        }
    });
    ui.add(Label::new(RichText::new(help).color(p.dim)).wrap());
    let Some(Known { availability, origin }) = known else {
        remark(ui, "Looking for it…");
        return;
    };
    let size = if origin.bytes > 0 { words::bytes(origin.bytes) } else { String::new() };
    let text = match (availability, &origin.found) {
        _ if origin.drawn => "Drawn by this program as it is needed: nothing to download".to_owned(),
        (Availability::Ready, Some(path)) => format!("Here: {}", view.app.shown_path(path)),
        (Availability::Ready, None) => "Here".to_owned(),
        (Availability::NeedsDownload { .. }, _) => format!("Not here; {size} from {}", origin.host()),
        (Availability::Missing { what_to_do }, _) => words::sentence(what_to_do),
    };
    let line = ui.add(Label::new(RichText::new(text).font(theme::small()).color(p.dim)).wrap());
    if !origin.address.is_empty() {
        line.on_hover_text(format!("Published at {} ({size})", origin.address));
    }
}

/// The data set of the recipe on the form, whatever its lesser settings.
fn is_in_use(view: &View<'_>, source: &Source) -> bool {
    let used = &view.app.draft.recipe().data;
    used.chosen() == source.chosen() && title(used) == title(source)
}

fn buttons_ui(ui: &mut Ui, view: &mut View<'_>, source: &Source, known: &Known) {
    if let Some(job) = view.app.sources.fetching(source) {
        downloading_ui(ui, view, job);
        return;
    }
    match &known.availability {
        Availability::Ready => {
            let reason = is_in_use(view, source).then(|| "The recipe on the form learns from it".to_owned());
            let used = widgets::Action::words("Use").tooltip("Puts it on the form and shows its images");
            if used.weight(Weight::Primary).reason(reason).show(ui) {
                let recipe = Recipe { data: source.clone(), ..view.app.draft.recipe().clone() };
                view.ask(Command::Edit { recipe: Box::new(recipe), gesture: None });
                view.ask(Command::Data(Action::Sheet(Sheet::Images)));
            }
        }
        Availability::NeedsDownload { bytes } => {
            let size = words::bytes(*bytes);
            let (label, tooltip) = if *bytes < known.origin.bytes {
                (format!("Download the other {size}"), "The rest is here already")
            } else {
                (format!("Download {size}"), "Downloads it, checked, into the program's own folder")
            };
            let download = widgets::Action::new(Icon::Download, &label).weight(Weight::Primary);
            if download.tooltip(tooltip).show(ui) {
                view.ask(Command::Data(Action::Fetch(Box::new(source.clone()))));
            }
            own_copy_ui(ui, view);
        }
        Availability::Missing { .. } => {
            folder_ui(ui, view, source);
            keep_ui(ui, view, source);
        }
    }
    if known.availability == Availability::Ready {
        folder_ui(ui, view, source);
    }
}

/// Sets of the user's own files have a folder to choose.
fn folder_ui(ui: &mut Ui, view: &mut View<'_>, source: &Source) {
    let then: fn(std::path::PathBuf) -> Command = match source {
        Source::IdxFolder(_) => Command::UseIdxFolder,
        Source::ImageFolder(_) => Command::UseImageFolder,
        _ => return,
    };
    let choose = widgets::Action::new(Icon::Folder, "Choose folder…");
    if choose.tooltip("Puts the folder on the form; nothing in it is changed").show(ui) {
        view.memory.choose_folder(ui.ctx(), "Folder of images", then);
        view.ask(Command::Data(Action::Sheet(Sheet::Images)));
    }
}

/// Where pictures of the user's own are kept.
fn keep_ui(ui: &mut Ui, view: &mut View<'_>, source: &Source) {
    if !matches!(source, Source::Captured(_)) {
        return;
    }
    let ways = [
        ("Your pictures", Tab::Inspect, "Reads pictures of yours and keeps those that you correct"),
        ("Camera", Tab::Camera, "Reads what the camera sees; Teach keeps a number with what it is"),
    ];
    for (label, tab, tooltip) in ways {
        if widgets::Action::words(label).tooltip(tooltip).show(ui) {
            view.ask(Command::Show(tab));
        }
    }
}

/// Where the user has the files already.
fn own_copy_ui(ui: &mut Ui, view: &mut View<'_>) {
    let response = ui.menu_button("Use my copy…", |ui| {
        let text = ui.button("Folder that holds it…");
        if text.on_hover_text("Looks in this folder from now on; nothing in it is changed").clicked() {
            view.memory.choose_folder(ui.ctx(), "Folder that holds the files", Command::AddFolder);
            ui.close();
        }
        let text = ui.button("File…");
        if text.on_hover_text("One of its files or its archive, under the name it was published by").clicked()
        {
            view.memory.choose_file(ui.ctx(), "One of the files", &ENDINGS, |path| {
                Command::AddFolder(path.parent().unwrap_or(&path).to_owned())
            });
            ui.close();
        }
    });
    response.response.on_hover_text("Looks where you have it: nothing is downloaded or copied");
}

fn downloading_ui(ui: &mut Ui, view: &mut View<'_>, job: u64) {
    let shown = view.app.jobs.shown().find(|shown| shown.id == job);
    if widgets::Action::words("Cancel").tooltip("What has arrived is kept; it can go on later").show(ui) {
        view.ask(Command::CancelJob(job));
    }
    ui.vertical(|ui| {
        let width = ui.available_width().min(BUTTONS - 80.0);
        let share = shown.as_ref().and_then(|shown| shown.status.share());
        progress(ui, width, share, palette(ui).accent);
        let left = shown.as_ref().and_then(|shown| shown.eta_secs);
        let left = left.map(|secs| format!(", {} left", words::duration(secs))).unwrap_or_default();
        let percent = share.map(|share| words::percent(f64::from(share))).unwrap_or_default();
        remark(ui, format!("{percent}{left}"));
    });
}
