//! How an election is drawn: an arrow where a notification is received, a clock where a wait is
//! over, a box for what becomes of the server.

use crate::election::faults::Crash;
use crate::election::server::{Election, Looking, Server, Wait};
use crate::election::story::{Change, Event, Scene};
use crate::election::system::{Action, State};
use crate::frame::story::{Caption, Mark, Picture};
use crate::terms::ensemble::Known;
use crate::terms::vote::{Notification, Round, sid, state_name};
use fle::ServerState;

/// How to read what [`short`] writes.
pub(crate) const NOTATION: &[&str] =
    &["LOOKING→2 r1: the sender is LOOKING, for server 2, in round 1"];

/// What stands at the head of a server's lifeline.
pub(crate) fn head<const N: usize>(
    server: &Server<N>,
    role: Option<&str>,
    knows: Option<Known>,
) -> Vec<Caption> {
    let round = match server.is_up() {
        true => format!("round {}", server.round.0),
        false => "down".to_owned(),
    };
    let granted = server.granted.then_some("granted by the oracle");
    let knows = knows.map(|it| format!("second configuration {}", it.told()));
    let apart = [role, granted, knows.as_deref()];
    let apart = apart.into_iter().flatten();
    let credentials = Caption::new("credentials", format!("{:?}", server.credentials));
    [credentials, Caption::new("round", round)]
        .into_iter()
        .chain(apart.map(|what| Caption::new("role", what)))
        .collect()
}

/// A step as it is drawn.
pub(crate) fn picture(scene: &Scene) -> Picture {
    let Scene {
        action,
        changes,
        sent: _,
    } = scene;
    let (kind, mark) = mark(*action);
    let changes = changes.iter().map(caption).collect();
    Picture {
        kind,
        mark,
        changes: action.action.actor().map(|actor| (actor, changes)),
    }
}

fn mark(event: Event) -> (&'static str, Mark) {
    let what = event.notification.map(short).unwrap_or_default();
    let clock = |server, wait: &str| Mark::Clock {
        server,
        label: wait.to_owned(),
    };
    let word = |server, what: &str| Mark::Word {
        server,
        label: what.to_owned(),
    };
    match event.action {
        Action::Deliver { src, dst } => {
            let label = what;
            ("deliver", Mark::Arrow { src, dst, label })
        }
        Action::Resend { src, dst } => {
            let label = format!("again: {what}");
            ("resend", Mark::Arrow { src, dst, label })
        }
        Action::Supersede { src, dst } => {
            let label = format!("for {}, replaced: {what}", sid(dst));
            ("supersede", Mark::Loss { src, dst, label })
        }
        Action::Lose { src, dst } => {
            let label = format!("for {}, lost: {what}", sid(dst));
            ("lose", Mark::Loss { src, dst, label })
        }
        Action::CollectTimeout { server } => ("collect_timeout", clock(server, "collecting")),
        Action::FinalizeTimeout { server } => ("finalize_timeout", clock(server, "finalizing")),
        Action::GiveUp { server } => ("give_up", clock(server, "leader")),
        Action::Activate { server } => ("activate", word(server, "synchronized")),
        Action::Start { server } => ("start", word(server, "is started")),
        Action::Crash { server, crash } => {
            let what = match crash {
                Crash::Restarts => "crashes",
                Crash::ForGood => "crashes for good",
                Crash::LosesDisk => "crashes, loses its disk",
            };
            ("crash", word(server, what))
        }
        Action::LoseLeader { server } => ("lose_leader", word(server, "loses its leader")),
        Action::Break { a, b } => {
            let label = "the connection breaks".to_owned();
            ("break", Mark::Cut { a, b, label })
        }
    }
}

/// A change in a word or two.
fn caption(change: &Change) -> Caption {
    let (class, label) = match *change {
        Change::LearnsConfiguration { version } => {
            ("change", format!("configuration {}", version.0))
        }
        Change::Looks { round } => ("change", format!("looks, round {}", round.0)),
        Change::LearnsEpoch(credentials) => ("change", format!("{credentials:?}")),
        Change::EntersRound { round } => ("change", format!("round {}", round.0)),
        Change::Adopts(proposal) => ("change", format!("proposes {}", sid(proposal.leader()))),
        Change::Finalizes => ("change", "quorum: finalizes".to_owned()),
        Change::CollectsAgain => ("change", "collects again".to_owned()),
        Change::Settles(vote) if vote.state == ServerState::Leading => {
            ("leading", format!("LEADS, round {}", vote.round.0))
        }
        Change::Settles(vote) => {
            let leader = sid(vote.leader());
            (
                "following",
                format!("FOLLOWS {leader}, round {}", vote.round.0),
            )
        }
    };
    Caption::new(class, label)
}

/// A notification without its credentials: those of the leader stand at the head of its lifeline.
fn short(Notification { vote, .. }: Notification) -> String {
    voted(vote.state, vote.leader(), vote.round)
}

fn voted(state: ServerState, leader: usize, round: Round) -> String {
    format!("{}→{} r{}", state_name(state), sid(leader), round.0)
}

/// A state in a few words.
pub(crate) fn sketch<const N: usize>(state: &State<N>) -> String {
    let servers = state.servers.iter().enumerate();
    let mut lines: Vec<_> = servers
        .map(|(place, server)| format!("{}: {}", sid(place), doing(server)))
        .collect();
    let links = (0..N).flat_map(|src| (0..N).map(move |dst| (src, dst)));
    let under_way = links.flat_map(|(src, dst)| {
        let notifications = state.network.link(src, dst).notifications();
        notifications.map(move |_| format!("{}→{}", sid(src), sid(dst)))
    });
    let under_way: Vec<_> = under_way.collect();
    if !under_way.is_empty() {
        lines.push(format!("under way {}", under_way.join(" ")));
    }
    lines.join("\n")
}

/// What the server does, in a few words.
fn doing<const N: usize>(server: &Server<N>) -> String {
    match server.election {
        Election::Down { returns: true } => "down".to_owned(),
        Election::Down { returns: false } => "down for good".to_owned(),
        Election::Looking(Looking { proposal, wait, .. }) => {
            let vote = voted(ServerState::Looking, proposal.leader(), server.round);
            match wait {
                Wait::Collecting => vote,
                Wait::Finalizing => format!("{vote}, finalizing"),
            }
        }
        Election::Settled(vote) => voted(vote.state, vote.leader(), vote.round),
    }
}
