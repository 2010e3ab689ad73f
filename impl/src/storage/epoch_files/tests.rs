//! The handle: who may have it, and what becomes of what was asked of it.

use super::*;
use crate::config::{DynamicConfig, Rules};
use crate::leadership::Knowledge;
use std::process::Command;
use std::sync::mpsc;
use tempfile::TempDir;
use tokio::sync::oneshot;

fn ensemble(text: &str) -> Ensemble {
    let config = DynamicConfig::parse(text, Rules::default()).unwrap();
    Ensemble::new(config, None, Rules::default())
}

const THREE: &str =
    "server.1=a:1:2\nserver.2=b:1:2:participant\nserver.3=c:1:2\nserver.4=d:1:2:observer";

async fn open(directory: &TempDir) -> Result<EpochFiles, StorageError> {
    let data_dir = directory.path().join("new/data");
    EpochFiles::open(&data_dir, Sid(1), &ensemble(THREE)).await
}

fn marker(directory: &TempDir) -> String {
    std::fs::read_to_string(directory.path().join("new/data/fle.server")).unwrap()
}

#[tokio::test]
async fn what_is_stored_is_there_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut files = open(&directory).await.unwrap();
    assert_eq!(files.load().await.unwrap(), Stored::BLANK);
    files.store_known().await.unwrap();
    files.store_accepted(PeerEpoch(7)).await.unwrap();
    files.store_current(PeerEpoch(6)).await.unwrap();
    let length = Duration::from_secs(3);
    files.store_promise(length).await.unwrap();
    drop(files);
    let mut again = open(&directory).await.unwrap();
    let stored = again.load().await.unwrap();
    assert_eq!(stored.knowledge, Knowledge::Complete);
    assert_eq!(stored.epochs.accepted, PeerEpoch(7));
    assert_eq!(stored.epochs.current, PeerEpoch(6));
    assert_eq!(stored.promise, Some(length));
}

#[tokio::test]
async fn only_voters_of_all_configurations_are_stored() {
    let directory = tempfile::tempdir().unwrap();
    let mut files = open(&directory).await.unwrap();
    files.load().await.unwrap();
    files.store_known().await.unwrap();
    assert!(marker(&directory).contains("\nvoters=1,2,3\n"));
    let config = |text: &str| DynamicConfig::parse(text, Rules::default()).unwrap();
    let next = config(&format!("{THREE}\nserver.5=e:1:2\nversion=1"));
    let joint = Ensemble::new(config(THREE), Some(next), Rules::default());
    files.store_ensemble(&joint).await.unwrap();
    assert!(marker(&directory).contains("\nvoters=1,2,3,5\n"));
}

#[tokio::test]
async fn one_handle_at_a_time_and_the_error_names_who_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let files = open(&directory).await.unwrap();
    let error = open(&directory).await.unwrap_err();
    let text = error.to_string();
    let holder = format!("fle.lock: process {}", std::process::id());
    assert!(text.contains(&holder), "{text}");
    let vouched = EpochFiles::vouch(&files.data_dir, Sid(1), &ensemble(THREE)).await;
    assert!(matches!(vouched, Err(StorageError::Locked { .. })));
    drop(files);
    open(&directory).await.unwrap();
}

#[tokio::test]
async fn a_lock_that_a_process_left_behind_is_none() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("new/data");
    std::fs::create_dir_all(&data_dir).unwrap();
    let path = data_dir.join("fle.lock");
    std::fs::write(
        &path,
        "pid=1\nhost=x\nsince=1\nand much more that was there",
    )
    .unwrap();
    let _files = open(&directory).await.unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let pid = format!("pid={}\n", std::process::id());
    assert!(text.starts_with(&pid) && !text.contains("more"), "{text}");
}

/// What holds a lock may say nothing, or nonsense.
#[tokio::test]
async fn a_holder_without_a_name_is_another_process() {
    let directory = tempfile::tempdir().unwrap();
    let _files = open(&directory).await.unwrap();
    let path = directory.path().join("new/data/fle.lock");
    for (text, words) in [
        ("", "another process uses"),
        ("\u{0}=x\npid", "another process uses"),
        ("pid=7\nsince=-1", "process 7 uses"),
        (
            "pid=7\nhost=h\nsince=99999999999",
            "process 7 on host h (for 0 s) uses",
        ),
        (
            "pid=7\nsince=18446744073709551615",
            "process 7 (for 0 s) uses",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = open(&directory).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("fle.lock: {words}")),
            "{text:?}: {error}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_a_lock_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("new/data");
    std::fs::create_dir_all(&data_dir).unwrap();
    let path = data_dir.join("fle.lock");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let error = open(&directory).await.unwrap_err().to_string();
    assert!(
        error.contains("fle.lock: cannot lock what is no file"),
        "{error}"
    );
}

/// A disk hangs: whoever waits can stop, the directory stays locked until the work is done, and
/// then it is free.
#[tokio::test]
async fn a_request_that_is_under_way_keeps_the_lock() {
    let directory = tempfile::tempdir().unwrap();
    let files = open(&directory).await.unwrap();
    let (begun, begins) = oneshot::channel();
    let (goes_on, hangs) = mpsc::channel();
    let (ended, ends) = oneshot::channel();
    {
        let request = files.run(move |directory| {
            begun.send(()).unwrap();
            hangs.recv().unwrap();
            directory.store_accepted(PeerEpoch(1))?;
            ended.send(()).unwrap();
            Ok(())
        });
        tokio::select! {
            _ = request => panic!("it hangs"),
            begun = begins => begun.unwrap(),
        }
    }
    drop(files);
    let error = open(&directory).await.unwrap_err();
    assert!(matches!(error, StorageError::Locked { .. }), "{error}");
    goes_on.send(()).unwrap();
    ends.await.unwrap();
    let mut files = loop {
        // From the end of the work to that of the lock is a moment.
        match open(&directory).await {
            Err(StorageError::Locked { .. }) => tokio::task::yield_now().await,
            opened => break opened.unwrap(),
        }
    };
    assert_eq!(files.load().await.unwrap().epochs.accepted, PeerEpoch(1));
}

/// Whoever resolves names on the runtime's other threads does not hold up a disk.
#[test]
fn a_runtime_whose_threads_are_all_taken_stores_all_the_same() {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.max_blocking_threads(1).build().unwrap();
    let (goes_on, hangs) = mpsc::channel::<()>();
    let taken = runtime.spawn_blocking(move || hangs.recv());
    let directory = tempfile::tempdir().unwrap();
    runtime.block_on(async {
        let mut files = open(&directory).await.unwrap();
        files.load().await.unwrap();
        files.store_accepted(PeerEpoch(1)).await.unwrap();
    });
    assert!(!taken.is_finished());
    goes_on.send(()).unwrap();
}

#[tokio::test]
async fn a_thread_that_has_died_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let mut files = open(&directory).await.unwrap();
    for _ in 0..2 {
        let died = files.run(|_| -> Result<(), StorageError> { panic!("on purpose") });
        let error = died.await.unwrap_err().to_string();
        assert!(error.contains("cannot work in the directory"), "{error}");
    }
    assert!(files.load().await.is_err());
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("new"), "a file").unwrap();
    let error = open(&directory).await.unwrap_err().to_string();
    assert!(error.contains("cannot make the directory"), "{error}");
    assert!(directory.path().join("new").is_file());
}
