//! What the reference's own tests assert of the election, each in our words; the test that it comes
//! from stands beside it.

use crate::support::{
    Message, broadcast, collect, decide, finalize, following, leading, majority, proposing, server,
    servers,
};
use fle::codec::{self, DecodeError};
use fle::election::Effect;
use fle::{ElectionEpoch, Notification, PeerEpoch, Proposal, ServerState, Sid, Zxid};

const FIVE: &[i64] = &[0, 1, 2, 3, 4];

/// Tells server 2 of five what the others say; whether it settled, and on what.
fn told(messages: &[(i64, Message)]) -> Option<Notification> {
    let mut peer = server(2).among(&majority(FIVE));
    for (from, message) in messages {
        if let [Effect::Decide(vote)] = peer.hears(*from, message)[..] {
            return Some(vote);
        }
    }
    None
}

/// `FLEOutOfElectionTest`: the votes of an ensemble need not show the same zxid and round
/// (ZOOKEEPER-1732, -1805).
#[test]
fn settled_votes_match_whatever_their_zxid_and_round() {
    let followers = [(0, 3, 4), (1, 4, 5), (3, 5, 6)];
    let mut messages: Vec<_> = followers
        .map(|(from, zxid, round)| (from, following(4).zxid(zxid).round(round).epoch(2)))
        .into();
    messages.push((4, leading(4).zxid(9).round(7).epoch(2)));
    assert_eq!(
        told(&messages),
        Some(following(4).zxid(9).round(7).epoch(2).sent())
    );

    let other_epoch = messages.iter().map(|(from, message)| match from {
        0 | 1 => (*from, message.clone().epoch(1)),
        _ => (*from, message.clone()),
    });
    assert_eq!(
        told(&other_epoch.collect::<Vec<_>>()),
        None,
        "two of five agree"
    );
}

/// `FLEOutOfElectionTest`: during a rolling upgrade servers without a version report another epoch
/// for the same leader.
#[test]
fn votes_of_different_wire_generations_match_by_leader_alone() {
    let messages = [
        (0, following(4).zxid(1).round(2).epoch(1)),
        (1, following(4).zxid(1).round(2).epoch(1)),
        (4, leading(4).zxid(2).round(3).epoch(2).unversioned()),
    ];
    let vote = following(4).zxid(2).round(3).epoch(2).sent();
    assert_eq!(told(&messages), Some(vote));
    // The same, but for the leader's generation: now the epochs count.
    let mut versioned = messages.clone();
    versioned[2].1 = leading(4).zxid(2).round(3).epoch(2);
    assert_eq!(told(&versioned), None);
}

/// `FLEOutOfElectionTest`: three of five, in mixed epochs and generations, with the leader's word.
#[test]
fn a_mixed_ensemble_is_joined() {
    let old = following(5).epoch(0x17).round(10).unversioned();
    let new = following(5).epoch(0x18).round(10);
    let mut peer = server(3).among(&majority(&[1, 2, 3, 4, 5]));
    for (from, message) in [(1, &old), (2, &old), (4, &new)] {
        assert_eq!(peer.hears(from, message), [collect(200)]);
    }
    let leader = leading(5).epoch(0x18).round(10);
    assert_eq!(peer.hears(5, &leader), [decide(&new)]);
}

/// `FLEOutOfElectionTest`: while somebody looks, every field counts.
#[test]
fn looking_votes_match_only_in_all_fields() {
    let vote = proposing(4).zxid(9).epoch(1);
    let elects = |second: &Message| {
        let mut peer = server(2).among(&majority(&[1, 2, 4]));
        peer.hears(4, &vote);
        peer.hears(1, second) == [finalize()]
    };
    assert!(elects(&vote));
    assert!(!elects(&vote.clone().zxid(8)));
    assert!(!elects(&vote.clone().epoch(0)));
    assert!(!elects(&vote.clone().round(0)));
}

/// A versioned vote of this round matches unversioned recordings by its leader alone: the reference
/// stores what it hears in its own round without the version, so two epochs of one leader make a
/// quorum there.
#[test]
fn settled_votes_of_this_round_match_by_leader_alone() {
    let messages = [
        (0, following(4).epoch(7)),
        (1, following(4).epoch(8)),
        (4, leading(4).epoch(9)),
    ];
    assert_eq!(told(&messages), Some(following(4).epoch(9).sent()));
    let late = messages.map(|(from, message)| (from, message.round(5)));
    assert_eq!(told(&late), None, "in another round the epochs count");
}

/// `FLEBackwardElectionRoundTest` (ZOOKEEPER-1514): followers of the last round do not make this
/// server lead in the next.
#[test]
fn a_server_is_not_made_leader_by_an_old_round() {
    let mut peer = server(0).among(&majority(&[0, 1, 2]));
    let vote = following(0);
    assert_eq!(peer.hears(1, &vote), [collect(200)]);
    assert_eq!(peer.hears(2, &vote), [decide(&leading(0))]);
    peer.looks();
    assert_eq!(peer.hears(1, &vote), [collect(200)]);
    assert_eq!(peer.hears(2, &vote), [collect(200)]);
    assert_eq!(peer.state(), ServerState::Looking);
}

