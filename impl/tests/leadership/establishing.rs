//! The way from an election to an established leader.

use crate::support::{Event, INIT_LIMIT, SYNC_LIMIT, World, epochs, introduction};
use fle::config::{ConfigVersion, LearnerType};
use fle::leadership::packet::{LearnerInfo, PROTOCOL, Packet};
use fle::leadership::{End, Quit, Refusal, Settings, Standing};
use fle::{PeerEpoch, Sid, Zxid};
use std::time::Duration;

#[test]
fn a_quorum_establishes_a_leader_in_a_new_epoch() {
    let mut world = World::with_disks(&[epochs(7, 2), epochs(3, 2), epochs(2, 2)]);
    // They may have promised something before they were started.
    world.elect(3, &[1, 2]);
    world.pass(SYNC_LIMIT, &[]);
    assert_eq!(
        world.leads(3),
        Some(8),
        "greater than any that one of the quorum accepted"
    );
    assert_eq!(world.follows(1), Some((3, 8)));
    assert_eq!(world.follows(2), Some((3, 8)));
    for sid in 1..=3 {
        assert_eq!(world.disk(sid), epochs(8, 8));
    }
}

#[test]
fn nobody_is_established_before_the_epoch_is_on_the_disks_of_a_quorum() {
    let mut world = World::new(3);
    world.lead(3);
    world.learn(1, 3);
    world.learn(2, 3);
    loop {
        let stored = (1..=3)
            .filter(|&sid| world.disk(sid) == epochs(1, 1))
            .count();
        assert!(world.leads(3).is_none() || stored >= 2);
        if !world.deliver_one() {
            break;
        }
    }
    assert_eq!(world.leads(3), Some(1));
}

#[test]
fn each_stage_waits_for_a_quorum() {
    let mut world = World::new(5);
    world.elect(5, &[4]);
    assert_eq!(world.disk(5), epochs(0, 0), "two of five propose no epoch");
    world.learn(3, 5);
    world.deliver();
    assert_eq!(world.leads(5), Some(1));
    assert_eq!(world.disk(1), epochs(0, 0));
}

#[test]
fn observers_count_for_nothing_and_follow() {
    let mut world = World::new(3);
    world.elect(3, &[4]);
    assert_eq!(
        world.disk(3),
        epochs(0, 0),
        "an observer and the leader are no quorum of three"
    );
    world.learn(1, 3);
    world.deliver();
    assert_eq!(world.leads(3), Some(1));
    assert_eq!(world.follows(4), Some((3, 1)));
}

#[test]
fn a_lone_voter_establishes_itself_and_has_a_lease() {
    let mut world = World::new(1);
    world.elect(1, &[]);
    assert_eq!(world.leads(1), Some(1));
    assert!(world.holds_lease(1));
    world.pass(SYNC_LIMIT * 3, &[]);
    assert!(world.holds_lease(1));
}

#[test]
fn learners_that_come_before_the_leader_knows_are_kept_waiting() {
    let mut world = World::new(3);
    world.learn(1, 3);
    world.learn(2, 3);
    world.deliver();
    assert!(world.events.is_empty());
    world.lead(3);
    world.deliver();
    assert_eq!(world.leads(3), Some(1));
}

#[test]
fn one_that_follows_another_refuses_learners() {
    let mut world = World::new(3);
    world.learn(1, 2);
    world.deliver();
    world.learn(2, 3);
    world.deliver();
    let reason = Refusal::NotLeading;
    assert!(world.events.contains(&Event::Closed {
        by: 2,
        peer: 1,
        reason
    }));
    world.learn(1, 2);
    world.deliver();
    assert_eq!(
        world.quits(),
        [(1, Quit::LeaderLost), (1, Quit::LeaderLost)]
    );
}

