//! The live view: at a terminal a bar of the time that is over and a line of what is going on; elsewhere a line whenever
//! somebody has come or gone.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::sampler::Sample;

/// What is shown while it runs, on standard error.
pub(crate) enum View {
    Bar(ProgressBar),
    Lines,
}

impl View {
    pub(crate) fn new(ends: Duration) -> Self {
        if !stderr().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::new(ends.as_secs().max(1));
        let style = ProgressStyle::with_template("{bar:30} {pos:>4}/{len} s  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self::Bar(bar)
    }

    pub(crate) fn show(&self, now: &Sample, before: Option<&Sample>) {
        match self {
            Self::Bar(bar) => {
                bar.set_position(now.at.as_secs().min(bar.length().unwrap_or(0)));
                bar.set_message(text(now, before));
            }
            Self::Lines if before.is_none_or(|before| people(before) != people(now)) => {
                // Nobody may be reading it.
                let _ = writeln!(stderr().lock(), "{:>5.0} s  {}", now.at.as_secs_f64(), text(now, before));
            }
            Self::Lines => {}
        }
    }

    pub(crate) fn close(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

const fn people(sample: &Sample) -> (i64, i64, i64) {
    (sample.look.present, sample.look.joining, sample.look.failed)
}

fn text(now: &Sample, before: Option<&Sample>) -> String {
    let (present, joining, failed) = people(now);
    let mut text = format!("{present} in rooms, {joining} joining, {failed} failed");
    if now.look.received > 0 {
        text += &format!(", {} of {} packets lost", now.look.lost, now.look.received);
    }
    if let Some((now, node, before_at, before)) =
        before.and_then(|before| Some((now, now.node?, before.at, before.node?)))
    {
        let secs = (now.at - before_at).as_secs_f64().max(1e-3);
        let packets = (node.packets_out - before.packets_out) / secs;
        let cpu = (node.cpu_s - before.cpu_s) / secs * 100.0;
        text += &format!("; node: {packets:.0} packets/s out, {cpu:.0} % CPU");
    }
    text
}
