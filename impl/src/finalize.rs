//! The rule by which the finalizing wait ends: a setting of the election that a configuration file
//! may choose.

/// When a server that a quorum agrees with stops waiting for a better vote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Finalize {
    /// When nothing better has come for
    /// [`Timing::finalize_wait`](crate::election::Timing::finalize_wait), as in the reference.
    #[default]
    Fixed,
    /// Also as soon as every other voter with weight was heard in this round while it looked, or is
    /// gone ([`handle_reachability`](crate::election::Election::handle_reachability)). Of those
    /// that were heard none can propose better in this round.
    Eager,
}
