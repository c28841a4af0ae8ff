//! `bedside node`: making a media node known to the control plane, where the two are on different machines.
//!
//! ```text
//! on the node's machine       bedside node key --data /var/lib/bedside/node      prints the public key
//! where the database is       bedside node enroll --public-key …                 prints the id for media-server.toml
//! ```
//!
//! `bedside serve` does both by itself.

use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use control_plane::store::Store;
use media_server::control::node_key;
use protocol::NodeId;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Print the public key of the node with this folder; makes the key if there is none.
    Key {
        /// The node's folder, `node.data` of its configuration.
        #[arg(long)]
        data: PathBuf,
    },
    /// Make a node known by its public key, and print its id. Without effect when it is known.
    Enroll(EnrollArguments),
}

#[derive(Debug, clap::Args)]
pub(crate) struct EnrollArguments {
    /// The control plane's configuration file; `DATABASE_URL` counts, too.
    #[arg(long, env = "BEDSIDE_CONFIG")]
    config: Option<PathBuf>,
    /// What `bedside node key` printed. Of 64 keys one begins with a hyphen.
    #[arg(long, allow_hyphen_values = true)]
    public_key: String,
    /// The node's id, if it has one already. Default: a new one.
    #[arg(long)]
    node: Option<NodeId>,
    /// Where the node stands, in your words.
    #[arg(long, default_value = "default")]
    region: String,
}

pub(crate) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Key { data } => print_key(&data),
        Command::Enroll(arguments) => enroll(&arguments),
    }
}

fn print_key(data: &std::path::Path) -> anyhow::Result<()> {
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.with_context(|| format!("--data {}", data.display()))?;
    let key = node_key::load_or_create(&data.join("node.key"))?;
    writeln!(io::stdout(), "{}", key.public())?;
    Ok(())
}

fn enroll(arguments: &EnrollArguments) -> anyhow::Result<()> {
    let config = crate::parts::control_plane_config(arguments.config.as_deref())?;
    let node = arguments.node.unwrap_or_else(NodeId::new_v7);
    crate::parts::runtime()?.block_on(async {
        let store = Store::open_beside(&config).await?;
        let enrolled =
            control_plane::nodes::enroll(&store, node, &arguments.public_key, &arguments.region).await;
        store.db.close().await;
        enrolled.map_err(anyhow::Error::from)
    })?;
    writeln!(io::stdout(), "{node}")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        arguments: EnrollArguments,
    }

    #[test]
    fn a_key_that_begins_with_a_hyphen_is_no_option() {
        let key = "-N0rtBv7u1cVYt4zB5q2Zg9oKqkQYwq8mHc3n5o7f2s";

        let program = Program::try_parse_from(["enroll", "--public-key", key, "--region", "north"]).unwrap();

        assert_eq!(
            (program.arguments.public_key.as_str(), program.arguments.region.as_str()),
            (key, "north")
        );
    }
}
