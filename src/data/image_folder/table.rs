//! A table of labels beside the pictures: `file,label`, with a part or boxes if there are columns for them.

use super::super::error::DataError;
use super::super::left_out::LeftOut;
use super::super::marks::Mark;
use super::super::table::{Line, read as lines};
use super::boxes::{self, in_reading_order};
use super::labels::{position, sorted};
use super::listing::{Files, Item, Listing, Part, text};
use std::collections::BTreeMap;
use std::path::Path;

/// Which column holds what.
#[derive(Debug, Default)]
struct Columns {
    file: usize,
    label: usize,
    part: Option<usize>,
    number: Option<usize>,
    /// x, y, w, h.
    sides: Option<[usize; 4]>,
}

/// What a row says.
struct Row {
    name: String,
    part: Part,
    label: String,
    mark: Option<(Option<u8>, super::super::marks::Area)>,
}

/// Reads every .csv of the folder; `None` where there is none.
pub(super) fn read(folder: &Path, files: &Files) -> Result<Option<Listing>, DataError> {
    let mut left = LeftOut::default();
    let (mut rows, mut boxed, mut any) = (Vec::new(), false, false);
    for list in files.ending("csv") {
        any = true;
        let prefix = list.rsplit_once('/').map_or(String::new(), |(folders, _)| format!("{folders}/"));
        boxed |= read_one(&text(folder, list)?, list, &prefix, files, &mut rows, &mut left);
    }
    if !any {
        return Ok(None);
    }
    let said = rows.iter().map(|row: &Row| row.label.clone()).filter(|label| !label.is_empty());
    let classes = sorted(said, folder)?;
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    let mut unordered: Vec<String> = Vec::new();
    for Row { name, part, label, mark } in rows {
        let known = items.contains_key(&name);
        let item = items.entry(name.clone()).or_insert_with(|| Item { name, part, ..Item::default() });
        let class = position(&classes, &label);
        match (mark, class) {
            (Some((number, area)), Some(class)) if item.marks.len() < boxes::MOST => {
                if number.is_none() && unordered.last() != Some(&item.name) {
                    unordered.push(item.name.clone());
                }
                item.marks.push(Mark { class, number: number.unwrap_or(0), area });
                item.label = item.marks.len() as u8;
            }
            (Some(_), _) => left.add("because its box has no label, or there are too many", &item.name),
            (None, Some(class)) if !boxed && !known => item.label = class,
            (None, _) if !boxed => left.add("because it is listed twice: the first line counts", &item.name),
            (None, _) => {}
        }
    }
    for name in unordered {
        if let Some(item) = items.get_mut(&name) {
            in_reading_order(&mut item.marks);
        }
    }
    Ok(Some(Listing { classes, boxed, items: items.into_values().collect(), left }))
}

/// Reads one table; whether it has boxes.
fn read_one(
    text: &str,
    list: &str,
    prefix: &str,
    files: &Files,
    rows: &mut Vec<Row>,
    left: &mut LeftOut,
) -> bool {
    let mut columns = Columns { label: 1, ..Columns::default() };
    for (n, line) in lines(text).iter().enumerate() {
        if n == 0
            && let Some(named) = header(line)
        {
            columns = named;
            continue;
        }
        match row(line, &columns, prefix, files) {
            Ok(row) => rows.push(row),
            Err((column, why)) => {
                let place = format!("{list} line {} column {}", line.number, column + 1);
                left.add(&format!("because {why}"), &place);
            }
        }
    }
    columns.sides.is_some()
}

/// The columns by name; `None` where the first line is no header.
fn header(line: &Line) -> Option<Columns> {
    let find = |names: &[&str]| {
        line.fields.iter().position(|field| names.contains(&field.trim().to_ascii_lowercase().as_str()))
    };
    let file = find(&["file", "filename", "file_name", "image", "img", "path", "name", "picture"])?;
    let label = find(&["label", "class", "category", "digit", "letter", "target", "text", "number"])?;
    let sides =
        [&["x", "left", "xmin"][..], &["y", "top", "ymin"], &["w", "width"], &["h", "height"]].map(find);
    let sides = match sides {
        [Some(x), Some(y), Some(w), Some(h)] => Some([x, y, w, h]),
        _ => None,
    };
    let number = find(&["number", "group"]).filter(|column| *column != label);
    Some(Columns { file, label, part: find(&["split", "part", "set", "subset"]), number, sides })
}

/// What a line says, or which column is wrong and why.
fn row(line: &Line, columns: &Columns, prefix: &str, files: &Files) -> Result<Row, (usize, &'static str)> {
    let field = |column: usize| line.field(column);
    let named = field(columns.file).replace('\\', "/");
    let named = named.trim_start_matches("./");
    let name = [format!("{prefix}{named}"), named.to_owned(), format!("{prefix}images/{named}")]
        .into_iter()
        .find(|name| files.has(name));
    let name = name.ok_or((columns.file, "there is no such picture"))?;
    let label = field(columns.label).to_owned();
    let part = columns.part.and_then(|column| Part::named(field(column))).unwrap_or_else(|| Part::of(&name));
    let mut mark = None;
    if let Some(sides) = columns.sides {
        // A picture with nothing on it has one line without a box.
        if sides.iter().any(|column| !field(*column).is_empty()) || !label.is_empty() {
            let mut numbers = [0.0; 4];
            for (number, column) in numbers.iter_mut().zip(sides) {
                *number = field(column).parse().map_err(|_| (column, "this is no number"))?;
            }
            let [x, y, w, h] = numbers;
            let area = boxes::area(x, y, w, h).map_err(|why| (sides[2], why))?;
            let number = match columns.number {
                Some(column) => Some(field(column).parse().map_err(|_| (column, "this is no whole number"))?),
                None => None,
            };
            if label.is_empty() {
                return Err((columns.label, "the label is missing"));
            }
            mark = Some((number, area));
        }
    } else if label.is_empty() {
        return Err((columns.label, "the label is missing"));
    }
    Ok(Row { name, part, label, mark })
}
