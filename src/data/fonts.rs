//! The outlines of the ten digits in the fonts at hand: the two that come with the program, and the system's.

use ab_glyph::{Font as _, FontRef, Outline, OutlineCurve, OutlinedGlyph, Point, PxScaleFactor, Rect, point};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Faces that are taken from the system at most: more would take longer to open than they add variety.
const MAX_SYSTEM_FACES: usize = 96;
/// Digits are compared on a grid of so many cells on each side.
const GRID: usize = 14;
/// So many of the ten digits must look most like themselves for a face to count as one with readable digits.
const MIN_READABLE: usize = 8;

/// The ten digits as one face draws them.
#[derive(Clone, Debug)]
pub(super) struct Face {
    /// The outline of each digit in pixels of any size, y downwards.
    pub(super) digits: [Shape; 10],
}

/// A closed outline.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    curves: Vec<OutlineCurve>,
    /// Smallest and largest x and y of all points.
    pub(super) min: Point,
    /// See `min`.
    pub(super) max: Point,
}

/// Faces in families, so that a family of twenty faces is drawn no more often than one of a single face.
#[derive(Clone, Debug)]
pub(super) struct Fonts {
    /// At least two families, none empty.
    pub(super) families: Vec<Vec<Face>>,
    /// SHA-256 (hex) of all outlines in their order: other fonts draw other pictures.
    pub(super) digest: String,
}

impl Fonts {
    /// The program's own fonts only: the same on every machine.
    #[cfg(test)]
    pub(super) fn built_in() -> Self {
        Self::new(built_in().into_iter().map(|face| vec![face]).collect())
    }

    /// The program's own fonts and the system's, in an order that does not depend on where they are installed.
    pub(super) fn at_hand() -> Self {
        let built_in = built_in();
        let templates: [_; 10] = std::array::from_fn(|digit| {
            built_in.iter().map(|face| face.digits[digit].grid()).collect::<Vec<_>>()
        });
        let mut families: Vec<Vec<Face>> = built_in.into_iter().map(|face| vec![face]).collect();
        families.extend(system(&templates).into_values());
        Self::new(families)
    }

    pub(super) fn new(families: Vec<Vec<Face>>) -> Self {
        let mut digest = Sha256::new();
        for family in &families {
            digest.update((family.len() as u64).to_le_bytes());
            for shape in family.iter().flat_map(|face| &face.digits) {
                shape.digest(&mut digest);
            }
        }
        Self { families, digest: super::cache::hex(&digest.finalize()) }
    }
}

impl Shape {
    /// The same outline with every point moved.
    pub(super) fn moved(&self, to: impl Fn(Point) -> Point) -> Self {
        let curves = self.curves.iter().map(|curve| match *curve {
            OutlineCurve::Line(a, b) => OutlineCurve::Line(to(a), to(b)),
            OutlineCurve::Quad(a, b, c) => OutlineCurve::Quad(to(a), to(b), to(c)),
            OutlineCurve::Cubic(a, b, c, d) => OutlineCurve::Cubic(to(a), to(b), to(c), to(d)),
        });
        Self::new(curves.collect())
    }

    fn new(curves: Vec<OutlineCurve>) -> Self {
        let mut min = point(f32::INFINITY, f32::INFINITY);
        let mut max = point(f32::NEG_INFINITY, f32::NEG_INFINITY);
        for p in curves.iter().flat_map(points).flatten() {
            min = point(min.x.min(p.x), min.y.min(p.y));
            max = point(max.x.max(p.x), max.y.max(p.y));
        }
        Self { curves, min, max }
    }

