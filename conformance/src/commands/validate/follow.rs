//! `validate --follow`: reads on in logs that grow, and tells what is new.
//!
//! One thread reads, judges and writes; the main one waits for it or for a signal. A signal ends
//! the reading, and if that thread is held up because nobody takes what it writes, the program ends
//! without it. The exit code is that of the verdict so far, also where standard output is closed.
//!
//! Files are looked at again after [`INTERVAL`], or after as long as it took to judge them.

use super::Result;
use fle::config::DynamicConfig;
use fle_conformance::history::account;
use fle_conformance::history::findings::Findings;
use fle_conformance::history::judge::Outcome;
use fle_conformance::history::log::Growing;
use fle_conformance::history::outage::Outage;
use fle_conformance::history::outage::words::{self, clock};
use fle_conformance::history::steps::{Step, steps};
use fle_conformance::history::timeline;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long files are left alone.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long what is being written may take once the end was asked for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is known so far.
type SoFar = Arc<Mutex<Option<Findings>>>;

/// What the main thread waits for.
enum Happening {
    Signal,
    Ended(std::result::Result<(), String>),
}

/// Follows the logs until somebody ends it. The findings are the last.
pub(super) fn run(growing: Growing, config: Option<DynamicConfig>) -> Result<Option<Findings>> {
    let (happens, happening) = mpsc::channel();
    let (stop, stopped) = mpsc::channel::<()>();
    let so_far = SoFar::default();
    on_signals(happens.clone())?;
    let mut follower = Follower {
        growing,
        config,
        told: Told::default(),
        so_far: so_far.clone(),
    };
    thread::spawn(move || {
        let ended = follower.run(&stopped).map_err(|error| error.to_string());
        // Nobody waits any more where this was not waited for.
        let _ = happens.send(Happening::Ended(ended));
    });
    let ended = match happening.recv()? {
        Happening::Ended(ended) => ended,
        Happening::Signal => {
            drop(stop);
            match happening.recv_timeout(PATIENCE) {
                Ok(Happening::Ended(ended)) => ended,
                Ok(Happening::Signal) | Err(_) => Ok(()),
            }
        }
    };
    ended?;
    let mut so_far = so_far.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(so_far.take())
}

fn on_signals(happens: Sender<Happening>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            if happens.send(Happening::Signal).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// The thread that reads and tells.
struct Follower {
    growing: Growing,
    config: Option<DynamicConfig>,
    told: Told,
    so_far: SoFar,
}

impl Follower {
    /// Until it is stopped or nobody reads what it says.
    fn run(&mut self, stopped: &Receiver<()>) -> Result<()> {
        loop {
            let began = Instant::now();
            let news = self.growing.read_on()?;
            let mut text: String = news.notes.iter().map(|it| format!("{it}\n")).collect();
            if news.grown {
                let findings = Findings::of(self.growing.logs()?, self.config.as_ref());
                text += &self.told.news(&findings);
                let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
                *so_far = Some(findings);
            }
            if is_closed() || !say(&text)? {
                return Ok(());
            }
            match stopped.recv_timeout(INTERVAL.max(began.elapsed())) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(()) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }
}

/// Whether somebody could still read what is said.
fn say(text: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// Whether whoever read standard output is gone.
fn is_closed() -> bool {
    let out = io::stdout();
    let mut fds = [PollFd::new(&out, PollFlags::empty())];
    let at_once = Timespec::default();
    // Where the system cannot say, writing will.
    poll(&mut fds, Some(&at_once)).is_ok()
        && fds[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

/// What has been told already.
#[derive(Default)]
struct Told {
    steps: BTreeSet<String>,
    odd: BTreeSet<String>,
    outages: BTreeSet<String>,
    heading: String,
    verdict: String,
}

impl Told {
    /// What is new in the timeline, and answer and verdict where they change.
    fn news(&mut self, findings: &Findings) -> String {
        let mut out = String::new();
        self.timeline(findings, &mut out);
        for outage in &findings.answer.outages {
            if self.outages.insert(gist(outage)) {
                out += &words::outage_text(outage);
            }
        }
        let verdict = verdict(findings);
        if verdict != self.verdict {
            out += &verdict;
            self.verdict = verdict;
        }
        out
    }

    fn timeline(&mut self, findings: &Findings, out: &mut String) {
        for (index, election) in findings.history.elections.iter().enumerate() {
            let mut lines = String::new();
            for step in steps(election, &findings.logs) {
                lines.extend(self.step(&step, findings));
            }
            let heading = format!("election {}: {}\n", index + 1, timeline::outcome(election));
            if !lines.is_empty() && self.heading != heading {
                out.push_str(&heading);
                self.heading = heading;
            }
            out.push_str(&lines);
        }
        for oddity in &findings.oddities {
            if self.odd.insert(oddity.what.clone()) {
                let _ = writeln!(out, "  odd: {}", oddity.what);
            }
        }
    }

    fn step(&mut self, step: &Step, findings: &Findings) -> Option<String> {
        let words = timeline::words(&step.what, &findings.logs)?;
        let new = self.steps.insert(format!("{:?} {words}", step.at));
        let time = step.time.map(clock).unwrap_or_default();
        new.then(|| format!("{time:>12}  server {}  {words}\n", step.sid))
    }
}

/// What makes a time without a leader another than was told, but for how long it lasts so far.
fn gist(outage: &Outage) -> String {
    let causes: Vec<&str> = outage.causes.iter().map(|it| it.what.as_str()).collect();
    let missing: Vec<_> = outage.missing.iter().map(|it| it.sid).collect();
    let whose = outage.whose;
    format!(
        "{whose:?} {} {:?} {causes:?} {missing:?}",
        outage.from, outage.until
    )
}

/// The verdict so far, with its reason.
fn verdict(findings: &Findings) -> String {
    let outcome = findings.verdict.outcome();
    let last = account::text(findings).lines().last().map(str::to_owned);
    let why = match (outcome, findings.verdict.unjudged.first()) {
        (Outcome::NotJudged, Some(first)) => format!(": {}", account::words(&findings.logs, first)),
        _ => String::new(),
    };
    format!("verdict so far: {}{why}\n", last.unwrap_or_default())
}
