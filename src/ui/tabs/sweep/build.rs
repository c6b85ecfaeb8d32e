//! The left side of the page: a new sweep put together, or the study looked at changed while it runs.

use super::{axis, begin, by_hand};
use crate::app::Command;
use crate::app::sweep::Action;
use crate::knobs::{Choice as _, Flat, Problem, flat};
use crate::runs::Split;
use crate::sweep::{Axis, Condition, Edit, Objective, Offer, Range, Setting, Space, Sweep, offers};
use crate::ui::form::{self, Look};
use crate::ui::icons::Icon;
use crate::ui::theme::{self, palette};
use crate::ui::view::View;
use crate::ui::widgets::{Action as Button, Weight, heading, remark, segments};
use crate::ui::words;
use egui::{Align, ComboBox, Label, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo};

/// Which of the two is edited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edited {
    /// The sweep to be started.
    #[default]
    New,
    /// The study looked at.
    Study,
}

/// What the drawing remembers of the left side.
#[derive(Default)]
pub struct Memory {
    /// Which one is edited.
    pub edited: Edited,
    /// The study's sweep while a hand changes it; the study is asked when the hand lets go.
    held: Option<Sweep>,
    /// What could be varied in the study's recipe, with the space that this is of.
    offers: Option<(Space, Vec<Offer>)>,
    /// What it begins with.
    pub begin: begin::Memory,
    /// What is done to the study by hand.
    pub by_hand: by_hand::Memory,
}

/// Draws the left side.
pub fn show(ui: &mut Ui, view: &mut View<'_>) {
    let has_study = view.app.sweeps.looked.is_some();
    ui.horizontal(|ui| {
        heading(ui, "Sweep");
        if has_study {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let options = [
                    (Edited::New, "New", "Put a new sweep together"),
                    (Edited::Study, "This study", "Change the study looked at, also while it runs"),
                ];
                if let Some(edited) = segments(ui, view.memory.sweep.build.edited, &options) {
                    view.memory.sweep.build.edited = edited;
                }
            });
        }
    });
    if has_study && view.memory.sweep.build.edited == Edited::Study {
        study_ui(ui, view);
    } else {
        new_ui(ui, view);
    }
}

fn new_ui(ui: &mut Ui, view: &mut View<'_>) {
    begin::begin_ui(ui, view);
    let app = view.app;
    let draft = &app.sweeps.draft;
    let mut sweep = draft.sweep().clone();
    let height = ui.available_height() - 52.0;
    ScrollArea::vertical().max_height(height).auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        if !sweep.about.is_empty() {
            remark(ui, sweep.about.clone());
        }
        recipe_ui(ui, view, &sweep);
        axes_ui(ui, &mut sweep.space.0, draft.offers(), draft.problems());
        objectives_ui(ui, &mut sweep.objectives);
        search_ui(ui, &mut sweep, draft.problems(), &[]);
    });
    if sweep != *draft.sweep() {
        view.ask(Command::Sweep(Action::Edit(Box::new(sweep))));
    }
    ui.add_space(8.0);
    let planned = draft.sweep().strategy.propose().trials(&draft.sweep().space);
    let trials = planned.map_or(draft.sweep().trials, |n| n.min(draft.sweep().trials));
    let label = format!("Start sweep of {}", words::many(trials as usize, "trial"));
    let tooltip = "Trials run side by side in processes of their own; closing the window leaves them at work";
    let start = Button::new(Icon::Play, &label).weight(Weight::Primary).tooltip(tooltip).tall();
    if start.width(ui.available_width()).reason(view.app.why_no_sweep()).show(ui) {
        view.ask(Command::Sweep(Action::Start));
    }
}

/// What is varied in.
fn recipe_ui(ui: &mut Ui, view: &mut View<'_>, sweep: &Sweep) {
    let p = palette(ui);
    section(ui, "Recipe");
    let recipe = &sweep.recipe;
    let text = format!(
        "{}: {} on {}, {}",
        if recipe.name.is_empty() { "Default" } else { &recipe.name },
        recipe.model.chosen(),
        recipe.data.chosen(),
        words::many(recipe.train.epochs as usize, "epoch"),
    );
    ui.horizontal(|ui| {
        let button = Button::words("Use Train page's").tooltip("Varies the recipe on the Train page instead");
        let width = ui.available_width() - 140.0;
        crate::ui::widgets::cut(ui, width, RichText::new(text).color(p.text));
        if button.show(ui) {
            view.ask(Command::Sweep(Action::UseRecipe));
        }
    });
}

