-- The first schema. Rules that hold in every table and are dear to change later:
--   `clinic` on every row (all but `clinic`, `node` and `signing_key`, which belong to none), foreign keys carry it,
--   so that a row can never point into another clinic, and row-level security shows a transaction one clinic only.
--   Instants are UTC microseconds, columns `…_us`; enums are checked text; flags are booleans.
--   Personal data is bytea sealed by the application (src/seal.rs): the comment names the owner of its data key.

-- Equality on uuid inside an exclusion constraint.
create extension if not exists btree_gist;

-- The tenants. Name and slug are public: they stand on the sign-in page.
create table clinic (
    id uuid primary key,
    slug text not null unique check (length(slug) between 1 and 63),
    name text not null,
    time_zone text not null,
    -- The clinic key, wrapped by the master key.
    wrapped_key bytea not null,
    created_us bigint not null
);

-- Keys that seal an owner's fields, wrapped by the clinic key. Destroying an owner's rows erases the owner:
-- `wrapped` becomes null, the row stays as the tombstone.
create table data_key (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    owner_kind text not null check (owner_kind in ('patient', 'account', 'guest', 'clinic', 'blind_index')),
    owner uuid not null,
    version bigint not null check (version >= 1),
    wrapped bytea,
    created_us bigint not null,
    destroyed_us bigint,
    unique (clinic, owner_kind, owner, version),
    check ((wrapped is null) = (destroyed_us is not null))
);

-- Who can sign in.
create table account (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    role text not null check (role in ('patient', 'practitioner', 'staff', 'admin')),
    email bytea not null,           -- sealed: account
    email_index bytea not null,     -- blind index of the normalised address
    name bytea not null,            -- sealed: account
    time_zone text not null,
    language text not null,
    password_hash text not null,    -- PHC string, argon2id
    disabled_us bigint,
    created_us bigint not null,
    unique (clinic, id),
    unique (clinic, email_index)
);

-- Sign-ins that last. The token is only here as its SHA-256.
create table session (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    account uuid not null,
    token_sha256 bytea not null unique,
    created_us bigint not null,
    seen_us bigint not null,        -- idle expiry counts from here
    expires_us bigint not null,     -- absolute expiry
    foreign key (clinic, account) references account (clinic, id)
);
create index session_account on session (clinic, account);

-- Who is cared for. Needs no account: a first visit works by link.
create table patient (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    account uuid,
    name bytea not null,            -- sealed: patient
    birth_date bytea,               -- sealed: patient
    phone bytea,                    -- sealed: patient
    created_us bigint not null,
    unique (clinic, id),
    unique (clinic, account),
    foreign key (clinic, account) references account (clinic, id)
);

-- Who gives care. Title and specialty are professional facts that patients see before they book.
create table practitioner (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    account uuid not null,
    title text not null,
    specialty text not null,
    time_zone text not null,
    visit_minutes bigint not null check (visit_minutes between 5 and 480),
    buffer_minutes bigint not null check (buffer_minutes between 0 and 240),
    created_us bigint not null,
    unique (clinic, id),
    unique (clinic, account),
    foreign key (clinic, account) references account (clinic, id)
);

-- Weekly rules in the practitioner's zone, expanded per date.
create table availability (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    practitioner uuid not null,
    weekday bigint not null check (weekday between 1 and 7),    -- ISO 8601: Monday is 1
    from_minute bigint not null check (from_minute between 0 and 1439),
    until_minute bigint not null check (until_minute between 1 and 1440),
    check (from_minute < until_minute),
    foreign key (clinic, practitioner) references practitioner (clinic, id)
);
create index availability_practitioner on availability (clinic, practitioner);

-- A booked time: the instant, and the zone and wall time it was agreed in. When a zone's rules change, the wall
-- time stays and the instants are derived again.
create table appointment (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    patient uuid not null,
    practitioner uuid not null,
    state text not null check (state in ('booked', 'cancelled', 'in_progress', 'completed', 'no_show')),
    start_us bigint not null,
    end_us bigint not null,
    time_zone text not null,
    wall_time text not null check (length(wall_time) = 16),     -- 2026-11-22T10:00
    reason bytea,                   -- sealed: patient
    booked_by uuid not null,
    version bigint not null default 1,
    created_us bigint not null,
    changed_us bigint not null,
    unique (clinic, id),
    check (start_us < end_us),
    foreign key (clinic, patient) references patient (clinic, id),
    foreign key (clinic, practitioner) references practitioner (clinic, id),
    foreign key (clinic, booked_by) references account (clinic, id)
);
create index appointment_practitioner on appointment (clinic, practitioner, start_us);
create index appointment_patient on appointment (clinic, patient, start_us);
create index appointment_start on appointment (clinic, start_us);

-- Time that is taken, for whatever can be taken, buffers included. The exclusion constraint
-- refuses overlaps of one resource.
-- A hold ends by itself: whoever wants the time deletes what `held_until_us` has passed, in the same transaction.
create table reservation (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    resource_kind text not null check (resource_kind in ('practitioner', 'patient', 'interpreter', 'room')),
    resource uuid not null,
    from_us bigint not null,
    until_us bigint not null,
    held_until_us bigint,           -- null: confirmed
    appointment uuid,
    created_us bigint not null,
    check (from_us < until_us),
    foreign key (clinic, appointment) references appointment (clinic, id),
    constraint reservation_no_overlap
        exclude using gist (clinic with =, resource with =, int8range(from_us, until_us) with &&)
);
create index reservation_resource on reservation (clinic, resource, from_us);
create index reservation_appointment on reservation (clinic, appointment);

