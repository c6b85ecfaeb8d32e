//! The baseline's learning curve, and the check that labels are where they were.

use crate::app::Command;
use crate::app::curate::Action;
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{self, Action as Button, Weight, heading, remark};
use crate::ui::words;
use crate::work::curate::Wanted;
use crate::work::load::Loaded;
use egui::{RichText, Ui};
use egui_plot::{Legend, Line, Plot, PlotPoints, Points};

/// Draws the learning curve.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let points = &view.app.curate.baseline;
    if points.is_empty() {
        let text =
            "Logistic regression on 50, 100, 1000, 5000, 20,000 and all images: what any model should beat";
        widgets::empty(ui, Icon::Train, "How far does the simplest model get?", text);
        ui.vertical_centered(|ui| {
            ui.add_space(theme::GAP);
            let reason = super::is_working(view).then(|| "Something is being looked for".to_owned());
            let button = Button::new(Icon::Play, "Learn the baseline").weight(Weight::Primary).tall();
            if button.reason(reason).show(ui) {
                view.ask(Command::Curate(Action::Find(Wanted::Baseline)));
            }
        });
        return;
    }
    let p = palette(ui);
    let curve = |value: &dyn Fn(&crate::data::curate::baseline::Point) -> Option<f64>| -> Vec<[f64; 2]> {
        points.iter().filter_map(|point| Some([(point.n as f64).log10(), value(point)? * 100.0])).collect()
    };
    let curves = [
        ("Training", p.dim, curve(&|point| Some(point.train))),
        ("Validation", p.warn, curve(&|point| point.valid)),
        ("Test", p.accent, curve(&|point| point.test)),
    ];
    let plot = Plot::new("baseline")
        .legend(Legend::default())
        .allow_scroll(false)
        .x_axis_label("Images learned from")
        .y_axis_label("Read rightly, %")
        .x_axis_formatter(|mark, _| words::count(10_f64.powf(mark.value).round() as u64))
        .label_formatter(|_| None)
        .grid_color(p.line)
        .x_grid_spacer(|input| {
            let (first, last) = (input.bounds.0.ceil() as i32, input.bounds.1.floor() as i32);
            let mark = |i: i32| egui_plot::GridMark { value: f64::from(i), step_size: 1.0 };
            (first..=last).map(mark).collect()
        });
    plot.show(ui, |plot| {
        for (name, colour, curve) in curves {
            plot.line(Line::new(name, PlotPoints::from(curve.clone())).color(colour).width(1.8));
            plot.points(Points::new(name, PlotPoints::from(curve)).color(colour).radius(3.0));
        }
    });
}

/// The figures of the curve, and the check.
pub fn about(ui: &mut Ui, view: &mut View<'_>, loaded: &Loaded) {
    let p = palette(ui);
    heading(ui, "Baseline");
    let points = &view.app.curate.baseline;
    if points.is_empty() {
        remark(ui, "Pixels as 0 to 1, as scikit-learn's LogisticRegression by default");
    } else {
        egui::Grid::new("baseline").num_columns(4).spacing([theme::WIDE_GAP, 3.0]).show(ui, |ui| {
            for title in ["Images", "Validation", "Test", "Seconds"] {
                ui.label(RichText::new(title).color(p.dim));
            }
            ui.end_row();
            for point in points {
                let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), words::percent);
                ui.label(words::count(point.n as u64));
                ui.label(share(point.valid));
                ui.label(RichText::new(share(point.test)).color(p.strong));
                ui.label(format!("{:.2}", point.seconds));
                ui.end_row();
            }
        });
    }
    super::again_ui(ui, view, Wanted::Baseline, !points.is_empty());
    ui.add_space(theme::GAP);
    heading(ui, "Still good?");
    match &view.app.curate.check {
        None => {
            _ = remark(ui, "Compares every image with its label, as read and as trained on, in any order");
        }
        Some(check) => {
            let (good, balanced) = (check.is_good(), check.is_balanced());
            let text = format!(
                "{} of {} images have their label, {} the one that edits give them",
                words::count(check.unchanged),
                words::count(check.images),
                words::count(check.relabelled)
            );
            tick(ui, good, &text);
            for (part, (balanced, imbalance)) in
                ["training", "validation", "test"].iter().zip(balanced.iter().zip(check.imbalance()))
            {
                let by = imbalance.map_or_else(String::new, |by| format!(" (largest by smallest {by:.2})"));
                tick(
                    ui,
                    *balanced,
                    &format!("Classes of {part} {}balanced{by}", if *balanced { "" } else { "not " }),
                );
            }
        }
    }
    let label = "Compare images and labels";
    let reason = super::is_working(view).then(|| "Something is being looked for".to_owned());
    if Button::new(Icon::Check, label).reason(reason).show(ui) {
        view.ask(Command::Curate(Action::Find(Wanted::Check)));
    }
    let shuffled = &view.app.draft.recipe().curation;
    if !shuffled.shuffle && loaded.dataset.curated.is_none() {
        remark(ui, "Sizes, balance and shuffling are settings of the recipe, under Curation");
    }
}

fn tick(ui: &mut Ui, good: bool, text: &str) {
    let p = palette(ui);
    let (icon, colour) = if good { (Icon::Check, p.good) } else { (Icon::Warning, p.warn) };
    ui.horizontal_wrapped(|ui| {
        let (rect, _) = ui.allocate_exact_size(theme::square(15.0), egui::Sense::hover());
        icon.paint(ui.painter(), rect, colour);
        ui.label(text);
    });
}
