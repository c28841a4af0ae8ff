//! The list of doors: every URL of the API, who may open it, and which handler stands behind it.
//!
//! A door is in this table or it does not exist: the application mounts nothing else under `/api` and `/nodes`. The
//! gate asks the permission before the handler runs. Tests compare this table with the OpenAPI document, and walk it
//! with every role.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::{HttpResponse, Route, middleware, web};

use crate::accounts;
use crate::appointments;
use crate::authorize::Action;
use crate::availability;
use crate::guests;
use crate::http::problem::Problem;
use crate::http::{gate, health};
use crate::nodes;
use crate::openapi;
use crate::practitioners;
use crate::quality;
use crate::rooms;

/// Who may open a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Anybody. Says why that is right.
    Public(&'static str),
    /// Somebody signed in whose role may do this.
    To(Action),
}

/// One method of one URL.
pub struct Door {
    /// Method.
    pub method: Method,
    /// Path, with `{names}` of its parts.
    pub path: &'static str,
    /// Who.
    pub permission: Permission,
    handle: fn(Route) -> Route,
}

/// An entry of the table.
const fn door(
    method: Method,
    path: &'static str,
    permission: Permission,
    handle: fn(Route) -> Route,
) -> Door {
    Door { method, path, permission, handle }
}

use Permission::{Public, To};

/// All doors.
pub const DOORS: &[Door] = &[
    door(Method::GET, "/livez", Public("a supervisor has no account"), |r| r.to(health::livez)),
    door(Method::GET, "/readyz", Public("a load balancer has no account"), |r| r.to(health::readyz)),
    door(Method::GET, "/api/openapi.json", Public("the contract is no secret"), |r| r.to(openapi::serve)),
    // Accounts
    door(Method::POST, "/api/session", Public("this is where one signs in"), |r| {
        r.to(accounts::handlers::sign_in)
    }),
    door(Method::GET, "/api/session", To(Action::SessionRead), |r| r.to(accounts::handlers::session)),
    door(Method::DELETE, "/api/session", To(Action::SessionEnd), |r| r.to(accounts::handlers::sign_out)),
    door(Method::PATCH, "/api/me", To(Action::ProfileEdit), |r| r.to(accounts::handlers::change_profile)),
    // Practitioners and their time
    door(Method::GET, "/api/practitioners", To(Action::PractitionerList), |r| {
        r.to(practitioners::handlers::list)
    }),
    door(Method::GET, "/api/practitioners/{id}/slots", To(Action::SlotRead), |r| {
        r.to(availability::handlers::slots)
    }),
    door(Method::GET, "/api/me/availability", To(Action::AvailabilityRead), |r| {
        r.to(availability::handlers::read)
    }),
    door(Method::PUT, "/api/me/availability", To(Action::AvailabilityEdit), |r| {
        r.to(availability::handlers::replace)
    }),
    // Appointments
    door(Method::POST, "/api/appointments", To(Action::AppointmentBook), |r| {
        r.to(appointments::handlers::book)
    }),
    door(Method::GET, "/api/appointments", To(Action::AppointmentList), |r| {
        r.to(appointments::handlers::list)
    }),
    door(Method::GET, "/api/appointments/{id}", To(Action::AppointmentRead), |r| {
        r.to(appointments::handlers::read)
    }),
    door(Method::POST, "/api/appointments/{id}/cancel", To(Action::AppointmentCancel), |r| {
        r.to(appointments::handlers::cancel)
    }),
    // Their rooms
    door(Method::POST, "/api/appointments/{id}/join", To(Action::AppointmentJoin), |r| {
        r.to(rooms::handlers::join)
    }),
    door(Method::GET, "/api/appointments/{id}/people", To(Action::PeopleRead), |r| {
        r.to(rooms::handlers::people)
    }),
    door(Method::GET, "/api/appointments/{id}/quality", To(Action::QualityRead), |r| {
        r.to(quality::handlers::visit)
    }),
    // All of them together
    door(Method::GET, "/api/quality", To(Action::QualitySummary), |r| r.to(quality::handlers::summary)),
    // Their guests
    door(Method::POST, "/api/appointments/{id}/guests", To(Action::GuestInvite), |r| {
        r.to(guests::handlers::invite)
    }),
    door(Method::GET, "/api/appointments/{id}/guests", To(Action::GuestList), |r| {
        r.to(guests::handlers::list)
    }),
    door(Method::DELETE, "/api/appointments/{id}/guests/{guest_id}", To(Action::GuestRevoke), |r| {
        r.to(guests::handlers::revoke)
    }),
    door(Method::POST, "/api/guest", Public("the link's secret is the key"), |r| {
        r.to(guests::handlers::open)
    }),
    door(Method::POST, "/api/guest/join", Public("the link's secret is the key"), |r| {
        r.to(guests::handlers::join)
    }),
    door(Method::POST, "/api/guest/people", Public("the link's secret is the key"), |r| {
        r.to(guests::handlers::people)
    }),
    // Media nodes
    door(Method::GET, "/nodes/connect", Public("a node proves its key in its first message"), |r| {
        r.to(nodes::handlers::connect)
    }),
];

/// Mounts the table: each URL once, each of its methods behind the gate, other methods 405.
pub fn mount(config: &mut web::ServiceConfig) {
    let mut urls: BTreeMap<&str, Vec<&Door>> = BTreeMap::new();
    for door in DOORS {
        urls.entry(door.path).or_default().push(door);
    }
    for (path, doors) in urls {
        let mut resource = web::resource(path);
        let mut allowed: Vec<&str> = Vec::new();
        for door in doors {
            allowed.push(door.method.as_str());
            let permission = door.permission;
            let route = (door.handle)(Route::new().method(door.method.clone()));
            resource = resource.route(
                route.wrap(middleware::from_fn(move |request, next| gate::pass(permission, request, next))),
            );
        }
        let allowed = allowed.join(", ");
        config.service(resource.default_service(web::to(move || refuse_method(allowed.clone()))));
    }
}

async fn refuse_method(allowed: String) -> HttpResponse {
    let status = actix_web::http::StatusCode::METHOD_NOT_ALLOWED;
    let problem = Problem::new(status, "method-not-allowed", "This URL does not take this method");
    let mut response = problem.response(None);
    if let Ok(allowed) = allowed.parse() {
        response.headers_mut().insert(actix_web::http::header::ALLOW, allowed);
    }
    response
}
