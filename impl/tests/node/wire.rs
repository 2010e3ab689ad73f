//! The protocol as a peer sees it, byte by byte: who dials, who keeps the connection, what is sent
//! again.

use crate::peer::{Peer, looking};
use crate::support::{Ensemble, PATIENCE, accept, keep_looking, second_of_three, until};
use fle::Sid;
use fle::config::DynamicConfig;
use fle::transport::LinkState;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket};

#[tokio::test]
async fn it_keeps_connections_to_lesser_sids_and_is_dialled_back_by_greater_ones() {
    let (ensemble, node, one, three) = second_of_three().await;
    let mut kept = accept(&one).await;
    let introduction = kept.introduction().await;
    assert_eq!(introduction.sid, Sid(2));
    assert_eq!(
        introduction.addresses[0].to_string(),
        ensemble.addresses[1].to_string()
    );
    assert_eq!(kept.told().await, looking(2, 1));

    let mut closed = accept(&three).await;
    assert_eq!(closed.introduction().await.sid, Sid(2));
    assert!(
        closed.rest().await.is_empty(),
        "nothing but the introduction"
    );
    until(&node, |status| {
        status.links.get(&Sid(3)) == Some(&LinkState::AwaitingDialBack)
    })
    .await;
    let mut back = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert_eq!(back.told().await, looking(2, 1));
    until(&node, |status| {
        status.links.get(&Sid(3)) == Some(&LinkState::Up)
    })
    .await;
}

#[tokio::test]
async fn a_lesser_sid_is_dialled_back_where_it_says() {
    let (ensemble, _node, one, _three) = second_of_three().await;
    let mut first = accept(&one).await;
    first.introduction().await;
    // It is not where the configuration says any more.
    drop(one);
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap().to_string();
    let dialler = Peer::introduced(ensemble.addresses[1], 1, &address).await;
    assert!(dialler.rest().await.is_empty());
    let mut back = accept(&elsewhere).await;
    assert_eq!(back.introduction().await.sid, Sid(2));
    assert_eq!(back.told().await, looking(2, 1), "the last message again");
}

#[tokio::test]
async fn a_server_of_the_oldest_generation_is_understood() {
    let (ensemble, _node, _one, _three) = second_of_three().await;
    let mut old = Peer::connect(ensemble.addresses[1]).await;
    old.write(&3_i64.to_be_bytes()).await;
    assert_eq!(old.told().await, looking(2, 1));
}

/// Who draws a server's dials to himself would take the other's place.
#[tokio::test]
async fn a_server_is_dialled_where_the_configuration_says_if_it_is_there() {
    let (ensemble, _node, one, _three) = second_of_three().await;
    let mut first = accept(&one).await;
    first.introduction().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap().to_string();
    let dialler = Peer::introduced(ensemble.addresses[1], 1, &address).await;
    assert!(dialler.rest().await.is_empty());
    let mut back = accept(&one).await;
    back.introduction().await;
    assert_eq!(back.told().await, looking(2, 1));
    assert!(first.rest().await.len() > 4, "it is used until then");
    assert!(nobody_came(elsewhere));
}

#[tokio::test]
async fn of_the_addresses_that_a_server_says_it_has_the_first_is_dialled() {
    let (ensemble, node, one, _three) = second_of_three().await;
    let mut first = accept(&one).await;
    first.introduction().await;
    drop(one);
    let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = second.local_addr().unwrap().port();
    let many = format!("127.0.0.1:1|127.0.0.1:{port}");
    let dialler = Peer::introduced(ensemble.addresses[1], 1, &many).await;
    assert!(dialler.rest().await.is_empty());
    until(&node, |status| {
        matches!(
            status.links.get(&Sid(1)),
            Some(LinkState::Unreachable(why)) if why.contains("127.0.0.1:1: ")
        )
    })
    .await;
    assert!(nobody_came(second));
}

/// The port scanner for hire: nobody is dialled because he asks for it.
#[tokio::test]
async fn a_stranger_is_not_dialled_back() {
    let (ensemble, node, one, _three) = second_of_three().await;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap().to_string();
    for sid in [0, -1, i64::MIN] {
        let stranger = Peer::introduced(ensemble.addresses[1], sid, &address).await;
        assert!(stranger.rest().await.is_empty());
        assert!(!node.status().borrow().links.contains_key(&Sid(sid)));
    }
    accept(&one).await;
    assert!(nobody_came(elsewhere));
}

