//! The report as a page of its own: one file that needs nothing else, of one run or of two beside each other.

mod plots;

use std::error::Error;
use std::fmt::Write as _;

use super::Report;
use super::summary::number;
use crate::figures::FIGURES;

/// Light or dark as the reader has it; figures in columns that fit a phone.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8886;--bad:#b3261e}\
@media(prefers-color-scheme:dark){:root{--bad:#ff8a80}}\
body{font:16px/1.45 system-ui,sans-serif;max-width:1360px;margin:0 auto;padding:1rem}\
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%}\
td,th{text-align:left;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
tr,figure{break-inside:avoid}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
code{overflow-wrap:anywhere}.meaning{display:block;font-size:.85rem;opacity:.75}\
.bad{color:var(--bad);font-weight:700}.note{border:2px solid var(--bad);padding:.5rem .8rem;margin:.8rem 0}\
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:1rem}\
figure{margin:0}figcaption{font-weight:600}svg{width:100%;height:auto;max-width:680px}\
.key{font-size:.85rem;margin-right:1rem;white-space:nowrap}.key i{display:inline-block;width:1.6rem;vertical-align:middle;margin-right:.4rem}\
.summary{opacity:.85}\
";

/// The page of a run; of `earlier` too, beside it, if there is one.
///
/// # Errors
/// When a picture cannot be drawn.
pub fn page(report: &Report, earlier: Option<&Report>) -> Result<String, Box<dyn Error>> {
    let mut out = String::new();
    let title = escape(&report.scenario);
    write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} – Bedside load test</title><style>{STYLE}</style></head><body>\
         <h1>{title}</h1><p>{}</p>",
        escape(&report.description)
    )?;
    for (name, one) in [("This run", Some(report)), ("The earlier run", earlier)] {
        let Some(one) = one else { continue };
        let began = when(one.started_unix_s);
        let cut = if one.interrupted { ", <b class=\"bad\">cut short</b>" } else { "" };
        write!(
            out,
            "<p class=\"summary\">{name}: {began}, {:.0} s{cut}; seed {}; version {}</p>",
            one.ran_s,
            one.seed,
            escape(&one.version)
        )?;
    }
    for warning in
        report.warnings.iter().cloned().chain(earlier.into_iter().flat_map(|one| of_earlier(report, one)))
    {
        write!(out, "<p class=\"note\" role=\"note\"><b>Mind:</b> {}</p>", escape(&warning))?;
    }
    write_thresholds(&mut out, report)?;
    write_failures(&mut out, report)?;
    plots::write(&mut out, report, earlier)?;
    write_figures(&mut out, report, earlier)?;
    out.push_str("</body></html>\n");
    Ok(out)
}

/// What is to be known of the run that this one is compared to.
fn of_earlier(report: &Report, earlier: &Report) -> Vec<String> {
    let mut said = Vec::new();
    if (&earlier.scenario, &earlier.description) != (&report.scenario, &report.description) {
        said.push(format!(
            "the earlier run was another scenario: {}: {}",
            earlier.scenario, earlier.description
        ));
    }
    said.extend(earlier.warnings.iter().map(|warning| format!("of the earlier run: {warning}")));
    let failed: u64 = earlier.failures.values().sum();
    if failed > 0 {
        said.push(format!("in the earlier run {failed} things went wrong"));
    }
    let broken =
        earlier.thresholds.iter().filter(|verdict| !verdict.holds).map(|verdict| verdict.figure.as_str());
    let broken: Vec<_> = broken.collect();
    if !broken.is_empty() {
        said.push(format!("the earlier run broke its thresholds: {}", broken.join(", ")));
    }
    said
}

fn write_thresholds(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.thresholds.is_empty() {
        return Ok(());
    }
    out.push_str("<h2>Thresholds</h2><table><tr><th>figure</th><th class=\"n\">bound</th><th class=\"n\">value</th><th></th></tr>");
    for verdict in &report.thresholds {
        let bounds = [
            verdict.bound.min.map(|min| format!("≥ {}", number(min))),
            verdict.bound.max.map(|max| format!("≤ {}", number(max))),
        ];
        let bounds: Vec<_> = bounds.into_iter().flatten().collect();
        let word = if verdict.holds { "holds" } else { "<span class=\"bad\">BROKEN</span>" };
        write!(
            out,
            "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{word}</td></tr>",
            escape(&verdict.figure),
            bounds.join(" "),
            verdict.value.map_or_else(|| "not measured".to_owned(), number)
        )?;
    }
    out.push_str("</table>");
    Ok(())
}

fn write_failures(out: &mut String, report: &Report) -> std::fmt::Result {
    if report.failures.is_empty() {
        return Ok(());
    }
    out.push_str("<h2>What went wrong</h2><table><tr><th>step and cause</th><th class=\"n\">times</th></tr>");
    for (cause, times) in &report.failures {
        write!(out, "<tr><td>{}</td><td class=\"n\">{times}</td></tr>", escape(cause))?;
    }
    out.push_str("</table>");
    Ok(())
}

fn write_figures(out: &mut String, report: &Report, earlier: Option<&Report>) -> std::fmt::Result {
    let other =
        if earlier.is_some() { "<th class=\"n\">earlier</th><th class=\"n\">change</th>" } else { "" };
    write!(out, "<h2>Figures</h2><table><tr><th>figure</th><th class=\"n\">value</th>{other}</tr>")?;
    for (name, what) in names(report, earlier) {
        let (value, before) =
            (report.figures.get(name), earlier.and_then(|earlier| earlier.figures.get(name)));
        if value.is_none() && before.is_none() {
            continue;
        }
        let shown = |value: Option<&f64>| value.map_or_else(|| "–".to_owned(), |value| number(*value));
        write!(
            out,
            "<tr><td><code>{}</code><span class=\"meaning\">{}</span></td><td class=\"n\">{}</td>",
            // Where a narrow page may break it.
            escape(name).replace('_', "_<wbr>"),
            escape(what),
            shown(value)
        )?;
        if earlier.is_some() {
            write!(
                out,
                "<td class=\"n\">{}</td><td class=\"n\">{}</td>",
                shown(before),
                change(before, value)
            )?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</table>");
    Ok(())
}

/// Every figure that may be in one of them, with its meaning: those known here, then those of other versions.
pub(super) fn names<'a>(report: &'a Report, earlier: Option<&'a Report>) -> Vec<(&'a str, &'a str)> {
    let mut names: Vec<_> = FIGURES.iter().map(|(name, what)| (*name, *what)).collect();
    for name in [Some(report), earlier].into_iter().flatten().flat_map(|one| one.figures.keys()) {
        if names.iter().all(|(known, _)| known != name) {
            names.push((name, ""));
        }
    }
    names
}

/// By how much a figure is another now.
pub(super) fn change(before: Option<&f64>, now: Option<&f64>) -> String {
    match (before, now) {
        (Some(before), Some(now)) if *before != 0.0 => format!("{:+.1} %", (now / before - 1.0) * 100.0),
        _ => "–".to_owned(),
    }
}

/// In UTC, to the second (RFC 3339).
fn when(unix_s: u64) -> String {
    let at = i64::try_from(unix_s).ok().and_then(|secs| jiff::Timestamp::from_second(secs).ok());
    at.map_or_else(|| format!("{unix_s} s after 1970"), |at| at.to_string())
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
