//! What names stand for, asked of the system on threads of our own.
//!
//! The system's look-up cannot be given up, and lasts as long as its name servers are silent. A
//! runtime waits for its blocking threads when it ends, and shares them with whatever else blocks;
//! nobody waits for these.
//!
//! # Invariants
//! - A name is looked up by one thread at most; whoever asks meanwhile shares its answer.
//! - There are [`AT_ONCE`] threads at most. Who asks for one more waits, and may give up waiting.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// How many names are looked up at once. Names come from configurations, and few more from members:
/// this is one for each server of an ensemble that is larger than any.
const AT_ONCE: usize = 128;

type LookUp = dyn Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync;
/// Of one look-up; `None` while it is under way. Errors cannot be shared, but what they say can.
type Answer = Option<Result<Vec<SocketAddr>, String>>;

#[derive(Clone)]
pub(super) struct Resolver {
    look_up: Arc<LookUp>,
    under_way: Arc<Mutex<HashMap<String, watch::Receiver<Answer>>>>,
    threads: Arc<Semaphore>,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new(|name| Ok((name, 0).to_socket_addrs()?.collect()))
    }
}

impl Resolver {
    fn new(look_up: impl Fn(&str) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static) -> Self {
        Self {
            look_up: Arc::new(look_up),
            under_way: Arc::default(),
            threads: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// The addresses of a name. May be given up at any time; the look-up goes on for who asks next.
    pub(super) async fn resolve(&self, name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let mut answer = self.answer(name).await?;
        // The thread answers before it lets go of the sender, unless it panics.
        let answered = answer.wait_for(Option::is_some).await;
        let answer = answered.ok().and_then(|answer| (*answer).clone());
        let addresses = answer.unwrap_or_else(|| Err("the look-up failed".to_owned()));
        let mut addresses = addresses.map_err(io::Error::other)?;
        for address in &mut addresses {
            address.set_port(port);
        }
        Ok(addresses)
    }

    /// Where the answer of a look-up that is under way, or now begins, will be.
    async fn answer(&self, name: &str) -> io::Result<watch::Receiver<Answer>> {
        if let Some(answer) = self.under_way().get(name) {
            return Ok(answer.clone());
        }
        let permit = Arc::clone(&self.threads).acquire_owned().await;
        let permit = permit.map_err(io::Error::other)?;
        let mut under_way = self.under_way();
        if let Some(answer) = under_way.get(name) {
            return Ok(answer.clone());
        }
        let answer = self.spawn(name.to_owned(), permit)?;
        under_way.insert(name.to_owned(), answer.clone());
        Ok(answer)
    }

    fn spawn(
        &self,
        name: String,
        permit: OwnedSemaphorePermit,
    ) -> io::Result<watch::Receiver<Answer>> {
        let (answered, answer) = watch::channel(None);
        let this = self.clone();
        let thread = thread::Builder::new().name("fle-resolver".to_owned());
        thread.spawn(move || {
            let found = (this.look_up)(&name).map_err(|error| error.to_string());
            this.under_way().remove(&name);
            answered.send_replace(Some(found));
            drop(permit);
        })?;
        Ok(answer)
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Answer>>> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A name server that answers nothing until it is told to, save for `localhost`.
    #[derive(Default)]
    struct Mute {
        speaks: Mutex<bool>,
        told: Condvar,
        asked: AtomicUsize,
    }

    impl Mute {
        fn resolver(self: &Arc<Self>) -> Resolver {
            let this = Arc::clone(self);
            Resolver::new(move |name| {
                this.asked.fetch_add(1, Ordering::SeqCst);
                let is_known = name == "localhost";
                let mut speaks = this.speaks.lock().unwrap();
                while !*speaks && !is_known {
                    speaks = this.told.wait(speaks).unwrap();
                }
                Ok(vec![([127, 0, 0, 1], 0).into()])
            })
        }

        fn speak(&self) {
            *self.speaks.lock().unwrap() = true;
            self.told.notify_all();
        }
    }

    /// Lets everything that can happen happen, and gives the future up.
    async fn pending<F: Future>(future: F) -> bool {
        tokio::select! {
            biased;
            _ = future => false,
            () = tokio::task::yield_now() => true,
        }
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_however_often_it_is_asked_for() {
        let server = Arc::<Mute>::default();
        let resolver = server.resolver();
        for _ in 0..1000 {
            assert!(pending(resolver.resolve("hangs", 1)).await);
        }
        let found = resolver.resolve("localhost", 7).await.unwrap();
        assert_eq!(found, [([127, 0, 0, 1], 7).into()]);
        // Joined before the server speaks: the answer may be there, and gone, at once.
        let mut waits = pin!(resolver.resolve("hangs", 1));
        assert!(pending(waits.as_mut()).await);
        server.speak();
        waits.await.unwrap();
        assert_eq!(server.asked.load(Ordering::SeqCst), 2);
        assert!(resolver.under_way().is_empty());
        resolver.resolve("hangs", 1).await.unwrap();
        assert_eq!(server.asked.load(Ordering::SeqCst), 3, "names may move");
    }

    #[tokio::test]
    async fn look_ups_are_bounded_and_those_that_wait_come_to_their_turn() {
        let server = Arc::<Mute>::default();
        let resolver = server.resolver();
        for i in 0..AT_ONCE + 100 {
            assert!(pending(resolver.resolve(&format!("hangs-{i}"), 1)).await);
        }
        assert_eq!(resolver.under_way().len(), AT_ONCE);
        assert!(pending(resolver.resolve("localhost", 1)).await);
        server.speak();
        resolver.resolve("localhost", 1).await.unwrap();
        assert!(server.asked.load(Ordering::SeqCst) <= AT_ONCE + 1);
    }
}