/// The settings that are varied.
fn axes_ui(ui: &mut Ui, axes: &mut Vec<Axis>, offers: &[Offer], problems: &[Problem]) {
    section(ui, "Varied settings");
    let mut removed = None;
    for (i, axis) in axes.iter_mut().enumerate() {
        let offer = offers.iter().find(|offer| offer.setting.path == axis.path);
        let setting = offer.map(|offer| &offer.setting);
        ui.push_id(axis.path.clone(), |ui| {
            if axis_head_ui(ui, axis, setting) {
                removed = Some(i);
            }
            let name = words::path_label(&axis.path);
            axis::range_ui(ui, setting, &name, &mut axis.range);
            for problem in problems.iter().filter(|problem| problem.path == axis.path) {
                let ink = palette(ui).bad;
                ui.label(RichText::new(&problem.message).font(theme::small()).color(ink));
            }
        });
        ui.add_space(4.0);
    }
    if let Some(i) = removed {
        axes.remove(i);
    }
    if axes.is_empty() {
        remark(ui, "Nothing is varied yet: add a setting below");
    }
    let varied = |offer: &Offer| axes.iter().any(|axis| axis.path == offer.setting.path);
    let free: Vec<&Offer> = offers.iter().filter(|offer| !varied(offer)).collect();
    let mut added = None;
    let width = ui.available_width() - 8.0;
    let menu =
        ComboBox::from_id_salt("add axis").width(width).selected_text("Add a setting…").show_ui(ui, |ui| {
            for offer in free {
                let Setting { path, help, .. } = &offer.setting;
                let when =
                    offer.when.as_ref().map_or_else(String::new, |when| format!(", {}", if_words(when)));
                let label = format!("{}  ({path}{when})", words::path_label(path));
                if ui.selectable_label(false, label).on_hover_text(*help).clicked() {
                    added = Some(offer.axis());
                }
            }
        });
    let named = menu.response.on_hover_text("Any setting of the recipe can be varied");
    named.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Add a setting"));
    axes.extend(added);
}

/// When a setting counts.
fn if_words(when: &Condition) -> String {
    let is: Vec<String> = when.is.iter().map(ToString::to_string).collect();
    format!("if {} is {}", words::path_label(&when.path).to_lowercase(), is.join(" or "))
}

/// The name of a setting, with a button to vary it no longer; true when that was pressed.
fn axis_head_ui(ui: &mut Ui, axis: &Axis, setting: Option<&Setting>) -> bool {
    let p = palette(ui);
    ui.horizontal(|ui| {
        let name = words::path_label(&axis.path);
        let help =
            setting.map_or("The recipe has no such setting with these choices", |setting| setting.help);
        let label = Label::new(RichText::new(&name).color(p.strong)).sense(Sense::hover());
        ui.add(label).on_hover_text(format!("{help}\n{}", axis.path));
        if let Some(when) = &axis.when {
            remark(ui, if_words(when));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let label = format!("Vary {name} no longer");
            Button::icon(Icon::Close, &label).tooltip(&label).width(20.0).show(ui)
        })
        .inner
    })
    .inner
}

fn objectives_ui(ui: &mut Ui, objectives: &mut Vec<Objective>) {
    section(ui, "Objective");
    let Some(first) = objectives.first().cloned() else {
        objectives.push(Objective::default());
        return;
    };
    ui.horizontal(|ui| {
        let mut metric = first.metric.clone();
        let menu = ComboBox::from_id_salt("objective").width(86.0).selected_text(words::label(&metric));
        let menu = menu.show_ui(ui, |ui| {
            for name in ["accuracy", "loss"] {
                ui.selectable_value(&mut metric, name.to_owned(), words::label(name));
            }
        });
        menu.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Objective"));
        let splits = [
            (Split::Valid, "Validation", "Measured on images set aside to choose by"),
            (Split::Test, "Test", "Measured on the test images: what is chosen so looks better than it is"),
        ];
        let split = segments(ui, first.split, &splits).unwrap_or(first.split);
        if (&metric, split) != (&first.metric, first.split) {
            objectives[0] = Objective::new(&metric, split);
        }
    });
    ui.horizontal(|ui| {
        remark(ui, "Trade-off with");
        let second = objectives.get(1).map(|objective| objective.metric.clone()).unwrap_or_default();
        let options = [
            (0, "Nothing", "One objective"),
            (1, "Size", "Numbers that the model learns: fewer are better"),
            (2, "Speed", "Milliseconds for an image: fewer are better"),
        ];
        let names = ["", "params", "ms"];
        let now = names.iter().position(|name| *name == second).unwrap_or(0);
        if let Some(wanted) = segments(ui, now, &options) {
            objectives.truncate(1);
            if wanted > 0 {
                let split = objectives[0].split;
                objectives.push(Objective::new(names[wanted], split));
            }
        }
    });
}

/// Strategy, pruner, budget.
fn search_ui(ui: &mut Ui, sweep: &mut Sweep, problems: &[Problem], without: &[&str]) {
    section(ui, "Search");
    let defaults: Flat = flat(&mut Sweep {
        strategy: sweep.strategy.clone(),
        pruner: sweep.pruner.clone(),
        ..Sweep::default()
    });
    let shown: Vec<String> = flat(sweep).into_iter().map(|(path, _)| path).collect();
    let shown: Vec<String> = shown.into_iter().filter(|path| !without.contains(&path.as_str())).collect();
    let look = Look {
        defaults: &defaults,
        problems,
        suffix: " of the sweep",
        only: Some(&shown),
        narrow: false,
        notes: &[],
    };
    form::knobs_ui(ui, look, "", sweep);
}

