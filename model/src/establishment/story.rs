//! What happens, in words and as it is drawn: an arrow where a server reads a packet, a clock where
//! patience or a promise ends, a box for what the server does about it.

use super::leader::Stage;
use super::learner::{self, Learner};
use super::network::Packet;
use super::protocol::{Effect, Event};
use super::server::{Role, Server};
use super::system::{Action, Cause, Done, State, System};
use super::terms::{Knowledge, Stored, Zxid};
use crate::frame::story::{Caption, Mark, Picture, Start, Step, facts};
use crate::frame::system::TransitionSystem;
use crate::terms::vote::sid;
use serde::Serialize;
use std::fmt;

/// How all servers begin, in a sentence.
pub(super) fn beginning<const N: usize>(start: &State<N>) -> String {
    let disks = (1..=N).zip(&start.servers).map(|(sid, server)| {
        let Stored {
            accepted,
            current,
            knowledge,
        } = server.disk;
        match knowledge {
            Knowledge::Complete => {
                format!("{sid} has accepted epoch {accepted:?}, its current one is {current:?}")
            }
            Knowledge::Blank => format!("{sid} has an empty disk"),
            Knowledge::Lost => format!("{sid} has lost what it has accepted"),
        }
    });
    let disks: Vec<_> = disks.collect();
    format!("All look for a leader. {}.", disks.join("; "))
}

/// How to read what stands beside the arrows.
pub(super) const NOTATION: &[&str] =
    &["NEWLEADER(2): the packet as ZooKeeper names it, and the epoch in it"];

/// How each server begins.
pub(super) fn initial<const N: usize>(system: &System<N>, start: &State<N>) -> Vec<Start> {
    let servers = start.servers.iter().enumerate();
    let starts = servers.map(|(place, server)| Start {
        sid: sid(place).0,
        facts: facts(Begins {
            disk: server.disk,
            zxid: server.zxid(),
        }),
        shown: head(server, system.protocol.ensemble.role(place)),
    });
    starts.collect()
}

/// What stands at the head of a server's lifeline.
fn head<const N: usize>(server: &Server<N>, role: Option<&str>) -> Vec<Caption> {
    let credentials = Caption::new("credentials", disk(server.disk));
    let history = Caption::new("history", format!("zxid {:?}", server.zxid()));
    let role = role.map(|role| Caption::new("role", role));
    [credentials, history].into_iter().chain(role).collect()
}

/// How a server begins, for programs.
#[derive(Serialize)]
struct Begins {
    #[serde(flatten)]
    disk: Stored,
    zxid: Zxid,
}

fn disk(disk: Stored) -> String {
    let Stored {
        accepted,
        current,
        knowledge,
    } = disk;
    match knowledge {
        Knowledge::Complete => format!("accepted {accepted:?}, current {current:?}"),
        Knowledge::Blank => "empty disk".to_owned(),
        Knowledge::Lost => format!("accepted {accepted:?} or more"),
    }
}

/// A state in a few words.
pub(super) fn sketch<const N: usize>(state: &State<N>) -> String {
    let servers = (1..).zip(&state.servers);
    let mut lines: Vec<_> = servers
        .map(|(sid, server)| format!("{sid}: {}, {}", doing(&server.role), disk(server.disk)))
        .collect();
    let pairs = (0..N).flat_map(|learner| (0..N).map(move |leader| (learner, leader)));
    let under_way = pairs.flat_map(|(learner, leader)| {
        let connection = state.network.connection(learner, leader);
        let up = connection.up.packets().map(move |_| (learner, leader));
        let down = connection.down.packets().map(move |_| (leader, learner));
        up.chain(down)
    });
    let under_way = under_way.map(|(from, to)| format!("{}→{}", from + 1, to + 1));
    let under_way: Vec<_> = under_way.collect();
    if !under_way.is_empty() {
        lines.push(format!("under way {}", under_way.join(" ")));
    }
    lines.join("\n")
}

