//! What a member shows: whom it follows or leads, for how long, and what its owner had better know.
//! Kept in step with metrics and log.

use super::lease::Lease;
use super::note::Note;
use super::standing::Standing;
use crate::id::Sid;
use crate::leadership::{self, Moment};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

pub(super) struct Shown {
    sid: Sid,
    /// Where the server's moments begin.
    origin: Instant,
    standing: watch::Sender<Standing>,
    notes: watch::Sender<BTreeSet<Note>>,
    /// Since when the standing has been so.
    since: Instant,
    /// The lease of the present term, while this server leads.
    lease: Option<Lease>,
}

impl Shown {
    pub(super) fn new(sid: Sid, origin: Instant) -> Self {
        Self {
            sid,
            origin,
            standing: watch::channel(Standing::Looking).0,
            notes: watch::channel(BTreeSet::new()).0,
            since: origin,
            lease: None,
        }
    }

    pub(super) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    pub(super) fn notes(&self) -> watch::Receiver<BTreeSet<Note>> {
        self.notes.subscribe()
    }

    /// Whether a leader is established, and for how long that has been so.
    pub(super) fn lasts(&self) -> Option<Duration> {
        let is_established = *self.standing.borrow() != Standing::Looking;
        is_established.then(|| self.since.elapsed())
    }

    /// A term begins in which the server may come to lead.
    pub(super) fn begin_lease(&mut self) {
        self.lease = Some(Lease::new(self.origin));
    }

    /// The lease is as long as the engine says from now on.
    pub(super) fn renew_lease(&self, now: leadership::Standing) {
        if let Some(lease) = &self.lease {
            let until = match now {
                leadership::Standing::Leading { lease, .. } => lease.unwrap_or_default(),
                _ => Moment::default(),
            };
            lease.set(until.0);
        }
    }

    pub(super) fn end_lease(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.set(Duration::ZERO);
        }
    }

    /// What is to be noted of a learner's limits from now on, if anything; the note, if it is news.
    pub(super) fn note_limits(&self, learner: Sid, note: Option<Note>) -> Option<Note> {
        let is_news = |note: &Note| !self.notes.borrow().contains(note);
        let news = note.clone().filter(is_news);
        self.replace(
            |it| matches!(it, Note::UnlikeLimits { learner: of, .. } if *of == learner),
            note,
        );
        news
    }

    /// There are no learners any more.
    pub(super) fn forget_limits(&self) {
        self.replace(|note| matches!(note, Note::UnlikeLimits { .. }), []);
    }

    pub(super) fn note_disturbers<'a>(&self, voters: impl IntoIterator<Item = &'a Sid>) {
        let notes = voters.into_iter().map(|&voter| Note::Disturber { voter });
        self.replace(|note| matches!(note, Note::Disturber { .. }), notes);
    }

    /// These are all the notes of their kind.
    fn replace(&self, is_of_kind: impl Fn(&Note) -> bool, notes: impl IntoIterator<Item = Note>) {
        let mut now = self.notes.borrow().clone();
        now.retain(|note| !is_of_kind(note));
        now.extend(notes);
        self.notes.send_if_modified(|shown| {
            let changed = *shown != now;
            *shown = now;
            changed
        });
    }

    /// What the engine says from now on: where the server stands, and whether it remembers all that
    /// it has promised.
    pub(super) fn show(&mut self, now: leadership::Standing, remembers: bool) {
        let standing = match (now, &self.lease) {
            (leadership::Standing::Leading { epoch, .. }, Some(lease)) => Standing::Leading {
                epoch,
                lease: lease.clone(),
            },
            (leadership::Standing::Following { leader, epoch }, _) => {
                Standing::Following { leader, epoch }
            }
            (leadership::Standing::Observing { leader, epoch }, _) => {
                Standing::Observing { leader, epoch }
            }
            _ => Standing::Looking,
        };
        let unknown = (!remembers).then_some(Note::PastUnknown);
        self.replace(|note| *note == Note::PastUnknown, unknown);
        let (sid, since) = (self.sid, &mut self.since);
        self.standing.send_if_modified(|shown| {
            let changed = *shown != standing;
            if changed {
                if *shown == Standing::Looking {
                    metrics::histogram!("unavailable_time").record(milliseconds(since.elapsed()));
                }
                tell(sid, &standing);
                *since = Instant::now();
                *shown = standing;
            }
            changed
        });
        let leads = self.lease.is_some() && *self.standing.borrow() != Standing::Looking;
        let uptime = if leads {
            milliseconds(self.since.elapsed())
        } else {
            0.0
        };
        metrics::gauge!("leader_uptime").set(uptime);
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn tell(sid: Sid, standing: &Standing) {
    match standing {
        Standing::Looking => {}
        Standing::Leading { epoch, .. } => {
            tracing::info!(target: "fle", %sid, %epoch, "leads, established in epoch {epoch}");
        }
        Standing::Following { leader, epoch } | Standing::Observing { leader, epoch } => {
            tracing::info!(target: "fle", %sid, %leader, %epoch, "follows leader {leader} of epoch {epoch}");
        }
    }
}