    /// Adds how much of each pixel the shape covers, 0 to 1, to a picture of `width` columns; what lies outside of
    /// it is cut off.
    pub(super) fn draw(&self, picture: &mut [f32], width: usize) {
        let height = picture.len() / width;
        // The drawing code wants y upwards.
        let up = self.moved(|p| point(p.x, -p.y));
        let bounds = Rect { min: point(self.min.x, -self.min.y), max: point(self.max.x, -self.max.y) };
        let outline = Outline { bounds, curves: up.curves };
        let glyph = ab_glyph::GlyphId(0).with_scale(1.0);
        let outlined = OutlinedGlyph::new(glyph, outline, PxScaleFactor { horizontal: 1.0, vertical: 1.0 });
        let corner = outlined.px_bounds().min;
        let (left, top) = (corner.x as i64, corner.y as i64);
        outlined.draw(|x, y, covered| {
            let (x, y) = (i64::from(x) + left, i64::from(y) + top);
            if (0..width as i64).contains(&x) && (0..height as i64).contains(&y) {
                let pixel = &mut picture[y as usize * width + x as usize];
                *pixel = (*pixel + covered).min(1.0);
            }
        });
    }

    /// The shape stretched over a small square, for comparing.
    fn grid(&self) -> [f32; GRID * GRID] {
        let (width, height) = (self.max.x - self.min.x, self.max.y - self.min.y);
        let side = GRID as f32;
        let mut grid = [0.0; GRID * GRID];
        self.moved(|p| point((p.x - self.min.x) / width * side, (p.y - self.min.y) / height * side))
            .draw(&mut grid, GRID);
        grid
    }

    fn digest(&self, digest: &mut Sha256) {
        for p in self.curves.iter().flat_map(points).flatten() {
            digest.update(p.x.to_le_bytes());
            digest.update(p.y.to_le_bytes());
        }
    }
}

fn points(curve: &OutlineCurve) -> [Option<Point>; 4] {
    match *curve {
        OutlineCurve::Line(a, b) => [Some(a), Some(b), None, None],
        OutlineCurve::Quad(a, b, c) => [Some(a), Some(b), Some(c), None],
        OutlineCurve::Cubic(a, b, c, d) => [Some(a), Some(b), Some(c), Some(d)],
    }
}

/// Hack and Ubuntu Light, which egui draws its text with.
fn built_in() -> Vec<Face> {
    built_in_fonts()
        .iter()
        .map(|(_, font)| face(font).expect("the program's own fonts have digits"))
        .collect()
}

/// The fonts that come with the program, and their families.
pub(super) fn built_in_fonts() -> [(&'static str, FontRef<'static>); 2] {
    [("Hack", epaint_default_fonts::HACK_REGULAR), ("Ubuntu Light", epaint_default_fonts::UBUNTU_LIGHT)].map(
        |(family, bytes)| {
            (family, FontRef::try_from_slice(bytes).expect("the program's own fonts are sound"))
        },
    )
}

/// The system's faces that have ten readable digits, by family.
fn system(templates: &[Vec<[f32; GRID * GRID]>; 10]) -> BTreeMap<String, Vec<Face>> {
    let mut families: BTreeMap<String, Vec<Face>> = BTreeMap::new();
    let usable = readable_fonts(None, templates, face);
    for (family, face) in usable.into_iter().take(MAX_SYSTEM_FACES) {
        families.entry(family).or_default().push(face);
    }
    families
}

