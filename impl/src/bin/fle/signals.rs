//! How a server is asked to stop, and that it then does.
//!
//! A thread of its own takes the signals, from before the program does anything else, so that
//! nothing that hangs (a disk, a look-up, a reader of the log) keeps it from hearing them: PID 1 of
//! a container is not even killed by a signal that it does not take. The first request lets the
//! server leave its ensemble; if that is not done in time, or at a second request, the process ends
//! as it is, and the system closes its connections.
//!
//! SIGPIPE is ignored by every Rust program: a write to nobody is an error like others.

use crate::log::PROGRAM;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level;
use std::ffi::c_int;
use std::io;
use std::thread::{self, Builder};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a server may take to leave its ensemble. With the time to write why, it is gone within
/// two seconds.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How long the last line of the log may take to be written.
const LAST_LINE: Duration = Duration::from_millis(100);

/// What the end of its terminal means to a program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hangup {
    /// Nothing: it serves others, and has no configuration that it could read again.
    IsIgnored,
    /// That it should stop: it was for whoever sat there.
    Stops,
}

/// The request to stop.
#[derive(Clone)]
pub(crate) struct Stop(CancellationToken);

impl Stop {
    /// Takes the signals from now on.
    ///
    /// # Errors
    /// When the system has no thread or descriptor left.
    pub(crate) fn on_signals(hangup: Hangup) -> io::Result<Self> {
        let signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
        let stop = Self(CancellationToken::new());
        let asked = stop.0.clone();
        let thread = Builder::new().name("signals".to_owned());
        thread.spawn(move || take(signals, hangup, &asked))?;
        Ok(stop)
    }

    /// Ends when the user or the system has asked the process to stop.
    pub(crate) async fn asked(&self) {
        self.0.cancelled().await;
    }

    /// What comes of this, or nothing if the process is asked to stop before.
    pub(crate) async fn unless_asked<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        self.0.run_until_cancelled(work).await
    }
}

fn take(mut signals: Signals, hangup: Hangup, asked: &CancellationToken) {
    for signal in signals.forever() {
        if signal == SIGHUP && hangup == Hangup::IsIgnored {
            // Not a line of the program's own: whoever sends many gets few.
            tracing::warn!("SIGHUP: nothing is read again; restart the server for that");
            continue;
        }
        if asked.is_cancelled() {
            low_level::exit(exit_code(signal));
        }
        asked.cancel();
        let last = Builder::new().name("deadline".to_owned());
        if last.spawn(end_in_time).is_err() {
            // Who cannot be waited for is not.
            low_level::exit(0);
        }
    }
}

/// Ends the process, unless it has ended by itself before. It was asked to stop, and it has.
fn end_in_time() {
    thread::sleep(PATIENCE);
    tracing::warn!(target: PROGRAM, "ends before everything is shut down: something hangs");
    thread::sleep(LAST_LINE);
    // Without what a usual exit would wait for.
    low_level::exit(0);
}

/// As a shell reports whoever died of the signal.
fn exit_code(signal: c_int) -> c_int {
    128 + signal
}
