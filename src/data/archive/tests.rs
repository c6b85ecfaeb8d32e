//! Archives, good and bad, made here.

use super::super::progress::{Silent, Stage};
use super::super::testing::{gz, tar_add as add, tar_of};
use super::*;
use std::path::PathBuf;

struct Case(tempfile::TempDir);

impl Case {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("some.tar.gz");
        std::fs::write(&path, bytes).expect("it can be written");
        path
    }
}

fn read(path: &Path, limits: Limits) -> (Vec<Entry>, Result<Vec<String>, DataError>) {
    let mut entries = Vec::new();
    let left = each(path, limits, &|name| !name.ends_with(".txt"), &Silent, &mut |entry| {
        entries.push(entry);
        Ok(())
    });
    (entries, left.map(|left| left.warnings()))
}

fn names(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn packed_plain_and_unpacked_are_the_same() {
    let files: [(&str, &[u8]); 4] = [
        ("./set/A/one.png", b"one"),
        ("set//B/two.png", b""),
        ("set/._B", b"left by a system"),
        ("set/B/readme.txt", b"not asked for"),
    ];
    let case = Case::new();
    let unpacked = case.0.path().join("unpacked");
    for (name, bytes) in files {
        let path = unpacked.join(name);
        std::fs::create_dir_all(path.parent().expect("it has one")).expect("it can be made");
        std::fs::write(path, bytes).expect("it can be written");
    }
    let tar = tar_of(&files);
    let halves = [gz(&tar[..700]), gz(&tar[700..])].concat();
    for packed in [tar.clone(), gz(&tar), halves] {
        let (entries, warnings) = read(&case.write(&packed), Limits::default());
        assert_eq!(names(&entries), ["set/A/one.png", "set/B/two.png"]);
        assert_eq!((&entries[0].bytes[..], warnings.expect("nothing is wrong")), (&b"one"[..], vec![]));
        assert_eq!(read(&unpacked, Limits::default()).0, entries);
    }
}

#[test]
fn long_names_are_whole() {
    let long = format!("set/{}.png", "x".repeat(200));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3);
    builder.append_data(&mut header, &long, &b"abc"[..]).expect("memory can be written");
    let bytes = builder.into_inner().expect("memory can be written");
    assert_eq!(names(&read(&Case::new().write(&bytes), Limits::default()).0), [long]);
}

#[test]
fn what_leads_out_or_is_no_file_is_left_out_and_listed() {
    use tar::EntryType;
    let mut bytes = Vec::new();
    for name in ["../up.png", "/etc/passwd", "a/../../b.png", "C:\\x.png", "a\\..\\b.png"] {
        add(&mut bytes, name, EntryType::Regular, b"x");
    }
    let kinds = [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Block, EntryType::Fifo];
    for kind in kinds {
        add(&mut bytes, "odd.png", kind, b"");
    }
    add(&mut bytes, "large.png", EntryType::Regular, &[7; 5000]);
    add(&mut bytes, "good.png", EntryType::Regular, b"good");
    bytes.extend([0; 1024]);
    let (entries, warnings) =
        read(&Case::new().write(&gz(&bytes)), Limits { file_bytes: 4096, ..Limits::default() });
    assert_eq!(names(&entries), ["good.png"]);
    let warnings = warnings.expect("the rest is good");
    for told in [
        "5 files were left out because the path leads out of the archive: ../up.png, /etc/passwd",
        "2 files were left out because links are not followed",
        "3 files were left out because this is no ordinary file",
        "1 file was left out because of more than 0 MB: large.png",
    ] {
        assert!(warnings.iter().any(|warning| warning.starts_with(told)), "{told} is not in {warnings:?}");
    }
}

#[cfg(unix)]
#[test]
fn links_in_folders_are_not_followed() {
    let case = Case::new();
    std::fs::write(case.0.path().join("a.png"), b"a").expect("it can be written");
    std::os::unix::fs::symlink(case.0.path(), case.0.path().join("round")).expect("it can be made");
    let (entries, warnings) = read(case.0.path(), Limits::default());
    assert_eq!(names(&entries), ["a.png"]);
    assert_eq!(
        warnings.expect("the rest is good"),
        ["1 file was left out because links are not followed: round"]
    );
}

#[test]
fn what_comes_before_the_damage_is_kept() {
    let mut noise = super::super::random::Stream::new("test", 1, 2, 3);
    let contents: Vec<u8> = (0..12_000).map(|_| noise.below(256) as u8).collect();
    let files = ["a.png", "b.png", "c.png"].into_iter().zip(contents.chunks(4000));
    let tar = tar_of(&files.collect::<Vec<_>>());
    let packed = gz(&tar);
    let case = Case::new();
    for cut in [&tar[..4608 + 1000], &packed[..packed.len() / 2]] {
        let (entries, warnings) = read(&case.write(cut), Limits::default());
        assert_eq!(names(&entries), ["a.png"]);
        let warnings = warnings.expect("the first is good");
        assert!(warnings[0].contains("the archive is cut after") && warnings.len() == 1, "{warnings:?}");
    }
    // The checksum at the end of the gz.
    let mut wrong = packed;
    let length = wrong.len();
    wrong[length - 6] ^= 1;
    let (entries, warnings) = read(&case.write(&wrong), Limits::default());
    assert_eq!(entries.len(), 3);
    assert!(warnings.expect("they are good")[0].contains("damaged"));
    let mut wrong = tar;
    wrong[4608 + 3] ^= 1;
    let (entries, warnings) = read(&case.write(&wrong), Limits::default());
    assert_eq!(names(&entries), ["a.png"]);
    assert!(warnings.expect("the first is good")[0].contains("is damaged after 1 entry"));
}

