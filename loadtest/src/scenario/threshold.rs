//! Thresholds: what must hold of a figure, so that a program can tell whether a run was good.

use serde::{Deserialize, Serialize};

/// The range that a figure must be in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// At least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// What a threshold came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The figure.
    pub figure: String,
    /// Its range.
    #[serde(flatten)]
    pub bound: Bound,
    /// What it was; absent when it could not be measured, which does not hold.
    pub value: Option<f64>,
    /// Whether it was in the range.
    pub holds: bool,
}

impl Bound {
    pub(super) fn check(self) -> Result<(), String> {
        match (self.min, self.max) {
            (None, None) => Err("neither min nor max is given".to_owned()),
            (min, max) if [min, max].into_iter().flatten().any(|bound| !bound.is_finite()) => {
                Err("a bound is a number".to_owned())
            }
            (Some(min), Some(max)) if min > max => Err(format!("min {min} is above max {max}")),
            _ => Ok(()),
        }
    }

    /// What the figure comes to.
    #[must_use]
    pub fn judge(self, figure: &str, value: Option<f64>) -> Verdict {
        let holds = value.is_some_and(|value| {
            self.min.is_none_or(|min| value >= min) && self.max.is_none_or(|max| value <= max)
        });
        Verdict { figure: figure.to_owned(), bound: self, value, holds }
    }
}
