//! Writes small MATLAB 5 files, so that there are sound ones to test the reader with and to damage.

use std::io::Write as _;

/// Element types and array classes, by their numbers in the format (see the reader beside this).
const INT8: u32 = 1;
const INT32: u32 = 5;
const UINT32: u32 = 6;
const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// An element, filled up to eight bytes.
fn plain(kind: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = kind.to_le_bytes().to_vec();
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// An array element: class 9 with bytes, or class 6 (double) whose numbers are written as `kind`.
pub fn array(name: &str, class: u8, sizes: &[u32], kind: u32, data: &[u8]) -> Vec<u8> {
    let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
    let small = |kind: u32, data: &[u8]| {
        let mut bytes = ((data.len() as u32) << 16 | kind).to_le_bytes().to_vec();
        bytes.extend(data);
        bytes.resize(8, 0);
        bytes
    };
    let element =
        |kind: u32, data: &[u8]| if data.len() <= 4 { small(kind, data) } else { plain(kind, data) };
    let parts = [
        plain(UINT32, &[class, 0, 0, 0, 0, 0, 0, 0]),
        plain(INT32, &sizes),
        element(INT8, name.as_bytes()),
        element(kind, data),
    ];
    plain(MATRIX, &parts.concat())
}

/// The same element packed with zlib.
pub fn packed(element: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    // Memory takes what is written to it.
    let written = packer.write_all(element);
    let data = written.and_then(|()| packer.finish()).unwrap_or_default();
    let mut bytes = COMPRESSED.to_le_bytes().to_vec();
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    bytes
}

/// A whole file.
pub fn file(elements: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"MATLAB 5.0 MAT-file".to_vec();
    bytes.resize(124, b' ');
    bytes.extend([0, 1]);
    bytes.extend(b"IM");
    bytes.extend(elements.concat());
    bytes
}
