//! Files that a person or a server wrote, which are small: configuration, ids, addresses, epochs.
//!
//! Whatever stands at the path, reading it neither waits for somebody nor takes more memory than
//! the reader allows: a pipe, a device or a directory is an error that says so, and so is a file
//! that is too long. What cannot be prevented here is a disk that does not answer.

use std::fs::{File, FileType, Metadata};
use std::io::{self, Error, ErrorKind, Read};
use std::path::Path;

/// What is in a regular file of at most so many bytes.
///
/// # Errors
/// When it cannot be opened or read; when it is longer, or no regular file, which the error says.
pub fn read(path: &Path, at_most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // A file may grow while it is read, and those in /proc do not tell their length.
    let mut beginning = open(path)?.take(at_most.saturating_add(1));
    let length = beginning.read_to_end(&mut bytes)?;
    if u64::try_from(length).is_ok_and(|length| length > at_most) {
        let text = format!("it is longer than {at_most} bytes, so it is not the right file");
        return Err(Error::new(ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

/// Opens a regular file.
///
/// # Errors
/// When it cannot be opened, or is no regular file.
pub fn open(path: &Path) -> io::Result<File> {
    // To open a device may already do something.
    check(&std::fs::metadata(path)?)?;
    let file = options().open(path)?;
    // Something else may stand there by now.
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let text = format!("it is {}, not a file", name(found.file_type()));
    Err(Error::new(ErrorKind::InvalidInput, text))
}

fn options() -> std::fs::OpenOptions {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // A pipe would be waited for until somebody writes to it; a terminal would become ours.
        options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    }
    options
}

fn name(kind: FileType) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return "a pipe";
        }
        if kind.is_socket() {
            return "a socket";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "a device";
        }
    }
    if kind.is_dir() {
        "a directory"
    } else {
        "something else"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{CWD, Mode, mkfifoat};

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = folder();
        let path = folder.path().join("myid");
        std::fs::write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
        assert!(error.to_string().contains("longer than 4 bytes"), "{error}");
        assert_eq!(read(&path, u64::MAX).unwrap(), b"12345");
    }

    #[test]
    fn whatever_is_no_file_is_said_to_be_none() {
        let folder = folder();
        let pipe = folder.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&pipe, &link).unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        for (path, what) in [
            (folder.path(), "a directory"),
            (&socket, "a socket"),
            (&pipe, "a pipe"),
            (&link, "a pipe"),
            (Path::new("/dev/zero"), "a device"),
        ] {
            let error = read(path, 100).unwrap_err().to_string();
            assert_eq!(error, format!("it is {what}, not a file"));
        }
    }

    #[test]
    fn what_took_the_place_of_a_file_is_not_waited_for() {
        let folder = folder();
        let pipe = folder.path().join("pipe");
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        assert!(
            options().open(&pipe).is_ok(),
            "although nobody writes to it"
        );
    }

    #[test]
    fn a_file_as_large_as_a_disk_costs_no_memory() {
        let folder = folder();
        let path = folder.path().join("large");
        // Without a byte on the disk.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&path, 1 << 20).is_err());
    }

    #[test]
    fn what_is_missing_is_missing() {
        let error = read(&folder().path().join("none"), 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
