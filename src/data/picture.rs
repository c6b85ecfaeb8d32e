//! Opening any picture file safely: by its contents and not its name, upright, and never larger than memory allows.

use image::{DynamicImage, ImageDecoder as _, ImageError, ImageReader, Limits};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Most pixels a picture may have: more than a telephone's usual 12 to 50 megapixels, and 256 MB as colours with alpha.
pub const MAX_PIXELS: u64 = 64_000_000;
/// Most bytes a picture file may have; a larger one holds a larger picture.
const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;
/// Most bytes that a decoder may take: 64 megapixels of 16-bit colour, twice.
const MAX_DECODER_BYTES: u64 = 1024 * 1024 * 1024;

/// Why a picture could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The system would not read it.
    #[error("the picture cannot be read: {source}: {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It has too many pixels.
    #[error("the picture has {} megapixels ({width} x {height}), at most {} are read; make it smaller or cut the digit out: {}", u64::from(*width) * u64::from(*height) / 1_000_000, most / 1_000_000, path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Most pixels.
        most: u64,
    },
    /// The file has too many bytes.
    #[error("the picture file has {} MB, at most {} are read; make the picture smaller: {}", bytes / 1_000_000, MAX_FILE_BYTES / 1_000_000, path.display())]
    TooManyBytes {
        /// The file.
        path: PathBuf,
        /// Its bytes.
        bytes: u64,
    },
    /// It is no picture of a kind that can be read, or a damaged one.
    #[error("{why}; PNG, JPEG, GIF, BMP, TIFF, WebP and PNM pictures can be read: {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is the matter.
        why: String,
    },
}

impl PictureError {
    /// What is the matter, without the file's name.
    pub fn why(&self) -> String {
        match self {
            Self::Io { source, .. } => source.to_string(),
            Self::TooLarge { width, height, .. } => format!("it has too many pixels ({width} x {height})"),
            Self::TooManyBytes { bytes, .. } => format!("it has too many bytes ({bytes})"),
            Self::Unreadable { why, .. } => why.clone(),
        }
    }
}

/// Opens a picture, turned upright as its EXIF orientation says; of an animation the first frame.
pub fn open_picture(path: &Path) -> Result<DynamicImage, PictureError> {
    let io = |source| PictureError::Io { path: path.to_owned(), source };
    let about = std::fs::metadata(path).map_err(io)?;
    // A device or a pipe might never end.
    if !about.is_file() {
        return Err(PictureError::Unreadable { path: path.to_owned(), why: "this is not a file".to_owned() });
    }
    if about.len() > MAX_FILE_BYTES {
        return Err(PictureError::TooManyBytes { path: path.to_owned(), bytes: about.len() });
    }
    decode(&std::fs::read(path).map_err(io)?, path)
}

/// The same from bytes; `path` is only named in errors.
pub fn decode(bytes: &[u8], path: &Path) -> Result<DynamicImage, PictureError> {
    decode_within(bytes, path, MAX_PIXELS)
}

