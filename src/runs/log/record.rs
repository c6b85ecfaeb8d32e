//! The frames of TensorBoard's event files: length, check sum, data, check sum, as in TensorFlow's TFRecord.
//!
//! Source: <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.

/// The largest record that is believed: an event with a picture is far smaller.
const MOST: u64 = 1 << 28;

/// CRC-32C, rotated and shifted so that a check sum of data that holds check sums stays good.
fn masked(data: &[u8]) -> u32 {
    crc32c::crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// Appends one record.
pub fn append(file: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    file.extend_from_slice(&length);
    file.extend_from_slice(&masked(&length).to_le_bytes());
    file.extend_from_slice(data);
    file.extend_from_slice(&masked(data).to_le_bytes());
}

/// The records of a file, and whether bytes at its end are left out: torn off, damaged, or of another format.
pub fn records(file: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut rest = file;
    let mut all = Vec::new();
    while let Some((data, after)) = first(rest) {
        all.push(data);
        rest = after;
    }
    (all, !rest.is_empty())
}

/// The first record and what follows it.
fn first(file: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = file.split_first_chunk::<8>()?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    let n = u64::from_le_bytes(*length);
    if u32::from_le_bytes(*sum) != masked(length) || n > MOST {
        return None;
    }
    let (data, rest) = rest.split_at_checked(n as usize)?;
    let (sum, rest) = rest.split_first_chunk::<4>()?;
    (u32::from_le_bytes(*sum) == masked(data)).then_some((data, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_damage_ends_them() {
        // "123456789" has the check value e3069283 in every list of CRCs.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        let mut file = Vec::new();
        append(&mut file, b"one");
        append(&mut file, b"");
        append(&mut file, b"three");
        assert_eq!(records(&file), (vec![&b"one"[..], b"", b"three"], false));
        for cut in 1..file.len() {
            let (found, left_out) = records(&file[..cut]);
            assert!(found.len() < 3 && (left_out || cut == 19 || cut == 35), "{cut}: {found:?}");
        }
        let at = file.len() - 6;
        file[at] ^= 1;
        assert_eq!(records(&file), (vec![&b"one"[..], b""], true));
        file[0] = 255;
        file[7] = 255;
        assert_eq!(records(&file), (Vec::new(), true));
    }
}