/// What the server does, in a few words.
fn doing<const N: usize>(role: &Role<N>) -> String {
    match role {
        Role::Down => "down".to_owned(),
        Role::Looking(_) => "looks".to_owned(),
        Role::Leading(leader) => match leader.stage {
            Stage::Discovery => "leads".to_owned(),
            Stage::Promising(epoch) => format!("proposes {epoch:?}"),
            Stage::Activating(epoch) => format!("activates {epoch:?}"),
            Stage::Established(epoch) => format!("LEADS in {epoch:?}"),
        },
        Role::Learning(Learner { leader, stage }) => {
            let leader = leader.index() + 1;
            match stage {
                learner::Stage::Introduced => format!("joins {leader}"),
                learner::Stage::HeldBack(epoch) => format!("holds {epoch:?} back from {leader}"),
                learner::Stage::Promised(epoch) => format!("promises {leader} {epoch:?}"),
                learner::Stage::Activated(epoch) => format!("enters {epoch:?} of {leader}"),
                learner::Stage::Following(epoch) => format!("FOLLOWS {leader} in {epoch:?}"),
            }
        }
    }
}

/// What happens in a step, for programs.
#[derive(Serialize)]
struct Happens {
    action: String,
    effects: Vec<String>,
}

/// What happens in a step.
///
/// # Panics
/// If it is not one of the system's.
pub(super) fn step<const N: usize>(
    system: &System<N>,
    number: usize,
    before: &State<N>,
    action: Action,
) -> Step {
    let next = system.next(before, action);
    let (after, done) = next.expect("the model took this step");
    let effects = done.as_ref().map_or(&[][..], |done| &done.effects[..]);
    let told = effects.iter().map(|effect| format!("; {effect}"));
    Step {
        number,
        facts: facts(Happens {
            action: action.to_string(),
            effects: effects.iter().map(ToString::to_string).collect(),
        }),
        told: format!("{action}{}", told.collect::<String>()),
        picture: picture(action, done.as_ref(), &after),
    }
}

fn picture<const N: usize>(action: Action, done: Option<&Done<N>>, after: &State<N>) -> Picture {
    let word = |server, label: &str| Mark::Word {
        server,
        label: label.to_owned(),
    };
    let (kind, mark) = match action {
        Action::Take(me, cause) => mark(me, cause, done),
        Action::CrashIn(me, cause, _) => ("crash", mark(me, cause, done).1),
        Action::Crash(me) => ("crash", word(me, "crashes")),
        Action::Start(me) => ("start", word(me, "is started")),
        Action::Lose(me) => ("crash", word(me, "loses its disk")),
        Action::RollBack(me, ..) => ("crash", word(me, "has an older disk")),
        Action::Break { learner, leader } => {
            let (a, b) = (learner, leader);
            let label = "the connection breaks".to_owned();
            ("break", Mark::Cut { a, b, label })
        }
    };
    let changes = done.map(|done| {
        let leads = matches!(after.servers[done.me].role, Role::Leading(_));
        let effects = done.effects.iter();
        let mut changes: Vec<_> = effects.filter_map(|&it| caption(it, leads)).collect();
        if let Action::CrashIn(..) = action {
            changes.push(Caption::new("change", "crashes"));
        }
        (done.me, changes)
    });
    Picture {
        kind,
        mark,
        changes,
    }
}

fn mark<const N: usize>(me: usize, cause: Cause, done: Option<&Done<N>>) -> (&'static str, Mark) {
    let server = me;
    let word = |label: String| Mark::Word { server, label };
    let clock = |label: &str| Mark::Clock {
        server,
        label: label.to_owned(),
    };
    match cause {
        Cause::Elected => ("elected", word("is elected".to_owned())),
        Cause::Told(leader) => ("told", word(format!("is told of {}", leader + 1))),
        Cause::Receives(src) => {
            let label = match done.map(|done| done.event) {
                Some(Event::Hear { from: _, packet }) => short(packet),
                _ => String::new(),
            };
            (
                "deliver",
                Mark::Arrow {
                    src,
                    dst: me,
                    label,
                },
            )
        }
        Cause::SeesEnd(peer) => ("end", word(format!("sees {}'s end", peer + 1))),
        Cause::IsReleased => ("release", clock("promise")),
        Cause::Asks(src) => {
            let label = "what it has accepted".to_owned();
            (
                "answer",
                Mark::Arrow {
                    src,
                    dst: me,
                    label,
                },
            )
        }
        Cause::Settles(learner) => ("settle", word(format!("begins to confirm {}", learner + 1))),
        Cause::Appends => ("append", word("adds a transaction".to_owned())),
        Cause::HandsOver(heir) => ("hand_over", word(format!("hands over to {}", heir + 1))),
        Cause::GivesUp => ("give_up", clock("patience")),
    }
}

