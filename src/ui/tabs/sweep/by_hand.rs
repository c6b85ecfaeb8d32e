//! What a user does to a study by hand: a point to try before any other, workers that rest, and what was changed so far.

use super::axis;
use crate::app::Command;
use crate::app::sweep::Action;
use crate::knobs::Choice as _;
use crate::sweep::{Axis, Edit, Point, Range, State, Study, Value};
use crate::ui::icons::Icon;
use crate::ui::theme::palette;
use crate::ui::view::View;
use crate::ui::widgets::{Action as Button, remark};
use crate::ui::words;
use egui::{Align, ComboBox, Layout, RichText, Role, Ui, WidgetInfo, vec2};
use std::collections::BTreeMap;

/// Changes that are listed; a journal may have thousands.
const MOST: usize = 30;
/// Width of the names of settings.
const NAMES: f32 = 132.0;

/// What the drawing remembers.
#[derive(Default)]
pub struct Memory {
    /// The point that is put together; the best trial's while nobody changed it.
    point: Option<Point>,
}

impl Memory {
    /// Begins with the point of a trial.
    pub fn begin_with(&mut self, point: &Point) {
        self.point = Some(point.clone());
    }
}

/// The point to try next, setting by setting.
pub fn point_ui(ui: &mut Ui, view: &mut View<'_>, study: &Study) {
    let space = &study.sweep.space;
    let usual = || study.best().map_or_else(|| space.base(&study.sweep.recipe), |trial| trial.point.clone());
    let begun = view.memory.sweep.build.by_hand.point.clone().unwrap_or_else(usual);
    let fitting = |point: &Point| {
        space.point(|axis, _| point.get(&axis.path).cloned().unwrap_or_else(|| axis.range.decode(0.5)))
    };
    let before = fitting(&begun);
    let mut point = before.clone();
    for axis in space.varied() {
        if let Some(value) = point.0.get_mut(&axis.path) {
            ui.push_id(("by hand", &axis.path), |ui| value_ui(ui, axis, value));
        }
    }
    if point != before {
        // Another optimizer may bring settings that the one before had not.
        view.memory.sweep.build.by_hand.point = Some(fitting(&point));
    }
    let outside = space
        .varied()
        .find(|axis| point.get(&axis.path).is_some_and(|value| axis.range.cell(value).is_none()));
    let why = outside
        .map(|axis| format!("{} lies outside of {}", words::path_label(&axis.path), axis.range.words()));
    ui.horizontal(|ui| {
        let tooltip = "Tries this point before any that the strategy proposes, whatever the budget";
        if Button::new(Icon::Plus, "Try this next").tooltip(tooltip).reason(why).show(ui) {
            view.ask(Command::Sweep(Action::Ask(Edit::Enqueue(point))));
        }
        if Button::words("As the best").tooltip("Begins with the best trial's settings again").show(ui) {
            view.memory.sweep.build.by_hand.point = None;
        }
    });
    if !study.queue.is_empty() {
        remark(ui, format!("Waiting: {}", words::many(study.queue.len(), "point")));
    }
}

fn value_ui(ui: &mut Ui, axis: &Axis, value: &mut Value) {
    let p = palette(ui);
    let name = words::path_label(&axis.path);
    ui.horizontal(|ui| {
        crate::ui::widgets::cut(ui, NAMES, RichText::new(&name).color(p.text));
        let label = format!("{name} to try");
        if let Range::Choice(values) = &axis.range {
            let menu = ComboBox::from_id_salt("value").width(ui.available_width() - 16.0);
            let menu = menu.selected_text(value.to_string()).show_ui(ui, |ui| {
                for one in values {
                    if ui.selectable_label(one.same(value), one.to_string()).clicked() {
                        *value = one.clone();
                    }
                }
            });
            menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, &label));
        } else if let Some(typed) = axis::line_ui(ui, &label, &value.to_string()) {
            *value = Value::parse(&typed);
        }
    });
}

