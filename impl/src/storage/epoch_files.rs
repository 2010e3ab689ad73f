//! The handle on a server's data directory.

use super::data_dir::DataDir;
use super::disk::failed;
use super::lock::Lock;
use super::thread::Worker;
use super::{Storage, StorageError};
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid};
use crate::leadership::{Epochs, Stored};
use crate::learner_type::LearnerType;
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The epochs in a data directory, which nobody else can open before this is dropped.
///
/// Beside ZooKeeper's epoch files the directory has `fle.server`, which says whose it is and
/// whether the epochs are all that the server has promised, and `fle.lock`. A directory without
/// `fle.server` that has both epoch files is complete: ZooKeeper's is. One without any of them is
/// that of a server that is new, or that has lost everything.
#[derive(Debug)]
pub struct EpochFiles {
    data_dir: PathBuf,
    worker: Worker<DataDir>,
    /// Requests that are under way keep it, too.
    lock: Arc<Lock>,
}

impl EpochFiles {
    /// Those of this server in this data directory (`dataDir`), which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or another process or handle has it open.
    pub async fn open(
        data_dir: &Path,
        sid: Sid,
        ensemble: &Ensemble,
    ) -> Result<Self, StorageError> {
        let worker = Worker::start("fle-storage", DataDir::new(data_dir, sid, voters(ensemble)));
        let worker = worker.map_err(failed(data_dir, "start a thread for"))?;
        let lock = worker.run(DataDir::lock).await;
        let lock = lock.unwrap_or_else(|| Err(gone(data_dir)))?;
        Ok(Self {
            data_dir: data_dir.to_owned(),
            worker,
            lock: Arc::new(lock),
        })
    }

    /// Takes an operator's word that what is in this data directory is all that the server has
    /// promised; the epochs that are there, or 0. It is right in two cases only:
    /// - The directory was moved or copied while the server stood still, and has the latest that it
    ///   stored.
    /// - There are no epochs, and the server was never part of this ensemble.
    ///
    /// In any other case the server may break promises, and two servers lead in one epoch. The
    /// server does not run meanwhile.
    ///
    /// # Errors
    /// When the server runs, the directory is another server's, or what is in it cannot be true or
    /// is known to be old.
    pub async fn vouch(
        data_dir: &Path,
        sid: Sid,
        ensemble: &Ensemble,
    ) -> Result<Epochs, StorageError> {
        let files = Self::open(data_dir, sid, ensemble).await?;
        files.run(DataDir::vouch).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut DataDir) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let lock = Arc::clone(&self.lock);
        let work = move |directory: &mut DataDir| {
            let done = work(directory);
            drop(lock);
            done
        };
        let done = self.worker.run(work).await;
        done.unwrap_or_else(|| Err(gone(&self.data_dir)))
    }
}

fn gone(data_dir: &Path) -> StorageError {
    failed(data_dir, "work in the directory")(io::Error::other("its thread has ended"))
}

/// The voters of all configurations in force.
fn voters(ensemble: &Ensemble) -> BTreeSet<Sid> {
    let in_force = [Some(ensemble.committed()), ensemble.last_seen()];
    let servers = in_force.into_iter().flatten().flat_map(|it| it.servers());
    servers
        .filter(|server| server.learner_type() == LearnerType::Participant)
        .map(|server| server.sid())
        .collect()
}

impl Storage for EpochFiles {
    async fn load(&mut self) -> Result<Stored, StorageError> {
        self.run(DataDir::load).await
    }

    async fn store_accepted(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.run(move |it| it.store_accepted(epoch)).await
    }

    async fn store_current(&mut self, epoch: PeerEpoch) -> Result<(), StorageError> {
        self.run(move |it| it.store_current(epoch)).await
    }

    async fn store_promise(&mut self, length: Duration) -> Result<(), StorageError> {
        self.run(move |it| it.store_promise(length)).await
    }

    async fn store_known(&mut self) -> Result<(), StorageError> {
        self.run(DataDir::store_known).await
    }

    async fn store_ensemble(&mut self, ensemble: &Ensemble) -> Result<(), StorageError> {
        let voters = voters(ensemble);
        self.run(move |it| it.store_voters(voters)).await
    }
}

#[cfg(test)]
mod tests;