/// The same for pictures of so many pixels at most.
pub fn decode_within(bytes: &[u8], path: &Path, most: u64) -> Result<DynamicImage, PictureError> {
    let unreadable = |why: String| PictureError::Unreadable { path: path.to_owned(), why };
    if bytes.is_empty() {
        return Err(unreadable("the picture file is empty".to_owned()));
    }
    let damaged = |error: ImageError| match error {
        ImageError::Unsupported(_) => unreadable("this is no picture of a known kind".to_owned()),
        ImageError::Limits(_) => unreadable("the picture needs too much memory".to_owned()),
        error => unreadable(format!("the picture is damaged ({error})")),
    };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|source| PictureError::Io { path: path.to_owned(), source })?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_DECODER_BYTES.min(most.saturating_mul(16).saturating_add(1 << 20)));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > most {
        return Err(PictureError::TooLarge { path: path.to_owned(), width, height, most });
    }
    if width == 0 || height == 0 {
        return Err(unreadable("the picture has no pixels".to_owned()));
    }
    // A damaged EXIF block is no reason to refuse the picture.
    let orientation = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Luma, Rgb};

    type Outcome = Result<(), Box<dyn std::error::Error>>;

    fn encoded(image: &DynamicImage, format: ImageFormat) -> Result<Vec<u8>, ImageError> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format)?;
        Ok(bytes.into_inner())
    }

    #[test]
    fn every_kind_opens_whatever_it_is_called() -> Outcome {
        let image = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(7, 5, Rgb([200, 10, 30])));
        let kinds = [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::Gif,
            ImageFormat::Bmp,
            ImageFormat::Tiff,
            ImageFormat::WebP,
            ImageFormat::Pnm,
        ];
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("picture.txt");
        for kind in kinds {
            std::fs::write(&path, encoded(&image, kind)?)?;
            let opened = open_picture(&path)?;
            assert_eq!((opened.width(), opened.height()), (7, 5), "{kind:?}");
        }
        Ok(())
    }

    #[test]
    fn a_turned_photograph_stands_upright() -> Outcome {
        // Dark on the left, light on the right; orientation 6 says: turn by 90 degrees clockwise to see it upright.
        let image = DynamicImage::ImageLuma8(image::GrayImage::from_fn(32, 16, |x, _| Luma([(x * 8) as u8])));
        let jpeg = encoded(&image, ImageFormat::Jpeg)?;
        let tiff = [
            &b"Exif\0\0II*\0"[..],
            &8_u32.to_le_bytes(),
            &1_u16.to_le_bytes(),
            &0x0112_u16.to_le_bytes(),
            &3_u16.to_le_bytes(),
            &1_u32.to_le_bytes(),
            &6_u32.to_le_bytes(),
            &0_u32.to_le_bytes(),
        ]
        .concat();
        let app1 = [&[0xFF, 0xE1][..], &(tiff.len() as u16 + 2).to_be_bytes(), &tiff].concat();
        let turned = [&jpeg[..2], &app1, &jpeg[2..]].concat();
        let upright = decode(&turned, Path::new("turned.jpg"))?.to_luma8();
        assert_eq!(upright.dimensions(), (16, 32));
        assert!(upright.get_pixel(8, 1).0[0] < 40 && upright.get_pixel(8, 30).0[0] > 200);
        Ok(())
    }

    #[test]
    fn a_hundred_megapixels_are_refused_before_they_are_decoded() -> Outcome {
        // A PNM of 10000 x 10000 needs only its header to tell.
        let error = decode(b"P5\n10000 10000\n255\n", Path::new("big.pgm")).expect_err("too large");
        assert!(matches!(error, PictureError::TooLarge { .. }), "{error}");
        assert!(error.to_string().contains("100 megapixels (10000 x 10000), at most 64"), "{error}");
        Ok(())
    }

    #[test]
    fn four_hundred_megapixels_of_png_are_refused_by_their_header() -> Outcome {
        // A sound PNG whose header is then made to say 20,000 x 20,000, its checksum with it.
        let image = DynamicImage::ImageLuma8(image::GrayImage::new(8, 8));
        let mut png = encoded(&image, ImageFormat::Png)?;
        for at in [16, 20] {
            png[at..at + 4].copy_from_slice(&20_000_u32.to_be_bytes());
        }
        let mut crc = flate2::Crc::new();
        crc.update(&png[12..29]);
        png[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let error = decode(&png, Path::new("big.png")).expect_err("too large");
        assert!(error.to_string().contains("400 megapixels (20000 x 20000)"), "{error}");
        Ok(())
    }

    #[test]
    fn deep_and_tiny_pictures_open_as_they_look() -> Outcome {
        let deep = image::ImageBuffer::<Luma<u16>, _>::from_fn(4, 1, |x, _| Luma([x as u16 * 0x5555]));
        let opened = decode(&encoded(&deep.into(), ImageFormat::Png)?, Path::new("deep.png"))?.to_luma8();
        assert_eq!(opened.into_raw(), [0, 0x55, 0xAA, 0xFF]);
        let tiny = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(1, 1, Rgb([9, 8, 7])));
        let opened = decode(&encoded(&tiny, ImageFormat::Png)?, Path::new("tiny.png"))?;
        assert_eq!(opened.to_rgb8().into_raw(), [9, 8, 7]);
        Ok(())
    }

    #[test]
    fn a_palette_and_the_first_frame_of_an_animation_are_read() -> Outcome {
        // GIF has a palette always; the frames are red, then blue.
        let mut bytes = Vec::new();
        let mut animation = image::codecs::gif::GifEncoder::new(&mut bytes);
        for colour in [[250, 0, 0, 255], [0, 0, 250, 255]] {
            let frame = image::RgbaImage::from_pixel(6, 3, image::Rgba(colour));
            animation.encode_frame(image::Frame::new(frame))?;
        }
        drop(animation);
        let opened = decode(&bytes, Path::new("moving.gif"))?.to_rgb8();
        assert_eq!(opened.dimensions(), (6, 3));
        let [red, _, blue] = opened.get_pixel(3, 1).0;
        assert!(red > 200 && blue < 50, "red {red}, blue {blue}");
        Ok(())
    }

    #[test]
    fn inks_of_a_printer_become_colours() -> Outcome {
        // 16 x 12, JPEG with four inks, written by Pillow 13: cyan on the left, yellow on the right.
        let bytes = include_bytes!("../../tests/reference/cmyk.jpg");
        let opened = decode(bytes, Path::new("cmyk.jpg"))?.to_rgb8();
        let (cyan, yellow) = (opened.get_pixel(3, 6).0, opened.get_pixel(12, 6).0);
        assert!(cyan[0] < 40 && cyan[1] > 200 && cyan[2] > 200, "{cyan:?}");
        assert!(yellow[0] > 200 && yellow[1] > 200 && yellow[2] < 40, "{yellow:?}");
        Ok(())
    }

    #[test]
    fn what_is_no_picture_is_told() -> Outcome {
        let image = DynamicImage::ImageLuma8(image::GrayImage::new(64, 64));
        let png = encoded(&image, ImageFormat::Png)?;
        let cut = png[..png.len() / 2].to_vec();
        for (bytes, says) in
            [(vec![], "is empty"), (b"hello, this is text".to_vec(), "no picture"), (cut, "damaged")]
        {
            let error = decode(&bytes, Path::new("x.png")).expect_err(says);
            assert!(error.to_string().contains(says), "{error}");
        }
        let folder = tempfile::tempdir()?;
        assert!(matches!(open_picture(folder.path()), Err(PictureError::Unreadable { .. })));
        assert!(matches!(open_picture(&folder.path().join("none.png")), Err(PictureError::Io { .. })));
        Ok(())
    }
}
