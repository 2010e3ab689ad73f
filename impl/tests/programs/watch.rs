//! `fle watch`, with fle's servers and with peers made by hand.

use crate::support::{
    Ensemble, Server, command, end, fle, full_pipe, isolated, send, stderr, stdout, until,
};
use rustix::process::Signal;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `fle watch --once`, which ends whatever its peers do.
fn once(addresses: &[String], more: &[&str]) -> Output {
    let mut command = command();
    command.args(["watch", "--once"]).args(more).args(addresses);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    end(&mut process);
    process.wait_with_output().unwrap()
}

/// Three servers of fle that are established, and where they answer.
fn established(ensemble: &Ensemble) -> (Vec<Server>, Vec<String>) {
    let servers: Vec<Server> = (1..=3).map(|sid| ensemble.serve(sid, &[])).collect();
    for server in &servers {
        until(|| server.status()["established"] == true);
    }
    let addresses = servers.iter().map(|it| it.http().unwrap().to_string());
    let addresses = addresses.collect();
    (servers, addresses)
}

/// A peer that does this with each connection, for as long as the test runs.
fn peer(behave: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    peer_on(TcpListener::bind("127.0.0.1:0").unwrap(), behave)
}

fn peer_on(
    listener: TcpListener,
    behave: impl Fn(TcpStream) + Send + Sync + 'static,
) -> SocketAddr {
    let address = listener.local_addr().unwrap();
    let behave = Arc::new(behave);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behave = behave.clone();
            std::thread::spawn(move || behave(stream));
        }
    });
    address
}

/// Answers `srvr` as a ZooKeeper server in this mode, and allows nothing else.
fn zookeeper(mode: &'static str) -> impl Fn(TcpStream) + Send + Sync {
    move |mut stream| {
        let mut word = [0; 4];
        if stream.read_exact(&mut word).is_err() {
            return;
        }
        let reply = match &word {
            b"srvr" => {
                format!("Zookeeper version: 3.8.0-x, built on\nZxid: 0x100000000\nMode: {mode}\n")
            }
            word => format!(
                "{} is not executed because it is not in the whitelist.\n",
                String::from_utf8_lossy(word)
            ),
        };
        // Whoever has heard enough may have gone.
        let _ = stream.write_all(reply.as_bytes());
    }
}

