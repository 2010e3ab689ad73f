//! What is no store of this search is refused in a line, and left as it is.

use crate::support::{check_in, command, files, folder, run, scenario};
use fle_model::frame::store::Problem;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Output;

const NAME: &str = "timely-oracle";

fn assert_refused(output: &Output, wanted: &[&str]) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("fle-model: "), "{error}");
    for wanted in wanted {
        assert!(error.contains(wanted), "{error}");
    }
    assert!(output.stdout.is_empty());
}

/// A store whose search was killed as soon as this layer was merged.
fn begun(folder: &Path) -> PathBuf {
    let store = folder.join("store");
    let mut process = command(&[NAME], &store).spawn().expect("the binary runs");
    let wanted = store.join("layer-6-states-0.lz4");
    let is_named = || {
        let manifest = fs::read_to_string(store.join("fle-model-store.json"));
        manifest.is_ok_and(|text| text.contains("layer-6-states-0.lz4")) && wanted.exists()
    };
    while !is_named() {
        assert!(process.try_wait().expect("it can be asked").is_none());
    }
    process.kill().expect("it can be killed");
    process.wait().expect("it ends");
    store
}

#[test]
fn a_store_of_another_search_is_refused() {
    let folder = folder();
    let store = folder.path().join("store");
    check_in(&store, scenario(NAME)).expect("a store");
    let before = files(&store);
    for (arguments, ours) in [
        (&["oracle"][..], "one of oracle:"),
        (
            &["timely-oracle", "--shard", "0/2"],
            "one of timely-oracle, shard 0/2:",
        ),
        (
            &["timely-oracle", "--mutant", "half-suffices"],
            "one of timely-oracle, mutant half-suffices:",
        ),
    ] {
        let output = run(arguments, &store);
        let whose = "holds a search of timely-oracle, and this is";
        assert_refused(&output, &[whose, ours, "name another folder"]);
    }
    assert_eq!(files(&store), before);
}

#[test]
fn a_store_is_of_one_scenario() {
    let folder = folder();
    let store = folder.path().join("store");
    let output = run(&["oracle", "timely-oracle"], &store);
    assert_refused(&output, &["a store is of one scenario"]);
    assert_refused(&run(&[], &store), &["not provided: <SCENARIO>"]);
    assert!(!store.exists());
}

#[test]
fn a_folder_with_other_things_in_it_is_refused_and_left() {
    let folder = folder();
    let notes = folder.path().join("layer-0-parents.lz4");
    fs::write(&notes, "mine").expect("a file");
    let output = run(&[NAME], folder.path());
    assert_refused(&output, &["is not empty, and holds no store"]);
    assert_eq!(files(folder.path()), ["layer-0-parents.lz4"]);
    assert_refused(&run(&[NAME], &notes), &["is no folder"]);
    assert_eq!(fs::read_to_string(&notes).expect("a file"), "mine");
    let nowhere = notes.join("store");
    assert_refused(
        &run(&[NAME], &nowhere),
        &["cannot use", "for a store: Not a directory"],
    );
}

/// Only names that the store gives are removed.
#[test]
fn files_of_others_in_a_store_stay() {
    let folder = folder();
    let store = begun(folder.path());
    for name in ["notes.txt", "layer-3-notes.lz4"] {
        fs::write(store.join(name), "mine").expect("a file");
    }
    fs::write(store.join("layer-3-candidates-77.lz4"), "left").expect("a file");
    check_in(&store, scenario(NAME)).expect("a store");
    let left = files(&store);
    assert!(left.contains(&"notes.txt".to_owned()));
    assert!(left.contains(&"layer-3-notes.lz4".to_owned()));
    assert!(!left.contains(&"layer-3-candidates-77.lz4".to_owned()));
}

#[test]
fn a_store_in_use_is_refused() {
    let folder = folder();
    let store = begun(folder.path());
    let lock = File::open(store.join("lock")).expect("a file");
    lock.lock().expect("nobody has it");
    assert_refused(&run(&[NAME], &store), &["is in use by another process"]);
    lock.unlock().expect("it is locked");
    check_in(&store, scenario(NAME)).expect("a store");
}

