//! `fle local`: an ensemble on loopback, in one process.

mod ensemble;
mod picture;
mod recovery;

use crate::failure::Failure;
use crate::output::{not_said, say};
use crate::runtime::runtime;
use crate::screen::Screen;
use crate::seconds::{interval, seconds};
use crate::signals::{Hangup, Stop};
use ensemble::Ensemble;
use recovery::Recovery;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior};

/// Runs an ensemble on loopback in this process and shows who looks, follows and leads.
#[derive(clap::Args)]
pub(crate) struct Local {
    /// How many servers, all of which vote.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    servers: u16,
    /// Ends the leader every so many seconds, and starts it again after half of them. Fails if at
    /// any of these times there is no established leader.
    #[arg(long, value_name = "SECONDS", value_parser = interval, allow_negative_numbers = true)]
    kill_leader_every: Option<Duration>,
    /// For how many seconds; by default until the process is interrupted.
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    duration: Option<Duration>,
}

/// How often the picture is looked at.
const FRAME: Duration = Duration::from_millis(50);

impl Local {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let stop = Stop::on_signals(Hangup::Stops)?;
        runtime()?.block_on(self.elect(&stop))
    }

    async fn elect(&self, stop: &Stop) -> Result<(), Failure> {
        let mut screen = Screen::new(std::time::Instant::now());
        let mut ensemble = Ensemble::start(self.servers).await?;
        let mut recovery = Recovery::default();
        let start = Instant::now();
        let mut frames = tokio::time::interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut kills = Kills::new(self.kill_leader_every, start);
        let over = sleep_until(self.duration.and_then(|it| start.checked_add(it)));
        let asked = stop.asked();
        tokio::pin!(over, asked);
        loop {
            tokio::select! {
                biased;
                () = &mut asked => break,
                () = &mut over => break,
                () = kills.next() => kills.act(&mut ensemble, &mut recovery).await?,
                () = recovery.watch() => {}
                _ = frames.tick() => {
                    let text = ensemble.picture().text(screen.is_terminal());
                    if let Err(error) = screen.show(text) {
                        return not_said(&error);
                    }
                }
            }
        }
        let last = ensemble.picture();
        let shown = screen.show(last.text(screen.is_terminal()));
        shown.or_else(|error| not_said(&error))?;
        say(&format!("{recovery}{}\n", last.cost()))?;
        ensemble.shutdown().await;
        recovery.judge()
    }
}

/// When leaders are killed, and started again.
struct Kills {
    every: Option<Duration>,
    /// When the next leader is killed.
    kill: Option<Instant>,
    /// When the last one is started again.
    revive: Option<Instant>,
}

impl Kills {
    fn new(every: Option<Duration>, start: Instant) -> Self {
        Self {
            every,
            kill: every.and_then(|every| start.checked_add(every)),
            revive: None,
        }
    }

    async fn next(&self) {
        sleep_until(self.revive.or(self.kill)).await;
    }

    async fn act(
        &mut self,
        ensemble: &mut Ensemble,
        recovery: &mut Recovery,
    ) -> Result<(), Failure> {
        if self.revive.take().is_some() {
            return ensemble.revive().await;
        }
        let every = self.every.unwrap_or_default();
        recovery.begin(ensemble.kill_leader().await);
        let now = Instant::now();
        self.revive = now.checked_add(every / 2);
        self.kill = now.checked_add(every);
        Ok(())
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
