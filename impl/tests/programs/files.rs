//! What stands where a file is expected, and where one should be written.

use crate::support::{Ensemble, end, fle, isolated, stderr, stdout, until};
use rustix::fs::{CWD, Mode, mkfifoat};
use std::fs::{self, File};
use std::path::Path;

/// Something that is no configuration, no id and no address.
#[derive(Clone, Copy, Debug)]
enum Thing {
    Pipe,
    Directory,
    Device,
    Terabyte,
}

const THINGS: [(Thing, &str); 4] = [
    (Thing::Pipe, "it is a pipe, not a file"),
    (Thing::Directory, "it is a directory, not a file"),
    (Thing::Device, "it is a device, not a file"),
    (Thing::Terabyte, "it is longer than "),
];

impl Thing {
    /// Takes a path's place.
    fn stand_at(self, path: &Path) {
        let _ = fs::remove_file(path);
        let _ = fs::remove_dir(path);
        match self {
            Self::Pipe => mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap(),
            Self::Directory => fs::create_dir(path).unwrap(),
            Self::Device => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            Self::Terabyte => File::create(path).unwrap().set_len(1 << 40).unwrap(),
        }
    }
}

/// Each program that reads the configuration says what is wrong with which file, and ends.
fn is_refused(ensemble: &Ensemble, path: &Path, reason: &str, checked: i32) {
    let before = ensemble.log(1).len();
    let mut one = ensemble.serve(1, &[]);
    assert_eq!(end(&mut one.process).code(), Some(2), "{reason}");
    let serve = ensemble.log(1).split_off(before);
    let config = ensemble.config(1);
    let config = config.to_str().unwrap();
    let status = fle(["status", "--config", config]);
    assert_eq!(status.status.code(), Some(2), "{reason}");
    let check = fle(["check-config", config]);
    assert_eq!(check.status.code(), Some(checked), "{reason}");
    let check = stdout(&check) + &stderr(&check);
    for said in [serve, stderr(&status), check] {
        let named = format!("{}: ", path.display());
        assert!(said.contains(&named) && said.contains(reason), "{said}");
        assert!(said.contains("correct the path to it"), "{said}");
    }
}

#[test]
fn a_configuration_that_is_no_file_is_refused() {
    for (thing, reason) in THINGS {
        let ensemble = Ensemble::new(2);
        let path = ensemble.config(1);
        thing.stand_at(&path);
        is_refused(&ensemble, &path, reason, 2);
    }
}

#[test]
fn an_id_that_is_no_file_is_refused() {
    for (thing, reason) in THINGS {
        let ensemble = Ensemble::new(2);
        let path = ensemble.data(1).join("myid");
        thing.stand_at(&path);
        is_refused(&ensemble, &path, reason, 1);
    }
}

#[test]
fn an_ensemble_that_is_no_file_is_refused() {
    for (thing, reason) in THINGS {
        let ensemble = Ensemble::new(2);
        let path = ensemble.data(1).join("zoo.cfg.dynamic.1");
        thing.stand_at(&path);
        let text = fs::read_to_string(ensemble.config(1)).unwrap();
        let fixed = text.lines().filter(|line| !line.starts_with("server."));
        let mut fixed: Vec<&str> = fixed.collect();
        let line = format!("dynamicConfigFile={}", path.display());
        fixed.push(&line);
        fs::write(ensemble.config(1), fixed.join("\n")).unwrap();
        is_refused(&ensemble, &path, reason, 1);
    }
}

/// The proposal of a configuration is left out when it cannot be read, as in ZooKeeper.
#[test]
fn a_proposal_that_is_no_file_is_left_out() {
    for (thing, reason) in THINGS {
        let ensemble = Ensemble::new(2);
        let path = ensemble.data(1).join("zoo.cfg.dynamic.1");
        let text = fs::read_to_string(ensemble.config(1)).unwrap();
        let (servers, mut fixed): (Vec<_>, Vec<_>) =
            text.lines().partition(|line| line.starts_with("server."));
        fs::write(&path, servers.join("\n")).unwrap();
        let line = format!("dynamicConfigFile={}", path.display());
        fixed.push(&line);
        fs::write(ensemble.config(1), fixed.join("\n")).unwrap();
        let mut next = ensemble.config(1).into_os_string();
        next.push(".dynamic.next");
        thing.stand_at(Path::new(&next));
        let check = fle(["check-config".as_ref(), ensemble.config(1).as_os_str()]);
        assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));
        assert!(stdout(&check).contains(reason), "{}", stdout(&check));
    }
}

