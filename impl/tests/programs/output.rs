//! What the programs print, and where it cannot be printed.

use crate::support::{Ensemble, command, end, stderr};
use std::fs::File;
use std::process::Stdio;

#[test]
fn who_has_seen_enough_ends_nothing_in_a_panic() {
    let ensemble = Ensemble::new(3);
    let config = ensemble.config(1);
    for arguments in [
        ["check-config", config.to_str().unwrap()],
        ["local", "--servers=3"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut process = command().args(arguments).stdout(writer).spawn().unwrap();
        assert_eq!(end(&mut process).code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn output_that_is_lost_is_a_failure() {
    let ensemble = Ensemble::new(3);
    let config = ensemble.config(1);
    for arguments in [
        ["check-config", config.to_str().unwrap()],
        ["local", "--servers=3"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let process = command()
            .args(arguments)
            .stdout(full)
            .stderr(Stdio::piped())
            .spawn();
        let output = process.unwrap().wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let said = stderr(&output);
        assert!(said.starts_with("fle: standard output: "), "{said}");
    }
}
