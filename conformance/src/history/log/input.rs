//! Where a log is read from: a regular file, or a pipe that ends.
//!
//! Devices and named pipes may never end, or hold up whoever opens them; they are refused before
//! they are opened. `-` is standard input, and a shell's `<(…)` is a pipe as well.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// Opens what is read to its end.
pub(super) fn whole(path: &Path) -> io::Result<File> {
    if path == Path::new("-") {
        return Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    let is_shells = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];
    let is_shells = is_shells.iter().any(|it| path.starts_with(it));
    if is_shells && fs::metadata(path)?.file_type().is_fifo() {
        return File::open(path);
    }
    regular(path)
}

/// Opens what may be read again.
pub(super) fn regular(path: &Path) -> io::Result<File> {
    if path == Path::new("-") {
        let why = "standard input cannot be followed; give files";
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    let kind = fs::metadata(path)?.file_type();
    let why = if kind.is_file() {
        return File::open(path);
    } else if kind.is_dir() {
        "it is a directory; give the files in it"
    } else if kind.is_fifo() {
        "it is a named pipe, which may never end; give what ends on standard input, as -"
    } else {
        "it is no regular file"
    };
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}
