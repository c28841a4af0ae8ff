//! TLS from files: the certificate that browsers see, and the authorities that the node trusts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// Certificates or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", file.display())]
pub struct TlsError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

fn failed(file: &Path) -> impl Fn(&dyn std::fmt::Display) -> TlsError {
    let file = file.to_owned();
    move |problem| TlsError { file: file.clone(), problem: problem.to_string() }
}

/// Serves with a certificate chain and its key, both PEM; TLS 1.2 and 1.3, HTTP/1.1 only.
///
/// # Errors
/// [`TlsError`] naming the file, also when key and certificate do not belong together.
pub fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let certificates = certificates(chain)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| failed(key)(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(chain)(&error))?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|error| failed(chain)(&error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Trusts the system's authorities, and those of `more`.
///
/// # Errors
/// [`TlsError`] naming the file.
pub fn client(more: Option<&Path>) -> Result<Arc<ClientConfig>, TlsError> {
    let mut roots = RootCertStore::empty();
    // Certificates of the system that cannot be read are simply not trusted.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = more {
        for certificate in certificates(file)? {
            roots.add(certificate).map_err(|error| failed(file)(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(more.unwrap_or(Path::new("TLS")))(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(file).map_err(|error| failed(file)(&error))?.collect();
    let all = all.map_err(|error| failed(file)(&error))?;
    if all.is_empty() {
        return Err(failed(file)(&io::Error::other("holds no certificate")));
    }
    Ok(all)
}
