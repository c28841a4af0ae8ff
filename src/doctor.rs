//! `bedside doctor`: which ways lead from here to a visit, in plain words.
//!
//! ```text
//! on the server    bedside doctor --data /var/lib/bedside                    everything, from the server
//!                  bedside doctor --data /var/lib/bedside --print-ticket     for another machine, good for 5 min
//! anywhere         bedside doctor --ticket …                                 everything, from there
//!                  bedside doctor --url https://clinic.example               names, certificate and clock only
//! ```
//!
//! A node answers nobody who was not let in, and no URL lets a test in (docs/decisions/0005): so the media's ways are tried as
//! a participant of a room in which nobody meets, with a token that only the holder of the database's keys can make.

mod door;
mod media;
mod report;
mod ticket;
mod trust;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use url::Url;

use report::{Check, Finding, Report};
use ticket::Ticket;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What people type into their browser. Default: what the ticket, or the configuration, says.
    #[arg(long)]
    url: Option<Url>,
    /// The folder of `bedside serve`, on the machine that runs it.
    #[arg(long, conflicts_with_all = ["config", "ticket"])]
    data: Option<PathBuf>,
    /// The control plane's configuration, where it is not run by `serve`.
    #[arg(long, conflicts_with = "ticket")]
    config: Option<PathBuf>,
    /// What `--print-ticket` printed on the server; `-` reads it from standard input.
    #[arg(long)]
    ticket: Option<String>,
    /// Print a ticket for another machine, and nothing else. It opens one seat in an empty room, for five minutes.
    #[arg(long)]
    print_ticket: bool,
    /// Certificates to trust beside the system's, PEM.
    #[arg(long)]
    ca: Option<PathBuf>,
    /// For programs.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    crate::parts::runtime()?.block_on(examine(arguments))
}

async fn examine(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let ticket = ticket(arguments).await?;
    if arguments.print_ticket {
        let ticket =
            ticket.context("--print-ticket needs --data or --config: only the server makes tickets")?;
        report::print(&format!("{}\n", ticket.to_text()?))?;
        return Ok(ExitCode::SUCCESS);
    }
    let url = match (&arguments.url, &ticket) {
        (Some(url), _) => url.clone(),
        (None, Some(ticket)) => ticket.origin.clone(),
        (None, None) => anyhow::bail!("what to test? Give --url, --ticket, --data or --config"),
    };
    anyhow::ensure!(
        matches!(url.scheme(), "http" | "https") && url.has_host(),
        "--url: {url} is not an address like https://clinic.example"
    );
    let trust = trust::load(arguments.ca.as_deref())?;
    let mut report = Report::default();
    door::examine(&url, &trust, &mut report).await;
    match ticket {
        Some(ticket) => media::examine(ticket, &url, &trust, &mut report).await,
        None => {
            for check in [Check::WebSocket, Check::Udp, Check::IceTcp, Check::Turn] {
                report.add(Finding::not_tried(check, "needs a ticket from the server (--print-ticket)"));
            }
        }
    }
    report::print(&if arguments.json { report.to_json()? } else { report.to_text() })?;
    Ok(if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Given, or made from the server's own files.
async fn ticket(arguments: &Arguments) -> anyhow::Result<Option<Ticket>> {
    if let Some(text) = &arguments.ticket {
        let text = if text == "-" { std::io::read_to_string(std::io::stdin())? } else { text.clone() };
        return Ticket::parse(&text).map(Some).context("--ticket: not what --print-ticket prints");
    }
    let config = match (&arguments.data, &arguments.config) {
        (Some(data), _) => data.join("run").join("control-plane.toml"),
        (None, Some(config)) => config.clone(),
        (None, None) => return Ok(None),
    };
    let config = crate::parts::control_plane_config(Some(&config))?;
    Ticket::make(&config).await.map(Some)
}
