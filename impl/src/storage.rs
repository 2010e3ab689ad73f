//! Where a server keeps its epochs, so that a promise outlives its process and its machine's power.
//!
//! | file | what it knows |
//! |---|---|
//! | `memory` | [`InMemory`]: for tests, simulations and demonstrations |
//! | `epoch_files` | [`EpochFiles`]: the handle on a data directory |
//! | `thread` | the one thread that does all work on a disk |
//! | `lock` | that one process at a time uses a data directory |
//! | `data_dir` | what the files of a data directory say, and in which order they are written |
//! | `marker` | whose data directory it is, and whether its epochs are all that was promised |
//! | `disk` | reading within bounds and replacing durably, with descriptors in reserve |
//! | `error` | [`StorageError`] |
//!
//! Source: `QuorumPeer.writeLongToFile` with `AtomicFileOutputStream`, and `loadDataBase`. The
//! epoch files are ZooKeeper's: `version-2/acceptedEpoch` and `version-2/currentEpoch` in the data
//! directory, each a decimal number.
//!
//! # Invariants
//! - When a method returns, what it stored survives; until then the old value does.
//! - A server that cannot know what it has promised is told so
//!   ([`Knowledge`](crate::leadership::Knowledge)). What it is given while a leader takes it in
//!   counts as all that it has promised only after [`Storage::store_known`].
//! - No work on a disk is done on a thread that does anything else, so that nothing but the epochs
//!   waits for a slow disk, and the epochs wait for nothing but the disk.
//!
//! # Deliberately absent
//! Any default for a file that cannot be read or is missing: ZooKeeper takes the epoch of its last
//! transaction. Any defence against a disk that goes back as a whole, as a virtual machine's
//! snapshot does: nothing on the disk can tell.

mod data_dir;
mod disk;
mod epoch_files;
mod error;
mod lock;
mod marker;
mod memory;
mod thread;

pub use epoch_files::EpochFiles;
pub use error::StorageError;
pub use memory::InMemory;

use crate::ensemble::Ensemble;
use crate::id::PeerEpoch;
use crate::leadership::Stored;
use std::time::Duration;

/// What a server writes before it answers.
///
/// [`Storage::load`] comes first. An error means that nothing is known to be stored: the server
/// stops relying on what it had in memory, and begins again with what [`Storage::load`] says.
pub trait Storage: Send + 'static {
    /// What was stored last, and whether that is all that the server has promised.
    ///
    /// # Errors
    /// When it cannot be read, or cannot be true.
    fn load(&mut self) -> impl Future<Output = Result<Stored, StorageError>> + Send;

    /// Stores the accepted epoch, durably.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_accepted(
        &mut self,
        epoch: PeerEpoch,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores the current epoch, durably.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_current(
        &mut self,
        epoch: PeerEpoch,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores, durably, how long the server's promises are from now on.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_promise(
        &mut self,
        length: Duration,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores, durably, that what is stored is all that the server has promised; of a server that
    /// has stored no epoch, 0.
    ///
    /// # Errors
    /// When that is not certain.
    fn store_known(&mut self) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Stores whose ensemble the server is in from now on, if the storage compares that at the next
    /// start.
    ///
    /// # Errors
    /// When that is not certain. No promise depends on it.
    fn store_ensemble(
        &mut self,
        ensemble: &Ensemble,
    ) -> impl Future<Output = Result<(), StorageError>> + Send {
        let _ = ensemble;
        async { Ok(()) }
    }
}
