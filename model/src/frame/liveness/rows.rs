//! A graph in few bytes: for each state a row, with the goals that fail there and the edges out of
//! it.
//!
//! Numbers are written as how much they differ from the one before, and small ones in one byte, for
//! states that are found together have numbers close to one another. An edge to the state after the
//! one that the edge before leads to takes no more than the byte of its class.

use integer_encoding::VarInt;

/// A state's number.
pub(super) type Number = u32;

/// Where an edge leads that crosses the boundary: to no state that was visited.
pub(super) const BEYOND: Number = Number::MAX;

/// How many classes of actions there can be.
pub(super) const MOST_CLASSES: usize = 126;

/// The class of an action that is not owed.
pub(super) const NOT_OWED: u8 = 126;

/// Where the byte of a class would be: the row ends.
const END: u8 = 127;

/// Beside a class: the edge leads to the next state.
const NEXT: u8 = 1 << 7;

/// Rows, in the order in which they were written.
#[derive(Default)]
pub(crate) struct Rows {
    /// For each row: how its state's number differs from that of the row before, the goals that
    /// fail, and for each edge its class and how the number of its target differs from that of the
    /// edge before, or else from the state's own.
    bytes: Vec<u8>,
    states: usize,
    edges: usize,
    /// The number of the state that is written about.
    number: Number,
    /// Where its last edge leads, if not beyond the boundary.
    target: Number,
}

/// Rows that are complete, each found by its state's number.
pub(super) struct Index {
    bytes: Vec<u8>,
    /// For each state, where its goals are written.
    starts: Vec<u32>,
    edges: usize,
}

/// A place in a row: between two edges.
#[derive(Clone, Copy)]
pub(super) struct Cursor {
    place: u32,
    target: Number,
}

impl Rows {
    /// What follows is about this state.
    pub(super) fn begin(&mut self, number: Number, failing: u32) {
        if self.states > 0 {
            self.bytes.push(END);
        }
        self.states += 1;
        self.append(i64::from(number) - i64::from(self.number));
        self.append(failing);
        (self.number, self.target) = (number, number);
    }

    /// The state has one more edge.
    pub(super) fn write(&mut self, class: u8, target: Number) {
        self.edges += 1;
        if target == BEYOND {
            self.bytes.push(class);
            self.append(0_i64);
            return;
        }
        let further = i64::from(target) - i64::from(self.target);
        self.target = target;
        if further == 1 {
            self.bytes.push(class | NEXT);
        } else {
            self.bytes.push(class);
            // Zero is taken.
            self.append(if further < 0 { further } else { further + 1 });
        }
    }

    fn append(&mut self, number: impl VarInt) {
        let mut bytes = [0; 10];
        let length = number.encode_var(&mut bytes);
        self.bytes.extend_from_slice(&bytes[..length]);
    }
}

impl Index {
    /// The rows of all threads.
    ///
    /// # Panics
    /// With more than 2³² bytes, or if a state has no row or two.
    pub(super) fn of(parts: Vec<Rows>) -> Self {
        let states = parts.iter().map(|part| part.states).sum();
        let mut index = Self {
            bytes: Vec::new(),
            starts: vec![u32::MAX; states],
            edges: parts.iter().map(|part| part.edges).sum(),
        };
        for mut part in parts {
            if part.states > 0 {
                part.bytes.push(END);
            }
            let first = index.bytes.len();
            if first == 0 {
                index.bytes = part.bytes;
            } else {
                index.bytes.append(&mut part.bytes);
            }
            index.find_rows(first);
        }
        index.bytes.shrink_to_fit();
        index
    }

    /// Notes where the rows from this place on start.
    fn find_rows(&mut self, first: usize) {
        let mut place = u32::try_from(first).expect("at most 2³² bytes of edges");
        let end = u32::try_from(self.bytes.len()).expect("at most 2³² bytes of edges");
        let mut number = 0_i64;
        while place < end {
            number += self.read::<i64>(&mut place);
            let state = Number::try_from(number).expect("it was one when it was written");
            let start = &mut self.starts[state as usize];
            assert_eq!(*start, u32::MAX, "a state is visited once");
            *start = place;
            let mut cursor = self.edges_from(state);
            while self.advance(&mut cursor).is_some() {}
            place = cursor.place + 1;
        }
    }

    /// How many states there are.
    pub(super) fn states(&self) -> usize {
        self.starts.len()
    }

    /// How many edges there are.
    pub(super) fn edges(&self) -> usize {
        self.edges
    }

    /// The goals that fail in the state.
    pub(super) fn failing(&self, number: Number) -> u32 {
        self.read(&mut self.starts[number as usize].clone())
    }

    /// Before the first edge out of the state.
    pub(super) fn edges_from(&self, number: Number) -> Cursor {
        let mut place = self.starts[number as usize];
        let _failing: u32 = self.read(&mut place);
        Cursor {
            place,
            target: number,
        }
    }

    /// The next edge: its class and where it leads.
    pub(super) fn advance(&self, cursor: &mut Cursor) -> Option<(u8, Number)> {
        let byte = self.bytes[cursor.place as usize];
        if byte == END {
            return None;
        }
        cursor.place += 1;
        let further = if byte & NEXT == 0 {
            match self.read::<i64>(&mut cursor.place) {
                0 => return Some((byte, BEYOND)),
                further if further < 0 => further,
                further => further - 1,
            }
        } else {
            1
        };
        let target = i64::from(cursor.target) + further;
        cursor.target = Number::try_from(target).expect("it was one when it was written");
        Some((byte & !NEXT, cursor.target))
    }

    fn read<T: VarInt>(&self, place: &mut u32) -> T {
        let bytes = &self.bytes[*place as usize..];
        let (number, length) = T::decode_var(bytes).expect("it was written");
        *place += u32::try_from(length).expect("a few bytes");
        number
    }
}
