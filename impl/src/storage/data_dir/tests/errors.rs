//! What cannot be read, be true or be written is an error, and changes nothing.

use super::*;

#[test]
fn a_file_that_cannot_be_true_is_an_error() {
    let texts: [&[u8]; 8] = [
        b"",
        b"x",
        b"-1",
        b"1.5",
        b"2147483648",
        b"\x007",
        b"99999999999999999999",
        b"\xff\xfe",
    ];
    for text in texts {
        for name in [ACCEPTED, CURRENT] {
            let (_directory, mut server) = known(3, 3);
            put(&server, name, text);
            let error = server.load().unwrap_err();
            let path = server.file(name);
            assert!(
                matches!(&error, StorageError::NotAnEpoch { path: it, .. } if *it == path),
                "{text:?}: {error}"
            );
            assert!(error.to_string().contains(name));
        }
    }
}

#[test]
fn a_current_epoch_that_was_not_accepted_is_an_error() {
    let (_directory, mut server) = known(2, 2);
    put(&server, CURRENT, b"3");
    let error = server.load().unwrap_err();
    assert!(
        matches!(error, StorageError::Contradiction { .. }),
        "{error}"
    );
    put(&server, ACCEPTED, b"3");
    assert_eq!(server.load().unwrap(), complete(3, 3));
}

#[test]
fn one_file_without_the_other_is_an_error() {
    let unmarked = || {
        let (directory, server) = blank();
        put(&server, ACCEPTED, b"3");
        put(&server, CURRENT, b"0");
        (directory, server)
    };
    for make in [unmarked as fn() -> _, || known(3, 0)] {
        for gone in [ACCEPTED, CURRENT] {
            let (_directory, mut server): (TempDir, DataDir) = make();
            let gone = server.file(gone);
            fs::remove_file(&gone).unwrap();
            let error = server.load().unwrap_err();
            assert!(
                matches!(&error, StorageError::Missing { path } if *path == gone),
                "{error}"
            );
            assert!(!gone.exists(), "nothing is made in its place");
        }
    }
}

#[test]
fn no_error_about_epochs_advises_what_breaks_promises() {
    let (_directory, mut server) = known(3, 3);
    put(&server, CURRENT, b"4");
    let contradiction = server.load().unwrap_err();
    put(&server, CURRENT, b"many");
    let no_epoch = server.load().unwrap_err();
    fs::remove_file(server.file(CURRENT)).unwrap();
    let missing = server.load().unwrap_err();
    let advice = format!(
        "; remove {}, and nothing beside it: ",
        server.epoch_dir().display()
    );
    for error in [contradiction, no_epoch, missing] {
        let text = error.to_string();
        assert!(text.contains(&advice), "{text}");
        assert!(text.contains("Do not restore a backup"), "{text}");
    }
    // Whoever does that has a server that stands aside.
    fs::remove_dir_all(server.epoch_dir()).unwrap();
    assert_eq!(server.load().unwrap(), lost(3, 0));
}

#[test]
fn what_is_no_file_or_too_long_is_an_error_and_not_waited_for() {
    let (_directory, mut server) = known(1, 1);
    let path = server.file(ACCEPTED);
    let large = fs::File::create(&path).unwrap();
    large.set_len(1 << 40).unwrap();
    let error = server.load().unwrap_err().to_string();
    assert!(error.contains("cannot read: it is longer than"), "{error}");
    fs::remove_file(&path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let error = server.load().unwrap_err().to_string();
    assert!(error.contains("cannot read: it is a pipe"), "{error}");
    // It is what is written to before it takes the other's name.
    fs::remove_file(server.file(CURRENT)).unwrap();
    let draft = server.epoch_dir().join("currentEpoch.tmp");
    fs::rename(&path, draft).unwrap();
    let error = server.store_current(PeerEpoch(1)).unwrap_err();
    assert!(error.to_string().contains("cannot sync"), "{error}");
}

#[test]
fn a_file_that_cannot_be_written_is_an_error() {
    let (_directory, mut server) = known(1, 1);
    fs::remove_file(server.file(ACCEPTED)).unwrap();
    fs::create_dir(server.file(ACCEPTED)).unwrap();
    let error = server.store_accepted(PeerEpoch(2)).unwrap_err();
    let doing = |error: &StorageError| match error {
        StorageError::Io { doing, .. } => *doing,
        _ => "something else",
    };
    assert_eq!(doing(&error), "replace", "{error}");
    fs::create_dir(server.epoch_dir().join("currentEpoch.tmp")).unwrap();
    let error = server.store_current(PeerEpoch(1)).unwrap_err();
    assert_eq!(doing(&error), "create", "{error}");
    assert!(error.to_string().contains("currentEpoch.tmp"));
}

#[test]
fn a_full_disk_keeps_what_was_stored() {
    // Every write to it fails for want of space.
    if !Path::new("/dev/full").exists() {
        return;
    }
    let (_directory, mut server) = known(4, 4);
    let draft = server.epoch_dir().join("acceptedEpoch.tmp");
    std::os::unix::fs::symlink("/dev/full", draft).unwrap();
    let error = server.store_accepted(PeerEpoch(5)).unwrap_err();
    assert!(
        matches!(&error, StorageError::Io { source, .. } if source.kind() == ErrorKind::StorageFull),
        "{error}"
    );
    assert!(error.to_string().ends_with("; make room on the disk"));
    assert_eq!(server.load().unwrap(), complete(4, 4));
}

#[test]
fn a_marker_that_fle_did_not_write_is_an_error() {
    let (_directory, mut server) = known(4, 4);
    let path = server.path.join(marker::FILE);
    for text in ["", "sid=1\n", "\u{0}\u{0}\u{0}"] {
        fs::write(&path, text).unwrap();
        let error = server.load().unwrap_err();
        assert!(matches!(error, StorageError::NotAMarker { .. }), "{error}");
    }
}
