//! Who somebody is in a clinic, and what a token lets them do in a room.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The roles of a clinic. FHIR names where FHIR has one; a guest joins one consultation by link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the words of docs/ARCHITECTURE.md")]
pub enum Role {
    Patient,
    Practitioner,
    Staff,
    Admin,
    Guest,
}

impl Role {
    /// The word used in JSON, SQL and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Practitioner => "practitioner",
            Self::Staff => "staff",
            Self::Admin => "admin",
            Self::Guest => "guest",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a seat may do in its room. Absent means no.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own, and JSON shows them so")]
pub struct Permissions {
    /// Publish a microphone.
    pub audio: bool,
    /// Publish a camera.
    pub video: bool,
    /// Publish a screen.
    pub screen: bool,
    /// Receive others.
    pub subscribe: bool,
    /// End the consultation for all.
    pub end: bool,
    /// Mute and remove others, lock the room, let in who waits.
    pub moderate: bool,
    /// Go in without waiting for somebody who lets them in.
    pub enter: bool,
    /// This seat records: it only receives, and everybody is told that it is there.
    pub recorder: bool,
    /// Not in the list of participants. A recorder only.
    pub hidden: bool,
}

impl Permissions {
    /// What each role may do unless a clinic says otherwise: everybody is seen, heard and may show a screen; guests wait to
    /// be let in; the practitioner also moderates and may end the visit.
    #[must_use]
    pub fn of(role: Role) -> Self {
        let everybody = Self { audio: true, video: true, screen: true, subscribe: true, ..Self::default() };
        match role {
            Role::Practitioner => Self { end: true, moderate: true, enter: true, ..everybody },
            Role::Patient => Self { enter: true, ..everybody },
            Role::Guest => everybody,
            Role::Staff | Role::Admin => Self::default(),
        }
    }

    /// What a recorder may do.
    #[must_use]
    pub fn of_recorder() -> Self {
        Self { subscribe: true, enter: true, recorder: true, hidden: true, ..Self::default() }
    }

    /// Whether they can stand together: nobody is hidden but a recorder, and a recorder does nothing but receive.
    #[must_use]
    pub const fn are_sound(self) -> bool {
        let acts = self.audio || self.video || self.screen || self.end || self.moderate;
        (self.recorder || !self.hidden) && !(self.recorder && acts)
    }

    /// The part that a moderator can take away and give back.
    #[must_use]
    pub const fn media(self) -> MediaPermissions {
        let Self { audio, video, screen, subscribe, .. } = self;
        MediaPermissions { audio, video, screen, subscribe }
    }

    /// These without the media that `allowed` lacks.
    #[must_use]
    pub const fn within(self, allowed: MediaPermissions) -> Self {
        Self {
            audio: self.audio && allowed.audio,
            video: self.video && allowed.video,
            screen: self.screen && allowed.screen,
            subscribe: self.subscribe && allowed.subscribe,
            ..self
        }
    }
}

/// What a seat may publish and receive. A moderator takes it away and gives it back, and never gives more than the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a permission of its own, and JSON shows them so")]
pub struct MediaPermissions {
    /// Publish a microphone.
    pub audio: bool,
    /// Publish a camera.
    pub video: bool,
    /// Publish a screen.
    pub screen: bool,
    /// Receive others.
    pub subscribe: bool,
}

impl MediaPermissions {
    /// Nothing taken away.
    pub const ALL: Self = Self { audio: true, video: true, screen: true, subscribe: true };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_hidden_but_a_recorder_and_a_recorder_only_receives() {
        let recorder = Permissions::of_recorder();
        let patient = Permissions::of(Role::Patient);

        assert!(
            recorder.are_sound() && patient.are_sound() && Permissions::of(Role::Practitioner).are_sound()
        );
        assert!(!Permissions { hidden: true, ..patient }.are_sound());
        assert!(!Permissions { recorder: true, hidden: true, ..patient }.are_sound());
        assert!(!Permissions { moderate: true, ..recorder }.are_sound());
    }

    #[test]
    fn what_a_moderator_gives_is_never_more_than_the_token() {
        let deaf = Permissions { subscribe: false, ..Permissions::of(Role::Patient) };

        let silent = MediaPermissions { audio: false, ..MediaPermissions::ALL };

        assert_eq!(deaf.within(MediaPermissions::ALL), deaf);
        assert_eq!(deaf.within(silent), Permissions { audio: false, ..deaf });
    }

    #[test]
    fn only_guests_wait_and_only_the_practitioner_moderates() {
        let waits = |role| !Permissions::of(role).enter;

        assert!(waits(Role::Guest) && !waits(Role::Patient) && !waits(Role::Practitioner));
        assert!(Permissions::of(Role::Practitioner).moderate);
        assert!(
            [Role::Patient, Role::Guest, Role::Staff, Role::Admin]
                .iter()
                .all(|role| !Permissions::of(*role).moderate)
        );
    }
}
