//! `fle serve`, and `fle status` beside it.

use crate::support::{Ensemble, fle, stderr, stdout, until};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn servers_elect_and_replace_a_leader_that_is_killed() {
    let ensemble = Ensemble::new(3);
    let one = ensemble.serve(1, &[]);
    let two = ensemble.serve(2, &["--log", "json"]);
    let mut three = ensemble.serve(3, &[]);
    one.settles("following", 3);
    two.settles("following", 3);
    three.settles("leading", 3);

    until(|| two.status()["established_epoch"] == 1);
    let status = two.status();
    assert_eq!(status["sid"], 2);
    assert_eq!(status["epoch"], 1, "that of its leader's establishment");
    assert_eq!(status["proposal"]["leader"], 3);
    assert_eq!(status["peers"]["1"]["link"], "up");
    assert!(status["round"].as_i64().unwrap() >= 1);
    assert!(status["last_election_ms"].as_f64().unwrap() > 0.0);

    three.process.kill().unwrap();
    one.settles("following", 2);
    two.settles("leading", 2);
    until(|| one.status()["established_epoch"] == 2);
    let status = two.status();
    assert_eq!(status["peers"]["3"]["link"], "unreachable");
    assert!(
        ensemble
            .log(1)
            .contains("looks for a leader again: the leader is not connected any more")
    );

    let three = ensemble.serve(3, &[]);
    three.settles("following", 2);
    until(|| three.status()["established_epoch"] == 2);
    for (file, epoch) in [("acceptedEpoch", "2"), ("currentEpoch", "2")] {
        let stored = std::fs::read_to_string(ensemble.data(3).join("version-2").join(file));
        assert_eq!(stored.unwrap(), epoch);
    }
    for line in ensemble.log(2).lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(event["message"].is_string(), "{line}");
    }
}

#[test]
fn a_leader_without_a_quorum_looks_again() {
    let ensemble = Ensemble::new(3);
    let two = ensemble.serve(2, &[]);
    let three = ensemble.serve(3, &[]);
    three.settles("leading", 3);
    two.settles("following", 3);
    until(|| three.status()["established_epoch"] == 1);
    drop(two);
    until(|| three.status()["state"] == "looking");
    assert_eq!(three.status()["leader"], serde_json::Value::Null);
    assert_eq!(three.status()["established_epoch"], serde_json::Value::Null);
    assert!(
        ensemble
            .log(3)
            .contains("too few voters follow this leader")
    );
}

#[test]
fn the_endpoints_say_what_they_should() {
    let ensemble = Ensemble::new(2);
    let one = ensemble.serve(1, &[]);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    assert_eq!(one.status()["state"], "looking", "and healthy all the same");
    let two = ensemble.serve(2, &[]);
    two.settles("leading", 2);
    until(|| {
        one.get("/metrics")
            .unwrap()
            .contains("election_time_count 1\n")
    });
    let metrics = one.get("/metrics").unwrap();
    for line in [
        "looking_count 1\n",
        "quorum_size 2\n",
        "fle_peer_up{peer=\"2\"} 1\n",
        "leader_uptime 0\n",
    ] {
        assert!(metrics.contains(line), "{line}{metrics}");
    }
    let uptime = || {
        let metrics = two.get("/metrics").unwrap();
        let line = metrics
            .lines()
            .find_map(|line| line.strip_prefix("leader_uptime "));
        line.unwrap().parse::<f64>().unwrap()
    };
    until(|| uptime() > 0.0);
    assert!(
        two.get("/metrics")
            .unwrap()
            .contains("synced_followers 1\n")
    );
    until(|| {
        one.get("/metrics")
            .unwrap()
            .contains("unavailable_time_count 1\n")
    });
    assert_eq!(one.get("/nothing"), None);
}

#[test]
fn the_best_epoch_on_disk_wins() {
    let ensemble = Ensemble::new(2);
    put_epochs(&ensemble.data(1).join("version-2"), "7\n", "7\n");
    let one = ensemble.serve(1, &[]);
    let two = ensemble.serve(2, &[]);
    one.settles("leading", 1);
    two.settles("following", 1);
    until(|| two.status()["established_epoch"] == 8);
    assert_eq!(two.status()["proposal"]["zxid"], "0x700000000");
}

#[test]
fn status_tells_what_runs_and_what_does_not() {
    let ensemble = Ensemble::new(2);
    let (first, second) = (ensemble.config(1), ensemble.config(2));
    let ask = |path: &Path| fle(["status", "--config", path.to_str().unwrap()]);
    let nobody = ask(&first);
    assert_eq!(nobody.status.code(), Some(1));
    assert!(stderr(&nobody).contains("start it with `fle serve`"));

    let one = ensemble.serve(1, &[]);
    let two = ensemble.serve(2, &["--http", "127.0.0.1:0"]);
    one.settles("following", 2);
    two.settles("leading", 2);
    until(|| one.status()["established_epoch"] == 1);
    let answer = ask(&first);
    assert_eq!(answer.status.code(), Some(0));
    assert!(
        stdout(&answer).starts_with("server 1 follows 2\nround "),
        "{}",
        stdout(&answer)
    );
    assert!(stdout(&answer).contains("peer 2: connected\n"));
    assert!(stdout(&answer).contains("\nestablished in epoch 1\n"));
    let address = std::fs::read_to_string(two.address_file()).unwrap();
    let answer = fle(["status", "--http", address.trim()]);
    assert!(stdout(&answer).starts_with("server 2 leads\n"));

    // What a killed server leaves behind may name another's address.
    std::fs::copy(two.address_file(), one.address_file()).unwrap();
    let answer = ask(&first);
    assert_eq!(answer.status.code(), Some(1));
    assert!(stderr(&answer).contains("now runs server 2"));

    let file = two.address_file().to_owned();
    assert_eq!(two.stop(), Some(0));
    assert!(!file.exists());
    assert_eq!(ask(&second).status.code(), Some(1));
    let answer = fle(["status", "--http", address.trim()]);
    assert_eq!(answer.status.code(), Some(1));
    assert!(stderr(&answer).contains("is it running?"));
}

