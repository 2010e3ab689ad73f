//! Epochs in memory.

use super::{Storage, StorageError};
use crate::id::PeerEpoch;
use crate::leadership::{Epochs, Knowledge, Stored};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Epochs in memory, which outlive a member and not its process: for tests, simulations and
/// demonstrations. Clones share them.
///
/// By default it is a blank disk, whose server can vote when every other voter has said that it is
/// new as well. A server of which that is known begins with `InMemory::from(Epochs::default())`.
#[derive(Clone, Debug)]
pub struct InMemory(Arc<Mutex<Stored>>);

impl InMemory {
    /// What is stored.
    #[must_use]
    pub fn stored(&self) -> Stored {
        *self.disk()
    }

    /// Loses what is stored and puts something else in its place, as a disk that is lost or
    /// restored from a backup does; what was stored. A member sees it when it starts.
    pub fn replace(&self, stored: Stored) -> Stored {
        std::mem::replace(&mut self.disk(), stored)
    }

    fn disk(&self) -> MutexGuard<'_, Stored> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for InMemory {
    fn default() -> Self {
        Stored::BLANK.into()
    }
}

/// All that the server has promised.
impl From<Epochs> for InMemory {
    fn from(epochs: Epochs) -> Self {
        Stored::complete(epochs).into()
    }
}

impl From<Stored> for InMemory {
    fn from(stored: Stored) -> Self {
        Self(Arc::new(Mutex::new(stored)))
    }
}

impl Storage for InMemory {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        Ok(self.stored())
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        let mut disk = self.disk();
        disk.epochs.accepted = epoch;
        disk.knowledge = written(disk.knowledge);
        Ok(())
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        let mut disk = self.disk();
        disk.epochs.current = epoch;
        disk.knowledge = written(disk.knowledge);
        Ok(())
    }

    async fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        self.disk().promise = Some(length);
        Ok(())
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        self.disk().knowledge = Knowledge::Complete;
        Ok(())
    }
}

/// With an epoch on it, a disk is not blank any more.
fn written(knowledge: Knowledge) -> Knowledge {
    match knowledge {
        Knowledge::Blank => Knowledge::Lost,
        knowledge => knowledge,
    }
}
