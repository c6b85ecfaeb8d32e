//! COCO boxes: .json files with `images`, `annotations` and `categories` (<https://cocodataset.org/#format-data>).

use super::super::archive::file_name;
use super::super::error::DataError;
use super::super::left_out::LeftOut;
use super::super::marks::Mark;
use super::boxes::{self, in_reading_order};
use super::labels::{position, sorted};
use super::listing::{Files, Item, Listing, Part, text};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

#[derive(Deserialize)]
struct Coco {
    images: Vec<Image>,
    annotations: Vec<Annotation>,
    #[serde(default)]
    categories: Vec<Category>,
}

/// Identities are numbers mostly, and texts in some programs' files.
#[derive(Deserialize)]
struct Image {
    id: Value,
    file_name: String,
}

#[derive(Deserialize)]
struct Annotation {
    image_id: Value,
    category_id: Value,
    #[serde(default)]
    bbox: Vec<f64>,
    #[serde(default)]
    iscrowd: Value,
    /// Which number of the picture; our own addition, which other programs leave alone.
    #[serde(default)]
    number: Option<u8>,
}

#[derive(Deserialize)]
struct Category {
    id: Value,
    name: String,
}

/// Reads every such file of the folder; `None` where there is none.
pub(super) fn read(folder: &Path, files: &Files) -> Result<Option<Listing>, DataError> {
    let mut found = Vec::new();
    let mut trouble = None;
    for list in files.ending("json") {
        let text = text(folder, list)?;
        match serde_json::from_str::<Coco>(&text) {
            Ok(coco) => found.push((list, coco)),
            // Other files may be .json too.
            Err(error) if text.contains("\"annotations\"") && text.contains("\"images\"") => {
                trouble = Some((list, error));
            }
            Err(_) => {}
        }
    }
    if let (true, Some((list, error))) = (found.is_empty(), &trouble) {
        let what = format!("these boxes cannot be read ({error})");
        return Err(DataError::corrupt(&folder.join(list), what, "Export them again as COCO boxes"));
    }
    if found.is_empty() {
        return Ok(None);
    }
    let mut left = LeftOut::default();
    if let Some((list, error)) = trouble {
        left.add(&format!("because its boxes cannot be read ({error})"), list);
    }
    let used = found.iter().flat_map(|(_, coco)| {
        let used: Vec<&Value> = coco.annotations.iter().map(|one| &one.category_id).collect();
        // Some programs put a root above all categories, which no box has.
        let is_class = |category: &&Category| used.contains(&&category.id) || category.id != 0;
        coco.categories.iter().filter(is_class).map(|category| category.name.clone()).collect::<Vec<_>>()
    });
    let classes = sorted(used, folder)?;
    let by_own_name = by_own_name(files);
    let mut items: BTreeMap<String, Item> = BTreeMap::new();
    for (list, coco) in found {
        one(list, coco, &classes, files, &by_own_name, &mut items, &mut left);
    }
    Ok(Some(Listing { classes, boxed: true, items: items.into_values().collect(), left }))
}

/// Pictures by their names without folders; `None` where several have one name.
fn by_own_name(files: &Files) -> HashMap<&str, Option<&str>> {
    let mut names = HashMap::new();
    for name in &files.pictures {
        names.entry(file_name(name)).and_modify(|known| *known = None).or_insert(Some(name.as_str()));
    }
    names
}

fn one(
    list: &str,
    coco: Coco,
    classes: &[String],
    files: &Files,
    by_own_name: &HashMap<&str, Option<&str>>,
    items: &mut BTreeMap<String, Item>,
    left: &mut LeftOut,
) {
    let prefix = list.rsplit_once('/').map_or(String::new(), |(folders, _)| format!("{folders}/"));
    // instances_train2017.json, val.json
    let of_list = file_name(list)
        .split(['.', '_', '-'])
        .find_map(|word| Part::named(word.trim_end_matches(|c: char| c.is_ascii_digit())));
    let class_of: HashMap<String, Option<u8>> = coco
        .categories
        .iter()
        .map(|category| (category.id.to_string(), position(classes, &category.name)))
        .collect();
    let mut name_of: HashMap<String, String> = HashMap::new();
    for Image { id, file_name: named } in coco.images {
        let named = named.replace('\\', "/");
        let near = [
            format!("{prefix}{named}"),
            named.clone(),
            format!("{prefix}images/{named}"),
            format!("images/{named}"),
        ];
        let near = near.into_iter().find(|name| files.has(name));
        let found = near.or_else(|| by_own_name.get(file_name(&named)).copied().flatten().map(str::to_owned));
        let Some(name) = found else {
            left.add("because there is no such picture", &named);
            continue;
        };
        let part = match Part::of(&name) {
            Part::Unknown => of_list.unwrap_or_default(),
            part => part,
        };
        items.entry(name.clone()).or_insert_with(|| Item { name: name.clone(), part, ..Item::default() });
        name_of.insert(id.to_string(), name);
    }
    let mut unordered: Vec<String> = Vec::new();
    for annotation in coco.annotations {
        let Annotation { image_id, category_id, bbox, iscrowd, number } = annotation;
        let Some(item) = name_of.get(&image_id.to_string()).and_then(|name| items.get_mut(name)) else {
            left.add("because its box belongs to no picture", &format!("{list}: picture {image_id}"));
            continue;
        };
        if iscrowd == 1 || iscrowd == true {
            continue;
        }
        let Some(class) = class_of.get(&category_id.to_string()).copied().flatten() else {
            left.add(&format!("because its box is of an unknown category {category_id}"), &item.name);
            continue;
        };
        let area = match bbox[..] {
            [x, y, w, h] => boxes::area(x, y, w, h),
            _ => Err("its box has not four sides"),
        };
        match area {
            Ok(area) if item.marks.len() < boxes::MOST => {
                if number.is_none() {
                    unordered.push(item.name.clone());
                }
                item.marks.push(Mark { class, number: number.unwrap_or(0), area });
                item.label = item.marks.len() as u8;
            }
            Ok(_) => left.add("because there are too many boxes", &item.name),
            Err(why) => left.add(&format!("because {why}"), &item.name),
        }
    }
    unordered.dedup();
    for name in unordered {
        if let Some(item) = items.get_mut(&name) {
            in_reading_order(&mut item.marks);
        }
    }
}
