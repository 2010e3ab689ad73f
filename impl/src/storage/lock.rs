//! One process at a time: the lock on a data directory.
//!
//! `flock` on the data directory itself, which nobody can remove under a running server and put
//! another in its place, and on the file `fle.lock` in it, which tells people and the other process
//! who holds it. Where the file system locks no directories, as over NFS, the file's lock is all
//! there is. The system takes the locks away from a process that ends, however it ends, so a file
//! that stays behind means nothing. Two handles in one process exclude one another, too; a program
//! that is started by this one does not inherit the lock.

use super::StorageError;
use super::disk::{Disk, failed};
use crate::small_file;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

const FILE: &str = "fle.lock";

/// The lock, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
    _directory: Option<File>,
}

impl Lock {
    pub(super) fn take(disk: &mut Disk, data_dir: &Path) -> Result<Self, StorageError> {
        let path = data_dir.join(FILE);
        let is_other = |it: fs::Metadata| !it.is_file();
        if fs::metadata(&path).is_ok_and(is_other) {
            let source = ErrorKind::InvalidInput.into();
            return Err(failed(&path, "lock what is no file")(source));
        }
        let file = disk.opens(|| {
            let mut options = File::options();
            // Over NFS only a file that is open for writing can be locked.
            options.read(true).write(true).create(true).truncate(false);
            options.open(&path)
        });
        let file = file.map_err(failed(&path, "open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&path);
                return Err(StorageError::Locked { path, holder });
            }
            Err(TryLockError::Error(source)) => {
                return Err(StorageError::CannotLock { path, source });
            }
        }
        let directory = disk.opens(|| File::open(data_dir));
        let directory = directory.map_err(failed(data_dir, "open"))?;
        let directory = match directory.try_lock() {
            Ok(()) => Some(directory),
            Err(TryLockError::WouldBlock) => {
                let holder = "another process, whose fle.lock was removed".to_owned();
                return Err(StorageError::Locked { path, holder });
            }
            Err(TryLockError::Error(_)) => None,
        };
        // Nobody depends on what it says, and a full disk is no reason not to start.
        let _ = sign(&file);
        Ok(Self {
            _file: file,
            _directory: directory,
        })
    }
}

fn sign(mut file: &File) -> std::io::Result<()> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let since = now.unwrap_or_default().as_secs();
    file.set_len(0)?;
    writeln!(file, "pid={}", std::process::id())?;
    writeln!(file, "host={}", host())?;
    writeln!(file, "since={since}")
}

/// In containers with one volume all processes may have the same number.
fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Who holds the lock, in words.
fn holder(path: &Path) -> String {
    let text = small_file::read(path, 1000).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let value = |key: &str| {
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let mut found = lines.filter(|(name, _)| *name == key);
        found.next().map(|(_, value)| value.trim().to_owned())
    };
    let Some(pid) = value("pid") else {
        return "another process".to_owned();
    };
    let mut words = format!("process {pid}");
    if let Some(host) = value("host").filter(|host| !host.is_empty()) {
        words += &format!(" on host {host}");
    }
    if let Some(since) = value("since").and_then(|it| it.parse().ok()) {
        let since = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(since));
        let held = since.and_then(|since| since.elapsed().ok());
        words += &format!(" (for {} s)", held.unwrap_or_default().as_secs());
    }
    words
}
