//! The URL table, walked: every door against every role, and against the published contract.

use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service};
use actix_web::{App, HttpResponse, web};
use control_plane::admin::PersonRole;
use control_plane::authorize::{Action, role_may};
use control_plane::http::gate;
use control_plane::openapi;
use control_plane::routes::{DOORS, Permission};
use protocol::Role;
use serde_json::json;
use uuid::Uuid;

use crate::support::{on_both, practitioner};

/// The doors that anybody may open, said a second time: a new one is a decision, not a slip.
const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/api/openapi.json"),
    ("POST", "/api/session"),
    ("POST", "/api/guest"),
    ("POST", "/api/guest/join"),
    ("POST", "/api/guest/people"),
    ("GET", "/nodes/connect"),
];

#[test]
fn public_doors_are_the_written_ones() {
    let public: Vec<(&str, &str)> = DOORS
        .iter()
        .filter(|door| matches!(door.permission, Permission::Public(_)))
        .map(|door| (door.method.as_str(), door.path))
        .collect();

    assert_eq!(public, PUBLIC);
}

#[test]
fn a_door_stands_in_the_table_once() {
    for (i, door) in DOORS.iter().enumerate() {
        let twice = DOORS[i + 1..].iter().any(|other| other.method == door.method && other.path == door.path);
        assert!(!twice, "{} {}", door.method, door.path);
    }
}

/// The web app's types are generated from the committed copy, so that it is built without this program.
#[test]
fn the_committed_contract_is_this_one() {
    let committed = include_str!("../../../web/app/openapi.json");

    let now = openapi::json().unwrap();

    assert!(
        committed.trim_end() == now,
        "the contract changed: run `cargo run -- openapi > web/app/openapi.json`, then `npm run api` in web/"
    );
}

#[test]
fn the_contract_and_the_table_name_the_same_doors() {
    let document = serde_json::to_value(openapi::document()).unwrap();
    let mut published: Vec<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let mut mounted: Vec<String> = DOORS
        .iter()
        .filter(|door| door.path.starts_with("/api/") && door.path != "/api/openapi.json")
        .map(|door| format!("{} {}", door.method, door.path))
        .collect();
    published.sort();
    mounted.sort();

    assert_eq!(published, mounted);
}

/// A path with every `{part}` filled by an id that is nobody's.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { Uuid::now_v7().to_string() } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/")
}

on_both! {
    async fn without_a_session_every_door_but_the_public_ones_is_shut(world) {
        let mut browser = world.browser().await;
        for door in DOORS {
            if let Permission::To(_) = door.permission {
                let request = browser.change(door.method.clone(), &filled(door.path), &json!({}));
                browser.send(request).await.expect_problem(401, "not-signed-in");
            }
        }
    }

    async fn each_role_passes_exactly_the_doors_of_its_actions(world) {
        let clinic = world.clinic("ours").await;
        let people = [
            (Role::Patient, world.person(&clinic, PersonRole::Patient).await),
            (Role::Practitioner, world.person(&clinic, practitioner()).await),
            (Role::Staff, world.person(&clinic, PersonRole::Staff).await),
            (Role::Admin, world.person(&clinic, PersonRole::Admin).await),
        ];
        for (role, person) in people {
            for door in DOORS {
                let Permission::To(action) = door.permission else { continue };
                // Signing out would end the walk.
                if action == Action::SessionEnd {
                    continue;
                }
                let mut browser = world.signed_in(&person).await;
                let request = browser.change(door.method.clone(), &filled(door.path), &json!({}));
                let answer = browser.send(request).await;
                let stopped = answer.status == 403 && answer.json()["type"] == "/problems/forbidden";
                assert_eq!(!stopped, role_may(role, action), "{role} {} {}: {}", door.method, door.path, answer.text);
                assert_ne!(answer.status, 401, "{role} {}", door.path);
                assert!(answer.status.as_u16() < 500, "{role} {}: {}", door.path, answer.text);
            }
        }
    }

    /// A door of its own, so that the test does not depend on which doors there are today.
    async fn the_gate_stops_a_role_before_the_handler_and_records_it(world) {
        let clinic = world.clinic("ours").await;
        let people = [
            (world.person(&clinic, PersonRole::Admin).await, 204),
            (world.person(&clinic, PersonRole::Patient).await, 403),
        ];
        let state = web::Data::new(world.state());
        let permission = Permission::To(Action::AccountCreate);
        let route = web::get()
            .to(async || HttpResponse::NoContent())
            .wrap(from_fn(move |request, next| gate::pass(permission, request, next)));
        let app = App::new().app_data(state).route("/door", route);
        let app = init_service(app).await;

        for (person, status) in people {
            let cookie = world.signed_in(&person).await.cookie.unwrap();
            let answer = call_service(&app, TestRequest::get().uri("/door").cookie(cookie).to_request()).await;
            assert_eq!(answer.status(), status);
        }

        let refused = "select count(*) from audit where action = 'account.create' and outcome = 'refused'";
        assert_eq!(world.raw().await.number(refused).await, 1);
    }

    async fn nothing_is_mounted_outside_the_table(world) {
        let mut browser = world.browser().await;
        for path in ["/api", "/api/", "/api/admin", "/api/session/", "/api/debug", "/nodes/", "/metrics.json", "/.env"] {
            for method in [Method::GET, Method::POST] {
                let request = TestRequest::default().method(method.clone()).uri(path);
                let answer = browser.send(request).await;
                assert_eq!(answer.status, 404, "{method} {path}");
            }
        }
    }
}
