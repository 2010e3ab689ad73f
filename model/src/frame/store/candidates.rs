//! The states that steps lead to, new or not: gathered in memory, written in runs, merged.
//!
//! A run is in ascending order of fingerprints, each of them once. Of the states that lead to one,
//! the one with the least fingerprint is its parent.

use super::file::{Reader, Writer};
use super::manifest::Run;
use super::problem::Problem;
use crate::frame::system::Packed;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::Path;

/// A state that a step leads to.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) fingerprint: u64,
    /// The fingerprint of the state before; 0 of an initial state.
    pub(super) parent: u64,
    pub(super) packed: &'a [u8],
}

/// Candidates in memory.
#[derive(Default)]
pub(super) struct Candidates {
    places: Vec<Place>,
    packed: Vec<u8>,
}

/// Where a candidate is.
struct Place {
    fingerprint: u64,
    parent: u64,
    start: usize,
    end: usize,
}

impl Candidates {
    pub(super) fn push(&mut self, fingerprint: u64, parent: u64, state: &impl Packed) {
        let start = self.packed.len();
        borsh::to_writer(&mut self.packed, state).expect("memory takes it, and places are small");
        self.places.push(Place {
            fingerprint,
            parent,
            start,
            end: self.packed.len(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.packed.len() + self.places.len() * size_of::<Place>()
    }

    /// Writes them, and begins anew.
    pub(super) fn write(&mut self, folder: &Path, name: String) -> Result<Run, Problem> {
        let order = |place: &Place| (place.fingerprint, place.parent);
        self.places.sort_unstable_by_key(order);
        self.places.dedup_by_key(|place| place.fingerprint);
        let mut run = RunWriter::create(folder, name)?;
        for place in self.places.drain(..) {
            run.put(Candidate {
                fingerprint: place.fingerprint,
                parent: place.parent,
                packed: &self.packed[place.start..place.end],
            })?;
        }
        self.packed.clear();
        run.finish()
    }
}

struct RunWriter {
    writer: Writer,
    candidates: usize,
}

impl RunWriter {
    fn create(folder: &Path, name: String) -> Result<Self, Problem> {
        let writer = Writer::create(folder, name)?;
        Ok(Self {
            writer,
            candidates: 0,
        })
    }

    fn put(&mut self, candidate: Candidate<'_>) -> Result<(), Problem> {
        let Candidate {
            fingerprint,
            parent,
            packed,
        } = candidate;
        self.candidates += 1;
        self.writer.put(&fingerprint.to_be_bytes())?;
        self.writer.put(&parent.to_be_bytes())?;
        self.writer.put_sized(packed)
    }

    fn finish(self) -> Result<Run, Problem> {
        let Self { writer, candidates } = self;
        let packed = writer.finish()?;
        Ok(Run { candidates, packed })
    }
}

/// A run being read, with the candidate that comes next.
struct RunReader {
    reader: Reader,
    left: usize,
    fingerprint: u64,
    parent: u64,
    packed: Vec<u8>,
}

impl RunReader {
    fn open(folder: &Path, run: &Run) -> Result<Self, Problem> {
        Ok(Self {
            reader: Reader::open(folder, &run.packed.name)?,
            left: run.candidates,
            fingerprint: 0,
            parent: 0,
            packed: Vec::new(),
        })
    }

    /// Goes on to the next; whether there is one.
    fn advance(&mut self) -> Result<bool, Problem> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        let before = self.fingerprint;
        self.fingerprint = self.reader.take_number()?;
        if self.fingerprint <= before {
            return Err(self.reader.out_of_order());
        }
        self.parent = self.reader.take_number()?;
        self.reader.take_sized(&mut self.packed)?;
        Ok(true)
    }
}

/// Hands on the candidates of all runs, ascending, each of them once.
pub(super) fn merge(
    folder: &Path,
    runs: &[Run],
    mut each: impl FnMut(Candidate<'_>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut readers = Vec::new();
    let mut next = BinaryHeap::new();
    for (number, run) in runs.iter().enumerate() {
        let mut reader = RunReader::open(folder, run)?;
        if reader.advance()? {
            next.push(Reverse((reader.fingerprint, reader.parent, number)));
        }
        readers.push(reader);
    }
    let mut last = None;
    while let Some(mut least) = next.peek_mut() {
        let Reverse((fingerprint, parent, number)) = *least;
        let reader = &mut readers[number];
        if last.replace(fingerprint) != Some(fingerprint) {
            each(Candidate {
                fingerprint,
                parent,
                packed: &reader.packed,
            })?;
        }
        match reader.advance()? {
            true => *least = Reverse((reader.fingerprint, reader.parent, number)),
            false => _ = PeekMut::pop(least),
        }
    }
    Ok(())
}

/// Several runs as one.
pub(super) fn joined(folder: &Path, runs: &[Run], name: String) -> Result<Run, Problem> {
    let mut joined = RunWriter::create(folder, name)?;
    merge(folder, runs, |candidate| joined.put(candidate))?;
    joined.finish()
}
