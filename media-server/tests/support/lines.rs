//! What the node has logged, by every module and at every level, for a look at what must not be in it (abuse 43).

use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::participant::OFFER_PASSWORD;

/// More than any test logs; beyond, the oldest are not kept.
const KEPT_BYTES_MAX: usize = 64 << 20;

/// What is in nobody's log, whatever a test does: SDP, secrets of ICE, tokens (`{"` in base64), addresses of the tests' peers.
const NEVER: [&str; 7] =
    ["a=ice-", "a=fingerprint", "a=candidate", "m=audio", OFFER_PASSWORD, "eyJ", "anary"];

static LINES: Mutex<String> = Mutex::new(String::new());
static STARTED: Once = Once::new();

/// Looks through the lines when it goes, with the world that it is of.
pub(crate) struct Watch(());

impl Watch {
    pub(crate) fn begin() -> Self {
        STARTED.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
        Self(())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for canary in NEVER {
                assert_not_logged(canary);
            }
        }
    }
}

/// Whether the log holds something.
pub(crate) fn has(text: &str) -> bool {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).contains(text)
}

pub(crate) fn assert_not_logged(canary: &str) {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    let line = lines.lines().find(|line| line.contains(canary));
    assert_eq!(line, None, "{canary}");
}

/// Of the node: the tests' own participants are in the same process, and may say what they like.
fn is_the_nodes(metadata: &Metadata<'_>) -> bool {
    !["client", "webrtc", "rtc", "shell"].iter().any(|other| metadata.target().starts_with(other))
}

struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_the_nodes(metadata)
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line::of(span.metadata());
        span.record(&mut line);
        line.write();
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        line.write();
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::of(event.metadata());
        event.record(&mut line);
        line.write();
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Line {
    fn of(metadata: &Metadata<'_>) -> Self {
        Self(format!("{} {}", metadata.level(), metadata.target()))
    }

    fn write(self) {
        let mut lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() > KEPT_BYTES_MAX {
            lines.clear();
        }
        lines.push_str(&self.0);
        lines.push('\n');
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        let _ = write!(self.0, " {field}={value}");
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}
