//! The recipes to begin with: those that ship and the user's own, with what is wrong with them.

use super::draft::Draft;
use crate::recipe::{Recipe, presets};
use crate::runs::Workspace;

/// A preset as the menu shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// File name without `.ron`.
    pub stem: String,
    /// Whether it is the user's own.
    pub own: bool,
    /// The recipe, or why it cannot be read.
    pub recipe: Result<Recipe, String>,
}

impl Named {
    /// As shown: the recipe's name, or the file's.
    pub fn label(&self) -> &str {
        match &self.recipe {
            Ok(recipe) if !recipe.name.is_empty() && !self.own => &recipe.name,
            _ => &self.stem,
        }
    }
}

/// All presets, those that ship first.
#[derive(Clone, Debug, Default)]
pub struct Presets {
    list: Vec<Named>,
}

/// The one that is trained with one click.
pub const QUICK_START: &str = "quick-start";

impl Presets {
    /// Reads them; a damaged one is listed with what is wrong.
    pub fn read(workspace: &Workspace) -> Self {
        let list = presets(&workspace.presets_dir())
            .into_iter()
            .map(|preset| Named {
                own: preset.path.is_some(),
                recipe: preset.recipe.map_err(|e| e.to_string()),
                stem: preset.stem,
            })
            .collect();
        Self { list }
    }

    /// All of them, in menu order.
    pub fn list(&self) -> &[Named] {
        &self.list
    }

    /// The recipe of one; the user's own goes before one that ships.
    pub fn recipe(&self, stem: &str) -> Option<&Recipe> {
        self.list.iter().rev().find(|preset| preset.stem == stem)?.recipe.as_ref().ok()
    }

    /// The form as it was left; without that, as it is found the first time.
    pub fn draft(&self, preset: Option<&str>, left: Option<Recipe>) -> Draft {
        let stem = preset.unwrap_or(QUICK_START);
        let baseline = self.recipe(stem).cloned();
        let preset = baseline.is_some().then(|| stem.to_owned());
        let baseline = baseline.unwrap_or_default();
        Draft::new(left.unwrap_or_else(|| baseline.clone()), preset, baseline)
    }
}
