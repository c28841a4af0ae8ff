//! The seeds: small inputs with a name and a meaning, from which fuzzers begin. They are written here and committed in
//! `corpus/`, where the test `replay` compares them; `cargo run -p fuzz --example seeds` writes them again.

mod control;
mod datagrams;
mod dependency;
mod dtls;
mod red;
mod sctp;
mod sdp;
mod token;
mod wire;

/// A seed: what it shows, and its bytes.
pub type Seed = (&'static str, Vec<u8>);

/// The seeds of a target; none for a name that is no target's.
#[must_use]
pub fn of(target: &str) -> Vec<Seed> {
    match target {
        "control" => control::seeds(),
        "datagrams" => datagrams::seeds(),
        "dependency" => dependency::seeds(),
        "dtls" => dtls::seeds(),
        "red" => red::seeds(),
        "rtcp" => wire::rtcp(),
        "rtp" => wire::rtp(),
        "sctp" => sctp::seeds(),
        "sdp" => sdp::seeds(),
        "signalling" => sdp::signalling(),
        "token" => token::seeds(),
        _ => Vec::new(),
    }
}

/// The name of a seed's file.
#[must_use]
pub fn file_name(seed: &str) -> String {
    format!("seed-{seed}")
}
