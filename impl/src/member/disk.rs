//! A member's disk: what is stored on it, for as long as it answers.
//!
//! Invariant: nothing waits for the disk longer than a leader may take to be established. What was
//! given up may still be done later, and what the disk says then is asked first.

use crate::ensemble::Ensemble;
use crate::leadership::{Effect, Stored};
use crate::storage::{Storage, StorageError};
use std::time::Duration;
use tokio::time::timeout;

pub(super) struct Disk<S> {
    storage: S,
    limit: Duration,
}

impl<S: Storage> Disk<S> {
    pub(super) fn new(storage: S, limit: Duration) -> Self {
        Self { storage, limit }
    }

    pub(super) async fn load(&mut self) -> Result<Stored, StorageError> {
        in_time(self.limit, self.storage.load()).await
    }

    /// Stores what an effect says, if it says anything of the kind.
    pub(super) async fn store(&mut self, effect: Effect) -> Result<(), StorageError> {
        let (storage, limit) = (&mut self.storage, self.limit);
        match effect {
            Effect::StoreAccepted(epoch) => in_time(limit, storage.store_accepted(epoch)).await,
            Effect::StoreCurrent(epoch) => in_time(limit, storage.store_current(epoch)).await,
            Effect::StorePromise(length) => in_time(limit, storage.store_promise(length)).await,
            Effect::StoreKnown => in_time(limit, storage.store_known()).await,
            Effect::Ask(_)
            | Effect::Connect(_)
            | Effect::Doubt { .. }
            | Effect::Send { .. }
            | Effect::Close { .. }
            | Effect::Established(_)
            | Effect::Quit(_) => Ok(()),
        }
    }

    pub(super) async fn store_ensemble(&mut self, ensemble: &Ensemble) -> Result<(), StorageError> {
        in_time(self.limit, self.storage.store_ensemble(ensemble)).await
    }
}

async fn in_time<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, StorageError> {
    let done = timeout(limit, work).await;
    done.unwrap_or(Err(StorageError::Hangs { limit }))
}
