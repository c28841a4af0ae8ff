//! Who may do what to what: the one function that decides, and the one table it reads.
//!
//! Pure: no database, no clock. Everything not allowed here is refused. The decision has two steps: may this role
//! ever do this (the table), and is this object theirs (the owner). `routes.rs` names the action of every door, and
//! the gate asks the first step before a handler runs; the handler asks [`authorize`] once it knows the object.

use protocol::{ClinicId, Role};
use uuid::Uuid;

use crate::db::text::text_enum;
use crate::ids::{AccountId, AppointmentId, GuestId, PatientId, PractitionerId};

#[cfg(test)]
mod tests;

text_enum! {
    /// What can be done. The word stands in the audit record.
    pub enum Action {
        /// See one's own sign-in.
        SessionRead = "session.read",
        /// Sign in.
        SessionStart = "session.start",
        /// Sign out.
        SessionEnd = "session.end",
        /// Change one's own zone and language.
        ProfileEdit = "profile.edit",
        /// See who gives care here.
        PractitionerList = "practitioner.list",
        /// See a practitioner's free times.
        SlotRead = "slot.read",
        /// See one's own weekly hours.
        AvailabilityRead = "availability.read",
        /// Change one's own weekly hours.
        AvailabilityEdit = "availability.edit",
        /// Book a visit for oneself.
        AppointmentBook = "appointment.book",
        /// See a list of visits.
        AppointmentList = "appointment.list",
        /// See a visit.
        AppointmentRead = "appointment.read",
        /// See why a visit was booked.
        AppointmentReadReason = "appointment.read_reason",
        /// Cancel a visit.
        AppointmentCancel = "appointment.cancel",
        /// Enter a visit's room.
        AppointmentJoin = "appointment.join",
        /// See the names of those in a visit's room.
        PeopleRead = "people.read",
        /// Invite somebody to a visit.
        GuestInvite = "guest.invite",
        /// See who is invited.
        GuestList = "guest.list",
        /// Take an invitation back.
        GuestRevoke = "guest.revoke",
        /// Open one's own invitation.
        GuestOpen = "guest.open",
        /// Take one's seat in the room. Told by the node.
        SeatTake = "seat.take",
        /// Leave the room. Told by the node.
        SeatLeave = "seat.leave",
        /// End the consultation. Told by the node.
        ConsultationEnd = "consultation.end",
        /// See how the connections of a visit were.
        QualityRead = "quality.read",
        /// See how connections were over many visits.
        QualitySummary = "quality.summary",
        /// Make an account.
        AccountCreate = "account.create",
    }
}

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Where. An actor never reaches out of a clinic.
    pub clinic: ClinicId,
    /// As what.
    pub role: Role,
    /// Who.
    pub who: Who,
}

/// The person or program behind an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody signed in.
    Account {
        /// The account.
        account: AccountId,
        /// Their patient record, if they are a patient.
        patient: Option<PatientId>,
        /// Their practitioner record, if they give care.
        practitioner: Option<PractitionerId>,
    },
    /// Somebody with a link.
    Guest {
        /// The invitation.
        guest: GuestId,
        /// The one visit it opens.
        appointment: AppointmentId,
    },
}

/// What is acted on, with the facts that decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// The clinic as a whole: its directory, its lists.
    Clinic(ClinicId),
    /// An account.
    Account {
        /// Where.
        clinic: ClinicId,
        /// Which.
        account: AccountId,
    },
    /// A practitioner's public side: free times, weekly hours.
    Practitioner {
        /// Where.
        clinic: ClinicId,
        /// Which.
        practitioner: PractitionerId,
    },
    /// A visit, its room and its guests.
    Appointment {
        /// Where.
        clinic: ClinicId,
        /// Which.
        appointment: AppointmentId,
        /// For whom.
        patient: PatientId,
        /// By whom.
        practitioner: PractitionerId,
    },
}

impl Object {
    /// Where it is.
    #[must_use]
    pub const fn clinic(&self) -> ClinicId {
        match self {
            Self::Clinic(clinic)
            | Self::Account { clinic, .. }
            | Self::Practitioner { clinic, .. }
            | Self::Appointment { clinic, .. } => *clinic,
        }
    }

    /// Kind and id, as the audit record names it.
    #[must_use]
    pub const fn name(&self) -> (&'static str, Uuid) {
        match self {
            Self::Clinic(clinic) => ("clinic", clinic.0),
            Self::Account { account, .. } => ("account", account.0),
            Self::Practitioner { practitioner, .. } => ("practitioner", practitioner.0),
            Self::Appointment { appointment, .. } => ("appointment", appointment.0),
        }
    }

