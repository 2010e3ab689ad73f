//! What must hold of a step, and that the state it leads to remembers when it did not.

use super::{
    BETTER, CREDENTIALS, fault_free, first, holds, holds_after, in_round, keeps, keeps_quietly,
    recorded, recorded_settled, settled, vote,
};
use fle::ServerState::{Following, Leading, Looking};
use fle_model::election::network::Links;
use fle_model::election::rules::StepRule;
use fle_model::election::server::{Election, Wait};
use fle_model::election::system::{Action, State};
use fle_model::terms::ensemble::Known;
use fle_model::terms::vote::{ConfigVersion, Notification, Proposal, Round, Vote};
use stateright::Model;

#[test]
fn settling_takes_a_quorum_of_matching_votes() {
    let (system, start) = fault_free();
    let own = (2, vote(2, Looking));
    let settles_with = |other: &[(usize, Vote)]| {
        let before = recorded(start, 2, &[&[own], other].concat());
        let after = settled(before, 2, vote(2, Leading));
        let step = (before, Action::FinalizeTimeout { server: 2 }, after);
        keeps_quietly(&system, StepRule::QuorumEvidence, step)
    };
    assert!(settles_with(&[(0, vote(2, Looking))]));
    assert!(settles_with(&[(0, vote(2, Following))]));
    assert!(!settles_with(&[]), "nobody else's");
    assert!(!settles_with(&[(0, vote(1, Looking))]), "for another");
    assert!(
        !settles_with(&[(0, in_round(2, vote(2, Looking)))]),
        "of another round"
    );
    assert!(
        !settles_with(&[(0, in_round(2, vote(2, Following)))]),
        "settled in another round"
    );
    let other_history = Vote::looking(Proposal::of(2, BETTER), Round(1));
    assert!(
        !settles_with(&[(0, other_history)]),
        "with other credentials"
    );
}

/// All three vote in the committed configuration, and 0 and 1 in the proposed one.
#[test]
fn settling_takes_a_quorum_of_both_configurations() {
    let (system, start) = first::<3>("joint");
    let settles_with = |voters: &[usize]| {
        let votes: Vec<_> = voters
            .iter()
            .map(|&voter| (voter, vote(0, Looking)))
            .collect();
        let before = recorded(start, 0, &votes);
        let after = settled(before, 0, vote(0, Leading));
        let step = (before, Action::FinalizeTimeout { server: 0 }, after);
        keeps_quietly(&system, StepRule::QuorumEvidence, step)
    };
    assert!(settles_with(&[0, 1]) && settles_with(&[0, 1, 2]));
    assert!(
        !settles_with(&[0, 2]),
        "no quorum of the proposed configuration"
    );
}

#[test]
fn joining_takes_a_leader_that_leads() {
    let (system, start) = fault_free();
    let joins_on = |votes: &[(usize, Vote)]| {
        let before = recorded_settled(recorded(start, 0, &[]), 0, votes);
        let joined = settled(before, 0, vote(2, Following));
        let step = (before, Action::Deliver { src: 1, dst: 0 }, joined);
        keeps_quietly(&system, StepRule::QuorumEvidence, step)
    };
    let follower = (1, vote(2, Following));
    assert!(joins_on(&[follower, (2, vote(2, Leading))]));
    assert!(
        joins_on(&[follower, (2, in_round(3, vote(2, Leading)))]),
        "whatever its round"
    );
    assert!(!joins_on(&[follower, (2, vote(2, Following))]));
    assert!(!joins_on(&[follower]), "no quorum");
    assert!(!joins_on(&[(2, vote(2, Leading))]), "no quorum");
}

#[test]
fn where_an_oracle_denies_the_word_of_a_leader_is_enough_and_that_of_a_looking_server_is_not() {
    let (system, start) = first::<2>("oracle");
    let joins_on = |granted, cast| {
        let mut before = recorded(start, 1, &[(0, cast)]);
        before.servers[1].granted = granted;
        let joined = settled(before, 1, vote(0, Following));
        let step = (before, Action::Deliver { src: 0, dst: 1 }, joined);
        keeps_quietly(&system, StepRule::QuorumEvidence, step)
    };
    assert!(joins_on(false, vote(0, Leading)));
    assert!(!joins_on(false, vote(0, Looking)));
}

#[test]
fn a_voter_with_better_credentials_may_not_have_been_counted() {
    let (system, mut start) = fault_free();
    start.servers[0].credentials = BETTER;
    let counts = |cast| {
        let before = recorded(start, 2, &[(0, cast)]);
        let after = settled(before, 2, vote(2, Leading));
        let step = (before, Action::FinalizeTimeout { server: 2 }, after);
        keeps_quietly(&system, StepRule::BestCredentials, step)
    };
    assert!(!counts(vote(2, Looking)));
    assert!(counts(vote(2, Following)));
    assert!(counts(vote(1, Looking)), "it was not counted");
}