/// Holds a connection until the other side ends it.
fn hold(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

/// A watch that goes on, and its lines.
struct Live {
    process: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Live {
    fn start(addresses: &[String], more: &[&str]) -> Self {
        Self::of(command().arg("watch").args(more).args(addresses))
    }

    fn of(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, lines }
    }

    /// Reads up to a line with these words.
    fn says(&mut self, words: &str) -> String {
        let found = self
            .lines
            .by_ref()
            .map(Result::unwrap)
            .find(|line| line.contains(words));
        found.unwrap_or_else(|| panic!("it never says {words:?}"))
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_ensemble_that_is_well_is_a_table_and_code_0() {
    let ensemble = Ensemble::new(3);
    let (mut servers, addresses) = established(&ensemble);
    let output = once(&addresses, &[]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
    assert!(text.contains("  following 3  1\n"), "{text}");
    let summary = format!(
        "3 of 3 answer; server 3 ({}) leads; all is well\n",
        addresses[2]
    );
    assert!(text.starts_with(&summary), "{text}");

    drop(servers.pop());
    until(|| servers[0].status()["established_epoch"] == 2);
    until(|| servers[1].status()["established_epoch"] == 2);
    let output = once(&addresses, &["--json", "-"]);
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(told["well"], false);
    assert_eq!(told["servers"][0]["leader"], 2);
    assert_eq!(told["servers"][1]["state"], "leading");
    assert_eq!(told["servers"][2]["state"], "unreachable");
    assert_eq!(told["findings"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["findings"][0]["kind"], "unreachable");
    assert_eq!(
        stderr(&output),
        "fle: one thing is wrong with these servers\n"
    );

    // The one that is left knows of the others from its configuration.
    let output = once(&addresses[..1], &[]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(
        text.contains("also names server 2 (on 127.0.0.1) and server 3"),
        "{text}"
    );
}

#[test]
fn changes_are_lines_and_a_signal_ends_it_with_the_last_verdict() {
    let ensemble = Ensemble::new(3);
    let (mut servers, addresses) = established(&ensemble);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watch.json");
    let more = ["--interval", "0.05", "--json", file.to_str().unwrap()];
    let mut live = Live::start(&addresses, &more);
    live.says(&format!("s  server 3 ({}): fle ", addresses[2]));
    let mut well = Live::start(&addresses, &["--interval", "0.05"]);
    well.says("leading in epoch 1");
    send(&well.process, Signal::INT);
    assert_eq!(end(&mut well.process).code(), Some(0));

    drop(servers.pop());
    live.says("unreachable");
    live.says(&format!(
        "wrong: server 3 ({}) refuses connections",
        addresses[2]
    ));
    live.says("leading in epoch 2");
    send(&live.process, Signal::INT);
    assert_eq!(end(&mut live.process).code(), Some(1));
    let json = std::fs::read_to_string(file).unwrap();
    let told = json.lines().map(|line| serde_json::from_str(line).unwrap());
    let told: Vec<serde_json::Value> = told.collect();
    assert_eq!(told.first().unwrap()["well"], true);
    assert_eq!(told.last().unwrap()["well"], false);
    assert_eq!(
        told.last().unwrap()["servers"][2]["sid"],
        3,
        "it is remembered"
    );
}

/// Each does its worst; the others' rows are as if it were not there.
#[test]
fn no_peer_holds_the_watch_up_or_reaches_the_terminal() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    let endless = move |mut stream: TcpStream| {
        while stream.write_all(&[b'x'; 4096]).is_ok() {
            count.fetch_add(4096, Ordering::SeqCst);
        }
    };
    let trickle = |mut stream: TcpStream| {
        while stream.write_all(b"\x1b[2J\x07").is_ok() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    };
    let web = |length: &'static str| {
        move |mut stream: TcpStream| {
            let head = format!("HTTP/1.1 200 \x1b[31m\r\nContent-Length: {length}\r\n\r\n{{\"x\":");
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(head.as_bytes());
            while stream.write_all(b"[[[[").is_ok() {}
        }
    };
    let tls = |mut stream: TcpStream| {
        let mut first = [0; 5];
        let is_hello = stream.read_exact(&mut first).is_ok() && first[..2] == [0x16, 3];
        if is_hello {
            stream.write_all(b"\x15\x03\x03\x00\x02\x02\x28").unwrap();
        }
        hold(stream);
    };
    let peers = [
        peer(endless),
        peer(trickle),
        peer(hold),
        peer(drop),
        peer(|mut stream| stream.write_all(b"\xff\xfe\x00\x1b]0;title\x07").unwrap()),
        peer(web("99999999999")),
        peer(web("-1")),
        peer(tls),
        peer(zookeeper("follower")),
    ];
    let addresses = peers.map(|peer| peer.to_string());
    let output = once(&addresses, &[]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}{}", stderr(&output));
    assert!(
        text.lines().all(|line| !line.contains(char::is_control)),
        "{text:?}"
    );
    assert!(text.lines().all(|line| line.len() < 500), "{text}");
    // What is sent in vain waits in the buffers of sockets.
    let written = written.load(Ordering::SeqCst);
    assert!(written < 100_000_000, "{written} bytes were taken");
    let state = |place: usize| {
        let row = text
            .lines()
            .find(|line| line.starts_with(&addresses[place]));
        row.unwrap()
            .trim_start_matches(&addresses[place])
            .trim()
            .to_owned()
    };
    assert_eq!(state(0), "something else");
    assert_eq!(state(1), "something else");
    assert_eq!(state(2), "unreachable");
    assert_eq!(state(3), "unreachable");
    assert_eq!(state(4), "something else");
    assert_eq!(state(7), "TLS only");
    assert_eq!(state(8), "ZooKeeper 3.8.0  following       0x100000000");
}

#[test]
fn names_and_both_families_of_addresses_are_asked() {
    let four = peer(zookeeper("leader"));
    let mut addresses = vec![format!("localhost:{}", four.port())];
    let mut answer = 1;
    if let Ok(listener) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        addresses.push(peer_on(listener, zookeeper("follower")).to_string());
        answer += 1;
    }
    addresses.push("nohost.invalid:2181".to_owned());
    let output = once(&addresses, &[]);
    let text = stdout(&output);
    let summary = format!(
        "{answer} of {} answer; {} leads; wrong: 1\n",
        answer + 1,
        addresses[0]
    );
    assert!(text.contains(&summary), "{text}");
    assert!(
        text.contains("wrong: the name of nohost.invalid:2181 does not resolve: "),
        "{text}"
    );
}

/// A name server that takes all questions and answers none: each poll ends all the same, and there
/// is one look-up at a time.
#[test]
fn a_name_server_that_is_silent_holds_nothing_up() {
    let Ok(silent) = UdpSocket::bind("127.0.0.154:53") else {
        println!("skipped: a name server's port is not to be had");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let resolv = folder.path().join("resolv.conf");
    let text = "nameserver 127.0.0.154\noptions timeout:30 attempts:5\n";
    std::fs::write(&resolv, text).unwrap();
    let mount = format!("mount --bind {} /etc/resolv.conf &&", resolv.display());
    let Some(mut command) = isolated(&["--mount"], &mount) else {
        return;
    };
    let asked = Arc::new(AtomicUsize::new(0));
    let (answer, count) = (zookeeper("leader"), asked.clone());
    let leader = peer(move |stream| {
        count.fetch_add(1, Ordering::SeqCst);
        answer(stream);
    });
    let arguments = ["watch", "--interval", "0.01", "zk-1.example.org:2181"];
    let command = command.args(arguments).arg(leader.to_string());
    let mut live = Live::of(command);
    live.says("does not resolve: the look-up takes too long");
    // With three words each.
    until(|| asked.load(Ordering::SeqCst) >= 9);
    send(&live.process, Signal::INT);
    assert_eq!(end(&mut live.process).code(), Some(1));
    silent.set_nonblocking(true).unwrap();
    let questions = std::iter::from_fn(|| silent.recv(&mut [0; 512]).ok());
    assert!(questions.count() <= 2, "for an address of either family");
}

#[test]
fn whoever_stops_reading_ends_or_does_not_hold_it_up() {
    let addresses = [
        peer(zookeeper("leader")).to_string(),
        "127.0.0.1:1".to_owned(),
    ];
    for more in [&["--interval", "0.01"][..], &["--once"], &["--json", "-"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = command();
        command.arg("watch").args(more).args(&addresses);
        let mut process = command
            .stdout(writer)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        assert_eq!(end(&mut process).code(), Some(1), "{more:?}");
    }
    // A pipe that is full: it waits, and hears the signal.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("watch.json");
    let (_reader, writer) = full_pipe();
    let mut command = command();
    command
        .arg("watch")
        .arg("--json")
        .arg(&file)
        .args(&addresses);
    let mut process = command
        .stdout(writer)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // What is written before.
    until(|| std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n')));
    send(&process, Signal::INT);
    assert_eq!(end(&mut process).code(), Some(1));
}

#[test]
fn senseless_arguments_are_refused() {
    for (arguments, words) in [
        (&["watch"][..], "HOST:PORT"),
        (&["watch", "zk-1"], "write HOST:PORT"),
        (&["watch", "::1:2181"], "[::1]:2181"),
        (&["watch", "--once", "a:1", "a:1"], "given twice"),
        (&["watch", "--interval", "0", "a:1"], "no time at all"),
        (
            &["watch", "--once", "--json", "/nowhere/x", "127.0.0.1:1"],
            "/nowhere/x",
        ),
    ] {
        let output = fle(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}
