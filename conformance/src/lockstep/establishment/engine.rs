//! The production engine with a clock and a disk: [`Leadership`] as its driver keeps it, without a
//! network.

use super::shown::{Follows, Shown, Waits};
use super::terms::{Terms, stored};
use super::times::PROMISE;
use fle::leadership::{Effect, Effects, Epochs, Knowledge, Leadership, Moment, Standing, Stored};
use fle_model::establishment::terms;
use std::fmt;
use std::time::Duration;

/// One server of the production crate, in one life.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Engine {
    leadership: Leadership,
    disk: Stored,
    now: Moment,
}

impl Engine {
    /// A life begins.
    pub(super) fn start<const N: usize>(
        terms: &Terms<N>,
        place: usize,
        disk: terms::Stored,
    ) -> Self {
        let (disk, now) = (stored(disk), Moment::default());
        let ensemble = terms.ensemble.clone();
        let mut engine = Self {
            leadership: Leadership::new(terms.settings(place), ensemble, disk, now),
            disk,
            now,
        };
        // What it asks others now they answer when the model says so.
        engine.wait(Duration::ZERO);
        engine
    }

    /// What it does about an event now.
    pub(super) fn take(
        &mut self,
        event: impl FnOnce(&mut Leadership, Moment) -> Effects,
    ) -> Effects {
        let mut effects = event(&mut self.leadership, self.now);
        // To ask and to be answered are one to the model.
        effects.retain(|effect| !matches!(effect, Effect::Ask(_)));
        for effect in &effects {
            match effect {
                Effect::StoreAccepted(epoch) => self.write().accepted = *epoch,
                Effect::StoreCurrent(epoch) => self.write().current = *epoch,
                Effect::StoreKnown => self.disk.knowledge = Knowledge::Complete,
                _ => {}
            }
        }
        effects
    }

    /// A disk that something is written to is not empty any more.
    fn write(&mut self) -> &mut Epochs {
        if self.disk.knowledge == Knowledge::Blank {
            self.disk.knowledge = Knowledge::Lost;
        }
        &mut self.disk.epochs
    }

    /// What it does when this much time has passed.
    pub(super) fn wait(&mut self, time: Duration) -> Effects {
        self.now = self.now.after(time);
        self.take(|leadership, now| leadership.handle_time(now, None))
    }

    /// How many promises may have come to their end one after the other by now.
    pub(super) fn promises_over(&self) -> u64 {
        self.now.0.as_secs() / PROMISE.as_secs()
    }

    pub(super) fn shown(&self) -> Shown {
        Shown {
            follows: match self.leadership.standing() {
                Standing::Looking => Follows::Nobody,
                Standing::Leading { epoch, .. } => Follows::Itself(epoch),
                Standing::Following { leader, epoch } => Follows::Another(leader, epoch),
                Standing::Observing { leader, epoch } => Follows::AnotherWithoutVote(leader, epoch),
            },
            memory: self.leadership.epochs(),
            remembers: self.leadership.remembers(),
            past: self.leadership.past(),
            disk: self.disk,
            waits: match self.leadership.deadline() {
                None => Waits::NotAtAll,
                Some(end) if end <= self.now.after(PROMISE) => Waits::ForPromise,
                Some(_) => Waits::Patiently,
            },
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epochs =
            |Epochs { accepted, current }| format!("accepted {accepted}, current {current}");
        let (memory, disk) = (epochs(self.memory), epochs(self.disk.epochs));
        let Self { follows, waits, .. } = self;
        write!(f, "then: {memory}; on the disk {disk}; ")?;
        if !self.remembers || self.disk.knowledge != Knowledge::Complete {
            let (past, knowledge) = (self.past, self.disk.knowledge);
            write!(
                f,
                "remembers: {}, answers {past:?}, on the disk {knowledge:?}; ",
                self.remembers
            )?;
        }
        write!(f, "follows {follows:?}; waits {waits:?}")
    }
}
