//! What a data directory says after each of its fates.

mod errors;

use super::*;
use tempfile::TempDir;

fn sids(sids: impl IntoIterator<Item = i64>) -> BTreeSet<Sid> {
    sids.into_iter().map(Sid).collect()
}

/// Server 1 of 1, 2, 3, as it starts in this directory.
fn server(directory: &TempDir) -> DataDir {
    DataDir::new(&directory.path().join("data"), Sid(1), sids([1, 2, 3]))
}

fn blank() -> (TempDir, DataDir) {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("data")).unwrap();
    let server = server(&directory);
    (directory, server)
}

/// A server that knows all that it has promised.
fn known(accepted: i64, current: i64) -> (TempDir, DataDir) {
    let (directory, mut server) = blank();
    server.load().unwrap();
    server.store_known().unwrap();
    server.store_accepted(PeerEpoch(accepted)).unwrap();
    server.store_current(PeerEpoch(current)).unwrap();
    (directory, server)
}

/// One that was found like that by a process that is gone.
fn restarted((directory, _): (TempDir, DataDir)) -> (TempDir, DataDir) {
    let server = server(&directory);
    (directory, server)
}

fn put(server: &DataDir, name: &str, text: &[u8]) {
    fs::create_dir_all(server.epoch_dir()).unwrap();
    fs::write(server.file(name), text).unwrap();
}

