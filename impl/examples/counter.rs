//! A counter in a file that several servers share, and that only the leader may write, whatever
//! goes wrong.
//!
//! The leader claims the file in its epoch, and the file takes no write of an earlier claim. So a
//! leader that was stopped after it had checked its lease, and writes when it goes on, changes
//! nothing. That is what an epoch is for: a lease alone cannot prevent it.
//!
//! `cargo run -p fle --example counter` runs three servers, ends their leader, and has the former
//! leader try to write again.

use fle::config::{DynamicConfig, Rules};
use fle::fence::{Claim, FenceError, FencedFile, Holder};
use fle::member::{Limits, Member, MemberConfig};
use fle::storage::InMemory;
use fle::transport::Tcp;
use fle::{PeerEpoch, Sid};
use std::error::Error;
use std::net::TcpListener;
use std::time::Duration;

/// Counts to the number while this member leads; with which claim.
async fn count_to(
    file: &FencedFile,
    (sid, member): &(Sid, Member),
    target: u64,
) -> Result<Claim, Box<dyn Error>> {
    let job = async |epoch, _lease| {
        let mut claim = file.claim(epoch, *sid).await?;
        loop {
            let number = String::from_utf8(claim.read().await?)?.parse::<u64>()? + 1;
            claim.write(number.to_string()).await?;
            if number >= target {
                return Ok(claim);
            }
        }
    };
    member.run_while_leading(job).await?
}

async fn start(network: &Tcp, text: &str, sid: Sid) -> Result<Member, Box<dyn Error>> {
    let ensemble = DynamicConfig::parse(text, Rules::default())?;
    let mut config = MemberConfig::new(sid, ensemble).ok_or("no such server")?;
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
    let file = FencedFile::at(directory.path().join("counter"));
    file.create("0").await?;
    let mut members = Vec::new();
    for sid in (1..=3).map(Sid) {
        members.push((sid, start(&network, &text, sid).await?));
    }

    // Whoever wins counts; the others wait for their turn.
    let mut past = tokio::select! {
        claim = count_to(&file, &members[0], 100) => claim?,
        claim = count_to(&file, &members[1], 100) => claim?,
        claim = count_to(&file, &members[2], 100) => claim?,
    };
    let Holder { epoch, sid } = past.holder();
    println!("server {sid} has counted to 100 in epoch {epoch}");
    let index = members.iter().position(|it| it.0 == sid);
    let (_, leader) = members.remove(index.ok_or("the leader is one of them")?);
    leader.shutdown().await;
    println!("server {sid} is gone");

    let present = tokio::select! {
        claim = count_to(&file, &members[0], 200) => claim?,
        claim = count_to(&file, &members[1], 200) => claim?,
    };
    let Holder { epoch, sid } = present.holder();
    println!("server {sid} has counted to 200 in epoch {epoch}");
    match past.write("0").await {
        Err(FenceError::Refused { asker, .. }) => {
            println!("a write of epoch {} is refused", asker.epoch);
        }
        taken => taken?,
    }
    for (_, member) in members {
        member.shutdown().await;
    }
    Ok(())
}