/// A newcomer proves nothing: the connection that is there stays, and the newcomer has its turn
/// when that ends.
#[tokio::test]
async fn a_second_connection_of_a_server_waits_for_the_end_of_the_first() {
    let (ensemble, _node, _one, _three) = second_of_three().await;
    let mut old = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert_eq!(old.told().await, looking(2, 1));
    let mut new = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    let third = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert!(third.rest().await.is_empty(), "one waits already");
    old.tell(&looking(3, 2)).await;
    assert_eq!(old.told().await, looking(3, 2), "it is still there");
    drop(old);
    assert_eq!(new.told().await, looking(3, 2));
}

#[tokio::test]
async fn a_second_connection_of_a_server_is_refused_if_the_first_goes_on() {
    let (ensemble, _node, _one, _three) = second_of_three().await;
    let mut old = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert_eq!(old.told().await, looking(2, 1));
    let new = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    assert!(new.rest().await.is_empty());
    old.tell(&looking(3, 2)).await;
    // It may have been told the same again meanwhile.
    while old.told().await != looking(3, 2) {}
}

/// Who holds a server's id from elsewhere does not keep it out.
#[tokio::test]
async fn one_that_comes_from_where_the_configuration_says_goes_first() {
    let (ensemble, _node, _one, _three) = second_of_three().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.66:0".parse().unwrap()).unwrap();
    let elsewhere = socket.connect(ensemble.addresses[1]).await.unwrap();
    let mut elsewhere = Peer(elsewhere);
    elsewhere.write(&3_i64.to_be_bytes()).await;
    assert_eq!(elsewhere.told().await, looking(2, 1));
    let mut home = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:3").await;
    home.tell(&looking(3, 2)).await;
    assert_eq!(home.told().await, looking(2, 1), "the last message again");
    elsewhere.rest().await;
}

/// Each is a claim that the connection is broken, which costs one connection.
#[tokio::test]
async fn a_server_that_asks_again_and_again_is_dialled_back_once_a_second() {
    let (ensemble, _node, one, _three) = second_of_three().await;
    let since = Instant::now();
    let address = one.local_addr().unwrap().to_string();
    for _ in 0..100 {
        let claim = Peer::introduced(ensemble.addresses[1], 1, &address).await;
        assert!(claim.rest().await.is_empty());
    }
    let one = one.into_std().unwrap();
    let mut dials = 0;
    while one.accept().is_ok() {
        dials += 1;
    }
    let most = since.elapsed().as_secs() + 3;
    assert!(dials <= most, "{dials} dials, at most {most} expected");
}

