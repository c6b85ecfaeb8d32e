//! Downloads a published file: from one mirror after another, going on where it was cut, and never taking a file that
//! is not the one that was published.

use super::error::DataError;
use super::part::{Part, matches};
use super::progress::Progress;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Times that one mirror is asked again after a cut connection, as long as something arrived.
const MAX_TRIES: u32 = 8;

/// A file as it was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// Its name.
    pub name: &'static str,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256; empty where none is known, then a .gz is held to the checksum inside of it.
    pub sha256: &'static str,
    /// Its MD5, which other programs and pages name.
    pub md5: &'static str,
}

/// What a download did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Where the data set's files are.
    pub folder: PathBuf,
    /// Bytes that came over the network; 0 when everything was there.
    pub downloaded_bytes: u64,
    /// What went wrong on the way but could be got over, a sentence each.
    pub notes: Vec<String>,
}

/// Downloads one file into a folder unless it is there and whole. What has arrived when the connection breaks or the
/// caller stops is kept beside it as `NAME.part`, and the next call goes on from there.
pub(super) fn file(
    wanted: &Published,
    mirrors: &[impl AsRef<str>],
    folder: &Path,
    fetched: &mut Fetched,
    job: &dyn Progress,
) -> Result<(), DataError> {
    fs::create_dir_all(folder).map_err(|cause| DataError::writing(folder, cause))?;
    let target = folder.join(wanted.name);
    let part_path = folder.join(format!("{}.part", wanted.name));
    if is_whole(wanted, &target, job)? {
        return Ok(());
    }
    let mut failures: Vec<(&str, String)> = Vec::new();
    let mut all_checksums = true;
    for mirror in mirrors {
        let address = format!("{}{}", mirror.as_ref(), wanted.name);
        let mut failure = String::new();
        for _ in 0..MAX_TRIES {
            let mut part = Part::open(&part_path, job)?;
            // Another process may have finished it in the meantime.
            if is_whole(wanted, &target, job)? {
                return Ok(());
            }
            let from_start = part.bytes == 0;
            let outcome = part.receive(wanted, &address, job);
            fetched.downloaded_bytes += part.arrived;
            match outcome? {
                Ok(()) if part.matches(wanted, job)? => {
                    part.finish(&target)?;
                    let note = |(host, problem)| format!("{} from {host}: {problem}", wanted.name);
                    fetched.notes.extend(failures.into_iter().map(note));
                    return Ok(());
                }
                Ok(()) => {
                    part.clear()?;
                    "the file has the wrong checksum and was deleted".clone_into(&mut failure);
                    // Else its beginning may have come from elsewhere: only a whole download blames the server.
                    if from_start {
                        break;
                    }
                }
                Err(problem) => {
                    all_checksums = false;
                    failure = problem;
                    if part.arrived == 0 {
                        break;
                    }
                }
            }
        }
        failures.push((host(mirror.as_ref()), failure));
    }
    let what = format!("{} could not be downloaded ({})", wanted.name, together(&failures));
    let by_hand = format!(
        "download it by hand ({} bytes{}) from {}{} and put it into {}",
        wanted.bytes,
        if wanted.sha256.is_empty() { String::new() } else { format!(", SHA-256 {}", wanted.sha256) },
        mirrors.first().map_or("", AsRef::as_ref),
        wanted.name,
        folder.display()
    );
    Err(if all_checksums {
        let remedy = format!("Something on the way changes files: try another network, or {by_hand}");
        DataError::Checksum { what, remedy }
    } else {
        let remedy = format!(
            "Look whether this machine is online and try again, what has arrived is kept; or {by_hand}"
        );
        DataError::Network { what, remedy }
    })
}

/// The server's name in an address.
fn host(address: &str) -> &str {
    address.split('/').nth(2).unwrap_or(address)
}

