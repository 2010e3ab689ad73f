//! Servers that do not know what they have promised, and servers that have promised more than their
//! leader asks for.

use crate::support::{Event, INIT_LIMIT, MOMENT, NEW, SYNC_LIMIT, World, epochs, introduction};
use fle::leadership::packet::{LearnerInfo, Packet, Past};
use fle::leadership::{Knowledge, Quit, Refusal};
use fle::{PeerEpoch, Sid};
use std::time::Duration;

/// Three voters, of which the third leads in epoch 1.
fn established() -> World {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world
}

#[test]
fn a_new_ensemble_is_one_of_which_every_voter_says_that_it_has_no_past() {
    let mut world = World::new(3);
    for sid in 1..=3 {
        world.lose_disk(sid, NEW, Knowledge::Blank);
    }
    world.kill(1);
    world.pass(INIT_LIMIT, &[]);
    world.elect(3, &[2]);
    assert!(
        world.quits().contains(&(3, Quit::PastUnknown)),
        "{:?}",
        world.quits()
    );
    assert_eq!(world.stored(2).knowledge, Knowledge::Blank);
    world.start(1);
    world.pass(INIT_LIMIT, &[]);
    for sid in 1..=3 {
        assert_eq!(world.stored(sid).knowledge, Knowledge::Complete);
        assert!(world.quits().contains(&(sid, Quit::New)));
    }
    world.elect(3, &[1, 2]);
    assert_eq!(world.leads(3), Some(1));
}

#[test]
fn a_server_without_others_is_new_if_its_disk_is_empty() {
    let mut world = World::new(1);
    world.lose_disk(1, NEW, Knowledge::Blank);
    world.pass(MOMENT, &[]);
    world.lead(1);
    assert_eq!(world.leads(1), Some(1));
    world.lose_disk(1, NEW, Knowledge::Lost);
    world.pass(INIT_LIMIT, &[]);
    world.lead(1);
    assert_eq!(world.leads(1), None, "nobody knows what it has promised");
}

#[test]
fn one_voter_with_a_past_is_enough_to_show_that_a_disk_is_lost() {
    for past in [Past::Accepted(PeerEpoch(1)), Past::Lost] {
        let mut world = World::new(3);
        world.kill(2);
        world.kill(3);
        world.lose_disk(1, NEW, Knowledge::Blank);
        world.pass(MOMENT, &[]);
        let none = Past::Accepted(PeerEpoch(0));
        world.step(Sid(1), |it, now| it.handle_answer(Sid(2), none, now));
        world.step(Sid(1), |it, now| it.handle_answer(Sid(3), past, now));
        world.step(Sid(1), |it, now| it.handle_answer(Sid(3), none, now));
        assert_eq!(world.stored(1).knowledge, Knowledge::Blank);
        assert_eq!(world.quits(), []);
    }
}

#[test]
fn a_server_that_lost_its_disk_makes_no_promise() {
    let mut world = established();
    world.shut_down(3);
    world.lose_disk(1, NEW, Knowledge::Blank);
    // Without its promise there is no quorum for server 2.
    world.elect(2, &[1]);
    world.pass(INIT_LIMIT - MOMENT, &[]);
    assert_eq!(world.leads(2), None);
    assert_eq!(world.disk(1), NEW);
}

#[test]
fn a_server_that_lost_its_disk_follows_when_a_quorum_without_it_has_shown_who_leads() {
    for knowledge in [Knowledge::Blank, Knowledge::Lost] {
        let mut world = established();
        world.lose_disk(1, NEW, knowledge);
        world.learn(1, 3);
        world.pass(INIT_LIMIT - MOMENT, &[]);
        assert_eq!(
            world.follows(1),
            None,
            "somebody may still count on what it has forgotten"
        );
        // Server 2 does not answer any more.
        world.pass(MOMENT, &[2]);
        assert_eq!(world.follows(1), None);
        world.pass(MOMENT, &[]);
        assert_eq!(world.follows(1), Some((3, 1)));
        assert_eq!(world.disk(1), epochs(1, 1));
        assert_eq!(world.stored(1).knowledge, Knowledge::Complete);
        // It counts from there.
        world.kill(2);
        world.pass(SYNC_LIMIT * 2, &[]);
        assert!(world.holds_lease(3));
    }
}

