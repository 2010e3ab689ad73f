//! An election told in the terms of the algorithm: an action, and what comes of it.

use crate::election::faults::Crash;
use crate::election::story::{Change, Event, Scene, Start};
use crate::election::system::Action;
use crate::terms::vote::sid;
use std::fmt;

/// How the server in this place starts.
pub(crate) fn tell_start(server: usize, start: &Start) -> String {
    let (sid, round) = (sid(server), start.round.0);
    if start.up {
        format!("{sid} looks in round {round} ({:?})", start.credentials)
    } else {
        format!("{sid} is down ({:?})", start.credentials)
    }
}

/// A step in a sentence; `everyone` is how many voters there are.
pub(crate) fn tell(everyone: usize, scene: &Scene) -> String {
    let Scene {
        action,
        changes,
        sent,
    } = scene;
    let mut told = vec![action.to_string()];
    told.extend(changes.iter().map(ToString::to_string));
    if sent.len() == everyone && everyone > 1 {
        told.push("tells everyone".to_owned());
    } else {
        told.extend(sent.iter().map(|sent| format!("tells {}", sid(sent.to))));
    }
    told.join("; ")
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(f)?;
        match (self.action, self.notification) {
            // It says again what it has said.
            (Action::Resend { .. }, _) | (_, None) => Ok(()),
            (_, Some(notification)) => write!(f, ": {notification:?}"),
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Deliver { src, dst } => write!(f, "{} receives from {}", sid(dst), sid(src)),
            Self::Supersede { src, dst } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "what {from} had for {to} is replaced unsent")
            }
            Self::Resend { src, dst } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "{from} announces its vote again, to {to}")
            }
            Self::CollectTimeout { server } => {
                write!(f, "{} has waited for votes in vain", sid(server))
            }
            Self::FinalizeTimeout { server } => {
                let server = sid(server);
                write!(f, "{server} has waited for a better proposal in vain")
            }
            Self::Lose { src, dst } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "what {from} had sent {to} is lost")
            }
            Self::GiveUp { server } => {
                let server = sid(server);
                write!(f, "{server} gives up, its leader gone or its followers")
            }
            Self::Activate { server } => write!(f, "{} is synchronized", sid(server)),
            Self::Start { server } => write!(f, "{} is started", sid(server)),
            Self::Crash { server, crash } => {
                let how = match crash {
                    Crash::Restarts => "",
                    Crash::ForGood => " for good",
                    Crash::LosesDisk => " and loses its disk",
                };
                write!(f, "{} crashes{how}", sid(server))
            }
            Self::Break { a, b } => {
                write!(f, "the connection between {} and {} breaks", sid(a), sid(b))
            }
            Self::LoseLeader { server } => {
                write!(f, "{} returns to looking for no reason", sid(server))
            }
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LearnsConfiguration { version } => {
                write!(f, "learns configuration {}", version.0)
            }
            Self::Looks { round } => write!(f, "looks in round {}", round.0),
            Self::LearnsEpoch(credentials) => write!(f, "has {credentials:?} now"),
            Self::EntersRound { round } => write!(f, "enters round {}", round.0),
            Self::Adopts(proposal) => write!(f, "adopts {proposal:?}"),
            Self::Finalizes => f.write_str("has a quorum, waits for a better proposal"),
            Self::CollectsAgain => f.write_str("collects votes again"),
            Self::Settles(vote) => write!(f, "is {vote:?}"),
        }
    }
}
