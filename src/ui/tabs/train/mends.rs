//! What a message says to do, as buttons: one that names `train.batch_size=64` offers to set it.

use crate::app::Command;
use crate::data::Source;
use crate::knobs::{self, Choice};
use crate::models::Architecture;
use crate::optim::Loss;
use crate::recipe::Recipe;
use crate::ui::theme;
use crate::ui::view::View;
use crate::ui::widgets::Action;
use crate::ui::words;
use egui::{Color32, RichText, Ui};

/// A setting that a message names, with the value that would do.
struct Mend {
    /// As the message has it: `model.longest=5`.
    written: String,
    /// As people read it: "“CNN”", "Longest to 5".
    words: String,
    /// What the button says: "Use CNN", "Set Longest to 5".
    button: String,
    /// The recipe with it.
    recipe: Recipe,
}

/// The settings that a message names with a value that is not theirs yet.
fn mends(message: &str, recipe: &Recipe) -> Vec<Mend> {
    let mut mends: Vec<Mend> = Vec::new();
    for word in message.split_whitespace() {
        let written = word.trim_matches(|c: char| ",;:.()'\"".contains(c));
        let Some((path, value)) = written.split_once('=') else { continue };
        let mut mended = recipe.clone();
        let set = path.contains('.') && knobs::set(&mut mended, path, value).is_ok();
        if set && mended != *recipe && mends.iter().all(|mend| mend.written != written) {
            let (words, button) = match value_label(path, value) {
                Some(label) => (format!("“{label}”"), format!("Use {label}")),
                None => {
                    let words = format!("{} to {value}", words::path_label(path));
                    (words.clone(), format!("Set {words}"))
                }
            };
            mends.push(Mend { written: written.to_owned(), words, button, recipe: mended });
        }
    }
    mends
}

/// What menus call a data set, an architecture, a loss.
fn value_label(path: &str, value: &str) -> Option<String> {
    let options = match path {
        "data.name" => Source::default().options(),
        "model.name" => Architecture::default().options(),
        "loss.name" => Loss::default().options(),
        _ => return None,
    };
    options.iter().find(|option| option.name == value).map(|option| option.label.to_owned())
}

/// Tells what is wrong with a recipe, with a button for each setting that would mend it.
pub fn told_ui(ui: &mut Ui, view: &mut View<'_>, message: &str, recipe: &Recipe, ink: Color32) {
    let mends = mends(message, recipe);
    let mut text = words::sentence(message);
    for mend in &mends {
        text = text.replace(&mend.written, &mend.words);
    }
    ui.label(RichText::new(text).font(theme::small()).color(ink));
    if mends.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        for mend in mends {
            let tooltip = format!("Sets {} on the form; it can be undone", mend.written);
            if Action::words(&mend.button).tooltip(&tooltip).show(ui) {
                view.ask(Command::Edit { recipe: Box::new(mend.recipe), gesture: None });
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::detector::Detector;

    #[test]
    fn what_a_message_says_to_set_is_offered() {
        let recipe = Recipe { model: Architecture::Detector(Detector::default()), ..Recipe::default() };
        let why = recipe.misfit().expect("drawn digits have no boxes");
        let buttons =
            |why: &str| -> Vec<String> { mends(why, &recipe).into_iter().map(|mend| mend.button).collect() };
        assert_eq!(buttons(&why), ["Use House-number scenes", "Use SVHN house numbers", "Use CNN"]);
        assert_eq!(buttons("too many; set train.batch_size=54 or less"), ["Set Batch size to 54"]);
        // Each of them mends it, and what is no setting, or is so already, is none.
        for mend in mends(&why, &recipe) {
            assert_eq!(mend.recipe.misfit(), None, "{}", mend.button);
        }
        assert!(mends("a=b; no.such=3 and model.name=detector, train.epochs=many", &recipe).is_empty());
    }
}
