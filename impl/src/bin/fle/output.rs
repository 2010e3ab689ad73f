//! What the programs write to standard output and, when they fail, to standard error. Either may be
//! closed, full, or a pipe that nobody reads.

use crate::failure::Failure;
use std::io::{self, ErrorKind, Write};
use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

/// How long a line may take that is the last thing to do.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Writes to standard output.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    write(text).or_else(|error| not_said(&error))
}

/// The same, and says if it takes no more.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Standard output takes no more. A reader that has gone, such as `head`, has seen enough.
pub(crate) fn not_said(error: &io::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::BrokenPipe => Ok(()),
        _ => Err(Failure::Unusable(format!(
            "standard output: {error}; write it to somewhere else"
        ))),
    }
}

/// Says on standard error why the program fails.
pub(crate) fn complain(text: &str) {
    let line = format!("fle: {text}\n");
    within(LAST_WORDS, move || {
        // Whoever closed it does not want to know.
        let _ = io::stderr().write_all(line.as_bytes());
    });
}

/// Does something that may hang, and waits for it no longer than this.
pub(crate) fn within(limit: Duration, work: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel::<()>();
    let thread = Builder::new().spawn(move || {
        work();
        drop(done);
    });
    if thread.is_ok() {
        // It says nothing, and ends either way.
        let _ = ended.recv_timeout(limit);
    }
}
