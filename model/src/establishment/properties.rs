//! What must hold while leaders are established, and what must be seen to happen.
//!
//! Most are properties of a state, and of what is on the disks, not of how a server came to it.
//! What must hold of single steps is a [`Rule`]; the state remembers that one was broken. The mark
//! is never set in a correct model, so that it costs no states.

use super::leader::{Leader, LearnerStage, Stage};
use super::learner;
use super::network::Packet;
use super::server::{Effect, Epoch, Event, Role, Server, Stored};
use super::system::{State, Step, System};
use crate::ensemble::Composition;
use crate::properties::Kind;
use crate::set::ServerSet;
use crate::system::Setting;

/// A property and its place in the catalogue.
#[derive(Clone, Copy)]
pub struct Claim<const N: usize> {
    /// Its name, as printed.
    pub name: &'static str,
    /// What it states.
    pub statement: &'static str,
    /// How it is to be read.
    pub kind: Kind,
    /// In which scenarios it is checked.
    pub applies: fn(&super::catalogue::Scenario) -> bool,
    /// The condition on a state.
    pub condition: fn(&System<N>, &State<N>) -> bool,
}

/// A property of single steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// An epoch is established once.
    EstablishedOnce,
    /// What is proposed after an epoch was established, and is established, is later.
    LaterIsGreater,
    /// After every single write the current epoch is not above the accepted one, and neither has
    /// fallen.
    DiskOnlyRises,
    /// No epoch is promised twice.
    PromisedOnce,
    /// What is acknowledged or proposed is on the disk.
    StoredFirst,
    /// No promise is taken from a server with better credentials.
    BestCredentials,
}

/// The rules that were broken, a bit for each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Broken(u8);

impl Broken {
    /// Whether this rule was.
    #[must_use]
    pub fn contains(self, rule: Rule) -> bool {
        self.0 >> rule as u8 & 1 == 1
    }

    /// Those that are, of these.
    fn of(rules: impl IntoIterator<Item = (Rule, bool)>) -> Self {
        let broken = rules.into_iter().filter(|(_, holds)| !holds);
        Self(broken.fold(0, |bits, (rule, _)| bits | 1 << rule as u8))
    }

    /// With all of these.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }
}

