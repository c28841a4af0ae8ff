//! SQL of the records that a patient's and a practitioner's account come with.

use uuid::Uuid;

use super::Profession;
use crate::db::Tx;
use crate::db::sql::execute;
use crate::ids::{AccountId, PatientId, PractitionerId};
use crate::seal::{Keyring, Owner, Place, SealError};
use crate::time::ZoneName;

pub(super) async fn patient(
    tx: &mut Tx,
    keyring: &Keyring,
    account: AccountId,
    name: &String,
) -> Result<PatientId, SealError> {
    let (id, clinic, now) = (PatientId::new_v7(), tx.clinic(), tx.now());
    let key = keyring.owner(tx, Owner::Patient(id)).await?;
    let name = key.seal(Place::new("patient", "name", id.0), name)?;
    execute!(
        tx,
        "insert into patient (id, clinic, account, name, created_us) values ($1, $2, $3, $4, $5)",
        id,
        clinic,
        account,
        &name,
        now
    )?;
    Ok(id)
}

pub(super) async fn practitioner(
    tx: &mut Tx,
    account: AccountId,
    time_zone: &ZoneName,
    profession: &Profession,
) -> Result<PractitionerId, SealError> {
    let (id, clinic, now) = (PractitionerId::new_v7(), tx.clinic(), tx.now());
    execute!(
        tx,
        "insert into practitioner (id, clinic, account, title, specialty, time_zone, visit_minutes, buffer_minutes,
             created_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id,
        clinic,
        account,
        profession.title.as_str(),
        profession.specialty.as_str(),
        time_zone.as_str(),
        profession.visit_minutes,
        profession.buffer_minutes,
        now
    )?;
    for (weekday, from_minute, until_minute) in &profession.hours {
        execute!(
            tx,
            "insert into availability (id, clinic, practitioner, weekday, from_minute, until_minute)
             values ($1, $2, $3, $4, $5, $6)",
            Uuid::now_v7(),
            clinic,
            id,
            weekday,
            from_minute,
            until_minute
        )?;
    }
    Ok(id)
}
