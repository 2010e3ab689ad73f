//! `fle local`: an ensemble on loopback, in one process.

mod picture;

use crate::main_loop::MainLoop;
use crate::{Failure, asked_to_stop, runtime};
use fle::config::{DynamicConfig, Rules};
use fle::election::Credentials;
use fle::node::{Node, NodeConfig, Status};
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid, Zxid};
use picture::{Picture, Screen};
use std::net::TcpListener;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Runs an ensemble on loopback in this process and shows who looks, follows and leads.
#[derive(clap::Args)]
pub(crate) struct Local {
    /// How many servers, all of which vote.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    servers: u16,
    /// For how many seconds; by default until the process is interrupted.
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    duration: Option<Duration>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

impl Local {
    pub(crate) fn run(self) -> Result<(), Failure> {
        // Every pair of servers has a connection with two ends in this process.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
        runtime()?.block_on(self.elect())
    }

    async fn elect(&self) -> Result<(), Failure> {
        let mut screen = Screen::new(Instant::now());
        let nodes = start_nodes(self.servers).await?;
        let statuses: Vec<_> = nodes.iter().map(Node::status).collect();
        let mut servers = tokio::task::JoinSet::new();
        let (stop, stopped) = watch::channel(());
        for (node, sid) in nodes.into_iter().zip(1..) {
            servers.spawn(run(node, Sid(sid), stopped.clone()));
        }
        let over = async {
            match self.duration {
                Some(duration) => tokio::time::sleep(duration).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = asked_to_stop() => {}
            () = over => {}
            () = watch_over(&statuses, &mut screen) => {}
        }
        screen.close(&Picture::of(&statuses));
        drop(stop);
        servers.join_all().await;
        Ok(())
    }
}

/// Shows what changes, for ever.
async fn watch_over(statuses: &[watch::Receiver<Status>], screen: &mut Screen) {
    loop {
        screen.show(&Picture::of(statuses));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Servers 1, 2, …, each on a port of the system's choice.
async fn start_nodes(servers: u16) -> Result<Vec<Node>, Failure> {
    let network = Tcp::default();
    let mut text = String::new();
    for sid in 1..=servers {
        let port = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        // Nobody uses the quorum port.
        text += &format!("server.{sid}=127.0.0.1:1:{port}\n");
    }
    let ensemble = DynamicConfig::parse(&text, Rules::default())?;
    let mut nodes = Vec::new();
    for sid in 1..=servers {
        let config = NodeConfig::new(Sid(sid.into()), ensemble.clone());
        let config = config.expect("every one of them is a member");
        nodes.push(Node::start_on(network.clone(), config).await?);
    }
    Ok(nodes)
}

/// One server, until all are told to stop.
async fn run(node: Node, sid: Sid, mut stopped: watch::Receiver<()>) {
    let main_loop = MainLoop {
        sid,
        credentials: Credentials {
            zxid: Zxid(0),
            peer_epoch: PeerEpoch(0),
        },
        oracle: None,
        observer_election_delay: Duration::ZERO,
    };
    tokio::select! {
        () = main_loop.run(&node) => {}
        _ = stopped.changed() => {}
    }
    node.shutdown().await;
}
