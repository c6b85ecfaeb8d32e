//! `data overlay list|show|exclude|relabel|move|revert|delete`.

use super::Which;
use crate::cli::exit::{BadInput, Done};
use crate::cli::globals::Globals;
use crate::cli::out::Out;
use crate::cli::table::{Table, count};
use crate::data::Dataset;
use crate::data::curate::{At, Change, File, Overlay, Place, list};
use serde_json::json;

/// List, show and make edits of data sets; the originals are never touched
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  digit-workbench data overlay list
  digit-workbench data overlay exclude mnist train:59915 test:2654,3520-3524 --overlay cleaned
  digit-workbench data overlay relabel mnist 9 train:59915 --overlay cleaned
  digit-workbench data overlay move mnist valid train:0-4999 --overlay cleaned
  digit-workbench data overlay show cleaned
  digit-workbench train mnist-cnn --set curation.overlay=cleaned

Images are named as they were read: train:ROW (validation among them) or test:ROW, counted from 0.")]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// List all edits there are
    List,
    /// Show what edits change
    Show {
        /// Their name
        name: String,
    },
    /// Leave images out
    Exclude {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        images: Images,
    },
    /// Give images another label
    Relabel {
        #[command(flatten)]
        which: Which,
        /// The class's name
        label: String,
        #[command(flatten)]
        images: Images,
    },
    /// Move images to another part
    Move {
        #[command(flatten)]
        which: Which,
        /// Where to
        #[arg(value_enum)]
        part: Part,
        #[command(flatten)]
        images: Images,
    },
    /// Put images back as they were read
    Revert {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        images: Images,
    },
    /// Delete edits; the data set is then as it was read
    Delete {
        /// Their name
        name: String,
    },
}

