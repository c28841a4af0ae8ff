//! It should make a clinic's first accounts from a command line, and say which argument is wrong.

use std::path::Path;

use crate::support::program::{Ended, bedside, run_with_input};
use crate::support::{Serve, Setup};

const PASSWORD: &str = "a long enough password";

/// `bedside admin create` with these arguments after the folder.
fn create(data: &Path, arguments: &[&str], password: &str) -> Ended {
    run_with_input(
        bedside().args(["admin", "create", "--data"]).arg(data).args(arguments),
        &format!("{password}\n"),
    )
}

/// Arguments of a whole person, of whom one may be wrong.
fn person<'a>(role: &'a str, email: &'a str) -> Vec<&'a str> {
    vec!["--clinic", "riverside", "--role", role, "--name", "Somebody", "--email", email]
}

fn first<'a>(role: &'a str, email: &'a str) -> Vec<&'a str> {
    [person(role, email), vec!["--new-clinic-name", "Riverside Clinic"]].concat()
}

#[track_caller]
fn refuses(ended: &Ended, words: &[&str]) {
    assert!(ended.code.is_some_and(|code| code != 0), "{}", ended.said);
    for word in words {
        assert!(ended.said.contains(word), "{word:?} is not said: {}", ended.said);
    }
    assert!(!ended.said.contains("panicked") && !ended.said.contains(PASSWORD), "{}", ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn into_an_empty_folder_and_they_can_sign_in_and_meet() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (role, email) in [
        ("admin", "sam@riverside.example"),
        ("practitioner", "elif@riverside.example"),
        ("patient", "anna@riverside.example"),
        ("staff", "kim@riverside.example"),
    ] {
        let arguments = if role == "admin" { first(role, email) } else { person(role, email) };
        let ended = create(&data, &arguments, PASSWORD);
        assert_eq!(ended.code, Some(0), "{}", ended.said);
        assert!(ended.said.contains("is made"), "{}", ended.said);
    }

    let serve = Setup::on(&data).start().await;

    for (role, email) in [
        ("admin", "sam@riverside.example"),
        ("practitioner", "elif@riverside.example"),
        ("patient", "anna@riverside.example"),
        ("staff", "kim@riverside.example"),
    ] {
        let mut browser = serve.browser();
        let session = browser.sign_in(email, PASSWORD).await.expect(200);
        assert_eq!(session["account"]["role"], role);
        if role == "patient" {
            let practitioners = browser.get("/api/practitioners").await.expect(200);
            assert_eq!(practitioners[0]["name"], "Somebody");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_serve_runs_and_nobody_has_to_end_a_call_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::demo(folder.path()).await;
    let arguments = ["--clinic", "demo", "--role", "staff", "--name", "Kim", "--email", "kim@demo.example"];

    let ended = create(folder.path(), &arguments, PASSWORD);

    assert_eq!(ended.code, Some(0), "{}", ended.said);
    let session = serve.browser().sign_in("kim@demo.example", PASSWORD).await.expect(200);
    assert_eq!(session["account"]["role"], "staff");
}

#[test]
fn what_is_wrong_is_named_by_its_argument_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let good = first("admin", "sam@riverside.example");
    let with = |name: &str, value: &'static str| -> Vec<&str> {
        let mut arguments = good.clone();
        match arguments.iter().position(|argument| *argument == name) {
            Some(at) => arguments[at + 1] = value,
            None => arguments.extend([name.to_owned().leak(), value]),
        }
        arguments
    };

    refuses(&create(&data, &with("--role", "wizard"), PASSWORD), &["--role", "wizard", "practitioner"]);
    refuses(&create(&data, &with("--time-zone", "Mars/Olympus"), PASSWORD), &["--time-zone", "Mars/Olympus"]);
    refuses(&create(&data, &with("--email", "sam at home"), PASSWORD), &["--email", "sam at home"]);
    refuses(&create(&data, &with("--name", " "), PASSWORD), &["--name", "empty"]);
    refuses(&create(&data, &with("--new-clinic-name", ""), PASSWORD), &["--new-clinic-name", "empty"]);
    refuses(&create(&data, &with("--clinic", "River Side"), PASSWORD), &["--clinic", "River Side"]);
    refuses(&create(&data, &good, "too short"), &["password", "15 characters"]);
    refuses(&create(&data, &good, ""), &["no password", "standard input"]);
    refuses(
        &create(&data, &person("patient", "anna@riverside.example"), PASSWORD),
        &["--clinic", "riverside", "--new-clinic-name"],
    );

    let ended = create(&data, &good, PASSWORD);
    assert_eq!(ended.code, Some(0), "no try has left a clinic behind: {}", ended.said);
    refuses(&create(&data, &good, PASSWORD), &["--clinic", "riverside"]);
    refuses(&create(&data, &person("admin", "Sam@Riverside.example"), PASSWORD), &["--email", "already"]);
}
