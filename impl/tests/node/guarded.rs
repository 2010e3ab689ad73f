//! What a node does not let its election hear, and whom it names for it. The rules are tested with
//! the guard itself.

use crate::peer::{Peer, looking};
use crate::support::{
    Ensemble, PATIENCE, accept, credentials, outcome, second_of_three, second_of_three_with, until,
};
use fle::ServerState::{Following, Leading, Looking};
use fle::config::{DynamicConfig, Rules};
use fle::node::{Node, NodeConfig};
use fle::transport::LinkState;
use fle::{ElectionEpoch, Ensemble as Configurations, Notification, PeerEpoch, ServerState, Sid};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;

/// What a server says that has settled on server 3.
fn settled(state: ServerState) -> Notification {
    Notification {
        state,
        ..looking(3, 1)
    }
}

/// The ensemble's configuration without server 1, in this version.
fn without_the_first(ensemble: &Ensemble, version: &str) -> String {
    let text = ensemble.config.to_string();
    let others = text.lines().filter(|line| !line.starts_with("server.1="));
    let others: Vec<_> = others.collect();
    let others = others.join("\n");
    others.replace("version=0", &format!("version={version}"))
}

/// A vote for server 3 that is the better the later its round is.
fn better(round: i64) -> Notification {
    let mut vote = looking(3, round);
    vote.proposal.zxid.0 = round;
    vote
}

/// Server 2 of three, which does not settle by itself, and its connection with server 3. It adopts
/// newer configurations if that is so.
async fn second(reconfig_enabled: bool) -> (Ensemble, Arc<Node>, Peer, [TcpListener; 2]) {
    let adjust = |config: &mut NodeConfig| {
        config.reconfig_enabled = reconfig_enabled;
        config.timing.finalize_wait = Duration::from_secs(3600);
    };
    let (ensemble, node, one, three) = second_of_three_with(adjust).await;
    let mut peer = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert_eq!(peer.told().await, looking(2, 1));
    (ensemble, node, peer, [one, three])
}

/// Nothing was adopted and nothing restarted: on the same connection a later round is taken over.
async fn goes_on(node: &Node, three: &mut Peer, round: i64) {
    three.tell(&better(round)).await;
    while three.told().await != better(round) {}
    let status = node.status().borrow().clone();
    assert_eq!(status.ensemble.committed().version().0, 0);
    assert_eq!(status.announcement.state, Looking);
}

#[tokio::test]
async fn a_configuration_is_taken_over_from_a_voter_in_office_alone() {
    let (ensemble, node, mut three, _listeners) = second(true).await;
    let newer = without_the_first(&ensemble, "1");
    let mut stranger = Peer::introduced(ensemble.addresses[1], 9, "127.0.0.1:9").await;
    stranger.tell_with(&settled(Leading), &newer).await;
    stranger.told().await;
    goes_on(&node, &mut three, 2).await;
    three.tell_with(&looking(3, 2), &newer).await;
    goes_on(&node, &mut three, 3).await;
    let far = without_the_first(&ensemble, "7fffffff00000000");
    three.tell_with(&settled(Leading), &far).await;
    let broken = newer.replace("server.2", "server.x");
    three.tell_with(&settled(Leading), &broken).await;
    goes_on(&node, &mut three, 4).await;

    three.tell_with(&settled(Leading), &newer).await;
    until(&node, |status| {
        status.ensemble.committed().version().0 == 1 && !status.links.contains_key(&Sid(1))
    })
    .await;
}

/// As in the reference it would restart the election at each such message.
#[tokio::test]
async fn without_reconfiguration_a_newer_configuration_changes_nothing() {
    let (ensemble, node, mut three, _listeners) = second(false).await;
    let newer = without_the_first(&ensemble, "1");
    for round in 2..5 {
        three.tell_with(&settled(Leading), &newer).await;
        goes_on(&node, &mut three, round).await;
    }
}

