//! Reads and writes recipes as RON.

use super::{Recipe, VERSION};
use crate::knobs::check;
use crate::models::custom::Custom;
use crate::models::pieces::Piece;
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
    // Errors are those of the text as it is.
    let read = |text: &str| options().from_str::<Recipe>(text);
    let recipe = read(text).or_else(|e| lifted(text).and_then(|text| read(&text).ok()).ok_or(e));
    let recipe = recipe.map_err(|e| RecipeError::Syntax {
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

/// Reads the layers of a network of one's own from text, a list as [`Custom::text`] writes it; or where it is wrong, line and
/// column from 1, and why.
pub fn parse_layers(text: &str) -> Result<Vec<Piece>, (usize, usize, String)> {
    let layers = options().from_str::<Vec<Piece>>(text);
    let layers = layers.map_err(|e| (e.span.start.line, e.span.start.col, of_layers(&e.code)))?;
    let mut custom = Custom { layers, ..Custom::default() };
    match check(&mut custom).first() {
        None => Ok(custom.layers),
        Some(problem) => {
            // A setting's path begins with its layer's number; the list itself has none.
            let layer = problem.path.split('.').nth(1).and_then(|number| number.parse().ok());
            Err((layer.map_or(1, |layer| line_of(text, layer)), 1, problem.to_string()))
        }
    }
}

/// What is wrong with layers as text, in their words.
fn of_layers(error: &ron::Error) -> String {
    match error {
        ron::Error::NoSuchEnumVariant { expected, found, outer } if outer.as_deref() == Some("Piece") => {
            format!("no layer is called '{found}'; there are {}", expected.join(", "))
        }
        ron::Error::NoSuchStructField { expected: [], found, .. } => {
            format!("this layer has no setting '{found}', and no other")
        }
        ron::Error::NoSuchStructField { expected, found, .. } => {
            format!("this layer has no setting '{found}'; it has {}", expected.join(", "))
        }
        other => other.to_string(),
    }
}

/// The line on which a layer begins, where each has one of its own.
fn line_of(text: &str, layer: usize) -> usize {
    let lines =
        text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(char::is_alphabetic));
    lines.map(|(i, _)| i + 1).nth(layer.saturating_sub(1)).unwrap_or(1)
}

/// What older programs wrote, as it is written now; `None` where it is nothing of theirs.
fn lifted(text: &str) -> Option<String> {
    // The folder that pasted numbers are taken from stood beside their data set: `crops: "svhn", crop_folder: "tight"`.
    let quoted = |key: &str| {
        let at = text.find(key)?;
        let from = at + key.len() + text[at + key.len()..].find('"')? + 1;
        Some((at, from, from + text[from..].find('"')?))
    };
    let (at, from, to) = quoted("crop_folder:")?;
    let (_, name, name_end) = quoted("crops:")?;
    // With the comma that follows, where one does.
    let rest = text[to + 1..].trim_start();
    let end = if rest.starts_with(',') { text.len() - rest.len() + 1 } else { to + 1 };
    let is_none = from == to || name == name_end;
    let added = if is_none { String::new() } else { format!(":{}", &text[from..to]) };
    let mut lifted = text.to_owned();
    // The later of the two first, so that places of the other one stay right.
    let mut changes = [(at..end, String::new()), (name_end..name_end, added)];
    changes.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    for (range, with) in changes {
        lifted.replace_range(range, &with);
    }
    Some(lifted)
}

/// The whole recipe as RON, every setting written out.
pub fn to_ron(recipe: &Recipe) -> Result<String, ron::Error> {
    options().to_string_pretty(recipe, ron::ser::PrettyConfig::default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Scenes, Source};

    #[test]
    fn layers_are_text_and_what_is_wrong_has_its_line() {
        use crate::knobs::Choice as _;
        let mut all = Custom::default();
        for kind in Piece::default().options() {
            let mut piece = Piece::default();
            piece.choose(kind.name);
            all.layers.push(piece);
        }
        assert_eq!(parse_layers(&all.text()), Ok(all.layers.clone()));
        assert!(
            all.text().starts_with("[\n    conv(filters: 16, same: true, bias: false, activation: none),\n")
        );
        let wrong = |text: &str| parse_layers(text).expect_err("it is wrong");
        let (line, _, why) = wrong("[\n conv(),\n dens(size: 3),\n]");
        assert!(line == 3 && why.starts_with("no layer is called 'dens'; there are conv,"), "{line}: {why}");
        let (line, _, why) = wrong("[\n conv(),\n conv(filter: 3),\n]");
        assert!(line == 3 && why.contains("no setting 'filter'; it has filters,"), "{line}: {why}");
        let (line, _, why) = wrong("[\n // The first.\n conv(),\n conv(filters: 0),\n]");
        assert!(line == 4 && why.starts_with("layers.2.filters: 0 is not possible"), "{line}: {why}");
        assert!(wrong("[]").2.starts_with("layers: 0 is not possible"));
    }

    #[test]
    fn the_folder_of_pasted_numbers_is_taken_from_where_it_stood() -> anyhow::Result<()> {
        let recipe = Recipe { data: Source::Scenes(Scenes::default()), ..Recipe::default() };
        let now = to_ron(&recipe)?;
        let crops = |text: &str| match parse(text, Path::new("old.ron"))?.data {
            Source::Scenes(scenes) => Ok((scenes.crops, scenes.crop_share)),
            _ => anyhow::bail!("other data"),
        };
        for (name, folder, wanted) in
            [("svhn", "svhn/tight", "svhn:svhn/tight"), ("svhn", "", "svhn"), ("", "", ""), ("", "x", "")]
        {
            let before = format!("crops: \"{name}\",\n        crop_folder: \"{folder}\",");
            let old = now.replace("crops: \"\",", &before);
            assert!(old.contains("crop_folder"), "{old}");
            assert_eq!(crops(&old)?, (wanted.to_owned(), 0.15));
            let turned =
                now.replace("crops: \"\",", &format!("crop_folder: \"{folder}\", crops: \"{name}\","));
            assert_eq!(crops(&turned)?.0, wanted);
        }
        // Words about a recipe are not touched, and what is wrong is told of the text as it is.
        let said = Recipe { about: "crop_folder: \"a\" crops: \"b\"".to_owned(), ..recipe };
        assert_eq!(parse(&to_ron(&said)?, Path::new("a.ron"))?.about, said.about);
        let bad =
            parse("(\n  data: scenes(crops: \"svhn\", crop_folder: \"a\",\n no: 1))", Path::new("b.ron"));
        assert!(matches!(bad, Err(RecipeError::Syntax { .. })));
        Ok(())
    }
}
