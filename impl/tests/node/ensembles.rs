//! Ensembles other than a majority of servers with one address each.

use crate::support::{Ensemble, PATIENCE, keep_looking, look, outcome, until};
use fle::ServerState::{Following, Leading, Looking};
use fle::config::{DynamicConfig, Rules};
use fle::node::{Node, NodeConfig};
use fle::quorum::OracleFile;
use fle::{Ensemble as Configurations, Sid};
use std::net::TcpListener;
use std::sync::Arc;
use tokio::time::{Duration, timeout};

/// Waits until a server has asked all others in vain a few times.
async fn until_it_has_asked_in_vain(node: &Node) {
    let start = node.status().borrow().notifications;
    let asking = async {
        while node.status().borrow().notifications < start + 3 {
            assert_eq!(node.status().borrow().announcement.state, Looking);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, asking).await.expect("it asks again");
}

#[tokio::test]
async fn groups_and_weights_decide() {
    let mut ensemble = Ensemble::voters(5);
    let text = format!(
        "{}\ngroup.1=1:2:3\ngroup.2=4:5\nweight.1=5\nweight.5=0\n",
        ensemble.config
    );
    ensemble.config = DynamicConfig::parse(&text, Rules::default()).unwrap();
    let (one, five) = (ensemble.start(1).await, ensemble.start(5).await);
    let five = keep_looking(five);
    let one = keep_looking(one);
    until_it_has_asked_in_vain(&one).await;
    let four = ensemble.start(4).await;
    assert_eq!(outcome(look(&four).await), (Leading, 4));
    for node in [one, five] {
        until(&node, |status| {
            outcome(status.announcement) == (Following, 4)
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_with_several_addresses_is_reached_at_those_that_work() {
    let mut ensemble = Ensemble::voters(2);
    let rules = Rules {
        multi_address: true,
        ..Rules::default()
    };
    // Nobody listens at the addresses that are added.
    let text = ensemble.config.to_string();
    let text = text.replace(":participant", "|127.0.0.1:1:2:participant");
    ensemble.config = DynamicConfig::parse(&text, rules).unwrap();
    let settings = |sid| {
        let mut config = ensemble.settings(sid);
        config.transport.bind.retain(|address| address.port != 2);
        assert_eq!(config.transport.advertised.len(), 2);
        config
    };
    let one = ensemble.start_with(settings(1)).await;
    let two = ensemble.start_with(settings(2)).await;
    let outcomes = tokio::join!(look(&one), look(&two));
    assert_eq!(
        [outcome(outcomes.0), outcome(outcomes.1)],
        [(Following, 2), (Leading, 2)]
    );
}

#[tokio::test]
async fn while_a_configuration_is_proposed_both_must_agree() {
    let ensemble = Ensemble::voters(5);
    let only = |servers: &[i64], version| {
        let text = ensemble.config.to_string();
        let lines = text.lines().filter(|line| {
            let mut servers = servers.iter();
            servers.any(|sid| line.starts_with(&format!("server.{sid}=")))
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        DynamicConfig::parse(&format!("{text}\nversion={version}"), Rules::default()).unwrap()
    };
    let (committed, proposed) = (only(&[1, 2, 3], 1), only(&[3, 4, 5], 2));
    let both = Configurations::new(committed.clone(), Some(proposed.clone()), Rules::default());
    let both = Arc::new(both);
    let start = async |sid| {
        let known = [&committed, &proposed];
        let mut config = known
            .into_iter()
            .find_map(|known| NodeConfig::new(Sid(sid), known.clone()))
            .unwrap();
        config.ensemble = Arc::clone(&both);
        keep_looking(ensemble.start_with(config).await)
    };
    let (two, three) = (start(2).await, start(3).await);
    until(&two, |status| status.announcement.proposal.leader == Sid(3)).await;
    until_it_has_asked_in_vain(&two).await;
    until_it_has_asked_in_vain(&three).await;
    let four = start(4).await;
    for (node, state) in [(two, Following), (three, Leading), (four, Following)] {
        until(&node, |status| outcome(status.announcement) == (state, 3)).await;
    }
}

#[tokio::test]
async fn an_oracle_decides_between_two() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("oracle");
    std::fs::write(&path, "0").unwrap();
    let ensemble = Ensemble::voters(2);
    let mut config = ensemble.settings(2);
    config.oracle = Some(OracleFile(path.clone()));
    let two = keep_looking(ensemble.start_with(config).await);
    until_it_has_asked_in_vain(&two).await;
    std::fs::write(&path, "1").unwrap();
    until(&two, |status| outcome(status.announcement) == (Leading, 2)).await;
}

/// It was away while server 4 joined, and knows nothing of it.
#[tokio::test]
async fn a_server_that_was_away_takes_over_the_newer_configuration_of_those_in_office() {
    let mut ensemble = Ensemble::voters(3);
    let older = ensemble.config.clone();
    let four = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = ensemble.network.reserve(four).unwrap().port();
    let text = older.to_string().replace("version=0", "version=1");
    let text = format!("server.4=127.0.0.1:1:{port}:participant\n{text}");
    ensemble.config = DynamicConfig::parse(&text, Rules::default()).unwrap();
    let start = async |config: &DynamicConfig, sid| {
        let mut settings = NodeConfig::new(Sid(sid), config.clone()).unwrap();
        settings.reconfig_enabled = true;
        ensemble.start_with(settings).await
    };
    let newer = &ensemble.config;
    let (two, three, four) = (
        start(newer, 2).await,
        start(newer, 3).await,
        start(newer, 4).await,
    );
    let decided = tokio::join!(look(&two), look(&three), look(&four));
    let decided = [decided.0, decided.1, decided.2].map(outcome);
    assert_eq!(decided, [(Following, 4), (Following, 4), (Leading, 4)]);

    let one = start(&older, 1).await;
    assert_eq!(outcome(look(&one).await), (Following, 4));
    assert_eq!(one.status().borrow().ensemble.committed(), newer);
}
