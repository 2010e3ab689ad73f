//! The production engine with a clock and a disk: [`Leadership`] as its driver keeps it, without a network.

use super::terms::{Terms, epochs};
use fle::leadership::{Effect, Effects, Epochs, Leadership, Moment, Standing, Stored};
use fle::{PeerEpoch, Sid};
use fle_model::establishment::server;
use std::fmt;
use std::time::Duration;

/// For how long a promise binds.
pub(super) const PROMISE: Duration = Duration::from_secs(1);
/// For how long patience lasts, longer than any walk takes.
pub(super) const PATIENCE: Duration = Duration::from_secs(1_000_000);

/// One server of the production crate, in one life.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Engine {
    leadership: Leadership,
    disk: Epochs,
    now: Moment,
}

/// What can be seen of a server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shown {
    pub(super) follows: Follows,
    pub(super) memory: Epochs,
    pub(super) disk: Epochs,
    pub(super) waits: Waits,
}

/// Which established leader it knows of. How long a lease is left out: that is time's business.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Follows {
    Nobody,
    Itself(PeerEpoch),
    Another(Sid, PeerEpoch),
    AnotherWithoutVote(Sid, PeerEpoch),
}

/// How long it waits if nothing happens to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Waits {
    /// It does not look at its clock.
    NotAtAll,
    /// Until a promise is over, or as long as one binds.
    ForPromise,
    /// Until its patience is over.
    Patiently,
}

impl Engine {
    /// A life begins.
    pub(super) fn start<const N: usize>(
        terms: &Terms<N>,
        place: usize,
        disk: server::Epochs,
    ) -> Self {
        let (disk, now) = (epochs(disk), Moment::default());
        let ensemble = terms.ensemble.clone();
        Self {
            leadership: Leadership::new(
                terms.settings(place),
                ensemble,
                Stored::complete(disk),
                now,
            ),
            disk,
            now,
        }
    }

    /// What it does about an event now.
    pub(super) fn take(
        &mut self,
        event: impl FnOnce(&mut Leadership, Moment) -> Effects,
    ) -> Effects {
        let effects = event(&mut self.leadership, self.now);
        for effect in &effects {
            match effect {
                Effect::StoreAccepted(epoch) => self.disk.accepted = *epoch,
                Effect::StoreCurrent(epoch) => self.disk.current = *epoch,
                _ => {}
            }
        }
        effects
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
        let (memory, disk) = (epochs(self.memory), epochs(self.disk));
        let Self { follows, waits, .. } = self;
        write!(
            f,
            "then: {memory}; on the disk {disk}; follows {follows:?}; waits {waits:?}"
        )
    }
}
