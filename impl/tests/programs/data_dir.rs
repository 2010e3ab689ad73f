//! A server's data directory: used by one process, kept by one server, and lost, restored or
//! vouched for.

use crate::support::{Ensemble, Server, fle, stderr, stdout, until};
use std::path::Path;
use std::process::Output;

fn vouch(config: &Path) -> Output {
    fle(["vouch", "--config", config.to_str().unwrap()])
}

fn marker(ensemble: &Ensemble, sid: usize) -> String {
    std::fs::read_to_string(ensemble.data(sid).join("fle.server")).unwrap()
}

fn epochs(ensemble: &Ensemble, sid: usize) -> [String; 2] {
    let folder = ensemble.data(sid).join("version-2");
    ["acceptedEpoch", "currentEpoch"].map(|it| std::fs::read_to_string(folder.join(it)).unwrap())
}

/// Copies a folder as `cp -a` does, in the place of what is there.
fn restore(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let mut copy = std::process::Command::new("cp");
    let copied = copy.arg("-a").args([from, to]).status();
    assert!(copied.unwrap().success());
}

/// Waits for the end of a server that does not start, and says what it said.
fn ends(ensemble: &Ensemble, sid: usize) -> String {
    let before = ensemble.log(sid).len();
    let mut server = ensemble.serve(sid, &[]);
    let mut end = None;
    until(|| {
        end = server.process.try_wait().unwrap();
        end.is_some()
    });
    let said = ensemble.log(sid).split_off(before);
    assert_eq!(end.unwrap().code(), Some(2), "{said}");
    said
}

#[test]
fn a_second_process_is_refused_and_the_first_goes_on() {
    let ensemble = Ensemble::new(1);
    let one = ensemble.serve(1, &[]);
    one.settles("leading", 1);
    // As in a container with a network of its own, and the same volume.
    let other = Ensemble::new(1);
    let line = |it: &Ensemble| format!("dataDir={}\n", it.data(1).display());
    other.edit(1, &line(&other), &line(&ensemble));
    let said = ends(&other, 1);
    let holder = format!("fle.lock: process {} ", one.process.id());
    let last = said.lines().last().unwrap();
    assert!(
        last.starts_with("fle: ") && last.contains(&holder),
        "{said}"
    );
    let vouched = vouch(&ensemble.config(1));
    assert_eq!(vouched.status.code(), Some(2));
    assert!(stderr(&vouched).contains(&holder), "{}", stderr(&vouched));
    // Where it is found is not the second one's to change.
    assert_eq!(one.status()["state"], "leading");
    drop(one);
    let _other = other.serve(1, &[]);
    until(|| other.log(1).contains("leads, established in epoch 2"));
}

#[test]
fn a_killed_server_leaves_no_lock() {
    let ensemble = Ensemble::new(1);
    for _ in 0..2 {
        let mut server = ensemble.serve(1, &[]);
        server.settles("leading", 1);
        server.process.kill().unwrap();
        server.process.wait().unwrap();
    }
}

#[test]
fn the_directory_of_another_server_or_ensemble_is_refused() {
    let ensemble = Ensemble::new(3);
    let before = marker(&ensemble, 1);
    let id = ensemble.data(1).join("myid");
    std::fs::write(&id, "2\n").unwrap();
    let said = ends(&ensemble, 1);
    let reason = "fle.server: this is the data directory of server 1, and this is server 2;";
    assert!(said.contains(reason), "{said}");
    std::fs::write(&id, "1\n").unwrap();
    ensemble.edit(1, "server.2=", "server.4=");
    ensemble.edit(1, "server.3=", "server.5=");
    let said = ends(&ensemble, 1);
    let reason = "an ensemble with the voters 1, 2, 3, and the configuration has 1, 4, 5;";
    assert!(said.contains(reason), "{said}");
    assert_eq!(marker(&ensemble, 1), before);
}

/// Waits until all of them follow or lead an established leader; in which epoch.
fn established(servers: &[&Server]) -> i64 {
    let mut epoch = None;
    until(|| {
        let epochs = servers
            .iter()
            .map(|it| it.status()["established_epoch"].as_i64());
        let epochs: Vec<_> = epochs.collect();
        epoch = epochs[0];
        epoch.is_some() && epochs.iter().all(|it| *it == epoch)
    });
    epoch.unwrap()
}

/// Whatever was restored: the server says so, an established leader takes it in, and then it knows
/// again what it has promised.
#[test]
fn a_server_with_a_backup_is_taken_in_by_the_leader_of_the_others() {
    let ensemble = Ensemble::new(3).impatient();
    let backup = ensemble.data(3).with_extension("backup");
    restore(&ensemble.data(3), &backup);
    let (one, two) = (ensemble.serve(1, &[]), ensemble.serve(2, &[]));
    let three = ensemble.serve(3, &[]);
    established(&[&one, &two, &three]);
    drop(three);
    let versions = (backup.join("version-2"), ensemble.data(3).join("version-2"));
    for (from, to) in [(&backup, &ensemble.data(3)), (&versions.0, &versions.1)] {
        restore(from, to);
        let said = ensemble.log(3).len();
        let three = ensemble.serve(3, &[]);
        let epoch = established(&[&one, &two, &three]);
        let log = ensemble.log(3).split_off(said);
        assert!(log.contains("cannot know what it has promised: "), "{log}");
        assert!(marker(&ensemble, 3).contains("\nepochs=known\n"));
        let [accepted, current] = epochs(&ensemble, 3);
        assert_eq!(current, epoch.to_string());
        assert!(accepted.parse::<i64>().unwrap() >= epoch);
        drop(three);
        let said = ensemble.log(3).len();
        let three = ensemble.serve(3, &[]);
        established(&[&one, &two, &three]);
        let log = ensemble.log(3).split_off(said);
        assert!(!log.contains("cannot know"), "{log}");
    }
}

/// Servers that cannot know what they have promised establish nobody, and their operator's word
/// changes that.
#[test]
fn servers_that_were_moved_elect_when_they_are_vouched_for() {
    let ensemble = Ensemble::new(2);
    let servers = [1, 2].map(|sid| ensemble.serve(sid, &[]));
    let epoch = established(&[&servers[0], &servers[1]]);
    drop(servers);
    for sid in [1, 2] {
        let data = ensemble.data(sid);
        let moved = data.with_extension("moved");
        restore(&data, &moved);
        restore(&moved, &data);
        let vouched = vouch(&ensemble.config(sid));
        let said = format!(
            "server {sid}: {} holds all that it has promised: accepted epoch {epoch}, current epoch {epoch}\n",
            data.display()
        );
        assert_eq!(stdout(&vouched), said, "{}", stderr(&vouched));
    }
    let servers = [1, 2].map(|sid| ensemble.serve(sid, &[]));
    assert!(established(&[&servers[0], &servers[1]]) > epoch);
    for sid in [1, 2] {
        assert!(!ensemble.log(sid).contains("cannot know"));
    }
}

#[test]
fn nobody_vouches_for_what_is_known_to_be_old() {
    let ensemble = Ensemble::new(1);
    let server = ensemble.serve(1, &[]);
    let epoch = established(&[&server]);
    drop(server);
    let before = marker(&ensemble, 1);
    std::fs::remove_dir_all(ensemble.data(1).join("version-2")).unwrap();
    let vouched = vouch(&ensemble.config(1));
    assert_eq!(vouched.status.code(), Some(2));
    let reason = format!("epoch {epoch} was promised, and what is there says 0,");
    assert!(stderr(&vouched).contains(&reason), "{}", stderr(&vouched));
    assert_eq!(marker(&ensemble, 1), before);
}
