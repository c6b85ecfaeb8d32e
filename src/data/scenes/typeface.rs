//! Typefaces: the glyphs of a font, or of one that is drawn, all in one measure.

use super::super::fonts;
use super::geometry::Outline;
use ab_glyph::{Font as _, FontRef, point};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// One character: the top of a digit is at y = -1, its foot at y = 0, and x begins at 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Glyph {
    pub(super) ink: Outline,
    /// Cut out of the ink: the bridges of a stencil.
    pub(super) cut: Outline,
    /// From its beginning to that of the next one.
    pub(super) advance: f32,
}

/// Characters of one design.
#[derive(Clone, Debug)]
pub(super) struct Typeface {
    /// By ASCII code; digits are always there.
    glyphs: Vec<Option<Glyph>>,
}

/// The characters that are taken from fonts.
pub(super) const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.,-/'&:+#";

impl Typeface {
    /// A design with these ten digits.
    pub(super) fn of_digits(digits: [Glyph; 10]) -> Self {
        let mut glyphs = vec![None; 128];
        for (digit, glyph) in digits.into_iter().enumerate() {
            glyphs[usize::from(b'0') + digit] = Some(glyph);
        }
        Self { glyphs }
    }

    /// The glyphs of a font; `None` if a digit is missing or empty.
    pub(super) fn of_font(font: &FontRef<'_>) -> Option<Self> {
        let outlines: Vec<Option<Outline>> = (0..128_u8)
            .map(|code| {
                let character = char::from(code);
                let id = CHARACTERS.contains(character).then(|| font.glyph_id(character))?;
                // Glyph 0 is what a font draws for characters that it does not have.
                let outline = (id.0 != 0).then(|| font.outline(id))??;
                Some(Outline::from_curves(&outline.curves, |p| point(p.x, -p.y)))
            })
            .collect();
        // Old-style figures go below the line and are of different height: the middle one counts.
        let mut heights: Vec<f32> = (b'0'..=b'9')
            .map(|code| outlines[usize::from(code)].as_ref()?.bounds().map(|bounds| bounds.h))
            .collect::<Option<_>>()?;
        heights.sort_by(f32::total_cmp);
        let by = 1.0 / heights[5];
        if !by.is_finite() {
            return None;
        }
        let glyphs = outlines.into_iter().enumerate().map(|(code, outline)| {
            let ink = outline?.moved(|p| point(p.x * by, p.y * by));
            let advance = font.h_advance_unscaled(font.glyph_id(char::from(code as u8))) * by;
            ink.bounds().map(|_| Glyph { ink, cut: Outline::default(), advance })
        });
        Some(Self { glyphs: glyphs.collect() })
    }

    pub(super) fn glyph(&self, character: char) -> Option<&Glyph> {
        self.glyphs.get(character as usize)?.as_ref()
    }

    /// The same design with every glyph changed.
    pub(super) fn map(&self, characters: &str, change: impl Fn(char, &Glyph) -> Glyph) -> Self {
        let mut glyphs = vec![None; 128];
        for character in characters.chars().filter(char::is_ascii) {
            glyphs[character as usize] = self.glyph(character).map(|glyph| change(character, glyph));
        }
        Self { glyphs }
    }
}

/// Faces that are kept of a family: more would only take memory.
const MOST_FACES: usize = 16;

/// Typefaces in families, those of training and those of test pictures.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) parts: [Vec<Vec<Typeface>>; 2],
}

impl Families {
    /// The program's own fonts: one for training, one for tests.
    pub(super) fn built_in() -> Self {
        let [train, test] = fonts::built_in_fonts().map(|(_, font)| {
            vec![vec![Typeface::of_font(&font).expect("the program's own fonts have digits")]]
        });
        Self { parts: [train, test] }
    }

    /// SHA-256 (hex) of every outline: other fonts draw other pictures.
    pub(super) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for family in self.parts.iter().flatten() {
            digest.update((family.len() as u64).to_le_bytes());
            let glyphs = family.iter().flat_map(|face| face.glyphs.iter().flatten());
            for p in glyphs.flat_map(|glyph| &glyph.ink.polygons).flatten() {
                digest.update(p.x.to_le_bytes());
                digest.update(p.y.to_le_bytes());
            }
        }
        super::super::cache::hex(&digest.finalize())
    }

    /// With the system's fonts and those of a folder: every fourth family is for tests only.
    pub(super) fn at_hand(folder: Option<&Path>) -> Self {
        let mut all = Self::built_in();
        let mut found = fonts::each_readable(folder, Typeface::of_font);
        // Their digits may be digits, but their letters are Greek.
        found.retain(|(family, _)| !family.to_lowercase().contains("symbol"));
        // Sorted by family alone, so that the faces of a family keep their order.
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (i, family) in found.chunk_by(|(a, _), (b, _)| related(a, b)).enumerate() {
            let faces = family.iter().take(MOST_FACES).map(|(_, face)| face.clone()).collect();
            all.parts[usize::from(i % 4 == 3)].push(faces);
        }
        all
    }
}

/// Whether two families are one design: "DejaVu Sans" and "DejaVu Sans Mono", "Roboto" and "Roboto Slab".
fn related(a: &str, b: &str) -> bool {
    let first = |name: &str| name.split([' ', '-']).next().unwrap_or_default().to_lowercase();
    first(a) == first(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_font_stand_on_the_line() {
        let families = Families::at_hand(None);
        assert!(families.parts.iter().all(|part| !part.is_empty()));
        for face in families.parts.iter().flatten().flatten() {
            let bounds =
                ('0'..='9').map(|c| face.glyph(c).and_then(|g| g.ink.bounds()).expect("it is there"));
            for area in bounds {
                assert!(area.h > 0.3 && area.h < 2.5 && area.w < 3.0, "{area:?}");
                assert!(area.y > -2.0 && area.bottom() < 1.0, "{area:?}");
            }
        }
        assert!(related("DejaVu Sans", "DejaVu Serif") && !related("Nimbus Roman", "URW Bookman"));
    }
}
