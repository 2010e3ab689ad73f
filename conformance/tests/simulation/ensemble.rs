//! Who takes part: random ensembles, and what a quorum is in them, said once more and naively.

use fastrand::Rng;
use fle::config::{DynamicConfig, Rules};
use fle::election::{Credentials, Finalize, Timing};
use fle::member::{Limits, MemberConfig};
use fle::{Ensemble as Configurations, PeerEpoch, Sid, Zxid};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// An ensemble.
pub(crate) struct Ensemble {
    /// In the order of their ids.
    pub(crate) servers: Vec<Server>,
    /// Of the committed configuration, then of the one proposed to follow it. Both must give a
    /// quorum.
    rules: Vec<Rule>,
    committed: DynamicConfig,
    proposed: Option<DynamicConfig>,
    timing: Timing,
    /// What all servers go by, if it is the same.
    limits: Option<Limits>,
    /// Whether an end in order is a leader's word.
    trusts_ends: bool,
    /// Whether no server has ever been in an epoch, nor anything on its disk.
    pub(crate) is_new: bool,
    /// Whether somebody else is on its network.
    pub(crate) is_attacked: bool,
}

/// The greatest sid: it dials everybody.
const OBSERVER: i64 = 9;

/// A server, as it is when everything starts.
pub(crate) struct Server {
    pub(crate) sid: i64,
    pub(crate) credentials: Credentials,
    is_eager: bool,
}

/// The weights of the voters, group by group. A majority is one group in which every weight is 1.
struct Rule(Vec<BTreeMap<i64, u64>>);

impl Rule {
    /// More than half of the weight in more than half of the groups that have any.
    fn is_quorum(&self, votes: &BTreeSet<i64>) -> bool {
        let has_weight = |group: &&BTreeMap<i64, u64>| group.values().any(|weight| *weight > 0);
        let groups = self.0.iter().filter(has_weight);
        let is_won = |group: &&BTreeMap<i64, u64>| {
            let votes = group.iter().filter(|(sid, _)| votes.contains(sid));
            2 * votes.map(|(_, weight)| weight).sum::<u64>() > group.values().sum()
        };
        2 * groups.clone().filter(is_won).count() > groups.count()
    }

    fn text(&self) -> String {
        let group = |(id, group): (usize, &BTreeMap<i64, u64>)| {
            let members: Vec<String> = group.keys().map(i64::to_string).collect();
            let weights = group.iter();
            let weights = weights.map(|(sid, weight)| format!("weight.{sid}={weight}\n"));
            format!(
                "group.{}={}\n{}",
                id + 1,
                members.join(":"),
                weights.collect::<String>()
            )
        };
        match &self.0[..] {
            [_] => String::new(),
            groups => groups.iter().enumerate().map(group).collect(),
        }
    }
}

impl Ensemble {
    /// Three voters or five, or groups; perhaps with an observer, a server without data, or a
    /// proposed configuration of fewer voters.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        let five = [1, 2, 3, 4, 5];
        let rule = match rng.u8(0..4) {
            0 | 1 => majority(&five[..3]),
            2 => majority(&five),
            _ => groups(rng),
        };
        let voters: Vec<i64> = rule.0.iter().flat_map(BTreeMap::keys).copied().collect();
        let observer = (rng.u8(0..4) == 0).then_some(OBSERVER);
        let is_new = rng.u8(0..5) == 0;
        let mut servers: Vec<Server> = voters
            .iter()
            .copied()
            .chain(observer)
            .map(|sid| server(sid, is_new, rng))
            .collect();
        let mut rules = vec![rule];
        if rng.u8(0..6) == 0 {
            rng.choice(&mut servers).unwrap().credentials.zxid = Zxid::NO_DATA;
        }
        if rng.u8(0..4) == 0 {
            rules.push(majority(&voters[rng.usize(0..2)..]));
        }
        let ensemble = Self {
            committed: config(&servers, &rules[0], 0),
            proposed: rules.get(1).map(|rule| config(&servers, rule, 1)),
            servers,
            rules,
            timing: timing(rng),
            limits: (rng.u8(0..3) > 0).then(|| like_limits(rng)),
            trusts_ends: rng.u8(0..4) == 0,
            is_new,
            is_attacked: rng.u8(0..3) == 0,
        };
        if ensemble.can_elect(&voters.into_iter().collect()) {
            ensemble
        } else {
            Self::random(rng)
        }
    }

    /// Whether there is a quorum of these servers that vote for another if they hear of a better
    /// one: those without data do not, nor need those without weight.
    pub(crate) fn can_elect(&self, servers: &BTreeSet<i64>) -> bool {
        let with_data = self
            .servers
            .iter()
            .filter(|it| it.credentials.zxid != Zxid::NO_DATA);
        let voters = with_data.map(|it| it.sid).filter(|&sid| self.may_lead(sid));
        self.is_quorum(&voters.filter(|sid| servers.contains(sid)).collect())
    }

    pub(crate) fn is_quorum(&self, votes: &BTreeSet<i64>) -> bool {
        self.rules.iter().all(|rule| rule.is_quorum(votes))
    }

    /// Who votes in the committed configuration. Whoever votes in the proposed one does.
    pub(crate) fn voters(&self) -> impl Iterator<Item = i64> {
        let groups = self.rules[0].0.iter();
        groups.flat_map(BTreeMap::keys).copied()
    }

    pub(crate) fn votes(&self, sid: i64) -> bool {
        self.voters().any(|voter| voter == sid)
    }

    /// Whether the server may lead: it votes, and its vote weighs something.
    pub(crate) fn may_lead(&self, sid: i64) -> bool {
        let mut groups = self.rules[0].0.iter();
        groups.any(|group| group.get(&sid).is_some_and(|weight| *weight > 0))
    }

    /// Whether the server does not always wait before it decides.
    pub(crate) fn is_eager(&self, sid: i64) -> bool {
        let mut servers = self.servers.iter();
        servers.any(|it| it.sid == sid && it.is_eager)
    }

    /// Whether every server goes by limits of its own.
    pub(crate) fn is_unlike(&self) -> bool {
        self.limits.is_none()
    }

    /// Whether a connection that is closed in order frees a follower, so that nothing may close one
    /// but its ends.
    pub(crate) fn trusts_ends(&self) -> bool {
        self.trusts_ends
    }

    /// What a server goes by from now on.
    pub(crate) fn limits(&self, rng: &mut Rng) -> Limits {
        Limits {
            promise_ends_with_connection: self.trusts_ends,
            ..self.limits.unwrap_or_else(|| unlike_limits(rng))
        }
    }

    pub(crate) fn config(&self, sid: i64, limits: Limits) -> MemberConfig {
        let mut config = MemberConfig::new(Sid(sid), self.committed.clone()).unwrap();
        let proposed = self.proposed.clone();
        let both = Configurations::new(self.committed.clone(), proposed, Rules::default());
        config.node.ensemble = Arc::new(both);
        config.node.timing = Timing {
            finalize: match self.is_eager(sid) {
                true => Finalize::Eager,
                false => Finalize::Fixed,
            },
            ..self.timing
        };
        config.limits = limits;
        config
    }
}