/// Whether nobody has connected.
fn nobody_came(listener: TcpListener) -> bool {
    let listener = listener.into_std().unwrap();
    let came = listener.accept();
    matches!(came, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

/// A silent one: the diagnosis names the address that the peer was given.
#[tokio::test]
async fn a_server_that_does_not_dial_back_is_told_of() {
    let mut ensemble = Ensemble::voters(2);
    let two = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = |port: u16| format!(":{port}:");
    let text = ensemble.config.to_string().replace(
        &port(ensemble.addresses[1].port()),
        &port(two.local_addr().unwrap().port()),
    );
    ensemble.config = DynamicConfig::parse(&text, Default::default()).unwrap();
    let mut config = ensemble.settings(1);
    config.transport.connect_timeout = Duration::from_millis(50);
    let node = keep_looking(ensemble.start_with(config).await);
    let said = format!("may not reach this server at {}", ensemble.addresses[0]);
    until(&node, |status| {
        matches!(status.links.get(&Sid(2)), Some(LinkState::Unreachable(why)) if why.contains(&said))
    })
    .await;
}

/// What becomes of a connection that waits to be accepted by a process that dies.
#[tokio::test]
async fn a_server_that_dies_before_it_dials_back_is_unreachable_at_once() {
    let (ensemble, first, one, three) = second_of_three().await;
    drop(first);
    accept(&one).await;
    accept(&three).await;
    let mut config = ensemble.settings(2);
    config.transport.bind[0].port = 0;
    config.transport.connect_timeout = PATIENCE * 10;
    let node = keep_looking(ensemble.start_with(config).await);
    let mut dialled = accept(&three).await;
    dialled.introduction().await;
    dialled.reset();
    until(&node, |status| {
        matches!(
            status.links.get(&Sid(3)),
            Some(LinkState::Unreachable(_) | LinkState::Dialling)
        )
    })
    .await;
    assert_eq!(accept(&three).await.introduction().await.sid, Sid(2));
}

/// ZOOKEEPER-1807: the reference answers each of these, and two such servers never stop.
#[tokio::test]
async fn a_server_without_a_vote_gets_the_same_answer_once() {
    let mut ensemble = Ensemble::voters(3);
    ensemble.config = {
        let text = ensemble.config.to_string();
        let observer = "server.9=127.0.0.1:1:2:observer\n";
        DynamicConfig::parse(&format!("{observer}{text}"), Default::default()).unwrap()
    };
    let mut config = ensemble.settings(2);
    config.timing.min_notification_interval = Duration::from_secs(3600);
    config.timing.max_notification_interval = Duration::from_secs(3600);
    let _node = keep_looking(ensemble.start_with(config).await);
    let mut observer = Peer::introduced(ensemble.addresses[1], 9, "127.0.0.1:2").await;
    let mut voter = Peer::introduced(ensemble.addresses[1], 3, "127.0.0.1:2").await;
    voter.told().await;
    for _ in 0..50 {
        observer.tell(&looking(9, 5)).await;
    }
    observer.told().await;
    // Fewer than are handled at once and than fit the inbox, so none of these is lost before the
    // voter's comes after them.
    voter.tell(&looking(3, 2)).await;
    assert_eq!(
        voter.told().await,
        looking(3, 2),
        "a better vote in a later round"
    );
    // The round has changed, and with it the answer.
    observer.tell(&looking(9, 5)).await;
    assert_eq!(observer.told().await.election_epoch.0, 2);
}

#[tokio::test]
async fn a_wildcard_is_never_advertised() {
    let (ensemble, _node, one, _three) = second_of_three().await;
    drop(_node);
    accept(&one).await;
    let mut config = ensemble.settings(2);
    let port = config.transport.advertised[0].port;
    config.transport.advertised[0].host = fle::config::Host::Ip([0, 0, 0, 0].into());
    config.transport.bind[0].port = 0;
    let _node = keep_looking(ensemble.start_with(config).await);
    let introduction = accept(&one).await.introduction().await;
    assert_eq!(
        introduction.addresses[0].to_string(),
        format!("127.0.0.1:{port}")
    );
}

/// The ensemble after server 2 has moved to this port.
fn moved(ensemble: &Ensemble, to: u16) -> Arc<fle::Ensemble> {
    let port = |port: u16| format!(":{port}:");
    let text = ensemble.config.to_string();
    let text = text.replace(&port(ensemble.addresses[1].port()), &port(to));
    let text = text.replace("version=0", "version=1");
    let newer = DynamicConfig::parse(&text, Default::default()).unwrap();
    Arc::new(fle::Ensemble::new(newer, None, Default::default()))
}

/// `QuorumPeer.processReconfig` starts the listener again; connections stay.
#[tokio::test]
async fn a_server_whose_address_changes_listens_there() {
    let (ensemble, node, one, _three) = second_of_three().await;
    let mut kept = accept(&one).await;
    kept.introduction().await;
    kept.told().await;
    let bound = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let there = ensemble.network.reserve(bound).unwrap();
    let newer = moved(&ensemble, there.port());
    node.reconfigure(newer).await.unwrap();

    until(&node, |status| status.ensemble.committed().version().0 == 1).await;
    let mut three = Peer::introduced(there, 3, "127.0.0.1:3").await;
    assert_eq!(three.told().await, looking(2, 1));
    kept.tell(&looking(1, 5)).await;
    assert_eq!(kept.told().await, looking(2, 5));
    drop(kept);
    let mut again = accept(&one).await;
    let introduction = again.introduction().await;
    assert_eq!(introduction.addresses[0].to_string(), there.to_string());
    let mut freed = TcpListener::bind(ensemble.addresses[1]).await;
    while freed.is_err() {
        tokio::task::yield_now().await;
        freed = TcpListener::bind(ensemble.addresses[1]).await;
    }
}

/// `quorumListenOnAllIPs`.
#[tokio::test]
async fn a_server_that_listens_everywhere_goes_on_doing_so_on_its_new_port() {
    let (ensemble, first, one, _three) = second_of_three().await;
    drop(first);
    accept(&one).await;
    let mut config = ensemble.settings(2);
    config.transport.bind[0].host = fle::config::Host::Ip([0, 0, 0, 0].into());
    config.transport.bind[0].port = 0;
    let node = keep_looking(ensemble.start_with(config).await);
    let bound = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = ensemble.network.reserve(bound).unwrap().port();
    node.reconfigure(moved(&ensemble, port)).await.unwrap();
    until(&node, |status| status.ensemble.committed().version().0 == 1).await;
    let mut three = Peer::introduced(([127, 0, 0, 1], port).into(), 3, "127.0.0.1:3").await;
    assert_eq!(three.told().await, looking(2, 1));
}
