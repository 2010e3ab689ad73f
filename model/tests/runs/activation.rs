//! A leader is established, and a new epoch begins.

use super::{Run, activates, arrives, crashes, gives_up, is_started, loses_leader, settles};
use fle_model::election::faults::Crash;
use fle_model::terms::vote::Credentials;

#[test]
fn a_leader_that_a_quorum_follows_begins_an_epoch_and_its_followers_take_over_its_history() {
    let (old, new) = (Credentials::new(1, 1), Credentials::new(1, 2));
    let mut run = Run::<3>::with("activation", [old, old, new]);
    run.agree_on_3();
    run.take(&[settles(3)]);
    assert!(!run.offers(activates(3)), "nobody follows it");
    run.take(&[settles(1)]);
    assert!(!run.offers(activates(1)), "its leader has not begun");
    let told = run.take(&[activates(3), activates(1)]);
    assert_eq!(
        told,
        [
            "3 is synchronized; has epoch 2, zxid 0x2 now",
            "1 is synchronized; has epoch 2, zxid 0x2 now",
        ]
    );
    assert!(!run.offers(activates(1)) && !run.offers(activates(2)));
}

#[test]
fn a_new_epoch_is_above_all_that_the_followers_knew() {
    let (known, low) = (Credentials::new(2, 1), Credentials::new(1, 2));
    let mut run = Run::<3>::with("activation", [low, low, known]);
    run.elect_3();
    let told = run.take(&[activates(3)]);
    assert_eq!(told, ["3 is synchronized; has epoch 3, zxid 0x1 now"]);
}

#[test]
fn a_server_answers_with_the_epoch_that_it_learned() {
    let mut run = Run::<3>::established("activation");
    run.take(&[activates(3), activates(1), loses_leader(2)]);
    let told = run.take(&[arrives(2, 1), arrives(1, 2)]).remove(1);
    let answer = "2 receives from 1: FOLLOWING, settled on 3 (epoch 2, zxid 0x1) in round 1";
    assert_eq!(told, answer);
}

/// 3 crashes and leads again at once. Its followers are attached to a leadership that ended.
#[test]
fn followers_of_an_earlier_leadership_are_not_counted_and_give_up() {
    let mut run = Run::<3>::established("timely-activation");
    run.take(&[activates(3), activates(1), activates(2)]);
    run.take(&[crashes(3, Crash::Restarts), is_started(3)]);
    run.take(&[arrives(3, 1), arrives(3, 2)]);
    let told = run.take(&[arrives(1, 3)]).remove(0);
    let end = "is LEADING, settled on 3 (epoch 2, zxid 0x1) in round 1";
    assert!(told.ends_with(end), "{told}");
    run.take(&[arrives(2, 3)]);
    assert_eq!(run.state.followers(2).iter().collect::<Vec<_>>(), [2]);
    assert_eq!(run.state.established_leader(&run.system.election), None);
    assert!(run.offers(gives_up(1)) && run.offers(gives_up(2)) && !run.offers(activates(3)));
}
