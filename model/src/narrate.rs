//! A path through the model, told in the terms of the algorithm.

use crate::story::{Change, Event, Sent, Story};
use crate::vote::sid;
use std::fmt;

impl Story {
    /// How it starts, then its steps, a line each.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        let servers = self.initial.iter().map(|start| {
            let (sid, round) = (sid(start.server), start.round.0);
            format!("{sid} looks in round {round} ({:?})", start.credentials)
        });
        let beginning = servers.collect::<Vec<_>>().join("; ");
        let steps = self.steps.iter().map(|step| step.told.clone());
        std::iter::once(beginning).chain(steps).collect()
    }
}

/// A step among so many servers in a sentence.
pub(crate) fn tell(servers: usize, action: Event, changes: &[Change], sent: &[Sent]) -> String {
    let mut told = vec![action.to_string()];
    told.extend(changes.iter().map(ToString::to_string));
    if sent.len() == servers {
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
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EntersRound { round } => write!(f, "enters round {}", round.0),
            Self::Adopts(proposal) => write!(f, "adopts {proposal:?}"),
            Self::Finalizes => f.write_str("has a quorum, waits for a better proposal"),
            Self::CollectsAgain => f.write_str("collects votes again"),
            Self::Settles(vote) => write!(f, "is {vote:?}"),
        }
    }
}
