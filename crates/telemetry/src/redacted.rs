//! A wrapper for what must never reach a log: it prints as dots, whatever is inside.

use std::fmt;

use serde::{Deserialize, Deserializer};

/// Holds a value and refuses to print it. Take it out with [`Redacted::expose`], a word that is easy to search for.
///
/// There is deliberately no `Serialize`: a type that is sent to a person is not `Redacted`.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for use, never for a log line.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, owned.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Redacted<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl<T> fmt::Display for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("•••")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Redacted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_value_is_printed_not_even_its_length() {
        let short = Redacted::new("x");
        let long = Redacted::new("anna.nowak@example.org".to_owned());

        assert_eq!(format!("{short} {short:?} {short:#?}"), "••• ••• •••");
        assert_eq!(format!("{long} {long:?}"), "••• •••");
        assert_eq!(long.expose(), "anna.nowak@example.org");
    }
}
