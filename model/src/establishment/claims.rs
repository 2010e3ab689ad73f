//! What must hold while leaders are established, and what must be seen to happen.
//!
//! Most are properties of a state, and of what is on the disks, not of how a server came to it.
//! What must hold of single steps is a [`Rule`].

use super::leader::LearnerStage;
use super::learner;
use super::network::Packet;
use super::rules::{Past, Rule};
use super::scenario::Scenario;
use super::server::{Role, Server};
use super::system::{State, System};
use super::terms::{Epoch, Stored};
use crate::frame::claim::{self, Kind};
use crate::frame::subject::Observed;
use crate::terms::ensemble::Composition;
use crate::terms::set::ServerSet;
use crate::terms::setting::Setting;

/// A property of an establishment.
pub type Claim<const N: usize> = claim::Claim<System<N>>;

impl<const N: usize> System<N> {
    /// Whether those whose disk says so are a quorum, together with those that do not remember:
    /// they help nobody.
    fn has_quorum(&self, state: &State<N>, says_so: impl Fn(Stored) -> bool) -> bool {
        let helps_others = |disk: Stored| disk.remembers() && !says_so(disk);
        let servers = (0..N).filter(|&server| !helps_others(state.servers[server].disk));
        let servers: ServerSet = servers.collect();
        self.protocol.ensemble.has_quorum(servers, false)
    }

    /// Whether the leader may have a lease: it is established, hands over to nobody, and a quorum
    /// has promised to help no other.
    fn may_have_lease(&self, state: &Observed<State<N>, Past<N>>, leader: usize) -> bool {
        let Role::Leading(it) = &state.servers[leader].role else {
            return false;
        };
        let synced = it.those_at(LearnerStage::Synced).iter();
        let kept = synced.filter(|&learner| state.past.kept[leader].contains(learner));
        let promised = kept.collect::<ServerSet>().with(leader);
        it.established().is_some()
            && !it.learners.contains(&Some(LearnerStage::Heir))
            && self.protocol.ensemble.has_quorum(promised, false)
    }
}

/// Every property, in the order in which they are printed.
#[must_use]
pub fn claims<const N: usize>() -> Vec<Claim<N>> {
    [always(), of_transactions(), eventually(), sometimes()].concat()
}

fn eventually<const N: usize>() -> Vec<Claim<N>> {
    let comes_to_follow = Claim {
        name: "a leader is established and followed",
        statement: "From every reachable state eventually one established leader is followed by all servers, in its epoch, and stays so.",
        kind: Kind::Eventually {
            witnesses: &["an epoch is established", "a learner follows"],
        },
        applies: |scenario| scenario.setting == Setting::Timely && !may_forget_twice(scenario),
        condition: |system, state| system.agreed(state).is_some(),
    };
    let stays_without = Claim {
        name: "two that have forgotten stay out",
        statement: "Of three servers two do not know what they have promised, and no leader is established any more: \
                    what they may have promised nobody else can know.",
        kind: Kind::EndlessPitfall,
        applies: |scenario| scenario.setting == Setting::Timely && may_forget_twice(scenario),
        condition: |system, state| system.agreed(state).is_some(),
    };
    vec![comes_to_follow, stays_without]
}

/// Whether two servers may have lost what they promised.
fn may_forget_twice(scenario: &Scenario) -> bool {
    scenario.faults.losses + scenario.faults.rollbacks > 1
}

