//! What servers hear of one another, held against what the senders can have announced.
//!
//! Messages from one server to another arrive in the order in which they were sent, if at all, and
//! never before. Nothing else is known of them: not how long they took, not how the two clocks
//! differ. A sender's log may end before it said what another one heard; it covers a message if the
//! sender went on to hear something that the receiver can have announced only afterwards.

use super::ensemble::Assumed;
use super::finding::{Absent, Finding, Unjudged};
use super::standing::{Standing, describe};
use crate::history::event::{Event, Fact, server_state};
use crate::history::log::Logs;
use fle::{Notification, ServerState, Sid};
use std::collections::BTreeMap;

/// A server's own notification may be logged before the line that led to it.
const OUT_OF_ORDER: usize = 1;

/// The messages from one server to another, as the receiver logged them.
struct Link {
    /// Those that the sender can have announced: by the receiver's event, and where in the sender's
    /// log it can first have.
    explained: Vec<(usize, usize)>,
    /// Those that it cannot: by the receiver's event.
    unexplained: Vec<(usize, Notification)>,
    /// The receiver's event until which they may be of a past that the sender's log does not tell.
    past: Option<usize>,
}

/// Points at what was heard and is not known to have been announced.
pub(super) fn judge(
    logs: &Logs,
    findings: &BTreeMap<Sid, Finding>,
    assumed: &Assumed,
) -> Vec<Unjudged> {
    let mut links = BTreeMap::new();
    for (&sender, finding) in findings {
        let Some(standings) = &finding.standings else {
            continue;
        };
        for (&receiver, log) in &logs.servers {
            let stranger = assumed.ensemble.view().slot(receiver).is_none();
            let link = Sender {
                standings,
                events: &logs.servers[&sender].events,
                sid: sender,
            };
            let link = link.follow(receiver, &log.events, stranger);
            links.insert((sender, receiver), link);
        }
    }
    let mut unjudged = Vec::new();
    for (&(sender, receiver), link) in &links {
        // The last event of the receiver after which it announced something that the sender's log
        // shows.
        let back = links.get(&(receiver, sender));
        let covered = back.and_then(|back| back.explained.iter().map(|&(_, since)| since).max());
        let covers = |event: usize| covered.is_some_and(|covered| event <= covered);
        let at = |event: usize| logs.servers[&receiver].events[event].at;
        let in_log = |&&(event, _): &&(usize, Notification)| {
            link.past.is_none_or(|past| event > past) && (sender == receiver || covers(event))
        };
        let (untold, open): (Vec<_>, Vec<_>) = link.unexplained.iter().partition(in_log);
        unjudged.extend(untold.iter().map(|(event, notification)| Unjudged {
            sid: Some(receiver),
            at: at(*event),
            why: format!(
                "it hears server {sender}, {}, announce {}, which that one cannot have announced \
                 then",
                format!("{:?}", notification.state).to_uppercase(),
                describe(notification)
            ),
            absent: Some(Absent::Within(format!(
                "one of server {sender} that leads to this"
            ))),
        }));
        unjudged.extend(open.first().map(|(event, notification)| Unjudged {
            sid: Some(receiver),
            at: at(*event),
            why: format!(
                "it hears server {sender} announce {}, of which that one's log does not tell",
                describe(notification)
            ),
            absent: Some(Absent::Beyond(format!(
                "one of server {sender} that leads to this"
            ))),
        }));
    }
    unjudged
}

/// A server and what it can have announced.
struct Sender<'a> {
    sid: Sid,
    standings: &'a [Standing],
    events: &'a [Event],
}

impl Sender<'_> {
    /// Finds for each message, in order, the earliest moment at which the sender can have announced
    /// it, not before that of the last, and of a message to itself not after it is logged.
    fn follow(&self, receiver: Sid, events: &[Event], stranger: bool) -> Link {
        let mut link = Link {
            explained: Vec::new(),
            unexplained: Vec::new(),
            past: None,
        };
        let standings = self.standings;
        let has_past = standings.first().is_none_or(|first| !first.has_no_past());
        let mut at = 0;
        for (event, notification) in messages(events, self.sid) {
            let found = (at..standings.len()).find(|&index| {
                let is_told =
                    self.sid != receiver || standings[index].since <= event + OUT_OF_ORDER;
                is_told && self.announces(index, receiver, &notification, stranger)
            });
            match found {
                Some(index) => {
                    at = index;
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

    /// Whether it can have announced this as it stands there, or as it came to stand there.
    fn announces(
        &self,
        index: usize,
        receiver: Sid,
        announced: &Notification,
        stranger: bool,
    ) -> bool {
        let now = &self.standings[index];
        let before = &self.standings[index.saturating_sub(1)];
        now.explains(now, announced, stranger)
            || now.explains(before, announced, stranger)
                && (stranger || self.is_asked(index, receiver, announced))
    }

    /// Two threads announce. The election tells all what it proposes, one after the other. The
    /// receiver answers who looks, unless both look in one round, and reads what it tells while the
    /// election may change it.
    fn is_asked(&self, index: usize, receiver: Sid, answer: &Notification) -> bool {
        let looks = |state| server_state(state) == ServerState::Looking;
        let changes_state =
            self.standings[index.saturating_sub(1)].state != self.standings[index].state;
        let when = if changes_state {
            self.around(self.standings[index].since)
        } else {
            self.events
        };
        when.iter().any(|event| match &event.fact {
            Fact::NotificationReceived {
                from,
                announcement,
                my_state,
                ..
            } => {
                let is_behind = announcement.ballot.round < answer.election_epoch.0;
                let was_settled = changes_state && !my_state.is_some_and(looks);
                *from == receiver.0
                    && looks(announcement.state)
                    && (answer.state != ServerState::Looking || is_behind || was_settled)
            }
            _ => false,
        })
    }

    /// The events from the last that was received up to this one, and on to the next: the receiver
    /// logs nothing between a question and its answer, and what the log tells between is the
    /// election's.
    fn around(&self, index: usize) -> &[Event] {
        let is_received = |event: &Event| matches!(event.fact, Fact::NotificationReceived { .. });
        let (until, from) = self.events.split_at(self.events.len().min(index + 1));
        let first = until.iter().rposition(is_received).unwrap_or(until.len());
        let next = from.iter().position(is_received);
        &self.events[first..until.len() + next.map_or(0, |next| next + 1)]
    }
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
