//! Textures of single images for the list, the latest of them kept.

use crate::data::curate::{At, File};
use crate::work::load::Loaded;
use egui::{Color32, ColorImage, Context, TextureHandle, TextureOptions};
use std::collections::HashMap;

/// Textures kept; more than any screen shows at once.
const KEPT: usize = 400;

/// Textures of images, by data set and image.
#[derive(Default)]
pub struct Pictures {
    of: String,
    textures: HashMap<At, TextureHandle>,
}

/// The texture of an image as it was read.
pub fn picture(ctx: &Context, pictures: &mut Pictures, loaded: &Loaded, at: At) -> TextureHandle {
    if pictures.of != loaded.base.fingerprint || pictures.textures.len() > KEPT {
        pictures.textures.clear();
        pictures.of.clone_from(&loaded.base.fingerprint);
    }
    let make = || {
        let samples = if at.file == File::Train { &loaded.base.train } else { &loaded.base.test };
        let row = at.row as usize;
        if row >= samples.len() {
            return ctx.load_texture(
                "curated",
                ColorImage::filled([1, 1], Color32::BLACK),
                TextureOptions::NEAREST,
            );
        }
        let ([width, height], pixels) = (samples.size(row), samples.image(row));
        let area = width * height;
        let channel = |c: usize, i: usize| pixels.get(c * area + i).copied().unwrap_or_default();
        let colours = (0..area).map(|i| match samples.channels {
            3 => Color32::from_rgb(channel(0, i), channel(1, i), channel(2, i)),
            _ => Color32::from_gray(channel(0, i)),
        });
        ctx.load_texture(
            "curated",
            ColorImage::new([width, height], colours.collect()),
            TextureOptions::NEAREST,
        )
    };
    pictures.textures.entry(at).or_insert_with(make).clone()
}
