//! Servers that do not wait for a better vote where none can come. A wait of an hour shows that
//! they do not.

use crate::peer::{Peer, looking};
use crate::support::{Ensemble, accept, keep_looking, look, outcome, second_of_three_with, until};
use fle::ServerState::{Following, Leading, Looking};
use fle::Sid;
use fle::election::{Finalize, Timing};
use fle::node::Node;
use fle::transport::LinkState;
use std::sync::Arc;
use std::time::Duration;

const EAGER: Timing = Timing {
    min_notification_interval: Duration::from_secs(3600),
    max_notification_interval: Duration::from_secs(3600),
    finalize_wait: Duration::from_secs(3600),
    finalize: Finalize::Eager,
};

async fn start(ensemble: &Ensemble, sid: i64) -> Node {
    let mut config = ensemble.settings(sid);
    config.timing = EAGER;
    ensemble.start_with(config).await
}

async fn three() -> (Node, Node, Node) {
    let ensemble = Ensemble::voters(3);
    let one = start(&ensemble, 1).await;
    let two = start(&ensemble, 2).await;
    let three = start(&ensemble, 3).await;
    let decided = tokio::join!(look(&one), look(&two), look(&three));
    let decided = [decided.0, decided.1, decided.2].map(outcome);
    assert_eq!(decided, [(Following, 3), (Following, 3), (Leading, 3)]);
    (one, two, three)
}

#[tokio::test]
async fn three_servers_decide_when_all_are_heard() {
    three().await;
}

/// They were connected with it, and cannot reach it any more.
#[tokio::test]
async fn two_servers_do_not_wait_for_a_third_that_died() {
    let (one, two, three) = three().await;
    three.shutdown().await;
    let decided = tokio::join!(look(&one), look(&two));
    let decided = [decided.0, decided.1].map(outcome);
    assert_eq!(decided, [(Following, 2), (Leading, 2)]);
}

/// The vote went into the connection with the dead one, and there is nothing more to say to it.
#[tokio::test]
async fn a_voter_whose_connection_ends_is_tried_at_once() {
    let (ensemble, node, one, three) = second_of_three_with(|config| config.timing = EAGER).await;
    let mut one = accept(&one).await;
    one.introduction().await;
    accept(&three).await;
    let mut dying = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert_eq!(dying.told().await, looking(2, 1));
    drop(three);
    drop(dying);
    one.tell(&looking(2, 1)).await;
    until(&node, |status| status.announcement.state == Leading).await;
}

/// It may be about to come.
#[tokio::test]
async fn a_server_that_was_never_there_is_waited_for() {
    let ensemble = Ensemble::voters(3);
    let one = keep_looking(start(&ensemble, 1).await);
    let two = keep_looking(start(&ensemble, 2).await);
    for node in [&one, &two] {
        until(node, |status| {
            let third = status.links.get(&Sid(3));
            status.notifications >= 3 && matches!(third, Some(LinkState::Unreachable(_)))
        })
        .await;
        let state = node.status().borrow().announcement.state;
        assert_eq!(state, Looking);
    }
}

/// One that noticed first that their leader is gone has said whom it votes for, and says it again
/// only when its wait is over.
#[tokio::test]
async fn what_a_voter_said_too_early_is_heard_when_the_server_looks() {
    let (ensemble, node, one, _three) = second_of_three_with(|config| config.timing = EAGER).await;
    let mut one = accept(&one).await;
    one.introduction().await;
    let mut three = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    one.tell(&looking(3, 1)).await;
    three.tell(&looking(3, 1)).await;
    until(&node, |status| status.announcement.state == Following).await;

    one.tell(&looking(3, 2)).await;
    while one.told().await.state != Following {}
    let again = tokio::spawn({
        let node = Arc::clone(&node);
        async move { look(&node).await }
    });
    while one.told().await != looking(3, 2) {}
    again.abort();
}
