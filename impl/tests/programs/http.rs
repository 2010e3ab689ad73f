//! The HTTP endpoints of `fle serve`: what they say in a server's life, and what clients do to
//! them.

use crate::support::{Ensemble, PATIENCE, Server, until};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};

/// The program, under a shell that allows it so many descriptors.
fn with_descriptors(limit: u32) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("ulimit -n {limit}; exec \"$@\"");
    shell.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_fle")]);
    shell.env_remove("RUST_LOG");
    shell
}

/// How many descriptors a process has open.
fn descriptors(process: &Child) -> usize {
    let open = std::fs::read_dir(format!("/proc/{}/fd", process.id()));
    open.unwrap().count()
}

const UNFINISHED: &[u8] = b"GET /status HTTP/1.1\r\nHost: x\r\nX: ";

fn begin_request(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(UNFINISHED).unwrap();
    stream
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.http().unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Reads until the server ends the connection, in whatever way.
fn until_it_ends(stream: &mut TcpStream, answer: &mut Vec<u8>) {
    if let Err(error) = stream.read_to_end(answer) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

/// What the server answers to these bytes until it closes the connection.
fn tell(server: &Server, bytes: &[u8]) -> String {
    let mut stream = connect(server);
    // It may close before it has read all.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    until_it_ends(&mut stream, &mut answer);
    String::from_utf8(answer).unwrap()
}

#[test]
fn readiness_is_having_an_established_leader() {
    let ensemble = Ensemble::new(3);
    ensemble.edit(3, "tickTime=2000", "tickTime=200");
    let three = ensemble.serve(3, &[]);
    until(|| three.get("/healthz").as_deref() == Some("ok\n"));
    let ready = |server: &Server| server.ask("/readyz").unwrap_or_default();
    let looks = (503, "looks for a leader\n".to_owned());
    assert_eq!(ready(&three), looks);
    let status = three.status();
    assert_eq!(status["standing"], "electing");
    assert_eq!(status["established"], false);
    assert_eq!(status["lease_ms"], serde_json::Value::Null);
    assert_eq!(status["notes"], serde_json::json!([]));

    ensemble.edit(2, "tickTime=2000", "tickTime=200");
    let two = ensemble.serve(2, &[]);
    until(|| ready(&three) == (200, "leads in epoch 1\n".to_owned()));
    until(|| ready(&two) == (200, "follows 3 in epoch 1\n".to_owned()));
    let status = three.status();
    assert_eq!(status["standing"], "leading");
    assert_eq!(status["established"], true);
    let lease = status["lease_ms"].as_u64().unwrap();
    assert!((1..=1000).contains(&lease), "{lease} ms of at most 5 ticks");
    let status = two.status();
    assert_eq!(status["standing"], "following");
    assert_eq!(status["lease_ms"], serde_json::Value::Null);

    drop(two);
    until(|| ready(&three) == looks);
    assert_eq!(
        three.get("/healthz").as_deref(),
        Some("ok\n"),
        "it is well all the same"
    );
}

#[test]
fn a_server_that_cannot_start_yet_is_alive_and_not_ready() {
    let ensemble = Ensemble::new(1);
    let lines = "electionPortBindRetry=0\nserver.1=nohost.invalid";
    ensemble.edit(1, "server.1=127.0.0.1", lines);
    let address = {
        // Nobody is given the port again so soon.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let server = ensemble.serve(1, &["--http", &address]);
    // Only a server that has started says where it answers.
    std::fs::write(server.address_file(), &address).unwrap();
    until(|| server.ask("/healthz") == Some((200, "starting\n".to_owned())));
    assert_eq!(server.ask("/readyz"), Some((503, "starting\n".to_owned())));
    assert_eq!(server.ask("/status"), Some((503, "starting\n".to_owned())));
    let output = crate::support::fle(["status", "--http", &address]);
    assert_eq!(output.status.code(), Some(1));
    let said = crate::support::stderr(&output);
    assert!(said.contains("has not started yet"), "{said}");
}

#[test]
fn unfinished_requests_keep_nobody_from_electing() {
    let ensemble = Ensemble::new(3);
    for sid in 1..=3 {
        ensemble.edit(sid, "tickTime=2000", "tickTime=200");
    }
    let one = ensemble.serve_by(with_descriptors(256), 1, &[]);
    let two = ensemble.serve_by(with_descriptors(256), 2, &[]);
    let three = ensemble.serve(3, &[]);
    for server in [&one, &two, &three] {
        until(|| server.status()["established_epoch"] == 1);
    }
    let attack = AtomicBool::new(true);
    std::thread::scope(|scope| {
        for server in [&one, &two] {
            let (address, attack) = (server.http().unwrap(), &attack);
            scope.spawn(move || {
                let mut held: Vec<TcpStream> = (0..400).map(|_| begin_request(address)).collect();
                while attack.load(Ordering::Relaxed) {
                    held.remove(0);
                    held.push(begin_request(address));
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            });
        }
        // Whatever a test asserts, the attack ends.
        let outcome = std::panic::catch_unwind(|| {
            drop(three);
            until(|| two.status()["standing"] == "leading" && two.status()["epoch"] == 2);
            until(|| one.status()["established_epoch"] == 2);
            // Hundreds wait: descriptors are left for what else there is to do.
            let open = [&one, &two].map(|server| descriptors(&server.process));
            assert!(open.iter().all(|open| *open < 150), "{open:?}");
        });
        attack.store(false, Ordering::Relaxed);
        outcome.unwrap();
    });
}

#[test]
fn without_descriptors_it_waits_for_some() {
    let ensemble = Ensemble::new(2);
    let one = ensemble.serve_by(with_descriptors(40), 1, &[]);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    let address = one.http().unwrap();
    let held: Vec<TcpStream> = (0..60).map(|_| begin_request(address)).collect();
    until(|| ensemble.log(1).contains("cannot accept an HTTP connection"));
    drop(held);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    assert_eq!(one.stop(), Some(0));
    let log = ensemble.log(1);
    let refused = log.matches("cannot accept").count();
    // It would fail at once again, and again.
    assert!(refused < 20, "{refused} failures in a moment: {log}");
}

/// Whatever one sends, the server answers it or ends the connection, and goes on.
#[test]
fn a_connection_is_for_short_requests() {
    let ensemble = Ensemble::new(2);
    let one = ensemble.serve(1, &[]);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    let first_line = |bytes: &[u8]| {
        let answer = tell(&one, bytes);
        answer.lines().next().unwrap_or_default().to_owned()
    };
    let pipelined = tell(
        &one,
        &b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(20),
    );
    assert_eq!(pipelined.matches("HTTP/1.1 200").count(), 20, "{pipelined}");
    let posted = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\nmore";
    assert_eq!(first_line(posted), "HTTP/1.1 405 Method Not Allowed");
    let mut long = UNFINISHED.to_vec();
    long.resize(20_000, b'x');
    assert_eq!(
        first_line(&long),
        "HTTP/1.1 431 Request Header Fields Too Large"
    );
    assert_eq!(
        first_line(b"\x16\x03\x01\x02\x00\x01"),
        "HTTP/1.1 400 Bad Request"
    );
    // Silence, before a request or after one, and headers that do not end, are for a few seconds.
    let mut silent = connect(&one);
    tell(&one, UNFINISHED);
    until_it_ends(&mut silent, &mut Vec::new());
    assert_eq!(one.get("/healthz").as_deref(), Some("ok\n"));
}