/// What `make` makes of each of the system's faces (and of those in a folder) whose ten digits can be read, with its
/// family's name.
fn readable_fonts<T>(
    folder: Option<&Path>,
    templates: &[Vec<[f32; GRID * GRID]>; 10],
    make: impl Fn(&FontRef<'_>) -> Option<T>,
) -> Vec<(String, T)> {
    let mut database = fontdb::Database::new();
    database.load_system_fonts();
    if let Some(folder) = folder {
        database.load_fonts_dir(folder);
    }
    // By name, which says nothing of where a font is installed. Hashed, so that the first so many are not all from
    // the beginning of the alphabet.
    let mut candidates: Vec<(Vec<u8>, String, fontdb::ID)> = database
        .faces()
        .map(|info| {
            let family = info.families.first().map_or_else(String::new, |(name, _)| name.clone());
            let name = format!(
                "{family}/{}/{:?}/{:?}/{:?}",
                info.post_script_name, info.style, info.weight, info.stretch
            );
            (Sha256::digest(name.as_bytes()).to_vec(), family, info.id)
        })
        .filter(|(_, family, _)| !["Hack", "Ubuntu Light"].contains(&family.as_str()))
        .collect();
    candidates.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    // The same font is often installed twice.
    candidates.dedup_by(|(a, ..), (b, ..)| a == b);
    let usable = candidates.into_iter().filter_map(|(_, family, id)| {
        let made = database.with_face_data(id, |bytes, index| {
            let font = FontRef::try_from_slice_and_index(bytes, index).ok()?;
            face(&font).filter(|face| readable(face, templates)).and_then(|_| make(&font))
        });
        Some((family, made??))
    });
    usable.collect()
}

/// What `make` makes of each of the system's fonts (and of those in a folder) whose digits can be read, with its
/// family's name, in an order that does not depend on where they are installed.
pub(super) fn each_readable<T>(
    folder: Option<&Path>,
    make: impl Fn(&FontRef<'_>) -> Option<T>,
) -> Vec<(String, T)> {
    let built_in = built_in();
    let templates =
        std::array::from_fn(|digit| built_in.iter().map(|face| face.digits[digit].grid()).collect());
    readable_fonts(folder, &templates, make)
}

/// The ten digits of a font, if it has all of them.
fn face(font: &FontRef<'_>) -> Option<Face> {
    let mut digits = Vec::with_capacity(10);
    for digit in '0'..='9' {
        let outline = font.outline(font.glyph_id(digit))?;
        let shape = Shape::new(outline.curves).moved(|p| point(p.x, -p.y));
        let (width, height) = (shape.max.x - shape.min.x, shape.max.y - shape.min.y);
        // Also false for what is no number.
        if !(width > 0.0 && height > 0.0 && width.is_finite() && height.is_finite()) {
            return None;
        }
        digits.push(shape);
    }
    Some(Face { digits: digits.try_into().ok()? })
}

/// Whether most digits look like digits: fonts of symbols, dots and bars draw something else in their places.
fn readable(face: &Face, templates: &[Vec<[f32; GRID * GRID]>; 10]) -> bool {
    let own = |digit: usize| {
        let grid = face.digits[digit].grid();
        let likeness = |other: usize| {
            templates[other].iter().map(|template| cosine(&grid, template)).fold(0.0, f32::max)
        };
        (0..10).all(|other| other == digit || likeness(other) < likeness(digit))
    };
    (0..10).filter(|&digit| own(digit)).count() >= MIN_READABLE
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_fonts_are_always_there() {
        let fonts = Fonts::built_in();
        assert_eq!(fonts.families.len(), 2);
        let all = Fonts::at_hand();
        assert!(all.families.len() >= 2);
        assert_eq!(all.digest, Fonts::at_hand().digest, "the order is always the same");
        assert!(all.families.iter().all(|family| !family.is_empty()));
    }

    #[test]
    fn letters_are_no_digits() {
        let font = FontRef::try_from_slice(epaint_default_fonts::HACK_REGULAR).expect("it is sound");
        let own = face(&font).expect("it has digits");
        let letters = Face {
            digits: std::array::from_fn(|i| {
                let outline = font.outline(font.glyph_id((b'a' + i as u8) as char)).expect("it has letters");
                Shape::new(outline.curves).moved(|p| point(p.x, -p.y))
            }),
        };
        let templates = std::array::from_fn(|digit| vec![own.digits[digit].grid()]);
        assert!(readable(&own, &templates));
        assert!(!readable(&letters, &templates));
        let emoji = FontRef::try_from_slice(epaint_default_fonts::EGUI_ICONS).expect("it is sound");
        assert!(face(&emoji).is_none());
    }

    #[test]
    fn shapes_lie_the_right_way_up() {
        // A seven has its bar on top: more ink above than below.
        let seven = &Fonts::built_in().families[0][0].digits[7];
        let grid = seven.grid();
        let (top, bottom) = grid.split_at(GRID * GRID / 2);
        assert!(top.iter().sum::<f32>() > 1.3 * bottom.iter().sum::<f32>());
        assert!(grid.iter().all(|covered| (0.0..=1.0).contains(covered)));
    }
}
