//! How much a search in a store takes at a time.

/// What a search in a store takes at a time.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The fewest states of a chunk, but for the last of a layer: after each there is a wait for
    /// the disk.
    pub chunk_from: usize,
    /// The most states of a chunk: what a process loses that ends.
    pub chunk_to: usize,
    /// How many bytes of candidates a thread gathers before it writes them.
    pub gathered: usize,
    /// How many runs are merged at once. If there are more, some are merged to one first.
    pub merged: usize,
    /// How many states are remembered as met lately.
    pub recent: usize,
}

impl Default for Limits {
    /// Some 300 MiB with two threads.
    fn default() -> Self {
        Self {
            chunk_from: 1 << 10,
            chunk_to: 1 << 17,
            gathered: 64 << 20,
            merged: 256,
            recent: 1 << 23,
        }
    }
}

impl Limits {
    /// How many states a chunk has, where there are so many candidates for a layer: several chunks
    /// for each thread.
    pub(super) fn chunk(&self, candidates: usize, threads: usize) -> usize {
        let from = self.chunk_from.max(1);
        (candidates / (threads * 8)).clamp(from, self.chunk_to.max(from))
    }
}
