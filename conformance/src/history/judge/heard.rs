//! What servers hear of one another, held against what the senders can have announced.
//!
//! Messages from one server to another arrive in the order in which they were sent, if at all, and never before. Nothing else is
//! known of them: not how long they took, not how the two clocks differ. A sender's log may end before it said what another one
//! heard; it covers a message if the sender went on to hear something that the receiver can have announced only afterwards.

use super::ensemble::Assumed;
use super::finding::{Finding, Objection, Unjudged};
use super::standing::{Standing, describe};
use crate::history::event::{Event, Fact};
use crate::history::log::Logs;
use fle::{Notification, Sid};
use std::collections::BTreeMap;

/// A sender announces two things at once at most where it is just changing its mind.
const OUT_OF_ORDER: usize = 1;

/// The messages from one server to another, as the receiver logged them.
struct Link {
    /// Those that the sender can have announced: by the receiver's event, and where in the sender's log it can first have.
    explained: Vec<(usize, usize)>,
    /// Those that it cannot: by the receiver's event.
    unexplained: Vec<(usize, Notification)>,
    /// The receiver's event until which they may be of a past that the sender's log does not tell.
    past: Option<usize>,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Heard {
    pub(super) objections: Vec<Objection>,
    pub(super) unjudged: Vec<Unjudged>,
}

/// Objects to what was heard and never announced.
pub(super) fn judge(logs: &Logs, findings: &BTreeMap<Sid, Finding>, assumed: &Assumed) -> Heard {
    let mut links = BTreeMap::new();
    for (&sender, finding) in findings {
        let Some(standings) = &finding.standings else {
            continue;
        };
        for (&receiver, log) in &logs.servers {
            let stranger = assumed.ensemble.view().slot(receiver).is_none();
            let link = follow(sender, standings, &log.events, stranger);
            links.insert((sender, receiver), link);
        }
    }
    let mut heard = Heard::default();
    for (&(sender, receiver), link) in &links {
        // The last event of the receiver after which it announced something that the sender's log shows.
        let back = links.get(&(receiver, sender));
        let covered = back.and_then(|back| back.explained.iter().map(|&(_, since)| since).max());
        let covers = |event: usize| covered.is_some_and(|covered| event <= covered);
        let at = |event: usize| logs.servers[&receiver].events[event].at;
        let in_log = |&&(event, _): &&(usize, Notification)| {
            link.past.is_none_or(|past| event > past) && (sender == receiver || covers(event))
        };
        let (impossible, open): (Vec<_>, Vec<_>) = link.unexplained.iter().partition(in_log);
        heard.objections.extend(impossible.iter().map(|(event, notification)| Objection {
            sid: receiver,
            at: at(*event),
            why: format!(
                "it hears server {sender}, {}, announce {}, which that one cannot have announced then",
                format!("{:?}", notification.state).to_uppercase(),
                describe(notification)
            ),
        }));
        heard.unjudged.extend(open.first().map(|(event, notification)| Unjudged {
            sid: receiver,
            at: at(*event),
            why: format!(
                "it hears server {sender} announce {}, of which that one's log does not tell; said before it begins or after it ends",
                describe(notification)
            ),
        }));
    }
    heard
}

/// Finds for each message, in order, the earliest moment at which the sender can have announced it, not before that of the last.
fn follow(sender: Sid, standings: &[Standing], events: &[Event], stranger: bool) -> Link {
    let mut link = Link {
        explained: Vec::new(),
        unexplained: Vec::new(),
        past: None,
    };
    let has_past = standings.first().is_none_or(|first| !first.has_no_past());
    let mut at = 0;
    for (event, notification) in messages(events, sender) {
        let from = usize::saturating_sub(at, OUT_OF_ORDER);
        let found = (from..standings.len()).find(|&index| {
            let before = &standings[index.saturating_sub(1)];
            standings[index].explains(before, &notification, stranger)
        });
        match found {
            Some(index) => {
                at = at.max(index);
                link.explained.push((event, standings[index].since));
            }
            None if has_past && link.explained.is_empty() => {
                link.past = Some(event);
                link.unexplained.push((event, notification));
            }
            None => link.unexplained.push((event, notification)),
        }
    }
    link
}

fn messages(events: &[Event], sender: Sid) -> impl Iterator<Item = (usize, Notification)> {
    let events = events.iter().enumerate();
    events.filter_map(move |(index, event)| match &event.fact {
        Fact::NotificationReceived {
            from, announcement, ..
        } if *from == sender.0 => Some((index, announcement.notification())),
        _ => None,
    })
}
