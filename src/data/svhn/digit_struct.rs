//! `digitStruct.mat`: the digits' boxes that come with the Street View House Numbers, a MATLAB 7.3 (HDF5) file.
//!
//! Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning", 2011. `digitStruct/name` and
//! `digitStruct/bbox` hold a reference for each picture: to its file's name in UTF-16, and to a group with `label`,
//! `left`, `top`, `width` and `height`, each of which is one number, or a reference for each digit where there are
//! several. There may be a million such objects, so they are parsed one after the other and none is kept.

use super::super::error::DataError;
use super::super::marks::Area;
use super::super::progress::{Progress, Stage, Unit};
use hdf5_reader::io::Cursor;
use hdf5_reader::local_heap::LocalHeap;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::datatype::Datatype;
use hdf5_reader::messages::layout::DataLayout;
use hdf5_reader::object_header::ObjectHeader;
use hdf5_reader::storage::{BytesStorage, DynStorage};
use hdf5_reader::symbol_table::SymbolTableNode;
use hdf5_reader::{Hdf5File, btree_v1, reference};
use std::path::Path;
use std::sync::Arc;

/// What a digit of a picture is called here, in the file's order.
const FIELDS: [&str; 5] = ["label", "left", "top", "width", "height"];
/// More characters no number has; a count beyond is damage.
const MOST_DIGITS: usize = 64;
/// Longer names, in bytes, are damage.
const MOST_NAME_BYTES: usize = 2048;
/// What HDF5 begins with, and where it may begin.
const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";
const USER_BLOCKS: [usize; 4] = [0, 512, 1024, 2048];
/// Pictures between two looks at progress and cancel.
const PORTION: usize = 512;

/// The digits of one picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labelled {
    /// The picture's file name: "1.png".
    pub name: String,
    /// Digits from left to right as they stand in the file: label (1 to 9, 10 for zero) and box, relative to the picture.
    pub digits: Vec<(u8, Area)>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub struct DigitStruct {
    /// Pictures in the file's order.
    pub pictures: Vec<Labelled>,
    /// How many entries could not be read, and why the first could not.
    pub unreadable: usize,
    /// Why the first one could not be read.
    pub first_trouble: Option<String>,
}

/// Reads every picture's digits from the file's contents; entries that cannot be read are counted and left out.
/// `path` is only named in messages.
///
/// # Errors
/// If it is no such file, or if the caller asked to stop.
pub fn read(mut bytes: Vec<u8>, path: &Path, job: &dyn Progress) -> Result<DigitStruct, DataError> {
    let foreign = |cause: hdf5_reader::error::Error| {
        let what = format!("this is no digitStruct.mat that can be read ({cause})");
        DataError::corrupt(path, what, "Download the archive again, or unpack it once more")
    };
    // MATLAB writes 512 bytes of its own first, and addresses count from where HDF5 begins.
    if let Some(start) =
        USER_BLOCKS.into_iter().find(|start| bytes.get(*start..).is_some_and(|b| b.starts_with(MAGIC)))
    {
        bytes.drain(..start);
    }
    let storage: DynStorage = Arc::new(BytesStorage::new(bytes));
    let file = Hdf5File::from_storage(Arc::clone(&storage)).map_err(foreign)?;
    let objects = Objects {
        storage,
        offset_bytes: file.superblock().offset_size,
        length_bytes: file.superblock().length_size,
    };
    let references = |name: &str| {
        let dataset = file.dataset(name)?;
        let bytes = dataset.read_raw_bytes()?;
        reference::read_object_references(&bytes, objects.offset_bytes)
    };
    let names = references("digitStruct/name").map_err(foreign)?;
    let boxes = references("digitStruct/bbox").map_err(foreign)?;
    let mut found = DigitStruct::default();
    if names.len() != boxes.len() {
        let what = format!("it names {} pictures and has boxes of {}", names.len(), boxes.len());
        found.first_trouble = Some(what);
        found.unreadable = names.len().abs_diff(boxes.len());
    }
    let total = names.len().min(boxes.len());
    for (i, (name, boxes)) in names.into_iter().zip(boxes).enumerate() {
        if i.is_multiple_of(PORTION) {
            job.report(Stage {
                text: "Reading boxes",
                done: i as u64,
                total: total as u64,
                unit: Unit::Images,
            });
            if job.cancelled() {
                return Err(DataError::Cancelled);
            }
        }
        match objects.labelled(name, boxes) {
            Ok(picture) => found.pictures.push(picture),
            Err(trouble) => {
                found.unreadable += 1;
                found.first_trouble.get_or_insert(format!("entry {}: {trouble}", i + 1));
            }
        }
    }
    Ok(found)
}

/// Objects of the file by their addresses.
struct Objects {
    storage: DynStorage,
    offset_bytes: u8,
    length_bytes: u8,
}

/// What is wrong with an entry, in words.
type Trouble = String;

