//! Layers: written when what the layer before leads to is merged, then read again and again to know
//! what is not new.

use super::candidates::Candidate;
use super::file::{Reader, Stored, Writer};
use super::folder::name;
use super::manifest::{Chunk, Layer};
use super::problem::Problem;
use crate::frame::system::Packed;
use std::path::Path;

/// A layer being written.
pub(super) struct LayerWriter<'a> {
    folder: &'a Path,
    number: usize,
    /// How many states a chunk has.
    chunk_states: usize,
    states: usize,
    fingerprints: Writer,
    parents: Writer,
    chunk: Option<(usize, Writer)>,
    chunks: Vec<Chunk>,
}

impl<'a> LayerWriter<'a> {
    pub(super) fn create(
        folder: &'a Path,
        number: usize,
        chunk_states: usize,
    ) -> Result<Self, Problem> {
        Ok(Self {
            folder,
            number,
            chunk_states,
            states: 0,
            fingerprints: Writer::create(folder, name(number, "fingerprints"))?,
            parents: Writer::create(folder, name(number, "parents"))?,
            chunk: None,
            chunks: Vec::new(),
        })
    }

    pub(super) fn put(&mut self, candidate: Candidate<'_>) -> Result<(), Problem> {
        let Candidate {
            fingerprint,
            parent,
            packed,
        } = candidate;
        self.states += 1;
        self.fingerprints.put(&fingerprint.to_be_bytes())?;
        self.parents.put(&parent.to_be_bytes())?;
        let (states, writer) = match &mut self.chunk {
            Some(chunk) => chunk,
            None => {
                let name = name(self.number, &format!("states-{}", self.chunks.len()));
                let writer = Writer::create(self.folder, name)?;
                self.chunk.insert((0, writer))
            }
        };
        *states += 1;
        writer.put_sized(packed)?;
        if *states == self.chunk_states {
            self.end_chunk()?;
        }
        Ok(())
    }

    fn end_chunk(&mut self) -> Result<(), Problem> {
        if let Some((states, writer)) = self.chunk.take() {
            let packed = writer.finish()?;
            self.chunks.push(Chunk { states, packed });
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(Layer, Vec<Chunk>), Problem> {
        self.end_chunk()?;
        let layer = Layer {
            states: self.states,
            fingerprints: self.fingerprints.finish()?,
            parents: self.parents.finish()?,
        };
        Ok((layer, self.chunks))
    }
}

/// The states of a chunk, one after the other.
pub(super) struct ChunkReader {
    reader: Reader,
    left: usize,
    packed: Vec<u8>,
}

impl ChunkReader {
    pub(super) fn open(folder: &Path, chunk: &Chunk) -> Result<Self, Problem> {
        Ok(Self {
            reader: Reader::open(folder, &chunk.packed.name)?,
            left: chunk.states,
            packed: Vec::new(),
        })
    }

    pub(super) fn next<T: Packed>(&mut self) -> Result<Option<T>, Problem> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.reader.take_sized(&mut self.packed)?;
        self.reader.unpack(&self.packed).map(Some)
    }
}

/// Numbers of a file, as many as the manifest says there are.
struct Numbers {
    reader: Reader,
    left: usize,
}

impl Numbers {
    fn open(folder: &Path, file: &Stored, count: usize) -> Result<Self, Problem> {
        let reader = Reader::open(folder, &file.name)?;
        Ok(Self {
            reader,
            left: count,
        })
    }

    fn next(&mut self) -> Result<Option<u64>, Problem> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.reader.take_number().map(Some)
    }
}

/// The fingerprints of all layers. They are asked for in ascending order.
pub(super) struct Known(Vec<(Option<u64>, Numbers)>);

impl Known {
    pub(super) fn open(folder: &Path, layers: &[Layer]) -> Result<Self, Problem> {
        let open = |layer: &Layer| {
            let mut numbers = Numbers::open(folder, &layer.fingerprints, layer.states)?;
            Ok((numbers.next()?, numbers))
        };
        layers.iter().map(open).collect::<Result<_, _>>().map(Self)
    }

    /// Whether this state is in a layer.
    pub(super) fn contains(&mut self, fingerprint: u64) -> Result<bool, Problem> {
        for (next, numbers) in &mut self.0 {
            while let Some(known) = *next {
                if known == fingerprint {
                    return Ok(true);
                }
                if known > fingerprint {
                    break;
                }
                *next = numbers.next()?;
                if next.is_some_and(|next| next <= known) {
                    return Err(numbers.reader.out_of_order());
                }
            }
        }
        Ok(false)
    }
}

/// The parent of a state of the layer.
pub(super) fn parent(folder: &Path, layer: &Layer, fingerprint: u64) -> Result<u64, Problem> {
    let mut fingerprints = Numbers::open(folder, &layer.fingerprints, layer.states)?;
    let mut parents = Numbers::open(folder, &layer.parents, layer.states)?;
    while let (Some(state), Some(parent)) = (fingerprints.next()?, parents.next()?) {
        if state == fingerprint {
            return Ok(parent);
        }
    }
    let path = folder.join(&layer.fingerprints.name);
    Err(Problem::damaged(
        &path,
        "a state that it should have is not there",
    ))
}
