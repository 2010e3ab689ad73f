//! Holds what the modules of a crate import against the layers that a test of the crate states.
//!
//! The test reads the crate from its root file ([`Crate::read`]) and asks for the
//! [`faults`](Crate::faults) of its layers: an import of a module in the same layer or in a later
//! one, a module that no layer lists, a folder without layers. [`Crate::imports`] is for rules of
//! the crate's own.
//!
//! # What counts
//! - An import is a path that leads to another module: in a `use` line, in the code, in the
//!   arguments of a macro or an attribute.
//! - It leads to the module that is named, but for a name that a parent hands on, which is followed
//!   to where it stands: a parent hands on what its children define, and they may go by its name.
//!   To hand on (`pub use`) what stands below is no import.
//! - Code under `#[cfg(test)]` is left out: a test may look at everything. So are links in
//!   comments, and the `pub(in …)` of an item.
//!
//! # Deliberately absent
//! Method calls: what type a receiver has is not in the text. The module of a type is almost
//! always named where a value of the type is taken or made. Names behind a `*` are not followed
//! either: such an import leads to the module before the `*`. Modules in `mod.rs` files.

mod layers;
mod read;
mod resolve;

pub(crate) use layers::Layers;
pub(crate) use read::Crate;
pub(crate) use resolve::{Import, Target};
