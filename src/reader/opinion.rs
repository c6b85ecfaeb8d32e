//! What a model of single digits, or of cropped numbers, says of what was found.

use super::looks::inside;
use super::raster::Raster;
use super::upright::{Room, Upright};
use super::{Prediction, Reader};
use crate::data::{Area, Source};
use crate::found::{Case, Found, Number, Thresholds, placed};
use image::{DynamicImage, GrayImage};
use std::sync::Arc;

/// Room around a digit's box, as a share of its height: its ink must not touch the rim of what the model sees.
const AROUND_DIGIT: f32 = 0.12;

/// The whole picture as one digit, or one number.
pub fn whole(model: &Reader, picture: &DynamicImage, thresholds: &Thresholds) -> anyhow::Result<Vec<Number>> {
    let prediction = model.predict_image(picture)?;
    // Where nothing is, nothing is read.
    if prediction.prepared.note.is_some() {
        return Ok(Vec::new());
    }
    let whole = Area { x: 0.0, y: 0.0, w: picture.width() as f32, h: picture.height() as f32 };
    let area = prediction.prepared.ink.map_or(whole, |ink| Area {
        x: ink.x as f32,
        y: ink.y as f32,
        w: ink.width as f32,
        h: ink.height as f32,
    });
    let number = written(model, &prediction, area).filter(|number| number.confidence >= thresholds.number);
    Ok(number.into_iter().collect())
}

/// The number on a whole picture where the model says that it is. What it reads there counts only where `thresholds` are
/// given; else the number is without text, for another model to read.
pub fn located(
    model: &Reader,
    picture: &DynamicImage,
    thresholds: Option<&Thresholds>,
) -> anyhow::Result<Vec<Number>> {
    let size = [picture.width() as usize, picture.height() as usize];
    let Some(prediction) = model.locate(picture)? else { return Ok(Vec::new()) };
    let place = prediction.number.as_ref().and_then(|reading| reading.area(size));
    let Some(area) = place else { return Ok(Vec::new()) };
    let Some(thresholds) = thresholds.filter(|_| model.reads_numbers()) else {
        return Ok(vec![unread(area)]);
    };
    let number = written(model, &prediction, area).filter(|number| number.confidence >= thresholds.number);
    Ok(number.into_iter().collect())
}

/// A number of which only the place is known.
pub fn unread(area: Area) -> Number {
    Number { text: String::new(), confidence: 0.0, area, digits: Vec::new(), direction: Default::default() }
}

/// What the model, one that reads whole numbers, reads where a number was found: without text where it sees no digits.
/// `None` where it cannot read, because the digits stand on each other.
pub fn again(model: &Reader, raster: &Raster, number: &Number) -> anyhow::Result<Option<Number>> {
    let Some(Upright { size: [width, height], values, .. }) = Upright::of(raster, number, room(model))?
    else {
        return Ok(None);
    };
    let Some(cut) = GrayImage::from_raw(width as u32, height as u32, values) else { return Ok(None) };
    let prediction = model.predict_image(&cut.into())?;
    let none = || {
        let confidence = prediction.number.as_ref().map_or(0.0, |reading| reading.confidence);
        Number { confidence, ..unread(number.area) }
    };
    Ok(Some(written(model, &prediction, number.area).unwrap_or_else(none)))
}

/// What a model wants to see around a number: what it saw of those it learned from.
fn room(model: &Reader) -> Room {
    if matches!(model.recipe.data, Source::ImageFolder(_)) { Room::WIDE } else { Room::TIGHT }
}

/// Lets the model read a number that was found: its digits one by one, or all of it. What it says is weighed against what
/// the detector says, where the model knows how, or else takes its place; the boxes stay.
pub fn reread(
    model: &Reader,
    raster: &Raster,
    picture: &mut dyn FnMut() -> Arc<DynamicImage>,
    number: &mut Number,
    thresholds: &Thresholds,
) -> anyhow::Result<()> {
    if model.reads_numbers() {
        let Some(read) = again(model, raster, number)? else { return Ok(()) };
        if let Some(opinion) = model.thresholds.opinion.filter(|_| !number.text.is_empty()) {
            *number = opinion.weigh(Case { first: number.clone(), second: read });
        } else if !read.text.is_empty() {
            let digits = placed(&read, number);
            *number = Number { digits, direction: number.direction, ..read };
        }
        return Ok(());
    }
    digit_by_digit(model, &picture(), number, thresholds)
}

/// Lets a model of single digits read each digit of a number.
fn digit_by_digit(
    model: &Reader,
    picture: &DynamicImage,
    number: &mut Number,
    thresholds: &Thresholds,
) -> anyhow::Result<()> {
    let whole = Area { x: 0.0, y: 0.0, w: picture.width() as f32, h: picture.height() as f32 };
    let mut text = String::new();
    let mut sure = Vec::with_capacity(number.digits.len());
    for digit in &mut number.digits {
        let room = AROUND_DIGIT * digit.area.h;
        let Area { x, y, w, h } = digit.area;
        let wide = Area { x: x - room, y: y - room, w: w + 2.0 * room, h: h + 2.0 * room };
        let Some(part) = inside(&wide, &whole) else { continue };
        let crop = picture.crop_imm(part.x as u32, part.y as u32, part.w.ceil() as u32, part.h.ceil() as u32);
        let prediction = model.predict_image(&crop)?;
        let name = model.meta.classes.get(prediction.class).map_or("?", String::as_str);
        text.push_str(name);
        // That there is a digit is the detector's word, which digit is the model's.
        let all = digit.confidence.max(prediction.confidence.min(0.5)) * prediction.confidence;
        *digit = Found {
            area: digit.area,
            vote: digit.vote,
            ..found(model, &prediction.probabilities, digit.area)
        };
        sure.push((digit.digit, all));
    }
    number.text = text;
    number.confidence = thresholds.called(sure.iter().copied(), 0.0);
    Ok(())
}

/// A prediction as a number in a box; `None` where nothing is read.
fn written(model: &Reader, prediction: &Prediction, area: Area) -> Option<Number> {
    let classes = &model.meta.classes;
    let Some(reading) = &prediction.number else {
        let digit = found(model, &prediction.probabilities, area);
        let text = classes.get(prediction.class).cloned().unwrap_or_default();
        let direction = Default::default();
        return Some(Number {
            text,
            confidence: prediction.confidence,
            area,
            digits: vec![digit],
            direction,
        });
    };
    let n = reading.classes.len();
    let width = area.w / n.max(1) as f32;
    let digits = reading.characters.iter().take(n).enumerate().map(|(i, probabilities)| {
        found(model, probabilities, Area { x: area.x + i as f32 * width, w: width, ..area })
    });
    let digits: Vec<Found> = digits.collect();
    (n > 0).then(|| Number {
        text: reading.text(classes),
        confidence: reading.confidence.clamp(0.0, 1.0),
        area,
        digits,
        direction: Default::default(),
    })
}

/// A model's probabilities as those of the ten digits, by the names of its classes.
fn found(model: &Reader, probabilities: &[f32], area: Area) -> Found {
    let mut scores = [0.0; 10];
    for (name, probability) in model.meta.classes.iter().zip(probabilities) {
        if let Some(score) = name.parse::<usize>().ok().and_then(|digit| scores.get_mut(digit)) {
            *score += probability;
        }
    }
    Found::new(scores, area, None)
}
