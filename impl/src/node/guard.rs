//! What a node lets its election hear, and of whom it warns.
//!
//! The engine mirrors the reference, which believes whatever a peer says. So what must not be
//! believed never reaches it: a vote that is held back here is to the engine one that the network
//! has lost, and a configuration text that is taken off a notification was never sent. Both can
//! happen on any network, so no guard can make an election unsafe, only late.
//!
//! # What is held back
//! From a server that looks, and never its own messages: a settled one answers everybody and takes
//! nothing over. Votes of servers that have settled always pass, since the engine wants a quorum of
//! them.
//! - Configuration texts, but for those that a voter tells that follows or leads, where
//!   reconfiguration is enabled and the version is not absurd. A lagging server learns the newer
//!   configuration from any voter in office.
//! - Votes of looking voters whose epoch is absurd: one server's broken file must not make every
//!   other follow its vote.
//! - Votes of looking voters for a candidate that the owner shuns for a while.
//! - All votes of a looking voter that has tried to change this server's ballot too often, by later
//!   rounds or better votes (`ROUNDS`, `COST`): the others elect without it.
//!
//! # Invariants
//! No clock: the time since the node's start is passed in. What is kept is kept of voters, and of
//! all others together, so that strangers cannot make it grow. Absent on purpose: any proof that a
//! voter is who it says. A false voter can still delay an election for as long as its budgets last,
//! tell each of the others that it agrees with it, or say that it leads. And where there are many
//! to be misled, each within its budget, it can go on for long.
//!
//! Public for the replay of recorded traces alone, which has to know what a node holds back.

use crate::codec::DecodeError;
use crate::config::ConfigVersion;
use crate::election::Election;
use crate::ensemble::Ensemble;
use crate::id::{PeerEpoch, Sid, Zxid};
use crate::notification::{Notification, Received};
use crate::vote::ServerState;
use std::collections::{BTreeMap, HashMap};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

/// How far ahead an epoch may be of what this server knows: elections of decades, and still a small
/// part of all epochs.
const EPOCHS_AHEAD: i64 = 1 << 20;

/// How many changes of a ballot a voter may try before it has to earn them, beyond one for each
/// voter.
///
/// In one round an honest voter tries no more of them than there are candidates, since a
/// candidate's credentials stay the same and only better ones are passed on, and one more by
/// entering the round. The rest is for elections in a row that establish nobody. Once a leader is
/// established every budget is full again.
const ROUNDS: u32 = 16;

/// What trying to change the ballot costs, and the time in which a voter earns that. It is little
/// enough for an honest ensemble that goes from election to election without ever establishing a
/// leader, and enough for three or five servers to agree in the time between, also where those who
/// are misled pass everything on (both in `under_fire`). One that goes on trying earns nothing.
const COST: Duration = Duration::from_millis(1300);

/// From so many on it is no accident: one that only passed on what a false voter said had some held
/// back, too.
const NAMED_FROM: u64 = 10;

/// A peer cannot cause the same line again before.
const SAID_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What one node knows of its peers' manners.
#[derive(Clone)]
pub struct Guard {
    sid: Sid,
    reconfig_enabled: bool,
    /// The epoch that this server is in.
    epoch: PeerEpoch,
    /// Whether it has an established leader.
    is_established: bool,
    voters: u32,
    budgets: BTreeMap<Sid, Budget>,
    /// Until when.
    shunned: BTreeMap<Sid, Duration>,
    /// What was said when of which voter, or of all strangers together.
    said: HashMap<(Option<Sid>, Discriminant<Refusal>), Duration>,
}

#[derive(Clone, Default)]
struct Budget {
    /// When everything that was spent is made up for.
    even: Duration,
    /// The last vote that it paid for.
    tried: Option<Notification>,
    /// How many votes were held back since the election began.
    withheld: u64,
}

/// What becomes of a notification.
pub struct Verdict<'a> {
    /// What the election hears of it; `None` if that is nothing.
    pub heard: Option<Received<'a>>,
    /// What the log is to say of it.
    pub refused: Option<Refusal>,
}

