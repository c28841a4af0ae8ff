//! What an operator does from a command line: the first clinic, and accounts in it.

use std::error::Error;

use protocol::ClinicId;
use telemetry::Redacted;

use crate::accounts::password::{WeakPassword, check_strength};
use crate::accounts::store::{self, NewAccount};
use crate::accounts::{AccountRole, email_index, is_language, normalise_email};
use crate::audit::{self, Agent, Entry, Outcome};
use crate::authorize::{Action, Object};
use crate::clinics::{self, Clinic, is_slug};
use crate::db::{DbError, Refusal, Retry, Tx};
use crate::http::origin::Origin;
use crate::http::problem::ApiError;
use crate::ids::{AccountId, PatientId, PractitionerId};
use crate::seal::{Owner, Place, SealError};
use crate::store::Store;
use crate::time::ZoneName;

mod people;

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The address is none.
    #[error("{0:?} is not an e-mail address")]
    Email(String),
    /// The address has an account here.
    #[error("there is an account with this e-mail address already")]
    Taken,
    /// Too weak.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// No name.
    #[error("the name is empty")]
    Name,
    /// Not a language tag.
    #[error("{0:?} is not a language tag like en or de-CH")]
    Language(String),
    /// The slug is none.
    #[error("{0:?} is not a clinic's word: lower-case letters, digits and hyphens, at most 63")]
    Slug(String),
    /// The slug is taken.
    #[error("there is a clinic {0:?} already")]
    ClinicTaken(String),
    /// There is no such clinic.
    #[error("there is no clinic {0:?}")]
    NoClinic(String),
    /// Something underneath.
    #[error("{0}")]
    Failed(&'static str, #[source] Box<dyn Error + Send + Sync>),
    /// The database asks to begin again.
    #[error("the database is busy")]
    Busy(#[source] DbError),
}

impl From<DbError> for AdminError {
    fn from(error: DbError) -> Self {
        if error.is_transient() {
            Self::Busy(error)
        } else {
            Self::Failed("the database failed", Box::new(error))
        }
    }
}

impl From<SealError> for AdminError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Db(error) => error.into(),
            error => Self::Failed("encryption failed", Box::new(error)),
        }
    }
}

impl Retry for AdminError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Busy(_))
    }
}

/// A clinic to be.
#[derive(Clone, Debug)]
pub struct NewClinic {
    /// Name.
    pub name: String,
    /// The word in addresses.
    pub slug: String,
    /// Where it stands.
    pub time_zone: ZoneName,
}

/// Makes a clinic with its keys.
///
/// # Errors
/// When the slug is none or taken.
pub async fn create_clinic(store: &Store, new: NewClinic) -> Result<Clinic, AdminError> {
    if !is_slug(&new.slug) {
        return Err(AdminError::Slug(new.slug));
    }
    check_name(&new.name)?;
    let clinic = Clinic { id: ClinicId::new_v7(), name: new.name, slug: new.slug, time_zone: new.time_zone };
    let wrapped = store.keyring.new_clinic_key(clinic.id)?;
    let mut tx = store.db.system().await?;
    match clinics::store::insert(&mut tx, &clinic, &wrapped).await {
        Err(error) if error.refusal() == Some(Refusal::Unique) => {
            return Err(AdminError::ClinicTaken(clinic.slug));
        }
        outcome => outcome?,
    }
    tx.commit().await?;
    Ok(clinic)
}

/// The clinic with this slug.
///
/// # Errors
/// When there is none.
pub async fn find_clinic(store: &Store, slug: &str) -> Result<ClinicId, AdminError> {
    let found = clinics::store::by_slug(&mut store.db.read_system().await?, slug).await?;
    found.ok_or_else(|| AdminError::NoClinic(slug.to_owned()))
}

/// An account to be.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// Where.
    pub clinic: ClinicId,
    /// As what.
    pub role: PersonRole,
    /// Name.
    pub name: Redacted<String>,
    /// Address.
    pub email: Redacted<String>,
    /// Password.
    pub password: Redacted<String>,
    /// Where they read times.
    pub time_zone: ZoneName,
    /// What they read.
    pub language: String,
}

/// What a new account is, with what that needs.
#[derive(Clone, Debug)]
pub enum PersonRole {
    /// Gets a patient record.
    Patient,
    /// Gets a practitioner record.
    Practitioner(Profession),
    /// Account only.
    Staff,
    /// Account only.
    Admin,
}

