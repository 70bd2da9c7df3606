//! A certificate authority of a test's own.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use std::sync::Arc;

/// A new authority's certificate (PEM), and a server's TLS with a certificate that it issued.
pub(super) fn issue(names: &[String]) -> (String, Arc<ServerConfig>) {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    root.distinguished_name.push(DnType::CommonName, "An authority of a test");
    let root_key = KeyPair::generate().expect("a key can be made");
    let root_certificate = root.self_signed(&root_key).expect("an authority can be made");
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().expect("a key can be made");
    let leaf = CertificateParams::new(names.to_vec()).expect("the names are names");
    let leaf = leaf.signed_by(&key, &issuer).expect("a certificate can be issued");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has them")
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .expect("the key fits the certificate");
    (root_certificate.pem(), Arc::new(config))
}
