//! One thread that works on what it owns, one request at a time, and answers.
//!
//! Invariant: nobody waits for the thread without being able to stop waiting. A disk that hangs
//! holds up neither the runtime nor the end of the process, which no thread but the main one can
//! delay.

use std::sync::mpsc;
use std::{io, thread};
use tokio::sync::oneshot;

type Work<T> = Box<dyn FnOnce(&mut T) + Send>;

/// A thread, for as long as this handle is there and then until the work that was asked for is
/// done.
#[derive(Debug)]
pub(super) struct Worker<T> {
    queue: mpsc::Sender<Work<T>>,
}

impl<T: Send + 'static> Worker<T> {
    pub(super) fn start(name: &str, mut owned: T) -> io::Result<Self> {
        let (queue, requests) = mpsc::channel::<Work<T>>();
        let serve = move || requests.iter().for_each(|work| work(&mut owned));
        thread::Builder::new().name(name.to_owned()).spawn(serve)?;
        Ok(Self { queue })
    }

    /// Has the thread do this; `None` if the thread has died. Work that was asked for is done even
    /// if nobody waits any more.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut T) -> R + Send + 'static,
    ) -> Option<R> {
        let (answer, answered) = oneshot::channel();
        let work = move |owned: &mut T| {
            // Whoever stopped waiting does not want to know.
            let _ = answer.send(work(owned));
        };
        self.queue.send(Box::new(work)).ok()?;
        answered.await.ok()
    }
}