/// A packet without what only its receiver goes by.
fn short(packet: Packet) -> String {
    match packet {
        Packet::AckEpoch {
            current: Some(_),
            zxid: _,
        } => "ACKEPOCH".to_owned(),
        Packet::AckEpoch {
            current: None,
            zxid: _,
        }
        | Packet::LearnerInfo(_)
        | Packet::LeaderInfo(_)
        | Packet::NewLeader { .. }
        | Packet::Proposal(_)
        | Packet::Ack(_)
        | Packet::UpToDate
        | Packet::Ping
        | Packet::Release
        | Packet::HandOver(_) => format!("{packet:?}"),
    }
}

/// What becomes of the server. What it sends is an arrow when it is read.
fn caption(effect: Effect, leads: bool) -> Option<Caption> {
    match effect {
        Effect::StoreAccepted(epoch) => Some(Caption::new("change", format!("accepts {epoch:?}"))),
        Effect::StoreCurrent(epoch) => Some(Caption::new("change", format!("enters {epoch:?}"))),
        Effect::StoreHistory(history) => Some(Caption::new(
            "change",
            format!("has transactions {history:?}"),
        )),
        Effect::StoreKnown => Some(Caption::new("change", "remembers")),
        Effect::Established(epoch) if leads => {
            Some(Caption::new("leading", format!("LEADS, epoch {epoch:?}")))
        }
        Effect::Established(epoch) => Some(Caption::new(
            "following",
            format!("FOLLOWS, epoch {epoch:?}"),
        )),
        Effect::Quit => Some(Caption::new("change", "looks again")),
        Effect::Connect(_) | Effect::Send { .. } | Effect::Close(_) => None,
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Take(me, cause) => write!(f, "{} {cause}", me + 1),
            Self::CrashIn(me, cause, count) => {
                write!(f, "{} {cause} and crashes after {count} effect(s)", me + 1)
            }
            Self::Crash(me) => write!(f, "{} crashes", me + 1),
            Self::Start(me) => write!(f, "{} is started", me + 1),
            Self::Lose(me) => write!(f, "{} is down, and its disk is empty", me + 1),
            Self::RollBack(me, accepted, current, history) => write!(
                f,
                "{} is down, and its disk is an older one: accepted epoch {accepted:?}, current \
                 epoch {current:?}, zxid {:?}",
                me + 1,
                history.last()
            ),
            Self::Break { learner, leader } => {
                let (learner, leader) = (learner + 1, leader + 1);
                write!(
                    f,
                    "{leader} loses the connection with its learner {learner}"
                )
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Elected => write!(f, "is elected"),
            Self::Told(leader) => write!(f, "is told that {} is elected", leader + 1),
            Self::Receives(from) => write!(f, "receives from {}", from + 1),
            Self::SeesEnd(peer) => {
                write!(f, "sees that the connection with {} has ended", peer + 1)
            }
            Self::IsReleased => write!(f, "is not bound by an earlier promise any more"),
            Self::Asks(peer) => write!(f, "asks {} what it has accepted", peer + 1),
            Self::Settles(learner) => write!(
                f,
                "begins to confirm its epoch for {}, on whose earlier answers nobody counts any more",
                learner + 1
            ),
            Self::Appends => write!(f, "is to add a transaction"),
            Self::HandsOver(heir) => write!(f, "is to hand over to {}", heir + 1),
            Self::GivesUp => write!(f, "gives up"),
        }
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::StoreAccepted(epoch) => write!(f, "stores accepted epoch {epoch:?}"),
            Self::StoreCurrent(epoch) => write!(f, "stores current epoch {epoch:?}"),
            Self::StoreHistory(history) => write!(f, "stores transactions {history:?}"),
            Self::StoreKnown => write!(f, "stores that this is all that it has promised"),
            Self::Connect(leader) => write!(f, "connects to {}", leader + 1),
            Self::Send { to, packet } => write!(f, "sends {packet:?} to {}", to + 1),
            Self::Close(peer) => write!(f, "disconnects {}", peer + 1),
            Self::Established(epoch) => write!(f, "is in established epoch {epoch:?}"),
            Self::Quit => write!(f, "looks for a leader again"),
        }
    }
}
