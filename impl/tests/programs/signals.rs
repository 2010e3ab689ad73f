//! Programs that are asked to stop, at any time and whatever hangs.

use crate::support::{Ensemble, command, end, full_pipe, isolated, send, terminate, until};
use rustix::process::Signal;
use std::net::UdpSocket;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::Duration;

/// Whether a process takes SIGTERM rather than dying of it or, as PID 1, being deaf to it.
fn takes_sigterm(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let taken = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let taken = taken.and_then(|taken| u64::from_str_radix(taken.trim(), 16).ok());
    taken.is_some_and(|taken| taken & (1 << (Signal::TERM.as_raw() - 1)) != 0)
}

fn has_thread(process: &Child, name: &str) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", process.id())).unwrap();
    tasks.flatten().any(|task| {
        let comm = std::fs::read_to_string(task.path().join("comm"));
        comm.is_ok_and(|comm| comm.trim_end() == name)
    })
}

/// The only child of a process.
fn child(process: &Child) -> Option<u32> {
    let id = process.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
    children.trim().parse().ok()
}

#[test]
fn a_server_stops_at_any_moment_of_its_start() {
    let ensemble = Ensemble::new(3);
    for delay in 0..40 {
        let mut one = ensemble.serve(1, &[]);
        std::thread::sleep(Duration::from_micros(delay * 500));
        let could_take_it = takes_sigterm(one.process.id());
        terminate(&one.process);
        let ended = end(&mut one.process);
        let killed = ended.signal() == Some(Signal::TERM.as_raw());
        assert!(
            ended.code() == Some(0) || killed && !could_take_it,
            "{delay}: {ended}"
        );
    }
    assert!(!ensemble.log(1).contains("panicked"), "{}", ensemble.log(1));
}

/// A server that waits for its own name to be known.
fn nameless() -> Ensemble {
    let ensemble = Ensemble::new(3);
    let lines = "electionPortBindRetry=0\nserver.1=nohost.invalid";
    ensemble.edit(1, "server.1=127.0.0.1", lines);
    ensemble
}

#[test]
fn a_server_stops_while_it_waits_for_its_ports() {
    let ensemble = nameless();
    let one = ensemble.serve(1, &[]);
    until(|| ensemble.log(1).contains("; tries again"));
    assert_eq!(one.stop(), Some(0));
    assert!(
        ensemble.log(1).contains("stops before it has started"),
        "{}",
        ensemble.log(1)
    );
}

/// Who is PID 1 of a container gets no signal that it does not take.
#[test]
fn a_server_stops_as_the_first_process_of_a_container() {
    let Some(command) = isolated(&["--pid", "--fork", "--kill-child"], "") else {
        return;
    };
    let ensemble = nameless();
    let mut one = ensemble.serve_by(command, 1, &[]);
    let mut server = None;
    until(|| {
        server = child(&one.process);
        server.is_some_and(takes_sigterm)
    });
    let server = rustix::process::Pid::from_raw(server.unwrap().cast_signed()).unwrap();
    rustix::process::kill_process(server, Signal::TERM).unwrap();
    assert_eq!(end(&mut one.process).code(), Some(0), "{}", ensemble.log(1));
}

/// A name server that takes all questions and answers none.
#[test]
fn a_server_stops_while_a_name_server_is_silent() {
    let Ok(name_server) = UdpSocket::bind("127.0.0.153:53") else {
        println!("skipped: a name server's port is not to be had");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let resolv = folder.path().join("resolv.conf");
    std::fs::write(
        &resolv,
        "nameserver 127.0.0.153\noptions timeout:30 attempts:5\n",
    )
    .unwrap();
    let mount = format!("mount --bind {} /etc/resolv.conf &&", resolv.display());
    let Some(command) = isolated(&["--mount"], &mount) else {
        return;
    };
    let ensemble = Ensemble::new(3);
    ensemble.edit(1, "server.1=127.0.0.1", "server.1=zk-1.example.org");
    let one = ensemble.serve_by(command, 1, &[]);
    let mut question = [0; 512];
    name_server.recv(&mut question).unwrap();
    assert_eq!(one.stop(), Some(0), "{}", ensemble.log(1));
}

#[test]
fn other_signals_are_no_reason_to_stop() {
    let ensemble = Ensemble::new(2);
    let mut one = ensemble.serve(1, &[]);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    send(&one.process, Signal::HUP);
    until(|| ensemble.log(1).contains("SIGHUP: nothing is read again"));
    send(&one.process, Signal::PIPE);
    assert_eq!(one.get("/healthz").as_deref(), Some("ok\n"));
    assert!(one.process.try_wait().unwrap().is_none());
    send(&one.process, Signal::INT);
    assert_eq!(end(&mut one.process).code(), Some(0));
}

/// An ensemble whose table nobody reads.
fn stuck() -> (std::io::PipeReader, Child) {
    let (reader, writer) = full_pipe();
    let local = command()
        .args(["local", "--servers", "3"])
        .stdout(writer)
        .spawn();
    let local = local.unwrap();
    until(|| takes_sigterm(local.id()));
    (reader, local)
}

#[test]
fn what_hangs_is_not_waited_for() {
    let (_reader, mut local) = stuck();
    send(&local, Signal::INT);
    assert_eq!(end(&mut local).code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let (_reader, mut local) = stuck();
    terminate(&local);
    until(|| has_thread(&local, "deadline"));
    terminate(&local);
    assert_eq!(end(&mut local).code(), Some(128 + Signal::TERM.as_raw()));
}

#[test]
fn a_demonstration_ends_with_its_terminal() {
    let mut local = command()
        .args(["local", "--servers", "3"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    until(|| takes_sigterm(local.id()));
    send(&local, Signal::HUP);
    assert_eq!(end(&mut local).code(), Some(0));
}
