//! The whole server over real sockets: ports, TLS, slow senders, stopping.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use actix_web::rt;
use control_plane::admin::PersonRole;
use control_plane::http::assets::Assets;
use control_plane::server::{Stop, serve};
use control_plane::{StartError, start};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{Kind, World};

struct Running {
    address: SocketAddr,
    metrics: SocketAddr,
    stop: Stop,
    run: rt::task::JoinHandle<std::io::Result<()>>,
}

async fn running(world: World) -> Running {
    let server = serve(&world.config, world.store).unwrap();
    let (address, metrics, stop) = (server.address, server.metrics_address, server.stop_handle());
    Running { address, metrics, stop, run: rt::spawn(server.run()) }
}

impl Running {
    async fn stopped(self) {
        self.stop.stop().await;
        self.run.await.unwrap().unwrap();
    }
}

async fn talk(address: SocketAddr, request: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

#[actix_web::test]
async fn it_serves_reports_its_health_and_stops_leaving_the_database_whole() {
    let world = World::new(Kind::Sqlite).await;
    let clinic = world.clinic("ours").await;
    world.person(&clinic, PersonRole::Admin).await;
    let (config, folder) = (world.config.clone(), std::sync::Arc::clone(&world.folder));
    let server = running(world).await;

    assert!(talk(server.address, &get("/livez")).await.starts_with("HTTP/1.1 200"));
    assert!(talk(server.address, &get("/readyz")).await.contains("ready"));
    assert!(talk(server.address, &get("/api/openapi.json")).await.contains("\"/api/session\""));
    let public = talk(server.address, &get("/metrics")).await;
    assert!(!public.contains("bedside_http_requests"), "not for the public port");
    let metrics = talk(server.metrics, &get("/metrics")).await;
    assert!(metrics.contains("bedside_http_requests_total{route=\"/livez\",status=\"200\"} 1"), "{metrics}");
    server.stopped().await;

    let again =
        control_plane::store::Store::open(&config).await.expect("the lock is free and the data is there");
    assert_eq!(control_plane::admin::find_clinic(&again, "ours").await.unwrap(), clinic.id);
    drop(folder);
}

#[actix_web::test]
async fn a_port_in_use_is_named() {
    let world = World::new(Kind::Sqlite).await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = world.config.clone();
    config.listen = taken.local_addr().unwrap();
    drop(world.store);

    let error = start(&config).await.err().unwrap();

    assert!(matches!(&error, StartError::Listen { key: "http.listen", .. }));
    assert!(error.to_string().contains(&config.listen.to_string()), "{error}");
}

/// A connection from an address of this machine's own network, on which it sends a request and reads the answer's start.
async fn asked_from(local: &str, address: SocketAddr, request: &str) -> (TcpStream, bool) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(local.parse().unwrap(), 0)).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    let mut start = [0; 12];
    let is_served =
        stream.write_all(request.as_bytes()).await.is_ok() && stream.read_exact(&mut start).await.is_ok();
    (stream, is_served && &start == b"HTTP/1.1 200")
}

/// Abuse sentence 5 at this door: a thousand idle connections of one stranger are not everybody's, and leave descriptors
/// for the database.
#[actix_web::test]
async fn abuse_5_one_neighbourhood_takes_no_more_connections_than_its_share() {
    // As most shells and service managers start it.
    let mut limits = getrlimit(Resource::Nofile);
    limits.current = Some(1024);
    setrlimit(Resource::Nofile, limits).unwrap();
    let mut world = World::new(Kind::Sqlite).await;
    world.config.http.trusted_proxies = vec!["127.0.2.1".parse().unwrap()];
    let server = running(world).await;
    assert_eq!(getrlimit(Resource::Nofile).current, limits.maximum, "the soft limit is raised");
    let kept = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n";

    let mut idle = Vec::new();
    let mut refused = 0;
    for host in (1..=250).cycle().take(1100) {
        let (stream, is_served) = asked_from(&format!("127.0.0.{host}"), server.address, kept).await;
        if is_served { idle.push(stream) } else { refused += 1 }
    }

    assert!(refused >= 76 && idle.len() >= 16, "{refused} refused, {} served", idle.len());
    let (_, is_served) = asked_from("127.0.1.1", server.address, kept).await;
    assert!(is_served, "somebody else");
    let (_, is_served) = asked_from("127.0.2.1", server.address, kept).await;
    assert!(is_served, "a trusted proxy");
    assert!(talk(server.metrics, &get("/readyz")).await.contains("ready"), "the database");
    let metrics = talk(server.metrics, &get("/metrics")).await;
    let counted = format!("bedside_http_connections_refused_total{{why=\"too_many_of_network\"}} {refused}");
    assert!(metrics.contains(&counted), "{metrics}");
    drop(idle);
    let deadline = Instant::now() + Duration::from_secs(20);
    while !asked_from("127.0.0.1", server.address, kept).await.1 {
        assert!(Instant::now() < deadline, "room again once they are gone");
    }
    server.stopped().await;
}