fn always<const N: usize>() -> Vec<Claim<N>> {
    let always = |name, witnesses, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Always { witnesses },
        applies: |_| true,
        condition,
    };
    vec![
        always(
            "one leader in an epoch",
            &["an epoch is established"],
            "In no epoch is a leader established twice, be it another or the same again after a crash.",
            |_, state| !state.past.broken.contains(Rule::EstablishedOnce),
        ),
        always(
            "later is greater",
            &["a later epoch is established"],
            "What is proposed after the leader of an epoch was established, and is established itself, is a greater epoch.",
            |_, state| !state.past.broken.contains(Rule::LaterIsGreater),
        ),
        always(
            "current is accepted",
            &["a current epoch is stored"],
            "On a disk the current epoch is never above the accepted one, after every single write, and neither ever falls.",
            |_, state| {
                let disks = state.servers.iter().map(|server| server.disk);
                !state.past.broken.contains(Rule::DiskOnlyRises)
                    && disks.into_iter().all(|disk| disk.current <= disk.accepted)
            },
        ),
        always(
            "a promise is kept",
            &["a promise is made"],
            "No server promises an epoch twice, or one below what it has promised before, over all its lives, as far as its disk was not lost.",
            |_, state| !state.past.broken.contains(Rule::PromisedOnce),
        ),
        always(
            "stored before said",
            &["a promise is made", "a current epoch is stored"],
            "Who promises or proposes an epoch has it on its disk as the accepted one, and who activates or acknowledges it, as the \
             current one.",
            |_, state| !state.past.broken.contains(Rule::StoredFirst),
        ),
        always(
            "no better server promised",
            &["a promise is made"],
            "The (current epoch, zxid) with which a leader was elected is not below that of any server whose promise it counts.",
            |_, state| !state.past.broken.contains(Rule::BestCredentials),
        ),
        always(
            "a quorum has promised",
            &["a current epoch is stored"],
            "What is the current epoch on any disk, that or a later one has been accepted on the disks of a quorum, \
             those that do not remember included: they help nobody.",
            |system, state| {
                let current = state.servers.iter().map(|server| server.disk.current);
                let greatest = current.max().unwrap_or_default();
                greatest == Epoch(0) || system.has_quorum(state, |disk| disk.accepted >= greatest)
            },
        ),
        always(
            "a quorum has acknowledged",
            &["an epoch is established"],
            "The epoch of a leader that was ever established, or a later one, is the current one on the disks of a quorum, \
             those that do not remember included.",
            |system, state| {
                let latest = state.past.latest();
                latest == Epoch(0) || system.has_quorum(state, |disk| disk.current >= latest)
            },
        ),
        always(
            "one lease at a time",
            &["an epoch is established"],
            "Of established leaders no two have the promises of a quorum, to help no other, that are not over.",
            |system, state| {
                let leaders = (0..N).filter(|&leader| system.may_have_lease(state, leader));
                leaders.count() <= 1
            },
        ),
        always(
            "only the established are followed",
            &["a learner follows"],
            "Who follows a leader in an epoch follows one that was established in it.",
            |_, state| {
                let followed = state.servers.iter().filter_map(Server::established);
                followed
                    .into_iter()
                    .all(|epoch| state.past.was_established(epoch))
            },
        ),
    ]
}

/// Where the election feeds the establishment, and histories grow.
fn of_transactions<const N: usize>() -> Vec<Claim<N>> {
    let of_transactions = |name, kind, statement, condition| Claim {
        name,
        statement,
        kind,
        applies: Scenario::replicates,
        condition,
    };
    let always = |witnesses| Kind::Always { witnesses };
    vec![
        of_transactions(
            "an established leader has everything committed",
            always(&["a transaction is committed", "a later epoch is established"]),
            "A leader that is established has every transaction that was committed before.",
            |_, state| !state.past.broken.contains(Rule::CommittedIsKept),
        ),
        of_transactions(
            "what is committed stays",
            always(&["a transaction is committed"]),
            "What a quorum has in an epoch begins with all that a quorum has had in an epoch before, or is a beginning of that.",
            |_, state| !state.past.broken.contains(Rule::CommittedOnlyGrows),
        ),
        of_transactions(
            "an elected history is not below a committed one",
            always(&["a transaction is committed"]),
            "Whoever a quorum would vote for, as the disks stand, has every transaction that is committed.",
            |system, state| {
                let is_elected = |&candidate: &usize| {
                    let voters = system.would_vote(state, candidate);
                    system.protocol.ensemble.has_quorum(voters, false)
                };
                let mut elected = (0..N).filter(is_elected);
                elected.all(|it| state.servers[it].history.contains(state.past.committed))
            },
        ),
        of_transactions(
            "a transaction is committed",
            Kind::Witness,
            "A quorum has a transaction of the epoch that it is in.",
            |_, state| state.past.committed.last().epoch > Epoch(0),
        ),
        of_transactions(
            "an outdated vote elects",
            Kind::Pitfall,
            "A server that remembers may be elected without a transaction that is committed: it was since the votes were cast.",
            |system, state| {
                let mut servers = state.servers.iter().enumerate();
                servers.any(|(me, it)| {
                    it.memory.remembers()
                        && system.has_votes(state, me)
                        && !it.history.contains(state.past.committed)
                })
            },
        ),
    ]
}

