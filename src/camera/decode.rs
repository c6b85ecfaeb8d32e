//! A camera's bytes turned into a picture, whatever they are: too few, too many, cut off.

use super::error::SourceError;
use super::format::{Format, Pixels};
use super::planes::{from_420, from_yuyv};
use crate::data::picture;
use image::RgbImage;
use std::path::Path;

/// Most pixels of a camera's frame: no webcam has more, and a damaged header may claim anything.
const MOST_PIXELS: u64 = 32_000_000;

/// Decodes one frame.
///
/// # Errors
/// [`SourceError::Damaged`] with what is the matter; the next frame may be fine.
pub fn decode_raw(bytes: &[u8], format: &Format) -> Result<RgbImage, SourceError> {
    let (width, height) = (format.width as usize, format.height as usize);
    let damaged = |why: String| SourceError::Damaged(why);
    if format.pixels == Pixels::Mjpeg {
        // Some drivers hand over the whole buffer: what follows the end of the picture is ignored by the decoder.
        return picture::decode_within(bytes, Path::new("frame.jpg"), MOST_PIXELS)
            .map(|picture| picture.into_rgb8())
            .map_err(|error| damaged(error.why()));
    }
    if width == 0 || height == 0 || format.width as u64 * u64::from(format.height) > MOST_PIXELS {
        return Err(damaged(format!("it is said to have {width} x {height} pixels")));
    }
    let row = match format.pixels {
        Pixels::Yuyv => width.div_ceil(2) * 4,
        Pixels::Rgb | Pixels::Bgr => width * 3,
        Pixels::Nv12 | Pixels::Grey | Pixels::Mjpeg => width,
    };
    // Colour of NV12 follows the brightness in rows of half the number.
    let n_rows = if format.pixels == Pixels::Nv12 { height + height.div_ceil(2) } else { height };
    // Some drivers pad each row.
    let stride = if bytes.len().is_multiple_of(n_rows) { (bytes.len() / n_rows).max(row) } else { row };
    if bytes.len() < stride * n_rows {
        return Err(damaged(format!("it has {} bytes where {} are due", bytes.len(), stride * n_rows)));
    }
    let mut out = vec![0; width * height * 3];
    match format.pixels {
        Pixels::Yuyv => from_yuyv(bytes, stride, width, &mut out),
        Pixels::Nv12 => {
            let (bright, colours) = bytes.split_at(stride * height);
            from_420(bright, stride, width, &mut out, |x, y| {
                let at = y * stride + 2 * x;
                let get = |at: usize| colours.get(at).copied().unwrap_or(128);
                (get(at), get(at + 1))
            });
        }
        Pixels::Rgb | Pixels::Bgr => {
            for (row, out) in bytes.chunks_exact(stride).zip(out.chunks_exact_mut(width * 3)) {
                out.copy_from_slice(&row[..width * 3]);
                if format.pixels == Pixels::Bgr {
                    out.chunks_exact_mut(3).for_each(|pixel| pixel.swap(0, 2));
                }
            }
        }
        Pixels::Grey | Pixels::Mjpeg => {
            for (row, out) in bytes.chunks_exact(stride).zip(out.chunks_exact_mut(width * 3)) {
                for (grey, pixel) in row.iter().zip(out.chunks_exact_mut(3)) {
                    pixel.fill(*grey);
                }
            }
        }
    }
    RgbImage::from_raw(format.width, format.height, out)
        .ok_or_else(|| damaged("it has too few pixels".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgb};

    fn format(width: u32, height: u32, pixels: Pixels) -> Format {
        Format { width, height, rate: 30, pixels }
    }

    fn jpeg(width: u32, height: u32) -> Vec<u8> {
        let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x * 3) as u8, (y * 3) as u8, 90]));
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, ImageFormat::Jpeg).expect("it can be written");
        bytes.into_inner()
    }

    #[test]
    fn every_kind_of_white_is_white() {
        for (pixels, bytes) in [
            (Pixels::Yuyv, [235, 128].repeat(6 * 4)),
            (Pixels::Nv12, [vec![235; 24], vec![128; 12]].concat()),
            (Pixels::Rgb, vec![255; 72]),
            (Pixels::Bgr, vec![255; 72]),
            (Pixels::Grey, vec![255; 24]),
        ] {
            let picture = decode_raw(&bytes, &format(6, 4, pixels)).expect("it is whole");
            assert_eq!(picture.dimensions(), (6, 4), "{pixels:?}");
            assert!(picture.pixels().all(|pixel| pixel.0 == [255; 3]), "{pixels:?}");
            let cut = decode_raw(&bytes[..bytes.len() - 9], &format(6, 4, pixels)).expect_err("cut off");
            assert!(cut.is_passing() && cut.to_string().contains("bytes"), "{cut}");
            assert!(decode_raw(&[], &format(6, 4, pixels)).is_err());
        }
        let blue = decode_raw(&[200, 0, 0], &format(1, 1, Pixels::Bgr)).expect("it is whole");
        assert_eq!(blue.get_pixel(0, 0).0, [0, 0, 200]);
    }

    #[test]
    fn odd_sizes_do_no_harm() {
        for (width, height) in [(1, 1), (3, 3), (5, 2), (33, 17)] {
            let (w, h) = (width as usize, height as usize);
            for (pixels, n) in [
                (Pixels::Yuyv, w.div_ceil(2) * 4 * h),
                (Pixels::Nv12, w * (h + h.div_ceil(2))),
                (Pixels::Grey, w * h),
            ] {
                let picture = decode_raw(&vec![100; n], &format(width, height, pixels)).expect("it is whole");
                assert_eq!(picture.dimensions(), (width, height));
            }
        }
        assert!(decode_raw(&[0; 64], &format(0, 5, Pixels::Grey)).is_err());
        assert!(decode_raw(&[0; 64], &format(60_000, 60_000, Pixels::Yuyv)).is_err());
    }

    #[test]
    fn a_jpeg_that_is_cut_off_anywhere_does_no_harm() {
        let whole = jpeg(64, 48);
        let about = format(64, 48, Pixels::Mjpeg);
        assert_eq!(decode_raw(&whole, &about).expect("it is whole").dimensions(), (64, 48));
        let padded = [whole.clone(), vec![0; 500]].concat();
        assert_eq!(decode_raw(&padded, &about).expect("it is whole").dimensions(), (64, 48));
        for n in (0..whole.len()).step_by(7) {
            // Where the header is whole, some decoders show what there is; none may fail otherwise than by saying so.
            if let Err(error) = decode_raw(&whole[..n], &about) {
                assert!(error.is_passing(), "{error}");
            }
        }
    }
}