fn marker_text(server: &DataDir) -> String {
    fs::read_to_string(server.path.join(marker::FILE)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries.map(|it| name(it).into_string().unwrap()).collect();
    names.sort();
    names
}

fn stored(accepted: i64, current: i64, knowledge: Knowledge) -> Stored {
    Stored {
        epochs: Epochs {
            accepted: PeerEpoch(accepted),
            current: PeerEpoch(current),
        },
        knowledge,
        promise: None,
    }
}

fn complete(accepted: i64, current: i64) -> Stored {
    stored(accepted, current, Knowledge::Complete)
}

fn lost(accepted: i64, current: i64) -> Stored {
    stored(accepted, current, Knowledge::Lost)
}

/// Puts a copy of the directory of epoch files, with other inodes and times, in its place.
fn restore(server: &DataDir, backup: &Path) {
    let _ = fs::remove_dir_all(server.epoch_dir());
    fs::create_dir(server.epoch_dir()).unwrap();
    for name in names(backup) {
        fs::copy(backup.join(&name), server.file(&name)).unwrap();
    }
}

/// A server whose epochs are gone.
fn removed() -> (TempDir, DataDir) {
    let (directory, server) = known(7, 6);
    fs::remove_dir_all(server.epoch_dir()).unwrap();
    restarted((directory, server))
}

/// A server with the latest epochs in another directory.
fn restored() -> (TempDir, DataDir) {
    let (directory, server) = known(7, 6);
    let backup = directory.path().join("backup");
    fs::rename(server.epoch_dir(), &backup).unwrap();
    restore(&server, &backup);
    restarted((directory, server))
}

#[test]
fn an_empty_directory_is_blank_and_stays_empty() {
    let (_directory, mut server) = blank();
    assert_eq!(server.load().unwrap(), Stored::BLANK);
    assert!(names(&server.path).is_empty());
    assert_eq!(server.load().unwrap(), Stored::BLANK);
}

#[test]
fn what_is_stored_is_there_for_the_next_process() {
    let (_directory, mut server) = restarted(known(7, 6));
    assert_eq!(server.load().unwrap(), complete(7, 6));
    let length = Duration::from_micros(12_345_678);
    server.store_promise(length).unwrap();
    server.store_accepted(PeerEpoch(8)).unwrap();
    let promise = Some(length);
    let after = Stored {
        promise,
        ..complete(8, 6)
    };
    assert_eq!(server.load().unwrap(), after);
    let files = ["acceptedEpoch", "currentEpoch"];
    assert_eq!(names(&server.epoch_dir()), files, "no temporary file stays");
    assert_eq!(names(&server.path), ["fle.server", "version-2"]);
}

#[test]
fn the_files_are_those_of_zookeeper() {
    let (_directory, mut server) = known(12, 0);
    assert_eq!(fs::read(server.file(ACCEPTED)).unwrap(), b"12");
    put(&server, CURRENT, b"12\n");
    assert_eq!(server.load().unwrap(), complete(12, 12));
}

/// ZooKeeper's, or a backup of that directory alone.
#[test]
fn epochs_without_a_marker_are_lost_until_somebody_vouches_for_them() {
    let (_directory, mut server) = blank();
    put(&server, ACCEPTED, b"5");
    put(&server, CURRENT, b"4");
    assert_eq!(server.load().unwrap(), lost(5, 4));
    server.vouch().unwrap();
    assert_eq!(server.load().unwrap(), complete(5, 4));
    let (_directory, mut server) = blank();
    put(&server, ACCEPTED, b"0");
    put(&server, CURRENT, b"0");
    assert_eq!(server.load().unwrap(), Stored::BLANK);
}

#[test]
fn a_new_server_is_complete_with_epoch_0() {
    let (_directory, mut server) = blank();
    server.load().unwrap();
    server.store_known().unwrap();
    for name in [ACCEPTED, CURRENT] {
        assert_eq!(fs::read(server.file(name)).unwrap(), b"0");
    }
    assert_eq!(server.load().unwrap(), complete(0, 0));
}

/// An fle without markers died between its first files.
#[test]
fn half_a_new_server_is_blank() {
    let (_directory, mut server) = blank();
    put(&server, ACCEPTED, b"0");
    assert_eq!(server.load().unwrap(), Stored::BLANK);
    server.store_known().unwrap();
    assert_eq!(server.load().unwrap(), complete(0, 0));
}

#[test]
fn epochs_that_are_gone_are_lost_and_what_was_promised_is_not_forgotten() {
    let wholly = |server: &DataDir| fs::remove_dir_all(server.epoch_dir()).unwrap();
    let both = |server: &DataDir| {
        for name in [ACCEPTED, CURRENT] {
            fs::remove_file(server.file(name)).unwrap();
        }
    };
    for lose in [wholly as fn(&DataDir), both] {
        let (directory, server) = known(7, 7);
        lose(&server);
        let before = marker_text(&server);
        let (_directory, mut server) = restarted((directory, server));
        assert_eq!(server.load().unwrap(), lost(7, 0));
        assert_eq!(marker_text(&server), before, "nothing is written");
    }
}

/// The inode of the old directory may be that of the new one.
#[test]
fn a_restored_directory_is_lost_even_if_it_is_the_latest() {
    let (_directory, mut server) = restored();
    assert_eq!(server.load().unwrap(), lost(7, 6));
}

#[test]
fn a_restored_data_directory_is_lost() {
    let (directory, _server) = known(7, 7);
    let (data, backup) = (
        directory.path().join("data"),
        directory.path().join("backup"),
    );
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([&data, &backup])
        .status();
    assert!(copied.unwrap().success());
    fs::remove_dir_all(&data).unwrap();
    fs::rename(&backup, &data).unwrap();
    assert_eq!(server(&directory).load().unwrap(), lost(7, 7));
}

/// Directories keep their identity where files are unpacked over those that are there.
#[test]
fn a_data_directory_that_was_restored_in_place_is_lost() {
    for arguments in [&["-a", "-T"][..], &["-a", "-T", "--remove-destination"]] {
        let (directory, mut there) = known(7, 7);
        let path = |name| directory.path().join(name);
        let copy = |from, to| {
            let copied = std::process::Command::new("cp")
                .args(arguments)
                .arg(from)
                .arg(to)
                .status();
            assert!(copied.unwrap().success());
        };
        copy(path("data"), path("backup"));
        there.load().unwrap();
        there.store_accepted(PeerEpoch(8)).unwrap();
        copy(path("backup"), path("data"));
        assert_eq!(
            server(&directory).load().unwrap(),
            lost(7, 7),
            "{arguments:?}"
        );
    }
}

#[test]
fn files_older_than_what_was_promised_are_lost() {
    let (directory, server) = known(7, 7);
    put(&server, ACCEPTED, b"6");
    put(&server, CURRENT, b"6");
    let (_directory, mut server) = restarted((directory, server));
    assert_eq!(server.load().unwrap(), lost(7, 6));
    // ZooKeeper's server may have run here since.
    put(&server, ACCEPTED, b"8");
    assert_eq!(server.load().unwrap(), complete(8, 6));
}

/// A process died when it had written the epoch and not yet the marker.
#[test]
fn a_marker_that_is_behind_catches_up_at_the_next_start() {
    let (directory, server) = known(7, 7);
    put(&server, ACCEPTED, b"8");
    let (directory, mut server) = restarted((directory, server));
    assert_eq!(server.load().unwrap(), complete(8, 7));
    fs::remove_dir_all(server.epoch_dir()).unwrap();
    let (_directory, mut server) = restarted((directory, server));
    assert_eq!(server.load().unwrap(), lost(8, 0));
}

/// All that a leader stores while it takes a server in, and the server dies after any of it.
#[test]
fn a_server_that_is_not_wholly_taken_in_is_not_complete() {
    type Store = fn(&mut DataDir);
    let stores: [Store; 3] = [
        |it| it.store_promise(Duration::from_secs(1)).unwrap(),
        |it| it.store_accepted(PeerEpoch(9)).unwrap(),
        |it| it.store_current(PeerEpoch(9)).unwrap(),
    ];
    for make in [removed as fn() -> _, restored, blank] {
        for last in 1..=stores.len() {
            let (directory, mut server) = restarted(make());
            server.load().unwrap();
            stores[..last].iter().for_each(|store| store(&mut server));
            let (directory, mut server) = restarted((directory, server));
            assert_ne!(server.load().unwrap().knowledge, Knowledge::Complete);
            stores.iter().for_each(|store| store(&mut server));
            server.store_known().unwrap();
            let (_directory, mut server) = restarted((directory, server));
            let promise = Some(Duration::from_secs(1));
            let after = Stored {
                promise,
                ..complete(9, 9)
            };
            assert_eq!(server.load().unwrap(), after);
        }
    }
}

/// It has promised the epoch of the leader that takes it in, so it stores nothing but that it is in
/// it.
#[test]
fn a_promise_that_was_lost_is_on_the_disk_again_before_its_epoch_is_the_current_one() {
    for (make, current) in [(removed as fn() -> _, 0), (restored, 6)] {
        let (directory, mut server): (TempDir, DataDir) = make();
        assert_eq!(server.load().unwrap(), lost(7, current));
        server.store_current(PeerEpoch(7)).unwrap();
        let (_directory, mut server) = restarted((directory, server));
        assert_eq!(server.load().unwrap(), lost(7, 7));
        server.store_known().unwrap();
        assert_eq!(server.load().unwrap(), complete(7, 7));
    }
}

/// A leader in a lower epoch than one that was promised is followed, and what was promised is not
/// forgotten.
#[test]
fn a_server_taken_in_without_an_epoch_keeps_what_it_had_promised() {
    let (directory, server) = known(7, 7);
    fs::remove_dir_all(server.epoch_dir()).unwrap();
    let (_directory, mut server) = restarted((directory, server));
    server.load().unwrap();
    server.store_known().unwrap();
    assert_eq!(server.load().unwrap(), complete(7, 0));
}

/// Whatever is removed under a server that runs: what it stores afterwards is not all that it has
/// promised.
#[test]
fn a_marker_that_is_gone_is_not_made_up() {
    let (_directory, mut server) = known(7, 7);
    fs::remove_dir_all(&server.path).unwrap();
    fs::create_dir(&server.path).unwrap();
    server.store_accepted(PeerEpoch(8)).unwrap();
    server.store_current(PeerEpoch(8)).unwrap();
    assert_eq!(server.load().unwrap(), lost(8, 8));
}

#[test]
fn another_servers_directory_is_an_error() {
    let (_directory, server) = known(4, 4);
    let mut other = DataDir::new(&server.path, Sid(2), sids([1, 2, 3]));
    let error = other.load().unwrap_err();
    assert!(
        matches!(
            error,
            StorageError::AnotherServer {
                theirs: Sid(1),
                own: Sid(2),
                ..
            }
        ),
        "{error}"
    );
    assert!(matches!(
        other.vouch(),
        Err(StorageError::AnotherServer { .. })
    ));
}

#[test]
fn another_ensembles_directory_is_an_error_and_one_that_changes_is_not() {
    let (_directory, server) = known(4, 4);
    let starts = |voters: &[i64]| {
        let mut server = DataDir::new(&server.path, Sid(1), sids(voters.iter().copied()));
        server.load()
    };
    for voters in [&[1, 4, 5][..], &[1], &[4, 5, 6]] {
        let before = marker_text(&server);
        let error = starts(voters).unwrap_err();
        assert!(
            matches!(error, StorageError::AnotherEnsemble { .. }),
            "{voters:?}: {error}"
        );
        assert_eq!(marker_text(&server), before);
    }
    let error = starts(&[1, 4]).unwrap_err().to_string();
    let reason = "an ensemble with the voters 1, 2, 3, and the configuration has 1, 4;";
    assert!(error.contains(reason), "{error}");
    // One after the other.
    for voters in [[1, 2, 4], [1, 4, 5]] {
        assert_eq!(starts(&voters).unwrap(), complete(4, 4));
    }
    assert!(marker_text(&server).contains("\nvoters=1,4,5\n"));
}

#[test]
fn a_server_that_was_alone_may_be_joined_by_others() {
    let (_directory, server) = blank();
    let mut alone = DataDir::new(&server.path, Sid(1), sids([1]));
    alone.load().unwrap();
    alone.store_known().unwrap();
    let mut joined = DataDir::new(&server.path, Sid(1), sids([1, 2, 3]));
    assert_eq!(joined.load().unwrap(), complete(0, 0));
}

/// Without a start between one configuration and the next.
#[test]
fn voters_that_change_under_a_server_are_stored() {
    let (_directory, mut server) = known(4, 4);
    server.store_voters(sids([1, 2, 4])).unwrap();
    server.store_voters(sids([1, 4, 5])).unwrap();
    let mut server = DataDir::new(&server.path, Sid(1), sids([1, 5, 6]));
    assert_eq!(server.load().unwrap(), complete(4, 4));
    let (_directory, mut server) = blank();
    server.load().unwrap();
    server.store_voters(sids([1, 2, 4])).unwrap();
    assert!(names(&server.path).is_empty(), "nothing is known yet");
}

#[test]
fn an_operator_vouches_for_a_directory_that_was_moved() {
    let (_directory, mut server) = restored();
    assert_eq!(server.load().unwrap(), lost(7, 6));
    assert_eq!(server.vouch().unwrap(), complete(7, 6).epochs);
    assert_eq!(server.load().unwrap(), complete(7, 6));
}

#[test]
fn an_operator_vouches_for_a_new_server() {
    let (directory, mut server) = blank();
    assert_eq!(server.vouch().unwrap(), Epochs::default());
    let (_directory, mut server) = restarted((directory, server));
    assert_eq!(server.load().unwrap(), complete(0, 0));
}

#[test]
fn nobody_vouches_for_epochs_that_are_known_to_be_old_or_cannot_be_true() {
    let (_directory, mut server) = known(7, 7);
    put(&server, ACCEPTED, b"6");
    put(&server, CURRENT, b"6");
    let error = server.vouch().unwrap_err();
    assert!(
        matches!(error, StorageError::NotTheLatest { .. }),
        "{error}"
    );
    put(&server, ACCEPTED, b"5");
    assert!(matches!(
        server.vouch(),
        Err(StorageError::Contradiction { .. })
    ));
    put(&server, ACCEPTED, b"many");
    assert!(matches!(
        server.vouch(),
        Err(StorageError::NotAnEpoch { .. })
    ));
    fs::remove_file(server.file(ACCEPTED)).unwrap();
    assert!(matches!(server.vouch(), Err(StorageError::Missing { .. })));
    fs::remove_dir_all(server.epoch_dir()).unwrap();
    assert!(matches!(
        server.vouch(),
        Err(StorageError::NotTheLatest { .. })
    ));
    assert_eq!(server.load().unwrap(), lost(7, 0));
}
