//! A process that has no descriptor left stores epochs all the same. It is a process of its own, as
//! the limit is the process's.
#![cfg(feature = "net")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle::config::{DynamicConfig, Rules};
use fle::storage::{EpochFiles, Storage};
use fle::{Ensemble, PeerEpoch, Sid};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::fs::File;

#[tokio::test]
async fn epochs_are_stored_without_a_descriptor_left() {
    let directory = tempfile::tempdir().unwrap();
    let text = "server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2";
    let config = DynamicConfig::parse(text, Rules::default()).unwrap();
    let ensemble = Ensemble::new(config, None, Rules::default());
    let opened = EpochFiles::open(directory.path(), Sid(1), &ensemble).await;
    let mut files = opened.unwrap();
    files.load().await.unwrap();
    files.store_known().await.unwrap();
    let few = Rlimit {
        current: Some(64),
        ..getrlimit(Resource::Nofile)
    };
    setrlimit(Resource::Nofile, few).unwrap();
    let mut taken = vec![];
    let error = loop {
        match File::open("/dev/null") {
            Ok(file) => taken.push(file),
            Err(error) => break error,
        }
    };
    assert_eq!(error.raw_os_error(), Some(24), "EMFILE");
    // More often than there are descriptors in reserve.
    for epoch in 1..20 {
        files.store_accepted(PeerEpoch(epoch)).await.unwrap();
        files.store_current(PeerEpoch(epoch)).await.unwrap();
    }
    assert!(File::open("/dev/null").is_err(), "the reserve is kept");
    let stored = files.load().await.unwrap();
    assert_eq!(stored.epochs.accepted, PeerEpoch(19));
}
