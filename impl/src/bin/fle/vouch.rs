//! `fle vouch`: an operator's word that a server's data directory has all that the server has
//! promised.

use crate::failure::Failure;
use crate::output::say;
use fle::config::ServerConfig;
use fle::leadership::Epochs;
use fle::member::MemberConfig;
use fle::storage::EpochFiles;
use std::path::PathBuf;

/// Takes your word that a server's data directory has all that the server has promised.
///
/// A server that cannot know what it has promised stands aside until an established leader has
/// taken it in. That needs nobody. Give your word only where that does not come to pass, and only
/// in one of these two cases:
///
/// 1. The data directory was moved or copied while the server stood still, and holds the latest
///    epochs that the server stored.
///
/// 2. There are no epochs in it, and the server has never been part of this ensemble: one that
///    begins while not all of its voters can be up, or in which ZooKeeper's servers vote.
///
/// In any other case (a disk that was replaced, a backup that was restored) the server may break
/// promises that it has forgotten, and two servers lead in one epoch.
///
/// The server must not run. Nothing else but fle's own mark in the directory is changed, and epoch
/// 0 is stored if there is none.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Vouch {
    /// The configuration file, zoo.cfg.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Vouch {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let server = ServerConfig::load(&self.config)?.value;
        let ensemble = MemberConfig::from_files(&server)?.node.ensemble;
        let (sid, data_dir) = (server.sid(), &server.options().data_dir);
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        let vouched = EpochFiles::vouch(data_dir, sid, &ensemble);
        let Epochs { accepted, current } = runtime.block_on(vouched)?;
        say(&format!(
            "server {sid}: {} holds all that it has promised: accepted epoch {accepted}, current epoch {current}\n",
            data_dir.display()
        ))
    }
}
