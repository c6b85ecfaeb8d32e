//! What can be undone: edits of the recipe on the form, renamed runs, runs moved to the trash.

use crate::data::curate::{At, Division, Edit};
use crate::recipe::Recipe;
use crate::runs::Meta;

/// Something to put back, and with it the way forward again.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The form held this recipe, which began with that preset and baseline.
    Recipe(Box<Recipe>),
    /// The form began with something else.
    Preset(Box<(Recipe, Option<String>, Recipe)>),
    /// Images were edited so under a name, with the division held fast.
    Edits(String, Vec<(At, Option<Edit>)>, Option<Division>),
    /// A run was called this.
    Name {
        /// The run's id.
        run: String,
        /// Its name then.
        name: String,
    },
    /// This was said of a run.
    Said {
        /// The run's id.
        run: String,
        /// What was said of it.
        meta: Box<Meta>,
    },
    /// These runs were there, and lie in the trash now.
    Trashed(Vec<String>),
    /// These runs lay in the trash, and are there now.
    Restored(Vec<String>),
}

/// The steps back and forth.
#[derive(Debug, Default)]
pub struct Undo {
    back: Vec<Step>,
    forth: Vec<Step>,
    gesture: Option<u64>,
}

/// Older steps are forgotten.
const MOST: usize = 200;

impl Undo {
    /// Remembers a step. All edits of one gesture, a slider's drag for instance, are one step: the first counts.
    pub fn push(&mut self, step: Step, gesture: Option<u64>) {
        self.forth.clear();
        if gesture.is_some() && self.gesture == gesture {
            return;
        }
        self.gesture = gesture;
        self.back.push(step);
        if self.back.len() > MOST {
            self.back.remove(0);
        }
    }

    /// The next step back.
    pub fn pop_back(&mut self) -> Option<Step> {
        self.gesture = None;
        self.back.pop()
    }

    /// The next step forth.
    pub fn pop_forth(&mut self) -> Option<Step> {
        self.gesture = None;
        self.forth.pop()
    }

    /// Remembers the way forth, after a step back.
    pub fn push_forth(&mut self, step: Step) {
        self.forth.push(step);
    }

    /// Remembers the way back, after a step forth.
    pub fn push_back(&mut self, step: Step) {
        self.back.push(step);
    }

    /// Whether there is a step back, and a step forth.
    pub fn possible(&self) -> (bool, bool) {
        (!self.back.is_empty(), !self.forth.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_gesture_is_one_step() {
        let mut undo = Undo::default();
        let step = |name: &str| Step::Trashed(vec![name.to_owned()]);
        undo.push(step("a"), None);
        undo.push(step("b"), Some(1));
        undo.push(step("c"), Some(1));
        undo.push(step("d"), Some(2));
        undo.push(step("e"), None);
        undo.push(step("f"), None);
        let steps: Vec<Step> = std::iter::from_fn(|| undo.pop_back()).collect();
        assert_eq!(steps, [step("f"), step("e"), step("d"), step("b"), step("a")]);
    }

    #[test]
    fn a_new_step_ends_the_way_forth() {
        let mut undo = Undo::default();
        undo.push_forth(Step::Trashed(Vec::new()));
        assert_eq!(undo.possible(), (false, true));
        undo.push(Step::Restored(Vec::new()), None);
        assert_eq!(undo.possible(), (true, false));
    }
}