    /// Whose record is touched.
    #[must_use]
    pub const fn patient(&self) -> Option<PatientId> {
        match self {
            Self::Appointment { patient, .. } => Some(*patient),
            _ => None,
        }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// Yes.
    Allowed,
    /// No, and the actor may know that it is there (403).
    Forbidden,
    /// No, and the actor must not learn that it is there (404).
    Hidden,
}

/// May somebody of this role ever do this? The written table of `authorize/tests.rs` says it again, row by row.
#[must_use]
pub const fn role_may(role: Role, action: Action) -> bool {
    use Action as A;
    match role {
        Role::Patient => matches!(
            action,
            A::SessionRead
                | A::SessionStart
                | A::SessionEnd
                | A::ProfileEdit
                | A::PractitionerList
                | A::SlotRead
                | A::AppointmentBook
                | A::AppointmentList
                | A::AppointmentRead
                | A::AppointmentReadReason
                | A::AppointmentCancel
                | A::AppointmentJoin
                | A::PeopleRead
                | A::GuestInvite
                | A::GuestList
                | A::GuestRevoke
        ),
        Role::Practitioner => matches!(
            action,
            A::SessionRead
                | A::SessionStart
                | A::SessionEnd
                | A::ProfileEdit
                | A::PractitionerList
                | A::SlotRead
                | A::AvailabilityRead
                | A::AvailabilityEdit
                | A::AppointmentList
                | A::AppointmentRead
                | A::AppointmentReadReason
                | A::AppointmentCancel
                | A::AppointmentJoin
                | A::PeopleRead
                | A::GuestInvite
                | A::GuestList
                | A::GuestRevoke
                | A::QualityRead
        ),
        // Staff run the day: they see times and names, and cancel; never why a patient comes.
        Role::Staff => matches!(
            action,
            A::SessionRead
                | A::SessionStart
                | A::SessionEnd
                | A::ProfileEdit
                | A::PractitionerList
                | A::SlotRead
                | A::AppointmentList
                | A::AppointmentRead
                | A::AppointmentCancel
        ),
        // Admins run the clinic's accounts and have no clinical read. How connections were are figures of its network.
        Role::Admin => matches!(
            action,
            A::SessionRead
                | A::SessionStart
                | A::SessionEnd
                | A::ProfileEdit
                | A::PractitionerList
                | A::SlotRead
                | A::AppointmentList
                | A::AppointmentRead
                | A::QualityRead
                | A::QualitySummary
                | A::AccountCreate
        ),
        Role::Guest => matches!(action, A::GuestOpen | A::AppointmentJoin | A::PeopleRead),
    }
}

/// May this actor do this to this object?
pub fn authorize(actor: &Actor, action: Action, object: &Object) -> Decision {
    if actor.clinic != object.clinic() {
        return Decision::Hidden;
    }
    if !role_may(actor.role, action) {
        return Decision::Forbidden;
    }
    match *object {
        Object::Clinic(_) => on_clinic(action),
        Object::Account { account, .. } => on_account(actor, action, account),
        Object::Practitioner { practitioner, .. } => on_practitioner(actor, action, practitioner),
        Object::Appointment { appointment, patient, practitioner, .. } => {
            if concerns_appointment(action) && takes_part(actor, appointment, patient, practitioner) {
                Decision::Allowed
            } else {
                Decision::Hidden
            }
        }
    }
}

fn on_clinic(action: Action) -> Decision {
    match action {
        Action::PractitionerList
        | Action::AppointmentList
        | Action::AppointmentBook
        | Action::QualitySummary
        | Action::AccountCreate => Decision::Allowed,
        _ => Decision::Forbidden,
    }
}

fn on_account(actor: &Actor, action: Action, account: AccountId) -> Decision {
    let own = matches!(actor.who, Who::Account { account: me, .. } if me == account);
    match action {
        Action::SessionRead | Action::SessionStart | Action::SessionEnd | Action::ProfileEdit if own => {
            Decision::Allowed
        }
        _ => Decision::Hidden,
    }
}

fn on_practitioner(actor: &Actor, action: Action, practitioner: PractitionerId) -> Decision {
    let own = matches!(actor.who, Who::Account { practitioner: Some(me), .. } if me == practitioner);
    match action {
        Action::SlotRead | Action::AppointmentBook => Decision::Allowed,
        Action::AvailabilityRead | Action::AvailabilityEdit if own => Decision::Allowed,
        _ => Decision::Forbidden,
    }
}

fn concerns_appointment(action: Action) -> bool {
    use Action as A;
    matches!(
        action,
        A::AppointmentRead
            | A::AppointmentReadReason
            | A::AppointmentCancel
            | A::AppointmentJoin
            | A::PeopleRead
            | A::GuestInvite
            | A::GuestList
            | A::GuestRevoke
            | A::GuestOpen
            | A::QualityRead
    )
}

/// A patient and a practitioner see their own visits, a guest the one of the link, staff and admin those of the
/// clinic (as far as the table lets their role).
fn takes_part(
    actor: &Actor,
    appointment: AppointmentId,
    patient: PatientId,
    practitioner: PractitionerId,
) -> bool {
    match (actor.role, actor.who) {
        (Role::Patient, Who::Account { patient: me, .. }) => me == Some(patient),
        (Role::Practitioner, Who::Account { practitioner: me, .. }) => me == Some(practitioner),
        (Role::Staff | Role::Admin, Who::Account { .. }) => true,
        (Role::Guest, Who::Guest { appointment: invited, .. }) => invited == appointment,
        _ => false,
    }
}
