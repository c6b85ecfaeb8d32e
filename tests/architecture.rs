//! The rules that the sources keep: who may import whom, who may use which crate, what every file begins with.

use std::path::{Path, PathBuf};

/// Each room and the rooms it may import, bottom to top.
const ROOMS: &[(&str, &[&str])] = &[
    ("disk", &[]),
    ("knobs", &[]),
    ("score", &[]),
    ("vectorised", &[]),
    ("data", &["disk", "knobs", "vectorised"]),
    ("found", &["data"]),
    ("models", &["disk", "knobs", "data", "found"]),
    ("optim", &["knobs"]),
    ("recipe", &["disk", "knobs", "data", "models", "optim"]),
    ("runs", &["disk", "knobs", "recipe"]),
    ("train", &["knobs", "score", "vectorised", "data", "found", "models", "optim", "recipe", "runs"]),
    ("reader", &["disk", "knobs", "data", "found", "models", "recipe", "runs"]),
    ("sweep", &["disk", "knobs", "data", "recipe", "runs"]),
    // Pictures are opened as everywhere else: upright, by their contents, never larger than memory allows.
    ("camera", &["data"]),
    (
        "work",
        &[
            "disk", "knobs", "score", "data", "found", "models", "optim", "recipe", "runs", "train",
            "reader", "sweep", "camera",
        ],
    ),
    ("report", &["disk", "knobs", "score", "data", "found", "models", "recipe", "runs", "reader", "work"]),
    (
        "app",
        &[
            "disk", "knobs", "score", "data", "found", "models", "optim", "recipe", "runs", "reader",
            "sweep", "camera", "work", "report",
        ],
    ),
    (
        "ui",
        &[
            "knobs", "score", "data", "found", "models", "optim", "recipe", "runs", "reader", "sweep",
            "camera", "work", "report", "app",
        ],
    ),
    (
        "cli",
        &[
            "disk", "knobs", "score", "data", "found", "models", "optim", "recipe", "runs", "train",
            "reader", "sweep", "camera", "work", "report", "app",
        ],
    ),
];

/// Crates that only some rooms may use.
const CRATES: &[(&str, &[&str])] = &[
    ("tch", &["data", "models", "optim", "train", "reader"]),
    ("egui", &["ui"]),
    ("eframe", &["ui"]),
    ("egui_extras", &["ui"]),
    ("egui_plot", &["ui"]),
    ("rfd", &["ui"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("nokhwa", &["camera"]),
    ("v4l", &["camera"]),
    ("ureq", &["data"]),
    ("prost", &["reader", "runs"]),
];

/// More is two concepts.
const MOST_LINES: usize = 500;

/// Every Rust file below a folder of the repository.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The file's path as shown.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The room of a file below `src/`: its folder, or its name without `.rs`.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).expect("below src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// The code that ships: without comments, and without inline tests, which stand at the end.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a source file");
    let shipped = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = shipped.lines().map(|line| match line.trim_start().starts_with("//") {
        true => "",
        false => line.split(" // ").next().unwrap_or_default(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that directly follow `before` in the code, also inside of `before{a, b}`.
fn names_after(code: &str, before: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    for (at, _) in code.match_indices(before) {
        if code[..at].ends_with(is_name) || code[..at].ends_with("::") || code[..at].ends_with('$') {
            continue;
        }
        let rest = &code[at + before.len()..];
        let heads: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => top_level(list),
            None => vec![rest],
        };
        names.extend(heads.into_iter().map(|head| head.trim().chars().take_while(|c| is_name(*c)).collect()));
    }
    names
}

/// The items of a `{a, b::{c, d}}` list, without its opening brace.
fn top_level(list: &str) -> Vec<&str> {
    let (mut depth, mut start, mut items) = (0, 0, Vec::new());
    for (i, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                items.push(&list[start..i]);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&list[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn rooms_import_only_what_lies_below_them() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        let room = room(&path);
        if room == "main" || room == "lib" {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: the room '{room}' is not in the table", shown(&path)));
            continue;
        };
        let code = code(&path);
        for name in names_after(&code, "crate::").into_iter().chain(names_after(&code, "digit_workbench::")) {
            let is_room = ROOMS.iter().any(|(room, _)| *room == name);
            if is_room && name != room && !allowed.contains(&name.as_str()) {
                wrong.push(format!("{}: {room} may not import {name}", shown(&path)));
            }
        }
        // `super` must not climb out of the room either.
        let depth = path.strip_prefix(root().join("src")).expect("below src").components().count() - 1;
        let depth = if path.ends_with("mod.rs") { depth - 1 } else { depth };
        if code.contains(&"super::".repeat(depth + 1)) {
            wrong.push(format!("{}: super climbs out of the room", shown(&path)));
        }
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn crates_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        let (room, code) = (room(&path), code(&path));
        for (name, rooms) in CRATES {
            let used = code.match_indices(&format!("{name}::")).any(|(at, _)| {
                // `crate::camera::nokhwa::`, a module of ours, is no crate.
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if used && !rooms.contains(&room.as_str()) {
                wrong.push(format!("{}: {name} belongs to {}", shown(&path), rooms.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_owns_and_is_short() {
    let mut wrong = Vec::new();
    for path in ["src", "tests", "xtask/src"].into_iter().flat_map(sources) {
        let text = std::fs::read_to_string(&path).expect("a source file");
        let first = text.lines().next().unwrap_or_default();
        if !first.starts_with("//! ") || first.len() < 12 {
            wrong.push(format!("{}: does not begin with a line that says what it owns", shown(&path)));
        }
        let n = text.lines().count();
        if n > MOST_LINES {
            wrong.push(format!("{}: {n} lines, more than {MOST_LINES}", shown(&path)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_scanner_sees_what_it_should() {
    let code = "use crate::{data::x, ui::{a, b}};\nlet x = crate::train::go();\nmycrate::cli::y(); $crate::app::z();";
    assert_eq!(names_after(code, "crate::"), ["data", "ui", "train"]);
    assert_eq!(room(&root().join("src/data/mod.rs")), "data");
    assert_eq!(room(&root().join("src/main.rs")), "main");
}
