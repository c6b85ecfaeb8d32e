//! The recipe of a training that goes on from a model with the pictures kept mixed in: short, careful, with what this
//! machine has.

use crate::data::captured::Mixed;
use crate::data::{Availability, Places, Scenes, Source};
use crate::knobs::{flat, set};
use crate::recipe::Recipe;
use std::path::Path;

/// Epochs of a training that only adds some pictures.
const EPOCHS: u64 = 3;
/// Each captured picture is seen so often in each of them: some tens among tens of thousands would be nothing.
const REPEAT: u64 = 20;
/// Its first learning rate, of the one that the model was trained with: larger steps would forget what was learned.
const SLOWER: f64 = 0.2;
/// Whole pictures take a hundred times as long as single digits: so many of the old ones are enough to forget nothing.
pub const PICTURES: u64 = 3000;

/// The recipe of a run that goes on from this one, which is called `name`, with the captured pictures mixed in.
pub fn further(recipe: Recipe, name: &str, places: &Places) -> Recipe {
    let mut recipe = recipe;
    recipe.name = format!("{name} + captured");
    recipe.captured = Mixed { repeat: REPEAT };
    recipe.train.epochs = EPOCHS;
    recipe.train.patience = 0;
    if recipe.model.detector().is_some() && !(1..=PICTURES).contains(&recipe.curation.train) {
        recipe.curation.train = PICTURES;
        // Classes are lengths here: empty scenes are rarer than others, and stay so.
        recipe.curation.balanced = false;
    }
    if let Source::Scenes(scenes) = &mut recipe.data {
        *scenes = without_what_is_missing(scenes, places);
    }
    if let Some(lr) = first_lr(&recipe) {
        // An optimizer without one keeps what it has.
        set(&mut recipe, "optim.lr", &(lr * SLOWER).to_string()).ok();
    }
    recipe
}

/// The learning rate that a recipe begins with, if its optimizer has one.
fn first_lr(recipe: &Recipe) -> Option<f64> {
    let all = flat(&mut recipe.clone());
    all.iter().find(|(path, _)| path == "optim.lr").and_then(|(_, lr)| lr.parse().ok())
}

/// Scenes without what their maker had and this machine has not: real numbers, handwriting, fonts.
fn without_what_is_missing(scenes: &Scenes, places: &Places) -> Scenes {
    let is_ready = |scenes: &Scenes| Source::Scenes(scenes.clone()).available(places) == Availability::Ready;
    let fonts = Path::new(&scenes.font_folder);
    let font_folder = if fonts.is_dir() { scenes.font_folder.clone() } else { String::new() };
    let scenes = Scenes { font_folder, ..scenes.clone() };
    let none = String::new;
    let fewer = [
        scenes.clone(),
        Scenes { crops: none(), ..scenes.clone() },
        Scenes { handwriting: none(), ..scenes.clone() },
    ];
    let nothing = Scenes { crops: none(), handwriting: none(), ..scenes };
    fewer.into_iter().find(is_ready).unwrap_or(nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nowhere() -> Places {
        Places { folders: Vec::new(), cache: "nowhere".into() }
    }

    #[test]
    fn a_run_that_goes_on_is_short_and_careful() {
        let recipe = Recipe::default();
        let next = further(recipe.clone(), "Mine", &nowhere());
        assert_eq!(
            (next.name.as_str(), next.captured.repeat, next.train.epochs, next.curation.train),
            ("Mine + captured", REPEAT, EPOCHS, 0)
        );
        let (before, after) = (first_lr(&recipe).expect("it has one"), first_lr(&next).expect("it has one"));
        assert!((after - before * SLOWER).abs() < 1e-12 && next.problems().is_empty());
        assert_eq!(next.model, recipe.model);
    }

    #[test]
    fn scenes_go_without_what_is_not_here() {
        let scenes = Scenes {
            crops: "svhn:none/of/it".to_owned(),
            crop_share: 0.3,
            handwriting: "mnist".to_owned(),
            font_folder: "/none".to_owned(),
            ..Scenes::default()
        };
        let left = without_what_is_missing(&scenes, &nowhere());
        assert_eq!((left.crops.as_str(), left.handwriting.as_str(), left.font_folder.as_str()), ("", "", ""));
        assert_eq!((left.size, left.seed), (scenes.size, scenes.seed));
    }
}