/// Why something is not believed.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Bytes that are no notification.
    #[error("a message that is no notification: {0}")]
    Unreadable(DecodeError),
    /// Somebody who votes in no configuration in force.
    #[error("configuration {version}: it comes from a server that does not vote here")]
    ConfigOfStranger {
        /// The version that the text ends with.
        version: Version,
    },
    /// A looking server may be alone with its configuration.
    #[error(
        "configuration {version}: its sender has no leader; it is taken over once a quorum with \
         that configuration has elected one"
    )]
    ConfigOfLooking {
        /// The version that the text ends with.
        version: Version,
    },
    /// The owner of the files decides.
    #[error(
        "configuration {version}: reconfigEnabled is not set here; give this server that \
         configuration, or set the key"
    )]
    ConfigNotEnabled {
        /// The version that the text ends with.
        version: Version,
    },
    /// No reconfiguration leads there.
    #[error("configuration {version}: no ensemble in epoch {known} can have come to that version")]
    ConfigJumps {
        /// The version.
        version: ConfigVersion,
        /// The last epoch that this server knows of.
        known: i64,
    },
    /// A text that is no configuration.
    #[error("a configuration that is none: it has {mistakes} mistakes")]
    ConfigUnreadable {
        /// How many, and warnings.
        mistakes: usize,
    },
    /// A broken file, or a lie.
    #[error(
        "its vote for server {leader} in epoch {epoch}, since this server is in epoch {own}: look \
         at the epoch files of both"
    )]
    EpochJumps {
        /// The candidate.
        leader: Sid,
        /// Its epoch, as the vote says.
        epoch: PeerEpoch,
        /// This server's.
        own: PeerEpoch,
    },
    /// The owner asked for it.
    #[error("its vote for server {0}, which is passed over for a while")]
    Shunned(Sid),
    /// One voter keeps the others from agreeing.
    #[error(
        "{withheld} votes so far in this election, since its votes change all the time: it is \
         broken, or somebody speaks in its name"
    )]
    Disturbs {
        /// How many were held back.
        withheld: u64,
    },
}

/// A version that may not be readable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version(Option<ConfigVersion>);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(version) => version.fmt(f),
            None => f.write_str("of an unreadable version"),
        }
    }
}

impl Refusal {
    /// Whether it happens among honest servers, too.
    pub(super) fn is_ordinary(&self) -> bool {
        matches!(
            self,
            Self::ConfigOfLooking { .. } | Self::ConfigNotEnabled { .. } | Self::Shunned(_)
        )
    }
}

impl Guard {
    /// Knows nobody yet.
    #[must_use]
    pub fn new(sid: Sid, reconfig_enabled: bool, ensemble: &Ensemble) -> Self {
        let mut guard = Self {
            sid,
            reconfig_enabled,
            epoch: PeerEpoch(0),
            is_established: false,
            voters: 0,
            budgets: BTreeMap::new(),
            shunned: BTreeMap::new(),
            said: HashMap::new(),
        };
        guard.reconfigure(ensemble);
        guard
    }

    /// The owner looks for a leader, and is in this epoch.
    pub fn begin(&mut self, epoch: PeerEpoch) {
        self.epoch = epoch;
        self.is_established = false;
        for budget in self.budgets.values_mut() {
            budget.withheld = 0;
        }
    }

    /// A leader is established in this epoch: whatever it took, the election was no fight.
    pub fn establish(&mut self, epoch: PeerEpoch) {
        self.epoch = self.epoch.max(epoch);
        self.is_established = true;
        for budget in self.budgets.values_mut() {
            budget.even = Duration::ZERO;
            budget.tried = None;
        }
    }

    /// Forgets who votes in none of these configurations.
    pub fn reconfigure(&mut self, ensemble: &Ensemble) {
        let votes = |sid: &Sid| ensemble.view().slot(*sid).is_some();
        self.voters = u32::try_from(ensemble.view().voters().len()).unwrap_or(u32::MAX);
        self.budgets.retain(|sid, _| votes(sid));
        self.shunned.retain(|sid, _| votes(sid));
        self.said.retain(|(of, _), _| of.as_ref().is_none_or(votes));
    }

    /// Votes for this candidate are held back for so long.
    pub fn shun(&mut self, candidate: Sid, until: Duration) {
        self.shunned.insert(candidate, until);
    }

    /// The voters that had many votes held back since the election began, and how many.
    pub fn disturbers(&self) -> impl Iterator<Item = (Sid, u64)> {
        let withheld = self.budgets.iter().map(|(sid, it)| (*sid, it.withheld));
        withheld.filter(|(_, withheld)| *withheld >= NAMED_FROM)
    }

    /// Bytes that are no notification; what the log is to say of them.
    pub(super) fn unreadable(
        &mut self,
        from: Sid,
        error: DecodeError,
        ensemble: &Ensemble,
        now: Duration,
    ) -> Option<Refusal> {
        self.say(from, Refusal::Unreadable(error), ensemble, now)
    }

