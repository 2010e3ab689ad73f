//! What an election is told of its server's connections.

/// What the connections say of a voter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reachability {
    /// It was connected before and cannot be reached any more.
    Gone,
    /// It is connected.
    Connected,
}

/// What the connections say when the wait for votes runs out (the reference's `haveDelivered`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outbox {
    /// At least one peer's queue has been sent: the silence is the others'.
    Delivered,
    /// Every peer's queue still holds something.
    Stalled,
}
