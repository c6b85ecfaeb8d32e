//! Every setting that a space could vary: those of its recipe, and those that come with what the space chooses from,
//! each with the condition under which it is there.

use super::settings::{Setting, settings};
use super::{Axis, Condition, Range, Space, Value};
use crate::knobs::set;
use crate::recipe::Recipe;

/// A setting that can be varied, and when it counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The setting, as the first choice that has it brings it.
    pub setting: Setting,
    /// When it is there, if not always: momentum with SGD.
    pub when: Option<Condition>,
}

impl Offer {
    /// The axis that varies it, over the range that its setting begins with.
    pub fn axis(&self) -> Axis {
        Axis { path: self.setting.path.clone(), range: self.setting.range(), when: self.when.clone() }
    }
}

/// Everything that can be varied in a recipe beside what the space chooses already, in the order of the form. A setting
/// that hangs on two choices is offered under the first of them.
pub fn offers(recipe: &Recipe, space: &Space) -> Vec<Offer> {
    let mut all: Vec<Offer> =
        settings(recipe).into_iter().map(|setting| Offer { setting, when: None }).collect();
    for axis in &space.0 {
        let Range::Choice(values) = &axis.range else { continue };
        // What each value brings; one that the recipe does not take brings nothing.
        let brought: Vec<(&Value, Vec<Setting>)> = values
            .iter()
            .filter_map(|value| {
                let mut chosen = recipe.clone();
                set(&mut chosen, &axis.path, &value.to_string()).ok()?;
                Some((value, settings(&chosen)))
            })
            .collect();
        let with = |path: &str| -> Vec<Value> {
            let has = |settings: &[Setting]| settings.iter().any(|setting| setting.path == path);
            brought.iter().filter(|(_, settings)| has(settings)).map(|(value, _)| (*value).clone()).collect()
        };
        let condition = |is: Vec<Value>| {
            (is.len() < brought.len() && !is.is_empty()).then(|| Condition { path: axis.path.clone(), is })
        };
        // What the recipe's own choice has and none of the others is never there.
        all.retain(|offer| brought.is_empty() || !with(&offer.setting.path).is_empty());
        for offer in all.iter_mut().filter(|offer| offer.when.is_none()) {
            offer.when = condition(with(&offer.setting.path));
        }
        for (_, settings) in &brought {
            for setting in settings {
                if !all.iter().any(|offer| offer.setting.path == setting.path) {
                    let when = condition(with(&setting.path));
                    all.push(Offer { setting: setting.clone(), when });
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::Sweep;

    #[test]
    fn what_a_choice_brings_is_offered_under_its_condition() {
        let optimizers = Range::Choice(["adam", "nadam", "sgd"].map(Value::from).to_vec());
        let space = Space(vec![Axis::new("optim.name", optimizers)]);
        let offered = offers(&Recipe::default(), &space);
        let of = |path: &str| offered.iter().find(|offer| offer.setting.path == path);
        let is = |path: &str| of(path).and_then(|offer| offer.when.clone()).map(|when| when.is);
        assert_eq!(is("optim.momentum"), Some(vec![Value::from("sgd")]));
        assert_eq!(is("optim.beta_1"), Some(vec![Value::from("adam"), Value::from("nadam")]));
        assert!(of("optim.lr").is_some_and(|offer| offer.when.is_none()), "every optimizer has a rate");
        assert!(of("train.batch_size").is_some_and(|offer| offer.when.is_none()));
        // Whatever is offered can be added and carried out.
        for offer in offered.iter().filter(|offer| offer.setting.path.starts_with("optim.")) {
            let mut space = space.clone();
            if space.axis(&offer.setting.path).is_none() {
                space.0.push(offer.axis());
            }
            let sweep = Sweep { space, ..Sweep::default() };
            assert_eq!(sweep.problems(), [], "{}", offer.setting.path);
        }
    }
}
