//! Real numbers: pictures of another data set, with their boxes, pasted into scenes.

use super::super::{DataError, Places, Progress, Samples, Source};
use super::build::Build;
use super::chance::{bell, pick};
use super::geometry::{Map, Outline};
use super::layer::{Filling, Layer, Material, Picture};
use super::palette;
use super::settings::Scenes;
use crate::data::{Area, Mark};
use crate::knobs::{self, Choice as _};
use std::sync::Arc;

/// Pictures that are kept of each part: more would only take memory.
const MOST: usize = 12_000;
/// Larger pictures are no crops of a number.
const LONGEST_SIDE: usize = 640;

/// A picture with a number on it.
#[derive(Debug)]
pub(super) struct Crop {
    pub(super) picture: Arc<Picture>,
    marks: Vec<Mark>,
    /// Mean height of its digits.
    unit: f32,
    grey: bool,
}

/// The crops of training and of test pictures.
pub(super) type Crops = [Vec<Crop>; 2];

/// The data set whose pictures are to be pasted in, if one is named.
pub(super) fn wanted(settings: &Scenes) -> Option<Source> {
    let (name, folder) = settings.crops.split_once(':').unwrap_or((&settings.crops, ""));
    let mut source = Source::default();
    // Scenes in scenes would go on for ever.
    let chosen = settings.crop_share > 0.0 && name.trim() != "scenes" && source.choose(name.trim());
    let placed = folder.trim().is_empty() || knobs::set(&mut source, "folder", folder.trim()).is_ok();
    (chosen && placed).then_some(source)
}

/// The pictures of a data set that have boxes; why there are none is a warning.
pub(super) fn open(
    settings: &Scenes,
    places: &Places,
    job: &dyn Progress,
    warnings: &mut Vec<String>,
) -> Result<Crops, DataError> {
    let Some(source) = wanted(settings) else {
        if settings.crop_share > 0.0 && !settings.crops.trim().is_empty() {
            warnings.push(format!("no data set to paste numbers from is called '{}'", settings.crops));
        }
        return Ok(Crops::default());
    };
    let dataset = source.load(places, job)?;
    let crops = dataset.parts().map(of_samples);
    if crops.iter().any(Vec::is_empty) {
        warnings.push(format!(
            "{} has no small pictures with boxes of digits to paste into scenes",
            dataset.name
        ));
    }
    Ok(crops)
}

fn of_samples(samples: &Samples) -> Vec<Crop> {
    let step = samples.len().div_ceil(MOST).max(1);
    let rows = (0..samples.len()).step_by(step);
    rows.filter_map(|row| {
        let ([width, height], marks) = (samples.size(row), samples.marks(row));
        let readable = marks.iter().all(|mark| mark.class < 10 && mark.area.w >= 2.0 && mark.area.h >= 6.0);
        if marks.is_empty() || !readable || width.max(height) > LONGEST_SIDE {
            return None;
        }
        let (bytes, n) = (samples.image(row), width * height);
        let channel = |c: usize| if samples.channels == 1 { 0 } else { c * n };
        let pixels = (0..n).map(|at| std::array::from_fn(|c| bytes[channel(c) + at])).collect();
        let unit = marks.iter().map(|mark| mark.area.h).sum::<f32>() / marks.len() as f32;
        let picture = Arc::new(Picture { width, height, pixels });
        Some(Crop { picture, marks: marks.to_vec(), unit, grey: samples.channels == 1 })
    })
    .collect()
}

