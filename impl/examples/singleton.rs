//! A job that runs on one server at a time, and moves when that server is gone.
//!
//! The job is begun when its server leads with a valid lease, and dropped when that is over. A job
//! that may block for longer than a lease, or that writes somewhere, needs the epoch as well: see
//! the example `counter`.
//!
//! - `cargo run -p fle --example singleton` runs three servers, and has the leader step down again
//!   and again.
//! - `cargo run -p fle --example singleton 1 FILE` runs server 1, until its process ends, in the
//!   ensemble whose lines (`server.1=127.0.0.1:2888:3888` and so on) are in the file. Run each in a
//!   terminal, then stop the leader with ^Z or ^C.

use fle::config::{DynamicConfig, Rules};
use fle::member::{Limits, Member, MemberConfig};
use fle::storage::InMemory;
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::error::Error;
use std::net::TcpListener;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// Says when the job is dropped.
struct Running(Sid);

impl Drop for Running {
    fn drop(&mut self) {
        println!("the job has left server {}", self.0);
    }
}

async fn job(sid: Sid, epoch: PeerEpoch, begun: UnboundedSender<Sid>) {
    println!("the job runs on server {sid}, in epoch {epoch}");
    let _running = Running(sid);
    // Nobody may be left who wants to know.
    let _ = begun.send(sid);
    std::future::pending::<()>().await;
}

/// Starts a server that runs the job whenever it leads.
async fn serve(
    network: &Tcp,
    text: &str,
    sid: Sid,
    begun: UnboundedSender<Sid>,
) -> Result<Member, Box<dyn Error>> {
    let ensemble = DynamicConfig::parse(text, Rules::default())?;
    let mut config = MemberConfig::new(sid, ensemble).ok_or("no such server")?;
    config.limits = Limits {
        tick_time: Duration::from_millis(200),
        ..Limits::default()
    };
    // Servers that are to survive their process take `EpochFiles`.
    let epochs = InMemory::default();
    let member = Member::start_on(network.clone(), config, epochs, PeerEpoch::first_zxid).await?;
    tokio::spawn(member.run_while_leading(move |epoch, _lease| job(sid, epoch, begun.clone())));
    Ok(member)
}

async fn run_one(sid: Sid, file: &str) -> Result<(), Box<dyn Error>> {
    let (begun, mut began) = unbounded_channel();
    let text = std::fs::read_to_string(file)?;
    let _member = serve(&Tcp::default(), &text, sid, begun).await?;
    while began.recv().await.is_some() {}
    Ok(())
}

async fn run_three() -> Result<(), Box<dyn Error>> {
    let network = Tcp::default();
    let mut text = String::new();
    for sid in 1..=3 {
        let quorum = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        let election = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        text += &format!("server.{sid}=127.0.0.1:{quorum}:{election}\n");
    }
    let (begun, mut began) = unbounded_channel();
    let mut members = Vec::new();
    for sid in (1..=3).map(Sid) {
        members.push((sid, serve(&network, &text, sid, begun.clone()).await?));
    }
    for _ in 1..=3 {
        let leader = began.recv().await;
        for (sid, member) in &members {
            if Some(*sid) == leader {
                member.step_down().await?;
            }
        }
    }
    for (_, member) in members {
        member.shutdown().await;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => run_three().await,
        [sid, file] => run_one(Sid(sid.parse()?), file).await,
        _ => Err("usage: singleton [SID FILE]".into()),
    }
}
