//! What to do first, what was done last, and where it all lies.

use crate::app::{App, Command, mnist};
use crate::data::Availability;
use crate::ui::icons::Icon;
use crate::ui::run_list::status_colour;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{
    Action, Weight, badge, card, dot, heading, page_title, progress, remark, text_at_right,
};
use crate::ui::words;
use egui::{Align, Label, Layout, RichText, ScrollArea, Sense, Ui, vec2};

/// Wider, and lines are hard to read.
const WIDEST: f32 = 1080.0;
/// Height of the three cards.
const CARD: f32 = 176.0;
/// At most so many runs are listed.
const RECENT: usize = 8;

/// Draws the page.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let margin = ((ui.available_width() - WIDEST) / 2.0).max(0.0);
        ui.horizontal_top(|ui| {
            ui.add_space(margin);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width() - margin);
                contents(ui, view);
            });
        });
    });
}

fn contents(ui: &mut Ui, view: &mut View<'_>) {
    ui.add_space((ui.available_height() * 0.04).min(36.0));
    page_title(ui, "Digit Workbench", "Train digit recognisers, watch them learn, look at what they read");
    ui.add_space(theme::WIDE_GAP);
    let gap = theme::WIDE_GAP;
    let width = (ui.available_width() - 2.0 * gap) / 3.0;
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = gap;
        card_ui(ui, width, Icon::Quick, "Train on rendered digits now", |ui| {
            text(
                ui,
                "Draws its own digits with the fonts at hand: nothing to download, done in about a minute.",
            );
            bottom(ui, |ui| {
                let reason = view.app.why_not(&Command::QuickStart);
                let tooltip = "Starts the quick-start preset and shows it on the Train page";
                let button = Action::new(Icon::Play, "Start quick training").weight(Weight::Primary).tall();
                if button.tooltip(tooltip).reason(reason).show(ui) {
                    view.ask(Command::QuickStart);
                }
            });
        });
        card_ui(ui, width, Icon::Data, "Get MNIST", |ui| mnist_ui(ui, view));
        card_ui(ui, width, Icon::Train, "Open a run", |ui| {
            let n = view.app.runs.list().len();
            let last = view.app.runs.list().first();
            let about = match last {
                Some(_) => format!(
                    "{} in this workspace. Go on where you were, or look at what came out.",
                    words::many(n, "run")
                ),
                None => "Runs that you start are kept, with their curves and models. There is none yet."
                    .to_owned(),
            };
            text(ui, &about);
            bottom(ui, |ui| {
                let reason = last.is_none().then(|| "There is no run yet".to_owned());
                let button = Action::new(Icon::Train, "Open the latest run").tall().reason(reason);
                if button.tooltip("Shows the newest run on the Train page").show(ui)
                    && let Some(run) = last
                {
                    view.ask(Command::OpenRun(run.id.clone()));
                }
            });
        });
    });
    ui.add_space(theme::WIDE_GAP);
    recent_ui(ui, view);
    ui.add_space(theme::WIDE_GAP);
    places_ui(ui, view.app);
}

fn card_ui(ui: &mut Ui, width: f32, icon: Icon, title: &str, contents: impl FnOnce(&mut Ui)) {
    ui.allocate_ui_with_layout(vec2(width, CARD), Layout::top_down(Align::Min), |ui| {
        ui.set_width(width);
        card(ui, |ui| {
            let p = palette(ui);
            ui.set_height(CARD - 30.0);
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(theme::square(22.0), Sense::hover());
                icon.paint(ui.painter(), rect.shrink(1.0), p.accent);
                ui.label(RichText::new(title).font(theme::heading()).color(p.strong));
            });
            ui.add_space(2.0);
            contents(ui);
        });
    });
}

fn text(ui: &mut Ui, text: &str) {
    let p = palette(ui);
    ui.add(Label::new(RichText::new(text).color(p.dim)).wrap());
}

/// What stands at the foot of a card.
fn bottom(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
        ui.horizontal(contents);
    });
}

