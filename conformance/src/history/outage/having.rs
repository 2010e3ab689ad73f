//! What a server, or the ensemble, has at a moment; and when that changes.

use fle::Sid;
use jiff::Timestamp;

/// What a server, or the ensemble, has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Having {
    /// Nothing is told.
    Unknown,
    /// No leader, for certain.
    Nobody,
    /// No leader is told of; a line that tells of one may be missing.
    Untold,
    /// It has settled on a leader; a line that says that this one is established may be missing.
    Settled(Option<Sid>),
    /// A leader, if it is known which.
    Leader(Option<Sid>),
    /// A leader by the end of its log, beyond which nothing is certain.
    Last(Option<Sid>),
}

/// From when on somebody has what.
pub(super) type Changes = Vec<(Timestamp, Having)>;

/// A time: its beginning, and its end if it has one.
pub(super) type Span = (Timestamp, Option<Timestamp>);

impl Having {
    /// Whether no leader is told of.
    pub(super) fn is_without(self) -> bool {
        matches!(self, Self::Nobody | Self::Untold | Self::Settled(_))
    }

    /// The leader that is told of; the inner `None` is one that is not known.
    pub(super) fn leader(self) -> Option<Option<Sid>> {
        match self {
            Self::Leader(leader) | Self::Last(leader) => Some(leader),
            _ => None,
        }
    }

    /// The leader that this one has or has settled on.
    pub(super) fn whom(self) -> Option<Sid> {
        match self {
            Self::Settled(leader) | Self::Leader(leader) | Self::Last(leader) => leader,
            _ => None,
        }
    }

    /// Whether this one counts for the leader, as far as lines tell.
    pub(super) fn counts_for(self, leader: Option<Sid>) -> bool {
        match self {
            Self::Unknown | Self::Settled(None) | Self::Leader(None) | Self::Last(None) => true,
            Self::Settled(it) | Self::Leader(it) | Self::Last(it) => it == leader,
            Self::Nobody | Self::Untold => false,
        }
    }

    /// Whether this one may have that leader, whatever lines are missing.
    pub(super) fn may_be(self, leader: Sid) -> bool {
        match self {
            Self::Nobody => false,
            Self::Settled(Some(it)) | Self::Leader(Some(it)) => it == leader,
            _ => true,
        }
    }
}

/// The times in which this holds, the last open if it still does.
pub(super) fn spans(changes: &Changes, holds: impl Fn(Having) -> bool) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for &(time, having) in changes {
        match spans.last_mut() {
            Some((_, until @ None)) if !holds(having) => *until = Some(time),
            Some((_, None)) => {}
            _ if holds(having) => spans.push((time, None)),
            _ => {}
        }
    }
    spans.retain(|(from, until)| Some(*from) != *until);
    spans
}

/// What was had just before then.
pub(super) fn before(changes: &Changes, time: Timestamp) -> Having {
    let earlier = changes.iter().take_while(|it| it.0 < time).last();
    earlier.map_or(Having::Unknown, |it| it.1)
}

/// What is had then.
pub(super) fn at(changes: &Changes, time: Timestamp) -> Having {
    let until = changes.iter().take_while(|it| it.0 <= time).last();
    until.map_or(Having::Unknown, |it| it.1)
}