fn sometimes<const N: usize>() -> Vec<Claim<N>> {
    let sometimes = |name, statement, condition| Claim {
        name,
        statement,
        kind: Kind::Witness,
        applies: |_| true,
        condition,
    };
    let where_it_is_long = |claim: Claim<N>| Claim {
        applies: |scenario| scenario.last > 1,
        ..claim
    };
    vec![
        sometimes(
            "an epoch is established",
            "A leader is established.",
            |_, state| state.past.established != 0,
        ),
        Claim {
            applies: |scenario| scenario.lasts(),
            ..sometimes(
                "a later epoch is established",
                "Leaders are established in two epochs.",
                |_, state| state.past.established.count_ones() > 1,
            )
        },
        sometimes(
            "a current epoch is stored",
            "A server that does not lead has a current epoch.",
            |_, state| {
                let leads = |role: &Role<N>| matches!(role, Role::Leading(_));
                let mut servers = state.servers.iter();
                servers.any(|it| !leads(&it.role) && it.disk.current > Epoch(0))
            },
        ),
        sometimes(
            "a promise is made",
            "A learner promises an epoch.",
            |_, state| state.past.promised.iter().any(|&epoch| epoch > Epoch(0)),
        ),
        Claim {
            applies: |scenario| scenario.faults.transfers > 0,
            ..sometimes(
                "an heir takes over",
                "Who was asked to lead by a leader has answered.",
                |_, state| {
                    let mut pairs =
                        (0..N).flat_map(|heir| (0..N).map(move |leader| (heir, leader)));
                    pairs.any(|(heir, leader)| {
                        let mut answers = state.network.connection(heir, leader).up.packets();
                        answers.any(|packet| packet == Packet::HandOver(heir.into()))
                    })
                },
            )
        },
        sometimes(
            "a learner follows",
            "A learner follows an established leader.",
            |_, state| {
                let mut servers = state.servers.iter();
                servers.any(|it| matches!(it.role, Role::Learning(_)) && it.established().is_some())
            },
        ),
        where_it_is_long(sometimes(
            "a promise is held back",
            "A learner that is bound by an earlier promise does not promise a new epoch yet.",
            |_, state| {
                let mut servers = state.servers.iter();
                servers.any(|it| match it.role {
                    Role::Learning(learner) => matches!(learner.stage, learner::Stage::HeldBack(_)),
                    _ => false,
                })
            },
        )),
        Claim {
            applies: |scenario| scenario.forgetful_are_let_in(),
            ..sometimes(
                "one that forgot is let in",
                "An established leader has confirmed its epoch for a server that does not remember.",
                |_, state| {
                    let mut servers = state.servers.iter();
                    servers.any(|it| match it.role {
                        Role::Learning(learner) => {
                            matches!(learner.stage, learner::Stage::Promised(_))
                                && !it.memory.remembers()
                        }
                        _ => false,
                    })
                },
            )
        },
        Claim {
            applies: |scenario| scenario.some_come_ahead(),
            ..sometimes(
                "a voter follows below what it has accepted",
                "A voter that has accepted a later epoch follows an established leader.",
                |system, state| {
                    let voters = system.protocol.ensemble.voters();
                    let mut voters = voters.iter().map(|voter| &state.servers[voter]);
                    voters.any(|it| {
                        it.established()
                            .is_some_and(|epoch| epoch < it.disk.accepted)
                    })
                },
            )
        },
        // Of two equal voters neither is dispensable, and who has accepted a later epoch than any
        // joins in none that is new to it.
        Claim {
            applies: |scenario| {
                let is_dispensable =
                    scenario.composition != Composition::Majority || scenario.servers > 2;
                let mut disks = scenario.disks.iter();
                is_dispensable && disks.all(|disk| disk.accepted.0 <= scenario.last)
            },
            ..sometimes(
                "a learner joins without a promise",
                "An established leader's learner acknowledges its epoch without having promised it to this leader.",
                |_, state| {
                    let mut servers = state.servers.iter().enumerate();
                    servers.any(|(me, it)| match it.role {
                        Role::Learning(learner) => {
                            it.established() > Some(state.past.promised[me])
                                && learner.stage != learner::Stage::Introduced
                        }
                        _ => false,
                    })
                },
            )
        },
    ]
}