#[test]
fn neither_round_nor_proposal_may_fall() {
    let (system, low) = fault_free();
    let changed = |round, proposal| {
        let mut state = low;
        state.servers[1].round = Round(round);
        if let Election::Looking(looking) = &mut state.servers[1].election {
            looking.proposal = Proposal::of(1, proposal);
        }
        state
    };
    let keeps = |before, after| {
        let step = (before, Action::Deliver { src: 0, dst: 1 }, after);
        keeps_quietly(&system, StepRule::LookingOnlyRises, step)
    };
    assert!(keeps(low, changed(1, BETTER)) && !keeps(changed(1, BETTER), low));
    assert!(keeps(changed(1, BETTER), changed(2, CREDENTIALS)));
    assert!(!keeps(changed(2, CREDENTIALS), changed(1, BETTER)));
    let mut restarted = low;
    restarted.servers[1].known = Known::Second;
    assert!(
        keeps(changed(2, BETTER), restarted),
        "a newer configuration forgets the round"
    );
}

#[test]
fn a_joiner_may_not_pass_the_ensemble_by_nor_move_it() {
    let (system, start) = fault_free();
    let ensemble = settled(settled(start, 1, vote(1, Leading)), 0, vote(1, Following));
    let respects = |src, dst, vote| {
        let after = settled(ensemble, dst, vote);
        let step = (ensemble, Action::Deliver { src, dst }, after);
        keeps_quietly(&system, StepRule::JoinerRespectsEnsemble, step)
    };
    assert!(respects(0, 2, vote(1, Following)));
    assert!(
        respects(0, 2, vote(2, Leading)),
        "it has no votes of settled servers on record"
    );
    // 0 says that it leads, and has settled on 1 since.
    let joins_0 = |before: State<3>| {
        let before = recorded_settled(before, 2, &[(0, vote(0, Leading)), (1, vote(0, Following))]);
        let joins = Action::Deliver { src: 0, dst: 2 };
        let step = (before, joins, settled(before, 2, vote(0, Following)));
        keeps_quietly(&system, StepRule::JoinerRespectsEnsemble, step)
    };
    assert!(joins_0(ensemble), "what it goes by was true once");
    assert!(respects(2, 0, vote(1, Following)));
    assert!(!respects(2, 0, vote(2, Following)));
    let mut looks = ensemble;
    looks.servers[0] = start.servers[0];
    let moved = (ensemble, Action::Deliver { src: 2, dst: 0 }, looks);
    assert!(!keeps_quietly(
        &system,
        StepRule::JoinerRespectsEnsemble,
        moved
    ));
}

#[test]
fn a_settled_server_may_answer_with_its_vote_only() {
    let (system, start) = fault_free();
    let before = settled(start, 1, vote(2, Following));
    let asked = (before, Action::Deliver { src: 0, dst: 1 }, before);
    let answers = |sent: &[(usize, Vote)]| keeps(&system, StepRule::TruthfulReplies, asked, sent);
    let truth = vote(2, Following);
    assert!(answers(&[(0, truth)]));
    assert!(!answers(&[]));
    assert!(!answers(&[(0, truth), (2, truth)]));
    assert!(!answers(&[(0, vote(1, Following))]));
    assert!(!answers(&[(2, truth)]));
    assert!(!answers(&[(0, in_round(2, truth))]));
}

/// 0's proposal of itself arrives at 1.
#[test]
fn only_what_arrives_may_be_recorded_and_for_its_sender() {
    let (system, before) = fault_free();
    let records = |votes: &[(usize, Vote)]| {
        let after = recorded(before, 1, votes);
        let step = (before, Action::Deliver { src: 0, dst: 1 }, after);
        keeps_quietly(&system, StepRule::TruthfulRecords, step)
    };
    let arrived = vote(0, Looking);
    assert!(records(&[(0, arrived)]) && records(&[]));
    assert!(
        records(&[(1, vote(1, Looking))]),
        "its own is what it announces"
    );
    assert!(!records(&[(2, arrived)]), "under another name");
    assert!(!records(&[(0, vote(1, Looking))]), "something else");
    assert!(!records(&[(0, in_round(2, arrived))]), "of another round");
    assert!(!records(&[(0, vote(0, Leading))]), "in another state");
    assert!(
        !records(&[(1, arrived)]),
        "its own is not what it announces"
    );
    let settled = recorded_settled(before, 1, &[(2, vote(2, Leading))]);
    let step = (before, Action::Deliver { src: 0, dst: 1 }, settled);
    assert!(!keeps_quietly(&system, StepRule::TruthfulRecords, step));
}