#[test]
fn what_is_no_archive_is_told() {
    let case = Case::new();
    for (bytes, told) in [
        (vec![], "is empty"),
        (b"<!DOCTYPE html>".to_vec(), "web page"),
        (b"PK\x03\x04 and so on".to_vec(), "zip"),
        (vec![1; 2000], "neither a .tar nor a .tar.gz"),
        (gz(&[9; 2000]), "is damaged"),
        (gz(b"short"), "is cut"),
        (gz(&tar_of(&[("a.png", b"a")]))[..15].to_vec(), "is cut"),
    ] {
        let message = read(&case.write(&bytes), Limits::default()).1.expect_err(told).to_string();
        assert!(message.contains(told) && message.contains("again: /"), "{message}");
    }
    let gone = read(&case.0.path().join("none.tar"), Limits::default()).1;
    assert!(matches!(gone, Err(DataError::Io { .. })));
}

#[test]
fn bombs_do_not_go_off() {
    let case = Case::new();
    // An endless name.
    let mut bytes = Vec::new();
    add(&mut bytes, "a.png", tar::EntryType::Regular, b"good");
    add(&mut bytes, "././@LongLink", tar::EntryType::GNULongName, &vec![b'x'; 4 << 20]);
    let (entries, warnings) = read(&case.write(&gz(&bytes)), Limits::default());
    assert_eq!(names(&entries), ["a.png"]);
    assert!(warnings.expect("the first is good")[0].contains("far too long"));

    // Zeros that unpack to a thousand times their size; what is not wanted counts too.
    let zeros = vec![0; 66 << 20];
    let bytes = gz(&tar_of(&[("a.png", b"good"), ("b.txt", &zeros), ("c.png", b"never seen")]));
    let (entries, warnings) = read(&case.write(&bytes), Limits::default());
    assert_eq!(names(&entries), ["a.png"]);
    assert!(warnings.expect("the first is good")[0].contains("far more than pictures do"));
    let honest = Limits { ratio: 10_000, ..Limits::default() };
    assert_eq!(read(&case.write(&bytes), honest).0.len(), 2);

    let few = tar_of(&[("a.png", &[1; 2000]), ("b.png", &[2; 2000]), ("c.png", &[3; 2000])]);
    let (entries, warnings) = read(&case.write(&few), Limits { all_bytes: 4000, ..Limits::default() });
    assert_eq!((entries.len(), warnings.expect("the first is good").len()), (1, 1));
    let (entries, warnings) = read(&case.write(&few), Limits { files: 2, ..Limits::default() });
    assert_eq!((entries.len(), warnings.expect("two are good").len()), (2, 1));

    // A header that promises more than there is, and more than there can be.
    for size in [1 << 40, u64::MAX >> 1, u64::MAX] {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..5].copy_from_slice(b"z.png");
        header.set_size(size);
        header.set_cksum();
        let mut bytes = tar_of(&[("a.png", b"good")]);
        bytes.truncate(1024);
        bytes.extend(header.as_bytes());
        bytes.extend([0; 3000]);
        let (entries, warnings) =
            read(&case.write(&bytes), Limits { file_bytes: u64::MAX, ..Limits::default() });
        assert_eq!(names(&entries), ["a.png"], "{size}");
        assert_eq!(warnings.expect("the first is good").len(), 1);
    }
}

struct Stopped;

impl Progress for Stopped {
    fn report(&self, _: Stage<'_>) {}
    fn cancelled(&self) -> bool {
        true
    }
}

#[test]
fn it_stops_when_asked_to_and_when_the_taker_fails() {
    let case = Case::new();
    let path = case.write(&tar_of(&[("a.png", b"a"), ("b.png", b"b")]));
    for path in [&path, &case.0.path().to_owned()] {
        let outcome = each(path, Limits::default(), &|_| true, &Stopped, &mut |_| Ok(()));
        assert!(matches!(outcome, Err(DataError::Cancelled)));
        let mut seen = 0;
        let outcome = each(path, Limits::default(), &|_| true, &Silent, &mut |_| {
            seen += 1;
            Err(DataError::NotFound { what: "full".to_owned(), remedy: String::new() })
        });
        assert!(matches!(outcome, Err(DataError::NotFound { .. })) && seen == 1);
    }
}
