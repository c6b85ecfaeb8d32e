//! YOLO boxes: a .txt for each picture, a line for each box with class, middle and size as shares of the picture
//! (<https://docs.ultralytics.com/datasets/detect/>); outlines of segments become the boxes around them.

use super::super::archive::file_name;
use super::super::error::DataError;
use super::super::left_out::LeftOut;
use super::super::marks::{Area, Mark};
use super::boxes::{self, in_reading_order};
use super::listing::{Files, Item, Listing, Part, text};
use std::collections::HashSet;
use std::path::Path;

/// Files that name the classes, one a line.
const NAMES: [&str; 4] = ["classes.txt", "obj.names", "labels.txt", "_darknet.labels"];

/// Reads the boxes of every picture; `None` where no picture has any.
pub(super) fn read(folder: &Path, files: &Files) -> Result<Option<Listing>, DataError> {
    let texts: HashSet<&str> = files.ending("txt").filter(|name| !NAMES.contains(&file_name(name))).collect();
    let list_of = |name: &str| candidates(name).into_iter().find(|list| texts.contains(list.as_str()));
    if !files.pictures.iter().any(|name| list_of(name).is_some()) {
        return Ok(None);
    }
    let mut left = LeftOut::default();
    let named = names(folder, files)?;
    let (mut items, mut most) = (Vec::new(), 0);
    for name in &files.pictures {
        let mut item = Item { name: name.clone(), part: Part::of(name), in_shares: true, ..Item::default() };
        // Without a list there is nothing on it.
        if let Some(list) = list_of(name) {
            for (n, line) in
                text(folder, &list)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty())
            {
                match mark(line) {
                    Ok(_) if item.marks.len() >= boxes::MOST => {
                        left.add("because there are too many boxes", name);
                    }
                    Ok(mark) => item.marks.push(mark),
                    Err(why) => left.add(&format!("because {why}"), &format!("{list} line {}", n + 1)),
                }
            }
        }
        in_reading_order(&mut item.marks);
        item.label = item.marks.len() as u8;
        most = item.marks.iter().map(|mark| usize::from(mark.class) + 1).max().unwrap_or(0).max(most);
        items.push(item);
    }
    let mut classes = named;
    if classes.len() < most {
        if !classes.is_empty() {
            left.remark(format!("{} classes are named, but boxes are of {most}", classes.len()));
        }
        classes.extend((classes.len()..most).map(|class| class.to_string()));
    }
    Ok(Some(Listing { classes, boxed: true, items, left }))
}

/// Where the boxes of a picture may stand: beside it, or in `labels` where it lies in `images`.
fn candidates(name: &str) -> Vec<String> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut candidates = vec![format!("{stem}.txt")];
    let parts: Vec<&str> = stem.split('/').collect();
    if let Some(place) = parts.iter().rposition(|part| *part == "images") {
        let mut parts = parts;
        parts[place] = "labels";
        candidates.push(format!("{}.txt", parts.join("/")));
    }
    candidates
}

/// A line: class x y w h, perhaps with a confidence; or class and the corners of an outline.
fn mark(line: &str) -> Result<Mark, &'static str> {
    let mut fields = line.split_ascii_whitespace();
    let class = fields.next().unwrap_or_default();
    let class = class.parse().map_err(|_| "the class is no whole number from 0 to 255")?;
    let numbers: Vec<f64> =
        fields.map(str::parse).collect::<Result<_, _>>().map_err(|_| "this is no number")?;
    let area = match numbers[..] {
        [x, y, w, h] | [x, y, w, h, _] => boxes::area(x - w / 2.0, y - h / 2.0, w, h)?,
        [] | [_] | [_, _] | [_, _, _] => return Err("there are fewer than four numbers"),
        _ if numbers.len() % 2 == 1 => return Err("an outline has an odd number of numbers"),
        _ => {
            let of = |side: usize| numbers.iter().skip(side).step_by(2).copied();
            let least = |side| of(side).fold(f64::INFINITY, f64::min);
            let most = |side| of(side).fold(f64::NEG_INFINITY, f64::max);
            let [x, y] = [least(0), least(1)];
            boxes::area(x, y, most(0) - x, most(1) - y)?
        }
    };
    let Area { x, y, w, h } = area;
    if [x, y, x + w, y + h].iter().any(|share| !(-1.0..=2.0).contains(share)) {
        return Err("a box is given in pixels and not as shares of the picture");
    }
    Ok(Mark { class, number: 0, area })
}