impl PersonRole {
    fn account(&self) -> AccountRole {
        match self {
            Self::Patient => AccountRole::Patient,
            Self::Practitioner(_) => AccountRole::Practitioner,
            Self::Staff => AccountRole::Staff,
            Self::Admin => AccountRole::Admin,
        }
    }
}

/// What patients see of a practitioner before they book, and how visits are cut.
#[derive(Clone, Debug)]
pub struct Profession {
    /// `Dr.`
    pub title: String,
    /// `General practice`
    pub specialty: String,
    /// Length of a visit.
    pub visit_minutes: i64,
    /// Kept free after it.
    pub buffer_minutes: i64,
    /// Weekly hours in the practitioner's zone: ISO weekday (Monday is 1), from and until as minutes of the day.
    pub hours: Vec<(i64, i64, i64)>,
}

/// What was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// The account.
    pub account: AccountId,
    /// The patient record.
    pub patient: Option<PatientId>,
    /// The practitioner record.
    pub practitioner: Option<PractitionerId>,
}

/// Makes an account: `bedside admin create`. The password comes from standard input or a prompt, never an argument.
///
/// # Errors
/// [`AdminError`], in words for the operator.
pub async fn create(store: &Store, new: NewPerson) -> Result<Created, AdminError> {
    let email = check_email(new.email.expose())?;
    check_strength(new.password.expose())?;
    check_name(new.name.expose())?;
    if !is_language(&new.language) {
        return Err(AdminError::Language(new.language));
    }
    let hashed = store.passwords.hash(new.password.clone()).await;
    let password_hash = hashed.map_err(|error: ApiError| {
        AdminError::Failed("the password could not be hashed", error.to_string().into())
    })?;
    let made = store
        .db
        .transaction(new.clinic, async |tx| insert(tx, store, &new, &email, &password_hash).await)
        .await;
    match made {
        Err(AdminError::Failed(_, source)) if is_unique(source.as_ref()) => Err(AdminError::Taken),
        outcome => outcome,
    }
}

/// The address in the form in which addresses are compared.
///
/// # Errors
/// [`AdminError::Email`].
pub fn check_email(email: &str) -> Result<String, AdminError> {
    normalise_email(email).ok_or_else(|| AdminError::Email(email.to_owned()))
}

/// Whether somebody or something can be called so.
///
/// # Errors
/// [`AdminError::Name`].
pub fn check_name(name: &str) -> Result<(), AdminError> {
    if name.trim().is_empty() { Err(AdminError::Name) } else { Ok(()) }
}

fn is_unique(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.downcast_ref::<DbError>().and_then(DbError::refusal) == Some(Refusal::Unique)
}

async fn insert(
    tx: &mut Tx,
    store: &Store,
    new: &NewPerson,
    email: &str,
    password_hash: &str,
) -> Result<Created, AdminError> {
    let id = AccountId::new_v7();
    let key = store.keyring.owner(tx, Owner::Account(id)).await?;
    let account = NewAccount {
        id,
        role: new.role.account(),
        email: &key.seal(Place::new("account", "email", id.0), &new.email.expose().trim().to_owned())?,
        email_index: email_index(tx, &store.keyring, email).await?,
        name: &key.seal(Place::new("account", "name", id.0), new.name.expose())?,
        time_zone: &new.time_zone,
        language: &new.language,
        password_hash,
    };
    store::insert(tx, &account).await?;
    let mut created = Created { account: id, patient: None, practitioner: None };
    match &new.role {
        PersonRole::Patient => {
            created.patient = Some(people::patient(tx, &store.keyring, id, new.name.expose()).await?);
        }
        PersonRole::Practitioner(profession) => {
            created.practitioner = Some(people::practitioner(tx, id, &new.time_zone, profession).await?);
        }
        PersonRole::Staff | PersonRole::Admin => {}
    }
    let object = Object::Account { clinic: new.clinic, account: id };
    let entry = Entry {
        agent: Agent::System,
        action: Action::AccountCreate,
        object,
        outcome: Outcome::Allowed,
        reason: None,
        origin: Origin::local(),
    };
    audit::record(tx, &entry).await?;
    Ok(created)
}