#[derive(clap::Args)]
struct Images {
    /// Which images: train:3,7-9 or test:5
    #[arg(value_name = "IMAGES", required = true)]
    images: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Part {
    /// To be learned from
    Train,
    /// To validate on
    Valid,
    /// To be measured on
    Test,
}

pub fn run(args: &Args, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    match &args.action {
        Action::List => list_all(globals, out),
        Action::Show { name } => show(name, globals, out),
        Action::Exclude { which, images } => {
            edit(which, images, |_| Ok(Change::Place(Place::Out)), globals, out)
        }
        Action::Relabel { which, label, images } => {
            edit(which, images, |dataset| Ok(Change::Label(class(dataset, label)?)), globals, out)
        }
        Action::Move { which, part, images } => {
            let place = match part {
                Part::Train => Place::Train,
                Part::Valid => Place::Valid,
                Part::Test => Place::Test,
            };
            edit(which, images, |_| Ok(Change::Place(place)), globals, out)
        }
        Action::Revert { which, images } => edit(which, images, |_| Ok(Change::Revert), globals, out),
        Action::Delete { name } => delete(name, globals, out),
    }
}

fn list_all(globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let folder = globals.workspace().overlays_dir();
    let mut table = Table::new(&["edits", "of", "images changed"]);
    let all = list(&folder);
    for named in &all {
        let (data, changed) = match &named.about {
            Ok((data, changed)) => (data.clone(), count(*changed as u64)),
            Err(e) => (e.clone(), "-".to_owned()),
        };
        let about = named.about.as_ref();
        out.json(&json!({
            "overlay": named.name, "data": about.map(|about| &about.0).ok(), "edits": about.map(|about| about.1).ok(),
            "problem": about.err(),
        }))?;
        table.push([named.name.clone(), data, changed]);
    }
    match all.is_empty() {
        true => out.line(format!("There are no edits yet: {}", folder.display()))?,
        false => out.line(table.aligned())?,
    }
    Ok(Done::with(json!({ "overlays": all.len(), "folder": folder })))
}

fn show(name: &str, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let overlay = Overlay::read(&globals.workspace().overlays_dir(), name)?;
    let mut table = Table::new(&["image", "label", "part", "why"]);
    for (at, edit) in &overlay.edits {
        let place = edit.place.map(Place::name);
        out.json(&json!({ "image": at.to_string(), "label": edit.label, "part": place, "why": edit.why }))?;
        let label = edit.label.map_or_else(String::new, |label| label.to_string());
        table.push([at.to_string(), label, place.unwrap_or_default().to_owned(), edit.why.clone()]);
    }
    if table.len() > 0 {
        out.line(table.aligned())?;
    }
    let division = overlay.division.map(|d| json!({ "seed": d.seed, "share": d.share }));
    if let Some(d) = overlay.division {
        let share = d.share * 100.0;
        out.line(format!(
            "Validation is always cut with the seed {}, {share} % of the training images",
            d.seed
        ))?;
    }
    out.line(format!("{} images of {} are changed", count(overlay.edits.len() as u64), overlay.data))?;
    Ok(Done::with(json!({
        "overlay": name, "data": overlay.data, "base": overlay.base, "edits": overlay.edits.len(), "division": division,
    })))
}

fn delete(name: &str, globals: &Globals, out: &mut Out) -> anyhow::Result<Done> {
    let folder = globals.workspace().overlays_dir();
    let path = Overlay::file(&folder, name);
    if Overlay::why_not_called(name).is_some() || !path.is_file() {
        return Err(Overlay::read(&folder, name).err().map_or_else(
            || BadInput(format!("these edits cannot be deleted: {}", path.display())).into(),
            Into::into,
        ));
    }
    std::fs::remove_file(&path)?;
    out.line(format!("Deleted the edits '{name}'"))?;
    Ok(Done::with(json!({ "overlay": name, "deleted": true })))
}

fn edit(
    which: &Which,
    images: &Images,
    change: impl FnOnce(&Dataset) -> anyhow::Result<Change>,
    globals: &Globals,
    out: &mut Out,
) -> anyhow::Result<Done> {
    let name = name_of(which)?;
    let images = parse_images(&images.images)?;
    let (_, base) = which.base(globals, out)?;
    let change = change(&base)?;
    let folder = globals.workspace().overlays_dir();
    let mut overlay = open_or_new(&folder, name, &base)?;
    let changed = overlay.change(images, change, "by hand").len();
    overlay.check(&base)?;
    let path = overlay.write(&folder, name)?;
    out.line(format!(
        "{} images changed; the edits '{name}' change {} now: {}",
        count(changed as u64),
        count(overlay.edits.len() as u64),
        path.display()
    ))?;
    Ok(Done::with(json!({
        "overlay": name, "changed": changed, "edits": overlay.edits.len(), "file": path, "data": base.name,
    })))
}

/// The name of the edits that a command changes.
pub fn name_of(which: &Which) -> Result<&str, BadInput> {
    which.overlay.as_deref().ok_or_else(|| {
        BadInput(
            "name the edits with --overlay NAME; they are made if there are none of that name".to_owned(),
        )
    })
}

/// The edits of that name, or new ones where there are none.
pub fn open_or_new(folder: &std::path::Path, name: &str, base: &Dataset) -> anyhow::Result<Overlay> {
    if !Overlay::file(folder, name).exists() && Overlay::why_not_called(name).is_none() {
        return Ok(Overlay::of(base));
    }
    let overlay = Overlay::read(folder, name)?;
    overlay.check(base)?;
    Ok(overlay)
}

fn class(dataset: &Dataset, label: &str) -> anyhow::Result<u8> {
    let found = dataset.classes.iter().position(|class| class == label);
    found.map(|class| class as u8).ok_or_else(|| {
        BadInput(format!("no class is called '{label}'; the classes are {}", dataset.classes.join(", ")))
            .into()
    })
}

/// `train:3,7-9` and the like.
fn parse_images(words: &[String]) -> Result<Vec<At>, BadInput> {
    let wrong = |word: &str| BadInput(format!("'{word}' names no images; write train:3,7-9 or test:5"));
    let mut images = Vec::new();
    for word in words {
        let (part, rows) = word.split_once(':').ok_or_else(|| wrong(word))?;
        let file = match part {
            "train" => File::Train,
            "test" => File::Test,
            _ => return Err(wrong(word)),
        };
        for range in rows.split(',') {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) else {
                return Err(wrong(word));
            };
            if last < first || last - first > 10_000_000 {
                return Err(wrong(word));
            }
            images.extend((first..=last).map(|row| At { file, row }));
        }
    }
    Ok(images)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_named_by_part_and_rows() {
        let parse = |word: &str| parse_images(&[word.to_owned()]);
        let rows: Vec<String> = parse("train:3,7-9").expect("fine").iter().map(ToString::to_string).collect();
        assert_eq!(rows, ["train:3", "train:7", "train:8", "train:9"]);
        for wrong in ["3", "valid:3", "train:", "train:9-3", "test:-1", "test:1,", "train:0-4294967295"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
