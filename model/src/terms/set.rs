//! Sets of servers, a bit for each: small enough to be part of a state.

use borsh::{BorshDeserialize, BorshSerialize};
use std::{fmt, iter};

/// A set of at most eight servers, by their places.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, BorshSerialize, BorshDeserialize)]
pub struct ServerSet(u8);

impl ServerSet {
    /// No server.
    pub const NONE: Self = Self(0);

    /// The servers in the first places, this many of them.
    #[must_use]
    pub fn first(count: usize) -> Self {
        (0..count).collect()
    }

    /// Whether the server is in it.
    #[must_use]
    pub fn contains(self, server: usize) -> bool {
        server < 8 && self.0 >> server & 1 == 1
    }

    /// The set with this server in it.
    #[must_use]
    pub fn with(self, server: usize) -> Self {
        assert!(server < 8, "a set holds eight servers");
        Self(self.0 | 1 << server)
    }

    /// The set without this server.
    #[must_use]
    pub fn without(self, server: usize) -> Self {
        Self(self.0 & !Self::NONE.with(server).0)
    }

    /// The servers in it, ascending.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        iter::from_fn(move || {
            let next = rest.trailing_zeros();
            rest &= rest.checked_sub(1)?;
            Some(next as usize)
        })
    }

    /// A bit for each server.
    pub(crate) fn bits(self) -> u8 {
        self.0
    }
}

impl FromIterator<usize> for ServerSet {
    fn from_iter<I: IntoIterator<Item = usize>>(servers: I) -> Self {
        servers.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for ServerSet {
    /// The sids, which count from 1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|server| server + 1))
            .finish()
    }
}
