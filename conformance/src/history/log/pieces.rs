//! The events of one server, put together from several files, or from one that holds them twice.
//!
//! Within a piece nothing moves. Pieces follow one another by their first times. What a piece
//! repeats of another one is left out: all of it, or its beginning where the other one ends, as
//! logs do that are copied while they are written.

use crate::history::event::{Event, Place};
use jiff::Timestamp;

/// Fewer events that are alike may be chance where no times tell.
const LEAST_REPEATED: usize = 3;

/// One server's events.
pub(super) struct Whole {
    pub(super) events: Vec<Event>,
    pub(super) repeated: Vec<Repeated>,
    /// Where a piece begins before the one before it ends.
    pub(super) at_once: Option<Place>,
}

/// Events that are there already.
pub(super) struct Repeated {
    pub(super) at: Place,
    pub(super) count: usize,
}

pub(super) fn put_together(parts: Vec<Vec<Event>>) -> Whole {
    let mut whole = Whole {
        events: Vec::new(),
        repeated: Vec::new(),
        at_once: None,
    };
    let mut pieces: Vec<Vec<Event>> = parts.into_iter().flat_map(cut_where_repeated).collect();
    pieces.sort_by_key(|piece| first_time(piece));
    let mut kept: Vec<Vec<Event>> = Vec::new();
    for mut piece in pieces {
        let repeats = kept.iter().map(|before| overlap(before, &piece)).max();
        let count = repeats.unwrap_or_default();
        if count > 0 {
            let at = piece[0].at;
            whole.repeated.push(Repeated { at, count });
            piece.drain(..count);
        }
        let covers = |it: &Vec<Event>| it.iter().filter_map(|event| event.time).max();
        let end = kept.iter().filter_map(covers).max();
        if first_time(&piece).is_some_and(|start| end.is_some_and(|end| start < end)) {
            whole.at_once.get_or_insert(piece[0].at);
        }
        if !piece.is_empty() {
            kept.push(piece);
        }
    }
    whole.events = kept.into_iter().flatten().collect();
    whole
}

fn first_time(piece: &[Event]) -> Option<Timestamp> {
    piece.iter().find_map(|event| event.time)
}

/// Cuts where a log begins anew in the same file: its first events come again.
fn cut_where_repeated(mut events: Vec<Event>) -> Vec<Vec<Event>> {
    let mut pieces = Vec::new();
    loop {
        let begins_again = |at: &usize| alike(&events, &events[*at..]) >= LEAST_REPEATED;
        let timed = events.first().is_some_and(|event| event.time.is_some());
        let cut = (1..events.len()).find(|at| timed && begins_again(at));
        let Some(cut) = cut else {
            pieces.push(events);
            pieces.retain(|piece| !piece.is_empty());
            return pieces;
        };
        let rest = events.split_off(cut);
        pieces.push(std::mem::replace(&mut events, rest));
    }
}

/// How many events two logs share from their beginnings on.
fn alike(one: &[Event], other: &[Event]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(one, other)| same(one, other)).count()
}

fn same(one: &Event, other: &Event) -> bool {
    one.time == other.time && one.fact == other.fact
}

/// How many of the first events of a piece stand together in an earlier one: all of them, or as
/// many as the earlier one ends with.
fn overlap(before: &[Event], piece: &[Event]) -> usize {
    let counts = (0..before.len()).filter_map(|at| {
        let count = alike(&before[at..], piece);
        let (is_whole, is_joint) = (count == piece.len(), at + count == before.len());
        let is_enough = match piece.first()? {
            // What is written twice in a millisecond is hardly two events.
            first if first.is_exact => is_whole || is_joint,
            first if first.time.is_some() => is_whole || is_joint && count >= LEAST_REPEATED,
            _ => is_whole && count >= LEAST_REPEATED,
        };
        (count > 0 && is_enough).then_some(count)
    });
    counts.max().unwrap_or_default()
}
