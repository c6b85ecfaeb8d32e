//! Animated GIF and WebP pictures, frame by frame, each as long as the file says.

use super::error::SourceError;
use super::{About, Frame, Source};
use crate::data::picture::MAX_PIXELS;
use image::codecs::gif::GifDecoder;
use image::codecs::webp::WebPDecoder;
use image::{AnimationDecoder as _, Frames, ImageDecoder as _, ImageFormat, ImageReader};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, Instant};

/// Browsers show a frame that claims to last no longer than 10 ms for this long, and files are made for that.
const SHORT: Duration = Duration::from_millis(100);

/// An animation.
pub struct Animation {
    name: String,
    size: (u32, u32),
    frames: Frames<'static>,
    n: u64,
}

impl Animation {
    /// Opens it; `None` where the file is another kind of picture, or one that does not move.
    pub fn open(path: &Path) -> Result<Option<Self>, SourceError> {
        let io = |why| SourceError::Io { path: path.to_owned(), why };
        let file = BufReader::new(File::open(path).map_err(io)?);
        let reader = ImageReader::new(file).with_guessed_format().map_err(io)?;
        let format = reader.format();
        let file = reader.into_inner();
        let size;
        let frames = match format {
            Some(ImageFormat::Gif) => {
                let Ok(decoder) = GifDecoder::new(file) else { return Ok(None) };
                size = decoder.dimensions();
                decoder.into_frames()
            }
            Some(ImageFormat::WebP) => match WebPDecoder::new(file) {
                Ok(decoder) if decoder.has_animation() => {
                    size = decoder.dimensions();
                    decoder.into_frames()
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        // Too large ones are told as pictures are.
        if u64::from(size.0) * u64::from(size.1) > MAX_PIXELS {
            return Ok(None);
        }
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Some(Self { name, size, frames, n: 0 }))
    }
}

impl Source for Animation {
    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let since = Instant::now();
        let Some(frame) = self.frames.next() else { return Ok(None) };
        let damaged = |error: image::ImageError| SourceError::Refused {
            name: self.name.clone(),
            why: format!("frame {} is damaged ({error})", self.n),
        };
        let frame = frame.map_err(damaged)?;
        let hold = Duration::from(frame.delay());
        let hold = if hold <= Duration::from_millis(10) { SHORT } else { hold };
        let picture = image::DynamicImage::from(frame.into_buffer()).into_rgb8();
        let number = self.n;
        self.n += 1;
        let decoding = since.elapsed();
        let (name, taken) = (String::new(), Instant::now());
        Ok(Some(Frame { picture, number, name, taken, decoding, hold: Some(hold) }))
    }

    fn about(&self) -> About {
        let format = format!("{}x{}, animation", self.size.0, self.size.1);
        About { name: self.name.clone(), format, ..About::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::codecs::gif::GifEncoder;
    use image::{Delay, Rgba, RgbaImage};

    #[test]
    fn frames_come_one_after_the_other_and_end() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("two.gif");
        {
            let mut encoder = GifEncoder::new(File::create(&path).expect("it can be written"));
            for (grey, ms) in [(255, 200), (0, 0)] {
                let picture = RgbaImage::from_pixel(8, 6, Rgba([grey, grey, grey, 255]));
                let delay = Delay::from_numer_denom_ms(ms, 1);
                let frame = image::Frame::from_parts(picture, 0, 0, delay);
                encoder.encode_frame(frame).expect("it can be written");
            }
        }
        let mut animation = Animation::open(&path).expect("it opens").expect("it moves");
        let first = animation.next().expect("it is whole").expect("the first");
        assert_eq!(
            (first.picture.get_pixel(3, 3).0, first.hold),
            ([255; 3], Some(Duration::from_millis(200)))
        );
        let second = animation.next().expect("it is whole").expect("the second");
        assert_eq!((second.picture.get_pixel(3, 3).0, second.number, second.hold), ([0; 3], 1, Some(SHORT)));
        assert!(animation.next().expect("no error").is_none());
        let bytes = std::fs::read(&path).expect("it was written");
        std::fs::write(&path, &bytes[..bytes.len() - 20]).expect("it can be written");
        let mut cut = Animation::open(&path).expect("it opens").expect("it begins well");
        let ends = (0..9).find_map(|_| match cut.next() {
            Ok(Some(_)) => None,
            other => Some(other.is_ok() || other.is_err_and(|error| error.to_string().contains("damaged"))),
        });
        assert_eq!(ends, Some(true));
        std::fs::write(&path, "no picture").expect("it can be written");
        assert!(Animation::open(&path).expect("it opens").is_none());
        assert!(Animation::open(folder.path()).is_err());
    }
}