/// What went wrong where; servers with the same problem share a mention.
fn together(failures: &[(&str, String)]) -> String {
    let mut grouped: Vec<(Vec<&str>, &str)> = Vec::new();
    for (host, problem) in failures {
        match grouped.iter_mut().find(|(_, known)| known == problem) {
            Some((hosts, _)) => hosts.push(host),
            None => grouped.push((vec![host], problem)),
        }
    }
    let shown: Vec<_> =
        grouped.into_iter().map(|(hosts, problem)| format!("{}: {problem}", hosts.join(", "))).collect();
    shown.join("; ")
}

/// Bytes of a file that are still to come.
pub(super) fn missing_bytes(wanted: &Published, folder: &Path) -> u64 {
    let bytes = |path: PathBuf| fs::metadata(path).map_or(0, |meta| meta.len());
    if bytes(folder.join(wanted.name)) == wanted.bytes {
        return 0;
    }
    wanted.bytes.saturating_sub(bytes(folder.join(format!("{}.part", wanted.name))))
}

/// Whether the file is there as it was published; one that is not is removed.
fn is_whole(wanted: &Published, path: &Path, job: &dyn Progress) -> Result<bool, DataError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(cause) => return Err(DataError::reading(path, cause)),
    };
    if matches(wanted, &mut file, path, job)? {
        return Ok(true);
    }
    drop(file);
    fs::remove_file(path).map_err(|cause| DataError::writing(path, cause))?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::super::progress::{Silent, Stage};
    use super::super::testing::server::{Reply, Request, Server};
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::{Duration, Instant};

    /// Any content longer than a few pieces.
    fn content() -> Vec<u8> {
        (0..300_000_u32).map(|i| (i.wrapping_mul(i) >> 7) as u8).collect()
    }

    const WANTED: Published = Published {
        name: "some.gz",
        bytes: 300_000,
        sha256: "d5397f395028a36a877582420027c07a9dffa109caf6625ee9fb42ba86859168",
        md5: "",
    };

    fn serving(reply: impl Fn(&Request) -> Reply + Send + 'static) -> Server {
        Server::start(reply)
    }

    fn whole(_: &Request) -> Reply {
        Reply::new(200, content())
    }

    /// Downloads from these servers into a folder; gives what is in the file.
    fn download(
        folder: &Path,
        servers: &[&Server],
        job: &dyn Progress,
    ) -> (Result<Vec<u8>, DataError>, Fetched) {
        let mirrors: Vec<&str> = servers.iter().map(|server| server.address.as_str()).collect();
        let mut fetched = Fetched::default();
        let outcome = file(&WANTED, &mirrors, folder, &mut fetched, job);
        (outcome.map(|()| fs::read(folder.join("some.gz")).expect("it is there")), fetched)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is there");
        entries.map(|entry| entry.expect("readable").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_downloaded_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = serving(whole);
        let (first, fetched) = download(folder.path(), &[&server], &Silent);
        assert_eq!(first.expect("it is served"), content());
        assert_eq!(fetched, Fetched { downloaded_bytes: 300_000, ..Fetched::default() });
        assert_eq!(names(folder.path()), ["some.gz"]);
        let (_, fetched) = download(folder.path(), &[&server], &Silent);
        assert_eq!(fetched.downloaded_bytes, 0, "it is there already");
        fs::write(folder.path().join("some.gz"), b"damaged").expect("it can be written");
        let (again, fetched) = download(folder.path(), &[&server], &Silent);
        assert_eq!((again.expect("it is served"), fetched.downloaded_bytes), (content(), 300_000));
    }

    #[test]
    fn a_cut_download_goes_on_where_it_was() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = serving(|request| match request.from {
            None => Reply::new(200, content()).cut_after(100_000),
            Some(from) => Reply::part(&content(), from).cut_after(150_000),
        });
        let (outcome, fetched) = download(folder.path(), &[&server], &Silent);
        assert_eq!(outcome.expect("in three pieces"), content());
        assert_eq!((fetched.downloaded_bytes, server.requests()), (300_000, 3));
        assert_eq!(names(folder.path()), ["some.gz"]);
    }

    #[test]
    fn what_arrived_is_kept_for_the_next_time() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let first = serving(|request| match request.from {
            None => Reply::new(200, content()).cut_after(120_000),
            Some(_) => Reply::new(503, Vec::new()),
        });
        let (outcome, _) = download(folder.path(), &[&first], &Silent);
        let message = outcome.expect_err("half of it").to_string();
        assert!(message.contains("out of order (503)") && message.contains("is kept"), "{message}");
        assert_eq!(missing_bytes(&WANTED, folder.path()), 180_000);
        let second = serving(|request| Reply::part(&content(), request.from.expect("it goes on")));
        let (outcome, fetched) = download(folder.path(), &[&second], &Silent);
        assert_eq!((outcome.expect("the rest"), fetched.downloaded_bytes), (content(), 180_000));
        assert_eq!(missing_bytes(&WANTED, folder.path()), 0);
    }

    #[test]
    fn a_server_that_cannot_go_on_begins_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("some.gz.part"), &content()[..50_000]).expect("it can be written");
        let (outcome, fetched) = download(folder.path(), &[&serving(whole)], &Silent);
        assert_eq!((outcome.expect("from the start"), fetched.downloaded_bytes), (content(), 300_000));
    }

    #[test]
    fn a_beginning_from_elsewhere_is_thrown_away() {
        for length in [50_000, 300_000, 400_000] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            fs::write(folder.path().join("some.gz.part"), vec![1; length]).expect("it can be written");
            let server = serving(|request| match request.from {
                Some(from) => Reply::part(&content(), from),
                None => whole(request),
            });
            let (outcome, fetched) = download(folder.path(), &[&server], &Silent);
            assert_eq!(outcome.expect("at the second try"), content(), "{length} wrong bytes");
            assert_eq!(fetched.notes, [""; 0]);
        }
    }

    #[test]
    fn the_next_mirror_is_tried_and_the_fault_is_told() {
        type Fault = fn(&Request) -> Reply;
        let faults: [(&str, Fault); 5] = [
            ("wrong checksum", |_| Reply::new(200, vec![0; 300_000])),
            ("does not have the file (404)", |_| Reply::new(404, b"nothing here".to_vec())),
            ("its file has 12 bytes instead of 300000", |_| Reply::new(200, b"<html></html".to_vec())),
            ("more than the 300000 bytes", |_| Reply::new(200, vec![0; 400_000]).without_length()),
            ("it ended after 0 of 300000 bytes", |_| Reply::new(200, Vec::new()).without_length()),
        ];
        for (told, fault) in faults {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let (bad, good) = (serving(fault), serving(whole));
            let (outcome, fetched) = download(folder.path(), &[&bad, &good], &Silent);
            assert_eq!(outcome.expect("the second has it"), content(), "{told}");
            assert!(fetched.notes[0].contains(told), "{told}: {:?}", fetched.notes);
            assert_eq!(names(folder.path()), ["some.gz"], "{told}");
        }
    }

    #[test]
    fn without_any_mirror_the_message_says_what_to_do_by_hand() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let missing = serving(|_| Reply::new(404, Vec::new()));
        let gone = serving(whole);
        let address = gone.address.clone();
        drop(gone);
        let mirrors = [missing.address.clone(), address];
        let outcome = file(&WANTED, &mirrors, folder.path(), &mut Fetched::default(), &Silent);
        let error = outcome.expect_err("nobody has it");
        assert!(matches!(error, DataError::Network { .. }));
        let message = error.to_string();
        for told in [
            "404",
            "online",
            "300000 bytes",
            WANTED.sha256,
            &missing.address,
            &folder.path().display().to_string(),
        ] {
            assert!(message.contains(told), "'{told}' is not in: {message}");
        }
        assert_eq!(names(folder.path()), [""; 0]);

        let changing = serving(|_| Reply::new(200, vec![0; 300_000]));
        let (outcome, _) = download(folder.path(), &[&changing], &Silent);
        assert!(matches!(outcome, Err(DataError::Checksum { .. })));
        assert_eq!(names(folder.path()), [""; 0]);
    }

    #[test]
    fn the_same_problem_is_told_once() {
        let failures =
            [("a", "it is out".to_owned()), ("b", "it left".to_owned()), ("c", "it is out".to_owned())];
        assert_eq!(together(&failures), "a, c: it is out; b: it left");
    }

    /// Stops when so many bytes are there, and counts them.
    struct StopAt(u64, AtomicU64);

    impl Progress for StopAt {
        fn report(&self, stage: Stage<'_>) {
            assert!(stage.done <= stage.total);
            self.1.store(stage.done, Ordering::Relaxed);
        }
        fn cancelled(&self) -> bool {
            self.1.load(Ordering::Relaxed) >= self.0
        }
    }

    #[test]
    fn it_stops_when_asked_and_goes_on_later() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = serving(|request| match request.from {
            Some(from) => Reply::part(&content(), from),
            None => whole(request),
        });
        let (outcome, _) = download(folder.path(), &[&server], &StopAt(100_000, AtomicU64::new(0)));
        assert!(matches!(outcome, Err(DataError::Cancelled)));
        let kept = fs::metadata(folder.path().join("some.gz.part")).expect("it is kept").len();
        assert!((100_000..300_000).contains(&kept), "{kept}");
        let (outcome, fetched) = download(folder.path(), &[&server], &Silent);
        assert_eq!((outcome.expect("the rest"), fetched.downloaded_bytes), (content(), 300_000 - kept));
    }

    #[test]
    fn a_silent_server_cannot_hold_it() {
        struct Flag(AtomicBool);
        impl Progress for Flag {
            fn report(&self, _: Stage<'_>) {}
            fn cancelled(&self) -> bool {
                self.0.load(Ordering::Relaxed)
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let flag = Flag(AtomicBool::new(false));
        // The server thread is held until the test is over; nobody waits for it.
        let server = serving(|_| {
            std::thread::sleep(Duration::from_secs(20));
            Reply::new(503, Vec::new())
        });
        let started = Instant::now();
        std::thread::scope(|scope| {
            let download = scope.spawn(|| download(folder.path(), &[&server], &flag).0);
            std::thread::sleep(Duration::from_millis(300));
            flag.0.store(true, Ordering::Relaxed);
            let outcome = download.join().expect("it does not panic");
            assert!(matches!(outcome, Err(DataError::Cancelled)));
        });
        assert!(started.elapsed() < Duration::from_secs(15), "it waited for the server");
    }

    #[test]
    fn two_at_once_download_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let server = serving(whole);
        let sums: Vec<u64> = std::thread::scope(|scope| {
            let both: Vec<_> =
                (0..2).map(|_| scope.spawn(|| download(folder.path(), &[&server], &Silent))).collect();
            both.into_iter()
                .map(|one| {
                    let (outcome, fetched) = one.join().expect("it does not panic");
                    assert_eq!(outcome.expect("it is served"), content());
                    fetched.downloaded_bytes
                })
                .collect()
        });
        assert_eq!(sums.iter().sum::<u64>(), 300_000, "{sums:?}");
        assert_eq!(names(folder.path()), ["some.gz"]);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_told_at_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        fs::write(&file, b"no folder").expect("it can be written");
        let server = serving(whole);
        let (outcome, _) = download(&file.join("inside"), &[&server], &Silent);
        let message = outcome.expect_err("a file is no folder").to_string();
        assert!(message.contains("could not be written") && message.contains("inside"), "{message}");
        assert_eq!(server.requests(), 0);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink("/dev/full", folder.path().join("some.gz.part"))
            .expect("it can be linked");
        let (outcome, _) = download(folder.path(), &[&serving(whole)], &Silent);
        let message = outcome.expect_err("the disk is full").to_string();
        assert!(message.contains("Free some space"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_vanishes_is_told() {
        struct Vanish<'a>(&'a Path);
        impl Progress for Vanish<'_> {
            fn report(&self, _: Stage<'_>) {
                drop(fs::remove_dir_all(self.0));
            }
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inside = folder.path().join("inside");
        let (outcome, _) = download(&inside, &[&serving(whole)], &Vanish(&inside));
        let message = outcome.expect_err("the folder has gone").to_string();
        assert!(message.contains("has gone: connect the drive again"), "{message}");
    }
}
