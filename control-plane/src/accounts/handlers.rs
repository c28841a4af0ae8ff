//! `/api/session` and `/api/me`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use protocol::ClinicId;
use serde::{Deserialize, Serialize};
use telemetry::Redacted;
use utoipa::ToSchema;

use super::attempts::too_many;
use super::store::{self, Credentials};
use super::{Account, account, email_index, is_language, normalise_email, session};
use crate::app::{Answer, State};
use crate::audit::{self, Agent, Entry, Outcome};
use crate::authorize::{Action, Actor, Object, Who};
use crate::bearer::Bearer;
use crate::clinics;
use crate::http::caller::Caller;
use crate::http::command::Command;
use crate::http::origin::Origin;
use crate::http::problem::{ApiError, Problem};
use crate::ids::AccountId;
use crate::seal::BlindIndex;
use crate::time::{Timestamp, ZoneName};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Address.
    #[schema(value_type = String)]
    email: Redacted<String>,
    /// Password.
    #[schema(value_type = String)]
    password: Redacted<String>,
    /// The clinic's slug; needed only where there are several.
    clinic: Option<String>,
}

/// A sign-in, as its holder sees it.
#[derive(Serialize, ToSchema)]
pub struct SessionView {
    /// Who is signed in.
    account: Account,
    /// To be sent as `X-CSRF-Token` with every change.
    csrf_token: String,
    /// When it ends if nothing more happens.
    expires_at: Timestamp,
}

/// What of one's own account may be changed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProfileChange {
    /// Where times are read.
    time_zone: Option<ZoneName>,
    /// What is read.
    language: Option<String>,
}

/// Signs in. A session that the request still carries ends.
///
/// # Errors
/// 401 whatever was wrong, 429 when tried too often.
#[utoipa::path(post, path = "/api/session", tag = "session", request_body = SignIn, responses(
    (status = 200, body = SessionView, description = "Signed in; the cookie is set"),
    (status = 400, description = "/problems/bad-request, /problems/clinic-needed"),
    (status = 401, description = "/problems/bad-credentials"),
    (status = 429, description = "/problems/too-many-attempts"),
))]
pub async fn sign_in(
    state: web::Data<State>,
    origin: Origin,
    request: HttpRequest,
    command: Command<SignIn>,
) -> Result<HttpResponse, ApiError> {
    state.attempts.from_address(&origin).map_err(too_many)?;
    let SignIn { email, password, clinic } = command.body;
    // What is no address has no account for sure: answering at once tells nothing.
    let email = normalise_email(email.expose()).ok_or_else(bad_credentials)?;
    let Some(clinic) = find_clinic(&state, clinic.as_deref()).await? else {
        // An unknown clinic is refused as an unknown account is: after a hash, with the same words.
        state.passwords.verify(password, None).await?;
        return Err(bad_credentials());
    };
    let (index, known) = look_up(&state, clinic, &email).await?;
    state.attempts.at_account(&index, &origin).map_err(too_many)?;
    let stored = known.as_ref().map(|known| known.password_hash.clone());
    let fits = state.passwords.verify(password, stored).await?;
    match known {
        Some(known) if fits && known.disabled_us.is_none() => {
            start(&state, clinic, origin, &known, previous(&request)).await
        }
        known => {
            refuse(&state, clinic, origin, known.map(|known| known.id)).await?;
            Err(bad_credentials())
        }
    }
}

/// The one named, or the only one there is.
async fn find_clinic(state: &State, slug: Option<&str>) -> Result<Option<ClinicId>, ApiError> {
    let mut tx = state.db.read_system().await?;
    if let Some(slug) = slug {
        return Ok(clinics::store::by_slug(&mut tx, slug).await?);
    }
    match clinics::store::first_two(&mut tx).await?.as_slice() {
        [] => Ok(None),
        [(only, _)] => Ok(Some(*only)),
        _ => {
            Err(Problem::new(StatusCode::BAD_REQUEST, "clinic-needed", "There are several clinics: name one")
                .into())
        }
    }
}

async fn look_up(
    state: &State,
    clinic: ClinicId,
    email: &str,
) -> Result<(BlindIndex, Option<Credentials>), ApiError> {
    let found: Result<_, ApiError> = state
        .db
        .transaction(clinic, async |tx| {
            let index = email_index(tx, &state.keyring, email).await?;
            let known = store::credentials(tx, &index).await?;
            Ok((index, known))
        })
        .await;
    found
}

