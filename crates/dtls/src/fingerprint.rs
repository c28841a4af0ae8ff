//! `a=fingerprint`: the hash of the certificate that a peer promised over signalling (RFC 8122 §5).
//!
//! A description may list several, in any order and with any hash functions. All of them are read; those of weak
//! or unknown functions count for nothing. The peer is who it says when its certificate has *one* of the strong
//! ones. (RFC 8122 lets us prefer one function and look at no other; with three strong ones that gains nothing.)

use std::fmt;
use std::str::FromStr;

use arrayvec::ArrayVec;
use ring::digest;
use thiserror::Error;

/// Fingerprints kept of one description. A browser lists one, a peer with several certificates a few.
pub const MAX_FINGERPRINTS: usize = 16;

/// The longest digest: SHA-512.
const MAX_DIGEST_LEN: usize = 64;

/// The hash functions that are strong enough to tell who a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashFunction {
    /// What every browser sends.
    Sha256,
    /// Named with curve P-384.
    Sha384,
    /// The longest that RFC 8122 names.
    Sha512,
}

impl HashFunction {
    /// Its name in the IANA registry "Hash Function Textual Names".
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha384 => "sha-384",
            Self::Sha512 => "sha-512",
        }
    }

    /// Names are compared without regard to case (RFC 8122 §5).
    fn from_name(name: &str) -> Option<Self> {
        [Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|f| name.eq_ignore_ascii_case(f.name()))
    }

    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }
}

/// Why a value of `a=fingerprint`, or the list of a description, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FingerprintError {
    /// The function is weak (md5, sha-1) or unknown.
    #[error("hash function of the fingerprint is weak or unknown")]
    NotStrong,
    /// Not `function SP hex *(":" hex)`, or not as long as the function's digest.
    #[error("fingerprint is malformed")]
    Malformed,
    /// No fingerprint, or only weak ones: nothing could tell who the peer is.
    #[error("no fingerprint of a strong hash function")]
    NoneStrong,
    /// More than [`MAX_FINGERPRINTS`].
    #[error("more than {MAX_FINGERPRINTS} fingerprints")]
    TooMany,
}

/// The digest of a certificate. Shown and read as the value of `a=fingerprint`: `sha-256 4A:AD:…`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    function: HashFunction,
    digest: ArrayVec<u8, MAX_DIGEST_LEN>,
}

impl Fingerprint {
    /// The fingerprint of a certificate in DER.
    #[must_use]
    pub fn of(function: HashFunction, certificate: &[u8]) -> Self {
        let digest = digest::digest(function.algorithm(), certificate).as_ref().iter().copied().collect();
        Self { function, digest }
    }

    /// From a digest that was read elsewhere.
    ///
    /// # Errors
    /// [`FingerprintError::Malformed`] when it is not as long as the function's.
    pub fn from_digest(function: HashFunction, digest: &[u8]) -> Result<Self, FingerprintError> {
        if digest.len() != function.algorithm().output_len() {
            return Err(FingerprintError::Malformed);
        }
        Ok(Self { function, digest: digest.iter().copied().collect() })
    }

    /// The digest, as long as the function's.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.digest
    }

    /// The hash function.
    #[must_use]
    pub const fn function(&self) -> HashFunction {
        self.function
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.function.name())?;
        for (index, byte) in self.digest.iter().enumerate() {
            let separator = if index == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(value: &str) -> Result<Self, FingerprintError> {
        let (name, hex) = value.trim().split_once(' ').ok_or(FingerprintError::Malformed)?;
        let function = HashFunction::from_name(name).ok_or(FingerprintError::NotStrong)?;
        let mut digest = ArrayVec::new();
        for pair in hex.trim_start().split(':') {
            digest.try_push(hex_byte(pair)?).map_err(|_| FingerprintError::Malformed)?;
        }
        if digest.len() != function.algorithm().output_len() {
            return Err(FingerprintError::Malformed);
        }
        Ok(Self { function, digest })
    }
}

/// Exactly two hexadecimal digits; `u8::from_str_radix` alone would take a sign as well.
fn hex_byte(pair: &str) -> Result<u8, FingerprintError> {
    if pair.len() != 2 || !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(FingerprintError::Malformed);
    }
    u8::from_str_radix(pair, 16).map_err(|_| FingerprintError::Malformed)
}

/// The strong fingerprints of one description: at least one, in the order of the description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprints(ArrayVec<Fingerprint, MAX_FINGERPRINTS>);

impl Fingerprints {
    /// Reads the values of all `a=fingerprint` lines that apply to a transport.
    ///
    /// # Errors
    /// [`FingerprintError`] when one with a strong function is malformed, when none is strong, or when there are
    /// too many.
    pub fn from_values<'a>(values: impl IntoIterator<Item = &'a str>) -> Result<Self, FingerprintError> {
        let mut strong = ArrayVec::new();
        for value in values {
            match value.parse::<Fingerprint>() {
                Ok(fingerprint) => {
                    strong.try_push(fingerprint).map_err(|_| FingerprintError::TooMany)?;
                }
                Err(FingerprintError::NotStrong) => {}
                Err(error) => return Err(error),
            }
        }
        if strong.is_empty() { Err(FingerprintError::NoneStrong) } else { Ok(Self(strong)) }
    }

    /// From digests that were read elsewhere, in their order.
    ///
    /// # Errors
    /// [`FingerprintError`] when one has the wrong length, when there is none, or when there are too many.
    pub fn from_digests<'a>(
        digests: impl IntoIterator<Item = (HashFunction, &'a [u8])>,
    ) -> Result<Self, FingerprintError> {
        let mut strong = ArrayVec::new();
        for (function, digest) in digests {
            let fingerprint = Fingerprint::from_digest(function, digest)?;
            strong.try_push(fingerprint).map_err(|_| FingerprintError::TooMany)?;
        }
        if strong.is_empty() { Err(FingerprintError::NoneStrong) } else { Ok(Self(strong)) }
    }

    /// The one that this certificate (DER) has, if any.
    #[must_use]
    pub fn find(&self, certificate: &[u8]) -> Option<&Fingerprint> {
        self.0.iter().find(|promised| **promised == Fingerprint::of(promised.function, certificate))
    }
}