#[test]
fn an_epoch_is_promised_once_also_over_a_restart() {
    let mut world = World::new(3);
    world.lead(3);
    world.learn(1, 3);
    // The leader has asked and server 1 has accepted, and then the leader dies.
    while world.disk(1) == epochs(0, 0) {
        assert!(world.deliver_one());
    }
    world.kill(3);
    world.kill(1);
    world.start(1);
    world.start(3);
    assert_eq!(world.disk(1), epochs(1, 0));
    // Server 2 has not heard of epoch 1 and proposes it.
    world.lead(2);
    let asks = LearnerInfo {
        learner_type: LearnerType::Observer,
        ..introduction(4, 0)
    };
    world.forge(4, 2, &Packet::LearnerInfo(asks));
    world.learn(1, 2);
    world.deliver();
    assert_eq!(
        world.leads(2),
        Some(2),
        "the epoch of the one that died is passed over"
    );
}

#[test]
fn a_promise_given_before_counts_for_nobody_else() {
    let mut world = World::with_disks(&[epochs(1, 0), epochs(0, 0), epochs(0, 0)]);
    // An epoch that server 1 has accepted from somebody else is proposed by server 2 to a quorum
    // without it.
    world.elect(2, &[3]);
    assert_eq!(world.leads(2), Some(1));
    world.learn(1, 2);
    world.deliver();
    assert_eq!(world.follows(1), Some((2, 1)), "it follows all the same");
    let mut world = World::with_disks(&[epochs(1, 0), epochs(0, 0), epochs(0, 0)]);
    world.lead(2);
    world.learn(3, 2);
    while world.disk(2).accepted != PeerEpoch(1) {
        assert!(world.deliver_one());
    }
    world.kill(3);
    world.learn(1, 2);
    world.deliver();
    assert_eq!(
        world.leads(2),
        None,
        "a promise that was made before is none"
    );
}

/// Nobody counts on what an observer has promised.
#[test]
fn an_observer_follows_also_in_a_lower_epoch_but_in_none_that_is_past() {
    let mut world = World::new(3);
    world.give_disk(4, epochs(9, 0));
    world.elect(3, &[2]);
    world.learn(4, 3);
    world.deliver();
    assert_eq!(world.follows(4), Some((3, 1)));
    assert_eq!(world.disk(4), epochs(9, 1));
    world.give_disk(4, epochs(9, 2));
    world.learn(4, 3);
    world.deliver();
    assert_eq!(world.quits(), [(4, Quit::LeaderBehind)]);
    assert_eq!(world.leads(3), Some(1));
}

#[test]
fn a_learner_with_a_longer_history_is_refused() {
    let mut world = World::new(3);
    world.lead(3);
    world.learn_with(1, 3, Zxid(5));
    world.deliver();
    let (epoch, zxid) = (PeerEpoch(0), Zxid(5));
    let reason = Refusal::HistoryAhead { epoch, zxid };
    assert!(world.events.contains(&Event::Closed {
        by: 3,
        peer: 1,
        reason
    }));
    assert_eq!(world.leads(3), None);
    world.learn(2, 3);
    world.deliver();
    assert_eq!(world.leads(3), Some(1));
    // Later it is for whoever embeds this to shorten it.
    world.learn_with(1, 3, Zxid(5));
    world.deliver();
    assert_eq!(world.follows(1), Some((3, 1)));
}

#[test]
fn a_server_that_lost_its_data_makes_no_promise_that_counts() {
    let mut world = World::new(3);
    world.lead(3);
    world.learn_with(1, 3, Zxid::NO_DATA);
    world.deliver();
    assert_eq!(world.leads(3), None);
    world.learn(2, 3);
    world.deliver();
    assert_eq!(world.leads(3), Some(1));
    assert_eq!(world.follows(1), Some((3, 1)));
}

#[test]
fn a_server_with_transactions_is_left_alone() {
    let mut world = World::new(3);
    world.lead(3);
    let zookeeper = LearnerInfo {
        protocol: 0x1_0000,
        ..introduction(1, 0)
    };
    world.forge(1, 3, &Packet::LearnerInfo(zookeeper));
    assert_eq!(
        world.events,
        [],
        "it would only elect the same leader again"
    );
    assert_eq!(world.disk(3), epochs(0, 0), "it does not count");

    world.learn(2, 1);
    let epoch = PeerEpoch(4);
    world.forge(
        1,
        2,
        &Packet::LeaderInfo {
            epoch,
            protocol: 0x1_0000,
        },
    );
    assert_eq!(world.disk(2), epochs(0, 0), "nothing is promised to it");
    world.forge(1, 2, &Packet::Ping);
    world.pass(INIT_LIMIT * 3, &[3]);
    world.part(Sid(1), Sid(2), End::Closed);
    assert_eq!(world.quits(), [], "and it is not given up either");
}

