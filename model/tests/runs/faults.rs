//! What goes wrong, and what is left afterwards.

use super::{
    Run, arrives, breaks, crashes, gives_up, is_lost, is_started, loses_leader, scenario, settles,
};
use fle_model::election::faults::{Crash, Faults};
use fle_model::election::scenario::Scenario;
use fle_model::election::system::Action;
use fle_model::terms::vote::{Credentials, Round};

/// Three servers, asynchronous, to which all this happens.
fn suffering(faults: Faults) -> Scenario {
    Scenario {
        faults,
        ..scenario("crash")
    }
}

#[test]
fn what_a_crashed_server_sent_may_still_arrive_or_be_lost() {
    let mut run = Run::<3>::of("crash");
    assert!(!run.offers(is_lost(1, 2)));
    let told = run.take(&[crashes(1, Crash::Restarts), arrives(1, 2), is_lost(1, 3)]);
    assert_eq!(
        told,
        [
            "1 crashes",
            "2 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1",
            "what 1 had sent 3 is lost: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1",
        ]
    );
    assert!(!run.offers(arrives(1, 2)) && !run.offers(arrives(1, 3)));
    assert!(!run.offers(arrives(2, 1)), "nobody is there to receive");
}

/// 1 had received 3's vote and not 2's; 2 turns to 3 while 1 is down.
#[test]
fn a_restarted_server_hears_the_last_words_of_each_again() {
    let mut run = Run::<3>::of("crash");
    run.take(&[arrives(3, 1), crashes(1, Crash::Restarts), arrives(3, 2)]);
    let told = run.take(&[is_started(1), arrives(2, 1), arrives(3, 1)]);
    assert_eq!(
        told,
        [
            "1 is started; looks in round 1; tells everyone",
            "1 receives from 2: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 1; adopts 3 (epoch 1, zxid 0x1); \
             has a quorum, waits for a better proposal; tells everyone",
            "1 receives from 3: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 1",
        ]
    );
}

#[test]
fn a_restart_forgets_the_round_and_keeps_the_disk() {
    let faults = Faults {
        crashes: 1,
        losses: 1,
        ..Faults::NONE
    };
    let mut run = Run::<3>::whose(suffering(faults), |_| true);
    run.elect_3();
    run.take(&[loses_leader(1)]);
    assert_eq!(run.round(1), Round(2));
    let disk = run.server(1).credentials;
    let told = run.take(&[crashes(1, Crash::Restarts), is_started(1)]);
    assert_eq!(told[1], "1 is started; looks in round 1; tells everyone");
    assert_eq!((run.round(1), run.server(1).credentials), (Round(1), disk));
}

#[test]
fn a_server_crashed_for_good_is_given_up_and_never_started() {
    let mut run = Run::<3>::established("timely-stop");
    let told = run.take(&[crashes(3, Crash::ForGood), gives_up(1)]);
    assert_eq!(
        told,
        [
            "3 crashes for good",
            "1 gives up, its leader gone or its followers; looks in round 2; tells everyone",
        ]
    );
    assert!(!run.offers(is_started(3)) && !run.offers(arrives(1, 3)));
    assert!(run.state.follows_the_dead(1) && !run.state.follows_the_dead(0));
    assert!(run.state.has_live_quorum(&run.system.election));
}

#[test]
fn what_was_under_way_to_a_server_crashed_for_good_is_dropped() {
    let mut run = Run::<3>::of("timely-stop");
    assert!(run.state.network.link(0, 2).head().is_some());
    run.take(&[crashes(3, Crash::ForGood), arrives(2, 1)]);
    assert_eq!(
        run.state.network.link(0, 2).head(),
        None,
        "nor is anything new kept"
    );
}

#[test]
fn a_server_without_its_disk_neither_votes_nor_is_voted_for() {
    let mut run = Run::<3>::of("wipe");
    run.take(&[crashes(3, Crash::LosesDisk), is_lost(3, 1), is_started(3)]);
    assert_eq!(run.server(3).credentials, Credentials::NO_DATA);
    let told = run.take(&[arrives(3, 1), arrives(1, 3)]);
    assert_eq!(
        told,
        [
            "1 receives from 3: LOOKING, proposes 3 (epoch 0, no data) in round 1",
            "3 receives from 1: LOOKING, proposes 1 (epoch 1, zxid 0x1) in round 1",
        ]
    );
    assert_eq!(run.looking(1).recv_set[2], None);
    assert_eq!(run.looking(3).recv_set, [None; 3]);
}

