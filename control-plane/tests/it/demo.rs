//! Demo data: complete, usable, and never in somebody's database.

use control_plane::admin::PersonRole;
use control_plane::demo::{self, ACCOUNTS, Demo};

use crate::support::on_both;

on_both! {
    async fn everybody_of_the_demo_clinic_can_sign_in(world) {
        assert_eq!(demo::fill(&world.store).await.unwrap(), Demo::Made);

        let mut browser = world.browser().await;
        for person in ACCOUNTS {
            let account = browser.sign_in(person.email, person.password).await.expect_status(200).json()["account"].clone();
            assert_eq!(account["name"], person.name);
            assert_eq!(account["role"], person.role);
        }
        let mut raw = world.raw().await;
        assert_eq!(raw.number("select count(*) from practitioner").await, 2);
        assert_eq!(raw.number("select count(*) from availability where until_minute - from_minute = 1440").await, 14);
        assert_eq!(demo::fill(&world.store).await.unwrap(), Demo::There);
        assert_eq!(raw.number("select count(*) from account").await, 4);
    }

    async fn a_database_with_a_clinic_is_left_alone(world) {
        let clinic = world.clinic("ours").await;
        world.person(&clinic, PersonRole::Admin).await;

        assert_eq!(demo::fill(&world.store).await.unwrap(), Demo::NotEmpty);
        assert_eq!(world.raw().await.number("select count(*) from account").await, 1);
    }

    async fn an_account_needs_an_address_of_its_own_and_a_long_password(world) {
        use control_plane::admin::{self, AdminError, NewPerson};
        let clinic = world.clinic("ours").await;
        let new = |email: &str, password: &str| NewPerson {
            clinic: clinic.id,
            role: PersonRole::Admin,
            name: "Sam".to_owned().into(),
            email: email.to_owned().into(),
            password: password.to_owned().into(),
            time_zone: clinic.time_zone.clone(),
            language: "en".to_owned(),
        };
        let make = async |email: &str, password: &str| admin::create(&world.store, new(email, password)).await;

        make("sam@example.org", "long enough to pass").await.unwrap();

        assert!(matches!(make("SAM@example.org", "long enough to pass").await, Err(AdminError::Taken)));
        assert!(matches!(make("sam", "long enough to pass").await, Err(AdminError::Email(_))));
        assert!(matches!(make("sam2@example.org", "short").await, Err(AdminError::Password(_))));
    }
}