impl<const N: usize> Step<'_, N> {
    /// The rules that the event breaks, before any effect.
    pub(super) fn broken_by_event(&self, after: &State<N>) -> Broken {
        let (Some(before), Some(leader)) = (self.leader(self.before), self.leader(after)) else {
            return Broken::default();
        };
        let has_promised = |leader: &Leader<N>, learner: usize| {
            leader.learners[learner].is_some_and(|it| it >= LearnerStage::Promised)
        };
        let Event::Hear { from, packet } = self.event else {
            return Broken::default();
        };
        let Packet::AckEpoch { current, zxid } = packet else {
            return Broken::default();
        };
        let is_counted = matches!(before.stage, Stage::Promising(_));
        let is_new = is_counted && has_promised(leader, from) && !has_promised(before, from);
        let credentials = (leader.elected_in, after.servers[self.me].zxid);
        let is_best = current.is_none_or(|epoch| (epoch, zxid) <= credentials);
        Broken::of([(Rule::BestCredentials, !is_new || is_best)])
    }

    /// The rules that an effect breaks, once carried out.
    pub(super) fn broken_by_effect(&self, after: &State<N>, effect: Effect) -> Broken {
        let (me, past) = (self.me, &after.past);
        let Stored {
            accepted, current, ..
        } = after.servers[me].disk;
        match effect {
            Effect::StoreAccepted(_) | Effect::StoreCurrent(_) => {
                let was = self.before.servers[me].disk;
                let rises = was.accepted <= accepted && was.current <= current;
                Broken::of([(Rule::DiskOnlyRises, rises && current <= accepted)])
            }
            Effect::Established(epoch) if self.leads(after) => Broken::of([
                (Rule::EstablishedOnce, !past.was_established(epoch)),
                (Rule::LaterIsGreater, epoch > past.floor[me]),
            ]),
            Effect::Send { packet, .. } => self.broken_by_packet(after, packet),
            _ => Broken::default(),
        }
    }

    fn broken_by_packet(&self, after: &State<N>, packet: Packet) -> Broken {
        let disk = after.servers[self.me].disk;
        let Stored {
            accepted, current, ..
        } = disk;
        match packet {
            Packet::AckEpoch {
                current: Some(claimed),
                ..
            } => {
                let Some(epoch) = self.promises(after) else {
                    return Broken::default();
                };
                let is_stored = accepted == epoch && current == claimed && disk.remembers();
                Broken::of([
                    (Rule::StoredFirst, is_stored),
                    (Rule::PromisedOnce, epoch > after.past.promised[self.me]),
                ])
            }
            Packet::LeaderInfo(epoch) => Broken::of([(Rule::StoredFirst, accepted == epoch)]),
            Packet::Ack(epoch) => {
                let is_stored = current >= epoch && disk.remembers();
                Broken::of([(Rule::StoredFirst, is_stored)])
            }
            Packet::NewLeader(epoch) => Broken::of([(Rule::StoredFirst, current == epoch)]),
            _ => Broken::default(),
        }
    }

    /// Which epochs were established before a leader proposes its own.
    pub(super) fn remember_floor(&self, after: &mut State<N>) {
        let stage = |leader: Option<&Leader<N>>| leader.map(|leader| leader.stage);
        let proposed = |stage| !matches!(stage, None | Some(Stage::Discovery));
        let (was, is) = (stage(self.leader(self.before)), stage(self.leader(after)));
        match (proposed(was), proposed(is)) {
            (false, true) => after.past.floor[self.me] = after.past.latest(),
            (_, false) => after.past.floor[self.me] = Epoch(0),
            (true, true) => {}
        }
    }

    /// Whose promises to help no other leader are not over: time ends all of one server's at once.
    /// What a leader does not count on is of no interest.
    pub(super) fn remember_kept(&self, after: &mut State<N>) {
        for leader in 0..N {
            let kept = &mut after.past.kept[leader];
            if self.event == Event::Release {
                *kept = kept.without(self.me);
            }
            *kept = match &after.servers[leader].role {
                Role::Leading(it) => {
                    let counted = it.those_at(LearnerStage::Activating);
                    kept.iter().filter(|&it| counted.contains(it)).collect()
                }
                _ => ServerSet::NONE,
            };
        }
    }

    /// What of an effect must be remembered.
    pub(super) fn remember(&self, after: &mut State<N>, effect: Effect) {
        match effect {
            Effect::Established(epoch) if self.leads(after) => {
                after.past.established |= 1 << epoch.0;
            }
            Effect::Send {
                to,
                packet: Packet::Ack(_) | Packet::Ping,
            } if !self.leads(after) && after.network.is_up(self.me, to) => {
                let kept = &mut after.past.kept[to];
                *kept = kept.with(self.me);
            }
            Effect::Send {
                packet:
                    Packet::AckEpoch {
                        current: Some(_), ..
                    },
                ..
            } => {
                if let Some(epoch) = self.promises(after) {
                    let promised = &mut after.past.promised[self.me];
                    *promised = epoch.max(*promised);
                }
            }
            _ => {}
        }
    }

    fn leader<'s>(&self, state: &'s State<N>) -> Option<&'s Leader<N>> {
        match &state.servers[self.me].role {
            Role::Leading(leader) => Some(leader),
            _ => None,
        }
    }

    fn leads(&self, state: &State<N>) -> bool {
        self.leader(state).is_some()
    }

    /// The epoch that a learner has just promised.
    fn promises(&self, after: &State<N>) -> Option<Epoch> {
        match after.servers[self.me].role {
            Role::Learning(learner::Learner {
                stage: learner::Stage::Promised(epoch),
                ..
            }) => Some(epoch),
            _ => None,
        }
    }
}

impl<const N: usize> System<N> {
    /// Whether those whose disk says so are a quorum, together with those that do not remember:
    /// they help nobody.
    fn has_quorum(&self, state: &State<N>, says_so: impl Fn(Stored) -> bool) -> bool {
        let helps_others = |disk: Stored| disk.remembers() && !says_so(disk);
        let servers = (0..N).filter(|&server| !helps_others(state.servers[server].disk));
        let servers: ServerSet = servers.collect();
        self.protocol.ensemble.is_quorum(servers, false)
    }

    /// Whether the leader may have a lease: it is established, hands over to nobody, and a quorum
    /// has promised to help no other.
    fn may_have_lease(&self, state: &State<N>, leader: usize) -> bool {
        let Role::Leading(it) = &state.servers[leader].role else {
            return false;
        };
        let synced = it.those_at(LearnerStage::Synced).iter();
        let kept = synced.filter(|&learner| state.past.kept[leader].contains(learner));
        let promised = kept.collect::<ServerSet>().with(leader);
        it.established().is_some()
            && !it.learners.contains(&Some(LearnerStage::Heir))
            && self.protocol.ensemble.is_quorum(promised, false)
    }
}

/// Every property, in the order in which they are printed.
#[must_use]
pub fn claims<const N: usize>() -> Vec<Claim<N>> {
    [always(), vec![eventually()], sometimes()].concat()
}

fn eventually<const N: usize>() -> Claim<N> {
    Claim {
        name: "a leader is established and followed",
        statement: "From every reachable state eventually one established leader is followed by all servers, in its epoch, and stays so.",
        kind: Kind::Eventually {
            witnesses: &["an epoch is established", "a learner follows"],
        },
        applies: |scenario| scenario.setting == Setting::Timely,
        condition: |system, state| system.agreed(state).is_some(),
    }
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
                        answers.any(|packet| packet == Packet::HandOver(heir))
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
