//! The decision, said a second time as a table, so that a slip in either shows.

use super::*;

/// `P` patient, `R` practitioner, `S` staff, `A` admin, `G` guest.
const TABLE: &[(Action, &str)] = &[
    (Action::SessionRead, "PRSA"),
    (Action::SessionStart, "PRSA"),
    (Action::SessionEnd, "PRSA"),
    (Action::ProfileEdit, "PRSA"),
    (Action::PractitionerList, "PRSA"),
    (Action::SlotRead, "PRSA"),
    (Action::AvailabilityRead, "R"),
    (Action::AvailabilityEdit, "R"),
    (Action::AppointmentBook, "P"),
    (Action::AppointmentList, "PRSA"),
    (Action::AppointmentRead, "PRSA"),
    (Action::AppointmentReadReason, "PR"),
    (Action::AppointmentCancel, "PRS"),
    (Action::AppointmentJoin, "PRG"),
    (Action::PeopleRead, "PRG"),
    (Action::GuestInvite, "PR"),
    (Action::GuestList, "PR"),
    (Action::GuestRevoke, "PR"),
    (Action::GuestOpen, "G"),
    // Nobody asks for these: a node reports them.
    (Action::SeatTake, ""),
    (Action::SeatLeave, ""),
    (Action::ConsultationEnd, ""),
    (Action::QualityRead, "RA"),
    (Action::QualitySummary, "A"),
    (Action::AccountCreate, "A"),
];

const ROLES: [(Role, char); 5] = [
    (Role::Patient, 'P'),
    (Role::Practitioner, 'R'),
    (Role::Staff, 'S'),
    (Role::Admin, 'A'),
    (Role::Guest, 'G'),
];

#[test]
fn each_role_may_exactly_what_the_table_says() {
    assert_eq!(TABLE.len(), Action::ALL.len(), "an action is missing from the table");
    for (action, who) in TABLE {
        for (role, letter) in ROLES {
            assert_eq!(role_may(role, *action), who.contains(letter), "{role} {action}");
        }
    }
}

struct Cast {
    clinic: ClinicId,
    patient: PatientId,
    practitioner: PractitionerId,
    appointment: AppointmentId,
}

impl Cast {
    fn new() -> Self {
        Self {
            clinic: ClinicId::new_v7(),
            patient: PatientId::new_v7(),
            practitioner: PractitionerId::new_v7(),
            appointment: AppointmentId::new_v7(),
        }
    }

    /// Whoever of this role takes part in the visit.
    fn actor(&self, role: Role) -> Actor {
        let who = match role {
            Role::Guest => Who::Guest { guest: GuestId::new_v7(), appointment: self.appointment },
            _ => Who::Account {
                account: AccountId::new_v7(),
                patient: (role == Role::Patient).then_some(self.patient),
                practitioner: (role == Role::Practitioner).then_some(self.practitioner),
            },
        };
        Actor { clinic: self.clinic, role, who }
    }

    fn visit(&self) -> Object {
        Object::Appointment {
            clinic: self.clinic,
            appointment: self.appointment,
            patient: self.patient,
            practitioner: self.practitioner,
        }
    }
}

#[test]
fn nobody_of_another_clinic_learns_that_anything_is_there() {
    let (ours, theirs) = (Cast::new(), Cast::new());
    for action in Action::ALL {
        for (role, _) in ROLES {
            let objects = [
                ours.visit(),
                Object::Clinic(ours.clinic),
                Object::Practitioner { clinic: ours.clinic, practitioner: ours.practitioner },
            ];
            for object in objects {
                assert_eq!(authorize(&theirs.actor(role), *action, &object), Decision::Hidden);
            }
        }
    }
}

#[test]
fn another_person_of_the_same_clinic_and_role_sees_no_visit_but_their_own() {
    let ours = Cast::new();
    let other = Cast { clinic: ours.clinic, ..Cast::new() };
    for action in Action::ALL.iter().filter(|action| concerns_appointment(**action)) {
        for role in [Role::Patient, Role::Practitioner, Role::Guest] {
            if role_may(role, *action) {
                assert_eq!(
                    authorize(&ours.actor(role), *action, &ours.visit()),
                    Decision::Allowed,
                    "{role} {action}"
                );
                assert_eq!(
                    authorize(&other.actor(role), *action, &ours.visit()),
                    Decision::Hidden,
                    "{role} {action}"
                );
            }
        }
    }
}

#[test]
fn an_action_on_an_object_it_does_not_go_with_is_refused() {
    let cast = Cast::new();
    let clinic = Object::Clinic(cast.clinic);

    assert_eq!(authorize(&cast.actor(Role::Patient), Action::AppointmentJoin, &clinic), Decision::Forbidden);
    assert_eq!(
        authorize(&cast.actor(Role::Patient), Action::AppointmentBook, &cast.visit()),
        Decision::Hidden
    );
}

#[test]
fn weekly_hours_are_edited_by_their_own_practitioner_only() {
    let (mine, other) = (Cast::new(), PractitionerId::new_v7());
    let actor = mine.actor(Role::Practitioner);
    let hours = |practitioner| Object::Practitioner { clinic: mine.clinic, practitioner };

    assert_eq!(authorize(&actor, Action::AvailabilityEdit, &hours(mine.practitioner)), Decision::Allowed);
    assert_eq!(authorize(&actor, Action::AvailabilityEdit, &hours(other)), Decision::Forbidden);
}

#[test]
fn a_profile_is_edited_by_its_own_account_only() {
    let cast = Cast::new();
    let actor = cast.actor(Role::Admin);
    let Who::Account { account, .. } = actor.who else { unreachable!("an admin has an account") };

    let own = Object::Account { clinic: cast.clinic, account };
    let other = Object::Account { clinic: cast.clinic, account: AccountId::new_v7() };

    assert_eq!(authorize(&actor, Action::ProfileEdit, &own), Decision::Allowed);
    assert_eq!(authorize(&actor, Action::ProfileEdit, &other), Decision::Hidden);
}
