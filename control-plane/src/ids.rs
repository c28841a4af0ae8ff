//! Identifiers that stay inside the control plane. Those that cross to a node or a browser's call are in `protocol`.

protocol::uuid_ids! { with [derive(sqlx::Type, utoipa::ToSchema), sqlx(transparent)];
    /// Somebody who can sign in.
    AccountId;
    /// A person who is cared for. An account is not needed to be one.
    PatientId;
    /// Somebody who gives care.
    PractitionerId;
    /// A booked time.
    AppointmentId;
    /// Somebody invited to one consultation by link.
    GuestId;
    /// A sign-in that lasts.
    SessionId;
    /// A data key of an owner.
    DataKeyId;
    /// A row of the audit record.
    AuditId;
    /// A piece of booked time.
    ReservationId;
    /// One HTTP request, in answers and logs.
    RequestId;
}