/// Runs a server that cannot start; what it says.
fn refused(ensemble: &Ensemble, arguments: &[&str]) -> String {
    let before = ensemble.log(1).len();
    let mut server = ensemble.serve(1, arguments);
    let mut end = None;
    until(|| {
        end = server.process.try_wait().unwrap();
        end.is_some()
    });
    let said = ensemble.log(1).split_off(before);
    assert_eq!(end.unwrap().code(), Some(2), "{said}");
    said
}

#[test]
fn what_cannot_be_served_is_refused_with_a_reason() {
    let ensemble = Ensemble::new(1);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = refused(&ensemble, &["--http", &address]);
    assert!(said.contains(&format!("--http {address}: ")), "{said}");

    ensemble.edit(1, "initLimit", "sslQuorum=true\ninitLimit");
    let said = refused(&ensemble, &[]);
    assert!(
        said.contains("sslQuorum is set, and fle does not support it"),
        "{said}"
    );
    ensemble.edit(1, "sslQuorum=true", "tickTine=1");
    ensemble.edit(1, "initLimit=10", "initLimit=ten");
    let said = refused(&ensemble, &[]);
    assert!(
        said.contains("zoo.cfg:4: initLimit: \"ten\" is not a number"),
        "{said}"
    );
    std::fs::remove_file(ensemble.config(1)).unwrap();
    assert!(refused(&ensemble, &[]).contains("cannot be read"));
}

/// What makes an epoch file one that says nothing.
#[derive(Clone, Copy, Debug)]
enum Harm {
    Text(&'static str),
    Missing,
    /// Whoever is root may read any file, but no directory as one.
    Unreadable,
    Pipe,
}

/// One clear line names the file and says what to do; whoever does not do it finds the directory as
/// it was.
#[test]
fn epochs_that_cannot_be_relied_on_are_refused_and_left_alone() {
    for ensemble in [Ensemble::blank(3), Ensemble::new(3)] {
        let folder = ensemble.data(1).join("version-2");
        std::fs::create_dir_all(&folder).unwrap();
        for file in ["acceptedEpoch", "currentEpoch"] {
            for (harm, reason) in [
                (Harm::Text("many"), "\"many\" is not an epoch; remove"),
                (Harm::Text(""), "\"\" is not an epoch; remove"),
                (
                    Harm::Missing,
                    "is missing, and the other epoch file is there; remove",
                ),
                (Harm::Unreadable, "cannot read: it is a directory"),
                (Harm::Pipe, "cannot read: it is a pipe"),
            ] {
                put_epochs(&folder, "7", "6");
                std::fs::remove_file(folder.join(file)).unwrap();
                do_harm(&folder.join(file), harm);
                is_refused(&ensemble, &folder.join(file), reason);
                std::fs::remove_dir_all(&folder).unwrap();
                std::fs::create_dir(&folder).unwrap();
            }
        }
        put_epochs(&folder, "6", "7");
        let reason = "the current epoch 7 is greater than the accepted epoch 6, so one of the files is from another time; remove";
        is_refused(&ensemble, &folder.join("acceptedEpoch"), reason);
    }
}

fn put_epochs(folder: &Path, accepted: &str, current: &str) {
    std::fs::write(folder.join("acceptedEpoch"), accepted).unwrap();
    std::fs::write(folder.join("currentEpoch"), current).unwrap();
}

fn do_harm(file: &Path, harm: Harm) {
    match harm {
        Harm::Text(text) => std::fs::write(file, text).unwrap(),
        Harm::Missing => {}
        Harm::Unreadable => std::fs::create_dir(file).unwrap(),
        Harm::Pipe => {
            let made = Command::new("mkfifo").arg(file).status();
            assert!(made.unwrap().success());
        }
    }
}

/// Server 1 does not start, names this path with this reason in one line, and changes nothing.
fn is_refused(ensemble: &Ensemble, path: &Path, reason: &str) {
    let before = contents(&ensemble.data(1));
    let said = refused(ensemble, &[]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with(&format!("fle: {}", path.display())),
        "{said}"
    );
    assert!(said.contains(reason), "{said}");
    assert_eq!(contents(&ensemble.data(1)), before);
}

/// What is in a folder, and in those in it: files with what they hold, anything else with nothing.
/// Whoever locked it last does not matter.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Option<String>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        }
        let text = path.is_file().then(|| std::fs::read_to_string(&path));
        found.insert(path, text.and_then(Result::ok));
    }
    found.remove(&folder.join("fle.lock"));
    found
}

#[test]
fn a_log_level_that_is_none_is_refused() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fle"));
    command.env("RUST_LOG", "fle=loud");
    let output = command.args(["serve", "--config", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("RUST_LOG=fle=loud"),
        "{}",
        stderr(&output)
    );
}
