//! The application: what all workers share, and the actix app built from the URL table.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{App, Error, HttpResponse, middleware, web};
use prometheus::{HistogramVec, IntCounterVec};
use protocol::ClinicId;
use telemetry::metrics::{MetricError, Metrics};

use crate::accounts::attempts::Attempts;
use crate::accounts::password::Passwords;
use crate::audit::{self, Entry, Outcome};
use crate::authorize::{Action, Object};
use crate::db::{Db, Tx};
use crate::http::assets::Assets;
use crate::http::caller::{self, Caller, Party};
use crate::http::command::Command;
use crate::http::origin::Network;
use crate::http::problem::{ApiError, PROBLEM_JSON, Problem};
use crate::http::{assets, edge};
use crate::idempotency::{self, Claim};
use crate::nodes::Connections;
use crate::rooms::turn::Turn;
use crate::routes;
use crate::seal::Keyring;

/// What all workers share.
pub struct State {
    /// The database.
    pub db: Db,
    /// Keys of sealed columns.
    pub keyring: Keyring,
    /// Hashing of passwords.
    pub passwords: Passwords,
    /// Limits of sign-in.
    pub attempts: Attempts,
    /// Media nodes connected to this control plane.
    pub nodes: Connections,
    /// How this control plane is reached.
    pub http: HttpSettings,
    /// The relay for browsers behind firewalls.
    pub turn: Option<Turn>,
    /// What it counts.
    pub metrics: HttpMetrics,
}

/// How this control plane is reached.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Scheme, host and port that people type: `https://clinic.example`. Links are made from it, never from a request.
    pub public_origin: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Where the web app's files are.
    pub assets: Assets,
}

impl HttpSettings {
    /// Whether browsers reach us over TLS: then cookies are `Secure` and HSTS is told.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_origin.starts_with("https://")
    }

    /// Whether only this machine can reach us by that address.
    #[must_use]
    pub fn is_local(&self) -> bool {
        url::Url::parse(&self.public_origin).is_ok_and(|origin| crate::config::is_local(&origin))
    }
}

/// Answers, counted.
pub struct HttpMetrics {
    registry: Metrics,
    requests: IntCounterVec,
    seconds: HistogramVec,
}

impl HttpMetrics {
    /// Registers them.
    ///
    /// # Errors
    /// When one is registered already.
    pub fn new(registry: Metrics) -> Result<Self, MetricError> {
        // Around the figure to hold: a booking in 0.1 s at the 99th percentile.
        const BUCKETS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];
        Ok(Self {
            requests: registry.counters(
                "bedside_http_requests_total",
                "Requests answered, by route and status",
                &["route", "status"],
            )?,
            seconds: registry.histograms(
                "bedside_http_request_seconds",
                "Time to an answer, by route",
                &["route"],
                &BUCKETS,
            )?,
            registry,
        })
    }

    /// For an area's own metrics.
    #[must_use]
    pub fn registry(&self) -> &Metrics {
        &self.registry
    }

    pub(crate) fn answered(&self, route: &str, status: StatusCode, seconds: f64) {
        self.requests.with_label_values(&[route, status.as_str()]).inc();
        self.seconds.with_label_values(&[route]).observe(seconds);
    }

    pub(crate) fn text(&self) -> String {
        self.registry.text()
    }
}

/// What a command answers: kept for repeats, so it is data and not a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: serde_json::Value,
}

impl Answer {
    /// An answer with a body.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON, which is a fault of ours.
    pub fn new(status: StatusCode, body: &impl serde::Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_value(body).map_err(|_| ApiError::Internal("an answer that is no JSON"))?;
        Ok(Self { status, body })
    }

    /// 204.
    #[must_use]
    pub fn nothing() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: serde_json::Value::Null }
    }

    fn into_response(self) -> HttpResponse {
        if self.status == StatusCode::NO_CONTENT {
            return HttpResponse::NoContent().finish();
        }
        let kind = if self.status.is_success() { "application/json" } else { PROBLEM_JSON };
        HttpResponse::build(self.status).content_type(kind).body(self.body.to_string())
    }
}

/// What a reading found, and what of patients it shows.
pub struct Seen<T> {
    /// For the answer.
    pub view: T,
    /// For the audit record.
    pub of: Vec<(Action, Object)>,
}

impl<T> Seen<T> {
    /// Nothing of a patient.
    pub fn public(view: T) -> Self {
        Self { view, of: Vec::new() }
    }
}

