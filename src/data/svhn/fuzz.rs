//! Sound files of both of SVHN's formats to damage, and what reads them.

use super::super::progress::Silent;
use super::digit_struct;
use super::mat_file::{array, file, packed};
use super::matlab5;
use std::path::Path;

/// A file of boxes of three pictures, as MATLAB 7.3 writes it (`tests/reference/digit_struct.py` made it).
const BOXES: &[u8] = include_bytes!("../../../tests/reference/digit_struct.mat");
/// Numbers taken of an array whose head may promise any count.
const MOST_NUMBERS: usize = 4096;

/// Files of MATLAB 5: bytes and doubles, packed and plain, and an array of text in between.
pub fn mat_files() -> Vec<Vec<u8>> {
    let pixels: Vec<u8> = (0..240).collect();
    let halves: Vec<u8> = (0..10).flat_map(|i| (f64::from(i) / 2.0).to_le_bytes()).collect();
    let x = array("X", 9, &[4, 4, 3, 5], 2, &pixels);
    let y = array("y", 6, &[10, 1], 9, &halves);
    let text = array("text", 4, &[1, 5], 4, &[0; 10]);
    vec![
        file(&[packed(&x), packed(&y)]),
        file(&[x.clone(), text.clone(), y.clone()]),
        file(&[packed(&text), y, packed(&x)]),
    ]
}

/// Every array that a file says it has, and the first numbers of each.
pub fn read_mat(path: &Path, _: &[u8]) {
    for array in matlab5::arrays(path).unwrap_or_default() {
        let Ok(mut numbers) = array.numbers() else { continue };
        let mut bytes = [0; MOST_NUMBERS];
        drop(numbers.bytes(&mut bytes));
    }
}

/// Files of boxes.
pub fn box_files() -> Vec<Vec<u8>> {
    vec![BOXES.to_vec()]
}

/// Every picture that a file says it has.
pub fn read_boxes(path: &Path, bytes: &[u8]) {
    drop(digit_struct::read(bytes.to_vec(), path, &Silent));
}
