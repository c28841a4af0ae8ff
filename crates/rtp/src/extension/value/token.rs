//! Names of streams in header extensions, kept in place of a heap string.

use core::fmt;

/// Longest MID or RID kept: what the one-byte form can carry. RFC 8852 §3.1 asks senders to stay within it, and
/// browsers use one to three letters.
pub const TOKEN_LEN_MAX: usize = 16;

/// Up to 16 letters; `Copy`, so a packet's name can be kept without an allocation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Token {
    bytes: [u8; TOKEN_LEN_MAX],
    len: u8,
}

impl Token {
    fn new(name: &[u8], allowed: fn(u8) -> bool) -> Option<Self> {
        if name.is_empty() || !name.iter().all(|&byte| allowed(byte)) {
            return None;
        }
        let mut bytes = [0; TOKEN_LEN_MAX];
        bytes.get_mut(..name.len())?.copy_from_slice(name);
        Some(Self { bytes, len: name.len() as u8 })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        // Only ASCII passes `new`.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Token);

        impl $name {
            /// Reads it; `None` when empty, longer than [`TOKEN_LEN_MAX`], or with letters that the grammar forbids.
            #[must_use]
            pub fn parse(name: &[u8]) -> Option<Self> {
                Token::new(name, $allowed).map(Self)
            }

            /// The wire form.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// As the session description writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

token! {
    /// Which m-line a packet belongs to (RFC 9143, which obsoletes RFC 8843): a `token` of SDP.
    Mid, is_sdp_token
}

token! {
    /// Which simulcast layer a packet belongs to, or repairs (RFC 8852 §3.1): letters, digits, `-` and `_`
    /// (RFC 8851 §10 has the two marks, older peers send them).
    Rid, |byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

/// `token-char` of RFC 8866 §9: visible ASCII without separators.
fn is_sdp_token(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]".contains(&byte)
}
