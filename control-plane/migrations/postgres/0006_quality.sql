-- How connections were, as nodes tell it: a row a participant and minute, figures only. It goes with its appointment, and by
-- itself after a while (src/quality.rs). Opened for the visit's practitioner and, without a name, for the clinic's admins.
create table connection_minute (
    id uuid primary key,            -- the event's own: a second arrival has no second effect
    clinic uuid not null references clinic (id),
    appointment uuid not null,
    seat uuid not null,
    from_us bigint not null,        -- the node's clock, held to the database's
    stretches bytea not null,       -- src/quality/packed.rs
    -- Seconds that were looked at, and of these with a cause for trouble: for sums over many visits.
    seconds bigint not null check (seconds >= 0),
    uplink_seconds bigint not null,
    downlink_seconds bigint not null,
    server_seconds bigint not null,
    device_seconds bigint not null,
    foreign key (clinic, appointment) references appointment (clinic, id) on delete cascade,
    foreign key (clinic, seat) references seat (clinic, id) on delete cascade
);
create index connection_minute_appointment on connection_minute (clinic, appointment, from_us);
create index connection_minute_from on connection_minute (clinic, from_us);

alter table connection_minute enable row level security;
alter table connection_minute force row level security;
create policy one_clinic on connection_minute
    using (clinic = nullif(current_setting('bedside.clinic', true), '')::uuid);
