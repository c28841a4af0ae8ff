//! Every bad value is named with its file and key before anything starts.

use super::*;

fn load(text: &str) -> Result<Config, ConfigError> {
    load_with(text, &|_| None)
}

fn load_with(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("control-plane.toml");
    std::fs::write(&file, text).unwrap();
    let outcome = Config::load(Some(&file), environment);
    if let Err(error) = &outcome {
        assert!(error.file == "environment" || error.file == file.display().to_string(), "{error}");
    }
    outcome
}

#[test]
fn the_defaults_are_an_embedded_database_on_this_machine_only() {
    let config = load("").unwrap();

    assert!(config.listen.ip().is_loopback() && config.tls.is_none());
    assert_eq!(config.database, Address::Sqlite("data/bedside.sqlite".into()));
    assert_eq!(config.http.public_origin, "http://localhost:8080");
}

#[test]
fn the_file_that_is_shipped_says_the_defaults() {
    let shipped = Config::load(Some(Path::new("../config/control-plane.toml")), &|_| None).unwrap();

    assert_eq!(format!("{shipped:?}"), format!("{:?}", load("").unwrap()));
}

#[test]
fn each_bad_value_names_its_key() {
    let cases = [
        ("[http]\nlisten = \"8080\"", "http.listen"),
        ("[http]\nlisten = 8080", "http.listen"),
        ("[http]\nlisten = \"0.0.0.0:8080\"", "http.listen"),
        ("[http]\nport = 1", "http.port"),
        ("[htpp]\nlisten = \"127.0.0.1:1\"", "htpp"),
        ("[http]\npublic_origin = \"clinic.example\"", "http.public_origin"),
        ("[http]\npublic_origin = \"http://clinic.example\"", "http.public_origin"),
        ("[http]\npublic_origin = \"https://clinic.example/app\"", "http.public_origin"),
        ("[http]\ntls_key = \"k.pem\"", "http.tls_certificate"),
        ("[http]\ntls_certificate = \"/nowhere/c.pem\"\ntls_key = \"k.pem\"", "http.tls_certificate"),
        ("[http]\ntrusted_proxies = [\"10.0.0.0/40\"]", "http.trusted_proxies"),
        ("[metrics]\nlisten = \"0.0.0.0:9180\"", "metrics.listen"),
        ("[database]\nurl = \"mysql://x\"", "database.url"),
        ("[web]\nassets = \"/nowhere\"", "web.assets"),
        ("[turn]\nurls = [\"turn.example\"]", "turn.urls"),
        ("[turn]\nurls = [\"stun:turn.example\"]", "turn.urls"),
        ("[turn]\nurls = [\"turn:\"]", "turn.urls"),
        ("[turn]\nurls = [\"turn:turn.example:99999\"]", "turn.urls"),
        ("[turn]\nurls = [\"turn:somebody@turn.example\"]", "turn.urls"),
        ("[turn]\nurls = [\"turn:turn.example?transport=sctp\"]", "turn.urls"),
        (
            "[turn]\nurls = [\"turn:a\", \"turn:a\", \"turn:a\", \"turn:a\", \"turn:a\", \"turn:a\", \"turn:a\"]",
            "turn.urls",
        ),
        ("[turn]\nurls = [\"turn:turn.example\"]", "turn.secret_file"),
        ("[turn]\nurls = [\"turn:turn.example\"]\nsecret_file = \"/nowhere\"", "turn.secret_file"),
        ("[turn]\ncredential_life_secs = 601", "turn.credential_life_secs"),
        ("[turn]\ncredential_life_secs = 59", "turn.credential_life_secs"),
        ("[turn]\nsecret = \"not in this file\"", "turn.secret"),
        ("[log]\nfilter = \"info,=loud\"", "log.filter"),
        ("[log]\nformat = \"xml\"", "log.format"),
    ];
    for (text, key) in cases {
        let error = load(text).unwrap_err();

        assert_eq!(error.key, key, "{text}: {error}");
    }
}

#[test]
fn abuse_57_a_credential_of_the_relay_lives_ten_minutes_at_most() {
    assert_eq!(load("[turn]\ncredential_life_secs = 601").unwrap_err().key, "turn.credential_life_secs");
    assert!(load("[turn]\ncredential_life_secs = 600").is_ok());
}

#[test]
fn a_missing_file_is_named() {
    let error = Config::load(Some(Path::new("/nowhere/control-plane.toml")), &|_| None).unwrap_err();

    assert!(error.to_string().starts_with("/nowhere/control-plane.toml: file: "), "{error}");
}

#[test]
fn the_environment_overrides_the_database_and_its_password_is_never_shown() {
    let environment =
        |name: &str| (name == "DATABASE_URL").then(|| "postgres://b:hunter2@db/bedside".to_owned());

    let config = load_with("[database]\nurl = \"sqlite:x\"", &environment).unwrap();
    assert!(matches!(&config.database, Address::Postgres(url) if url.expose().contains("hunter2")));
    assert!(!format!("{config:?}").contains("hunter2"));

    let wrong = |name: &str| (name == "DATABASE_URL").then(|| "mysql://b:hunter2@db/bedside".to_owned());
    let error = load_with("", &wrong).unwrap_err();
    assert_eq!((error.file.as_str(), error.key.as_str()), ("environment", "DATABASE_URL"));
    assert!(!error.to_string().contains("hunter2"));
}

#[test]
fn the_secret_of_the_relay_comes_from_a_file_or_the_environment_and_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("turn.secret");
    std::fs::write(&secret, "the file says thirty-two characters, or more\n").unwrap();
    let text = format!(
        "[turn]\nurls = [\"turn:t.example:3478?transport=udp\", \"turns:[2001:db8::1]:443\"]\nsecret_file = \"{}\"",
        secret.display()
    );

    let from_file = load(&text).unwrap();
    let short = |name: &str| (name == "BEDSIDE_TURN_SECRET").then(|| "tooshort".to_owned());
    let from_environment = load_with(&text, &short).unwrap_err();

    assert!(from_file.turn.is_some());
    assert!(!format!("{from_file:?}").contains("thirty-two"));
    assert_eq!(
        (from_environment.file.as_str(), from_environment.key.as_str()),
        ("environment", "BEDSIDE_TURN_SECRET")
    );
    assert!(!from_environment.to_string().contains("tooshort"));
    assert!(load("[turn]\nsecret_file = \"/nowhere\"").unwrap().turn.is_none(), "nobody asks for it");
}
