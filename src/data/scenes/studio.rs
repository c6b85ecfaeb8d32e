//! What every scene is made with: fonts, textures, noise and photos, opened or made once and shared by all threads.

use super::camera::Noise;
use super::crops::{self, Crops};
use super::layer::Picture;
use super::noise::clouds;
use super::real_hands::{self, Hands};
use super::settings::{FontChoice, Scenes};
use super::texture::Tiles;
use super::typeface::Families;
use crate::data::random::Stream;
use crate::data::{DataError, Places, Progress};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longer sides of photos are made this many pixels: more would only take memory.
const PHOTO_SIDE: u32 = 768;
/// Photos that are opened at most, of each part.
const MOST_PHOTOS: usize = 200;

/// The things that scenes are made with.
#[derive(Debug)]
pub(super) struct Studio {
    pub(super) families: Families,
    pub(super) tiles: Tiles,
    pub(super) noise: Noise,
    /// Where paint comes off.
    pub(super) wear: Vec<f32>,
    /// Real numbers to paste in.
    pub(super) crops: Crops,
    /// Digits that people wrote.
    pub(super) hands: [Hands; 2],
    /// Photos to write on, those of training and those of tests.
    pub(super) photos: [Vec<Arc<Picture>>; 2],
    /// What could not be used, for people.
    pub(super) warnings: Vec<String>,
}

impl Studio {
    /// Opens fonts, photos and real numbers.
    pub(super) fn open(settings: &Scenes, places: &Places, job: &dyn Progress) -> Result<Self, DataError> {
        let families = match settings.fonts {
            FontChoice::BuiltIn => Families::built_in(),
            FontChoice::All => {
                let folder = settings.font_folder.trim();
                Families::at_hand((!folder.is_empty()).then(|| Path::new(folder)))
            }
        };
        let mut warnings = Vec::new();
        let photos = match settings.photos.trim() {
            "" => [Vec::new(), Vec::new()],
            folder => photos(Path::new(folder), &mut warnings),
        };
        let wear = clouds(&mut Stream::new("wear", 0, 0, 0), [24, 24], 4, 0.7);
        let crops = crops::open(settings, places, job, &mut warnings)?;
        let hands = real_hands::open(settings, places, job, &mut warnings)?;
        Ok(Self { families, tiles: Tiles::new(), noise: Noise::new(), wear, crops, hands, photos, warnings })
    }
}

impl Studio {
    /// SHA-256 (hex) of fonts, photos and real numbers: others draw other pictures. Of pictures a part of the pixels
    /// is enough to tell them apart.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(self.families.digest());
        let crops = self.crops.iter().flatten().map(|crop| &crop.picture);
        for picture in self.photos.iter().flatten().chain(crops) {
            digest.update((picture.width as u64).to_le_bytes());
            digest.update((picture.pixels.len() as u64).to_le_bytes());
            picture.pixels.iter().step_by(61).for_each(|pixel| digest.update(pixel));
        }
        self.hands.iter().flat_map(Hands::bytes).for_each(|byte| digest.update([*byte]));
        crate::data::cache::hex(&digest.finalize())
    }
}

/// The pictures of a folder, a fifth for tests, by name.
fn photos(folder: &Path, warnings: &mut Vec<String>) -> [Vec<Arc<Picture>>; 2] {
    let mut parts = [Vec::new(), Vec::new()];
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) => {
            warnings.push(format!("the folder of photos cannot be read ({cause}): {}", folder.display()));
            return parts;
        }
    };
    let mut paths: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    let mut unreadable = 0;
    for path in paths {
        // By a hash of the name: a picture stays in its part when others are added.
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let test = Sha256::digest(name.as_bytes())[0] % 5 == 0;
        let part = &mut parts[usize::from(test)];
        if part.len() >= MOST_PHOTOS {
            continue;
        }
        match image::open(&path) {
            Ok(photo) => {
                let small = photo.thumbnail(PHOTO_SIDE, PHOTO_SIDE).into_rgb8();
                let (width, height) = (small.width() as usize, small.height() as usize);
                let pixels = small.pixels().map(|pixel| pixel.0).collect();
                part.push(Arc::new(Picture { width, height, pixels }));
            }
            Err(_) => unreadable += 1,
        }
    }
    if unreadable > 0 {
        warnings.push(format!("{unreadable} files are no pictures that can be read: {}", folder.display()));
    }
    if parts.iter().all(Vec::is_empty) {
        warnings.push(format!("there are no photos in the folder: {}", folder.display()));
    }
    parts
}