/// The names of the classes, if there is a list of them.
fn names(folder: &Path, files: &Files) -> Result<Vec<String>, DataError> {
    let listed = files.lists.iter().find(|name| NAMES.contains(&file_name(name)));
    if let Some(list) = listed {
        let text = text(folder, list)?;
        return Ok(text
            .lines()
            .map(|line| line.trim().to_owned())
            .filter(|name| !name.is_empty())
            .take(256)
            .collect());
    }
    match files.ending("yaml").chain(files.ending("yml")).next() {
        Some(list) => Ok(yaml_names(&text(folder, list)?)),
        None => Ok(Vec::new()),
    }
}

/// The entry `names` of a data.yaml: `[a, b]`, or lines `- a`, or lines `0: a`. No more of YAML is needed here.
fn yaml_names(text: &str) -> Vec<String> {
    let bare = |name: &str| name.trim().trim_matches(['\'', '"']).to_owned();
    let mut lines = text.lines().skip_while(|line| !line.trim_start().starts_with("names:"));
    let Some(first) = lines.next() else { return Vec::new() };
    let inline =
        first.split_once(':').map_or("", |(_, rest)| rest).split('#').next().unwrap_or_default().trim();
    if !inline.is_empty() {
        let mut all = inline.to_owned();
        // A list may go over several lines.
        while !all.contains([']', '}']) {
            match lines.next() {
                Some(line) => all.push_str(line.trim()),
                None => break,
            }
        }
        let inner = all.trim_matches(['[', ']', '{', '}', ' ']).trim_end_matches(',');
        let name = |part: &str| match (all.starts_with('{'), part.split_once(':')) {
            (true, Some((_, name))) => bare(name),
            _ => bare(part),
        };
        return inner.split(',').map(name).filter(|name| !name.is_empty()).take(256).collect();
    }
    lines
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map_while(|line| match line.strip_prefix('-') {
            Some(name) => Some(bare(name)),
            None => {
                let (key, name) = line.split_once(':')?;
                key.trim().parse::<u32>().ok().map(|_| bare(name))
            }
        })
        .take(256)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_are_read_as_programs_write_them() {
        for text in [
            "train: a\nnames: ['0', \"1\", two]\nnc: 3",
            "names:\n  - '0'\n  - 1\n  - two\nnc: 3",
            "names:\n  0: '0'\n  1: 1\n  2: two\n",
            "names: [ '0',\n  '1',\n  two ]",
            "names: {0: '0', 1: '1', 2: two}",
        ] {
            assert_eq!(yaml_names(text), ["0", "1", "two"], "{text}");
        }
        assert_eq!(yaml_names("nc: 3"), [""; 0]);
    }

    #[test]
    fn lines_are_boxes_or_say_why_not() {
        let good = mark("3 0.5 0.5 0.2 0.4").expect("a box");
        assert_eq!((good.class, good.area.w), (3, 0.2));
        let outline = mark("3 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7").expect("an outline");
        assert!((outline.area.x - good.area.x).abs() < 1e-6 && (outline.area.h - good.area.h).abs() < 1e-6);
        for bad in [
            "x 0 0 1 1",
            "300 0 0 1 1",
            "1 2 3",
            "1 a b c d",
            "1 .5 .5 0 .1",
            "1 nan .5 .1 .1",
            "1 300 200 40 60",
        ] {
            assert!(mark(bad).is_err(), "{bad}");
        }
    }
}