/// Abuse sentence 6, the answer: who does not read it is cut.
#[actix_web::test]
async fn abuse_6_an_answer_that_is_not_taken_is_cut() {
    let mut world = World::new(Kind::Sqlite).await;
    std::fs::write(world.folder.path().join("large.js"), vec![b'x'; 4 << 20]).unwrap();
    world.config.http.assets = Assets::Folder(world.folder.path().to_owned());
    let _folder = std::sync::Arc::clone(&world.folder);
    let server = running(world).await;
    let whole = talk(server.address, &get("/large.js")).await;
    assert!(whole.len() > 4 << 20 && whole.ends_with("xxxx"), "who reads gets it all");
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(2048).unwrap();
    let mut silent = socket.connect(server.address).await.unwrap();
    silent
        .write_all("GET /large.js HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(10).as_bytes())
        .await
        .unwrap();

    // A closed window keeps the reset away from us; a byte to a connection that is gone is answered by another.
    let started = Instant::now();
    let cut = loop {
        let Err(error) = silent.write_all(b"G").await else {
            assert!(started.elapsed() < Duration::from_secs(50), "not cut");
            tokio::time::sleep(Duration::from_millis(200)).await;
            continue;
        };
        break error;
    };
    assert!(matches!(cut.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{cut}");
    assert!(started.elapsed() >= Duration::from_secs(10), "a short silence is not: {:?}", started.elapsed());
    server.stopped().await;
}

/// Abuse sentence 6, the head: a sender that never ends its headers is cut.
#[actix_web::test]
async fn abuse_6_a_request_whose_head_never_ends_is_cut_and_holds_up_nobody() {
    let server = running(World::new(Kind::Sqlite).await).await;
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(b"GET /livez HTTP/1.1\r\nHost: loc").await.unwrap();
        slow.push(socket);
    }

    assert!(
        talk(server.address, &get("/livez")).await.starts_with("HTTP/1.1 200"),
        "others are served meanwhile"
    );
    let started = Instant::now();
    for mut socket in slow {
        let mut answer = Vec::new();
        let cut = tokio::time::timeout(Duration::from_secs(30), socket.read_to_end(&mut answer)).await;
        match cut.expect("cut within the deadline") {
            Ok(_) => assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408"), "{answer:?}"),
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(10), "a line that a call fills takes long for a head: {took:?}");
    assert!(took < Duration::from_secs(25), "{took:?}");
    server.stopped().await;
}

/// Abuse sentence 6, the body: it has a deadline as a whole, so that one byte a second does not extend it.
#[actix_web::test]
async fn abuse_6_a_body_that_never_ends_is_cut_and_holds_up_nobody() {
    let server = running(World::new(Kind::Sqlite).await).await;
    let head = "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Content-Length: 100\r\n\r\n{";
    let (mut from, mut to) = TcpStream::connect(server.address).await.unwrap().into_split();
    to.write_all(head.as_bytes()).await.unwrap();
    let drip = rt::spawn(async move {
        let mut pace = tokio::time::interval(Duration::from_secs(1));
        loop {
            pace.tick().await;
            if to.write_all(b" ").await.is_err() {
                return;
            }
        }
    });

    assert!(
        talk(server.address, &get("/livez")).await.starts_with("HTTP/1.1 200"),
        "others are served meanwhile"
    );
    let mut answer = vec![0; 1024];
    let read = tokio::time::timeout(Duration::from_secs(20), from.read(&mut answer))
        .await
        .expect("within the deadline");
    let answer = String::from_utf8_lossy(&answer[..read.unwrap()]).into_owned();

    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("/problems/body-too-slow"), "{answer}");
    drip.abort();
    server.stopped().await;
}

/// Abuse sentence 4, without a length told beforehand: reading stops at the limit.
#[actix_web::test]
async fn abuse_4_a_chunked_body_is_cut_at_the_limit() {
    let server = running(World::new(Kind::Sqlite).await).await;
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    let head = "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
    let mut socket = TcpStream::connect(server.address).await.unwrap();

    socket.write_all(format!("{head}{}", chunk.repeat(65)).as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = tokio::time::timeout(Duration::from_secs(8), socket.read(&mut answer))
        .await
        .expect("at once, not at the deadline");

    let answer = String::from_utf8_lossy(&answer[..read.unwrap()]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("/problems/body-too-large"), "{answer}");
    server.stopped().await;
}

#[actix_web::test]
async fn abuse_12_two_lengths_of_one_body_are_refused() {
    let server = running(World::new(Kind::Sqlite).await).await;
    let both = "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
                Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let twice = "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 3\r\n\
                 Connection: close\r\n\r\n{}";

    for request in [both, twice] {
        let answer = talk(server.address, request).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        assert!(!answer.contains("alive"), "the rest is not a second request: {answer}");
    }
    server.stopped().await;
}

#[actix_web::test]
async fn it_speaks_tls_from_certificate_files() {
    let mut world = World::new(Kind::Sqlite).await;
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (world.folder.path().join("c.pem"), world.folder.path().join("k.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let file = world.folder.path().join("control-plane.toml");
    let text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\ntls_certificate = {certificate:?}\ntls_key = {key:?}\n[metrics]\nlisten = \"127.0.0.1:0\"\n"
    );
    std::fs::write(&file, text).unwrap();
    let checked = control_plane::Config::load(Some(&file), &|_| None).unwrap();
    world.config.tls = checked.tls;
    let server = running(world).await;

    let mut roots = rustls::RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let address = server.address;
    let answer = tokio::task::spawn_blocking(move || {
        use std::io::{Read, Write};
        let name = "localhost".try_into().unwrap();
        let connection = rustls::ClientConnection::new(std::sync::Arc::new(client), name).unwrap();
        let socket = std::net::TcpStream::connect(address).unwrap();
        let mut tls = rustls::StreamOwned::new(connection, socket);
        tls.write_all(get("/livez").as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = tls.read_to_string(&mut answer);
        answer
    });

    assert!(answer.await.unwrap().starts_with("HTTP/1.1 200"));
    assert!(!talk(address, &get("/livez")).await.starts_with("HTTP/1.1 200"), "plain text is not served");
    server.stopped().await;
}
