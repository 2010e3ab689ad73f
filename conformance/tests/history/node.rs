//! What our own servers say of themselves: nodes on loopback elect, lose their leader and elect
//! again, and their event logs are judged.

use crate::support::{line_of, verdict, with_line};
use fle::config::{DynamicConfig, Rules};
use fle::election::Credentials;
use fle::node::{Node, NodeConfig};
use fle::transport::Tcp;
use fle::{Notification, PeerEpoch, Sid, Zxid};
use fle_conformance::history::judge::Outcome;
use std::io::{self, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// Where events are written to.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    /// The lines of each server from 1 on.
    fn by_server(&self, servers: usize) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let mut logs = vec![String::new(); servers];
        for line in text.lines() {
            let fields: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(sid) = fields["sid"].as_u64() {
                let log = &mut logs[usize::try_from(sid).unwrap() - 1];
                log.push_str(line);
                log.push('\n');
            }
        }
        logs
    }
}

async fn look(node: &Node, zxid: i64) -> Notification {
    let credentials = Credentials {
        zxid: Zxid(zxid),
        peer_epoch: PeerEpoch(0),
    };
    node.look_for_leader(credentials).await.unwrap()
}

/// Three voters and an observer: the best leads, is stopped, and comes back when there is another.
async fn run() -> Vec<String> {
    let written = Written::default();
    let sink = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_writer(move || sink.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let network = Tcp::default();
    let mut text = String::new();
    for (sid, role) in [
        (1, "participant"),
        (2, "participant"),
        (3, "participant"),
        (4, "observer"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = network.reserve(listener).unwrap().port();
        text += &format!("server.{sid}=127.0.0.1:1:{port}:{role}\n");
    }
    let ensemble = DynamicConfig::parse(&text, Rules::default()).unwrap();
    let start = async |sid| {
        let config = NodeConfig::new(Sid(sid), ensemble.clone()).unwrap();
        Node::start_on(network.clone(), config).await.unwrap()
    };
    let (one, two, three, four) = (
        start(1).await,
        start(2).await,
        start(3).await,
        start(4).await,
    );
    let first = tokio::join!(
        look(&one, 3),
        look(&two, 7),
        look(&three, 5),
        look(&four, 0)
    );
    assert_eq!(first.3.proposal.leader, Sid(2));
    two.shutdown().await;
    // An observer that looks while the voters do is told the votes of their last election.
    let second = tokio::join!(look(&one, 3), look(&three, 5));
    assert_eq!(second.0.proposal.leader, Sid(3));
    assert_eq!(look(&four, 0).await.proposal.leader, Sid(3));
    let two = start(2).await;
    assert_eq!(look(&two, 7).await.proposal.leader, Sid(3));
    written.by_server(4)
}

#[tokio::test]
async fn what_nodes_log_is_allowed_and_a_changed_vote_is_not() {
    let logs = run().await;
    let told = verdict(&logs);
    assert_eq!(told.outcome(), Outcome::Allowed, "{told:#?}");
    let decided: usize = told.elections.values().map(Vec::len).sum();
    assert_eq!(decided, 8);

    let mut falsified = logs;
    let decision = line_of(&falsified[0], |line| line.contains("election.decided"));
    falsified[0] = with_line(&falsified[0], decision, |line| {
        line.replace(r#""leader":2"#, r#""leader":3"#)
    });
    let unjudged = verdict(&falsified).unjudged;
    assert_eq!(unjudged[0].at.line, decision, "{unjudged:#?}");
}
