//! The running tallies against a recount of all votes, over random histories.

use super::*;
use crate::id::{ElectionEpoch, PeerEpoch, Zxid};
use crate::quorum::{Group, QuorumVerifier};
use crate::vote::{Generation, Proposal, ServerState};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn view() -> QuorumView {
    let group = |id, members: [i64; 2]| Group {
        id,
        members: members.map(Sid).to_vec(),
    };
    let weights = BTreeMap::from([(Sid(2), 3), (Sid(4), 0)]);
    let committed = QuorumVerifier::hierarchical(
        [1, 2, 3, 4].map(Sid),
        &[group(1, [1, 2]), group(2, [3, 4])],
        &weights,
    );
    QuorumView::joint(
        committed.unwrap(),
        QuorumVerifier::majority([2, 3, 5].map(Sid)),
    )
}

fn vote() -> impl Strategy<Value = Vote> {
    let states = [
        ServerState::Looking,
        ServerState::Following,
        ServerState::Leading,
    ];
    (
        1..=3_i64,
        0..2_i64,
        0..2_i64,
        0..2_i64,
        prop::sample::select(states.to_vec()),
        any::<bool>(),
    )
        .prop_map(|(leader, zxid, epoch, round, state, versioned)| Vote {
            proposal: Proposal {
                peer_epoch: PeerEpoch(epoch),
                zxid: Zxid(zxid),
                leader: Sid(leader),
            },
            election_epoch: ElectionEpoch(round),
            state,
            generation: if versioned {
                Generation::Versioned
            } else {
                Generation::Unversioned
            },
        })
}

/// Voters 1 to 5 cast votes; `None` forgets them all.
fn history() -> impl Strategy<Value = Vec<Option<(i64, Vote)>>> {
    let cast = (1..=5_i64, vote()).prop_map(Some);
    prop::collection::vec(prop_oneof![20 => cast, 1 => Just(None)], 0..40)
}

fn replay(history: &[Option<(i64, Vote)>], view: &QuorumView) -> (Ballots, BTreeMap<Sid, Vote>) {
    let mut ballots = Ballots::new(view);
    let mut naive = BTreeMap::new();
    for event in history {
        if let Some((voter, vote)) = *event {
            let slot = |sid| view.slot(sid).unwrap();
            ballots.record(slot(Sid(voter)), slot(vote.proposal.leader), &vote, view);
            naive.insert(Sid(voter), vote);
        } else {
            ballots.clear(view);
            naive.clear();
        }
    }
    (ballots, naive)
}

proptest! {
    #[test]
    fn a_tally_is_a_recount(history in history(), probe in vote()) {
        let view = view();
        let (ballots, naive) = replay(&history, &view);
        let agreeing: Vec<Sid> = naive
            .iter()
            .filter(|(_, vote)| vote.agrees_with(&probe))
            .map(|(sid, _)| *sid)
            .collect();
        let candidate = view.slot(probe.proposal.leader);
        let mut tally = view.tally([Sid(1), Sid(5)]);
        ballots.count(candidate, &probe, &mut tally);
        prop_assert_eq!(&tally, &view.tally(agreeing.iter().copied()));
        prop_assert_eq!(ballots.supporters(&probe, &view), agreeing);
        ballots.count(None, &probe, &mut tally);
        prop_assert_eq!(tally, view.empty_tally());
        let distinct: std::collections::HashSet<_> = naive.values().collect();
        prop_assert_eq!(ballots.factions.len() - ballots.vacant.len(), distinct.len());
        for sid in view.voters() {
            prop_assert_eq!(ballots.of(view.slot(sid).unwrap()), naive.get(&sid));
        }
    }

    #[test]
    fn equality_and_hash_forget_the_history(history in history()) {
        let view = view();
        let (ballots, naive) = replay(&history, &view);
        let votes: Vec<_> = naive.into_iter().map(|(sid, vote)| Some((sid.0, vote))).collect();
        let (again, _) = replay(&votes, &view);
        prop_assert_eq!(&ballots, &again);
        let hash = |ballots: &Ballots| {
            let mut hasher = std::hash::DefaultHasher::new();
            ballots.hash(&mut hasher);
            hasher.finish()
        };
        prop_assert_eq!(hash(&ballots), hash(&again));
        if let Some(Some((voter, vote))) = votes.first() {
            let mut other = again;
            let changed = Vote { election_epoch: ElectionEpoch(9), ..*vote };
            let slot = |sid| view.slot(sid).unwrap();
            other.record(slot(Sid(*voter)), slot(vote.proposal.leader), &changed, &view);
            prop_assert_ne!(&ballots, &other);
            prop_assert_ne!(hash(&ballots), hash(&other));
        }
    }

    /// A sum or a number that is wrong is told from the right one, though the votes are the same;
    /// also that of a faction that is left.
    #[test]
    fn equality_does_not_forget_a_wrong_sum(
        history in history(),
        which in any::<prop::sample::Index>(),
        is_number in any::<bool>(),
    ) {
        let view = view();
        let (ballots, _) = replay(&history, &view);
        prop_assume!(!ballots.factions.is_empty());
        let mut wrong = ballots.clone();
        let faction = which.index(wrong.factions.len());
        if is_number {
            wrong.factions[faction].votes += 1;
        } else {
            wrong.factions[faction].tally.add(view.slot(Sid(5)).unwrap(), &view);
        }
        prop_assert_ne!(&ballots, &wrong);
        prop_assert_eq!(&wrong, &wrong.clone());
    }

    #[test]
    fn reseated_votes_are_those_that_are_possible(history in history(), probe in vote()) {
        let view = view();
        let smaller = QuorumView::new(QuorumVerifier::majority([2, 3].map(Sid)));
        let (ballots, naive) = replay(&history, &view);
        let reseated = ballots.reseated(&view, &smaller);
        let possible = |sid: &Sid| smaller.slot(*sid).is_some();
        let agreeing = naive.iter().filter(|(voter, vote)| {
            possible(voter) && possible(&vote.proposal.leader) && vote.agrees_with(&probe)
        });
        let agreeing: Vec<Sid> = agreeing.map(|(sid, _)| *sid).collect();
        prop_assert_eq!(reseated.supporters(&probe, &smaller), agreeing);
    }
}