impl State {
    /// Work in one transaction of the actor's clinic. What the actor may not do is rolled back, and its refusal
    /// is in the audit record before the answer leaves.
    ///
    /// # Errors
    /// What `work` returns, or that the database failed.
    pub async fn transaction<T>(
        &self,
        party: impl Into<Party>,
        work: impl AsyncFnMut(&mut Tx) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.for_clinic(party.into().actor.clinic, work).await
    }

    /// [`State::transaction`] where the work itself finds out who acts, by the secret of a link.
    pub(crate) async fn for_clinic<T>(
        &self,
        clinic: ClinicId,
        work: impl AsyncFnMut(&mut Tx) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        self.settle(self.db.transaction(clinic, work).await).await
    }

    /// [`State::transaction`] for work that only reads: beside the writer, and what it read of patients is in the audit
    /// record before the answer leaves.
    ///
    /// # Errors
    /// What `work` returns, or that the database failed.
    pub async fn read<T>(
        &self,
        party: impl Into<Party>,
        work: impl AsyncFnOnce(&mut Tx) -> Result<Seen<T>, ApiError>,
    ) -> Result<T, ApiError> {
        let Party { actor, origin } = party.into();
        let outcome = async {
            let mut tx = self.db.read(actor.clinic).await?;
            let Seen { view, of } = work(&mut tx).await?;
            let fresh = audit::not_recorded_lately(&mut tx, &actor, of).await?;
            Ok((view, fresh))
        };
        let (view, fresh) = self.settle(outcome.await).await?;
        if !fresh.is_empty() {
            let work = async |tx: &mut Tx| -> Result<(), ApiError> {
                for (action, object) in &fresh {
                    let entry = caller::entry(&actor, origin, *action, *object, Outcome::Allowed);
                    audit::record(tx, &entry).await?;
                }
                Ok(())
            };
            self.db.transaction(actor.clinic, work).await?;
        }
        Ok(view)
    }

    async fn settle<T>(&self, outcome: Result<T, ApiError>) -> Result<T, ApiError> {
        match outcome {
            Err(ApiError::Refused(refused)) => {
                let (problem, entry) = *refused;
                Err(self.audit_refusal(problem, &entry).await)
            }
            outcome => outcome,
        }
    }

    /// [`State::transaction`] for a command that may be repeated: with the same `Idempotency-Key` and request it has
    /// one effect and one answer, a conflict (409) included.
    ///
    /// # Errors
    /// 409 when the key was used for another request; else as [`State::transaction`].
    pub async fn once<T>(
        &self,
        caller: &Caller,
        command: &Command<T>,
        mut work: impl AsyncFnMut(&mut Tx) -> Result<Answer, ApiError>,
    ) -> Result<HttpResponse, ApiError> {
        let answer = self.transaction(caller, async |tx| {
            let Some(key) = command.key else { return work(tx).await };
            match idempotency::claim(tx, &self.keyring, caller.account, key, &command.sha256).await? {
                Claim::Known(answer) => Ok(answer),
                Claim::Fresh(claimed) => {
                    let answer = conflict_as_answer(tx, &mut work).await?;
                    idempotency::keep(tx, &self.keyring, &claimed, &answer).await?;
                    Ok(answer)
                }
            }
        });
        Ok(answer.await?.into_response())
    }

    /// Writes a refusal into the audit record and yields the error to answer with. When it cannot be written, the
    /// answer is that the database is away, not the refusal.
    pub async fn audit_refusal(&self, problem: Problem, entry: &Entry) -> ApiError {
        let written: Result<(), ApiError> =
            self.db.transaction(entry.clinic(), async |tx| Ok(audit::record(tx, entry).await?)).await;
        match written {
            Ok(()) => problem.into(),
            Err(error) => error,
        }
    }
}

/// Runs `work`; a conflict undoes what it did and becomes its answer, in the transaction that still holds the key.
async fn conflict_as_answer(
    tx: &mut Tx,
    work: &mut impl AsyncFnMut(&mut Tx) -> Result<Answer, ApiError>,
) -> Result<Answer, ApiError> {
    tx.savepoint().await?;
    match work(tx).await {
        Err(ApiError::Problem(problem)) if problem.status == StatusCode::CONFLICT => {
            tx.rollback_to_savepoint().await?;
            Ok(Answer { status: problem.status, body: problem.body(None) })
        }
        outcome => outcome,
    }
}

/// The actix application, for a server's worker and for tests.
pub fn app(
    state: web::Data<State>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(state)
        // Path and query errors are answered by the edge; their text never leaves.
        .wrap(middleware::from_fn(edge::around))
        .configure(routes::mount)
        .default_service(web::to(assets::serve))
}
