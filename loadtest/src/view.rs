//! The live view: a bar of the time that is over, and a line of what is going on.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::sampler::Sample;

/// What is shown while it runs; where standard error is no terminal, nothing.
pub(crate) struct View(ProgressBar);

impl View {
    pub(crate) fn new(ends: Duration) -> Self {
        let bar = ProgressBar::new(ends.as_secs().max(1));
        let style = ProgressStyle::with_template("{bar:30} {pos:>4}/{len} s  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    pub(crate) fn show(&self, now: &Sample, before: Option<&Sample>) {
        self.0.set_position(now.at.as_secs().min(self.0.length().unwrap_or(0)));
        let mut text = format!(
            "{} in rooms, {} joining, {} failed, {} of {} packets lost",
            now.look.present, now.look.joining, now.look.failed, now.look.lost, now.look.received
        );
        if let (Some(node), Some(before_at), Some(before)) =
            (now.node, before.map(|before| before.at), before.and_then(|before| before.node))
        {
            let over = (now.at - before_at).as_secs_f64().max(1e-3);
            let packets = (node.packets_out - before.packets_out) / over;
            let cpu = (node.cpu_s - before.cpu_s) / over * 100.0;
            text += &format!("  |  node: {packets:.0} packets/s out, {cpu:.0} % CPU");
        }
        self.0.set_message(text);
    }

    pub(crate) fn close(&self) {
        self.0.finish_and_clear();
    }
}
