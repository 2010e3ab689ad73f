//! What happens to a random server, said relative to how it stands: the votes that it hears support
//! or beat what it proposes, or are those that go round; only the wait that it waits runs out. So
//! traces come to where something is decided, and an event still has its sense when shrinking takes
//! away those before it.
//!
//! Deviations of `fle` are left out: `impl/DEVIATIONS.md`, "The election".
//! - Nothing is heard before the server has looked for the first time.
//! - While finalizing, no vote is for a server that does not vote ("While finalizing, a better vote
//!   …").
//! - No vote is for a server of which the committed groups say nothing, though the proposed
//!   configuration knows it ("A majority gives every server weight 1 …").
//! - A configuration in a notification is one that both refuse with a message, or that both read.

use super::ensemble::{Cast, Change, change, credentials, or_edge};
use fle::{ElectionEpoch, Notification, PeerEpoch, ServerState, Sid, Zxid, codec};
use fle_model::election::trace::format::{Credentials, Input, Phase, Proposal, Standing};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Something that may happen; where it cannot, nothing does.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Hear(Message),
    /// The wait for votes runs out.
    Timeout {
        delivered: bool,
    },
    /// The wait for a better vote runs out.
    FinalizeTimeout,
    /// A settled server loses its leader.
    LookAgain(Credentials),
    /// A looking server is interrupted.
    LookInVain(Credentials),
    UpdateEpoch(i64),
}

/// A notification, from whom and in which bytes.
#[derive(Clone, Debug)]
pub(super) struct Message {
    sender: Sender,
    vote: Ballot,
    state: State,
    round: Round,
    config: Config,
    bytes: Bytes,
}

#[derive(Clone, Debug)]
enum Sender {
    Voter(Index),
    Leader,
    Anybody(Index),
    Nobody(i64),
}

#[derive(Clone, Debug)]
enum Ballot {
    /// What the server proposes.
    Proposed,
    /// One of the votes that go round: a leader with its history.
    Rumour { leader: Index, history: Index },
    /// Better than what the server proposes.
    Better { leader: Index, by_epoch: bool },
    Odd {
        leader: i64,
        credentials: Credentials,
    },
}

#[derive(Clone, Debug)]
enum State {
    Looking,
    /// The leader leads, all others follow.
    Settled,
    Any(i32),
}

#[derive(Clone, Debug)]
enum Round {
    /// So many rounds after the server's.
    After(i64),
    Of(i64),
}