/// Answers that were under way when it came show nothing.
#[test]
fn what_followers_were_asked_before_is_no_evidence() {
    let mut world = established();
    let forgetful = LearnerInfo {
        remembers: false,
        ..introduction(1, 0)
    };
    // Server 2 owes an answer to a sign of life.
    world.pass(world.settings.tick / 2, &[1, 2]);
    world.connect_anew(1, 3);
    world.forge(1, 3, &Packet::LearnerInfo(forgetful));
    let asked = |world: &World| world.sent_to(1, 3);
    world.forge(2, 3, &Packet::Ping);
    assert_eq!(asked(&world), []);
    world.forge(2, 3, &Packet::Ping);
    let (epoch, protocol) = (PeerEpoch(1), fle::leadership::packet::PROTOCOL);
    assert_eq!(asked(&world), [Packet::LeaderInfo { epoch, protocol }]);
}

/// The leader of a later epoch has been established with the help of the server that has forgotten
/// it, and the one before does not know.
#[test]
fn a_leader_that_is_past_takes_nobody_in() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.isolate(3);
    for sid in [1, 2] {
        world.step(Sid(sid), |it, now| it.step_down(now));
    }
    world.pass(SYNC_LIMIT, &[3]);
    world.elect(2, &[1]);
    assert_eq!(world.leads(2), Some(2));
    assert_eq!(world.leads(3), Some(1));
    let forgetful = LearnerInfo {
        remembers: false,
        ..introduction(1, 0)
    };
    world.connect_anew(1, 3);
    world.forge(1, 3, &Packet::LearnerInfo(forgetful));
    world.pass(Duration::ZERO, &[1]);
    assert_eq!(world.leads(3), None);
    assert_eq!(world.sent_to(1, 3), []);
}

/// It does not count either, before it follows.
#[test]
fn one_that_is_kept_aside_is_in_no_quorum() {
    let mut world = World::new(3);
    world.lose_disk(1, NEW, Knowledge::Lost);
    world.elect(3, &[1]);
    assert_eq!(world.disk(3), NEW, "a quorum has not even come");
    world.learn(2, 3);
    world.deliver();
    assert_eq!(world.leads(3), Some(1));
    world.kill(2);
    world.pass(world.settings.tick, &[]);
    assert_eq!(world.leads(3), None);
}

/// Server 1 has accepted an epoch from somebody who was never established.
#[test]
fn an_established_leader_goes_on_and_takes_in_a_voter_that_is_ahead() {
    let mut world = World::with_disks(&[epochs(9, 0), epochs(0, 0), epochs(0, 0)]);
    world.elect(3, &[2]);
    assert_eq!(world.leads(3), Some(1));
    world.learn(1, 3);
    world.pass(INIT_LIMIT - MOMENT, &[]);
    assert_eq!(world.follows(1), None);
    world.learn(1, 3);
    world.pass(MOMENT, &[]);
    assert_eq!(world.follows(1), Some((3, 1)));
    assert_eq!(world.disk(1), epochs(9, 1), "it will promise nothing below");
    world.shut_down(3);
    world.elect(2, &[1]);
    assert_eq!(world.leads(2), Some(10));
}

#[test]
fn an_epoch_without_end_disturbs_no_established_leader() {
    for sid in [1, 2, 4, 17] {
        let mut world = established();
        world.connect_anew(sid, 3);
        let last = introduction(sid, PeerEpoch::LAST.0);
        world.forge(sid, 3, &Packet::LearnerInfo(last));
        world.pass(SYNC_LIMIT * 3, &[sid]);
        assert_eq!(world.leads(3), Some(1));
        world.shut_down(3);
        world.elect(2, &[1]);
        assert_eq!(world.leads(2), Some(2), "and leaves no trace");
    }
}

#[test]
fn only_voters_move_the_epoch_and_only_by_what_can_be() {
    let mut world = World::new(3);
    world.lead(3);
    let (stranger, observer) = (introduction(17, 50), introduction(4, 60));
    world.forge(17, 3, &Packet::LearnerInfo(stranger));
    world.forge(4, 3, &Packet::LearnerInfo(observer));
    let far = introduction(2, PeerEpoch::LAST.0 - 1);
    world.forge(2, 3, &Packet::LearnerInfo(far));
    let reason = Refusal::EpochJump {
        epoch: far.accepted,
    };
    let refused = Event::Closed {
        by: 3,
        peer: 2,
        reason,
    };
    assert_eq!(world.events, [refused]);
    world.learn(1, 3);
    world.deliver();
    assert_eq!(world.leads(3), Some(1));
}