-- Family, interpreters, colleagues: invited to one consultation by a link whose secret is only here as SHA-256.
create table guest (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    appointment uuid not null,
    name bytea not null,            -- sealed: guest
    relation bytea,                 -- sealed: guest
    secret_sha256 bytea not null unique,
    invited_by uuid not null,
    expires_us bigint not null,
    revoked_us bigint,
    created_us bigint not null,
    unique (clinic, id),
    foreign key (clinic, appointment) references appointment (clinic, id),
    foreign key (clinic, invited_by) references account (clinic, id)
);
create index guest_appointment on guest (clinic, appointment);

-- Media nodes. They serve all clinics. Alive is `lease_until_us` after the database's clock; a new process of a
-- node is a new epoch.
create table node (
    id uuid primary key,
    public_key bytea not null unique,   -- Ed25519, 32 bytes
    region text not null,
    url text not null,                  -- signalling address for browsers
    process uuid,
    epoch bigint not null default 0,
    lease_until_us bigint not null default 0,
    draining boolean not null default false,
    rooms bigint not null default 0,
    seats bigint not null default 0,
    seats_max bigint not null default 0,
    event_number bigint not null default 0,     -- all events up to here are stored
    enrolled_us bigint not null,
    revoked_us bigint
);

-- Which node hosts a consultation's room. Changes only by `update … where generation = $old`; join tokens carry the
-- generation, and a node refuses any other.
create table room_placement (
    room uuid primary key,
    clinic uuid not null references clinic (id),
    appointment uuid not null,
    node uuid not null references node (id),
    node_epoch bigint not null,
    generation bigint not null check (generation >= 1),
    placed_us bigint not null,
    ended_us bigint,
    unique (clinic, room),
    unique (clinic, appointment),
    foreign key (clinic, appointment) references appointment (clinic, id)
);
create index room_placement_node on room_placement (node);

-- A participant's place in a room: the same at each join.
create table seat (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    appointment uuid not null,
    role text not null check (role in ('patient', 'practitioner', 'staff', 'admin', 'guest')),
    account uuid,
    guest uuid,
    created_us bigint not null,
    unique (clinic, id),
    unique (clinic, appointment, account),
    unique (clinic, appointment, guest),
    check ((account is null) <> (guest is null)),
    foreign key (clinic, appointment) references appointment (clinic, id),
    foreign key (clinic, account) references account (clinic, id),
    foreign key (clinic, guest) references guest (clinic, id)
);

-- Who is in a room now, from the node's events.
create table presence (
    seat uuid primary key,
    clinic uuid not null references clinic (id),
    appointment uuid not null,
    room uuid not null,
    generation bigint not null,
    since_us bigint not null,
    foreign key (clinic, seat) references seat (clinic, id),
    foreign key (clinic, appointment) references appointment (clinic, id)
);
create index presence_appointment on presence (clinic, appointment);

-- What happened in a consultation. The id is the event's own: a second arrival has no second effect.
create table consultation_log (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    appointment uuid not null,
    room uuid not null,
    generation bigint not null,
    node uuid not null references node (id),
    node_epoch bigint not null,
    kind text not null check (kind in ('joined', 'left', 'ended', 'token_reused')),
    seat uuid,
    reason text,
    at_us bigint not null,          -- the node's clock, for people
    recorded_us bigint not null,
    foreign key (clinic, appointment) references appointment (clinic, id)
);
create index consultation_log_appointment on consultation_log (clinic, appointment, recorded_us);

-- Keys that sign join tokens, shared by all control planes. `private_key` is wrapped by the master key.
create table signing_key (
    id text primary key,
    public_key bytea not null,
    private_key bytea not null,
    created_us bigint not null,
    retired_us bigint
);

-- The answer to a command, kept so that the same key gives the same answer.
create table idempotency (
    clinic uuid not null references clinic (id),
    account uuid not null,
    key uuid not null,
    request_sha256 bytea not null,
    id uuid not null unique,        -- for the sealed answer
    status bigint,                  -- null while the command runs
    answer bytea,                   -- sealed: account
    created_us bigint not null,
    primary key (clinic, account, key),
    foreign key (clinic, account) references account (clinic, id)
);
create index idempotency_created on idempotency (clinic, created_us);

-- What was done, read and refused. Ids only. Written in the transaction of what it records; only grows.
create table audit (
    id uuid primary key,
    clinic uuid not null references clinic (id),
    at_us bigint not null,
    actor_kind text not null check (actor_kind in ('account', 'guest', 'node', 'system', 'nobody')),
    actor uuid,
    role text,
    action text not null,
    object_kind text not null,
    object uuid,
    patient uuid,
    outcome text not null check (outcome in ('allowed', 'refused', 'failed')),
    reason text,
    request uuid,
    address_class text not null check (address_class in ('loopback', 'private', 'public', 'none'))
);
create index audit_at on audit (clinic, at_us);
create index audit_patient on audit (clinic, patient, at_us);
create index audit_object on audit (clinic, object);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'append_only: %', tg_table_name;
end $$;

create trigger audit_no_update before update or delete on audit
for each row execute function refuse_change();

create trigger audit_no_truncate before truncate on audit
for each statement execute function refuse_change();

-- The second wall: a transaction sees the rows of the clinic it was opened for. `force` holds for the owner of the
-- tables too; a transaction without a clinic sees none.
do $$
declare
    walled text;
begin
    for walled in
        select c.table_name from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where c.table_schema = current_schema() and c.column_name = 'clinic' and t.table_type = 'BASE TABLE'
    loop
        execute format('alter table %I enable row level security', walled);
        execute format('alter table %I force row level security', walled);
        execute format(
            'create policy one_clinic on %I using (clinic = nullif(current_setting(''bedside.clinic'', true), '''')::uuid)',
            walled
        );
    end loop;
end $$;
