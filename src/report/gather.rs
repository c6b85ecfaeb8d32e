//! Everything that a report tells, gathered from runs, models, data sets and pictures.

use super::Words;
use crate::knobs::{Flat, flat};
use crate::models::{Input, Summary, summary};
use crate::reader::{Effort, PictureReader, PictureReading, Prediction, open_picture};
use crate::recipe::{Recipe, to_ron};
use crate::runs::{History, Meta, RunDir, Split};
use crate::score::Paired;
use crate::work::Context;
use crate::work::localise::{self, Localised, localise};
use crate::work::predict::{Examined, On, examine};
use crate::{data, score};
use anyhow::{Context as _, ensure};
use image::DynamicImage;
use std::path::{Path, PathBuf};

/// What is known of one run.
pub struct Told {
    /// Its folder's name.
    pub id: String,
    /// What the user says of it.
    pub meta: Meta,
    /// Its recipe; `None` for one that another program trained.
    pub recipe: Option<Recipe>,
    /// The recipe as RON.
    pub ron: String,
    /// Its settings, path and value.
    pub settings: Flat,
    /// What its events add up to.
    pub history: History,
    /// How it ended, in a word.
    pub status: String,
}

impl Told {
    fn of(run: &RunDir) -> anyhow::Result<Self> {
        let (history, _) = run.history()?;
        let recipe = match run.imported() {
            Some(_) => None,
            None => Some(run.recipe()?),
        };
        let settings = match (&recipe, run.imported()) {
            (Some(recipe), _) => flat(&mut recipe.clone()),
            (None, imported) => imported.map(|imported| imported.settings).unwrap_or_default(),
        };
        Ok(Self {
            id: run.id(),
            meta: run.meta(),
            ron: recipe.as_ref().map(to_ron).transpose()?.unwrap_or_default(),
            status: run.status(&history).label().to_lowercase(),
            recipe,
            settings,
            history,
        })
    }

    /// Best validation accuracy, 0 to 1.
    pub fn valid(&self) -> Option<f64> {
        self.history.best.map(|best| best.accuracy).or_else(|| self.history.best_of(Split::Valid, "accuracy"))
    }

    /// Test accuracy, 0 to 1.
    pub fn test(&self) -> Option<f64> {
        self.history.last(Split::Test, "accuracy")
    }

    /// Fingerprint of the data it learned from; empty where that is not known.
    pub fn data(&self) -> &str {
        self.history.started.as_ref().map_or("", |started| started.data.as_str())
    }
}

/// A picture of the user's and what the final model reads on it.
pub struct Picture {
    /// Its file's name.
    pub name: String,
    /// The picture.
    pub image: DynamicImage,
    /// What was read, or why nothing was.
    pub read: Result<Read, String>,
}

/// What was read on a picture of the user's.
pub enum Read {
    /// The one digit or number that it was taken for.
    Whole(Prediction),
    /// Every number found on it.
    Found(PictureReading),
}

/// Everything that a report tells.
pub struct Report {
    /// The user's own words.
    pub words: Words,
    /// The runs, oldest first.
    pub runs: Vec<Told>,
    /// The run that the report is about: the best by validation accuracy.
    pub last: usize,
    /// The layers of its network.
    pub layers: Option<Summary>,
    /// What its model makes of the test images, or why that is not known.
    pub examined: Result<Examined, String>,
    /// What its model makes of whole pictures, where it finds digits.
    pub localised: Option<Localised>,
    /// How many captured pictures such a model was shown, and the share read rightly.
    pub captured_found: Option<(usize, f64)>,
    /// Some images that it learned from, with how many there are.
    pub learned: Option<data::Samples>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// The first run's model and the final one on the same images, where both can be read.
    pub paired: Option<Paired>,
    /// What the model makes of pictures that were captured, where there are some.
    pub captured: Option<Examined>,
    /// Pictures of the user's.
    pub pictures: Vec<Picture>,
}

impl Report {
    /// The title.
    pub fn title(&self) -> String {
        match self.words.title.trim() {
            "" => format!("Reading digits: {}", self.last().meta.name),
            title => title.to_owned(),
        }
    }

    /// The run that the report is about.
    pub fn last(&self) -> &Told {
        &self.runs[self.last]
    }

    /// The oldest run.
    pub fn first(&self) -> &Told {
        &self.runs[0]
    }
}