/// What was recorded before may stay, and may be dropped.
#[test]
fn a_record_may_stay_and_not_change() {
    let (system, start) = fault_free();
    let before = recorded(start, 1, &[(2, vote(2, Looking))]);
    let becomes = |votes: &[(usize, Vote)]| {
        let after = recorded(start, 1, votes);
        let step = (before, Action::FinalizeTimeout { server: 1 }, after);
        keeps_quietly(&system, StepRule::TruthfulRecords, step)
    };
    assert!(becomes(&[(2, vote(2, Looking))]) && becomes(&[]));
    assert!(!becomes(&[(2, vote(1, Looking))]));
}

/// 0's proposal, better than 1's own and of this round, arrives at 1.
#[test]
fn a_looking_server_proposes_the_best_that_it_hears_of() {
    let (system, mut start) = fault_free();
    let (own, better) = (Proposal::of(1, CREDENTIALS), Proposal::of(0, BETTER));
    start.servers[0].credentials = BETTER;
    let proposes = |heard, round: u8, proposal| {
        let mut before = start;
        let link = before.network.link_mut(0, 1);
        link.deliver();
        let notification = Notification {
            vote: Vote::looking(heard, Round(round)),
            config: ConfigVersion(1),
        };
        before.network.send(0, 1, notification, Links::Slot);
        let mut after = before;
        after.servers[1].round = Round(round.max(1));
        if let Election::Looking(looking) = &mut after.servers[1].election {
            looking.proposal = proposal;
        }
        let step = (before, Action::Deliver { src: 0, dst: 1 }, after);
        keeps_quietly(&system, StepRule::ProposesBest, step)
    };
    assert!(proposes(better, 1, better) && !proposes(better, 1, own));
    assert!(proposes(better, 2, better) && !proposes(better, 2, own));
    assert!(proposes(better, 0, own), "of an earlier round");
    let worse = Proposal::of(0, CREDENTIALS);
    assert!(proposes(worse, 1, own) && !proposes(worse, 1, worse));
    assert!(proposes(worse, 2, own) && !proposes(worse, 2, worse));
}

/// 1 turns to 2 in its first round.
#[test]
fn a_looking_server_tells_everyone_what_it_turns_to_and_nothing_else() {
    let (system, before) = fault_free();
    let mut after = before;
    if let Election::Looking(looking) = &mut after.servers[1].election {
        looking.proposal = Proposal::of(2, CREDENTIALS);
    }
    let arrives = Action::Deliver { src: 2, dst: 1 };
    let says = |after, sent: &[(usize, Vote)]| {
        let step = (before, arrives, after);
        keeps(&system, StepRule::TellsProposal, step, sent)
    };
    let everyone = |vote| [0, 1, 2].map(|dst| (dst, vote));
    assert!(says(after, &everyone(vote(2, Looking))));
    assert!(!says(after, &everyone(vote(2, Looking))[..2]), "not to all");
    assert!(!says(after, &everyone(vote(1, Looking))), "as before");
    assert!(!says(after, &everyone(in_round(2, vote(2, Looking)))));
    assert!(says(before, &[]) && !says(before, &everyone(vote(1, Looking))));
    let waited = (before, Action::CollectTimeout { server: 1 }, before);
    let rule = StepRule::TellsProposal;
    assert!(keeps(&system, rule, waited, &everyone(vote(1, Looking))));
    assert!(!keeps(&system, rule, waited, &[]));
}

/// 2 asks in round 1; 1 is in round 2.
#[test]
fn a_server_in_an_earlier_round_is_told_what_it_missed() {
    let (system, mut before) = fault_free();
    before.servers[1].round = Round(2);
    let asks = (before, Action::Deliver { src: 2, dst: 1 }, before);
    let says = |sent: &[(usize, Vote)]| keeps(&system, StepRule::TellsProposal, asks, sent);
    assert!(says(&[(2, in_round(2, vote(1, Looking)))]));
    assert!(!says(&[]));
    assert!(!says(&[(2, vote(1, Looking))]));
    assert!(!says(&[(2, in_round(2, vote(2, Looking)))]));
    assert!(!says(&[(0, in_round(2, vote(1, Looking)))]));
}

#[test]
fn nobody_leaves_a_leader_that_a_quorum_follows() {
    let (system, start) = fault_free();
    let ensemble = settled(settled(start, 1, vote(1, Leading)), 0, vote(1, Following));
    let leaves = |before: State<3>, action, server: usize| {
        let mut after = before;
        after.servers[server] = start.servers[server];
        keeps_quietly(&system, StepRule::EnsembleLasts, (before, action, after))
    };
    for server in [0, 1] {
        assert!(!leaves(ensemble, Action::GiveUp { server }, server));
        assert!(!leaves(
            ensemble,
            Action::Deliver {
                src: 2,
                dst: server
            },
            server
        ));
        assert!(leaves(ensemble, Action::LoseLeader { server }, server));
    }
    let all = settled(ensemble, 2, vote(1, Following));
    assert!(
        leaves(all, Action::GiveUp { server: 0 }, 0),
        "a quorum stays"
    );
    let alone = settled(start, 1, vote(1, Leading));
    assert!(leaves(alone, Action::GiveUp { server: 1 }, 1));
}

