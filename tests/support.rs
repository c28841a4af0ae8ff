//! What the stories share: the running program, people with a browser each, their places in a room.

use std::time::Duration;

use tokio::time::{Instant, sleep};

pub(crate) mod certificate;
pub(crate) mod database;
pub(crate) mod dice;
pub(crate) mod disk;
pub(crate) mod http;
pub(crate) mod people;
pub(crate) mod ports;
#[expect(dead_code, reason = "what only the stories of the control plane need")]
#[path = "../control-plane/tests/it/support/postgres.rs"]
pub(crate) mod postgres;
pub(crate) mod program;
pub(crate) mod room;
pub(crate) mod serve;

pub(crate) use dice::{Dice, is_long};
pub(crate) use http::{Answer, Browser};
pub(crate) use people::{Visit, demo};
pub(crate) use ports::Ports;
pub(crate) use program::Program;
pub(crate) use room::{gets, join};
pub(crate) use serve::{Serve, Setup};

/// Says how far a long story is, to whoever reads its output.
macro_rules! say {
    ($($line:tt)*) => {{
        use std::io::Write as _;
        // The reader may be gone; there is nobody left to tell.
        let _ = writeln!(std::io::stderr(), $($line)*);
    }};
}
pub(crate) use say;

/// Longer than anything takes on a busy machine; a story that waits this long has failed.
pub(crate) const DEADLINE: Duration = Duration::from_secs(40);
/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `look` finds something, looking often. Nothing is assumed about how long it takes.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        sleep(LOOK_EVERY).await;
    }
}
