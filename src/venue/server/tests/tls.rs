//! TLS for real: certificates made for the test by the `openssl` program, clients of rustls.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

/// Two authorities that do not know each other, and certificates of the first for this machine: one of now,
/// one that ended years ago. `None` with a line that says so where there is no `openssl`.
fn certificates() -> Option<tempfile::TempDir> {
    if Command::new("openssl").arg("version").output().is_err() {
        println!("skipped: TLS: no openssl program");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        let output =
            Command::new("openssl").args(line.split(' ')).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "openssl {line}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for name in ["ours", "theirs"] {
        run(&format!("req -x509 {key} -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2"));
    }
    run(&format!("req {key} -keyout venue.key -out venue.csr -subj /CN=localhost"));
    let files = [
        (
            "ca.cnf",
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\n\
             unique_subject=no\npolicy=p\ncertificate=ours.pem\nprivate_key=ours.key\n[p]\ncommonName=supplied\n",
        ),
        ("index.txt", ""),
        ("serial", "01\n"),
        ("names", "subjectAltName=DNS:localhost\n"),
    ];
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let sign = "ca -batch -notext -config ca.cnf -extfile names -in venue.csr";
    run(&format!("{sign} -out now.pem -days 2"));
    run(&format!("{sign} -out ended.pem -startdate 20200101000000Z -enddate 20200201000000Z"));
    Some(folder)
}

fn chain(folder: &Path, name: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_file_iter(folder.join(name)).unwrap().map(Result::unwrap).collect()
}

fn acceptor(folder: &Path, certificate: &str) -> TlsAcceptor {
    let key = PrivateKeyDer::from_pem_file(folder.join("venue.key")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain(folder, certificate), key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn trusting(folder: &Path, authority: &str) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in chain(folder, authority) {
        roots.add(certificate).unwrap();
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn connect(venue: &Served, connector: &TlsConnector) -> std::io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(venue.address).await.unwrap();
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// The reason why a certificate was refused.
fn refusal(error: &std::io::Error) -> Option<&CertificateError> {
    match error.get_ref()?.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidCertificate(why) => Some(why),
        _ => None,
    }
}

async fn trades(venue: &Served, connector: &TlsConnector) {
    let stream = connect(venue, connector).await.unwrap();
    let mut socket = client_async("wss://localhost/", stream).await.unwrap().0;
    say(&mut socket, &ClientFrame::Hello { version: VERSION, token: TOKEN.to_owned() }).await;
    let welcome = hear(&mut socket).await;
    assert!(matches!(welcome, Some(ServerFrame::Welcome(_))), "{welcome:?}");
    say(&mut socket, &new_order("tls", "NOSUCH", 10, 50_000)).await;
    hear_until(&mut socket, |f| matches!(f, ServerFrame::Report { .. })).await;
}

#[test]
fn a_client_that_trusts_the_authority_is_served_and_others_say_why_not() {
    let Some(folder) = certificates() else { return };
    let folder = folder.path();
    on_sockets(async {
        let ours = trusting(folder, "ours.pem");
        let venue = served_with("quiet", Some(acceptor(folder, "now.pem"))).await;
        trades(&venue, &ours).await;
        let error = connect(&venue, &trusting(folder, "theirs.pem")).await.unwrap_err();
        assert_eq!(refusal(&error), Some(&CertificateError::UnknownIssuer), "{error}");
        trades(&venue, &ours).await;
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.no_handshake, stats.rules_broken), (3, 1, 0));

        let venue = served_with("quiet", Some(acceptor(folder, "ended.pem"))).await;
        for _ in 0..2 {
            let error = connect(&venue, &ours).await.unwrap_err();
            let why = refusal(&error);
            assert!(
                matches!(why, Some(CertificateError::Expired | CertificateError::ExpiredContext { .. })),
                "{error}"
            );
        }
        let mut stranger = TcpStream::connect(venue.address).await.unwrap();
        stranger.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let _ = stranger.read_to_end(&mut answer).await;
        assert_eq!(venue.finish().await.no_handshake, 3);
    });
}

#[test]
fn plain_text_to_an_encrypted_port_and_the_reverse_are_closed_and_counted() {
    let Some(folder) = certificates() else { return };
    let folder = folder.path();
    on_sockets(async {
        let ours = trusting(folder, "ours.pem");
        let venue = served_with("quiet", Some(acceptor(folder, "now.pem"))).await;
        let stream = TcpStream::connect(venue.address).await.unwrap();
        client_async(format!("ws://{}/", venue.address), stream).await.unwrap_err();
        trades(&venue, &ours).await;
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.no_handshake), (2, 1));

        let venue = served("quiet").await;
        connect(&venue, &ours).await.unwrap_err();
        drop(venue.greeted().await);
        let stats = venue.finish().await;
        assert_eq!((stats.connections, stats.no_handshake), (2, 1));
    });
}

#[test]
fn a_sessions_line_believes_the_authority_that_it_is_given_and_no_other() {
    use crate::runtime::live::socket::Address;
    let Some(folder) = certificates() else { return };
    let folder = folder.path();
    let to = |host: &str, venue: &Served, authority: &str| {
        let url = format!("wss://{host}:{}", venue.address.port());
        Address::parse(&url, Some(&folder.join(authority))).unwrap()
    };
    on_sockets(async {
        let venue = served_with("quiet", Some(acceptor(folder, "now.pem"))).await;
        let probed = crate::runtime::live::probe::probe(&to("localhost", &venue, "ours.pem"), TOKEN).await;
        assert_eq!(probed.unwrap().account.account, AccountId::new("07"));
        for (host, authority, why) in
            [("localhost", "theirs.pem", "UnknownIssuer"), ("127.0.0.1", "ours.pem", "not valid for name")]
        {
            let refused = to(host, &venue, authority).connect().await.err().unwrap();
            assert!(refused.contains(why), "{refused}");
        }
        venue.finish().await;
        let venue = served_with("quiet", Some(acceptor(folder, "ended.pem"))).await;
        let refused = to("localhost", &venue, "ours.pem").connect().await.err().unwrap();
        assert!(refused.contains("expired"), "{refused}");
        venue.finish().await;
    });
}
