//! The log of a server, on standard error.
//!
//! # Invariants
//! - Nobody who says something waits for whoever reads the log: a thread of its own writes, and
//!   what finds the queue full is dropped and counted ([`tracing_appender::non_blocking`]).
//! - Nobody outside fills the log: what one place in the code says is bounded ([`quota`]), and what
//!   was left out is said. Lines of the program's own start and end are always said.
//! - A standard error that is closed or full is no reason to stop.

mod quota;

use crate::failure::Failure;
use crate::output::within;
pub(crate) use quota::PROGRAM;
use quota::Quota;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// How many lines wait for whoever reads them: half a megabyte or so.
const QUEUE: usize = 1024;

/// How often the log looks at what it has left out.
const BOOKKEEPING: Duration = Duration::from_secs(1);

/// How long the last lines may take to be written.
const FLUSH: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Format {
    /// Lines for people.
    Text,
    /// One JSON object a line, which `fle-conformance validate` reads.
    Json,
}

/// The log, for as long as the program runs; when dropped, what waits is written.
pub(crate) struct Log {
    worker: Option<WorkerGuard>,
    books: Books,
}

impl Log {
    /// Starts to log, as much as `RUST_LOG` says.
    pub(crate) fn start(format: Format) -> Result<Self, Failure> {
        let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
        let filter: Targets = filter.parse().map_err(|error| {
            Failure::Unusable(format!("RUST_LOG={filter}: {error}; try info or fle=debug"))
        })?;
        let writes = Arc::new(Writes::default());
        let (queue, worker) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(QUEUE)
            .thread_name("log")
            .finish(StandardError(Arc::clone(&writes)));
        let books = Books {
            quota: Quota::default(),
            unread: queue.error_counter(),
            writes,
        };
        // By itself, who panics would wait for whoever reads standard error. Not an event: what
        // panics may be what takes events.
        let panics = queue.clone();
        std::panic::set_hook(Box::new(move |panic| {
            let _ = panics.clone().write_all(format!("{panic}\n").as_bytes());
        }));
        let lines = tracing_subscriber::fmt::layer().with_writer(queue);
        let registry = tracing_subscriber::registry()
            .with(filter)
            .with(books.quota.clone());
        match format {
            Format::Text => registry.with(lines.with_ansi(false)).init(),
            Format::Json => registry.with(lines.json().flatten_event(true)).init(),
        }
        let keeper = books.clone();
        let thread = thread::Builder::new().name("log-books".to_owned());
        thread.spawn(move || keeper.keep())?;
        Ok(Self {
            worker: Some(worker),
            books,
        })
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.books.say_left_out(None);
        // The worker's guard waits for longer, and writes to standard output if nobody reads.
        let worker = self.worker.take();
        within(FLUSH, move || drop(worker));
    }
}

/// What was left out of the log, and why.
#[derive(Clone)]
struct Books {
    quota: Quota,
    unread: ErrorCounter,
    writes: Arc<Writes>,
}

impl Books {
    /// Says for ever what was left out, as soon as somebody reads it.
    fn keep(&self) {
        let (mut told, mut written) = (0, 0);
        loop {
            thread::sleep(BOOKKEEPING);
            self.say_left_out(Some(Instant::now()));
            let dropped = self.dropped();
            metrics::counter!("fle_log_lines_dropped_total").absolute(dropped);
            let before = std::mem::replace(&mut written, self.writes.done.load(Ordering::Relaxed));
            let is_read = written > before;
            if dropped > told && is_read {
                tracing::warn!(
                    target: PROGRAM,
                    dropped,
                    "{dropped} lines of this log are lost: it was not read in time"
                );
                // Unless this one is lost too.
                told = if self.dropped() == dropped {
                    dropped
                } else {
                    told
                };
            }
        }
    }

    fn dropped(&self) -> u64 {
        let unread = u64::try_from(self.unread.dropped_lines()).unwrap_or(u64::MAX);
        unread.saturating_add(self.writes.failed.load(Ordering::Relaxed))
    }

    /// What went beyond the quota in periods that are over by then; at the end, in all.
    fn say_left_out(&self, now: Option<Instant>) {
        let settled = self.quota.settle(now);
        let all = settled.iter().map(|(_, left_out, _)| left_out).sum();
        metrics::counter!("fle_log_lines_left_out_total").increment(all);
        for (place, left_out, like) in settled {
            tracing::warn!(
                target: PROGRAM,
                place,
                left_out,
                "{left_out} more lines were left out like this one: {like}"
            );
        }
    }
}

/// What became of the lines that were taken from the queue.
#[derive(Default)]
struct Writes {
    done: AtomicU64,
    failed: AtomicU64,
}

/// Standard error, which may be closed or full: a line that cannot be written is counted.
struct StandardError(Arc<Writes>);

impl Write for StandardError {
    /// A whole line: the queue is of lines.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let outcome = match io::stderr().write_all(line) {
            Ok(()) => &self.0.done,
            Err(_) => &self.0.failed,
        };
        outcome.fetch_add(1, Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
