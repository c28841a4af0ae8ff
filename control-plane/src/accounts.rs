//! Who can sign in: accounts, their passwords and their sessions.

pub mod attempts;
pub mod handlers;
pub mod password;
pub mod session;
pub mod store;

use protocol::{ClinicId, Role};
use serde::Serialize;
use utoipa::ToSchema;

use crate::clinics::Clinic;
use crate::db::Tx;
use crate::db::text::text_enum;
use crate::http::problem::ApiError;
use crate::ids::AccountId;
use crate::seal::{BlindIndex, Keyring, SealError};
use crate::time::ZoneName;

text_enum! {
    /// What an account is in its clinic. A guest has none.
    pub enum AccountRole {
        /// Is cared for.
        Patient = "patient",
        /// Gives care.
        Practitioner = "practitioner",
        /// Runs the day.
        Staff = "staff",
        /// Runs the clinic's accounts.
        Admin = "admin",
    }
}

impl From<AccountRole> for Role {
    fn from(role: AccountRole) -> Self {
        match role {
            AccountRole::Patient => Self::Patient,
            AccountRole::Practitioner => Self::Practitioner,
            AccountRole::Staff => Self::Staff,
            AccountRole::Admin => Self::Admin,
        }
    }
}

/// An account as its own holder sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Account {
    /// Id.
    pub id: AccountId,
    /// Where.
    pub clinic: Clinic,
    /// As what.
    pub role: AccountRole,
    /// Name.
    pub name: String,
    /// E-mail address, as typed when the account was made.
    pub email: String,
    /// Where they read times.
    pub time_zone: ZoneName,
    /// What they read (BCP 47).
    pub language: String,
}

/// RFC 5321 §4.5.3.1.3, less the angle brackets.
const EMAIL_BYTES_MAX: usize = 254;

/// An address in the one form that is looked up: without outer spaces, in lower case. The part before the `@` may
/// differ by case in theory (RFC 5321 §2.4); no provider does, and people type it as they like.
#[must_use]
pub fn normalise_email(typed: &str) -> Option<String> {
    let email = typed.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let plain = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    (plain && !local.is_empty() && !domain.is_empty() && email.len() <= EMAIL_BYTES_MAX).then_some(email)
}

/// The blind index that finds an account by its address.
///
/// # Errors
/// When the database fails.
pub async fn email_index(tx: &mut Tx, keyring: &Keyring, normalised: &str) -> Result<BlindIndex, SealError> {
    keyring.blind_index(tx, "account.email", normalised).await
}

/// A language tag that pages may be shown in: `en`, `de-CH`.
#[must_use]
pub fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary =
        parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    let region = parts.next().is_none_or(|r| r.len() == 2 && r.bytes().all(|b| b.is_ascii_uppercase()));
    primary && region && parts.next().is_none()
}

/// An account, opened for its holder.
///
/// # Errors
/// When it is gone, or the database fails.
pub async fn account(tx: &mut Tx, keyring: &Keyring, id: AccountId) -> Result<Account, ApiError> {
    let row = store::profile(tx, id).await?.ok_or(ApiError::Internal("a session without its account"))?;
    Ok(Account {
        id,
        clinic: Clinic {
            id: ClinicId(row.clinic),
            name: row.clinic_name,
            slug: row.clinic_slug,
            time_zone: row.clinic_time_zone,
        },
        role: row.role,
        name: keyring.open(tx, store::place(id, "name"), &row.name).await?,
        email: keyring.open(tx, store::place(id, "email"), &row.email).await?,
        time_zone: row.time_zone,
        language: row.language,
    })
}

/// The name of an account's holder, for somebody who may see it.
///
/// # Errors
/// When it does not open in its place.
pub async fn open_name(
    tx: &mut Tx,
    keyring: &Keyring,
    account: AccountId,
    sealed: &crate::seal::Sealed<String>,
) -> Result<String, SealError> {
    keyring.open(tx, store::place(account, "name"), sealed).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_however_it_is_typed() {
        assert_eq!(normalise_email("  Anna@Clinic.Example ").as_deref(), Some("anna@clinic.example"));
        for wrong in ["", "anna", "@clinic.example", "anna@", "an na@clinic.example", "a\n@b.example"] {
            assert_eq!(normalise_email(wrong), None, "{wrong:?}");
        }
        assert_eq!(normalise_email(&format!("{}@b.example", "a".repeat(250))), None);
    }

    #[test]
    fn languages_are_tags_and_nothing_else() {
        assert!(["en", "de", "de-CH", "gsw"].iter().all(|tag| is_language(tag)));
        assert!(
            !["", "EN", "e", "en-", "en-ch", "en-CH-x", "../en", "en_US"].iter().any(|tag| is_language(tag))
        );
    }
}
