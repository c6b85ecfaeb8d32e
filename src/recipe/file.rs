//! Reads and writes recipes as RON.

use super::{Recipe, VERSION};
use ron::extensions::Extensions;
use std::path::{Path, PathBuf};

/// Why a recipe could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The file could not be read at all.
    #[error("the recipe cannot be read: {source}: {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is no RON, or has keys or values that no recipe has.
    #[error("the recipe is not valid at line {line}, column {column}: {message}: {}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It was written by a newer program.
    #[error("the recipe has version {version}, this program knows versions up to {VERSION}; use a newer program: {}", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

fn options() -> ron::Options {
    // So that a preset reads `model: cnn(dropout_1: 0.3)`, without doubled brackets or Some(...).
    ron::Options::default()
        .with_default_extension(Extensions::UNWRAP_VARIANT_NEWTYPES | Extensions::IMPLICIT_SOME)
}

/// Reads a recipe; a key that no recipe has is an error that names it.
pub fn read(path: &Path) -> Result<Recipe, RecipeError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| RecipeError::Io { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Reads a recipe from text; `path` is only named in errors.
pub fn parse(text: &str, path: &Path) -> Result<Recipe, RecipeError> {
    let recipe: Recipe = options().from_str(text).map_err(|e| RecipeError::Syntax {
        path: path.to_owned(),
        line: e.span.start.line,
        column: e.span.start.col,
        message: e.code.to_string(),
    })?;
    if recipe.version > VERSION {
        return Err(RecipeError::Newer { path: path.to_owned(), version: recipe.version });
    }
    Ok(Recipe { version: VERSION, ..recipe })
}

/// The whole recipe as RON, every setting written out.
pub fn to_ron(recipe: &Recipe) -> Result<String, ron::Error> {
    options().to_string_pretty(recipe, ron::ser::PrettyConfig::default())
}
