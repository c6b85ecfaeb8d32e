//! What the tests of this room and of others need: small idx files, and the real ones where they are.

use super::places::{DATA_VARIABLE, Places};
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// An images file.
pub(crate) fn idx_images(pixels: &[u8], height: u32, width: u32) -> Vec<u8> {
    let count = pixels.len() as u32 / (height * width);
    let mut bytes = vec![0, 0, 8, 3];
    for size in [count, height, width] {
        bytes.extend(size.to_be_bytes());
    }
    bytes.extend(pixels);
    bytes
}

/// A labels file.
pub(crate) fn idx_labels(labels: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 1];
    bytes.extend((labels.len() as u32).to_be_bytes());
    bytes.extend(labels);
    bytes
}

/// The same, packed.
pub(crate) fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).expect("memory can be written");
    packer.finish().expect("memory can be written")
}

/// An archive of these files; a name is written as it is, whatever it says.
pub(crate) fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, contents) in files {
        tar_add(&mut bytes, name, tar::EntryType::Regular, contents);
    }
    bytes.extend([0; 1024]);
    bytes
}

/// Adds an entry to an archive that has no end yet.
pub(crate) fn tar_add(bytes: &mut Vec<u8>, name: &str, kind: tar::EntryType, contents: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_size(contents.len() as u64);
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_cksum();
    bytes.extend(header.as_bytes());
    bytes.extend(contents);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
}

/// Names and PNGs of small letters as notMNIST has them, below a folder; of each letter every third is the same.
pub(crate) fn notmnist_files(folder: &str, per_letter: usize) -> Vec<(String, Vec<u8>)> {
    let of_letter = |(class, letter): (u8, char)| {
        (0..per_letter).map(move |i| {
            let seen = if i % 3 == 2 { 0 } else { i as u8 };
            let image = image::GrayImage::from_fn(28, 28, |x, y| {
                image::Luma([(x as u8).wrapping_mul(seen).wrapping_add((y as u8).wrapping_mul(class + 1))])
            });
            (format!("{folder}/{letter}/{i}.png"), png(&image.into()))
        })
    };
    (0..10).zip('A'..='J').flat_map(of_letter).collect()
}

/// Such an archive, with one file that cannot be read; gives its bytes.
pub(crate) fn write_notmnist(folder: &Path, name: &str, per_letter: usize) -> Vec<u8> {
    let files = notmnist_files(name, per_letter);
    let mut files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let empty = format!("{name}/A/empty.png");
    files.push((&empty, b""));
    let packed = gz(&tar_of(&files));
    std::fs::create_dir_all(folder).expect("it can be made");
    std::fs::write(folder.join(format!("{name}.tar.gz")), &packed).expect("it can be written");
    packed
}

/// A picture as a PNG file.
pub(crate) fn png(image: &image::DynamicImage) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).expect("memory can be written");
    bytes.into_inner()
}

/// Four idx files under the names of MNIST's: so many training and test images of `size` by `size`, ten classes.
pub(crate) fn write_four(folder: &Path, n_train: usize, n_test: usize, size: u32) {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for (part, n, shift) in [("train", n_train, 0), ("t10k", n_test, 7)] {
        let pixels: Vec<u8> = (0..n * (size * size) as usize).map(|i| (i * 31 + shift) as u8).collect();
        let labels: Vec<u8> = (0..n).map(|i| ((i + shift) % 10) as u8).collect();
        let write = |name: String, bytes: Vec<u8>| {
            std::fs::write(folder.join(name), bytes).expect("the file can be written");
        };
        write(format!("{part}-images-idx3-ubyte.gz"), gz(&idx_images(&pixels, size, size)));
        write(format!("{part}-labels-idx1-ubyte"), idx_labels(&labels));
    }
}

/// Places with no folders and a cache of their own.
pub(crate) fn empty_places() -> (tempfile::TempDir, Places) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let places = Places { folders: Vec::new(), cache: folder.path().join("cache") };
    (folder, places)
}

