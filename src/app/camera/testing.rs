//! An app whose Camera page reads 42 everywhere, for tests.

use crate::app::App;
use crate::app::testing::app;
use crate::camera::Origin;
use crate::data::Area;
use crate::found::{Found, Number, Thresholds};
use crate::work::live::{How, Model, Read, Reads, Shown};
use image::{Rgb, RgbImage};
use std::path::Path;
use std::sync::Arc;

/// Finds 42 in the middle of every picture, and is shown that.
struct Everywhere(Shown);

impl Reads for Everywhere {
    fn read(&mut self, picture: &RgbImage, how: &How) -> anyhow::Result<Read> {
        let (w, h) = (picture.width() as f32, picture.height() as f32);
        let digit = |digit: usize, x: f32| {
            let mut scores = [0.0; 10];
            scores[digit] = 0.9;
            Found::new(scores, Area { x: x * w, y: 0.3 * h, w: 0.2 * w, h: 0.4 * h }, None)
        };
        let number = Number::of(vec![digit(4, 0.3), digit(2, 0.5)], 0.0, &Thresholds::default());
        let numbers =
            number.into_iter().filter(|number| number.confidence > how.confidence.unwrap_or(0.4)).collect();
        Ok(Read { numbers, ..Read::default() })
    }

    fn shown(&self) -> Shown {
        self.0
    }

    fn name(&self) -> String {
        "Everywhere".to_owned()
    }
}

/// An app whose Camera page reads 42 everywhere.
pub(crate) fn reading(folder: &Path) -> App {
    reading_as(folder, Shown::Digits)
}

/// The same with a model that is shown something else.
pub(crate) fn reading_as(folder: &Path, shown: Shown) -> App {
    let mut app = app(folder);
    app.camera.opener = Arc::new(move |model| match model {
        Model::Shipped => Ok(Box::new(Everywhere(shown)) as Box<dyn Reads>),
        Model::File(path) => anyhow::bail!("no model: {}", path.display()),
    });
    app
}

/// A picture to read.
pub(crate) fn picture(folder: &Path, name: &str) -> anyhow::Result<Origin> {
    let path = folder.join(name);
    RgbImage::from_pixel(120, 90, Rgb([120, 110, 100])).save(&path)?;
    Ok(Origin::of(&path))
}
