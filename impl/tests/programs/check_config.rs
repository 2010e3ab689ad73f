//! `fle check-config`.

use crate::support::{Ensemble, fle, stderr, stdout};
use std::process::Output;

fn check(ensemble: &Ensemble, servers: &[usize]) -> Output {
    let files = servers
        .iter()
        .map(|&sid| ensemble.config(sid).into_os_string());
    fle(std::iter::once("check-config".into()).chain(files))
}

#[test]
fn servers_that_agree_are_all_well() {
    let ensemble = Ensemble::new(3);
    let output = check(&ensemble, &[1, 2, 3]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    let (_, first) = lines[0].split_once(": server 1, ").unwrap();
    let (_, second) = lines[1].split_once(": server 2, ").unwrap();
    assert_eq!(first, second, "the same ensemble and digest");
    assert!(first.starts_with(
        "participant; 3 participants, 0 observers; configuration of version 0, digest "
    ));
}

#[test]
fn mistakes_are_told_with_line_and_remedy() {
    let ensemble = Ensemble::new(3);
    ensemble.edit(2, "syncLimit=5", "syncLimit=0");
    let output = check(&ensemble, &[1, 2]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("2/zoo.cfg:4: syncLimit: a limit of 0 ticks passes at once; write how many"),
        "{text}"
    );
    assert!(
        text.contains("1/zoo.cfg: server 1, participant"),
        "the other is told too: {text}"
    );
    assert!(
        stderr(&output).contains("1 of these"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn servers_that_know_different_ensembles_are_told() {
    let ensemble = Ensemble::new(3);
    ensemble.edit(3, "server.2=127.0.0.1", "server.2=127.0.0.2");
    ensemble.edit(
        3,
        "tickTime=2000",
        "tickTime=3000\nmultiAddress.enabled=true",
    );
    let output = check(&ensemble, &[1, 2, 3]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("3/zoo.cfg: server.2 is 127.0.0.2:"), "{text}");
    assert!(
        text.contains("3/zoo.cfg: multiAddress.enabled is true, and false in "),
        "{text}"
    );
    assert!(
        text.contains("3/zoo.cfg: warning: tickTime is 3000, and 2000 in "),
        "{text}"
    );
    assert!(!text.contains("2/zoo.cfg: server."), "{text}");
    assert!(
        stderr(&output).contains("2 of these"),
        "{}",
        stderr(&output)
    );

    ensemble.edit(3, "server.2=127.0.0.2", "server.2=127.0.0.1");
    ensemble.edit(3, "multiAddress.enabled=true", "");
    let output = check(&ensemble, &[1, 3]);
    assert_eq!(output.status.code(), Some(0), "a warning is no mistake");
}

#[test]
fn two_servers_with_one_id_are_told() {
    let ensemble = Ensemble::new(2);
    std::fs::write(ensemble.data(2).join("myid"), "1").unwrap();
    let output = check(&ensemble, &[1, 2]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("2/zoo.cfg: server 1 is "), "{text}");
    assert!(
        text.contains("give each server a dataDir with a myid of its own"),
        "{text}"
    );
}

#[test]
fn a_file_that_is_not_there_is_bad_usage() {
    let ensemble = Ensemble::new(1);
    let output = check(&ensemble, &[1, 9]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("9/zoo.cfg: "),
        "{}",
        stderr(&output)
    );
    assert_eq!(fle(["check-config"]).status.code(), Some(2));
}
