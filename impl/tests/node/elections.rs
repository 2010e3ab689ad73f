//! What an ensemble of nodes comes to.

use crate::peer::{Peer, looking};
use crate::support::{Ensemble, PATIENCE, credentials, keep_looking, look, outcome, until};
use fle::ServerState::{Following, Leading, Looking, Observing};
use fle::config::ServerConfig;
use fle::election::Timing;
use fle::node::NodeConfig;
use fle::transport::BindError;
use fle::{ElectionEpoch, PeerEpoch, Sid};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

async fn three_servers_elect_the_best() {
    let ensemble = Ensemble::voters(3);
    let mut nodes = Vec::new();
    for sid in 1..=3 {
        nodes.push(ensemble.start(sid).await);
    }
    let best = nodes[1].look_for_leader(credentials(1, 7));
    let (one, two, three) = tokio::join!(look(&nodes[0]), timeout(PATIENCE, best), look(&nodes[2]));
    let two = two.expect("an election ends").unwrap();
    assert_eq!(
        [outcome(one), outcome(two), outcome(three)],
        [(Following, 2), (Leading, 2), (Following, 2)]
    );
    let status = nodes[1].status().borrow().clone();
    assert_eq!(status.announcement, two);
    assert!(status.last_election.is_some());
    for node in nodes {
        node.shutdown().await;
    }
}