impl Objects {
    fn labelled(&self, name: u64, boxes: u64) -> Result<Labelled, Trouble> {
        let (bytes, kind) = self.bytes(name, MOST_NAME_BYTES)?;
        if !matches!(kind, Datatype::FixedPoint { size: 2, .. }) {
            return Err("its name is no text".to_owned());
        }
        let units: Vec<u16> = bytes.as_chunks().0.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
        let name = String::from_utf16(&units).map_err(|_| "its name is no text".to_owned())?;
        let mut columns: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::new());
        for (field, address) in self.members(boxes)? {
            if let Some(column) = FIELDS.iter().position(|known| *known == field) {
                columns[column] = self.numbers(address)?;
            }
        }
        let n = columns[0].len();
        if n == 0 || columns.iter().any(|column| column.len() != n) {
            let counts: Vec<usize> = columns.iter().map(Vec::len).collect();
            return Err(format!("{name} has {counts:?} values for {FIELDS:?}"));
        }
        let [labels, left, top, width, height] = &columns;
        let digits = (0..n).map(|i| {
            let numbers = [left[i], top[i], width[i], height[i]];
            if labels[i].fract() != 0.0 || !(0.0..=255.0).contains(&labels[i]) {
                return Err(format!("{name} has a digit labelled {}", labels[i]));
            }
            // A street picture has at most a few thousand pixels on a side.
            if numbers.iter().any(|number| !number.is_finite() || number.abs() > 1e6) {
                return Err(format!("{name} has a box at {numbers:?}"));
            }
            let [x, y, w, h] = numbers.map(|number| number as f32);
            Ok((labels[i] as u8, Area { x, y, w, h }))
        });
        let digits = digits.collect::<Result<_, _>>()?;
        Ok(Labelled { name, digits })
    }

    /// Name and address of each member of a group.
    fn members(&self, address: u64) -> Result<Vec<(String, u64)>, Trouble> {
        let mut members = Vec::new();
        for message in &self.header(address)?.messages {
            match message {
                HdfMessage::SymbolTable(table) => {
                    self.table(table.btree_address, table.heap_address, &mut members)?;
                }
                HdfMessage::Link(link) => {
                    if let hdf5_reader::messages::link::LinkTarget::Hard { address } = &link.target {
                        members.push((link.name.clone(), *address));
                    }
                }
                _ => {}
            }
        }
        Ok(members)
    }

    fn table(&self, tree: u64, heap: u64, members: &mut Vec<(String, u64)>) -> Result<(), Trouble> {
        let storage = self.storage.as_ref();
        let (offset, length) = (self.offset_bytes, self.length_bytes);
        let heap = LocalHeap::parse_at_storage(storage, heap, offset, length).map_err(text)?;
        let leaves =
            btree_v1::collect_btree_v1_leaves_storage(storage, tree, offset, length, None, &[], None);
        for (_, node) in leaves.map_err(text)? {
            let head = storage.read_range(node, 8).map_err(text)?;
            let n = head.get(6..8).map_or(0, |n| usize::from(n[0]) | usize::from(n[1]) << 8);
            let bytes = storage.read_range(node, 8 + n * (2 * usize::from(offset) + 24)).map_err(text)?;
            let node = SymbolTableNode::parse(&mut Cursor::new(&bytes), offset, length).map_err(text)?;
            for entry in node.entries.iter().take(MOST_DIGITS) {
                let name = heap.get_string_storage(entry.link_name_offset, storage).map_err(text)?;
                members.push((name, entry.object_header_address));
            }
        }
        Ok(())
    }

    /// The numbers of a field: its own, or those that it refers to.
    fn numbers(&self, address: u64) -> Result<Vec<f64>, Trouble> {
        let (bytes, kind) = self.bytes(address, MOST_DIGITS * 8)?;
        if matches!(kind, Datatype::Reference { .. }) {
            let addresses = reference::read_object_references(&bytes, self.offset_bytes).map_err(text)?;
            let each = addresses.into_iter().map(|address| {
                let (bytes, kind) = self.bytes(address, 8)?;
                Ok(doubles(&bytes, &kind)?.first().copied())
            });
            let all: Result<Option<Vec<f64>>, Trouble> = each.collect();
            return all?.ok_or_else(|| "it refers to nothing".to_owned());
        }
        doubles(&bytes, &kind)
    }

    /// A small dataset's bytes and type.
    fn bytes(&self, address: u64, most: usize) -> Result<(Vec<u8>, Datatype), Trouble> {
        let mut kind = None;
        let mut bytes = None;
        for message in self.header(address)?.messages {
            match message {
                HdfMessage::Datatype(message) => kind = Some(message.datatype),
                HdfMessage::DataLayout(message) => {
                    bytes = Some(match message.layout {
                        DataLayout::Compact { data } if data.len() <= most => data,
                        DataLayout::Contiguous { address, size } if size <= most as u64 => {
                            self.storage.read_range(address, size as usize).map_err(text)?.to_vec()
                        }
                        _ => return Err("one of its values lies in pieces, or is too large".to_owned()),
                    });
                }
                _ => {}
            }
        }
        match (bytes, kind) {
            (Some(bytes), Some(kind)) => Ok((bytes, kind)),
            _ => Err("it refers to something that is no data".to_owned()),
        }
    }

    fn header(&self, address: u64) -> Result<ObjectHeader, Trouble> {
        ObjectHeader::parse_at_storage(self.storage.as_ref(), address, self.offset_bytes, self.length_bytes)
            .map_err(text)
    }
}

fn doubles(bytes: &[u8], kind: &Datatype) -> Result<Vec<f64>, Trouble> {
    match kind {
        Datatype::FloatingPoint { size: 8, .. } => {
            Ok(bytes.as_chunks().0.iter().map(|number| f64::from_le_bytes(*number)).collect())
        }
        _ => Err("one of its values is no number".to_owned()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "so that map_err takes it by its name")]
fn text(error: hdf5_reader::error::Error) -> Trouble {
    error.to_string()
}
