//! Whose certificates are believed, and why one was not, in plain words.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};

/// The system's roots, and those of the file.
pub(super) fn load(file: Option<&Path>) -> anyhow::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = file {
        let named = || format!("--ca {}", file.display());
        for certificate in CertificateDer::pem_file_iter(file).with_context(named)? {
            roots.add(certificate.with_context(named)?).with_context(named)?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Whether a connection failed in TLS, not before.
pub(super) fn is_about(error: &io::Error) -> bool {
    of_tls(error).is_some()
}

fn of_tls(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// What is wrong, and what to do, where a TLS connection failed.
pub(super) fn explain(error: &io::Error) -> (String, &'static str) {
    use CertificateError as Certificate;

    match of_tls(error) {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            Certificate::Expired | Certificate::ExpiredContext { .. } => (
                "its certificate has expired".to_owned(),
                "renew it and restart, or mend this machine's clock",
            ),
            Certificate::NotValidYet | Certificate::NotValidYetContext { .. } => (
                "its certificate is not valid yet".to_owned(),
                "this machine's clock, or that of who issued it, is wrong",
            ),
            Certificate::NotValidForName | Certificate::NotValidForNameContext { .. } => (
                "its certificate is for another name".to_owned(),
                "get one for the name that people type, or type the name it is for",
            ),
            Certificate::UnknownIssuer => (
                "its certificate is from somebody whom this machine does not trust".to_owned(),
                "serve the whole chain (fullchain.pem), or give the own authority by --ca; a filter that opens TLS looks \
                 like this, too",
            ),
            why => (format!("its certificate is not believed: {why}"), "see what is served there"),
        },
        Some(error) => (format!("TLS failed: {error}"), "is that port TLS at all? Is a filter in between?"),
        None => (format!("no TLS connection: {error}"), "is that port TLS at all? Is a filter in between?"),
    }
}