#[test]
fn a_better_vote_ends_the_wait_whoever_casts_it() {
    let (system, start) = fault_free();
    let with_wait = |wait| {
        let mut state = recorded(start, 0, &[(0, vote(0, Looking))]);
        if let Election::Looking(looking) = &mut state.servers[0].election {
            looking.wait = wait;
        }
        state
    };
    let waits_on_after = |heard: Vote, wait| {
        let mut before = with_wait(Wait::Finalizing);
        let config = before.servers[0].known.committed();
        before.network.link_mut(1, 0).clear();
        let heard = Notification {
            vote: heard,
            config,
        };
        before.network.send(1, 0, heard, Links::WireAndSlot);
        let step = (before, Action::Deliver { src: 1, dst: 0 }, with_wait(wait));
        keeps_quietly(&system, StepRule::BetterEndsWait, step)
    };
    for state in [Looking, Following] {
        assert!(waits_on_after(vote(1, state), Wait::Collecting));
        assert!(!waits_on_after(vote(1, state), Wait::Finalizing));
        assert!(
            waits_on_after(vote(0, state), Wait::Finalizing),
            "no better"
        );
    }
}

#[test]
fn what_is_on_record_stays_there_while_the_round_lasts() {
    let (system, start) = fault_free();
    let begins = recorded(start, 0, &[]);
    let keeps_after = |before, after| {
        let step = (before, Action::Deliver { src: 1, dst: 0 }, after);
        keeps_quietly(&system, StepRule::RecordsLast, step)
    };
    let of_round = recorded(begins, 0, &[(2, vote(2, Looking))]);
    assert!(keeps_after(begins, of_round) && !keeps_after(of_round, begins));
    let mut later = begins;
    later.servers[0].round = Round(2);
    assert!(keeps_after(of_round, later));
    let of_settled = recorded_settled(begins, 0, &[(2, vote(2, Leading))]);
    let mut later_without = of_settled;
    later_without.servers[0].round = Round(2);
    assert!(keeps_after(of_settled, later_without));
    assert!(!keeps_after(of_settled, later), "settled in any round");
}

/// What a step broke is seen in the state that it leads to, and in every later one.
#[test]
fn a_broken_rule_is_not_forgotten() {
    let (system, start) = fault_free();
    let name = |rule| match rule {
        StepRule::QuorumEvidence | StepRule::TruthfulRecords => "quorum evidence",
        StepRule::BestCredentials => "best credentials",
        StepRule::LookingOnlyRises => "coherent state",
        StepRule::JoinerRespectsEnsemble => "joiner respects the ensemble",
        StepRule::TruthfulReplies => "replies are truthful",
        StepRule::ProposesBest => "the best is proposed",
        StepRule::TellsProposal => "proposals are announced",
        StepRule::EnsembleLasts => "an ensemble lasts",
        StepRule::GivesUpForCause => "giving up has a cause",
        StepRule::AnswersStrangers => "strangers are answered",
        StepRule::BetterEndsWait => "the better ends the wait",
        StepRule::RecordsLast => "the last word counts",
        StepRule::EpochsRise => "epochs rise",
        StepRule::NewestComesAgain => "the newest comes again",
    };
    for rule in StepRule::ALL {
        let name = name(rule);
        assert!(holds(name, &system, &start));
        let mut state = system.begin(start);
        state.past.broken = state.past.broken.with(rule);
        assert!(
            StepRule::ALL
                .iter()
                .all(|other| state.past.contains(*other) == (*other == rule))
        );
        let (_, next) = system.next_steps(&state).swap_remove(0);
        let forgotten = holds_after(name, &system, &state) || holds_after(name, &system, &next);
        assert!(!forgotten, "{name}");
    }
}

/// Settling without votes is what the checker itself must notice, not only the rule.
#[test]
fn a_step_that_breaks_a_rule_marks_the_state() {
    let (system, mut state) = fault_free();
    if let Election::Looking(looking) = &mut state.servers[2].election {
        looking.wait = Wait::Finalizing;
    }
    let settles = Action::FinalizeTimeout { server: 2 };
    let after = system.next_state(&system.begin(state), settles);
    let after = after.expect("it settles");
    assert!(!holds_after("quorum evidence", &system, &after));
}