#[test]
fn a_newer_configuration_than_the_leaders_is_refused() {
    let mut world = World::new(3);
    world.lead(3);
    let ahead = LearnerInfo {
        config_version: ConfigVersion(1),
        ..introduction(1, 0)
    };
    world.forge(1, 3, &Packet::LearnerInfo(ahead));
    let reason = Refusal::ConfigurationAhead;
    assert_eq!(
        world.events,
        [Event::Closed {
            by: 3,
            peer: 1,
            reason
        }]
    );
}

#[test]
fn packets_out_of_place_end_the_connection() {
    let epoch = PeerEpoch(1);
    let (current, last_zxid) = (Some(PeerEpoch(0)), Zxid(0));
    for packet in [
        Packet::AckEpoch { current, last_zxid },
        Packet::Ack {
            epoch: PeerEpoch(2),
        },
        Packet::Ping,
        Packet::UpToDate,
        Packet::NewLeader { epoch },
    ] {
        let mut world = World::new(3);
        world.elect(3, &[1, 2]);
        world.forge(1, 3, &packet);
        let reason = Refusal::OutOfPlace;
        let expected = match packet {
            // An answer to UPTODATE, whatever it says.
            Packet::Ack { .. } => None,
            _ => Some(&Event::Closed {
                by: 3,
                peer: 1,
                reason,
            }),
        };
        assert_eq!(world.events.first(), expected, "{packet:?}");
        assert_eq!(world.leads(3), Some(1));
    }
    let mut world = World::new(3);
    world.learn(1, 3);
    world.forge(3, 1, &Packet::NewLeader { epoch });
    assert_eq!(world.quits(), [(1, Quit::OutOfPlace)]);
    assert_eq!(world.disk(1), epochs(0, 0));
}

#[test]
fn the_last_epoch_has_no_successor() {
    let last = PeerEpoch::LAST.0;
    let near = epochs(last - 9, 0);
    let mut world = World::with_disks(&[epochs(last, 0), near, near]);
    world.elect(3, &[1]);
    assert!(world.quits().contains(&(3, Quit::EpochsExhausted)));
    let mut world = World::with_disks(&[epochs(last - 1, 0), near, near]);
    world.elect(3, &[1]);
    assert_eq!(world.leads(3), Some(last));
}

#[test]
fn who_is_not_established_in_time_gives_up() {
    let mut world = World::new(3);
    world.elect(3, &[]);
    world.learn(1, 2);
    world.pass(INIT_LIMIT - Duration::from_millis(1), &[]);
    assert_eq!(world.quits(), []);
    world.pass(Duration::from_millis(1), &[]);
    assert_eq!(
        world.quits(),
        [(1, Quit::NotEstablished), (3, Quit::NotEstablished)]
    );
}

#[test]
fn a_leader_does_not_wait_for_voters_that_have_turned_away() {
    let mut world = World::new(5);
    world.lead_by(5, &[Sid(3), Sid(4), Sid(5)]);
    world.learn(4, 5);
    world.deliver();
    // Connected voters that are said to look will say so themselves by going away.
    world.step(Sid(5), |it, now| it.handle_looking_voter(Sid(4), now));
    assert_eq!(world.quits(), []);
    world.step(Sid(5), |it, now| it.handle_looking_voter(Sid(3), now));
    assert_eq!(
        world.quits(),
        [(5, Quit::VotersLook), (4, Quit::LeaderLost)]
    );
}

