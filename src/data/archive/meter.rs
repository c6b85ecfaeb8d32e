//! Counts what is read from an archive, packed and unpacked, and stops where it goes beyond what is honest.

use super::super::progress::Progress;
use super::Limits;
use std::cell::Cell;
use std::io::{self, Read};

/// Unpacked bytes below which the ratio says nothing: a small archive may well be of zeros.
const RATIO_FROM: u64 = 64 << 20;
/// Bytes between two looks at whether to stop.
const GLANCE: u64 = 1 << 20;

/// Why reading was stopped from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Cancelled,
    TooMuch(&'static str),
    /// The disk failed, not the archive.
    Disk,
}

/// What has been read.
pub(super) struct Meter<'a> {
    limits: Limits,
    job: &'a dyn Progress,
    pub(super) packed: Cell<u64>,
    unpacked: Cell<u64>,
    /// Bytes that may still be read until somebody allows more.
    allowed: Cell<u64>,
    stop: Cell<Option<Stop>>,
}

impl<'a> Meter<'a> {
    pub(super) fn new(limits: Limits, job: &'a dyn Progress) -> Self {
        let (packed, unpacked, allowed) = (Cell::new(0), Cell::new(0), Cell::new(0));
        Self { limits, job, packed, unpacked, allowed, stop: Cell::new(None) }
    }

    /// From now on so many bytes may be read: names and attributes of entries are read whole by the tar reader, so
    /// that an endless name would fill the memory.
    pub(super) fn allow(&self, bytes: u64) {
        self.allowed.set(bytes);
    }

    /// Why it was stopped, if it was.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.stop.get()
    }

    fn refuse(&self, stop: Stop) -> io::Error {
        self.stop.set(Some(stop));
        io::Error::other("stopped")
    }

    fn unpack(&self, n: u64) -> io::Result<()> {
        let before = self.unpacked.get();
        let now = before + n;
        self.unpacked.set(now);
        if now / GLANCE != before / GLANCE && self.job.cancelled() {
            return Err(self.refuse(Stop::Cancelled));
        }
        if now > self.limits.all_bytes {
            return Err(self.refuse(Stop::TooMuch("it unpacks to more than any data set has")));
        }
        if now > RATIO_FROM && now / self.limits.ratio > self.packed.get() {
            return Err(self.refuse(Stop::TooMuch("it unpacks to far more than pictures do")));
        }
        match self.allowed.get().checked_sub(n) {
            Some(left) => self.allowed.set(left),
            None => return Err(self.refuse(Stop::TooMuch("a name in it is far too long"))),
        }
        Ok(())
    }
}

/// Counts packed bytes, under the unpacker.
pub(super) struct Packed<'a, R>(pub(super) R, pub(super) &'a Meter<'a>);

impl<R: Read> Read for Packed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer).inspect_err(|cause| {
            if cause.kind() != io::ErrorKind::Interrupted {
                self.1.stop.set(Some(Stop::Disk));
            }
        })?;
        self.1.packed.set(self.1.packed.get() + n as u64);
        Ok(n)
    }
}

/// Counts unpacked bytes, over the unpacker.
pub(super) struct Unpacked<'a, R>(pub(super) R, pub(super) &'a Meter<'a>);

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(buffer)?;
        self.1.unpack(n as u64)?;
        Ok(n)
    }
}
