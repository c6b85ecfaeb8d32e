//! Checks settings against their own bounds, with a message that names the setting.

use super::{Choice, Knob, Knobs, List, Visitor, inside, inside_list};

/// A setting outside of its bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting's path, `optim.lr`.
    pub path: String,
    /// What is wrong and what is possible.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// Every setting that is outside of its bounds.
pub fn check(knobs: &mut dyn Knobs) -> Vec<Problem> {
    let mut checker = Checker { prefix: String::new(), problems: Vec::new() };
    knobs.visit(&mut checker);
    checker.problems
}

struct Checker {
    prefix: String,
    problems: Vec<Problem>,
}

impl Checker {
    fn bounds<T: PartialOrd + std::fmt::Display>(&mut self, name: &str, value: &T, min: &T, max: &T) {
        // Written so that NaN, which compares with nothing, is refused too.
        if !(value >= min && value <= max) {
            self.problems.push(Problem {
                path: format!("{}{name}", self.prefix),
                message: format!("{value} is not possible, it must be between {min} and {max}"),
            });
        }
    }
}

impl Visitor for Checker {
    fn float(&mut self, name: &'static str, value: &mut f64, knob: Knob<f64>) {
        self.bounds(name, value, &knob.min, &knob.max);
    }

    fn int(&mut self, name: &'static str, value: &mut u64, knob: Knob<u64>) {
        self.bounds(name, value, &knob.min, &knob.max);
    }

    fn flag(&mut self, _: &'static str, _: &mut bool, _: &'static str) {}

    fn text(&mut self, _: &'static str, _: &mut String, _: &'static str) {}

    fn choice(&mut self, _: &'static str, _: &mut dyn Choice, _: &'static str) {}

    fn group(&mut self, name: &'static str, value: &mut dyn Knobs) {
        inside(self, |visitor| &mut visitor.prefix, name, value);
    }

    fn list(&mut self, name: &'static str, items: &mut dyn List, _: &'static str) {
        self.bounds(name, &items.count(), &1, &items.most());
        inside_list(self, |visitor| &mut visitor.prefix, name, items);
    }
}
