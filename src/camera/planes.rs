//! Brightness and colour apart (BT.601, the matrix of webcams and JPEG) turned into red, green and blue.

/// Fixed-point factors of BT.601 with 8 bits behind the point (Poynton, "Digital Video and HD", 2012, chapter 26):
/// brightness from 16 to 235, colours 128 +- 112.
#[inline]
fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let y = 298 * (i32::from(y) - 16) + 128;
    let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
    [y + 409 * v, y - 100 * u - 208 * v, y + 516 * u].map(|sum| (sum >> 8).clamp(0, 255) as u8)
}

/// Rows of `stride` bytes, each of Y U Y V for two pixels, into `out` of three bytes a pixel.
pub fn from_yuyv(bytes: &[u8], stride: usize, width: usize, out: &mut [u8]) {
    for (row, out) in bytes.chunks_exact(stride).zip(out.chunks_exact_mut(width * 3)) {
        for (four, out) in row.chunks_exact(4).zip(out.chunks_mut(6)) {
            out[..3].copy_from_slice(&rgb(four[0], four[1], four[3]));
            // The last one of an odd width has no second pixel.
            if let Some(second) = out.get_mut(3..6) {
                second.copy_from_slice(&rgb(four[2], four[1], four[3]));
            }
        }
    }
}

/// Colour of a plane of its own for four pixels: `colour` gives U and V for a column and row of half the size.
pub fn from_420(
    brightness: &[u8],
    stride: usize,
    width: usize,
    out: &mut [u8],
    colour: impl Fn(usize, usize) -> (u8, u8),
) {
    for (y, (row, out)) in brightness.chunks(stride).zip(out.chunks_exact_mut(width * 3)).enumerate() {
        for (x, (pair, out)) in row[..width.min(row.len())].chunks(2).zip(out.chunks_mut(6)).enumerate() {
            let (u, v) = colour(x, y / 2);
            for (bright, out) in pair.iter().zip(out.chunks_exact_mut(3)) {
                out.copy_from_slice(&rgb(*bright, u, v));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_white_and_red_are_what_they_are() {
        assert_eq!(rgb(16, 128, 128), [0, 0, 0]);
        assert_eq!(rgb(235, 128, 128), [255, 255, 255]);
        // BT.601's red.
        let red = rgb(81, 90, 240);
        assert!(red[0] > 250 && red[1] < 5 && red[2] < 5, "{red:?}");
    }

    #[test]
    fn odd_widths_and_wide_rows_fit() {
        // Three pixels in a row of 8 bytes and 4 of padding.
        let row = [235, 128, 16, 128, 235, 128, 0, 128, 9, 9, 9, 9];
        let mut out = [7; 18];
        from_yuyv(&row.repeat(2), 12, 3, &mut out);
        assert_eq!(out[..9], [255, 255, 255, 0, 0, 0, 255, 255, 255]);
        assert_eq!(out[9..], out[..9]);
        let mut out = [7; 27];
        from_420(&[235; 9], 3, 3, &mut out, |x, y| {
            assert!(x < 2 && y < 2);
            (128, 128)
        });
        assert_eq!(out, [255; 27]);
    }
}
