//! The log of `fle serve`, and whoever does not read it.

use crate::support::{Ensemble, PATIENCE, Server, command, end, full_pipe, until};
use std::fs::File;
use std::io::{PipeReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const DROPPED: &str = "fle_log_lines_dropped_total";

/// What server 3 introduces itself with, and its vote for itself while it looks in a round that is
/// over: whoever has settled notes it and answers.
fn introduction() -> Vec<u8> {
    let address = b"127.0.0.1:1";
    let mut bytes = (-65536_i64).to_be_bytes().to_vec();
    bytes.extend(3_i64.to_be_bytes());
    bytes.extend(i32::try_from(address.len()).unwrap().to_be_bytes());
    bytes.extend(address);
    bytes
}

fn notification() -> Vec<u8> {
    let mut body = 0_i32.to_be_bytes().to_vec();
    for number in [3_i64, 0, 0, 0] {
        body.extend(number.to_be_bytes());
    }
    body.extend(2_i32.to_be_bytes());
    body.extend(0_i32.to_be_bytes());
    let mut bytes = i32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(body);
    bytes
}

/// A connection to server 2 of who says that it is server 3.
fn as_server_three(ensemble: &Ensemble) -> TcpStream {
    let (_, election) = ensemble.ports(2);
    let mut peer = TcpStream::connect((Ipv4Addr::LOCALHOST, election)).unwrap();
    // Who hangs reads nothing.
    peer.set_write_timeout(Some(PATIENCE)).unwrap();
    peer.write_all(&introduction()).unwrap();
    let mut answers = peer.try_clone().unwrap();
    std::thread::spawn(move || std::io::copy(&mut answers, &mut std::io::sink()));
    peer
}

/// Lets a server log until lines are lost.
fn flood(ensemble: &Ensemble, server: &Server) {
    let mut peer = as_server_three(ensemble);
    let notifications = notification().repeat(50);
    until(|| {
        peer.write_all(&notifications).unwrap();
        server.metric(DROPPED).is_some_and(|dropped| dropped > 0.0)
    });
}

/// What comes out of a pipe from now on.
fn read(mut reader: PipeReader) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let seen = Arc::clone(&text);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(1..) = reader.read(&mut bytes).inspect(|&length| {
            let text = String::from_utf8_lossy(&bytes[..length]);
            seen.lock().unwrap().push_str(&text);
        }) {}
    });
    text
}

#[test]
fn a_leader_whose_log_nobody_reads_goes_on_leading() {
    let ensemble = Ensemble::new(3);
    let (reader, writer) = full_pipe();
    let _one = ensemble.serve(1, &[]);
    let two = ensemble.serve_into(writer, command(), 2, &[]);
    two.settles("leading", 2);
    until(|| two.status()["established_epoch"] == 1);
    flood(&ensemble, &two);
    assert_eq!(two.status()["standing"], "leading");
    assert_eq!(
        two.status()["established_epoch"],
        1,
        "it has led all the time"
    );
    assert!(two.status()["lease_ms"].as_u64().unwrap() > 0);

    let text = read(reader);
    until(|| text.lock().unwrap().contains(" lines of this log are lost"));
    assert_eq!(two.stop(), Some(0));
}

#[test]
fn a_server_whose_log_nobody_reads_ends_when_it_is_asked_to() {
    let ensemble = Ensemble::new(2);
    let (_reader, writer) = full_pipe();
    let one = ensemble.serve_into(writer, command(), 1, &[]);
    until(|| one.get("/healthz").is_some());
    assert_eq!(one.stop(), Some(0));

    std::fs::remove_file(ensemble.config(1)).unwrap();
    let (_reader, writer) = full_pipe();
    let mut one = ensemble.serve_into(writer, command(), 1, &[]);
    assert_eq!(
        end(&mut one.process).code(),
        Some(2),
        "nor does what is wrong hold it up"
    );
}

#[test]
fn a_standard_error_that_takes_nothing_is_no_reason_to_stop() {
    let ensemble = Ensemble::new(2);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let full = File::options().write(true).open("/dev/full").unwrap();
    for log in [Stdio::from(writer), Stdio::from(full)] {
        let one = ensemble.serve_into(log, command(), 1, &[]);
        until(|| one.metric(DROPPED).is_some_and(|dropped| dropped > 0.0));
        assert_eq!(one.get("/healthz").as_deref(), Some("ok\n"));
        assert_eq!(one.stop(), Some(0));
    }
    let mut closed = Command::new("sh");
    closed.args(["-c", "exec \"$@\" 2>&-", "sh", env!("CARGO_BIN_EXE_fle")]);
    let one = ensemble.serve_by(closed, 1, &[]);
    until(|| one.get("/healthz").is_some());
    assert_eq!(one.stop(), Some(0));
}

/// The lines of a log that is written as JSON.
fn lines(log: &str) -> Vec<serde_json::Value> {
    let line = |line| serde_json::from_str(line).unwrap();
    log.lines().map(line).collect()
}

#[test]
fn strangers_do_not_fill_the_log() {
    let ensemble = Ensemble::new(3);
    let one = ensemble.serve(1, &["--log", "json"]);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    let (_, election) = ensemble.ports(1);
    for _ in 0..300 {
        let mut stranger = TcpStream::connect((Ipv4Addr::LOCALHOST, election)).unwrap();
        stranger.write_all(&[0xff; 8]).unwrap();
        // It has been heard when it is thrown out.
        let _ = stranger.read_to_end(&mut Vec::new());
    }
    assert_eq!(one.stop(), Some(0));
    let lines = lines(&ensemble.log(1));
    assert!(lines.len() < 100, "{} lines", lines.len());
    assert!(lines.iter().any(|line| line["message"] == "stops"));
}

/// A member may say much; how much is not written is said at the end, if not before.
#[test]
fn a_member_does_not_fill_the_log() {
    const VOTES: u64 = 5000;
    let ensemble = Ensemble::new(3);
    let _one = ensemble.serve(1, &[]);
    let two = ensemble.serve(2, &["--log", "json"]);
    two.settles("leading", 2);
    let mut peer = as_server_three(&ensemble);
    let notifications = notification().repeat(50);
    until(|| {
        peer.write_all(&notifications).unwrap();
        two.status()["notifications"].as_u64() >= Some(VOTES)
    });
    assert_eq!(two.stop(), Some(0));
    let lines = lines(&ensemble.log(2));
    let heard = |line: &&serde_json::Value| line["event"] == "notification.received";
    let written = lines.iter().filter(heard).count() as u64;
    let left_out = lines.iter().filter(|line| {
        let message = line["message"].as_str().unwrap_or_default();
        message.ends_with("left out like this one: was told a vote")
    });
    let left_out: u64 = left_out.filter_map(|line| line["left_out"].as_u64()).sum();
    assert!(
        written < VOTES && written + left_out >= VOTES,
        "{written} and {left_out}"
    );
}
