//! `fle watch`: polls running servers of ZooKeeper and of fle, shows the ensemble, and says what is
//! wrong with it.
//!
//! Asking ([`probe`]) is kept from understanding ([`row`]) and judging ([`findings`]), which have
//! neither connections nor clocks. It writes nothing to the servers, and keeps nothing of them but
//! who they last said they are.

mod address;
mod answer;
mod findings;
mod picture;
mod probe;
#[cfg(test)]
mod recorded;
mod row;
mod view;

use crate::failure::Failure;
use crate::runtime::runtime;
use crate::seconds::interval;
use crate::signals::{Hangup, Stop};
use address::Address;
use picture::Picture;
use probe::Prober;
use row::Row;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep_until;
use view::View;

/// Polls servers of ZooKeeper and of fle, shows the ensemble, and says what is wrong with it.
///
/// Each address is a ZooKeeper server's client port, its AdminServer, or what `fle serve` has as
/// --http. The table is drawn again on a terminal; elsewhere each change is a line. Exit code 0:
/// all was well at the last poll; 1: something was wrong.
#[derive(clap::Args)]
pub(crate) struct Watch {
    /// The servers' addresses, as in zk-1:2181 or [::1]:8080.
    #[arg(required = true, value_name = "HOST:PORT")]
    addresses: Vec<Address>,
    /// How often they are asked.
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = interval)]
    interval: Duration,
    /// Asks once, and ends.
    #[arg(long)]
    once: bool,
    /// Writes the same as JSON, an object a line for each change, to a file, or instead of the
    /// table to standard output (-).
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Watch {
    pub(crate) fn run(self) -> Result<(), Failure> {
        for (index, address) in self.addresses.iter().enumerate() {
            if self.addresses[..index].contains(address) {
                let text = format!("{address} is given twice; give it once");
                return Err(Failure::Unusable(text));
            }
        }
        let stop = Stop::on_signals(Hangup::Stops)?;
        let view = View::new(self.json.as_deref(), self.once)?;
        let runtime = runtime()?;
        let watched = runtime.block_on(self.watch(view, &stop));
        // Whatever hangs in one of its threads is not waited for.
        runtime.shutdown_background();
        watched
    }

    async fn watch(&self, mut view: View, stop: &Stop) -> Result<(), Failure> {
        let start = Instant::now();
        let mut probers: Vec<Prober> = self.addresses.iter().cloned().map(Prober::new).collect();
        let mut last = None;
        loop {
            let begun = Instant::now();
            let Some((back, rows)) = stop.unless_asked(poll(probers)).await else {
                break;
            };
            probers = back;
            let picture = Picture::new(start.elapsed(), rows, last.as_ref());
            let texts = view.texts(&picture, last.as_ref());
            last = Some(picture);
            // Nobody may read: the signal is heard all the same.
            let showing = spawn_blocking(move || {
                let shown = view.show(texts);
                (view, shown)
            });
            let Some(shown) = stop.unless_asked(showing).await else {
                break;
            };
            let (back, has_reader) = shown?;
            view = back;
            if !has_reader? || self.once {
                break;
            }
            let next = sleep_until((begun + self.interval).into());
            if stop.unless_asked(next).await.is_none() {
                break;
            }
        }
        judge(last.as_ref())
    }
}

/// Asks all servers, each on its own.
async fn poll(probers: Vec<Prober>) -> (Vec<Prober>, Vec<Row>) {
    let asked = probers
        .into_iter()
        .enumerate()
        .map(async |(place, mut prober)| {
            let (answer, socket) = prober.probe().await;
            let row = Row::of(prober.address().clone(), socket, &answer);
            (place, prober, row)
        });
    let asked: JoinSet<_> = asked.collect();
    let mut answered = asked.join_all().await;
    answered.sort_by_key(|(place, ..)| *place);
    answered
        .into_iter()
        .map(|(_, prober, row)| (prober, row))
        .unzip()
}

fn judge(last: Option<&Picture>) -> Result<(), Failure> {
    match last.map_or(0, Picture::wrong) {
        0 => Ok(()),
        1 => Err(Failure::Check(
            "one thing is wrong with these servers".to_owned(),
        )),
        wrong => Err(Failure::Check(format!(
            "{wrong} things are wrong with these servers"
        ))),
    }
}
