//! A trace is written as recorders write it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle_model::election::trace::format::{Trace, TraceError};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

#[test]
fn what_is_read_is_written_again_byte_by_byte() {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy.jsonl");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance/traces");
    for original in Trace::files(&kept).unwrap() {
        Trace::read(&original).unwrap().write(&copy).unwrap();
        let (copied, text) = (
            fs::read_to_string(&copy).unwrap(),
            fs::read_to_string(&original).unwrap(),
        );
        assert_eq!(copied, text, "{}", original.display());
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../conformance/traces/wins-a-majority-election.jsonl");
    let nowhere = Path::new("/nowhere/trace.jsonl");
    let error = Trace::read(&kept).unwrap().write(nowhere).unwrap_err();
    assert!(matches!(error, TraceError::Write { .. }));
    assert!(
        error
            .to_string()
            .starts_with("cannot write /nowhere/trace.jsonl: ")
    );
}