/// The study looked at, changed: each change is asked of it when the hand lets go.
fn study_ui(ui: &mut Ui, view: &mut View<'_>) {
    let Some(looked) = &view.app.sweeps.looked else { return };
    let study = &looked.study;
    let mut sweep = view.memory.sweep.build.held.take().unwrap_or_else(|| study.sweep.clone());
    let memory = &mut view.memory.sweep.build;
    if memory.offers.as_ref().is_none_or(|(of, _)| *of != sweep.space) {
        memory.offers = Some((sweep.space.clone(), offers(&study.sweep.recipe, &sweep.space)));
    }
    let known = memory.offers.take().unwrap_or_default();
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width() - 8.0);
        remark(ui, "Trials so far stay; each change is a line in the study's journal and holds from the next trial on");
        axes_ui(ui, &mut sweep.space.0, &known.1, &[]);
        // Trials so far had these threads and these draws.
        search_ui(ui, &mut sweep, &[], &["threads", "seed"]);
        section(ui, "Try a point by hand");
        by_hand::point_ui(ui, view, study);
        section(ui, "Workers");
        by_hand::workers_ui(ui, view, study);
        if !study.edits.is_empty() {
            section(ui, "Changes so far");
            by_hand::changes_ui(ui, study, view.app.now());
        }
    });
    view.memory.sweep.build.offers = Some(known);
    if sweep == study.sweep {
        return;
    }
    // While a handle is dragged or a number typed nothing is asked.
    let busy = ui.input(|input| input.pointer.any_down()) || ui.ctx().egui_wants_keyboard_input();
    if busy {
        view.memory.sweep.build.held = Some(sweep);
        return;
    }
    for edit in edits(&study.sweep, &sweep) {
        view.ask(Command::Sweep(Action::Ask(edit)));
    }
}

/// The edits that lead from one sweep to the other.
fn edits(old: &Sweep, new: &Sweep) -> Vec<Edit> {
    let mut edits = Vec::new();
    for axis in &old.space.0 {
        match new.space.axis(&axis.path) {
            None => edits.push(Edit::RemoveAxis(axis.path.clone())),
            Some(now) if now.range != axis.range => edits.push(match (&axis.range, &now.range) {
                (Range::Choice(before), Range::Choice(after)) if after.starts_with(before) => {
                    Edit::AddValues { path: axis.path.clone(), values: after[before.len()..].to_vec() }
                }
                _ => Edit::Range { path: axis.path.clone(), range: now.range.clone() },
            }),
            Some(_) => {}
        }
    }
    let added = new.space.0.iter().filter(|axis| old.space.axis(&axis.path).is_none());
    edits.extend(added.cloned().map(Edit::AddAxis));
    if (old.trials, old.minutes) != (new.trials, new.minutes) {
        edits.push(Edit::Budget { trials: new.trials, minutes: new.minutes });
    }
    if old.repeats != new.repeats {
        edits.push(Edit::Repeats { best: new.repeats.best, seeds: new.repeats.seeds });
    }
    if old.strategy != new.strategy {
        edits.push(Edit::Strategy(new.strategy.clone()));
    }
    if old.pruner != new.pruner {
        edits.push(Edit::Pruner(new.pruner.clone()));
    }
    if old.parallel != new.parallel {
        edits.push(Edit::Parallel(new.parallel));
    }
    edits
}

fn section(ui: &mut Ui, title: &str) {
    let p = palette(ui);
    ui.add_space(8.0);
    ui.label(RichText::new(title).font(theme::strong()).color(p.strong));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_difference_is_one_edit() {
        let list = |values: &[u64]| Range::Choice(values.iter().map(|v| (*v).into()).collect());
        let axes = |lr: Range, batch: Range| {
            Space(vec![Axis::new("optim.lr", lr), Axis::new("train.batch_size", batch)])
        };
        let (small, wide) = (Range::Log { min: 0.01, max: 0.1 }, Range::Log { min: 0.001, max: 1.0 });
        let old = Sweep { space: axes(small, list(&[32, 64])), ..Sweep::default() };
        let mut new =
            Sweep { space: axes(wide.clone(), list(&[32, 64, 128])), trials: 7, ..Sweep::default() };
        new.space.0.push(Axis::new("train.epochs", list(&[1, 2])));
        let expected = [
            Edit::Range { path: "optim.lr".to_owned(), range: wide },
            Edit::AddValues { path: "train.batch_size".to_owned(), values: vec![128.into()] },
            Edit::AddAxis(Axis::new("train.epochs", list(&[1, 2]))),
            Edit::Budget { trials: 7, minutes: 0.0 },
        ];
        assert_eq!(edits(&old, &new), expected);
        assert_eq!(edits(&new, &old)[2], Edit::RemoveAxis("train.epochs".to_owned()));
        assert!(edits(&old, &old).is_empty());
    }
}