/// Two others make it true.
#[test]
fn a_single_voter_moves_the_epochs_by_a_thousand_in_a_term() {
    for (second, epoch) in [(0, 1001), (5000, 5001), (4500, 5001), (3000, 4001)] {
        let far = epochs(5000, 0);
        let mut world = World::with_disks(&[far, epochs(second, 0), NEW, NEW, NEW]);
        world.lead(5);
        world.learn(1, 5);
        world.learn(2, 5);
        world.deliver();
        assert_eq!(world.disk(5).accepted, PeerEpoch(epoch), "{second}");
    }
}

/// One server has a file that says so.
#[test]
fn nobody_promises_an_epoch_that_is_far_away() {
    let mut world = World::with_disks(&[NEW, NEW, epochs(PeerEpoch::LAST.0 - 2, 0)]);
    world.elect(3, &[1, 2]);
    assert_eq!(world.leads(3), None);
    assert_eq!(world.disk(1), NEW);
    let epoch = PeerEpoch::LAST.0 - 1;
    let doubts = [Event::Doubts(1, 3, epoch), Event::Doubts(2, 3, epoch)];
    assert_eq!(world.events, doubts);
    world.pass(INIT_LIMIT, &[]);
    world.elect(2, &[1]);
    assert_eq!(world.leads(2), Some(1));
    world.learn(3, 2);
    world.pass(INIT_LIMIT * 2, &[]);
    assert_eq!(world.follows(3), Some((2, 1)), "and that one follows, too");
}

/// Such a leader is right if a quorum has promised.
#[test]
fn a_server_that_was_away_for_a_million_epochs_follows_without_a_promise() {
    let far = epochs(5_000_000, 5_000_000);
    let mut world = World::with_disks(&[NEW, far, far]);
    world.elect(3, &[1, 2]);
    world.pass(SYNC_LIMIT, &[]);
    assert_eq!(world.leads(3), Some(5_000_001));
    assert_eq!(world.follows(1), Some((3, 5_000_001)));
}

#[test]
fn a_leader_that_needs_a_voter_which_is_ahead_gives_up_at_once() {
    let mut world = World::with_disks(&[epochs(9, 0), epochs(0, 0), epochs(0, 0)]);
    world.lead(3);
    world.learn(2, 3);
    while world.disk(3).accepted != PeerEpoch(1) {
        assert!(world.deliver_one());
    }
    world.kill(2);
    world.learn(1, 3);
    world.deliver();
    assert!(world.quits().contains(&(3, Quit::Outbid)));
    world.elect(3, &[1]);
    assert_eq!(world.leads(3), Some(10));
}

/// It gives up itself after that time, and may have forgotten.
#[test]
fn an_answer_counts_while_its_learner_is_patient() {
    let mut world = World::new(5);
    world.lead(5);
    for (sid, patience) in [(1, Duration::from_secs(3)), (2, INIT_LIMIT)] {
        let info = LearnerInfo {
            patience,
            ..introduction(sid, 0)
        };
        world.forge(sid, 5, &Packet::LearnerInfo(info));
    }
    assert_eq!(world.disk(5).accepted, PeerEpoch(1));
    let promise = Packet::AckEpoch {
        current: Some(PeerEpoch(0)),
        last_zxid: fle::Zxid(0),
    };
    world.forge(1, 5, &promise);
    world.pass(Duration::from_secs(3), &[]);
    world.forge(2, 5, &promise);
    assert_eq!(world.disk(5).current, PeerEpoch(0));
    world.forge(3, 5, &Packet::LearnerInfo(introduction(3, 0)));
    world.forge(3, 5, &promise);
    assert_eq!(world.disk(5).current, PeerEpoch(1));
}

#[test]
fn a_learner_answers_signs_of_life_wherever_it_stands() {
    let mut world = World::new(3);
    world.lead(3);
    world.learn(1, 3);
    for _ in 0..20 {
        world.step(Sid(3), |it, now| it.probe(Sid(1), now));
        world.deliver_one();
    }
    world.deliver();
    world.learn(2, 3);
    world.deliver();
    assert_eq!(world.quits(), []);
    assert_eq!(world.leads(3), Some(1));
}
