//! It should put demo data into an empty database only, and say so when it does not.

use crate::support::program::{bedside, run_with_input};
use crate::support::{Serve, Setup, demo};

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_that_is_there_gets_no_demo_accounts() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["admin", "create", "--clinic", "riverside", "--new-clinic-name", "Riverside"];
    let person = ["--name", "Sam Okafor", "--email", "sam@riverside.example", "--data"];
    let made =
        run_with_input(bedside().args(arguments).args(person).arg(folder.path()), "a long enough password\n");
    assert_eq!(made.code, Some(0), "{}", made.said);

    let serve = Serve::demo(folder.path()).await;

    let said = serve.program.said();
    assert!(said.contains("no demo data was added"), "{said}");
    assert!(!said.contains(demo("patient").password), "accounts that are not there are not shown: {said}");
    let mut browser = serve.browser();
    let patient = demo("patient");
    browser.sign_in(patient.email, patient.password).await.expect_problem(401, "bad-credentials");
    browser.sign_in("sam@riverside.example", "a long enough password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_being_asked_it_makes_none_and_a_second_start_makes_no_second() {
    let folder = tempfile::tempdir().unwrap();
    let empty = Setup::on(folder.path()).start().await;
    let patient = demo("patient");
    assert!(empty.program.said().contains("bedside admin create"), "{}", empty.program.said());
    empty.browser().sign_in(patient.email, patient.password).await.expect_problem(401, "bad-credentials");
    drop(empty);

    drop(Serve::demo(folder.path()).await);
    let again = Serve::demo(folder.path()).await;

    assert!(again.program.said().contains(patient.password), "{}", again.program.said());
    let mut browser = crate::support::people::signed_in(again.browser(), "patient").await;
    let practitioners = browser.get("/api/practitioners").await.expect(200);
    assert_eq!(practitioners.as_array().unwrap().len(), 2);
}