impl Build<'_> {
    /// Pastes a real number with digits of about `unit` pixels, upright, so that its boxes stay what they are.
    pub(super) fn paste(&mut self, unit: f32) {
        let studio = self.studio;
        let Some(crops) = studio.crops.get(usize::from(self.test)).filter(|crops| !crops.is_empty()) else {
            return;
        };
        let crop = pick(&mut self.stream, crops);
        let (w, h) = (crop.picture.width as f32, crop.picture.height as f32);
        let [frame_w, frame_h] = self.size.map(|side| side as f32);
        let squeeze = (bell(&mut self.stream) * 0.08).exp();
        let most = ((frame_w - 2.0) / (w * squeeze)).min((frame_h - 2.0) / h);
        let scale = (unit / crop.unit).min(most);
        let (x_scale, y_scale) = (scale * squeeze, scale);
        let (free_x, free_y) = (frame_w - w * x_scale, frame_h - h * y_scale);
        if free_x < 0.0 || free_y < 0.0 || scale * crop.unit < 7.0 {
            return;
        }
        for _ in 0..8 {
            let (x, y) = (self.stream.unit() * free_x, self.stream.unit() * free_y);
            let area = Area { x, y, w: w * x_scale, h: h * y_scale };
            if self.taken.iter().any(|other| other.overlap(&area) > 0.0) {
                continue;
            }
            let place = Map::scale(1.0 / x_scale, 1.0 / y_scale).after(&Map::shift(-x, -y));
            let mut material = Material {
                filling: Filling::Picture(Arc::clone(&crop.picture)),
                place,
                ..Material::plain([0.0; 3])
            };
            material.colours = self.tones(crop.grey);
            let mut layer = Layer::new(Some(Outline::rectangle(area)), material);
            layer.soft = self.stream.unit() * 0.04 * scale * crop.unit;
            self.layers.push(layer);
            self.taken.push(area);
            for mark in &crop.marks {
                let own = mark.area;
                // Boxes that reach over the edge of their crop end there.
                let (left, top) = (own.x.max(0.0), own.y.max(0.0));
                let (right, bottom) = (own.right().min(w), own.bottom().min(h));
                let area = Area {
                    x: x + left * x_scale,
                    y: y + top * y_scale,
                    w: (right - left).max(0.0) * x_scale,
                    h: (bottom - top).max(0.0) * y_scale,
                };
                if area.w < 2.0 || area.h < 5.0 {
                    continue;
                }
                self.marks.push(Mark { class: mark.class, number: self.n_numbers + mark.number, area });
                self.inks.push(Outline::rectangle(area));
            }
            self.n_numbers += crop.marks.iter().map(|mark| mark.number + 1).max().unwrap_or(0);
            return;
        }
    }

    /// The colours that black and white of a picture become: themselves, or, for grey ones, some of their own.
    fn tones(&mut self, grey: bool) -> [super::layer::Colour; 3] {
        let (black, white) = ([0.0; 3], [1.0; 3]);
        if !grey || self.stream.chance(0.3) {
            return [black, white, white];
        }
        let mut tint = |value: f32| palette::hsv(self.stream.unit(), self.stream.unit().powi(2) * 0.6, value);
        let (dark, light) = (tint(0.12), tint(1.0));
        let turned = self.stream.chance(0.1);
        if turned { [light, dark, dark] } else { [dark, light, light] }
    }
}

/// A crop that a test made.
#[cfg(test)]
pub(super) fn of_one(picture: Picture, marks: Vec<Mark>) -> Crop {
    let unit = marks.iter().map(|mark| mark.area.h).sum::<f32>() / marks.len().max(1) as f32;
    Crop { picture: Arc::new(picture), marks, unit, grey: true }
}

#[cfg(test)]
mod tests {
    use super::super::super::progress::Silent;
    use super::super::super::svhn::streets::write_small;
    use super::super::super::testing::empty_places;
    use super::*;

    #[test]
    fn a_folder_may_be_named_behind_the_data_set() {
        let (folder, mut places) = empty_places();
        write_small(&folder.path().join("mine/cut"));
        places.folders.push(folder.path().to_owned());
        let mut warnings = Vec::new();
        let named = |crops: &str| Scenes { crops: crops.to_owned(), ..Scenes::default() };
        let crops = open(&named("svhn: mine/cut"), &places, &Silent, &mut warnings).expect("they are there");
        assert!(crops.iter().all(|part| !part.is_empty()), "{warnings:?}");
        open(&named("svhn"), &places, &Silent, &mut warnings).expect_err("the archives are not there");
        assert!(wanted(&named("svhn_cropped:x")).is_some() && wanted(&named("rendered:x")).is_none());
        assert!(wanted(&named("scenes:x")).is_none() && wanted(&named("nothing")).is_none());
    }
}
