//! A job that runs on one server at a time, and moves when that server is gone.
//!
//! The job runs as long as its server leads with a valid lease, and is dropped at its next `await` when that is over. A job that may
//! block for longer than a lease, or that writes somewhere, needs the epoch as well: see the example `counter`.
//!
//! `cargo run -p fle --example singleton` runs three servers, and has the leader step down again and again.

use fle::config::{DynamicConfig, Rules};
use fle::member::{Lease, Limits, Member, MemberConfig, Standing};
use fle::storage::InMemory;
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::error::Error;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::sleep_until;

/// Ends when the lease does: it may have been renewed while this slept.
async fn end_of(lease: &Lease) {
    while let Some(expiry) = lease.expires_at().filter(|_| lease.is_valid()) {
        sleep_until(expiry).await;
    }
}

/// Runs the job whenever this server leads, for ever.
async fn run_alone<J: Future<Output = ()>>(
    mut leadership: watch::Receiver<Standing>,
    job: impl Fn(PeerEpoch) -> J,
) -> Result<(), watch::error::RecvError> {
    loop {
        let leads = |now: &Standing| matches!(now, Standing::Leading { .. });
        let now = leadership.wait_for(leads).await?.clone();
        if let Standing::Leading { epoch, lease } = &now {
            tokio::select! {
                () = end_of(lease) => {}
                lost = leadership.wait_for(|it| *it != now) => drop(lost?),
                () = job(*epoch) => {}
            }
        }
    }
}

/// How many run at this moment, and how many have begun.
#[derive(Default)]
struct Jobs {
    running: AtomicUsize,
    begun: AtomicUsize,
}

/// Counts one job for as long as it lives.
struct Running(Arc<Jobs>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn job(sid: i64, epoch: PeerEpoch, jobs: Arc<Jobs>) {
    let others = jobs.running.fetch_add(1, Ordering::SeqCst);
    let _running = Running(Arc::clone(&jobs));
    assert_eq!(others, 0, "two run at once");
    let number = jobs.begun.fetch_add(1, Ordering::SeqCst) + 1;
    println!("job {number} runs on server {sid}, in epoch {epoch}");
    std::future::pending::<()>().await;
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let network = Tcp::default();
    let mut text = String::new();
    for sid in 1..=3 {
        let quorum = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        let election = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        text += &format!("server.{sid}=127.0.0.1:{quorum}:{election}\n");
    }
    let ensemble = DynamicConfig::parse(&text, Rules::default())?;
    let jobs = Arc::new(Jobs::default());
    let mut members = Vec::new();
    for sid in 1..=3 {
        let mut config = MemberConfig::new(Sid(sid), ensemble.clone()).ok_or("no such server")?;
        config.limits = Limits {
            tick_time: Duration::from_millis(200),
            ..Limits::default()
        };
        let (network, epochs) = (network.clone(), InMemory::default());
        let member = Member::start_on(network, config, epochs, PeerEpoch::first_zxid).await?;
        let counted = Arc::clone(&jobs);
        tokio::spawn(run_alone(member.leadership(), move |epoch| {
            job(sid, epoch, Arc::clone(&counted))
        }));
        members.push(member);
    }
    for begun in 1..=3 {
        while jobs.begun.load(Ordering::SeqCst) < begun {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        for member in &members {
            if matches!(&*member.leadership().borrow(), Standing::Leading { .. }) {
                member.step_down().await?;
            }
        }
    }
    for member in members {
        member.shutdown().await;
    }
    Ok(())
}