#[test]
fn an_address_file_that_is_none_is_said_to_be_none() {
    let ensemble = Ensemble::new(2);
    let path = ensemble.data(1).join("fle.http");
    let ask = || {
        let status = fle(["status", "--config", ensemble.config(1).to_str().unwrap()]);
        assert_eq!(status.status.code(), Some(1));
        stderr(&status)
    };
    for (thing, reason) in THINGS {
        thing.stand_at(&path);
        let said = ask();
        assert!(
            said.contains(&format!("{}: {reason}", path.display())),
            "{said}"
        );
    }
    let _ = fs::remove_file(&path);
    fs::write(&path, "zk-1.example.org:8080").unwrap();
    assert!(ask().contains("invalid socket address"), "{}", ask());
}

/// Stands for a disk that is full or may not be written to, which a test cannot have everywhere.
#[test]
fn a_server_runs_that_cannot_say_where() {
    let ensemble = Ensemble::new(2);
    let path = ensemble.data(1).join("fle.http");
    fs::create_dir_all(path.join("in the way")).unwrap();
    // Nobody reads it: who writes to it waits.
    Thing::Pipe.stand_at(&ensemble.data(1).join("fle.http.new"));
    let one = ensemble.serve(1, &[]);
    until(|| {
        ensemble
            .log(1)
            .contains("cannot say where HTTP is; ask with `fle status --http ")
    });
    let log = ensemble.log(1);
    let (_, address) = log.split_once("`fle status --http ").unwrap();
    let (address, _) = address.split_once('`').unwrap();
    let status = fle(["status", "--http", address]);
    assert_eq!(status.status.code(), Some(0), "{}", stderr(&status));
    assert!(
        stdout(&status).starts_with("server 1 is electing: "),
        "{}",
        stdout(&status)
    );
    let status = fle(["status", "--config", ensemble.config(1).to_str().unwrap()]);
    assert_eq!(status.status.code(), Some(1));
    let said = stderr(&status);
    assert!(said.contains("ask it with `fle status --http`"), "{said}");
    assert_eq!(one.stop(), Some(0));
}

/// With its epochs on a disk that takes not a byte more, a server looks for a leader as usual.
#[test]
fn a_full_disk_keeps_no_server_from_starting() {
    let ensemble = Ensemble::new(2);
    let one = ensemble.serve(1, &[]);
    until(|| one.get("/healthz").as_deref() == Some("ok\n"));
    assert_eq!(one.stop(), Some(0));
    let (data, saved) = (ensemble.data(1), ensemble.data(1).with_extension("saved"));
    fs::rename(&data, &saved).unwrap();
    fs::create_dir(&data).unwrap();
    let (data, saved) = (data.display(), saved.display());
    let fill = format!(
        "mount -t tmpfs -o size=64k none {data} && cp -a {saved}/. {data} && \
         {{ cat /dev/zero > {data}/filler 2>/dev/null; true; }} &&"
    );
    let Some(command) = isolated(&["--mount"], &fill) else {
        return;
    };
    let before = ensemble.log(1).len();
    let one = ensemble.serve_by(command, 1, &[]);
    let mut log = String::new();
    until(|| {
        log = ensemble.log(1).split_off(before);
        log.contains("cannot say where HTTP is")
    });
    assert!(log.contains("No space left on device"), "{log}");
    let (_, address) = log.split_once("`fle status --http ").unwrap();
    let status = fle(["status", "--http", address.split_once('`').unwrap().0]);
    assert!(
        stdout(&status).starts_with("server 1 is electing"),
        "{}",
        stdout(&status)
    );
    assert_eq!(one.stop(), Some(0));
}
