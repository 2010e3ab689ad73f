//! The answer to logs that real ZooKeeper 3.8 writes while this test runs it.
//!
//! Skipped with one line where ZooKeeper or Java is absent, unless `FLE_REQUIRE_ZOOKEEPER` is 1.

use crate::support::zookeepers;
use fle::Sid;
use fle_conformance::history::complaint::Trouble;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::configuration;
use fle_conformance::history::log::Logs;
use fle_conformance::history::outage::{Answer, Kind, Whose};
use fle_conformance::process::{self, Process};
use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(180);

fn start(server: &mut Process) {
    let mut command = process::zookeeper(&server.config(), &[]);
    server.start(&mut command).unwrap();
}

fn answer(servers: &[&Process]) -> Answer {
    let paths: Vec<_> = servers.iter().map(|it| it.log()).collect();
    let config = configuration(&servers[0].config()).unwrap();
    Findings::of(Logs::read(&paths).unwrap(), Some(&config)).answer
}

/// Waits until the log of a server has these words so many times.
fn says(server: &Process, times: usize, words: &str) {
    let since = Instant::now();
    loop {
        let log = fs::read_to_string(server.log()).unwrap_or_default();
        if log.matches(words).count() >= times {
            return;
        }
        assert!(
            since.elapsed() < PATIENCE,
            "{words} is not said {times} times:\n{log}"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_leader_that_is_killed_and_a_server_that_never_ran_are_told() {
    let folder = TempDir::new().unwrap();
    let Some(mut servers) = zookeepers(&folder) else {
        return;
    };
    let (one, others) = servers.split_at_mut(1);
    start(&mut one[0]);
    start(&mut others[0]);
    says(&one[0], 1, "Peer state changed: following - broadcast");
    says(&others[0], 1, "Peer state changed: leading - broadcast");
    others[0].kill().unwrap();
    says(&one[0], 2, "New election");
    let refused = fs::read_to_string(one[0].log()).unwrap();
    let again = refused.matches("Cannot open channel to 2").count() + 2;
    says(&one[0], again, "Cannot open channel to 2");
    one[0].kill().unwrap();

    let answer = answer(&[&one[0], &others[0]]);
    assert_eq!(answer.outages.len(), 2, "{answer:#?}");
    let outage = &answer.outages[1];
    assert_eq!((outage.whose, outage.until), (Whose::Ensemble, None));
    assert_eq!(outage.before, Some(Sid(2)));
    let kinds: Vec<Kind> = outage.causes.iter().map(|it| it.kind).collect();
    assert_eq!(kinds[0], Kind::Ended, "{outage:#?}");
    assert!(
        kinds.contains(&Kind::Complaint(Trouble::LeaderLost)),
        "{outage:#?}"
    );
    for sid in [2, 3] {
        let address = &[&others[0], &others[1]][sid - 2].addresses.election;
        let says =
            format!("server {sid} cannot be reached by server 1 (/{address}): connection refused");
        assert!(
            outage.causes.iter().any(|it| it.what == says),
            "{says}\n{outage:#?}"
        );
    }
    let missing: Vec<i64> = outage.missing.iter().map(|it| it.sid.0).collect();
    assert_eq!(missing, [2, 3], "{outage:#?}");
}

#[test]
fn a_taken_port_and_a_wrong_id_are_told() {
    let folder = TempDir::new().unwrap();
    let Some(mut servers) = zookeepers(&folder) else {
        return;
    };
    let taken = TcpListener::bind(servers[0].addresses.election).unwrap();
    fs::write(servers[1].folder.join("myid"), "9").unwrap();
    servers.iter_mut().take(2).for_each(start);
    says(&servers[0], 1, "Exiting JVM");
    says(&servers[1], 1, "Exiting JVM");
    drop(taken);
    let answer = answer(&[&servers[0], &servers[1]]);
    let causes: Vec<&str> = answer
        .outages
        .iter()
        .flat_map(|it| &it.causes)
        .map(|it| it.what.as_str())
        .collect();
    let address = servers[0].addresses.election;
    for says in [
        format!("server 1 cannot listen on its port (/{address}): address already in use"),
        "the process of server 1 exits".to_owned(),
        "the process of server 9 exits".to_owned(),
        "the configuration of server 9 has no server 9, its own id".to_owned(),
    ] {
        assert!(causes.contains(&says.as_str()), "{says}\n{answer:#?}");
    }
}
