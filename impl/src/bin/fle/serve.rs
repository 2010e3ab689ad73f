//! `fle serve`: one server, until it is asked to stop.

mod found;

use crate::failure::Failure;
use crate::http::Server;
use crate::log::{Format, Log, PROGRAM};
use crate::runtime::runtime;
use crate::signals::{Hangup, Stop};
use fle::PeerEpoch;
use fle::config::ServerConfig;
use fle::member::{Member, MemberConfig};
use fle::storage::EpochFiles;
use found::Found;
pub(crate) use found::http_file;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Runs one server, as its ZooKeeper configuration file describes it.
///
/// SIGTERM and SIGINT end it, with exit code 0 and within two seconds; a second one ends it at
/// once.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// The configuration file, zoo.cfg.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to answer GET /status, /healthz, /readyz and /metrics; by default a port of the
    /// system's choice on 127.0.0.1, which `fle status --config FILE` finds.
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// How to write the log to standard error. RUST_LOG says how much of it.
    #[arg(long, value_enum, default_value = "text")]
    log: Format,
}

impl Serve {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let stop = Stop::on_signals(Hangup::IsIgnored)?;
        let _log = Log::start(self.log)?;
        let server = ServerConfig::load(&self.config)?;
        for warning in &server.warnings {
            tracing::warn!(target: PROGRAM, "{warning}");
        }
        let runtime = runtime()?;
        let served = runtime.block_on(serve(&server.value, self.http, &stop));
        // Whatever hangs in one of its threads is not waited for.
        runtime.shutdown_background();
        served
    }
}

async fn serve(
    server: &ServerConfig,
    http: Option<SocketAddr>,
    stop: &Stop,
) -> Result<(), Failure> {
    let sid = server.sid();
    let Some(started) = stop.unless_asked(Started::new(server, http)).await else {
        tracing::info!(target: PROGRAM, %sid, "stops before it has started");
        return Ok(());
    };
    let Started {
        member,
        _endpoints,
        _found,
    } = started?;
    let mut leadership = member.leadership();
    let stopped = async { while leadership.changed().await.is_ok() {} };
    if stop.unless_asked(stopped).await.is_some() {
        return Err(Failure::Check(
            "the server has stopped by itself".to_owned(),
        ));
    }
    tracing::info!(target: PROGRAM, %sid, "stops");
    member.shutdown().await;
    Ok(())
}

/// A server, and what tells of it.
struct Started {
    member: Member,
    _endpoints: JoinSet<()>,
    _found: Found,
}

impl Started {
    async fn new(server: &ServerConfig, http: Option<SocketAddr>) -> Result<Self, Failure> {
        let sid = server.sid();
        let config = MemberConfig::from_files(server)?;
        let data_dir = &server.options().data_dir;
        // First: whoever starts a server twice should be told just that.
        let epochs = EpochFiles::open(data_dir, sid, &config.node.ensemble).await?;
        let (listener, address) = listen(http).await?;
        let endpoints = Server::new(sid, PrometheusBuilder::new().install_recorder()?);
        let mut answering = JoinSet::new();
        answering.spawn(endpoints.clone().answer(listener));
        // A server without transactions has the first one of each epoch it was in.
        let member = Member::start(config, epochs, PeerEpoch::first_zxid).await?;
        endpoints.watch(&member);
        let found = Found::announce(server.options(), address);
        tracing::info!(
            target: PROGRAM,
            %sid,
            http = %address,
            "answers GET /status, /healthz, /readyz and /metrics"
        );
        Ok(Self {
            member,
            _endpoints: answering,
            _found: found,
        })
    }
}

async fn listen(http: Option<SocketAddr>) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = http.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::Unusable(format!("--http {address}: {error}; choose another address"))
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}
