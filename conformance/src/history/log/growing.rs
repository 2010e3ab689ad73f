//! Logs that grow while they are read.
//!
//! A log is read on from where it ended last. What is not a whole line yet waits for its rest. A
//! log that was replaced (rotated by renaming it) is read to its end before the new file is begun;
//! one that was truncated is begun anew. The new file counts as another of the same server, so that
//! nothing is forgotten; the old one is called by the name that it has now, so that lines are found
//! where they are said to be. What is not there yet is waited for.
//!
//! Absent on purpose: packed logs and UTF-16, which nobody appends to; being told of changes by the
//! system, which network file systems do not do; a log that is truncated and has grown beyond its
//! old end before it is looked at again.

use super::reading::Reading;
use super::{LogError, Logs, input};
use crate::history::text;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::mem;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Logs that are followed.
pub struct Growing {
    readings: Vec<Reading>,
    tails: Vec<Tail>,
    replaced: Vec<Replaced>,
    /// What has happened before anything is read.
    notes: Vec<String>,
}

/// A file that has been read and has another name now, or none. It is held open until it is known
/// to be gone: no newer file is given its identity meanwhile.
struct Replaced {
    reading: usize,
    path: PathBuf,
    file: File,
}

/// What has happened since logs were read last.
#[derive(Debug, Default)]
pub struct News {
    /// Whether there are new lines.
    pub grown: bool,
    /// What happened to the files, in words.
    pub notes: Vec<String>,
}

/// Where a log has been read to.
struct Tail {
    path: PathBuf,
    /// `None` until it is there.
    file: Option<File>,
    read: u64,
    /// The beginning of a line whose end is not there yet.
    rest: Vec<u8>,
    /// Which reading its lines belong to.
    reading: usize,
}

impl Growing {
    /// Opens logs, of which nothing is read yet.
    ///
    /// # Errors
    /// When a file cannot be opened, or cannot be followed.
    pub fn open(paths: &[PathBuf]) -> Result<Self, LogError> {
        let mut growing = Self {
            readings: Vec::new(),
            tails: Vec::new(),
            replaced: Vec::new(),
            notes: Vec::new(),
        };
        for (reading, path) in paths.iter().enumerate() {
            let tail = Tail::open(path, reading).map_err(|cause| unread(path, cause))?;
            if tail.file.is_none() {
                let path = path.display();
                growing
                    .notes
                    .push(format!("{path} is not there yet; it is waited for"));
            }
            growing.readings.push(Reading::new(reading, path));
            growing.tails.push(tail);
        }
        Ok(growing)
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// When a file cannot be read any more, or a line is an event that is none of the vocabulary.
    pub fn read_on(&mut self) -> Result<News, LogError> {
        let mut news = News {
            grown: false,
            notes: mem::take(&mut self.notes),
        };
        for index in 0..self.tails.len() {
            news.grown |= self.read_tail(index)?;
            let path = self.tails[index].path.clone();
            let what = self.tails[index].check();
            let note = match what.map_err(|cause| unread(&path, cause))? {
                Change::None => continue,
                Change::Appeared(file) => {
                    self.tails[index].file = Some(file);
                    news.notes
                        .push(format!("{} is there, and is read", path.display()));
                    news.grown |= self.read_tail(index)?;
                    continue;
                }
                Change::Truncated => {
                    let reading = self.tails[index].reading;
                    self.readings[reading].is_gone("before it was truncated");
                    "was truncated; it is read again from its beginning"
                }
                Change::Replaced(file) => {
                    self.replace(index, file)?;
                    "was replaced by a new file, which is read on"
                }
            };
            let shown = path.display();
            news.notes.push(format!("{shown} {note}"));
            self.begin(index);
            news.grown |= self.read_tail(index)?;
        }
        Ok(news)
    }

    /// What has been read so far, put together.
    ///
    /// # Errors
    /// When two dialects are in the logs of one server.
    pub fn logs(&self) -> Result<Logs, LogError> {
        Logs::of(self.readings.iter().map(Reading::so_far))
    }

    fn read_tail(&mut self, index: usize) -> Result<bool, LogError> {
        let tail = &mut self.tails[index];
        let lines = tail.lines().map_err(|cause| unread(&tail.path, cause))?;
        for line in &lines {
            self.readings[tail.reading].line(&text::line(line))?;
        }
        Ok(!lines.is_empty())
    }

    /// What was begun in the old file will not be ended.
    fn replace(&mut self, index: usize, file: File) -> Result<(), LogError> {
        self.read_tail(index)?;
        let tail = &mut self.tails[index];
        if !tail.rest.is_empty() {
            self.readings[tail.reading].line(&text::line(&tail.rest))?;
        }
        if let Some(file) = tail.file.replace(file) {
            self.replaced.push(Replaced {
                reading: tail.reading,
                path: tail.path.clone(),
                file,
            });
        }
        self.name_replaced();
        Ok(())
    }

    /// Whoever rotates logs renames the old ones, again and again.
    fn name_replaced(&mut self) {
        self.replaced.retain(|it| {
            let reading = &mut self.readings[it.reading];
            let renamed = renamed(it);
            let is_there = renamed.is_some();
            match renamed {
                Some(path) => reading.is_called(path),
                None => reading.is_gone("before it was replaced"),
            }
            is_there
        });
    }

    /// The file's lines are those of a new log from now on, of the servers that spoke in the old.
    fn begin(&mut self, index: usize) {
        let tail = &mut self.tails[index];
        let next = self.readings[tail.reading].successor(self.readings.len(), &tail.path);
        (tail.read, tail.reading) = (0, self.readings.len());
        tail.rest.clear();
        self.readings.push(next);
    }
}

/// What has become of a file.
enum Change {
    None,
    Appeared(File),
    Truncated,
    Replaced(File),
}

impl Tail {
    fn open(path: &Path, reading: usize) -> io::Result<Self> {
        let file = match input::regular(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            file => Some(plain(file?)?),
        };
        Ok(Self {
            path: path.to_owned(),
            file,
            read: 0,
            rest: Vec::new(),
            reading,
        })
    }

