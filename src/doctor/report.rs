//! What was found: lines for people, or JSON for programs.

use std::fmt::Write as _;
use std::io::Write as _;

use serde::Serialize;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Check {
    Dns,
    Tls,
    Clock,
    WebSocket,
    Udp,
    IceTcp,
    /// A relay, when none is configured or nothing is known of it.
    Turn,
    TurnUdp,
    TurnTcp,
    TurnTls,
}

impl Check {
    const fn name(self) -> &'static str {
        match self {
            Self::Dns => "DNS",
            Self::Tls => "TLS",
            Self::Clock => "clock",
            Self::WebSocket => "WebSocket",
            Self::Udp => "media by UDP",
            Self::IceTcp => "media by TCP",
            Self::Turn => "TURN relay",
            Self::TurnUdp => "TURN/UDP",
            Self::TurnTcp => "TURN/TCP",
            Self::TurnTls => "TURN/TLS",
        }
    }

    /// One of these is enough for a visit, the other checks are needed each.
    const fn is_media(self) -> bool {
        !matches!(self, Self::Dns | Self::Tls | Self::Clock | Self::WebSocket)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Works,
    Fails,
    NotTried,
}

/// One line.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    check: Check,
    outcome: Outcome,
    /// A sentence.
    says: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    pub(super) fn works(check: Check, says: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Works, says: says.into(), advice: None }
    }

    pub(super) fn fails(check: Check, says: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::Fails, says: says.into(), advice: Some(advice.into()) }
    }

    pub(super) fn not_tried(check: Check, says: impl Into<String>) -> Self {
        Self { check, outcome: Outcome::NotTried, says: says.into(), advice: None }
    }

    /// Says of what.
    pub(super) fn of(&mut self, what: &str) {
        self.says = format!("{what}: {}", self.says);
    }
}

/// All of it, in the order in which it was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether a visit works from here: nothing needed fails, and of the ways of the media that were tried one leads there.
    pub(super) fn is_good(&self) -> bool {
        let fails = |finding: &Finding| finding.outcome == Outcome::Fails;
        let mut media = self.tried_media().peekable();
        let needed = self.findings.iter().filter(|finding| !finding.check.is_media());
        !needed.into_iter().any(fails)
            && (media.peek().is_none() || media.any(|finding| finding.outcome == Outcome::Works))
    }

    fn tried_media(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.check.is_media() && finding.outcome != Outcome::NotTried)
    }

    fn summary(&self) -> String {
        let ways: Vec<&str> = self
            .tried_media()
            .filter(|finding| finding.outcome == Outcome::Works)
            .map(|finding| finding.check.name())
            .collect();
        match (self.is_good(), ways.is_empty()) {
            (true, false) => format!("Visits work from here: {}.", ways.join(", ")),
            (true, true) => "What was tried works. Whether media does was not tried.".to_owned(),
            (false, _) => "Visits do not work from here: see the lines with ✗.".to_owned(),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        for finding in &self.findings {
            let mark = match finding.outcome {
                Outcome::Works => '✓',
                Outcome::Fails => '✗',
                Outcome::NotTried => '–',
            };
            // Writing to a string does not fail.
            let _ = writeln!(text, "{mark} {:<13} {}", finding.check.name(), finding.says);
            if let Some(advice) = &finding.advice {
                let _ = writeln!(text, "  {:<13} → {advice}", "");
            }
        }
        let _ = writeln!(text, "\n{}", self.summary());
        text
    }

    pub(super) fn to_json(&self) -> anyhow::Result<String> {
        let json = serde_json::json!({ "works": self.is_good(), "checks": self.findings });
        Ok(format!("{}\n", serde_json::to_string_pretty(&json)?))
    }
}

pub(super) fn print(text: &str) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: impl IntoIterator<Item = Finding>) -> Report {
        Report { findings: findings.into_iter().collect() }
    }

    #[test]
    fn one_way_for_the_media_is_enough() {
        let blocked = || Finding::fails(Check::Udp, "blocked", "open it");
        let good = [Finding::works(Check::Dns, "found"), blocked(), Finding::works(Check::TurnTls, "there")];

        assert!(report(good).is_good());
        assert!(!report([Finding::works(Check::Dns, "found"), blocked()]).is_good());
        assert!(report([Finding::works(Check::Dns, "found")]).is_good(), "media was not tried");
    }

    #[test]
    fn everything_before_the_media_is_needed() {
        for check in [Check::Dns, Check::Tls, Check::Clock, Check::WebSocket] {
            let findings = [Finding::fails(check, "broken", "mend it"), Finding::works(Check::Udp, "there")];
            assert!(!report(findings).is_good(), "{check:?}");
        }
    }

    #[test]
    fn it_is_said_in_words_with_what_to_do() {
        let text = report([Finding::fails(Check::Udp, "no answer", "open UDP 7710")]).to_text();

        assert!(text.contains("✗ media by UDP  no answer\n") && text.contains("→ open UDP 7710"), "{text}");
        assert!(text.ends_with("Visits do not work from here: see the lines with ✗.\n"), "{text}");
    }
}