/// Gathers a report about runs, with pictures of the user's; what cannot be read is told in the report itself.
///
/// # Errors
/// Where there is no run, a run cannot be read, or it was cancelled.
pub fn gather(
    runs: &[RunDir],
    words: Words,
    pictures: &[PathBuf],
    places: &data::Places,
    context: &Context,
) -> anyhow::Result<Report> {
    ensure!(!runs.is_empty(), "a report is about runs; name one");
    let mut each: Vec<(RunDir, Told)> = Vec::new();
    for run in runs {
        if each.iter().all(|(known, _)| known != run) {
            each.push((run.clone(), Told::of(run)?));
        }
    }
    each.sort_by(|a, b| a.1.id.cmp(&b.1.id));
    let score = |told: &Told| told.valid().or(told.test()).unwrap_or(-1.0);
    let mut last = 0;
    for (at, (_, told)) in each.iter().enumerate() {
        // Only a run of this program has a model to show.
        let better = score(told) >= score(&each[last].1);
        if told.recipe.is_some() && (better || each[last].1.recipe.is_none()) {
            last = at;
        }
    }
    let model = each[last].0.best_model();
    let told = |e: anyhow::Error| format!("{e:#}");
    let test = On { source: None, part: Split::Test };
    let finds = each[last].1.recipe.as_ref().is_some_and(|recipe| recipe.model.detector().is_some());
    let examined = match finds {
        true => Err("the model finds digits on whole pictures".to_owned()),
        false => examine(&model, &test, places, context).map_err(told),
    };
    ensure!(!context.is_cancelled(), "cancelled");
    let paired = match &examined {
        Ok(examined) if last > 0 && each[0].1.recipe.is_some() => {
            beside(&each[0].0.best_model(), examined, places, context)
        }
        _ => None,
    };
    let dataset = each[last].1.recipe.as_ref().and_then(|recipe| {
        let overlays = crate::runs::overlays_beside(&model);
        recipe.dataset(places, &overlays, &crate::work::load::Told(context)).ok()
    });
    let layers = match (&each[last].1.recipe, &dataset) {
        (Some(recipe), Some(dataset)) => summary(&recipe.model, Input::of(&recipe.model, dataset)).ok(),
        _ => None,
    };
    let job = crate::work::load::Told(context);
    // What cannot be read is told in the chapter itself.
    let localised = match (&dataset, finds) {
        (Some(dataset), true) => Some(localise(&model, &dataset.name, &dataset.test, &job)?),
        _ => None,
    };
    let captured_found = if finds { localise::captured(&model, places, &job).ok() } else { None };
    let captured = if finds { None } else { captured(&model, places, context) };
    ensure!(!context.is_cancelled(), "cancelled");
    Ok(Report {
        words,
        pictures: read(&model, pictures),
        last,
        layers,
        examined,
        classes: dataset.as_ref().map(|dataset| dataset.classes.clone()).unwrap_or_default(),
        learned: dataset.map(|dataset| dataset.train),
        paired,
        captured,
        localised,
        captured_found,
        runs: each.into_iter().map(|(_, told)| told).collect(),
    })
}

/// The first run's model against the final one, where it reads the same images.
fn beside(model: &Path, last: &Examined, places: &data::Places, context: &Context) -> Option<Paired> {
    let on = On { source: last.source.clone(), part: Split::Test };
    let first = examine(model, &on, places, context).ok()?;
    let n = last.samples.len();
    (first.samples.len() == n)
        .then(|| score::paired((0..n).map(|row| (first.is_right(row), last.is_right(row)))))
}

/// What the model makes of pictures that were captured and labelled.
fn captured(model: &Path, places: &data::Places, context: &Context) -> Option<Examined> {
    let source = data::Source::Captured(data::Captured { test_share: 0.9, ..data::Captured::default() });
    if source.available(places) != data::Availability::Ready {
        return None;
    }
    examine(model, &On { source: Some(source), part: Split::Test }, places, context).ok()
}

fn read(model: &Path, pictures: &[PathBuf]) -> Vec<Picture> {
    let reader = PictureReader::open(model, None).map_err(|e| e.to_string());
    let one = |path: &PathBuf| -> Option<Picture> {
        let name = path.file_name()?.to_string_lossy().into_owned();
        match open_picture(path) {
            Ok(image) => {
                let read = reader.as_ref().map_err(Clone::clone);
                let read = read.and_then(|r| read_one(r, &image).map_err(|e| format!("{e:#}")));
                Some(Picture { name, image, read })
            }
            Err(e) => Some(Picture { name, image: DynamicImage::new_rgb8(1, 1), read: Err(e.to_string()) }),
        }
    };
    pictures.iter().filter_map(one).collect()
}

/// Every number, where the model finds them; else what the picture as a whole is taken for.
fn read_one(reader: &PictureReader, image: &DynamicImage) -> anyhow::Result<Read> {
    if reader.finds() {
        return reader.read(image, Effort::Still).map(Read::Found);
    }
    reader.model().context("a model was opened")?.predict_image(image).map(Read::Whole)
}

/// Every picture in a folder, or the file itself.
///
/// # Errors
/// Where the folder cannot be read.
pub fn pictures_in(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).with_context(|| format!("the folder cannot be read: {}", path.display()))?;
    let endings = ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm"];
    let mut all: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    all.retain(|path| {
        let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
        path.is_file() && endings.contains(&ending.as_str())
    });
    all.sort();
    Ok(all)
}
