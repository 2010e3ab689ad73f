//! Random servers in random ensembles: a committed configuration, perhaps one proposed to follow
//! it, and who this server is in them.
//!
//! Configurations are printed as the class prints them, for that is what its notifications carry.
//! Deviations of `fle` are left out: `impl/DEVIATIONS.md`, "Configurations".
//! - Sids and groups fall into different buckets of a hash table, so that nothing is printed in an
//!   order that follows from it.
//! - Hosts are address literals in their usual form.
//! - A configuration that is proposed is newer than the committed one.
//! - An ensemble with an oracle has no groups.
//! - Versions are not negative.
//! - A configuration that `fle` refuses is not one: what ZooKeeper throws unchecked is among those.

use fle::config::{DynamicConfig, Rules};
use fle_model::election::trace::format::{Credentials, Format, LearnerType, Quorum, Server};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Numbers at the edge of what a field can say.
const EDGES: [i64; 9] = [
    -1,
    -2,
    i64::MAX,
    i64::MIN,
    1 << 62,
    1 << 32,
    1 << 31,
    -(1 << 31),
    -(1 << 32) - 1,
];

const MOST: usize = 7;
const GROUPS: u8 = 3;
const STRANGER: i64 = 77;

/// A server in its ensemble.
#[derive(Clone, Debug)]
pub(super) struct Cast {
    pub(super) server: Server,
    pub(super) committed: Configuration,
    pub(super) proposed: Option<Configuration>,
    /// What speaks for candidates: few, so that many votes agree.
    pub(super) histories: Vec<Credentials>,
}

/// A configuration as data.
#[derive(Clone, Debug)]
pub(super) struct Configuration {
    members: Vec<Member>,
    rule: Quorum,
    pub(super) version: i64,
}

#[derive(Clone, Debug)]
struct Member {
    sid: i64,
    votes: bool,
    port: u16,
    client: Option<u16>,
    group: u8,
    weight: u8,
}

/// How one configuration differs from another in a member.
#[derive(Clone, Debug)]
pub(super) enum Change {
    Nothing,
    Drop,
    Turn,
    Port,
    Client,
    Weight,
    Group,
    Rule,
    Add { votes: bool },
}

impl Cast {
    /// Whether a vote for this server is heard at all.
    pub(super) fn votes(&self, sid: i64) -> bool {
        self.committed.votes(sid) || self.proposed.iter().any(|it| it.votes(sid))
    }

    /// Whether the committed configuration says what weight the server has as a candidate.
    pub(super) fn weighs(&self, sid: i64) -> bool {
        !self.committed.grouped() || self.committed.member(sid).is_some_and(Member::has_weight)
    }

    /// Everybody that a configuration names, voters first.
    pub(super) fn everybody(&self) -> Vec<i64> {
        let members = self.committed.members.iter();
        let members = members.chain(self.proposed.iter().flat_map(|it| &it.members));
        let mut sids: Vec<i64> = members.map(|it| it.sid).collect();
        sids.sort_by_key(|&sid| (!self.votes(sid), sid));
        sids.dedup();
        sids
    }

    pub(super) fn voters(&self) -> Vec<i64> {
        let mut sids = self.everybody();
        sids.retain(|&sid| self.votes(sid));
        sids
    }
}

impl Configuration {
    fn member(&self, sid: i64) -> Option<&Member> {
        self.members.iter().find(|it| it.sid == sid)
    }

    fn grouped(&self) -> bool {
        self.rule == Quorum::Hierarchical
    }

    fn votes(&self, sid: i64) -> bool {
        self.member(sid).is_some_and(|it| it.votes)
    }

    /// The text as the class prints it; none if this is no configuration.
    pub(super) fn text(&self) -> Option<String> {
        let mut lines: Vec<String> = self.members.iter().map(Member::line).collect();
        if self.grouped() {
            let weighed = || self.members.iter().filter(|it| it.has_weight());
            for group in 0..GROUPS {
                let members = weighed().filter(|it| it.group == group);
                let members: Vec<_> = members.map(|it| it.sid.to_string()).collect();
                if !members.is_empty() {
                    lines.push(format!("group.{}={}", group + 1, members.join(":")));
                }
            }
            lines.extend(weighed().map(|it| format!("weight.{}={}", it.sid, it.weight)));
        }
        lines.push(format!("version={:x}", self.version));
        let config = DynamicConfig::parse(&lines.join("\n"), Rules::default()).ok()?;
        Some(config.to_string())
    }

    /// A newer one, with those of the changes that can be.
    fn proposal(&self, changes: &[(Change, Index)]) -> Self {
        let mut proposal = self.clone();
        proposal.version += 1;
        for (change, at) in changes {
            let changed = proposal.changed(change, *at, proposal.version);
            proposal = changed.unwrap_or(proposal);
        }
        proposal
    }

    /// The same but for one change, if it is a configuration then.
    pub(super) fn changed(&self, change: &Change, at: Index, version: i64) -> Option<Self> {
        let mut changed = self.clone();
        changed.version = version;
        let index = at.index(changed.members.len());
        let member = &mut changed.members[index];
        match change {
            Change::Nothing => {}
            Change::Drop => drop(changed.members.remove(index)),
            Change::Turn => member.votes ^= true,
            Change::Port => member.port += 1,
            Change::Client => member.client = member.client.xor(Some(2181)),
            Change::Weight => member.weight ^= 1,
            Change::Group => member.group = (member.group + 1) % GROUPS,
            Change::Rule => {
                changed.rule = match self.rule {
                    Quorum::Majority => Quorum::Hierarchical,
                    Quorum::Hierarchical => Quorum::Majority,
                    Quorum::Oracle => Quorum::Oracle,
                }
            }
            Change::Add { votes } => {
                let (sid, votes) = (self.members.iter().map(|it| it.sid).max()? + 1, *votes);
                let added = Member {
                    sid,
                    votes,
                    ..member.clone()
                };
                changed.members.push(added);
            }
        }
        (version >= 0 && changed.text().is_some()).then_some(changed)
    }
}