#[test]
fn a_server_without_its_disk_joins_an_ensemble() {
    let mut run = Run::<3>::established("wipe");
    run.take(&[crashes(1, Crash::LosesDisk), is_started(1)]);
    run.take(&[arrives(1, 2), arrives(1, 3), arrives(2, 1)]);
    assert!(run.server(1).looking().is_some());
    let told = run.take(&[arrives(3, 1)]).remove(0);
    let end = "is FOLLOWING, settled on 3 (epoch 1, zxid 0x1) in round 1";
    assert!(told.ends_with(end), "{told}");
}

/// 1 had received 2's vote, and 2 not yet 1's.
#[test]
fn a_broken_connection_is_mended_by_the_next_to_send_and_repeats_the_last_words_of_both() {
    let mut run = Run::<3>::of("break");
    run.take(&[arrives(2, 1), breaks(1, 2)]);
    assert!(!run.offers(arrives(1, 2)) && !run.offers(arrives(2, 1)));
    assert!(!run.offers(breaks(1, 3)), "only one may break");
    let mut by_2 = run.take(&[arrives(3, 2), arrives(1, 2), arrives(2, 1)]);
    assert_eq!(
        by_2.split_off(1),
        [
            "2 receives from 1: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1",
            "1 receives from 2: LOOKING, proposes 3 (epoch 1, zxid 0x1) in round 1; adopts 3 (epoch 1, zxid 0x1); \
             has a quorum, waits for a better proposal; tells everyone",
        ]
    );
    let mut run = Run::<3>::of("break");
    run.take(&[arrives(2, 1), breaks(1, 2)]);
    let by_1 = run.take(&[arrives(3, 1), arrives(2, 1), arrives(1, 2)]);
    let again = "1 receives from 2: LOOKING, proposes 2 (epoch 1, zxid 0x1) in round 1";
    assert_eq!(by_1[1], again);
    assert!(
        by_1[2].starts_with("2 receives from 1: LOOKING, proposes 3"),
        "{by_1:#?}"
    );
}

/// Otherwise two servers that wait for each other would wait for ever.
#[test]
fn a_vote_announced_again_mends_a_broken_connection() {
    let mut run = Run::<3>::of("break");
    run.take(&[breaks(1, 2), Action::Resend { src: 0, dst: 1 }]);
    assert!(run.offers(arrives(1, 2)) && run.offers(arrives(2, 1)));
}

/// What waited for the connection was in the memory of a server that crashed.
#[test]
fn a_crash_loses_what_waited_for_a_broken_connection() {
    let faults = Faults {
        crashes: 1,
        breaks: 1,
        ..Faults::NONE
    };
    let mut run = Run::<3>::whose(suffering(faults), |_| true);
    run.take(&[breaks(1, 2), crashes(1, Crash::Restarts)]);
    assert!(run.offers(arrives(1, 3)) && !run.offers(arrives(1, 2)));
}

#[test]
fn a_settled_server_may_return_to_looking_for_no_reason() {
    let mut run = Run::<3>::of("loss");
    assert!(!run.offers(loses_leader(1)), "it looks already");
    run.elect_3();
    let told = run.take(&[loses_leader(1)]);
    let looks = "1 returns to looking for no reason; looks in round 2; tells everyone";
    assert_eq!(told, [looks]);
    assert!(!run.offers(loses_leader(2)), "it was the only time");
    assert_eq!(run.state.followers(2).iter().collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn a_late_server_finds_what_it_was_told() {
    let mut run = Run::<3>::of("late");
    assert!(run.told()[0].starts_with("1 is down (epoch 1, zxid 0x1); 2 looks in round 1"));
    assert!(!run.offers(arrives(2, 1)));
    run.take(&[arrives(3, 2), arrives(2, 3), settles(2), settles(3)]);
    let told = run.take(&[is_started(1), arrives(3, 1), arrives(2, 1)]);
    assert_eq!(told[0], "1 is started; looks in round 1; tells everyone");
    assert!(
        told[1].starts_with("1 receives from 3: LOOKING, proposes 3"),
        "{told:#?}"
    );
    assert!(
        told[2].starts_with("1 receives from 2: LOOKING, proposes 3"),
        "{told:#?}"
    );
}