#[tokio::test]
async fn three_servers_elect_on_one_thread() {
    three_servers_elect_the_best().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_elect_on_two_threads() {
    three_servers_elect_the_best().await;
}

#[tokio::test]
async fn a_leader_that_goes_is_replaced_and_joins_when_it_is_back() {
    let ensemble = Ensemble::voters(3);
    let (one, two, three) = (
        ensemble.start(1).await,
        ensemble.start(2).await,
        ensemble.start(3).await,
    );
    let first = tokio::join!(look(&one), look(&two), look(&three));
    assert_eq!(outcome(first.2), (Leading, 3));
    three.shutdown().await;
    let (first, second) = tokio::join!(look(&one), look(&two));
    assert_eq!(
        [outcome(first), outcome(second)],
        [(Following, 2), (Leading, 2)]
    );
    assert_eq!(second.election_epoch, ElectionEpoch(2));

    let three = ensemble.start(3).await;
    let joined = look(&three).await;
    assert_eq!(
        (outcome(joined), joined.election_epoch),
        ((Following, 2), ElectionEpoch(2))
    );
}

#[tokio::test]
async fn an_observer_observes_the_leader_of_the_voters() {
    let ensemble = Ensemble::new(&["participant", "participant", "observer"]);
    let (one, two, three) = (
        ensemble.start(1).await,
        ensemble.start(2).await,
        ensemble.start(3).await,
    );
    let outcomes = tokio::join!(look(&one), look(&two), look(&three));
    assert_eq!(outcome(outcomes.0), (Following, 2));
    assert_eq!(outcome(outcomes.1), (Leading, 2));
    assert_eq!(outcome(outcomes.2), (Observing, 2));
}

#[tokio::test]
async fn a_leader_sees_which_of_its_voters_look_again() {
    let ensemble = Ensemble::voters(3);
    let (one, two, three) = (
        ensemble.start(1).await,
        ensemble.start(2).await,
        ensemble.start(3).await,
    );
    tokio::join!(look(&one), look(&two), look(&three));
    assert_eq!(outcome(look(&one).await), (Following, 3));
    until(&three, |status| status.looking_voters.contains(&Sid(1))).await;
}

#[tokio::test]
async fn what_the_owner_reports_is_what_peers_are_told() {
    let ensemble = Ensemble::voters(3);
    let (one, two) = (ensemble.start(1).await, ensemble.start(2).await);
    tokio::join!(look(&one), look(&two));
    two.update_epoch(PeerEpoch(5)).await.unwrap();
    one.update_epoch(PeerEpoch(5)).await.unwrap();
    let three = ensemble.start(3).await;
    assert_eq!(look(&three).await.proposal.peer_epoch, PeerEpoch(5));
}

#[tokio::test]
async fn shutdown_frees_the_port_and_ends_who_waits() {
    let ensemble = Ensemble::voters(3);
    let node = Arc::new(ensemble.start(1).await);
    let waiting = tokio::spawn({
        let node = Arc::clone(&node);
        async move { node.look_for_leader(credentials(0, 0)).await }
    });
    until(&node, |status| !status.links.is_empty()).await;
    waiting.abort();
    let _ = waiting.await;
    Arc::into_inner(node).unwrap().shutdown().await;
    TcpListener::bind(ensemble.addresses[0]).unwrap();
    let runtime = tokio::runtime::Handle::current();
    assert_eq!(runtime.metrics().num_alive_tasks(), 0);
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let ensemble = Ensemble::voters(1);
    let _first = ensemble.start(1).await;
    let error = fle::node::Node::start(ensemble.settings(1))
        .await
        .unwrap_err();
    let at = ensemble.addresses[0].to_string();
    assert!(
        matches!(&error, BindError::Port { address, .. } if *address == at),
        "{error}"
    );
}

#[tokio::test]
async fn callers_that_come_later_get_the_same_decision() {
    let ensemble = Ensemble::voters(2);
    let (one, two) = (ensemble.start(1).await, ensemble.start(2).await);
    let early = look(&one);
    let late = async {
        until(&one, |status| {
            status.announcement.election_epoch == ElectionEpoch(1)
        })
        .await;
        look(&one).await
    };
    let (early, late, _) = tokio::join!(early, late, look(&two));
    assert_eq!(early, late);
    assert_eq!(early.election_epoch, ElectionEpoch(1));
}

/// One that the others do not answer is dialled again, long before it would be told anything new.
#[tokio::test]
async fn a_peer_that_comes_late_is_dialled_again() {
    let ensemble = Ensemble::voters(2);
    let mut config = ensemble.settings(2);
    config.timing = Timing {
        min_notification_interval: Duration::from_secs(3600),
        max_notification_interval: Duration::from_secs(3600),
        ..Timing::default()
    };
    let two = ensemble.start_with(config).await;
    let looking = look(&two);
    let late = async {
        until(&two, |status| !status.links.is_empty()).await;
        let one = ensemble.start(1).await;
        look(&one).await
    };
    let (two, one) = tokio::join!(looking, late);
    assert_eq!([outcome(one), outcome(two)], [(Following, 2), (Leading, 2)]);
}

/// A process that was stopped for longer than its wait: the message that came meanwhile lies there,
/// and the wait is over.
#[tokio::test]
async fn what_came_while_the_server_stood_still_is_heard_before_its_wait_ends() {
    let wait = Duration::from_millis(1500);
    let ensemble = Ensemble::voters(3);
    let mut config = ensemble.settings(2);
    config.timing.finalize_wait = wait;
    let node = keep_looking(ensemble.start_with(config).await);
    let mut three = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:1").await;
    three.tell(&looking(2, 1)).await;
    // Its own announcement is the other.
    while node.status().borrow().notifications < 2 {
        tokio::task::yield_now().await;
    }
    three.tell(&looking(3, 1)).await;
    std::thread::sleep(2 * wait);
    until(&node, |status| status.announcement.state != Looking).await;
    assert_eq!(outcome(node.status().borrow().announcement), (Following, 3));
}

#[test]
fn tls_and_sasl_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("zoo.cfg");
    std::fs::write(folder.path().join("myid"), "1").unwrap();
    let with = |line: &str| {
        let data = folder.path().display();
        let text = format!(
            "dataDir={data}\ninitLimit=5\nsyncLimit=2\n{line}\n\
             server.1=a:1:2\nserver.2=b:1:2\nserver.3=c:1:2\n"
        );
        std::fs::write(&path, text).unwrap();
        NodeConfig::from_files(&ServerConfig::load(&path).unwrap().value)
    };
    assert_eq!(with("sslQuorum=true").unwrap_err().key, "sslQuorum");
    let sasl = "quorum.auth.enableSasl";
    assert_eq!(with(&format!("{sasl}=true")).unwrap_err().key, sasl);
    let config = with("quorumListenOnAllIPs=true").unwrap();
    assert_eq!(config.transport.bind[0].to_string(), "[0:0:0:0:0:0:0:0]:2");
    assert_eq!(config.transport.advertised[0].to_string(), "a:2");
    assert_eq!(config.transport.handshake_timeout, Duration::from_secs(6));
}