impl From<Fingerprint> for Fingerprints {
    fn from(fingerprint: Fingerprint) -> Self {
        Self(std::iter::once(fingerprint).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = b"any bytes will do";

    fn value(function: HashFunction) -> String {
        Fingerprint::of(function, CERTIFICATE).to_string()
    }

    #[test]
    fn a_value_comes_back_as_it_was_written() {
        for function in [HashFunction::Sha256, HashFunction::Sha384, HashFunction::Sha512] {
            let fingerprint = Fingerprint::of(function, CERTIFICATE);

            assert_eq!(fingerprint.to_string().parse(), Ok(fingerprint));
        }
    }

    #[test]
    fn digest_is_that_of_the_function() {
        let shown = Fingerprint::of(HashFunction::Sha256, b"abc").to_string();

        // FIPS 180-2, appendix B.1.
        let expected = "sha-256 BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:\
                        B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
        assert_eq!(shown, expected);
    }

    #[test]
    fn case_does_not_matter() {
        let lower = value(HashFunction::Sha256).to_lowercase();
        let upper = value(HashFunction::Sha256).to_uppercase();

        assert_eq!(lower.parse::<Fingerprint>(), upper.parse::<Fingerprint>());
    }

    #[test]
    fn malformed_values_are_refused() {
        let good = value(HashFunction::Sha256);
        let hex = good.strip_prefix("sha-256 ").unwrap();
        for bad in [
            String::new(),
            "sha-256".into(),
            "sha-256 ".into(),
            hex.into(),
            good[..good.len() - 1].into(),
            good[..good.len() - 3].into(),
            format!("{good}:00"),
            format!("{good}:"),
            good.replace(':', "-"),
            good.replacen(&hex[..2], "+1", 1),
            good.replacen(&hex[..2], "é", 1),
            format!("sha-384 {hex}"),
            format!("sha-256 {}", "AA:".repeat(4000)),
        ] {
            let refused = bad.parse::<Fingerprint>().unwrap_err();

            assert!(matches!(refused, FingerprintError::Malformed | FingerprintError::NotStrong), "{bad}");
        }
    }

    #[test]
    fn finding_8_fingerprint_any_order() {
        let weak = "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB".to_owned();
        let other = Fingerprint::of(HashFunction::Sha256, b"another certificate").to_string();
        let good = value(HashFunction::Sha384);
        let unknown = "sha3-256 AA:BB".to_owned();
        let mut values = [weak, other, good, unknown];

        // Every rotation puts each of them first once.
        for _ in 0..values.len() {
            values.rotate_left(1);
            let promised = Fingerprints::from_values(values.iter().map(String::as_str)).unwrap();

            assert_eq!(promised.find(CERTIFICATE), Some(&Fingerprint::of(HashFunction::Sha384, CERTIFICATE)));
            assert_eq!(promised.find(b"a third certificate"), None);
        }
    }

    #[test]
    fn digests_read_elsewhere_count_as_values_do() {
        let [one, other] = [HashFunction::Sha256, HashFunction::Sha512]
            .map(|function| Fingerprint::of(function, CERTIFICATE));
        let digests = [&one, &other].map(|print| (print.function(), print.digest()));

        let promised = Fingerprints::from_digests(digests).unwrap();

        let values = [&one, &other].map(ToString::to_string);
        assert_eq!(promised, Fingerprints::from_values(values.iter().map(String::as_str)).unwrap());
        let (function, digest) = digests[0];
        for wrong in [&digest[1..], &[]] {
            assert_eq!(Fingerprints::from_digests([(function, wrong)]), Err(FingerprintError::Malformed));
        }
        assert_eq!(Fingerprints::from_digests([]), Err(FingerprintError::NoneStrong));
        let many = [digests[0]; MAX_FINGERPRINTS + 1];
        assert_eq!(Fingerprints::from_digests(many), Err(FingerprintError::TooMany));
    }

    #[test]
    fn only_weak_ones_are_refused() {
        let weak = [
            "md5 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF",
            "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB",
        ];

        assert_eq!(Fingerprints::from_values(weak), Err(FingerprintError::NoneStrong));
        assert_eq!(Fingerprints::from_values([]), Err(FingerprintError::NoneStrong));
    }

    #[test]
    fn more_than_the_limit_are_refused() {
        let good = value(HashFunction::Sha256);

        let at_limit = Fingerprints::from_values(vec![good.as_str(); MAX_FINGERPRINTS]);
        let beyond = Fingerprints::from_values(vec![good.as_str(); MAX_FINGERPRINTS + 1]);

        assert!(at_limit.is_ok());
        assert_eq!(beyond, Err(FingerprintError::TooMany));
    }
}