#[test]
fn a_leader_that_waits_for_long_gives_up_with_the_first_that_turns_away() {
    let patience = Duration::from_secs(3);
    for (waited, stays) in [
        (patience - Duration::from_millis(1), true),
        (patience, false),
    ] {
        let mut world = World::new(5);
        let settings = Settings {
            epoch_timeout: Some(patience),
            ..world.settings
        };
        world.restart_with(5, settings);
        world.lead(5);
        world.pass(waited, &[]);
        world.step(Sid(5), |it, now| it.handle_looking_voter(Sid(1), now));
        assert_eq!(
            world.quits().is_empty(),
            stays,
            "four of five may still come"
        );
    }
    // Once the epoch is proposed only a quorum counts.
    let mut world = World::new(5);
    let settings = Settings {
        epoch_timeout: Some(patience),
        ..world.settings
    };
    world.restart_with(5, settings);
    world.lead(5);
    world.learn(4, 5);
    world.learn(3, 5);
    while world.disk(5) == epochs(0, 0) {
        assert!(world.deliver_one());
    }
    world.pass(patience * 2, &[1, 2, 3, 4]);
    world.step(Sid(5), |it, now| it.handle_looking_voter(Sid(1), now));
    assert_eq!(world.quits(), []);
}

#[test]
fn an_epoch_that_was_not_proposed_is_neither_activated_nor_acknowledged() {
    let mut world = World::new(3);
    world.learn(1, 3);
    let (epoch, protocol) = (PeerEpoch(4), PROTOCOL);
    world.forge(3, 1, &Packet::LeaderInfo { epoch, protocol });
    assert_eq!(world.disk(1), epochs(4, 0));
    let epoch = PeerEpoch(5);
    world.forge(3, 1, &Packet::NewLeader { epoch });
    assert_eq!(world.quits(), [(1, Quit::OutOfPlace)]);
    assert_eq!(world.disk(1), epochs(4, 0));

    let mut world = World::new(3);
    world.lead(3);
    world.learn(1, 3);
    while world.disk(3) != epochs(1, 1) {
        assert!(world.deliver_one());
    }
    world.forge(1, 3, &Packet::Ack { epoch });
    assert_eq!(world.leads(3), None);
    let reason = Refusal::OutOfPlace;
    assert_eq!(
        world.events.first(),
        Some(&Event::Closed {
            by: 3,
            peer: 1,
            reason
        })
    );
}

#[test]
fn an_epoch_beyond_the_last_is_refused() {
    let mut world = World::new(3);
    world.learn(1, 3);
    let (epoch, protocol) = (PeerEpoch(PeerEpoch::LAST.0 + 1), PROTOCOL);
    world.forge(3, 1, &Packet::LeaderInfo { epoch, protocol });
    assert_eq!(world.quits(), [(1, Quit::OutOfPlace)]);
    assert_eq!(world.disk(1), epochs(0, 0));
}

#[test]
fn a_late_promise_is_passed_over() {
    let mut world = World::new(5);
    world.lead(5);
    world.learn(4, 5);
    world.learn(3, 5);
    while world.disk(5) != epochs(1, 1) {
        assert!(world.deliver_one());
    }
    let (current, last_zxid) = (Some(PeerEpoch(0)), Zxid(0));
    world.forge(4, 5, &Packet::AckEpoch { current, last_zxid });
    world.deliver();
    assert!(world.events.is_empty());
    assert_eq!(world.leads(5), Some(1));
}

#[test]
fn a_smaller_ensemble_may_be_enough() {
    let mut world = World::new(5);
    world.elect(1, &[2]);
    assert_eq!(world.disk(1), epochs(0, 0));
    world.shrink(1, 3);
    world.deliver();
    assert_eq!(world.leads(1), Some(1));
}

#[test]
fn an_oracle_stands_in_for_a_quorum_and_promises_nothing() {
    let mut world = World::new(2);
    world.ask_oracle = true;
    world.lead(2);
    let epoch = PeerEpoch(1);
    assert_eq!(world.standing(2), Standing::Leading { epoch, lease: None });
    world.pass(INIT_LIMIT, &[]);
    assert_eq!(world.leads(2), Some(1));
    world.learn(1, 2);
    world.deliver();
    assert!(world.holds_lease(2));
    assert_eq!(world.followers(2), 1);
}

#[test]
fn the_end_of_another_connection_is_no_concern_of_a_learner() {
    let mut world = World::new(3);
    world.elect(3, &[1, 2]);
    world.step(Sid(1), |it, now| it.handle_end(Sid(2), End::Closed, now));
    assert_eq!(world.follows(1), Some((3, 1)));
}
