//! The recipe on the form: what it began with, what is wrong with it.

use crate::knobs::{self, Choice, Flat, Knob, Knobs, List, Problem, Visitor, inside, inside_list};
use crate::recipe::Recipe;
use crate::runs::Parent;

/// The recipe on the form.
#[derive(Debug, Default)]
pub struct Draft {
    recipe: Recipe,
    /// What a run of it begins with, if not with first weights.
    pub parent: Option<Parent>,
    /// The preset that it began with.
    pub preset: Option<String>,
    baseline: Recipe,
    defaults: Flat,
    problems: Vec<Problem>,
}

impl Draft {
    /// A form that begins with `recipe`, to be compared with `baseline`.
    pub fn new(recipe: Recipe, preset: Option<String>, baseline: Recipe) -> Self {
        let mut draft = Self { preset, baseline, ..Self::default() };
        draft.set(recipe);
        draft
    }

    /// The recipe.
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// Replaces the recipe.
    pub fn set(&mut self, recipe: Recipe) {
        self.problems = recipe.problems();
        self.defaults = defaults(&self.baseline, &recipe);
        self.recipe = recipe;
    }

    /// The settings as they were before the user changed them: the preset's, or the defaults of another kind chosen.
    pub fn defaults(&self) -> &Flat {
        &self.defaults
    }

    /// The settings outside of their bounds.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Whether anything differs from what it began with.
    pub fn is_changed(&self) -> bool {
        self.recipe != self.baseline
    }

    /// What it began with.
    pub fn baseline(&self) -> &Recipe {
        &self.baseline
    }
}

/// The baseline's settings after the same kinds were chosen in it as in `recipe`.
fn defaults(baseline: &Recipe, recipe: &Recipe) -> Flat {
    let mut recipe = recipe.clone();
    let mut choices = Choices { prefix: String::new(), kinds: Vec::new() };
    recipe.visit(&mut choices);
    let mut same_kinds = baseline.clone();
    for (path, kind) in
        choices.kinds.iter().filter(|(path, _)| path.ends_with(".name") || path == "schedule.shape")
    {
        // Only kinds with settings of their own bring other settings with them.
        knobs::set(&mut same_kinds, path, kind).ok();
    }
    knobs::flat(&mut same_kinds)
}

/// Lists every choice with its path.
struct Choices {
    prefix: String,
    kinds: Vec<(String, String)>,
}

impl Visitor for Choices {
    fn float(&mut self, _: &'static str, _: &mut f64, _: Knob<f64>) {}

    fn int(&mut self, _: &'static str, _: &mut u64, _: Knob<u64>) {}

    fn flag(&mut self, _: &'static str, _: &mut bool, _: &'static str) {}

    fn text(&mut self, _: &'static str, _: &mut String, _: &'static str) {}

    fn choice(&mut self, name: &'static str, value: &mut dyn Choice, _: &'static str) {
        self.kinds.push((format!("{}{name}", self.prefix), value.chosen().to_owned()));
    }

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, _: &'static str) {
        inside_list(self, |visitor| &mut visitor.prefix, name, items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_follow_the_kind_chosen() -> anyhow::Result<()> {
        let mut baseline = Recipe::default();
        knobs::set(&mut baseline, "model.dense_size", "77")?;
        let mut draft = Draft::new(baseline.clone(), None, baseline.clone());
        assert!(!draft.is_changed());
        let find = |draft: &Draft, path: &str| {
            draft.defaults().iter().find(|(p, _)| p == path).map(|(_, v)| v.clone())
        };
        assert_eq!(find(&draft, "model.dense_size").as_deref(), Some("77"));
        let mut changed = baseline;
        knobs::set(&mut changed, "model.name", "mlp")?;
        knobs::set(&mut changed, "model.dense_size", "5")?;
        draft.set(changed);
        assert!(draft.is_changed());
        assert_eq!(find(&draft, "model.dense_size").as_deref(), Some("256"));
        assert_eq!(draft.problems().len(), 1);
        Ok(())
    }
}
