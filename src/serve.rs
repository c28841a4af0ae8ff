//! `bedside serve`: what a small clinic runs. Supervises one child process a part, over loopback, with the protocols
//! of a cluster: there is no second code path.
//!
//! ```text
//! serve ─┬─▶ bedside control-plane --config data/run/control-plane.toml
//!        └─▶ bedside media-server  --config data/run/media-server.toml
//! ```

mod child;
mod layout;
mod ready;
mod welcome;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Parser as _;
use control_plane::app::HttpSettings;
use control_plane::demo::{self, Demo};
use control_plane::store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::warn;

use child::{Ending, Part};
use layout::Layout;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Folder of everything that is kept: database, keys, spools. Made when missing.
    #[arg(long, default_value = "data")]
    data: PathBuf,
    /// Put a demo clinic with printed accounts into the database, if it is empty. On this machine only: everybody knows
    /// the passwords.
    #[arg(long)]
    demo: bool,
    /// Address of the web app and API. Without a certificate only a loopback address is accepted.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// What people type into their browser. Default: localhost with the port of --listen; https:// with a certificate.
    #[arg(long)]
    public_origin: Option<String>,
    /// Reverse proxy (address or network) whose X-Forwarded-For is believed; may be repeated.
    #[arg(long)]
    trusted_proxy: Vec<String>,
    /// Address of the media node's signalling WebSocket.
    #[arg(long, default_value = "127.0.0.1:7701")]
    signal_listen: SocketAddr,
    /// What browsers dial for signalling. Default: ws://localhost:<port of --signal-listen>/signal, or wss://.
    #[arg(long)]
    signal_url: Option<String>,
    /// First UDP port of media; each worker takes the next.
    #[arg(long, default_value_t = 7710)]
    media_port: u16,
    /// Address that browsers send media to; may be repeated. Default: every address of this machine.
    #[arg(long)]
    media_address: Vec<IpAddr>,
    /// Certificate chain for HTTPS and WSS, PEM.
    #[arg(long, requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Private key of the certificate, PEM.
    #[arg(long, requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
    /// Address of a TURN relay that browsers are told with each join (`turn:…`, `turns:…`); may be repeated. See config/coturn.
    #[arg(long, requires = "turn_secret_file")]
    turn_url: Vec<String>,
    /// File with the secret that is shared with the relay.
    #[arg(long)]
    turn_secret_file: Option<PathBuf>,
    /// Loopback port of the control plane's metrics.
    #[arg(long, default_value_t = 9180)]
    metrics_port: u16,
    /// Loopback port of the media node's probes and metrics.
    #[arg(long, default_value_t = 7702)]
    node_metrics_port: u16,
}

pub(crate) fn run(arguments: Arguments) -> anyhow::Result<()> {
    telemetry::log::start(&telemetry::log::LogConfig::default())?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(arguments))
}

/// The control plane's configuration that `serve` uses for this data folder; written now if it never ran.
pub(crate) fn control_plane_config_of(data: &std::path::Path) -> anyhow::Result<PathBuf> {
    let file = data.join("run").join("control-plane.toml");
    if file.exists() {
        return Ok(file);
    }
    let defaults = Defaults::parse_from([std::ffi::OsStr::new("serve"), "--data".as_ref(), data.as_os_str()]);
    Ok(Layout::prepare(&defaults.arguments)?.control_plane_config)
}

/// [`Arguments`] as a command of its own, to take its defaults from.
#[derive(Debug, clap::Parser)]
struct Defaults {
    #[command(flatten)]
    arguments: Arguments,
}

async fn serve(arguments: Arguments) -> anyhow::Result<()> {
    // Held until we end: another one would write its configuration over that of our parts.
    let _folder = layout::lock(&arguments)?;
    let layout = Layout::prepare(&arguments)?;
    media_server::Config::load(&layout.media_server_config).map_err(media_server::StartError::from)?;
    let demo = prepare_database(&layout, arguments.demo).await?;

    let (stop, stopping) = watch::channel(false);
    let (ready, is_ready) = watch::channel(false);
    let mut parts = tokio::task::JoinSet::new();
    for part in parts_of(&layout)? {
        parts.spawn(child::keep_running(part, is_ready.clone(), stopping.clone()));
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let problem = loop {
        tokio::select! {
            () = ready::both(&layout), if !*is_ready.borrow() => {
                ready.send_replace(true);
                welcome::print(&layout, demo)?;
            }
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            Some(ended) = parts.join_next() => break Some(ended),
        }
    };
    stop.send_replace(true);
    while parts.join_next().await.is_some() {}
    match problem {
        None => Ok(()),
        Some(ended) => match ended?? {
            Ending::BadConfig(part) => {
                anyhow::bail!("the {part} refuses its configuration; its own message is above")
            }
            Ending::NotStarted(part) => {
                anyhow::bail!("the {part} does not start; its own message is above")
            }
            Ending::Stopped => Ok(()),
        },
    }
}

/// Migrates the database, enrols the node's key, and adds the demo clinic when asked to.
async fn prepare_database(layout: &Layout, with_demo: bool) -> anyhow::Result<Option<Demo>> {
    let config = crate::parts::control_plane_config(Some(&layout.control_plane_config))?;
    let store = Store::open(&config).await?;
    control_plane::nodes::enroll(&store, layout.node, &layout.node_public_key, layout::REGION)
        .await
        .context("the media node cannot be enrolled")?;
    let demo = demo_clinic(&store, with_demo, &config.http).await;
    store.db.close().await;
    demo
}

/// The demo clinic is never to be reached from elsewhere: its passwords are in its source.
async fn demo_clinic(store: &Store, wanted: bool, http: &HttpSettings) -> anyhow::Result<Option<Demo>> {
    let origin = &http.public_origin;
    if !http.is_local() {
        anyhow::ensure!(
            !wanted,
            "--demo: everybody knows the demo clinic's passwords, so it is not served at {origin}"
        );
        anyhow::ensure!(
            demo::look(store).await? != Some(Demo::There),
            "--data holds the demo clinic, whose passwords everybody knows: it is not served at {origin}. Give a new folder"
        );
    }
    if !wanted {
        return Ok(None);
    }
    let demo = demo::fill(store).await?;
    if demo == Demo::NotEmpty {
        warn!("the database holds a clinic already: no demo data was added");
    }
    Ok(Some(demo))
}

fn parts_of(layout: &Layout) -> anyhow::Result<[Part; 2]> {
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let part = |name: &'static str, config: &PathBuf| Part {
        name,
        program: program.clone(),
        arguments: vec![name.to_owned(), "--config".to_owned(), config.display().to_string()],
    };
    Ok([
        part("control-plane", &layout.control_plane_config),
        part("media-server", &layout.media_server_config),
    ])
}
