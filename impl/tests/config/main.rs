//! ZooKeeper's configuration, read, refused and printed.

mod files;
mod options;
mod printing;
mod rules;