/// Where real data is, if it is: the variable, or a folder `shared/data` beside the repository.
pub(crate) fn real_data() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let listed = std::env::var_os(DATA_VARIABLE);
    let named = listed.iter().flat_map(std::env::split_paths);
    named.chain([beside]).filter(|folder| folder.is_dir()).collect()
}

/// A server on this machine that answers as a test wants it, and lives as long as the value.
pub(crate) mod server {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    /// What was asked for.
    pub(crate) struct Request {
        /// The file's name.
        pub(crate) name: String,
        /// The first byte wanted, when it is not the whole file.
        pub(crate) from: Option<u64>,
    }

    /// What is answered.
    pub(crate) struct Reply {
        status: u16,
        headers: String,
        body: Vec<u8>,
        with_length: bool,
        cut_after: usize,
    }

    impl Reply {
        /// The whole body.
        pub(crate) fn new(status: u16, body: Vec<u8>) -> Self {
            Self { status, headers: String::new(), body, with_length: true, cut_after: usize::MAX }
        }

        /// The rest of a body.
        pub(crate) fn part(whole: &[u8], from: u64) -> Self {
            let length = whole.len();
            let headers = format!("Content-Range: bytes {from}-{}/{length}\r\n", length - 1);
            Self { headers, ..Self::new(206, whole[from as usize..].to_vec()) }
        }

        /// Breaks the connection after so many bytes of the body.
        pub(crate) fn cut_after(self, bytes: usize) -> Self {
            Self { cut_after: bytes, ..self }
        }

        /// Does not say how long the body is.
        pub(crate) fn without_length(self) -> Self {
            Self { with_length: false, ..self }
        }
    }

    pub(crate) struct Server {
        /// To be followed by the file's name.
        pub(crate) address: String,
        port: u16,
        requests: Arc<AtomicU32>,
        closed: Arc<AtomicU32>,
    }

    impl Server {
        /// Answers one request after another, on a thread that ends with the server.
        pub(crate) fn start(reply: impl Fn(&Request) -> Reply + Send + 'static) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").expect("this machine has a loopback");
            let port = listener.local_addr().expect("it is bound").port();
            let (requests, closed) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
            let (seen, end) = (Arc::clone(&requests), Arc::clone(&closed));
            std::thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if end.load(Ordering::Relaxed) > 0 {
                        return;
                    }
                    // The client may go away at any time: that is its right.
                    drop(answer(stream, &reply, &seen));
                }
            });
            Self { address: format!("http://127.0.0.1:{port}/"), port, requests, closed }
        }

        /// How many requests have come.
        pub(crate) fn requests(&self) -> u32 {
            self.requests.load(Ordering::Relaxed)
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            self.closed.store(1, Ordering::Relaxed);
            // Wakes the thread, which then closes the port.
            drop(TcpStream::connect(("127.0.0.1", self.port)));
        }
    }

    fn answer(
        mut stream: TcpStream,
        reply: &impl Fn(&Request) -> Reply,
        requests: &AtomicU32,
    ) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let (mut name, mut from) = (String::new(), None);
        for line in BufReader::new(&stream).lines() {
            let line = line?.to_lowercase();
            if let Some(path) = line.strip_prefix("get /") {
                path.split(' ').next().unwrap_or_default().clone_into(&mut name);
            }
            if let Some(range) = line.strip_prefix("range: bytes=") {
                from = range.trim_end_matches('-').parse().ok();
            }
            if line.is_empty() {
                break;
            }
        }
        requests.fetch_add(1, Ordering::Relaxed);
        let Reply { status, headers, body, with_length, cut_after } = reply(&Request { name, from });
        let length = if with_length { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
        write!(stream, "HTTP/1.1 {status} Any\r\nConnection: close\r\n{headers}{length}\r\n")?;
        stream.write_all(&body[..body.len().min(cut_after)])
    }
}
