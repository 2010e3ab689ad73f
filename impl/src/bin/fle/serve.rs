//! `fle serve`: one server, until it is asked to stop.

use crate::http::{self, Server};
use crate::{Failure, asked_to_stop, runtime};
use fle::PeerEpoch;
use fle::config::{Options, ServerConfig};
use fle::member::{Member, MemberConfig};
use fle::storage::EpochFiles;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use tokio::net::TcpListener;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

/// Runs one server, as its ZooKeeper configuration file describes it.
#[derive(clap::Args)]
pub(crate) struct Serve {
    /// The configuration file, zoo.cfg.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to answer GET /status, /healthz and /metrics; by default a port of the system's choice on 127.0.0.1, which
    /// `fle status --config FILE` finds.
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// How to write the log to standard error. RUST_LOG says how much of it.
    #[arg(long, value_enum, default_value = "text")]
    log: Log,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Log {
    /// Lines for people.
    Text,
    /// One JSON object a line, which `fle-conformance validate` reads.
    Json,
}

impl Serve {
    pub(crate) fn run(self) -> Result<(), Failure> {
        start_log(self.log)?;
        let server = ServerConfig::load(&self.config)?;
        for warning in &server.warnings {
            tracing::warn!("{warning}");
        }
        runtime()?.block_on(serve(&server.value, self.http))
    }
}

async fn serve(server: &ServerConfig, http: Option<SocketAddr>) -> Result<(), Failure> {
    let sid = server.sid();
    let options = server.options();
    let config = MemberConfig::from_files(server)?;
    let epochs = EpochFiles::open(&options.data_dir, sid, &config.node.ensemble).await?;
    let address = http.unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::Unusable(format!("--http {address}: {error}; choose another address"))
    })?;
    let metrics = PrometheusBuilder::new().install_recorder()?;
    // A server without transactions has the first one of each epoch it was in.
    let member = Member::start(config, epochs, PeerEpoch::first_zxid).await?;
    let found = Found::announce(options, listener.local_addr()?)?;
    tracing::info!(%sid, http = %found.address, "answers GET /status, /healthz and /metrics");
    let status = member.status();
    let leadership = member.leadership();
    let mut changes = leadership.clone();
    let stopped = async { while changes.changed().await.is_ok() {} };
    tokio::select! {
        () = asked_to_stop() => tracing::info!(%sid, "stops"),
        () = stopped => {
            return Err(Failure::Check("the server has stopped by itself".to_owned()));
        }
        ended = http::serve(listener, Server { sid, status, leadership, metrics }) => ended?,
    }
    member.shutdown().await;
    Ok(())
}

fn start_log(log: Log) -> Result<(), Failure> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "info".to_owned());
    let filter: Targets = filter.parse().map_err(|error| {
        Failure::Unusable(format!("RUST_LOG={filter}: {error}; try info or fle=debug"))
    })?;
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let registry = tracing_subscriber::registry();
    match log {
        Log::Text => registry
            .with(lines.with_ansi(false).with_filter(filter))
            .init(),
        Log::Json => registry
            .with(lines.json().flatten_event(true).with_filter(filter))
            .init(),
    }
    Ok(())
}

/// The file in the data directory that tells where a running server's HTTP endpoints are.
pub(crate) fn http_file(options: &Options) -> PathBuf {
    options.data_dir.join("fle.http")
}

/// That file, for as long as the server runs.
struct Found {
    address: SocketAddr,
    file: PathBuf,
}

impl Found {
    fn announce(options: &Options, address: SocketAddr) -> Result<Self, Failure> {
        let file = http_file(options);
        write(&file, address).map_err(|error| {
            Failure::Unusable(format!(
                "{}: {error}; make the directory writable",
                file.display()
            ))
        })?;
        Ok(Self { address, file })
    }
}

/// Replaces the file at once, so that nobody reads half of it.
fn write(file: &Path, address: SocketAddr) -> io::Result<()> {
    let draft = file.with_extension("http.new");
    std::fs::write(&draft, format!("{address}\n"))?;
    std::fs::rename(draft, file)
}

impl Drop for Found {
    fn drop(&mut self) {
        // One that stays behind names an address where nobody answers.
        let _ = std::fs::remove_file(&self.file);
    }
}