/// The host that a server runs on.
pub(crate) fn name(sid: i64) -> String {
    format!("host{sid}")
}

fn majority(voters: &[i64]) -> Rule {
    Rule(vec![voters.iter().map(|&sid| (sid, 1)).collect()])
}

/// Two or three groups, the first server of each with weight.
fn groups(rng: &mut Rng) -> Rule {
    let mut next = 1..;
    let sizes = [&[3, 2][..], &[2, 2, 2], &[3, 3], &[3, 1, 1]];
    let sizes: &[usize] = rng.choice(sizes).unwrap();
    let group = |&size: &usize| {
        let mut group = BTreeMap::new();
        for sid in next.by_ref().take(size) {
            let weight = if group.is_empty() { 1 } else { rng.u64(0..3) };
            group.insert(sid, weight);
        }
        group
    };
    Rule(sizes.iter().map(group).collect())
}

/// Few credentials, so that equal ones are frequent.
fn server(sid: i64, is_new: bool, rng: &mut Rng) -> Server {
    let epoch = if is_new { 0 } else { rng.i64(0..3) };
    let is_later = !is_new && rng.u8(0..4) == 0;
    Server {
        sid,
        credentials: Credentials {
            zxid: Zxid((epoch << 32) + rng.i64(0..3)),
            peer_epoch: PeerEpoch(epoch + i64::from(is_later)),
        },
        is_eager: rng.bool(),
    }
}

fn config(servers: &[Server], rule: &Rule, version: i64) -> DynamicConfig {
    let votes = |sid| rule.0.iter().any(|group| group.contains_key(&sid));
    let lines = servers.iter().map(|server| {
        let role = if votes(server.sid) {
            "participant"
        } else {
            "observer"
        };
        format!(
            "server.{0}={1}:2888:3888:{role}\n",
            server.sid,
            name(server.sid)
        )
    });
    let text = format!(
        "{}{}version={version}",
        lines.collect::<String>(),
        rule.text()
    );
    DynamicConfig::parse(&text, Rules::default()).unwrap()
}

fn timing(rng: &mut Rng) -> Timing {
    let longest = rng.choice([1, 5, 60]).unwrap();
    Timing {
        max_notification_interval: Duration::from_secs(longest),
        ..Timing::default()
    }
}

/// Long enough for the slowest message, once nothing breaks any more.
fn like_limits(rng: &mut Rng) -> Limits {
    Limits {
        tick_time: Duration::from_millis(200),
        init_limit: 25,
        sync_limit: *rng.choice(&[3, 10]).unwrap(),
        ..Limits::default()
    }
}

/// Those of one server. A leader's signs of life, two in a tick, are frequent enough for the least
/// patient follower. That is all they have in common: patience differs by a factor of five.
fn unlike_limits(rng: &mut Rng) -> Limits {
    let tick = *rng.choice(&[100, 200, 500]).unwrap();
    let (sync, init) = (rng.u32(600..=3000), rng.u32(4000..=20_000));
    Limits {
        tick_time: Duration::from_millis(tick.into()),
        init_limit: init / tick,
        sync_limit: sync.div_ceil(tick),
        ..Limits::default()
    }
}