#[test]
fn a_file_that_is_shorter_or_missing_is_found_at_once() {
    let folder = folder();
    let store = begun(folder.path());
    for name in [
        "layer-2-fingerprints.lz4",
        "layer-3-parents.lz4",
        "layer-6-states-0.lz4",
    ] {
        let path = store.join(name);
        let whole = fs::read(&path).expect("a file");
        fs::write(&path, &whole[..whole.len() - 1]).expect("a file");
        let output = run(&[NAME], &store);
        assert_refused(
            &output,
            &[name, "is damaged (it has ", "begin anew, in another folder"],
        );
        fs::remove_file(&path).expect("a file");
        assert_refused(&run(&[NAME], &store), &[name, "is damaged (it is missing)"]);
        fs::write(&path, &whole).expect("a file");
    }
    check_in(&store, scenario(NAME)).expect("a store");
}

/// As long as it was, and otherwise not what it was: in the first block, and in how it is told.
#[test]
fn a_file_that_was_altered_is_found_when_it_is_read() {
    let folder = folder();
    let store = begun(folder.path());
    for name in ["layer-2-fingerprints.lz4", "layer-6-states-0.lz4"] {
        let path = store.join(name);
        let whole = fs::read(&path).expect("a file");
        for place in [0, 8, whole.len() / 2, whole.len() - 5] {
            let mut altered = whole.clone();
            altered[place] ^= 0x20;
            fs::write(&path, altered).expect("a file");
            assert_refused(&run(&[NAME], &store), &[name, "is damaged ("]);
        }
        fs::write(&path, &whole).expect("a file");
    }
    check_in(&store, scenario(NAME)).expect("a store");
}

#[test]
fn a_manifest_that_was_altered_is_refused() {
    let folder = folder();
    let store = begun(folder.path());
    let path = store.join("fle-model-store.json");
    let whole = fs::read_to_string(&path).expect("a manifest");
    let altered = whole.replacen("\"generated\": ", "\"generated\": 1", 1);
    let newer = whole.replacen("\"format\": 1", "\"format\": 2", 1);
    for (text, wanted) in [
        (
            altered,
            "fle-model-store.json is damaged (its checksum differs)",
        ),
        (
            newer,
            "is a store of format 2, and this program writes format 1",
        ),
        (String::new(), "fle-model-store.json is damaged (EOF"),
        (
            whole[..whole.len() / 2].to_owned(),
            "fle-model-store.json is damaged (EOF",
        ),
    ] {
        assert_ne!(text, whole);
        fs::write(&path, text).expect("a file");
        assert_refused(&run(&[NAME], &store), &[wanted]);
    }
    fs::write(&path, whole).expect("a file");
    check_in(&store, scenario(NAME)).expect("a store");
}

/// What the next manifest is written to is full, as a disk can be.
#[test]
#[cfg(target_os = "linux")]
fn nothing_is_lost_when_the_disk_is_full() {
    let folder = folder();
    let store = begun(folder.path());
    let new = store.join("fle-model-store.json.new");
    let _ = fs::remove_file(&new);
    std::os::unix::fs::symlink("/dev/full", &new).expect("a link");
    let output = run(&[NAME], &store);
    assert_refused(
        &output,
        &[
            "cannot write",
            "No space left on device",
            "the same command goes on with it",
        ],
    );
    fs::remove_file(&new).expect("a link");
    let report = check_in(&store, scenario(NAME)).expect("a store");
    assert!(report.exhausted && !report.pin_differs(), "{report}");
}

#[test]
fn problems_are_told_apart() {
    let folder = folder();
    fs::write(folder.path().join("notes"), "mine").expect("a file");
    let problem = check_in(folder.path(), scenario(NAME)).expect_err("it is refused");
    assert!(matches!(problem, Problem::Foreign(_)));
}
