//! A stolen database tells nothing, and what is moved inside it does not open.

use control_plane::admin::PersonRole;
use control_plane::seal::{MasterKey, Owner, Place, SealError, Sealed};
use serde_json::json;
use uuid::Uuid;

use crate::support::{World, on_both};

fn holds(dump: &[u8], canary: &str) -> bool {
    let contains =
        |needle: &[u8]| dump.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle));
    let hex: String = canary.bytes().map(|b| format!("{b:02x}")).collect();
    contains(canary.as_bytes()) || contains(hex.as_bytes())
}

on_both! {
    async fn a_dump_shows_no_name_no_address_and_no_answer(world) {
        let clinic = world.clinic("ours").await;
        let person = world.named(&clinic, PersonRole::Patient, "Zerline Canary", "zerline@canary.example").await;
        let mut browser = world.signed_in(&person).await;
        let change = browser.change(actix_web::http::Method::PATCH, "/api/me", &json!({"language": "de"}));
        let answer = browser.send(change.insert_header(("Idempotency-Key", Uuid::now_v7().to_string()))).await;
        assert!(answer.expect_status(200).text.contains("Zerline Canary"), "the kept answer holds the canary");

        let dump = world.raw().await.dump();

        for canary in ["Zerline", "Canary", "zerline@", "canary.example", crate::support::PASSWORD] {
            assert!(!holds(&dump, canary), "{canary} is in the dump");
        }
        assert!(holds(&dump, "Clinic ours"), "the dump is one: what is public can be found in it");
    }

    async fn a_value_moved_to_another_row_or_column_does_not_open(world) {
        let clinic = world.clinic("ours").await;
        let (one, two) = (
            world.person(&clinic, PersonRole::Staff).await,
            world.person(&clinic, PersonRole::Staff).await,
        );
        let mut raw = world.raw().await;
        let (one_id, two_id) = (raw.id(one.created.account.0), raw.id(two.created.account.0));
        let mut browser = world.signed_in(&one).await;

        raw.execute(&format!("update account set name = (select name from account where id = {two_id}) where id = {one_id}"))
            .await
            .unwrap();
        browser.get("/api/session").await.expect_problem(500, "internal");

        raw.execute(&format!("update account set name = email where id = {two_id}")).await.unwrap();
        let mut other = world.browser().await;
        other.sign_in(&two.email, crate::support::PASSWORD).await.expect_problem(500, "internal");
    }

    async fn a_value_of_one_clinic_does_not_open_in_another(world) {
        let (ours, theirs) = (world.clinic("ours").await, world.clinic("theirs").await);
        let keyring = &world.store.keyring;
        let place = Place::new("patient", "name", Uuid::now_v7());
        let mut tx = world.store.db.begin(ours.id).await.unwrap();
        let sealed: Sealed<String> =
            keyring.owner(&mut tx, Owner::Clinic).await.unwrap().seal(place, &"Anna".to_owned()).unwrap();
        tx.commit().await.unwrap();

        let mut tx = world.store.db.begin(ours.id).await.unwrap();
        assert_eq!(keyring.open(&mut tx, place, &sealed).await.unwrap(), "Anna");
        drop(tx);
        let mut tx = world.store.db.begin(theirs.id).await.unwrap();
        assert!(matches!(keyring.open(&mut tx, place, &sealed).await, Err(SealError::UnknownKey)));
    }

    async fn destroying_an_owners_key_erases_the_owner_and_nobody_else(world) {
        let clinic = world.clinic("ours").await;
        let keyring = &world.store.keyring;
        let (gone, stays) = (
            world.person(&clinic, PersonRole::Staff).await.created.account,
            world.person(&clinic, PersonRole::Staff).await.created.account,
        );
        let place = |id: control_plane::ids::AccountId| Place::new("account", "name", id.0);
        let mut tx = world.store.db.begin(clinic.id).await.unwrap();
        let mut sealed = Vec::new();
        for id in [gone, stays] {
            let key = keyring.owner(&mut tx, Owner::Account(id)).await.unwrap();
            sealed.push(key.seal(place(id), &"Somebody".to_owned()).unwrap());
        }
        assert!(keyring.open(&mut tx, place(gone), &sealed[0]).await.is_ok());

        keyring.destroy(&mut tx, Owner::Account(gone)).await.unwrap();

        assert!(matches!(keyring.open(&mut tx, place(gone), &sealed[0]).await, Err(SealError::Destroyed)));
        assert!(matches!(keyring.owner(&mut tx, Owner::Account(gone)).await.err(), Some(SealError::Destroyed)));
        assert_eq!(keyring.open(&mut tx, place(stays), &sealed[1]).await.unwrap(), "Somebody");
    }

    async fn the_same_address_has_another_index_in_another_clinic(world) {
        for slug in ["ours", "theirs"] {
            let clinic = world.clinic(slug).await;
            world.named(&clinic, PersonRole::Staff, "Anna", "anna@example.org").await;
        }
        let mut raw = world.raw().await;

        let distinct = raw.number("select count(distinct email_index) from account").await;

        assert_eq!(distinct, 2);
        assert_eq!(raw.texts("select slug from clinic order by slug").await, ["ours", "theirs"]);
    }

    async fn another_master_key_is_refused_at_start(world) {
        world.clinic("ours").await;
        let World { config, store, folder, .. } = world;
        store.db.close().await;
        drop(store);
        std::fs::remove_file(&config.master_key).unwrap();

        let missing = control_plane::store::Store::open(&config).await.err().unwrap().to_string();
        assert!(missing.contains("master.key: the master key is missing"), "{missing}");

        MasterKey::load(&config.master_key, true).unwrap();
        let foreign = control_plane::store::Store::open(&config).await.err().unwrap().to_string();
        let named = config.master_key.display();
        assert_eq!(foreign, format!("{named}: the master key is not the one this database was made with"));
        drop(folder);
    }
}
