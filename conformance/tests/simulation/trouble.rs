//! What a server asks of its machine, and what becomes of that while something is wrong: it fails,
//! or there is no answer until the trouble is over.

use std::io;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// The trouble that something is in, if any. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Trouble(Arc<State>);

#[derive(Default)]
struct State {
    kind: Mutex<Option<Kind>>,
    changed: Notify,
}

/// What comes of asking.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    /// An error.
    Fails,
    /// Nothing until the trouble is over, and then an error.
    HangsAndFails,
    /// Nothing until the trouble is over, and then what was asked for.
    Hangs,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Fails, Self::HangsAndFails, Self::Hangs];
}

impl Trouble {
    /// From now on, or no more.
    pub(crate) fn set(&self, kind: Option<Kind>) {
        *self.0.kind.lock().unwrap() = kind;
        self.0.changed.notify_waiters();
    }

    fn kind(&self) -> Option<Kind> {
        *self.0.kind.lock().unwrap()
    }

    /// Takes as long as the trouble makes it take.
    pub(crate) async fn pass(&self) -> io::Result<()> {
        let began = self.kind();
        while let Some(Kind::Hangs | Kind::HangsAndFails) = self.kind() {
            self.0.changed.notified().await;
        }
        match began {
            None | Some(Kind::Hangs) => Ok(()),
            Some(Kind::Fails | Kind::HangsAndFails) => Err(io::Error::other("it is in trouble")),
        }
    }
}
