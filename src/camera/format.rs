//! What a camera can be asked for: size, rate, and how a pixel is packed.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How pixels arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pixels {
    /// Two bytes a pixel: brightness, and colour of every second pixel.
    Yuyv,
    /// A JPEG for each frame.
    Mjpeg,
    /// One and a half bytes a pixel: brightness, then colour of four pixels together.
    Nv12,
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red.
    Bgr,
    /// Brightness only.
    Grey,
}

impl Pixels {
    /// All of them, the one first that costs least to decode.
    pub const ALL: [Self; 6] = [Self::Yuyv, Self::Mjpeg, Self::Nv12, Self::Rgb, Self::Bgr, Self::Grey];

    /// As shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Yuyv => "YUYV",
            Self::Mjpeg => "MJPEG",
            Self::Nv12 => "NV12",
            Self::Rgb => "RGB",
            Self::Bgr => "BGR",
            Self::Grey => "grey",
        }
    }
}

/// What a camera sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Format {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames a second.
    pub rate: u32,
    /// How pixels arrive.
    pub pixels: Pixels,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}, {} frames/s, {}", self.width, self.height, self.rate, self.pixels.label())
    }
}

/// As it is typed: `640x480`, `640x480/30`, `640x480/30/mjpeg`; a rate of 30 and any pixels where nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Columns and rows.
    pub size: [u32; 2],
    /// Frames a second.
    pub rate: u32,
    /// How pixels arrive, if that matters.
    pub pixels: Option<Pixels>,
}

impl FromStr for Wish {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no format; write it as 640x480, 640x480/30 or 640x480/30/mjpeg");
        let mut parts = text.split('/');
        let size = parts.next().and_then(|size| size.split_once('x')).ok_or_else(wrong)?;
        let side =
            |text: &str| text.parse().ok().filter(|side| (1..=16_384).contains(side)).ok_or_else(wrong);
        let size = [side(size.0)?, side(size.1)?];
        let rate = parts.next().map_or(Ok(30), |rate| rate.parse().map_err(|_| wrong()))?;
        let named = |name: &str| {
            Pixels::ALL.into_iter().find(|pixels| pixels.label().eq_ignore_ascii_case(name)).ok_or_else(wrong)
        };
        let pixels = parts.next().map(named).transpose()?;
        if parts.next().is_some() {
            return Err(wrong());
        }
        Ok(Self { size, rate, pixels })
    }
}

impl From<Format> for Wish {
    fn from(format: Format) -> Self {
        Self { size: [format.width, format.height], rate: format.rate, pixels: Some(format.pixels) }
    }
}

/// What a webcam is asked for where nobody chose: large enough for a number at arm's length, and read at full rate.
const USUAL: Wish = Wish { size: [640, 480], rate: 30, pixels: None };

/// The format to take of those offered: of the wished size or the nearest one, at the wished rate or the nearest one,
/// with the pixels that cost least. `None` where nothing is offered.
pub fn best(offered: &[Format], wish: Option<Wish>) -> Option<Format> {
    let wish = wish.unwrap_or(USUAL);
    let cost = |format: &Format| {
        let area = |w: u32, h: u32| f64::from(w) * f64::from(h);
        let size = (area(format.width, format.height) / area(wish.size[0], wish.size[1])).ln().abs()
            + f64::from(u8::from(wish.size != [format.width, format.height])) * 0.1;
        let rate = (f64::from(format.rate.max(1)) / f64::from(wish.rate.max(1))).ln().abs();
        let place = Pixels::ALL.iter().position(|pixels| *pixels == format.pixels).unwrap_or(0) as f64;
        let pixels = match wish.pixels {
            Some(pixels) if pixels != format.pixels => 100.0,
            _ => place * 0.01,
        };
        pixels + size + rate
    };
    offered.iter().copied().min_by(|a, b| cost(a).total_cmp(&cost(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(width: u32, height: u32, rate: u32, pixels: Pixels) -> Format {
        Format { width, height, rate, pixels }
    }

    #[test]
    fn the_nearest_format_is_taken_and_the_cheapest_of_equals() {
        let offered = [
            format(1920, 1080, 30, Pixels::Mjpeg),
            format(640, 480, 30, Pixels::Mjpeg),
            format(640, 480, 30, Pixels::Yuyv),
            format(640, 480, 5, Pixels::Yuyv),
            format(160, 120, 60, Pixels::Yuyv),
        ];
        assert_eq!(best(&offered, None), Some(offered[2]));
        assert_eq!(best(&offered, Some("1920x1080".parse().expect("a format"))), Some(offered[0]));
        assert_eq!(best(&offered, Some("640x480/30/MJPEG".parse().expect("a format"))), Some(offered[1]));
        assert_eq!(best(&offered, Some("640x480/4".parse().expect("a format"))), Some(offered[3]));
        for one in offered {
            assert_eq!(best(&offered, Some(one.into())), Some(one));
        }
        assert_eq!(best(&[], None), None);
    }

    #[test]
    fn nonsense_is_refused_with_an_example() {
        for text in ["", "640", "x480", "640x480/30/mp4", "640x480/30/yuyv/1", "0x9", "99999x9", "9x9/a"] {
            let error = text.parse::<Wish>().expect_err(text);
            assert!(error.contains("640x480/30/mjpeg"), "{error}");
        }
    }
}
