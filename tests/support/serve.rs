//! `bedside serve`, as an operator starts it.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ClientConfig;

use super::certificate::Certificate;
use super::program::bedside;
use super::{Browser, Ports, Program, until};

/// What every start that succeeds says last.
pub(crate) const READY: &str = "Bedside is ready at";

/// How to start it.
pub(crate) struct Setup {
    pub(crate) data: PathBuf,
    pub(crate) ports: Ports,
    /// More arguments, or the same again: the last one counts.
    pub(crate) more: Vec<String>,
    certificate: Option<Certificate>,
}

/// It runs, and is ready.
pub(crate) struct Serve {
    pub(crate) program: Program,
    pub(crate) ports: Ports,
    pub(crate) data: PathBuf,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Setup {
    /// With ports of its own on this folder.
    pub(crate) fn on(data: &Path) -> Self {
        Self::with_ports(data, Ports::take())
    }

    /// With ports that an earlier one had.
    pub(crate) fn with_ports(data: &Path, ports: Ports) -> Self {
        Self { data: data.to_owned(), ports, more: Vec::new(), certificate: None }
    }

    pub(crate) fn demo(mut self) -> Self {
        self.more.push("--demo".to_owned());
        self
    }

    pub(crate) fn with(mut self, name: &str, value: &dyn Display) -> Self {
        self.more.extend([name.to_owned(), value.to_string()]);
        self
    }

    /// HTTPS and WSS with this certificate of `localhost`.
    pub(crate) fn with_tls(self, certificate: Certificate) -> Self {
        let mut this = self
            .with("--tls-certificate", &certificate.chain.display())
            .with("--tls-key", &certificate.key.display());
        this.certificate = Some(certificate);
        this
    }

    /// The arguments after `bedside`.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let ports = &self.ports;
        let own = [
            ("--data", self.data.display().to_string()),
            ("--listen", format!("127.0.0.1:{}", ports.web())),
            ("--signal-listen", format!("127.0.0.1:{}", ports.signal())),
            ("--media-port", ports.media().to_string()),
            ("--media-address", "127.0.0.1".to_owned()),
            ("--metrics-port", ports.metrics().to_string()),
            ("--node-metrics-port", ports.node_metrics().to_string()),
        ];
        // Given twice, an argument is an error: what a story gives replaces ours.
        let own = own.into_iter().filter(|(name, _)| !self.more.iter().any(|more| more == name));
        std::iter::once("serve".to_owned())
            .chain(own.flat_map(|(name, value)| [name.to_owned(), value]))
            .chain(self.more.iter().cloned())
            .collect()
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = bedside();
        command.args(self.arguments());
        command
    }

    pub(crate) async fn start(self) -> Serve {
        let command = self.command();
        self.start_as(command).await
    }

    /// Starts it by another command, which becomes it.
    pub(crate) async fn start_as(self, mut command: Command) -> Serve {
        let mut program = Program::start(&mut command);
        program.says(READY).await;
        let tls = self.certificate.as_ref().map(Certificate::trusted);
        Serve { program, ports: self.ports, data: self.data, tls }
    }
}

impl Serve {
    /// On this folder, with the demo clinic if it is empty.
    pub(crate) async fn demo(data: &Path) -> Self {
        Setup::on(data).demo().start().await
    }

    /// A browser at its web app, signed in as nobody.
    pub(crate) fn browser(&self) -> Browser {
        Browser::open(self.ports.web(), self.tls.clone())
    }

    /// The control plane knows the node: joins are placed there.
    pub(crate) async fn node_is_welcomed(&self) {
        until("the node is welcomed", async || self.program.said().contains("node connected").then_some(()))
            .await;
    }

    /// One number of the node's metrics, 0 if it is not there.
    pub(crate) async fn node_metric(&self, name: &str) -> f64 {
        let answer = Browser::open(self.ports.node_metrics(), None).get("/metrics").await;
        let value =
            answer.text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_default()
    }
}
