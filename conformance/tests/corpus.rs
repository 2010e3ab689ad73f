//! Every trace that is at hand: those kept in this repository, and the shared corpus where it lies
//! beside it.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use fle_conformance::describe;
use fle_conformance::replay::replay;
use fle_model::election::trace::format::Trace;
use std::path::Path;

fn all_pass(folder: &Path) {
    for file in Trace::files(folder).unwrap() {
        let trace = Trace::read(&file).unwrap();
        assert!(!trace.steps.is_empty(), "{}", file.display());
        if let Some(difference) = replay(&trace).unwrap() {
            let text = describe::difference(&difference);
            panic!("{} at step {}:\n{text}", file.display(), difference.step);
        }
    }
}

#[test]
fn kept_traces_pass() {
    all_pass(&Path::new(env!("CARGO_MANIFEST_DIR")).join("traces"));
}

#[test]
fn the_shared_corpus_passes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/traces");
    if corpus.is_dir() {
        all_pass(&corpus);
    } else {
        println!("skipped: no shared corpus at {}", corpus.display());
    }
}