impl Member {
    fn line(&self) -> String {
        let Self { sid, port, .. } = self;
        let role = if self.votes {
            "participant"
        } else {
            "observer"
        };
        let client = self
            .client
            .map(|port| format!(";0.0.0.0:{port}"))
            .unwrap_or_default();
        format!(
            "server.{sid}=10.0.0.{}:{port}:3888:{role}{client}",
            sid % 200
        )
    }

    /// Voters stand in a group; of the others, those in the first do not.
    fn has_weight(&self) -> bool {
        self.votes || self.group > 0
    }
}

/// Any server in any ensemble, the simplest first.
pub(super) fn cast() -> impl Strategy<Value = Cast> {
    let version = select(vec![0, 1, 5, 0x1_0000_0000, i64::MAX - 20]);
    let committed = (ensemble(), version, vec(member(), MOST));
    let changes = option::weighted(0.3, vec((change(), any::<Index>()), 1..3));
    let edge = option::weighted(0.2, select(&EDGES[..]));
    let drawn = (committed, changes, vec(credentials(), 3), edge, identity());
    drawn.prop_filter_map(
        "no configuration",
        |(committed, changes, mut histories, edge, identity)| {
            let ((rule, oracle, sids), version, members) = committed;
            histories[2].zxid = edge.unwrap_or(histories[2].zxid);
            let of_sids = sids.iter().zip(members);
            let committed = Configuration {
                members: of_sids.map(|(&sid, it)| Member { sid, ..it }).collect(),
                rule,
                version,
            };
            let proposed = changes.map(|changes| committed.proposal(&changes));
            let server = Server {
                format: Format::FleTrace1,
                sid: 0,
                learner_type: LearnerType::Participant,
                quorum: rule,
                config: committed.text()?,
                last_seen_config: proposed.as_ref().and_then(Configuration::text),
                oracle,
                init: histories[0],
                min_notification_interval_ms: 250,
                max_notification_interval_ms: 1_500,
                finalize_wait_ms: 200,
            };
            let mut cast = Cast {
                server,
                committed,
                proposed,
                histories,
            };
            identity.assume(&mut cast);
            Some(cast)
        },
    )
}

/// A rule, what the oracle answers, and whose ensemble it is.
fn ensemble() -> impl Strategy<Value = (Quorum, Option<bool>, &'static [i64])> {
    let any: &[&[i64]] = &[
        &[1, 2, 3],
        &[1, 2, 3, 4, 5],
        &[1, 2],
        &[0, 1, 2],
        &[3, 5, 7, 9],
        &[1, 2, 3, 4, 5, 6, 7],
        &[2, 5_000_000_001, 8],
    ];
    let small: &[&[i64]] = &[&[1, 2], &[0, 5], &[1, 2], &[1], &[1, 2, 3], &[0, 5, 9]];
    let of = |rule, oracle, sids| (Just(rule), Just(oracle), select(sids));
    prop_oneof![
        5 => of(Quorum::Majority, None, any),
        4 => of(Quorum::Hierarchical, None, any),
        2 => of(Quorum::Oracle, Some(true), small),
        2 => of(Quorum::Oracle, Some(false), small),
    ]
}

fn member() -> impl Strategy<Value = Member> {
    let votes = prop_oneof![7 => Just(true), 1 => Just(false)];
    let client = option::of(Just(2181));
    let weight = prop_oneof![4 => Just(1), 2 => Just(0), 1 => 2..4_u8];
    (votes, client, 0..GROUPS, weight).prop_map(|(votes, client, group, weight)| Member {
        sid: 0,
        votes,
        port: 2888,
        client,
        group,
        weight,
    })
}

/// Which of the servers it is.
#[derive(Clone, Debug)]
struct Identity {
    who: Index,
    /// One that no configuration names.
    stranger: bool,
    /// Whether it takes itself for what its configuration does not say.
    mistaken: bool,
}

fn identity() -> impl Strategy<Value = Identity> {
    use prop::bool::weighted;
    let drawn = (any::<Index>(), weighted(0.03), weighted(0.15));
    drawn.prop_map(|(who, stranger, mistaken)| Identity {
        who,
        stranger,
        mistaken,
    })
}

impl Identity {
    fn assume(&self, cast: &mut Cast) {
        let known = cast.everybody();
        let sid = if self.stranger {
            STRANGER
        } else {
            known[self.who.index(known.len())]
        };
        cast.server.sid = sid;
        cast.server.learner_type = if cast.votes(sid) == self.mistaken {
            LearnerType::Observer
        } else {
            LearnerType::Participant
        };
    }
}

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Nothing),
        Just(Change::Drop),
        any::<bool>().prop_map(|votes| Change::Add { votes }),
        Just(Change::Turn),
        Just(Change::Port),
        Just(Change::Client),
        Just(Change::Weight),
        Just(Change::Group),
        Just(Change::Rule),
    ]
}

pub(super) fn credentials() -> impl Strategy<Value = Credentials> {
    let zxid = select(vec![0, 1, 2, 1 << 32, (1 << 32) + 1, 1 << 33, -1]);
    (zxid, 0..3_i64).prop_map(|(zxid, peer_epoch)| Credentials { zxid, peer_epoch })
}

/// Mostly these numbers, now and then one at the edge.
pub(super) fn or_edge(usual: impl Strategy<Value = i64> + 'static) -> impl Strategy<Value = i64> {
    prop_oneof![40 => usual, 1 => select(&EDGES[..])]
}
