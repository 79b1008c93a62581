//! The certificate with which a client proves itself in the TLS handshake (RFC 8705).

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::tls::{Certificate, ClientCert, PrivateKey};

use crate::model::Secret;

/// Why a text is not taken as certificate and key. Nothing of the text is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error("there is no certificate in PEM form")]
    NoCertificate,
    #[error("there is no private key in PEM form, or it is encrypted")]
    NoKey,
    #[error("the private key does not belong to the certificate, or is of no kind that TLS takes here")]
    Mismatch,
}

/// A certificate with the chain above it, and its private key.
pub(crate) struct ClientCertificate(ClientCert);

impl ClientCertificate {
    /// Reads one private key and its certificates, the client's own first, from PEM text.
    pub(crate) fn from_pem(text: &Secret) -> Result<Self, CertificateError> {
        let bytes = text.expose().as_bytes();
        let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(bytes)
            .collect::<Result<_, _>>()
            .map_err(|_| CertificateError::NoCertificate)?;
        if chain.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        let certificates: Vec<_> = chain.iter().map(|one| Certificate::from_der(one).to_owned()).collect();
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| CertificateError::NoKey)?;
        // The HTTP client panics at what this refuses.
        CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|_| CertificateError::Mismatch)?;
        let key = PrivateKey::from_pem(bytes).map_err(|_| CertificateError::NoKey)?;
        Ok(Self(ClientCert::new_with_certs(&certificates, key)))
    }

    /// Whether a client's secret is a certificate with its key.
    pub(crate) fn is_in(secret: &Secret) -> bool {
        CertificateDer::from_pem_slice(secret.expose().as_bytes()).is_ok()
    }

    pub(super) fn for_handshake(&self) -> ClientCert {
        self.0.clone()
    }
}

/// Whether a failure is a server's alert about the client's certificate (RFC 8446 §6.2).
pub(super) fn is_refused(cause: &str) -> bool {
    const ALERTS: [&str; 9] = [
        "CertificateRequired",
        "BadCertificate",
        "UnsupportedCertificate",
        "CertificateRevoked",
        "CertificateExpired",
        "CertificateUnknown",
        "UnknownCA",
        "UnknownCa",
        "AccessDenied",
    ];
    let alert = cause.split_once("received fatal alert: ").map(|(_, alert)| alert);
    alert.is_some_and(|alert| ALERTS.iter().any(|name| alert.contains(name)))
}