/// The configuration that a notification carries.
#[derive(Clone, Debug)]
enum Config {
    Own,
    /// Changed, and so many versions later.
    Changed {
        change: Change,
        at: Index,
        later: i64,
    },
    /// No configuration.
    Text(&'static str),
}

/// How the bytes differ from those of today.
#[derive(Clone, Debug)]
struct Bytes {
    version: Option<i32>,
    config_length: Option<i32>,
    extent: Extent,
}

/// How many of the bytes arrive.
#[derive(Clone, Debug)]
enum Extent {
    Whole,
    First(usize),
    And(&'static [u8]),
}

impl Event {
    /// The event as it is for a server that stands so.
    pub(super) fn input(&self, cast: &Cast, standing: &Standing) -> Option<Input> {
        let looks = standing.wait.is_some();
        match *self {
            Self::Hear(ref message) => Some(message.input(cast, standing)),
            Self::Timeout { delivered } => Some(Input::Timeout { delivered }),
            Self::FinalizeTimeout => Some(Input::FinalizeTimeout {}),
            Self::LookAgain(own) => (!looks).then_some(Input::Look(own)),
            Self::LookInVain(own) => looks.then_some(Input::Look(own)),
            Self::UpdateEpoch(peer_epoch) => Some(Input::UpdateEpoch { peer_epoch }),
        }
    }
}

impl Message {
    fn input(&self, cast: &Cast, standing: &Standing) -> Input {
        let mut vote = self.vote.proposal(cast, &standing.proposal);
        vote.leader = named(vote.leader, cast, standing);
        let from = self.sender.sid(cast, vote.leader);
        let state = self.state.number(from, vote.leader);
        let round = match self.round {
            Round::After(rounds) => standing.logical_clock.wrapping_add(rounds),
            Round::Of(round) => round,
        };
        let notification = Notification {
            state: ServerState::Looking,
            proposal: fle::Proposal {
                peer_epoch: PeerEpoch(vote.peer_epoch),
                zxid: Zxid(vote.zxid),
                leader: Sid(vote.leader),
            },
            election_epoch: ElectionEpoch(round),
        };
        let config = self.config.text(cast);
        let config = config.as_bytes();
        let mut hex = [&codec::header(&notification, config)[..], config].concat();
        hex[..4].copy_from_slice(&state.to_be_bytes());
        self.bytes.alter(&mut hex);
        Input::Recv { from, hex }
    }
}

/// The candidate, or one that both judge alike.
fn named(leader: i64, cast: &Cast, standing: &Standing) -> i64 {
    let finalizing = standing
        .wait
        .is_some_and(|it| it.phase == Phase::Finalizing);
    let unheard = !cast.votes(leader);
    let judged_alike = if unheard {
        !finalizing
    } else {
        cast.weighs(leader)
    };
    if judged_alike {
        return leader;
    }
    let mut voters = cast.voters();
    voters.retain(|&sid| cast.weighs(sid));
    voters[0]
}

impl Sender {
    fn sid(&self, cast: &Cast, leader: i64) -> i64 {
        match *self {
            Self::Voter(index) => pick(&cast.voters(), index),
            Self::Leader => leader,
            Self::Anybody(index) => pick(&cast.everybody(), index),
            Self::Nobody(sid) => sid,
        }
    }
}

fn pick(sids: &[i64], index: Index) -> i64 {
    sids[index.index(sids.len())]
}

impl Ballot {
    fn proposal(&self, cast: &Cast, proposed: &Proposal) -> Proposal {
        let proposal = |leader, of: Credentials| Proposal {
            leader,
            zxid: of.zxid,
            peer_epoch: of.peer_epoch,
        };
        match *self {
            Self::Proposed => *proposed,
            Self::Rumour { leader, history } => {
                let history = cast.histories[history.index(cast.histories.len())];
                proposal(pick(&cast.voters(), leader), history)
            }
            Self::Better { leader, by_epoch } => Proposal {
                leader: pick(&cast.voters(), leader),
                zxid: proposed.zxid.saturating_add(i64::from(!by_epoch)),
                peer_epoch: proposed.peer_epoch.saturating_add(i64::from(by_epoch)),
            },
            Self::Odd {
                leader,
                credentials,
            } => proposal(leader, credentials),
        }
    }
}

impl State {
    fn number(&self, from: i64, leader: i64) -> i32 {
        match *self {
            Self::Looking => 0,
            Self::Settled => 1 + i32::from(from == leader),
            Self::Any(number) => number,
        }
    }
}

impl Config {
    fn text(&self, cast: &Cast) -> String {
        match *self {
            Self::Own => cast.server.config.clone(),
            Self::Changed {
                ref change,
                at,
                later,
            } => {
                let version = cast.committed.version + later;
                let changed = cast.committed.changed(change, at, version);
                let text = changed.and_then(|it| it.text());
                text.unwrap_or_else(|| cast.server.config.clone())
            }
            Self::Text(text) => text.to_owned(),
        }
    }
}

impl Bytes {
    fn alter(&self, payload: &mut Vec<u8>) {
        if let Some(version) = self.version {
            payload[36..40].copy_from_slice(&version.to_be_bytes());
        }
        if let Some(length) = self.config_length {
            payload[40..44].copy_from_slice(&length.to_be_bytes());
        }
        match self.extent {
            Extent::Whole => {}
            Extent::First(length) => payload.truncate(length),
            Extent::And(surplus) => payload.extend_from_slice(surplus),
        }
    }
}

/// Any event, the simplest first.
pub(super) fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        70 => message().prop_map(Event::Hear),
        12 => any::<bool>().prop_map(|delivered| Event::Timeout { delivered }),
        20 => Just(Event::FinalizeTimeout),
        12 => credentials().prop_map(Event::LookAgain),
        1 => credentials().prop_map(Event::LookInVain),
        4 => or_edge(0..5_i64).prop_map(Event::UpdateEpoch),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let vote_and_state = prop_oneof![
        45 => (Just(Ballot::Proposed), Just(State::Looking)),
        30 => (rumour(), Just(State::Settled)),
        20 => (rumour(), Just(State::Looking)),
        8 => (better(), Just(State::Looking)),
        8 => (prop_oneof![rumour(), better(), Just(Ballot::Proposed)], state()),
        4 => (odd(), prop_oneof![Just(State::Looking), Just(State::Settled), state()]),
    ];
    (sender(), vote_and_state, round(), config(), bytes()).prop_map(
        |(sender, (vote, state), round, config, bytes)| Message {
            sender,
            vote,
            state,
            round,
            config,
            bytes,
        },
    )
}

fn sender() -> impl Strategy<Value = Sender> {
    prop_oneof![
        60 => any::<Index>().prop_map(Sender::Voter),
        25 => Just(Sender::Leader),
        8 => any::<Index>().prop_map(Sender::Anybody),
        5 => select(vec![99, -5, 1 << 40, i64::MIN]).prop_map(Sender::Nobody),
    ]
}

fn rumour() -> impl Strategy<Value = Ballot> + Clone {
    let either = (any::<Index>(), any::<Index>());
    either.prop_map(|(leader, history)| Ballot::Rumour { leader, history })
}

fn better() -> impl Strategy<Value = Ballot> + Clone {
    let either = (any::<Index>(), any::<bool>());
    either.prop_map(|(leader, by_epoch)| Ballot::Better { leader, by_epoch })
}

fn odd() -> impl Strategy<Value = Ballot> {
    (or_edge(0..100_i64), credentials(), or_edge(0..3_i64)).prop_map(|(leader, own, peer_epoch)| {
        let credentials = Credentials { peer_epoch, ..own };
        Ballot::Odd {
            leader,
            credentials,
        }
    })
}

fn state() -> impl Strategy<Value = State> {
    let numbers = vec![0, 1, 2, 3, 3, 3, 4, -1, 100, i32::MAX, i32::MIN];
    select(numbers).prop_map(State::Any)
}

fn round() -> impl Strategy<Value = Round> {
    prop_oneof![
        60 => Just(Round::After(0)),
        20 => select(vec![-2_i64, -1, -1, 1, 1, 2]).prop_map(Round::After),
        19 => (1..6_i64).prop_map(Round::Of),
        1 => or_edge(0..1_i64).prop_map(Round::Of),
    ]
}

fn config() -> impl Strategy<Value = Config> {
    let later = select(vec![0_i64, 0, 0, 1, 1, 2, 16, -1, -5, -(1 << 40)]);
    let changed = (change(), any::<Index>(), later);
    let no_configuration = vec![
        "",
        "#",
        "\n\n",
        "server.1=nonsense\nversion=ff",
        "\0",
        "\u{fffd}",
    ];
    prop_oneof![
        95 => Just(Config::Own),
        4 => changed.prop_map(|(change, at, later)| Config::Changed { change, at, later }),
        1 => select(no_configuration).prop_map(Config::Text),
    ]
}

fn bytes() -> impl Strategy<Value = Bytes> {
    let broken = vec![0, 1, 4, 27, 29, 35, 36, 37, 39, 41, 42, 43, 45, 46];
    let surplus = select(vec![&b"\0"[..], b"\nversion=7fffffffffffffff", &[0; 28]]);
    let extent = prop_oneof![
        88 => Just(Extent::Whole),
        4 => Just(Extent::First(28)),
        4 => Just(Extent::First(40)),
        2 => Just(Extent::First(44)),
        2 => select(broken).prop_map(Extent::First),
        1 => surplus.prop_map(Extent::And),
    ];
    let version = select(vec![0, 1, 1, 2, 3, 7, -1, i32::MAX, i32::MIN]);
    let config_length = select(vec![0, -1, 1 << 20, i32::MAX, i32::MIN]);
    let drawn = (
        option::weighted(0.12, version),
        option::weighted(0.01, config_length),
        extent,
    );
    drawn.prop_map(|(version, config_length, extent)| Bytes {
        version,
        config_length,
        extent,
    })
}
