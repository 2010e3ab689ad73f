//! Files of the store: written once, from the beginning to the end, and read the same way.
//!
//! Each is an LZ4 frame with a checksum for each block, so that a file that was altered is not
//! taken for what was written. How many bytes it has, and how many entries, is for the manifest to
//! say: a frame that ends too early can be one that ends.

use super::problem::Problem;
use crate::frame::system::Packed;
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// A file that is written, by its name in the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) name: String,
    pub(super) bytes: u64,
}

/// A file being written.
pub(super) struct Writer {
    path: PathBuf,
    name: String,
    frame: FrameEncoder<File>,
}

/// A file being read.
pub(super) struct Reader {
    path: PathBuf,
    frame: BufReader<FrameDecoder<BufReader<File>>>,
}

impl Writer {
    pub(super) fn create(folder: &Path, name: String) -> Result<Self, Problem> {
        let path = folder.join(&name);
        let file = File::create(&path).map_err(|error| Problem::writing(&path, error))?;
        let info = FrameInfo::new()
            .block_mode(BlockMode::Independent)
            .block_size(BlockSize::Max64KB)
            .block_checksums(true);
        let frame = FrameEncoder::with_frame_info(info, file);
        Ok(Self { path, name, frame })
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let written = self.frame.write_all(bytes);
        written.map_err(|error| Problem::writing(&self.path, error))
    }

    /// Bytes, and how many they are, which is few.
    pub(super) fn put_sized(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        let size = u16::try_from(bytes.len()).expect("no state is packed into so many bytes");
        self.put(&size.to_be_bytes())?;
        self.put(bytes)
    }

    /// From now on the file stays, whatever happens to the process or the system.
    pub(super) fn finish(self) -> Result<Stored, Problem> {
        let Self { path, name, frame } = self;
        let finish = || {
            let file = frame.finish()?;
            file.sync_all()?;
            file.metadata()
        };
        let metadata = finish().map_err(|error| Problem::writing(&path, error))?;
        let bytes = metadata.len();
        Ok(Stored { name, bytes })
    }
}

impl Reader {
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self, Problem> {
        let path = folder.join(name);
        let file = File::open(&path).map_err(|error| Problem::reading(&path, error))?;
        let frame = BufReader::new(FrameDecoder::new(BufReader::new(file)));
        Ok(Self { path, frame })
    }

    /// What is to be said of it where entries do not ascend.
    pub(super) fn out_of_order(&self) -> Problem {
        Problem::damaged(&self.path, "its entries are out of order")
    }

    /// What was packed, from its bytes.
    pub(super) fn unpack<T: Packed>(&self, bytes: &[u8]) -> Result<T, Problem> {
        borsh::from_slice(bytes).map_err(|error| Problem::reading(&self.path, error))
    }

    pub(super) fn take(&mut self, bytes: &mut [u8]) -> Result<(), Problem> {
        let read = self.frame.read_exact(bytes);
        read.map_err(|error| Problem::reading(&self.path, error))
    }

    pub(super) fn take_number(&mut self) -> Result<u64, Problem> {
        let mut bytes = [0; 8];
        self.take(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    pub(super) fn take_sized(&mut self, bytes: &mut Vec<u8>) -> Result<(), Problem> {
        let mut size = [0; 2];
        self.take(&mut size)?;
        bytes.resize(usize::from(u16::from_be_bytes(size)), 0);
        self.take(bytes)
    }
}