async fn start(
    state: &State,
    clinic: ClinicId,
    origin: Origin,
    known: &Credentials,
    previous: Option<Bearer>,
) -> Result<HttpResponse, ApiError> {
    let bearer = Bearer::new(clinic)?;
    let who = Who::Account { account: known.id, patient: None, practitioner: None };
    let agent = Agent::Actor(Actor { clinic, role: known.role.into(), who });
    let object = Object::Account { clinic, account: known.id };
    let entry = Entry {
        agent,
        action: Action::SessionStart,
        object,
        outcome: Outcome::Allowed,
        reason: None,
        origin,
    };
    let view: Result<SessionView, ApiError> = state
        .db
        .transaction(clinic, async |tx| {
            if let Some(previous) = previous.as_ref().filter(|previous| previous.clinic() == clinic) {
                session::end(tx, previous).await?;
            }
            let expires_at = session::start(tx, known.id, known.role, &bearer).await?;
            audit::record(tx, &entry).await?;
            let account = account(tx, &state.keyring, known.id).await?;
            Ok(SessionView { account, csrf_token: bearer.csrf_token(), expires_at })
        })
        .await;
    Ok(HttpResponse::Ok().cookie(session::cookie(&bearer, state.http.is_https())).json(view?))
}

fn previous(request: &HttpRequest) -> Option<Bearer> {
    request.cookie(session::COOKIE)?.value().parse().ok()
}

/// A failed sign-in is recorded: at the account if there is one, at the clinic if not.
async fn refuse(
    state: &State,
    clinic: ClinicId,
    origin: Origin,
    account: Option<AccountId>,
) -> Result<(), ApiError> {
    let object = account.map_or(Object::Clinic(clinic), |account| Object::Account { clinic, account });
    let entry = Entry {
        agent: Agent::Nobody,
        action: Action::SessionStart,
        object,
        outcome: Outcome::Refused,
        reason: Some("bad_credentials"),
        origin,
    };
    state.db.transaction(clinic, async |tx| Ok(audit::record(tx, &entry).await?)).await
}

fn bad_credentials() -> ApiError {
    Problem::new(StatusCode::UNAUTHORIZED, "bad-credentials", "E-mail address or password is wrong").into()
}

/// Who is signed in.
///
/// # Errors
/// 401.
#[utoipa::path(get, path = "/api/session", tag = "session", responses(
    (status = 200, body = SessionView),
    (status = 401, description = "/problems/not-signed-in"),
))]
pub async fn session(
    state: web::Data<State>,
    caller: Caller,
    bearer: web::ReqData<Bearer>,
) -> Result<HttpResponse, ApiError> {
    let mut tx = state.db.read(caller.actor.clinic).await?;
    let account = account(&mut tx, &state.keyring, caller.account).await?;
    let view = SessionView { account, csrf_token: bearer.csrf_token(), expires_at: caller.session.ends };
    Ok(HttpResponse::Ok().json(view))
}

/// Signs out: the session is dead on the server, the cookie gone.
///
/// # Errors
/// When the database fails.
#[utoipa::path(delete, path = "/api/session", tag = "session", responses(
    (status = 204, description = "Signed out"),
    (status = 401, description = "/problems/not-signed-in"),
))]
pub async fn sign_out(
    state: web::Data<State>,
    caller: Caller,
    bearer: web::ReqData<Bearer>,
) -> Result<HttpResponse, ApiError> {
    let own = Object::Account { clinic: caller.actor.clinic, account: caller.account };
    state
        .transaction(&caller, async |tx| {
            caller.may(Action::SessionEnd, &own)?;
            session::end(tx, &bearer).await?;
            Ok(caller.record(tx, Action::SessionEnd, own).await?)
        })
        .await?;
    Ok(HttpResponse::NoContent().cookie(session::no_cookie(state.http.is_https())).finish())
}

/// Changes one's own zone or language.
///
/// # Errors
/// 400 when the language is none.
#[utoipa::path(patch, path = "/api/me", tag = "session", request_body = ProfileChange, responses(
    (status = 200, body = Account),
    (status = 400, description = "/problems/bad-request"),
    (status = 409, description = "/problems/idempotency-key-reused"),
))]
pub async fn change_profile(
    state: web::Data<State>,
    caller: Caller,
    command: Command<ProfileChange>,
) -> Result<HttpResponse, ApiError> {
    let ProfileChange { time_zone, language } = &command.body;
    if language.as_deref().is_some_and(|tag| !is_language(tag)) {
        return Err(Problem::bad_request("language is not a language tag").into());
    }
    let own = Object::Account { clinic: caller.actor.clinic, account: caller.account };
    state
        .once(&caller, &command, async |tx| {
            caller.may(Action::ProfileEdit, &own)?;
            store::set_profile(tx, caller.account, time_zone.as_ref(), language.as_deref()).await?;
            caller.record(tx, Action::ProfileEdit, own).await?;
            Answer::new(StatusCode::OK, &account(tx, &state.keyring, caller.account).await?)
        })
        .await
}
