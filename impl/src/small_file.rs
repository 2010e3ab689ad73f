//! Files that people and programs put next to a server, of which a few lines are expected and anything may come.
//!
//! Invariant: neither the size nor the kind of what is found matters. A pipe is not waited for, a device is not opened, and of a
//! file no more is read than it may hold.

use std::fs::{self, File, FileType};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Reads a regular file of at most so many bytes.
///
/// # Errors
/// When it cannot be read; when it is longer, or something else than a file, which the error says.
pub(crate) fn read(path: &Path, at_most: usize) -> io::Result<Vec<u8>> {
    let kind = fs::metadata(path)?.file_type();
    if !kind.is_file() {
        let text = format!("it is {}, not a file", name(kind));
        return Err(io::Error::new(ErrorKind::InvalidInput, text));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(at_most).unwrap_or(u64::MAX);
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    if bytes.len() > at_most {
        let text = format!("it is longer than {at_most} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, text));
    }
    Ok(bytes)
}

fn name(kind: FileType) -> &'static str {
    if kind.is_dir() {
        "a directory"
    } else if kind.is_fifo() {
        "a named pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let error = read(&path, 4).unwrap_err();
        assert_eq!(error.to_string(), "it is longer than 4 bytes");
        // Of a file as large as this only what was asked for is read.
        let file = File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        assert_eq!(
            read(&path, 100).unwrap_err().kind(),
            ErrorKind::FileTooLarge
        );
    }

    #[test]
    fn what_is_no_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(folder.path(), 5).unwrap_err();
        assert_eq!(error.to_string(), "it is a directory, not a file");
        let error = read(Path::new("/dev/zero"), 5).unwrap_err();
        assert_eq!(error.to_string(), "it is a device, not a file");
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let error = read(&socket, 5).unwrap_err();
        assert_eq!(error.to_string(), "it is a socket, not a file");
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let error = read(&pipe, 5).unwrap_err();
        assert_eq!(error.to_string(), "it is a named pipe, not a file");
        let error = read(&folder.path().join("nothing"), 5).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