/// The training processes: which trial each has, with a button to let it rest.
pub fn workers_ui(ui: &mut Ui, view: &mut View<'_>, study: &Study) {
    let mut workers: BTreeMap<u32, Option<u64>> =
        study.paused_workers.iter().map(|worker| (*worker, None)).collect();
    for trial in study.trials.iter().filter(|trial| trial.state() == State::Running) {
        workers.extend(trial.worker.map(|worker| (worker, Some(trial.id))));
    }
    if workers.is_empty() {
        remark(ui, "None is at work");
        return;
    }
    for (worker, trial) in workers {
        let rests = study.paused_workers.contains(&worker);
        let text = match (trial, rests) {
            (Some(trial), _) => format!("Worker {worker}: trial {trial}"),
            (None, true) => format!("Worker {worker} rests"),
            (None, false) => format!("Worker {worker}"),
        };
        ui.horizontal(|ui| {
            ui.set_min_size(vec2(ui.available_width(), 0.0));
            ui.label(RichText::new(text).color(palette(ui).text));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let (words, tooltip, edit) = if rests {
                    ("Go on", "Gives it trials again", Edit::ResumeWorker(worker))
                } else {
                    ("Rest", "Gives it nothing more; its trial goes on elsewhere", Edit::PauseWorker(worker))
                };
                let name = format!("{words}, worker {worker}");
                let button = Button::words(words).tooltip(tooltip).response(ui);
                button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                if button.clicked() {
                    view.ask(Command::Sweep(Action::Ask(edit)));
                }
            });
        });
    }
}

/// What was changed so far, the latest first.
pub fn changes_ui(ui: &mut Ui, study: &Study, now: f64) {
    for (at, edit) in study.edits.iter().rev().take(MOST) {
        remark(ui, format!("{}: {}", words::ago(now - at), said(edit)));
    }
}

/// A change in words.
fn said(edit: &Edit) -> String {
    let label = |path: &str| words::path_label(path);
    let listed = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match edit {
        Edit::Range { path, range } => format!("{}: {}", label(path), range.words()),
        Edit::AddValues { path, values } => format!("{}: also {}", label(path), listed(values)),
        Edit::AddAxis(axis) => format!("{} is varied: {}", label(&axis.path), axis.range.words()),
        Edit::RemoveAxis(path) => format!("{} is varied no longer", label(path)),
        Edit::Enqueue(point) => format!("to be tried next: {point}"),
        Edit::Budget { trials, minutes } if *minutes > 0.0 => {
            format!("{} trials, {} minutes", words::count(*trials), words::number(*minutes))
        }
        Edit::Budget { trials, .. } => format!("{} trials", words::count(*trials)),
        Edit::Repeats { best, seeds } => format!("the best {best} again with {seeds} other seeds"),
        Edit::Strategy(strategy) => format!("strategy: {}", strategy.chosen()),
        Edit::Pruner(pruner) => format!("pruner: {}", pruner.chosen()),
        Edit::Parallel(0) => "as many trials at once as there are cores".to_owned(),
        Edit::Parallel(n) => format!("{n} trials at once"),
        Edit::PauseWorker(worker) => format!("worker {worker} rests"),
        Edit::ResumeWorker(worker) => format!("worker {worker} goes on"),
        Edit::Remove(id) => format!("trial {id} removed"),
        Edit::Restore(id) => format!("trial {id} restored"),
        Edit::Revive(id) => format!("trial {id} revived"),
        Edit::Prune(id) => format!("trial {id} given up"),
        Edit::Pause(_) => "paused".to_owned(),
        Edit::Resume => "goes on".to_owned(),
        Edit::Stop => "stopped".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_told_in_words() {
        let range = Range::Log { min: 0.001, max: 1.0 };
        let wider = Edit::Range { path: "optim.lr".to_owned(), range };
        assert!(said(&wider).ends_with(": log:0.001..1"), "{}", said(&wider));
        assert_eq!(said(&Edit::Revive(7)), "trial 7 revived");
        assert_eq!(said(&Edit::Budget { trials: 12, minutes: 2.5 }), "12 trials, 2.5 minutes");
        let point = Edit::Enqueue(Point::default().with("train.batch_size", 64));
        assert!(said(&point).contains("64"), "{}", said(&point));
    }
}
