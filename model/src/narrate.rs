//! A path through the model, told in the terms of the algorithm.

use crate::faults::Crash;
use crate::story::{Change, Event, Sent, Story};
use crate::vote::sid;
use std::fmt;

impl Story {
    /// How it starts, then its steps, a line each.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let servers = self.initial.iter().map(|start| {
            let (sid, round) = (sid(start.server), start.round.0);
            if start.up {
                format!("{sid} looks in round {round} ({:?})", start.credentials)
            } else {
                format!("{sid} is down ({:?})", start.credentials)
            }
        });
        let beginning = servers.collect::<Vec<_>>().join("; ");
        let steps = self.steps.iter().map(|step| step.told.clone());
        std::iter::once(beginning).chain(steps).collect()
    }
}

impl fmt::Display for Story {
    /// Its lines, numbered, and how it goes on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.told().into_iter().enumerate() {
            writeln!(f, "    {number:>3}. {line}")?;
        }
        self.goes_on()
            .map_or(Ok(()), |how| writeln!(f, "    {how}"))
    }
}

/// A step in a sentence; `everyone` is how many voters there are.
pub(crate) fn tell(everyone: usize, action: Event, changes: &[Change], sent: &[Sent]) -> String {
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
        match *self {
            Self::Deliver {
                src,
                dst,
                notification,
            } => write!(
                f,
                "{} receives from {}: {notification:?}",
                sid(dst),
                sid(src)
            ),
            Self::Supersede {
                src,
                dst,
                notification,
            } => {
                let (from, to) = (sid(src), sid(dst));
                write!(
                    f,
                    "what {from} had for {to} is replaced unsent: {notification:?}"
                )
            }
            Self::Lose {
                src,
                dst,
                notification,
            } => {
                let (from, to) = (sid(src), sid(dst));
                write!(f, "what {from} had sent {to} is lost: {notification:?}")
            }
            Self::Resend { src, dst, .. } => {
                let (from, to) = (sid(src), sid(dst));
                write!(
                    f,
                    "{from} has waited and announces its vote again; {to} receives it"
                )
            }
            Self::CollectTimeout { server } => {
                write!(f, "{} has waited for votes in vain", sid(server))
            }
            Self::FinalizeTimeout { server } => {
                write!(
                    f,
                    "{} has waited for a better proposal in vain",
                    sid(server)
                )
            }
            Self::GiveUp { server } => {
                write!(
                    f,
                    "{} gives up, its leader gone or its followers",
                    sid(server)
                )
            }
            Self::Activate { server } => write!(f, "{} is synchronized", sid(server)),
            Self::Start { server } => write!(f, "{} is started", sid(server)),
            Self::Crash { server, crash } => {
                let what = match crash {
                    Crash::Restarts => "crashes",
                    Crash::ForGood => "crashes for good",
                    Crash::LosesDisk => "crashes and loses its disk",
                };
                write!(f, "{} {what}", sid(server))
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
