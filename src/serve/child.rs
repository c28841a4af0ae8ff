//! One child process of `bedside serve`: started, watched, started again when it dies, stopped with us.
//!
//! A child holds the reading end of a pipe to us as its standard input. When we are gone, even by `kill -9`, the
//! pipe ends and the child stops by itself (see [`crate::supervised`]), so that no port stays taken.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tracing::{error, info, warn};

/// The first pause before a part that died is started again; doubles up to [`BACKOFF_MAX`].
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
/// Longest pause: an operator who mends the cause should not wait for us.
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// A part that ran this long was well: its next death starts again with the first pause.
const WELL_AFTER: Duration = Duration::from_secs(30);
/// A part has this long to stop by itself before it is killed: a node tells its participants where to go, and the
/// control plane gives its last requests ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(15);
/// `EX_CONFIG` of sysexits: starting it again will not help, unless it was ready before. Then something is being changed,
/// such as a certificate of which only one half is there yet.
const EX_CONFIG: i32 = 78;

/// What to start.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// For logs: `control-plane`, `media-server`.
    pub(super) name: &'static str,
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
}

/// Why a part is not running any more.
#[derive(Debug)]
pub(super) enum Ending {
    /// We were asked to stop, and it did.
    Stopped,
    /// Its configuration is wrong; it said so itself.
    BadConfig(&'static str),
    /// It died before everything was ready for the first time: a port in use, a folder that cannot be written.
    NotStarted(&'static str),
}

/// Keeps `part` running until `stop` turns true. Until `ready` was true once it is not started again: what keeps it from
/// starting is told to whoever starts us, and not tried again behind their back. Later the other parts may hold running
/// calls, and this one is tried again whatever ails it.
///
/// # Errors
/// When the program cannot be started at all.
pub(super) async fn keep_running(
    part: Part,
    ready: watch::Receiver<bool>,
    mut stop: watch::Receiver<bool>,
) -> std::io::Result<Ending> {
    let mut backoff = BACKOFF_FIRST;
    loop {
        let started = Instant::now();
        let life = match start(&part) {
            Ok(child) => live(&part, child, &mut stop).await,
            Err(error) => Life::Failed(error),
        };
        let was_ready = *ready.borrow();
        match life {
            Life::Stopped => return Ok(Ending::Stopped),
            Life::Failed(error) if !was_ready => return Err(error),
            Life::Ended(status) if !was_ready && status.code() == Some(EX_CONFIG) => {
                return Ok(Ending::BadConfig(part.name));
            }
            Life::Ended(status) if !was_ready => {
                error!(part = part.name, %status, "part did not start");
                return Ok(Ending::NotStarted(part.name));
            }
            Life::Ended(_) | Life::Failed(_) => {}
        }
        if started.elapsed() >= WELL_AFTER {
            backoff = BACKOFF_FIRST;
        }
        report_death(&part, &life, backoff);
        tokio::select! {
            () = tokio::time::sleep(backoff) => {}
            () = asked(&mut stop) => return Ok(Ending::Stopped),
        }
        backoff = (backoff * 2).min(BACKOFF_MAX);
    }
}

/// How one life of a part went.
#[derive(Debug)]
enum Life {
    /// We were asked to stop, and it did.
    Stopped,
    /// It ended by itself.
    Ended(ExitStatus),
    /// It could not be started or waited for.
    Failed(std::io::Error),
}

async fn live(part: &Part, mut child: Child, stop: &mut watch::Receiver<bool>) -> Life {
    // Taken, because waiting for a child closes the standard input it still has.
    let lifeline = child.stdin.take();
    info!(part = part.name, pid = child.id(), "part started");
    tokio::select! {
        status = child.wait() => match status {
            Ok(status) => Life::Ended(status),
            Err(error) => Life::Failed(error),
        },
        () = asked(stop) => {
            stop_child(part, child, lifeline).await;
            Life::Stopped
        }
    }
}

/// Returns when we are to stop, or when whoever could say so is gone.
async fn asked(stop: &mut watch::Receiver<bool>) {
    // The guard that `wait_for` returns must not live across an await.
    let _ = stop.wait_for(|stop| *stop).await.is_ok();
}

fn start(part: &Part) -> std::io::Result<Child> {
    Command::new(&part.program)
        .args(&part.arguments)
        .env(crate::supervised::VARIABLE, "1")
        .stdin(Stdio::piped())
        // An interrupt at the terminal goes to a whole group: we stop the parts, in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
}

/// Asks the child to stop by ending its standard input; kills it when it does not.
async fn stop_child(part: &Part, mut child: Child, lifeline: Option<ChildStdin>) {
    drop(lifeline);
    if tokio::time::timeout(STOP_WITHIN, child.wait()).await.is_ok() {
        info!(part = part.name, "part stopped");
        return;
    }
    warn!(part = part.name, "part did not stop in time and is killed");
    if let Err(error) = child.kill().await {
        error!(part = part.name, %error, "part cannot be killed");
    }
}

fn report_death(part: &Part, life: &Life, backoff: Duration) {
    let again_in_ms = u64::try_from(backoff.as_millis()).unwrap_or(u64::MAX);
    match life {
        Life::Ended(status) => {
            error!(part = part.name, %status, again_in_ms, "part died and is started again");
        }
        Life::Failed(error) => {
            error!(part = part.name, %error, again_in_ms, "part cannot be started and is tried again");
        }
        Life::Stopped => {}
    }
}
