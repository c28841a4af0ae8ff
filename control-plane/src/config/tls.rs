//! TLS from certificate files, by rustls: TLS 1.2 and 1.3, ring's cipher suites.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Which of the two files is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Certificate,
    Key,
}

/// Reads the chain (leaf first) and its key, both PEM.
pub(super) fn load(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, (Which, String)> {
    let of = |which, path: &Path, what: String| (which, format!("{}: {what}", path.display()));
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| of(Which::Certificate, certificate, error.to_string()))?;
    if chain.is_empty() {
        return Err(of(Which::Certificate, certificate, "holds no certificate".to_owned()));
    }
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(|error| of(Which::Key, key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| of(Which::Certificate, certificate, error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(|error| of(Which::Key, key, error.to_string()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