/// `FLEPredicateTest`: the four cases of the order.
#[test]
fn epoch_then_zxid_then_sid_decide() {
    let view = server(0)
        .idle(&majority(&[0, 1, 2]))
        .election
        .ensemble()
        .view()
        .clone();
    let proposal = |leader, zxid, epoch| Proposal {
        peer_epoch: PeerEpoch(epoch),
        zxid: Zxid(zxid),
        leader: Sid(leader),
    };
    assert!(!proposal(2, 0, 0).supersedes(&proposal(1, 0, 2), &view));
    assert!(proposal(0, 0, 1).supersedes(&proposal(1, 0, 0), &view));
    assert!(proposal(0, 1, 0).supersedes(&proposal(1, 0, 0), &view));
    assert!(proposal(1, 1, 0).supersedes(&proposal(0, 1, 0), &view));
    assert!(
        !proposal(1, 1, 0).supersedes(&proposal(1, 1, 0), &view),
        "strictly better"
    );
}

/// `FLEMalformedNotificationMessageTest`: what cannot be read changes nothing, and the election
/// goes on.
#[test]
fn malformed_messages_are_dropped() {
    let text = [b'x'; 20];
    let mut whole = [&codec::header(&proposing(1).sent(), &text)[..], &text].concat();
    assert_eq!(
        codec::decode(&whole[..12]),
        Err(DecodeError::TooShort { length: 12 })
    );
    let cut = DecodeError::Truncated {
        field: "peer epoch",
        offset: 28,
        needed: 8,
        length: 30,
    };
    assert_eq!(codec::decode(&whole[..30]), Err(cut));
    for declared in [-123, 10_000] {
        whole[40..44].copy_from_slice(&i32::to_be_bytes(declared));
        let error = DecodeError::ConfigLength {
            offset: 44,
            declared,
            available: 20,
        };
        assert_eq!(codec::decode(&whole), Err(error));
    }
    // A text that is no configuration leaves the vote as good as any other.
    let mut peer = server(0).among(&majority(&[0, 1]));
    let vote = proposing(1).config("\u{1}\u{2}garbage=\\u12");
    assert_eq!(
        peer.hears(1, &vote),
        [broadcast(&proposing(1)), collect(200)]
    );
    assert_eq!(peer.hears(0, &proposing(1)), [finalize()]);
}

/// `FLEZeroWeightTest` (ZOOKEEPER-498): of nine servers only three have weight, and nobody else is
/// ever elected.
#[test]
fn a_server_without_weight_is_never_proposed() {
    let mut config = servers(&[0, 1, 2, 3, 4, 5, 6, 7, 8], "participant");
    config += "group.1=0:1:2\ngroup.2=3:4:5\ngroup.3=6:7:8\n";
    for sid in 0..9 {
        config += &format!("weight.{sid}={}\n", u8::from(sid < 3));
    }
    config += "version=0";
    let mut peer = server(0).among(&config);
    for weightless in 3..9 {
        let best = proposing(weightless).zxid(99).epoch(9);
        assert_eq!(peer.hears(weightless, &best), [collect(200)]);
        assert_eq!(peer.election.proposal().leader, Sid(0));
    }
    // Nor do all their votes together make a quorum, while two of those with weight do.
    for weightless in 3..9 {
        assert_eq!(peer.hears(weightless, &proposing(0)), [collect(200)]);
    }
    assert_eq!(peer.hears(0, &proposing(0)), [collect(200)]);
    assert_eq!(peer.hears(1, &proposing(0)), [finalize()]);
}

/// A server without weight starts with a vote for itself and takes the first one with weight, if
/// that is better.
#[test]
fn a_server_without_weight_gives_way() {
    let config = servers(&[1, 2], "participant") + "group.1=1:2\nweight.1=1\nweight.2=0\nversion=0";
    let mut peer = server(2).among(&config);
    assert_eq!(peer.election.proposal().leader, Sid(2));
    let better = proposing(1).zxid(1);
    assert_eq!(peer.hears(1, &better), [broadcast(&better), finalize()]);
}

/// `FLENewEpochTest`: a late server with the lowest id and a new round joins the ones that look.
#[test]
fn a_late_server_catches_up_with_the_round() {
    let mut late = server(0).among(&majority(&[0, 1, 2]));
    let vote = proposing(2).round(3);
    assert_eq!(late.hears(1, &vote), [broadcast(&vote), collect(200)]);
    assert_eq!(late.hears(2, &vote), [finalize()]);
    assert_eq!(
        late.hears_nothing_better(),
        [decide(&following(2).round(3))]
    );
}

/// `FLETest` (ZOOKEEPER-975, -1732): a server that restarts beside a running ensemble follows its
/// leader, better credentials or not, whatever round it is in.
#[test]
fn a_joiner_respects_the_ensemble() {
    let mut joiner = server(3).zxid(99).epoch(9).among(&majority(&[1, 2, 3]));
    assert_eq!(
        joiner.hears(1, &following(2).round(4).epoch(3)),
        [collect(200)]
    );
    let leader = leading(2).round(4).epoch(3);
    assert_eq!(
        joiner.hears(2, &leader),
        [decide(&following(2).round(4).epoch(3))]
    );
}

/// `FLELostMessageTest`: a lost notification is made good by the next.
#[test]
fn a_repeated_notification_completes_the_quorum() {
    let mut peer = server(1).zxid(9).among(&majority(&[0, 1]));
    let own = proposing(1).zxid(9);
    peer.hears(1, &own);
    let again = [broadcast(&own), collect(400)];
    assert_eq!(peer.hears_nobody(fle::election::Outbox::Delivered), again);
    assert_eq!(peer.hears(0, &own), [finalize()]);
    assert_eq!(peer.hears_nothing_better(), [decide(&leading(1).zxid(9))]);
    assert_eq!(peer.election.logical_clock(), ElectionEpoch(1));
}
