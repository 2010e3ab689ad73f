//! A server's disk: epochs in memory, which may be lost or replaced by an older copy, and a disk's
//! troubles.

use crate::trouble::Trouble;
use fle::PeerEpoch;
use fle::leadership::{Epochs, Knowledge, Stored};
use fle::storage::{InMemory, Storage, StorageError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A disk. Clones are the same.
#[derive(Clone)]
pub(crate) struct Disk {
    stored: InMemory,
    /// What was on it before each change, as backups have it.
    copies: Arc<Mutex<Vec<Stored>>>,
    pub(crate) trouble: Trouble,
    /// Whether what fails, or was not answered when the server died, is on the disk all the same.
    keeps: Arc<Mutex<bool>>,
}

/// What becomes of a disk whose server is down.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// Nothing is left.
    Everything,
    /// The epochs are gone, and something is left that says that there were some.
    Epochs,
    /// An older copy is in its place, which is noticed.
    Restored,
}

/// What is stored.
#[derive(Clone, Copy)]
enum Change {
    Accepted(PeerEpoch),
    Current(PeerEpoch),
    Promise(Duration),
    Known,
}

impl Disk {
    pub(crate) fn new(stored: Stored) -> Self {
        Self {
            stored: stored.into(),
            copies: Arc::default(),
            trouble: Trouble::default(),
            keeps: Arc::default(),
        }
    }

    /// Whether what is on it is all that the server has promised.
    pub(crate) fn is_whole(&self) -> bool {
        self.stored.stored().knowledge == Knowledge::Complete
    }

    pub(crate) fn stored(&self) -> Stored {
        self.stored.stored()
    }

    /// The server is down.
    pub(crate) fn lose(&self, loss: Loss, rng: &mut fastrand::Rng) {
        let before = self.stored.stored();
        let copies = self.copies.lock().unwrap();
        let epochs = match loss {
            Loss::Everything | Loss::Epochs => Epochs::default(),
            Loss::Restored => rng.choice(&*copies).unwrap_or(&before).epochs,
        };
        let (knowledge, promise) = match loss {
            Loss::Everything => (Knowledge::Blank, None),
            Loss::Epochs | Loss::Restored => (Knowledge::Lost, before.promise),
        };
        self.stored.replace(Stored {
            epochs,
            knowledge,
            promise,
        });
    }

    pub(crate) fn set_keeps(&self, keeps: bool) {
        *self.keeps.lock().unwrap() = keeps;
    }

    /// Stores something, in whatever trouble the disk is.
    async fn store(&mut self, change: Change) -> Result<(), StorageError> {
        let before = self.stored.stored();
        let early = *self.keeps.lock().unwrap();
        if early {
            change.apply(&mut self.stored).await?;
        }
        self.pass("store").await?;
        if !early {
            change.apply(&mut self.stored).await?;
        }
        self.copies.lock().unwrap().push(before);
        Ok(())
    }

    async fn pass(&self, doing: &'static str) -> Result<(), StorageError> {
        let passed = self.trouble.pass().await;
        passed.map_err(|source| StorageError::Io {
            path: "disk".into(),
            doing,
            source,
        })
    }
}

impl Change {
    async fn apply(self, disk: &mut InMemory) -> Result<(), StorageError> {
        match self {
            Self::Accepted(epoch) => disk.store_accepted(epoch).await,
            Self::Current(epoch) => disk.store_current(epoch).await,
            Self::Promise(length) => disk.store_promise(length).await,
            Self::Known => disk.store_known().await,
        }
    }
}

impl Storage for Disk {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        self.pass("load").await?;
        self.stored.load().await
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.store(Change::Accepted(epoch)).await
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.store(Change::Current(epoch)).await
    }

    async fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        self.store(Change::Promise(length)).await
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        self.store(Change::Known).await
    }
}
