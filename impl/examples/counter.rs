//! A counter in a file that several servers share, and that only the leader may write, whatever goes wrong.
//!
//! The file keeps the epoch of its last writer and takes no write of an earlier one. So a leader that was stopped after it had
//! checked its lease, and writes when it goes on, changes nothing. That is what an epoch is for: a lease alone cannot prevent it.
//!
//! `cargo run -p fle --example counter` runs three servers, ends their leader twice, and has each former leader try to write again.

use fle::config::{DynamicConfig, Rules};
use fle::member::{Limits, Member, MemberConfig, Standing};
use fle::storage::InMemory;
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::error::Error;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The shared file: the epoch of its last writer, and a number.
struct Counter {
    path: PathBuf,
}

impl Counter {
    fn create(path: &Path) -> std::io::Result<Self> {
        std::fs::write(path, "0 0")?;
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Adds one on behalf of the leader of this epoch; `None` if the file has been written in a later one.
    fn add_one(&self, epoch: PeerEpoch) -> Result<Option<u64>, Box<dyn Error>> {
        let mut file = File::options().read(true).write(true).open(&self.path)?;
        file.lock()?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let (last, number) = text.split_once(' ').ok_or("the file is no counter")?;
        if epoch < PeerEpoch(last.parse()?) {
            return Ok(None);
        }
        let number = number.parse::<u64>()? + 1;
        file.rewind()?;
        file.set_len(0)?;
        write!(file, "{epoch} {number}")?;
        file.sync_all()?;
        Ok(Some(number))
    }
}

/// Counts to the number while this member leads, with a valid lease; in which epoch.
async fn count_to(
    counter: &Counter,
    member: &Member,
    target: u64,
) -> Result<PeerEpoch, Box<dyn Error>> {
    let mut leadership = member.leadership();
    loop {
        let leads = |now: &Standing| matches!(now, Standing::Leading { .. });
        let Standing::Leading { epoch, lease } = leadership.wait_for(leads).await?.clone() else {
            continue;
        };
        while lease.is_valid() {
            match counter.add_one(epoch)? {
                Some(number) if number >= target => return Ok(epoch),
                Some(_) => tokio::task::yield_now().await,
                None => return Err("somebody leads in a later epoch".into()),
            }
        }
        // The lease is over, and this server will hear why.
        leadership.changed().await?;
    }
}

async fn start(network: &Tcp, text: &str, sid: i64) -> Result<Member, Box<dyn Error>> {
    let ensemble = DynamicConfig::parse(text, Rules::default())?;
    let mut config = MemberConfig::new(Sid(sid), ensemble).ok_or("no such server")?;
    config.limits = Limits {
        tick_time: Duration::from_millis(200),
        ..Limits::default()
    };
    // Servers that are to survive their process take `EpochFiles`.
    let epochs = InMemory::default();
    Ok(Member::start_on(network.clone(), config, epochs, PeerEpoch::first_zxid).await?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let network = Tcp::default();
    let mut text = String::new();
    for sid in 1..=3 {
        let quorum = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        let election = network.reserve(TcpListener::bind("127.0.0.1:0")?)?.port();
        text += &format!("server.{sid}=127.0.0.1:{quorum}:{election}\n");
    }
    let directory = tempfile::tempdir()?;
    let counter = Counter::create(&directory.path().join("counter"))?;
    let mut members = Vec::new();
    for sid in 1..=3 {
        members.push((sid, start(&network, &text, sid).await?));
    }

    let mut past = None;
    for target in [100, 200] {
        // Whoever wins counts; the others wait for their turn.
        let (leader, epoch) = {
            let (one, two) = (&members[members.len() - 1], &members[members.len() - 2]);
            tokio::select! {
                epoch = count_to(&counter, &one.1, target) => (one.0, epoch?),
                epoch = count_to(&counter, &two.1, target) => (two.0, epoch?),
            }
        };
        println!("server {leader} has counted to {target} in epoch {epoch}");
        if let Some(past) = past.replace(epoch) {
            let refused = counter.add_one(past)?.is_none();
            println!(
                "a write of epoch {past} is {}",
                if refused { "refused" } else { "taken" }
            );
        }
        if target == 100 {
            let index = members.iter().position(|(sid, _)| *sid == leader);
            let (_, member) = members.remove(index.ok_or("the leader is one of them")?);
            member.shutdown().await;
            println!("server {leader} is gone");
        }
    }
    for (_, member) in members {
        member.shutdown().await;
    }
    Ok(())
}
