//! Picture files: one that stays, or a folder as a slide show.

use super::error::SourceError;
use super::{About, Frame, Source};
use crate::data::picture::open_picture;
use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Endings of files that are taken from a folder; what a file really is decides when it is opened.
pub const ENDINGS: [&str; 12] =
    ["png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "pgm", "ppm", "pbm", "pnm"];

/// Picture files, one after the other.
pub struct Pictures {
    name: String,
    files: Vec<PathBuf>,
    next: usize,
    hold: Option<Duration>,
    n: u64,
}

impl Pictures {
    /// One picture.
    pub fn one(path: &Path) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Self { name, files: vec![path.to_owned()], next: 0, hold: None, n: 0 }
    }

    /// Every picture of a folder (not of those in it), in the order of their names, each for so long.
    pub fn folder(path: &Path, hold: Duration) -> Result<Self, SourceError> {
        let io = |why| SourceError::Io { path: path.to_owned(), why };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = entry.file_name();
            let is_picture = Path::new(&name)
                .extension()
                .is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)));
            if is_picture && !name.to_string_lossy().starts_with('.') {
                files.push(entry.path());
            }
        }
        if files.is_empty() {
            return Err(SourceError::NoPictures(path.to_owned()));
        }
        files.sort_by(|a, b| by_number(&a.to_string_lossy(), &b.to_string_lossy()));
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, files, next: 0, hold: Some(hold), n: 0 })
    }
}

impl Source for Pictures {
    fn next(&mut self) -> Result<Option<Frame>, SourceError> {
        let Some(path) = self.files.get(self.next) else { return Ok(None) };
        self.next += 1;
        let number = self.n;
        self.n += 1;
        let (since, is_one) = (Instant::now(), self.files.len() == 1);
        let picture = match open_picture(path) {
            Ok(picture) => picture.into_rgb8(),
            Err(error) if is_one => return Err(error.into()),
            // One bad file of a folder must not keep the others from being shown.
            Err(error) => return Err(SourceError::Damaged(error.to_string())),
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let decoding = since.elapsed();
        Ok(Some(Frame { picture, number, name, taken: Instant::now(), decoding, hold: self.hold }))
    }

    fn about(&self) -> About {
        let n = self.files.len();
        let format = if n == 1 { "picture".to_owned() } else { format!("{n} pictures") };
        About { name: self.name.clone(), format, n_frames: Some(n as u64), ..About::default() }
    }

    fn skip(&mut self, by: i64) {
        let n = self.files.len() as i64;
        // The one that is shown is the one before the next.
        self.next = (self.next as i64 - 1 + by).rem_euclid(n.max(1)) as usize;
    }
}

/// Names in order, with numbers in them as numbers: `a2` comes before `a10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (n, m) = (digits(a), digits(b));
        if n > 0 && m > 0 {
            let (x, y) = (a[..n].trim_start_matches('0'), b[..m].trim_start_matches('0'));
            match x.len().cmp(&y.len()).then_with(|| x.cmp(y)) {
                Ordering::Equal => (a, b) = (&a[n..], &b[m..]),
                decided => return decided,
            }
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage};

    fn save(folder: &Path, name: &str, red: u8) {
        RgbImage::from_pixel(4, 3, Rgb([red, 0, 0])).save(folder.join(name)).expect("it can be written");
    }

    #[test]
    fn a_folder_is_shown_in_order_and_bad_files_are_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, red) in [("10.png", 10), ("9.png", 9), ("11.PNG", 11)] {
            save(folder.path(), name, red);
        }
        std::fs::write(folder.path().join("9b.png"), "").expect("it can be written");
        std::fs::write(folder.path().join("notes.txt"), "9").expect("it can be written");
        let hold = Duration::from_millis(5);
        let mut pictures = Pictures::folder(folder.path(), hold).expect("there are pictures");
        assert_eq!(pictures.about().n_frames, Some(4));
        let first = pictures.next().expect("it is one").expect("it is the first");
        assert_eq!(
            (first.name.as_str(), first.picture.get_pixel(0, 0).0[0], first.hold),
            ("9.png", 9, Some(hold))
        );
        let error = pictures.next().expect_err("it is empty");
        assert!(error.is_passing() && error.to_string().contains("empty"), "{error}");
        assert_eq!(pictures.next().expect("it is one").expect("it is there").name, "10.png");
        pictures.skip(-2);
        assert_eq!(pictures.next().expect("it is one").expect("it is there").name, "9.png");
        pictures.skip(-1);
        assert_eq!(pictures.next().expect("it is one").expect("it is there").name, "11.PNG");
        assert!(pictures.next().expect("no error").is_none());
    }

    #[test]
    fn an_empty_folder_and_a_bad_picture_are_said_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = Pictures::folder(folder.path(), Duration::ZERO).err().expect("it is empty");
        assert!(matches!(error, SourceError::NoPictures(_)));
        assert!(Pictures::folder(&folder.path().join("none"), Duration::ZERO).is_err());
        let path = folder.path().join("big.pgm");
        std::fs::write(&path, "P5\n10000 10000\n255\n").expect("it can be written");
        let error = Pictures::one(&path).next().expect_err("it is too large");
        assert!(!error.is_passing() && error.to_string().contains("100 megapixels"), "{error}");
    }

    #[test]
    fn numbers_count_as_numbers() {
        let mut names = ["b1", "a10", "a2", "a02b", "a", "é", "10", "9"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["9", "10", "a", "a2", "a02b", "a10", "b1", "é"]);
    }
}