    /// What the election is to hear of a notification, before it does.
    pub fn judge<'a>(
        &mut self,
        from: Sid,
        received: &Received<'a>,
        election: &Election,
        now: Duration,
    ) -> Verdict<'a> {
        let mut verdict = Verdict {
            heard: Some(*received),
            refused: None,
        };
        if from == self.sid || self.is_established {
            return verdict;
        }
        let ensemble = election.ensemble();
        if let Some(refusal) = self.against_vote(from, received, election, now) {
            verdict.heard = None;
            verdict.refused = self.say(from, refusal, ensemble, now);
        } else if election.state() == ServerState::Looking
            && let Some(refusal) = self.against_text(from, received, ensemble)
        {
            verdict.heard = Some(Received {
                config: None,
                ..*received
            });
            verdict.refused = self.say(from, refusal, ensemble, now);
        }
        verdict
    }

    fn against_vote(
        &mut self,
        from: Sid,
        received: &Received<'_>,
        election: &Election,
        now: Duration,
    ) -> Option<Refusal> {
        let told = received.notification.as_ref()?;
        election.ensemble().view().slot(from)?;
        if told.state != ServerState::Looking {
            return None;
        }
        let is_spent = self.overdraws(from, told, election, now);
        if election.state() != ServerState::Looking {
            return None;
        }
        let (leader, epoch) = (told.proposal.leader, told.proposal.peer_epoch);
        if is_absurd(epoch.0, self.epoch.0) {
            let own = self.epoch;
            return Some(Refusal::EpochJumps { leader, epoch, own });
        }
        if self.shunned.get(&leader).is_some_and(|until| now < *until) {
            return Some(Refusal::Shunned(leader));
        }
        let budget = self.budgets.get_mut(&from).filter(|_| is_spent)?;
        budget.withheld += 1;
        let withheld = budget.withheld;
        Some(Refusal::Disturbs { withheld })
    }

    /// Whether a voter has spent its budget. Who would change the ballot pays, whether it may or
    /// not, and also while this server has settled on a leader that is not established: so one that
    /// does not stop is not heard again.
    fn overdraws(
        &mut self,
        from: Sid,
        told: &Notification,
        election: &Election,
        now: Duration,
    ) -> bool {
        let own = election.announcement();
        let view = election.ensemble().view();
        let is_better = told.proposal.supersedes(&own.proposal, view);
        let changes = told.election_epoch > own.election_epoch
            || told.election_epoch == own.election_epoch && is_better;
        let most = COST * self.voters.saturating_add(ROUNDS);
        let budget = self.budgets.entry(from).or_default();
        let is_spent = budget.even.saturating_sub(now) > most - COST;
        if changes && budget.tried.replace(*told) != Some(*told) {
            budget.even = (budget.even.max(now) + COST).min(now + 2 * most);
        }
        is_spent
    }

    /// Why a text is taken off. Only one that is otherwise believed is read as a whole, which takes
    /// time.
    fn against_text(
        &self,
        from: Sid,
        received: &Received<'_>,
        ensemble: &Ensemble,
    ) -> Option<Refusal> {
        let text = received.config.filter(|text| !text.is_empty())?;
        if ensemble.is_committed(text) {
            return None;
        }
        let version = last_version(text);
        let state = received.notification.map(|told| told.state);
        let in_office = [ServerState::Following, ServerState::Leading].map(Some);
        if ensemble.view().slot(from).is_none() {
            return Some(Refusal::ConfigOfStranger { version });
        }
        if !self.reconfig_enabled {
            return Some(Refusal::ConfigNotEnabled { version });
        }
        if !in_office.contains(&state) {
            return Some(Refusal::ConfigOfLooking { version });
        }
        let version = match ensemble.read(text) {
            Ok(config) => config.version(),
            Err(errors) => {
                let mistakes = errors.diagnostics().len();
                return Some(Refusal::ConfigUnreadable { mistakes });
            }
        };
        let epoch_of = |version: ConfigVersion| Zxid(version.0).peer_epoch().0;
        let known = self.epoch.0.max(epoch_of(ensemble.committed().version()));
        is_absurd(epoch_of(version), known).then_some(Refusal::ConfigJumps { version, known })
    }

    /// A refusal, if the log is to say it: not what was just said, and nothing of texts that would
    /// change nothing.
    fn say(
        &mut self,
        of: Sid,
        refusal: Refusal,
        ensemble: &Ensemble,
        now: Duration,
    ) -> Option<Refusal> {
        let is_news = match &refusal {
            Refusal::ConfigOfStranger { version }
            | Refusal::ConfigOfLooking { version }
            | Refusal::ConfigNotEnabled { version } => version
                .0
                .is_none_or(|version| version > ensemble.committed().version()),
            Refusal::Disturbs { withheld } => *withheld >= NAMED_FROM,
            Refusal::Unreadable(_)
            | Refusal::ConfigJumps { .. }
            | Refusal::ConfigUnreadable { .. }
            | Refusal::EpochJumps { .. }
            | Refusal::Shunned(_) => true,
        };
        if !is_news {
            return None;
        }
        let voter = ensemble.view().slot(of).map(|_| of);
        let again = now + SAID_AGAIN_AFTER;
        let key = (voter, discriminant(&refusal));
        let may_be_said = self.said.get(&key).is_none_or(|at| *at <= now);
        may_be_said.then(|| {
            self.said.insert(key, again);
            refusal
        })
    }
}

/// Whether no ensemble that is in this epoch can have come to that one meanwhile.
fn is_absurd(epoch: i64, known: i64) -> bool {
    epoch > known.max(0).saturating_add(EPOCHS_AHEAD)
}

/// The version that a text ends with, as all do that a server has printed.
fn last_version(text: &[u8]) -> Version {
    let line = text.rsplit(|byte| *byte == b'\n').next();
    let digits = line.and_then(|line| line.strip_prefix(b"version="));
    let digits = digits.and_then(|digits| str::from_utf8(digits).ok());
    let version = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
    Version(version.map(|version| ConfigVersion(version.cast_signed())))
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod under_fire;
