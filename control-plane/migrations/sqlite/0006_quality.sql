-- How connections were, as nodes tell it: a row a participant and minute, figures only. It goes with its appointment, and by
-- itself after a while (src/quality.rs). Opened for the visit's practitioner and, without a name, for the clinic's admins.
create table connection_minute (
    id blob primary key,            -- the event's own: a second arrival has no second effect
    clinic blob not null references clinic (id),
    appointment blob not null,
    seat blob not null,
    from_us integer not null,       -- the node's clock, held to the database's
    stretches blob not null,        -- src/quality/packed.rs
    -- Seconds that were looked at, and of these with a cause for trouble: for sums over many visits.
    seconds integer not null check (seconds >= 0),
    uplink_seconds integer not null,
    downlink_seconds integer not null,
    server_seconds integer not null,
    device_seconds integer not null,
    foreign key (clinic, appointment) references appointment (clinic, id) on delete cascade,
    foreign key (clinic, seat) references seat (clinic, id) on delete cascade
) strict;
create index connection_minute_appointment on connection_minute (clinic, appointment, from_us);
create index connection_minute_from on connection_minute (clinic, from_us);
