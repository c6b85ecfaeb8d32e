//! Damaged files for the readers of binary formats: none may panic, hang, or take memory that the file does not hold.
//!
//! One function a format in [`TARGETS`]; `cargo xtask bench fuzz --seconds N` runs them for long, a test for a blink.

use super::archive::{self, Limits};
use super::idx;
use super::picture;
use super::progress::Silent;
use super::random::Stream;
use super::svhn;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// A format: its name, sound files to damage, and what reads one.
pub struct Target {
    /// As shown.
    pub name: &'static str,
    seeds: fn() -> Vec<Vec<u8>>,
    read: fn(&Path, &[u8]),
}

/// Every format.
pub const TARGETS: [Target; 6] = [
    Target {
        name: "idx",
        seeds: idx_files,
        read: |path, _| {
            drop(idx::images(path, &Silent));
            drop(idx::labels(path, &Silent));
        },
    },
    Target { name: "tar", seeds: || vec![tar_file()], read: read_archive },
    Target { name: "tar.gz", seeds: || vec![gz(&tar_file())], read: read_archive },
    Target { name: "MATLAB 5", seeds: svhn::fuzz::mat_files, read: svhn::fuzz::read_mat },
    Target { name: "digitStruct", seeds: svhn::fuzz::box_files, read: svhn::fuzz::read_boxes },
    Target {
        name: "picture",
        seeds: pictures,
        read: |path, bytes| {
            drop(picture::decode_within(bytes, path, 1 << 20));
        },
    },
];

/// Reads damaged files of a format until the time is over or `most` are read; gives how many. The same seed damages
/// in the same way. `scratch` is a file that is overwritten.
///
/// # Panics
/// Where a reader does: that is what is looked for.
pub fn fuzz(target: &Target, seed: u64, time: Duration, most: u64, scratch: &Path) -> std::io::Result<u64> {
    let began = Instant::now();
    let seeds = (target.seeds)();
    let mut n = 0;
    while n < most && began.elapsed() < time {
        let mut chance = Stream::new("fuzz", seed, n, 0);
        let mut bytes = seeds[chance.below(seeds.len() as u32) as usize].clone();
        damage(&mut bytes, &mut chance);
        std::fs::write(scratch, &bytes)?;
        (target.read)(scratch, &bytes);
        n += 1;
    }
    Ok(n)
}

/// Changes, cuts, repeats and swaps a few places, headers more than the rest.
fn damage(bytes: &mut Vec<u8>, chance: &mut Stream) {
    for _ in 0..=chance.below(4) {
        if bytes.is_empty() {
            return;
        }
        let length = bytes.len() as u32;
        let near = if chance.chance(0.5) { length.min(600) } else { length };
        let place = chance.below(near) as usize;
        match chance.below(7) {
            0 => bytes[place] ^= 1 << chance.below(8),
            1 => bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][chance.below(5) as usize],
            2 => bytes.truncate(place),
            3 => {
                let end = (place + chance.below(64) as usize).min(bytes.len());
                let copy = bytes[place..end].to_vec();
                bytes.splice(place..place, copy);
            }
            4 => {
                let end = (place + chance.below(64) as usize).min(bytes.len());
                bytes.drain(place..end);
            }
            5 => {
                let value =
                    [0, 1, u32::MAX, u32::MAX >> 1, 1 << 20, chance.below(1 << 16)][chance.below(6) as usize];
                let value = if chance.chance(0.5) { value.to_be_bytes() } else { value.to_le_bytes() };
                let end = (place + 4).min(bytes.len());
                bytes[place..end].copy_from_slice(&value[..end - place]);
            }
            _ => {
                let end = (place + 16).min(bytes.len());
                bytes[place..end].iter_mut().for_each(|byte| *byte = chance.below(256) as u8);
            }
        }
    }
}

fn read_archive(path: &Path, _: &[u8]) {
    let limits = Limits { file_bytes: 1 << 20, all_bytes: 1 << 26, files: 10_000, ratio: 100 };
    drop(archive::each(path, limits, &|_| true, &Silent, &mut |entry| {
        assert!(entry.bytes.len() <= 1 << 20 && !entry.name.starts_with('/'), "{}", entry.name);
        assert!(!entry.name.split('/').any(|part| part == ".."), "{}", entry.name);
        Ok(())
    }));
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Memory takes what is written to it.
    let written = packer.write_all(bytes);
    written.and_then(|()| packer.finish()).unwrap_or_default()
}

fn idx_files() -> Vec<Vec<u8>> {
    let images = [&[0, 0, 8, 3, 0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0, 5][..], &[77; 120]].concat();
    let labels = [&[0, 0, 8, 1, 0, 0, 0, 6][..], &[0, 1, 2, 3, 4, 5]].concat();
    // EMNIST's and QMNIST's labels have further columns of whole numbers.
    let wide = [&[0, 0, 12, 2, 0, 0, 0, 2, 0, 0, 0, 8][..], &[0; 64]].concat();
    vec![gz(&images), gz(&labels), images, labels, wide]
}

fn tar_file() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, length) in [("set/A/a.png", 700), ("set/B/b.png", 0), (&*"long/".repeat(40), 30)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(length);
        let contents = vec![9; length as usize];
        drop(builder.append_data(&mut header, format!("{name}x"), &contents[..]));
    }
    builder.into_inner().unwrap_or_default()
}

fn pictures() -> Vec<Vec<u8>> {
    use image::ImageFormat;
    let picture = image::DynamicImage::ImageRgb8(image::RgbImage::from_fn(9, 7, |x, y| {
        image::Rgb([x as u8 * 9, y as u8 * 9, 5])
    }));
    let formats = [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::Bmp,
        ImageFormat::Tiff,
        ImageFormat::WebP,
        ImageFormat::Pnm,
    ];
    let encode = |format| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).ok().map(|()| bytes.into_inner())
    };
    formats.into_iter().filter_map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_files_do_no_harm() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for target in &TARGETS {
            let scratch = folder.path().join("damaged");
            let n = fuzz(target, 1, Duration::MAX, 400, &scratch).expect("it can be written");
            assert_eq!(n, 400, "{}", target.name);
        }
    }
}
