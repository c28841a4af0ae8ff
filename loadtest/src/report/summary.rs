//! The report as people read it in a terminal.

use std::fmt::{self, Display, Formatter};

use super::Report;
use crate::figures::FIGURES;

impl Display for Report {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}: {}", self.scenario, self.description)?;
        let cut = if self.interrupted { ", cut short" } else { "" };
        writeln!(out, "seed {}, {:.1} s{cut}\n", self.seed, self.ran_s)?;
        for (name, _) in FIGURES {
            if let Some(value) = self.figures.get(*name) {
                writeln!(out, "  {name:<34} {:>14}", number(*value))?;
            }
        }
        self.write_failures(out)?;
        self.write_thresholds(out)?;
        for warning in &self.warnings {
            writeln!(out, "\nwarning: {warning}")?;
        }
        Ok(())
    }
}

impl Report {
    fn write_failures(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nwhat went wrong")?;
        self.failures.iter().try_for_each(|(cause, times)| writeln!(out, "  {times:>6} x {cause}"))
    }

    fn write_thresholds(&self, out: &mut Formatter<'_>) -> fmt::Result {
        if self.thresholds.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nthresholds")?;
        for verdict in &self.thresholds {
            let least = verdict.bound.min.map(|min| format!(">= {}", number(min)));
            let most = verdict.bound.max.map(|max| format!("<= {}", number(max)));
            let bounds: Vec<_> = least.into_iter().chain(most).collect();
            let value = verdict.value.map_or_else(|| "not measured".to_owned(), number);
            let word = if verdict.holds { "holds " } else { "BROKEN" };
            writeln!(out, "  {word} {:<34} {value:>14}  ({})", verdict.figure, bounds.join(" and "))?;
        }
        Ok(())
    }
}

/// Three digits of small numbers, none behind the point of large ones.
pub(super) fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}
