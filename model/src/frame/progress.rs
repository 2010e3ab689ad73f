//! How far a long search has come, for whoever watches it.
//!
//! The search works in the calling thread, or in threads of its own; one more looks at its counters
//! a few times a second.

use super::figures::short;
use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Who watches: called a few times a second, and once more when a phase is over.
pub type Watcher<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is going on.
    pub phase: Phase,
    /// For how long.
    pub elapsed: Duration,
}

/// What goes on, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Every state is visited.
    Search {
        /// How many different states have been found.
        unique: usize,
        /// How many states have been generated, repetitions included.
        generated: usize,
        /// How many of those found have not been expanded.
        queue: usize,
    },
    /// Every state is visited, layer by layer, in a store.
    Layers {
        /// How many layers are known.
        layers: usize,
        /// How many states have been visited.
        visited: usize,
        /// How many of them in earlier processes.
        before: usize,
        /// How many there are in all.
        expected: Expected,
    },
    /// The shortest counterexample is sought.
    Counterexample {
        /// How many different states have been found for it.
        unique: usize,
    },
    /// Fair runs are sought among the states that were visited.
    FairRuns {
        /// How many there are.
        states: usize,
    },
    /// What should be seen to happen is sought.
    Sightings {
        /// How many states have been visited for it.
        visited: usize,
    },
    /// Random walks are taken.
    Walks {
        /// How many have ended.
        walks: usize,
        /// How many steps they took.
        steps: usize,
    },
}

/// How many states there are in all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// So many are pinned.
    Pinned(usize),
    /// So many, to judge by the layers that are known.
    Guessed(usize),
    /// Nobody knows.
    Unknown,
}

/// The watcher, if there is one.
pub struct Watch<'a>(pub Option<Watcher<'a>>);

impl Watch<'_> {
    /// How often the watcher is told.
    const INTERVAL: Duration = Duration::from_millis(200);

    /// Does the work, and tells the watcher meanwhile what `look` sees.
    pub fn during<T>(&mut self, look: impl Fn() -> Phase + Sync, work: impl FnOnce() -> T) -> T {
        let mut work = Some(work);
        let mut result = None;
        self.tell_during(&look, &mut || result = work.take().map(|work| work()));
        result.expect("the work was done")
    }

    fn tell_during(&mut self, look: &(dyn Fn() -> Phase + Sync), work: &mut dyn FnMut()) {
        let Some(watcher) = &mut self.0 else {
            return work();
        };
        let start = Instant::now();
        let (working, ends) = channel::<()>();
        thread::scope(|scope| {
            // Dropped by a panic as well, so that the watching ends.
            let working = working;
            scope.spawn(move || {
                loop {
                    let goes_on = ends.recv_timeout(Self::INTERVAL);
                    watcher(Progress {
                        phase: look(),
                        elapsed: start.elapsed(),
                    });
                    if goes_on != Err(RecvTimeoutError::Timeout) {
                        break;
                    }
                }
            });
            work();
            drop(working);
        });
    }
}

impl Progress {
    /// So many a second.
    fn rate(&self, number: usize) -> String {
        short(per_second(number, self.elapsed.as_secs_f64()))
    }
}

/// So many a second, to the next whole number below.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a rate is an approximation"
)]
fn per_second(number: usize, seconds: f64) -> usize {
    (number as f64 / seconds) as usize
}

/// Fits, with the name of a scenario before it, a line of 80 columns.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.phase {
            Phase::Search {
                unique,
                generated,
                queue,
            } => write!(
                f,
                "{} states of {}, {}/s, queue {}",
                short(unique),
                short(generated),
                self.rate(unique),
                short(queue)
            ),
            Phase::Layers {
                layers,
                visited,
                before,
                expected,
            } => {
                write!(f, "layer {layers}, {}", short(visited))?;
                match expected {
                    Expected::Pinned(all) => write!(f, " of {}", short(all))?,
                    Expected::Guessed(all) => write!(f, " of perhaps {}", short(all))?,
                    Expected::Unknown => write!(f, " states")?,
                }
                write!(f, ", {}/s", self.rate(visited.saturating_sub(before)))
            }
            Phase::Counterexample { unique } => {
                write!(f, "shortest counterexample: {} states", short(unique))
            }
            Phase::FairRuns { states } => {
                write!(f, "fair runs: searching {} states", short(states))
            }
            Phase::Sightings { visited } => write!(
                f,
                "what should be seen: {} states, {}/s",
                short(visited),
                self.rate(visited)
            ),
            Phase::Walks { walks, steps } => write!(
                f,
                "{} walks, {} steps, {}/s",
                short(walks),
                short(steps),
                self.rate(steps)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_watcher_is_told_while_the_work_goes_on_and_when_it_is_done() {
        let (tell, told) = channel();
        let mut watcher = |progress: Progress| tell.send(progress.phase).expect("it is received");
        let done = AtomicUsize::new(0);
        let look = || Phase::Sightings {
            visited: done.load(Ordering::Relaxed),
        };
        let result = Watch(Some(&mut watcher)).during(look, || {
            for _ in 0..3 {
                assert_eq!(told.recv(), Ok(Phase::Sightings { visited: 0 }));
            }
            done.store(9, Ordering::Relaxed);
            "done"
        });
        assert_eq!(result, "done");
        assert_eq!(
            told.try_iter().last(),
            Some(Phase::Sightings { visited: 9 })
        );
    }

    fn told(phase: Phase, seconds: f32) -> String {
        let elapsed = Duration::from_secs_f32(seconds);
        Progress { phase, elapsed }.to_string()
    }

    #[test]
    fn progress_is_told_in_a_line() {
        let search = Phase::Search {
            unique: 12_345,
            generated: 67_890_123,
            queue: 1_234,
        };
        assert_eq!(
            told(search, 0.5),
            "12 k states of 67.8 M, 24 k/s, queue 1,234"
        );
        let layers = |expected| Phase::Layers {
            layers: 7,
            visited: 12_345,
            before: 2_345,
            expected,
        };
        for (expected, line) in [
            (Expected::Pinned(67_890), "layer 7, 12 k of 67 k, 20 k/s"),
            (
                Expected::Guessed(67_890),
                "layer 7, 12 k of perhaps 67 k, 20 k/s",
            ),
            (Expected::Unknown, "layer 7, 12 k states, 20 k/s"),
        ] {
            assert_eq!(told(layers(expected), 0.5), line);
        }
        assert_eq!(
            told(Phase::FairRuns { states: 1_000 }, 0.5),
            "fair runs: searching 1,000 states"
        );
    }

    /// No number is printed longer than this one, up to a thousand million.
    #[test]
    fn progress_fits_a_line_with_the_longest_name_before_it() {
        let many = 999_999_999;
        let search = Phase::Search {
            unique: many,
            generated: many,
            queue: many,
        };
        let walks = Phase::Walks {
            walks: many,
            steps: many,
        };
        let names = crate::models::scenarios().map(|it| it.about().name.len());
        let name = names.max().expect("there are scenarios");
        let layers = |expected| Phase::Layers {
            layers: 999,
            visited: many,
            before: 0,
            expected,
        };
        for phase in [
            search,
            layers(Expected::Pinned(many)),
            layers(Expected::Guessed(many)),
            layers(Expected::Unknown),
            Phase::Counterexample { unique: many },
            Phase::FairRuns { states: many },
            Phase::Sightings { visited: many },
            walks,
        ] {
            let line = told(phase, 1_000.0);
            assert!(name + ": ".len() + line.len() <= 80, "{line}");
        }
    }
}
