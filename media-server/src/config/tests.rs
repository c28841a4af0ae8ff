//! It should refuse what cannot work, and say which key of which file.

use std::path::Path;

use super::*;

const GOOD: &str = r#"
[node]
id = "0192f0c0-0000-7000-8000-000000000001"
data = "data/media-server"
[signal]
listen = "127.0.0.1:0"
url = "ws://127.0.0.1:7701/signal"
allowed_origins = ["https://clinic.example"]
[control]
url = "ws://127.0.0.1:7600/nodes/connect"
"#;

fn load(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("media-server.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(&file)
}

#[test]
fn the_smallest_file_is_enough() {
    let config = load(GOOD).unwrap();

    assert_eq!(config.media, MediaConfig::default());
    assert_eq!(config.node.region, "default");
}

#[test]
fn the_commented_file_of_the_repository_is_good_and_shows_the_defaults() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/media-server.toml");

    let config = Config::load(&file).unwrap();

    assert_eq!(config.media, MediaConfig::default());
    assert_eq!(config.ops, OpsConfig::default());
    assert_eq!(config.log, LogConfig::default());
    assert_eq!(config.signal.half_open_max, default_half_open_max());
    assert_eq!(config.signal.sockets_max, default_sockets_max());
}

#[test]
fn a_wrong_value_names_its_key_and_file() {
    let wrong = [
        ("[media]\nlisten = []", "media.listen"),
        ("[media]\nlisten = [\"127.0.0.1\", \"127.0.0.2\"]", "media.listen"),
        ("[media]\nlisten = [\"0.0.0.0\"]", "media.public_addresses"),
        ("[media]\npublic_addresses = [\"::\"]", "media.public_addresses"),
        ("[media]\npublic_addresses = [\"2001:db8::1\"]", "media.public_addresses"),
        ("[media]\nworkers = 200", "media.workers"),
        ("[media]\nport = 65535\nworkers = 2", "media.port"),
        ("[media]\nreceive_buffer_bytes = 10", "media.receive_buffer_bytes"),
        ("[media]\nrooms_max = 0", "media.rooms_max"),
        ("[media]\nroom_seats_max = 65", "media.room_seats_max"),
        ("[ops]\nlisten = \"0.0.0.0:7702\"", "ops.listen"),
        ("[log]\nfilter = \"=loud\"", "log.filter"),
    ];
    for (more, key) in wrong {
        let error = load(&format!("{GOOD}{more}\n")).unwrap_err();
        assert_eq!(error.key, Some(key), "{error}");
        assert!(error.to_string().contains("media-server.toml"), "{error}");
        assert!(error.to_string().contains(key), "{error}");
    }
}

#[test]
fn a_wrong_signal_or_control_value_names_its_key() {
    let wrong = [
        ("127.0.0.1:0\"", "0.0.0.0:7701\"", "signal.listen"),
        ("ws://127.0.0.1:7701", "ws://clinic.example:7701", "signal.url"),
        ("ws://127.0.0.1:7600", "http://127.0.0.1:7600", "control.url"),
        ("ws://127.0.0.1:7600", "ws://10.0.0.1:7600", "control.url"),
        ("[\"https://clinic.example\"]", "[]", "signal.allowed_origins"),
        ("https://clinic.example", "https://clinic.example/", "signal.allowed_origins"),
        ("https://clinic.example", "clinic.example", "signal.allowed_origins"),
        (
            "https://clinic.example\"]",
            "https://clinic.example\"]\ntls_key = \"/k\"",
            "signal.tls_certificate",
        ),
        (
            "https://clinic.example\"]",
            "https://clinic.example\"]\ntls_certificate = \"/nowhere/c\"\ntls_key = \"/nowhere/k\"",
            "signal.tls_certificate",
        ),
    ];
    for (good, bad, key) in wrong {
        let error = load(&GOOD.replace(good, bad)).unwrap_err();
        assert_eq!(error.key, Some(key), "{error}");
    }
}

#[test]
fn unknown_keys_and_missing_files_are_refused() {
    let unknown = load(&format!("{GOOD}\n[media]\nworker = 2\n")).unwrap_err();
    let missing = Config::load(Path::new("/nowhere/media-server.toml")).unwrap_err();

    assert!(unknown.to_string().contains("worker"), "{unknown}");
    assert!(missing.to_string().contains("/nowhere/media-server.toml"), "{missing}");
}