#[tokio::test]
async fn a_vote_in_an_absurd_epoch_is_not_taken_over() {
    let (_ensemble, node, mut three, _listeners) = second(false).await;
    let in_epoch = |epoch: i64| {
        let mut vote = better(7);
        vote.proposal.peer_epoch = PeerEpoch(epoch);
        vote
    };
    three.tell(&in_epoch((1 << 20) + 1)).await;
    goes_on(&node, &mut three, 2).await;
    three.tell(&in_epoch(1 << 20)).await;
    while three.told().await != in_epoch(1 << 20) {}
}

/// A later round each time: the others go on without it, and it is named.
#[tokio::test]
async fn one_that_disturbs_all_the_time_is_not_heard_any_more() {
    let (_ensemble, node, mut three, [one, _three]) = second(false).await;
    for round in 2..100 {
        three.tell(&better(round)).await;
    }
    until(&node, |status| status.disturbers.contains_key(&Sid(3))).await;
    let mut one = accept(&one).await;
    one.introduction().await;
    let heard = Notification {
        election_epoch: ElectionEpoch(50),
        ..better(100)
    };
    one.tell(&heard).await;
    while one.told().await != heard {}
    let disturbers = node.status().borrow().disturbers.clone();
    assert!(disturbers.keys().eq(&[Sid(3)]), "{disturbers:?}");
}

#[tokio::test]
async fn strangers_are_counted_and_not_kept() {
    let (ensemble, node, mut three, _listeners) = second(false).await;
    let mut strangers = Vec::new();
    for sid in 1001..=1010 {
        let mut stranger = Peer::introduced(ensemble.addresses[1], sid, "127.0.0.1:9").await;
        stranger.tell(&looking(9, 5)).await;
        stranger.told().await;
        strangers.push(stranger);
    }
    let members = [Sid(1), Sid(3)];
    until(&node, |status| status.strangers == 10).await;
    strangers.clear();
    until(&node, |status| status.strangers == 0).await;
    goes_on(&node, &mut three, 2).await;
    let links = node.status().borrow().links.clone();
    assert!(links.keys().eq(&members), "{links:?}");
}

#[tokio::test]
async fn who_left_with_a_reconfiguration_is_a_stranger_and_who_joined_is_none() {
    let (ensemble, node, mut three, _listeners) = second(false).await;
    let mut four = Peer::introduced(ensemble.addresses[1], 4, "127.0.0.1:9").await;
    four.tell(&looking(9, 5)).await;
    four.told().await;
    until(&node, |status| status.strangers == 1).await;
    let text = ensemble
        .config
        .to_string()
        .replace("server.3=", "server.4=");
    let newer = DynamicConfig::parse(&text, Rules::default()).unwrap();
    let newer = Configurations::new(newer, None, Rules::default());
    node.reconfigure(Arc::new(newer)).await.unwrap();
    until(&node, |status| {
        status.strangers == 1
            && status.links.get(&Sid(4)) == Some(&LinkState::Up)
            && !status.links.contains_key(&Sid(3))
    })
    .await;
    three.tell(&looking(3, 1)).await;
    three.told().await;
    drop(three);
    until(&node, |status| status.strangers == 0).await;
}

/// A server that has just learned that its blank disk is that of a new ensemble begins to vote.
#[tokio::test]
async fn one_that_is_asked_again_with_other_credentials_begins_another_round() {
    let (ensemble, node, one, _three) = second_of_three().await;
    let mut one = accept(&one).await;
    one.introduction().await;
    assert_eq!(one.told().await, looking(2, 1));
    let again = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.look_for_leader(credentials(4, 9)).await }
    });
    let mut better = looking(2, 2);
    better.proposal.peer_epoch = PeerEpoch(4);
    better.proposal.zxid.0 = 9;
    while one.told().await != better {}
    let mut three = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    three.tell(&better).await;
    let decided = timeout(PATIENCE, again).await.expect("it ends").unwrap();
    assert_eq!(outcome(decided.unwrap()), (Leading, 2));
    assert_ne!(node.status().borrow().announcement.state, Following);
}