    /// The lines that have become whole.
    fn lines(&mut self) -> io::Result<Vec<Vec<u8>>> {
        let Some(file) = &mut self.file else {
            return Ok(Vec::new());
        };
        file.seek(SeekFrom::Start(self.read))?;
        let mut new = BufReader::new(file);
        let mut whole = Vec::new();
        loop {
            let before = self.rest.len();
            let length = new.read_until(b'\n', &mut self.rest)?;
            if length == 0 {
                return Ok(whole);
            }
            self.read += length as u64;
            if self.rest.ends_with(b"\n") {
                whole.push(mem::take(&mut self.rest));
            } else if before > text::LONGEST_LINE {
                self.rest.truncate(text::LONGEST_LINE);
            }
        }
    }

    fn check(&self) -> io::Result<Change> {
        let there = match fs::metadata(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            there => Some(there?),
        };
        let Some(file) = &self.file else {
            let new = there
                .map(|_| plain(input::regular(&self.path)?))
                .transpose()?;
            return Ok(new.map_or(Change::None, Change::Appeared));
        };
        let own = file.metadata()?;
        Ok(match there {
            Some(there) if identity(&there) != identity(&own) => {
                Change::Replaced(input::regular(&self.path)?)
            }
            _ if own.len() < self.read => Change::Truncated,
            _ => Change::None,
        })
    }
}

/// A file that grows line by line.
fn plain(file: File) -> io::Result<File> {
    let mut file = BufReader::new(file);
    if !text::is_plain(file.fill_buf()?) {
        let why = "it is packed or no UTF-8, and cannot be followed";
        return Err(io::Error::new(io::ErrorKind::Unsupported, why));
    }
    Ok(file.into_inner())
}

/// The name beside the old one that the file has now.
fn renamed(file: &Replaced) -> Option<PathBuf> {
    let folder = match file.path.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let old = identity(&file.file.metadata().ok()?);
    let mut entries = fs::read_dir(folder).ok()?.flatten();
    let is_it = |entry: &DirEntry| entry.metadata().is_ok_and(|it| identity(&it) == old);
    let name = entries.find(is_it)?.file_name();
    Some(file.path.with_file_name(name))
}

/// What tells a file from others, whatever its name is.
type Identity = (u64, u64);

fn identity(metadata: &Metadata) -> Identity {
    (metadata.dev(), metadata.ino())
}

fn unread(path: &Path, cause: io::Error) -> LogError {
    LogError::Read {
        path: path.to_owned(),
        cause,
    }
}
