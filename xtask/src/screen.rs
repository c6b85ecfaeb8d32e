//! A virtual screen as its server leaves it in a file (the X window dump format, version 7): how much of it is of a colour.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Of a channel that is on, and of one that is off.
const ON: u8 = 150;
const OFF: u8 = 70;

/// What is on a screen: blue, green, red and nothing for each pixel.
pub struct Screen {
    pixels: Vec<u8>,
}

impl Screen {
    /// Reads a dump with four bytes a pixel.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path)
            .with_context(|| format!("there is no picture of the screen: {}", path.display()))?;
        Self::parse(&bytes).with_context(|| path.display().to_string())
    }

    fn parse(bytes: &[u8]) -> Result<Self> {
        // A hundred bytes of numbers, the largest byte first; then a name, the colours of a palette, and rows of pixels.
        let number = |at: usize| {
            let four = bytes.get(4 * at..4 * at + 4).and_then(|four| four.try_into().ok());
            four.map(|four| u32::from_be_bytes(four) as usize).context("the file ends in its header")
        };
        let (header, version, width, height) = (number(0)?, number(1)?, number(4)?, number(5)?);
        let (bits, row, colours) = (number(11)?, number(12)?, number(19)?);
        ensure!(version == 7 && bits == 32, "it is of version {version} with {bits} bits a pixel");
        let rows = bytes.get(header + 12 * colours..).context("the file ends before its pixels")?;
        ensure!(
            row >= 4 * width && row > 0 && rows.len() >= row * height,
            "there are fewer pixels than it says"
        );
        let pixels = rows.chunks_exact(row).take(height).flat_map(|row| &row[..4 * width]).copied().collect();
        Ok(Self { pixels })
    }

    /// The share of pixels whose red, green and blue are on or off.
    pub fn share(&self, wanted: [bool; 3]) -> f64 {
        let is_so = |pixel: &&[u8]| {
            let [blue, green, red] = [pixel[0], pixel[1], pixel[2]];
            [red, green, blue]
                .iter()
                .zip(wanted)
                .all(|(value, on)| if on { *value > ON } else { *value < OFF })
        };
        let n = self.pixels.len() / 4;
        self.pixels.chunks_exact(4).filter(is_so).count() as f64 / n.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_counted() {
        let mut bytes = vec![0; 104 + 12];
        for (at, value) in [(0, 104_u32), (1, 7), (4, 2), (5, 1), (11, 32), (12, 12), (19, 1)] {
            bytes[4 * at..4 * at + 4].copy_from_slice(&value.to_be_bytes());
        }
        // Yellow, black, and what fills the row.
        bytes.extend([0, 191, 191, 0, 9, 9, 9, 0, 255, 255, 255, 0]);
        let screen = Screen::parse(&bytes).expect("it is whole");
        assert_eq!((screen.share([true, true, false]), screen.share([true; 3])), (0.5, 0.0));
        assert!(Screen::parse(&bytes[..110]).is_err());
    }
}