fn mnist_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let app = view.app;
    let job = app.sources.fetching(&mnist()).and_then(|id| app.jobs.shown().find(|job| job.id == id));
    if let Some(job) = job {
        text(ui, if job.status.doing.is_empty() { "Downloading…" } else { &job.status.doing });
        progress(ui, ui.available_width(), job.status.share(), p.accent);
        let left = job.eta_secs.map(|secs| format!("{} left", words::duration(secs))).unwrap_or_default();
        remark(ui, left);
        bottom(ui, |ui| {
            if Action::new(Icon::Close, "Cancel download").tall().show(ui) {
                view.ask(Command::CancelJob(job.id));
            }
        });
        return;
    }
    if let Some(trouble) = app.sources.trouble(&mnist()) {
        let label = Label::new(RichText::new(trouble).font(theme::small()).color(p.bad)).wrap();
        ScrollArea::vertical().max_height(56.0).show(ui, |ui| ui.add(label));
    }
    match app.sources.availability(&mnist()) {
        Some(Availability::Ready) => {
            text(ui, "70,000 handwritten digits of 28×28, the classic to learn on.");
            ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(theme::square(14.0), Sense::hover());
                Icon::Check.paint(ui.painter(), rect, p.good);
                ui.label(RichText::new("Found on this machine").color(p.good));
            });
            bottom(ui, |ui| {
                let tooltip = "Puts the two-convolution network on MNIST on the form";
                if Action::new(Icon::Train, "Use MNIST").tall().tooltip(tooltip).show(ui) {
                    view.ask(Command::UsePreset("mnist-cnn".to_owned()));
                    view.ask(Command::Show(crate::app::Tab::Train));
                }
            });
        }
        _ => {
            if app.sources.trouble(&mnist()).is_none() {
                text(
                    ui,
                    "70,000 handwritten digits of 28×28, the classic to learn on: 11.6 MB, checked when it is here.",
                );
            }
            bottom(ui, |ui| {
                let reason = app.why_not(&Command::FetchMnist);
                if Action::new(Icon::Download, "Download MNIST").tall().reason(reason).show(ui) {
                    view.ask(Command::FetchMnist);
                }
                let tooltip = "A folder that holds the four files, plain or .gz";
                if Action::new(Icon::Folder, "Use my copy…").tall().tooltip(tooltip).show(ui) {
                    view.memory.choose_folder(ui.ctx(), "Folder that holds MNIST", Command::AddFolder);
                }
            });
        }
    }
}

fn recent_ui(ui: &mut Ui, view: &mut View<'_>) {
    let p = palette(ui);
    let app = view.app;
    card(ui, |ui| {
        heading(ui, "Recent runs");
        ui.add_space(2.0);
        if app.runs.list().is_empty() {
            remark(ui, "They show up here as soon as there is one");
        }
        for run in app.runs.list().iter().take(RECENT) {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::click());
            let label = format!("Open {}", run.meta.name);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &label));
            if response.hovered() || response.has_focus() {
                ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), theme::ROUND_SMALL, p.button);
            }
            let mut row = ui.new_child(
                egui::UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center)),
            );
            let status = run.status();
            dot(&mut row, p.run(run.meta.colour));
            row.label(RichText::new(&run.meta.name).color(p.strong));
            badge(&mut row, status.label(), status_colour(p, &status));
            let when = words::ago(app.now() - run.history.last_at);
            let when = if run.history.last_at > 0.0 { when } else { String::new() };
            text_at_right(ui, rect, &when, theme::small(), p.dim);
            let accuracy = run.best_accuracy().map_or_else(|| "–".to_owned(), words::percent);
            let left_of_when = rect.with_max_x(rect.right() - 96.0);
            text_at_right(ui, left_of_when, &accuracy, theme::strong(), p.text);
            if response.on_hover_cursor(egui::CursorIcon::PointingHand).clicked() {
                view.ask(Command::OpenRun(run.id.clone()));
            }
        }
    });
}

fn places_ui(ui: &mut Ui, app: &App) {
    let p = palette(ui);
    let root = app.shown_path(app.workspace().root());
    ui.horizontal_wrapped(|ui| {
        remark(ui, "Runs, presets and settings lie in");
        let path = RichText::new(root).font(theme::small()).color(p.text);
        ui.add(Label::new(path).selectable(true));
        remark(ui, "· Nothing is ever sent anywhere; only a download that you start uses the network");
    });
}
