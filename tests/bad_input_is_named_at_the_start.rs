//! It should say what is wrong with its ports, folders, files and keys, by name, and end: no half of it keeps running.

use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::support::certificate::Certificate;
use crate::support::disk::with_mount;
use crate::support::ports::local;
use crate::support::program::{Ended, bedside, run, run_with_input};
use crate::support::{Serve, Setup};

/// `EX_CONFIG` of sysexits.h.
const BAD_CONFIG: i32 = 78;

#[track_caller]
fn says(ended: &Ended, code: i32, words: &[&str]) {
    assert_eq!(ended.code, Some(code), "{}", ended.said);
    for word in words {
        assert!(ended.said.contains(word), "{word:?} is not said: {}", ended.said);
    }
    assert!(!ended.said.contains("panicked"), "{}", ended.said);
}

async fn serve(setup: &Setup) -> Ended {
    run(&mut setup.command()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_named_and_nothing_is_left_running() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::on(folder.path());
    let ports = &setup.ports;
    for (key, port) in [
        ("http.listen", ports.web()),
        ("signal.listen", ports.signal()),
        ("metrics.listen", ports.metrics()),
        ("ops.listen", ports.node_metrics()),
    ] {
        let taken = TcpListener::bind(local(port)).unwrap();

        let ended = serve(&setup).await;

        says(&ended, 1, &[key, &local(port).to_string(), "in use"]);
        drop(taken);
        assert!(ports.are_free(), "{}", ended.said);
    }
    let taken = UdpSocket::bind(("0.0.0.0", ports.media())).unwrap();

    let ended = serve(&setup).await;

    says(&ended, 1, &["media: UDP", &format!(":{}", ports.media()), "in use"]);
    drop(taken);
    assert!(ports.are_free());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_one_on_the_same_folder_is_refused_and_disturbs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = Serve::demo(folder.path()).await;
    let config = || std::fs::read_to_string(folder.path().join("run/control-plane.toml")).unwrap();
    let before = config();

    let ended = serve(&Setup::on(folder.path())).await;

    says(&ended, 1, &["--data", &folder.path().display().to_string(), "another `bedside serve`"]);
    assert_eq!(config(), before);
    assert_eq!(first.browser().get("/readyz").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_others_can_enter_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::on(folder.path());
    let mode = || std::fs::metadata(folder.path()).unwrap().permissions().mode() & 0o7777;
    std::fs::write(folder.path().join("letter"), "somebody's").unwrap();
    for open in [0o755, 0o770, 0o1777] {
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(open)).unwrap();

        let ended = serve(&setup).await;

        says(
            &ended,
            1,
            &["--data", &folder.path().display().to_string(), &format!("{open:04o}"), "chmod 700"],
        );
        assert_eq!(mode(), open);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was put into it");
    }
    std::fs::remove_file(folder.path().join("letter")).unwrap();
    drop(Serve::demo(folder.path()).await);
    assert_eq!(mode(), 0o700, "an empty one has no users yet: it is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_data_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::on(folder.path());
    let path = folder.path().display();

    let empty = run(&mut with_mount(&setup, &format!("mount -t tmpfs -o ro tmpfs {path}"))).await;
    drop(Serve::demo(folder.path()).await);
    let used =
        run(&mut with_mount(&setup, &format!("mount --bind {path} {path}; mount -o remount,bind,ro {path}")))
            .await;

    says(&empty, 1, &[&path.to_string(), "Read-only"]);
    says(&used, 1, &[&path.to_string(), "Read-only"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_that_is_a_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data");
    std::fs::write(&file, "somebody's letter").unwrap();

    let ended = serve(&Setup::on(&file)).await;

    says(&ended, 1, &[&file.display().to_string(), "folder"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "somebody's letter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_of_a_part_names_file_and_key() {
    let folder = tempfile::tempdir().unwrap();
    drop(Serve::demo(folder.path()).await);
    let run_part = |part: &str, from: &str, to: &str| {
        let good = std::fs::read_to_string(folder.path().join(format!("run/{part}.toml"))).unwrap();
        assert!(good.contains(from), "{from:?} is not in {good}");
        let file = folder.path().join("changed.toml");
        std::fs::write(&file, good.replacen(from, to, 1)).unwrap();
        run_with_input(bedside().arg(part).arg("--config").arg(&file), "")
    };
    for (part, from, to, words) in [
        ("control-plane", "[http]", "[http]\nlisen = 1", ["changed.toml", "lisen"]),
        ("control-plane", "127.0.0.1:", "127.0.0.1/", ["changed.toml", "http.listen"]),
        ("control-plane", "sqlite:", "sqlight:", ["changed.toml", "database.url"]),
        ("control-plane", "[keys]", "[keys", ["changed.toml", "keys"]),
        ("media-server", "[media]", "[media]\nworkers = 200", ["changed.toml", "media.workers"]),
        ("media-server", "[media]", "[media]\nworkers = 999", ["changed.toml", "workers = 999"]),
        ("media-server", "[node]", "[node]\nwings = 2", ["changed.toml", "wings"]),
        ("media-server", "ws://", "http://", ["changed.toml", ".url"]),
    ] {
        says(&run_part(part, from, to), BAD_CONFIG, &words);
    }
    for part in ["control-plane", "media-server"] {
        let ended = run_with_input(bedside().args([part, "--config", "/nowhere/at.toml"]), "");
        says(&ended, BAD_CONFIG, &["/nowhere/at.toml"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn plain_text_to_the_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();

    let web = serve(&Setup::on(folder.path()).with("--listen", &"0.0.0.0:18080")).await;
    let signal = serve(&Setup::on(folder.path()).with("--signal-listen", &"0.0.0.0:17701")).await;

    says(&web, BAD_CONFIG, &["http.listen", "0.0.0.0:18080", "tls_certificate"]);
    says(&signal, BAD_CONFIG, &["signal.listen", "tls_certificate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_or_key_that_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (ours, other) = (Certificate::new(folder.path(), "ours"), Certificate::new(folder.path(), "other"));
    let nonsense = folder.path().join("nonsense.pem");
    std::fs::write(&nonsense, "hello").unwrap();
    let data = folder.path().join("data");
    let with = |chain: &Path, key: &Path| {
        Setup::on(&data).with("--tls-certificate", &chain.display()).with("--tls-key", &key.display())
    };

    for (chain, key, words) in [
        (&ours.chain, &other.key, ["http.tls_key", "other.key"]),
        (&nonsense, &ours.key, ["http.tls_certificate", "nonsense.pem"]),
        (&ours.chain, &nonsense, ["http.tls_key", "nonsense.pem"]),
        (&ours.chain, &folder.path().join("gone.key"), ["tls_key", "gone.key"]),
    ] {
        says(&serve(&with(chain, key)).await, BAD_CONFIG, &words);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_key_that_is_exposed_broken_lost_or_anothers_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let setup = Setup::on(&folder.path().join("ours"));
    let other = Serve::demo(&folder.path().join("other")).await;
    drop(other);
    let ours = setup.demo().start().await;
    let key = ours.data.join("control-plane/master.key");
    let setup = Setup::with_ports(&ours.data, ours.ports);
    drop(ours.program);
    let good = std::fs::read(&key).unwrap();
    let named = key.display().to_string();
    let set_mode = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();

    set_mode(0o644);
    says(&serve(&setup).await, 1, &[&named, "0644", "chmod 600"]);
    set_mode(0o600);
    std::fs::write(&key, &good[..good.len() - 8]).unwrap();
    says(&serve(&setup).await, 1, &[&named, "not a master key"]);
    std::fs::copy(folder.path().join("other/control-plane/master.key"), &key).unwrap();
    says(&serve(&setup).await, 1, &[&named, "not the one this database was made with"]);
    std::fs::remove_file(&key).unwrap();
    says(&serve(&setup).await, 1, &[&named, "missing", "restore"]);
    assert!(!key.exists(), "a lost key is not quietly made anew");

    std::fs::write(&key, good).unwrap();
    set_mode(0o600);
    drop(setup.start().await);
}

/// Before the first clinic the database already holds a key that signs join tokens.
#[tokio::test(flavor = "multi_thread")]
async fn a_master_key_that_is_lost_before_the_first_clinic_is_missed_too() {
    let folder = tempfile::tempdir().unwrap();
    let serve_once = Setup::on(folder.path()).start().await;
    crate::support::until("the node is welcomed", async || {
        serve_once.program.said().contains("node connected").then_some(())
    })
    .await;
    drop(serve_once);
    let key = folder.path().join("control-plane/master.key");
    std::fs::remove_file(&key).unwrap();

    let ended = serve(&Setup::on(folder.path())).await;

    says(&ended, 1, &[&key.display().to_string(), "missing"]);
}
