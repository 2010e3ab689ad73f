//! What must come to hold in every fair run, and stay so.

use super::shared::{Claim, best};
use crate::election::scenario::Scenario;
use crate::frame::claim::Kind;
use crate::terms::ensemble::Composition;

pub(super) fn claims<const N: usize>() -> Vec<Claim<N>> {
    let eventually =
        |applies: fn(&Scenario) -> bool, name, statement, witnesses, condition| Claim {
            name,
            statement,
            kind: Kind::Eventually { witnesses },
            applies,
            condition,
        };
    vec![
        eventually(
            |scenario| scenario.is_timely() && !leaves_old_peer_with_one(scenario),
            "election terminates",
            "From every reachable state eventually either no quorum of servers with data is live, or every live server has \
             settled on one of them that leads; and stays so.",
            &["all agree"],
            |system, state| {
                !state.has_live_quorum(&system.election) || state.agreed_leader().is_some()
            },
        ),
        eventually(
            |scenario| {
                let old_peer = scenario.composition == Composition::OldPeer;
                scenario.waits_for_the_best() && !old_peer
            },
            "best wins",
            "From every reachable state eventually every server has settled on the one with the greatest (epoch, zxid, sid) among \
             the voters with weight, and stays so.",
            &["all agree"],
            |system, state| state.agreed_leader() == best(system, state),
        ),
        eventually(
            |scenario| scenario.is_timely() && scenario.has_latecomers(),
            "late joiner settles",
            "From every reachable state eventually no quorum follows a leader, or every live server follows it; and stays so.",
            &["a server joins an ensemble"],
            |system, state| {
                let established = state.established_leader(&system.election);
                established.is_none_or(|leader| state.agreed_leader() == Some(leader))
            },
        ),
        eventually(
            |scenario| scenario.is_timely() && scenario.faults.stops > 0,
            "dead leader is replaced",
            "From every reachable state eventually nobody follows a server that is down, and stays so.",
            &["a follower outlives its leader"],
            |_, state| !(0..N).any(|server| state.follows_the_dead(server)),
        ),
    ]
}

/// Whether an old peer may be left with one other server, whose vote comes back from it without the
/// epoch.
fn leaves_old_peer_with_one(scenario: &Scenario) -> bool {
    scenario.composition == Composition::OldPeer && scenario.faults.stops > 0
}

/// The condition is what one would expect to come to hold.
pub(super) fn pitfalls<const N: usize>() -> Vec<Claim<N>> {
    let elect_nobody = Claim {
        name: "an old peer and another elect nobody",
        statement: "Of three servers two are left, one of them an old peer, and they never agree: of a proposal that an old peer \
                    makes or hears, the peer epoch is lost.",
        kind: Kind::EndlessPitfall,
        applies: |scenario| scenario.is_timely() && leaves_old_peer_with_one(scenario),
        condition: |system, state| {
            !state.has_live_quorum(&system.election) || state.agreed_leader().is_some()
        },
    };
    let hides_the_best = Claim {
        name: "an old peer hides the best",
        statement: "A server that is not the best settles as leader for good: of a proposal that an old peer makes or hears, the peer \
                    epoch is lost.",
        kind: Kind::EndlessPitfall,
        applies: |scenario| scenario.is_timely() && scenario.composition == Composition::OldPeer,
        condition: |system, state| state.agreed_leader() == best(system, state),
    };
    vec![hides_the_best, elect_nobody]
}
