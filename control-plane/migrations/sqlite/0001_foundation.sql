-- The first schema. Rules that hold in every table and are dear to change later:
--   `clinic` on every row (all but `clinic`, `node` and `signing_key`, which belong to none), and foreign keys carry
--   it, so that a row can never point into another clinic.
--   Instants are UTC microseconds, columns `…_us`; enums are checked text; flags are 0 or 1; ids are 16-byte blobs.
--   Personal data is a blob sealed by the application (src/seal.rs): the comment names the owner of its data key.
--   `strict` tables: a value of another type is refused instead of kept.

-- The tenants. Name and slug are public: they stand on the sign-in page.
create table clinic (
    id blob primary key,
    slug text not null unique check (length(slug) between 1 and 63),
    name text not null,
    time_zone text not null,
    -- The clinic key, wrapped by the master key.
    wrapped_key blob not null,
    created_us integer not null
) strict;

-- Keys that seal an owner's fields, wrapped by the clinic key. Destroying an owner's rows erases the owner:
-- `wrapped` becomes null, the row stays as the tombstone.
create table data_key (
    id blob primary key,
    clinic blob not null references clinic (id),
    owner_kind text not null check (owner_kind in ('patient', 'account', 'guest', 'clinic', 'blind_index')),
    owner blob not null,
    version integer not null check (version >= 1),
    wrapped blob,
    created_us integer not null,
    destroyed_us integer,
    unique (clinic, owner_kind, owner, version),
    check ((wrapped is null) = (destroyed_us is not null))
) strict;

-- Who can sign in.
create table account (
    id blob primary key,
    clinic blob not null references clinic (id),
    role text not null check (role in ('patient', 'practitioner', 'staff', 'admin')),
    email blob not null,           -- sealed: account
    email_index blob not null,     -- blind index of the normalised address
    name blob not null,            -- sealed: account
    time_zone text not null,
    language text not null,
    password_hash text not null,    -- PHC string, argon2id
    disabled_us integer,
    created_us integer not null,
    unique (clinic, id),
    unique (clinic, email_index)
) strict;

-- Sign-ins that last. The token is only here as its SHA-256.
create table session (
    id blob primary key,
    clinic blob not null references clinic (id),
    account blob not null,
    token_sha256 blob not null unique,
    created_us integer not null,
    seen_us integer not null,        -- idle expiry counts from here
    expires_us integer not null,     -- absolute expiry
    foreign key (clinic, account) references account (clinic, id)
) strict;
create index session_account on session (clinic, account);

-- Who is cared for. Needs no account: a first visit works by link.
create table patient (
    id blob primary key,
    clinic blob not null references clinic (id),
    account blob,
    name blob not null,            -- sealed: patient
    birth_date blob,               -- sealed: patient
    phone blob,                    -- sealed: patient
    created_us integer not null,
    unique (clinic, id),
    unique (clinic, account),
    foreign key (clinic, account) references account (clinic, id)
) strict;

-- Who gives care. Title and specialty are professional facts that patients see before they book.
create table practitioner (
    id blob primary key,
    clinic blob not null references clinic (id),
    account blob not null,
    title text not null,
    specialty text not null,
    time_zone text not null,
    visit_minutes integer not null check (visit_minutes between 5 and 480),
    buffer_minutes integer not null check (buffer_minutes between 0 and 240),
    created_us integer not null,
    unique (clinic, id),
    unique (clinic, account),
    foreign key (clinic, account) references account (clinic, id)
) strict;

-- Weekly rules in the practitioner's zone, expanded per date.
create table availability (
    id blob primary key,
    clinic blob not null references clinic (id),
    practitioner blob not null,
    weekday integer not null check (weekday between 1 and 7),    -- ISO 8601: Monday is 1
    from_minute integer not null check (from_minute between 0 and 1439),
    until_minute integer not null check (until_minute between 1 and 1440),
    check (from_minute < until_minute),
    foreign key (clinic, practitioner) references practitioner (clinic, id)
) strict;
create index availability_practitioner on availability (clinic, practitioner);

-- A booked time: the instant, and the zone and wall time it was agreed in. When a zone's rules change, the wall
-- time stays and the instants are derived again.
create table appointment (
    id blob primary key,
    clinic blob not null references clinic (id),
    patient blob not null,
    practitioner blob not null,
    state text not null check (state in ('booked', 'cancelled', 'in_progress', 'completed', 'no_show')),
    start_us integer not null,
    end_us integer not null,
    time_zone text not null,
    wall_time text not null check (length(wall_time) = 16),     -- 2026-11-22T10:00
    reason blob,                   -- sealed: patient
    booked_by blob not null,
    version integer not null default 1,
    created_us integer not null,
    changed_us integer not null,
    unique (clinic, id),
    check (start_us < end_us),
    foreign key (clinic, patient) references patient (clinic, id),
    foreign key (clinic, practitioner) references practitioner (clinic, id),
    foreign key (clinic, booked_by) references account (clinic, id)
) strict;
create index appointment_practitioner on appointment (clinic, practitioner, start_us);
create index appointment_patient on appointment (clinic, patient, start_us);
create index appointment_start on appointment (clinic, start_us);

-- Time that is taken, for whatever can be taken, buffers included. The triggers below refuse
-- overlaps of one resource; one writer at a time (`begin immediate`) makes that enough.
-- A hold ends by itself: whoever wants the time deletes what `held_until_us` has passed, in the same transaction.
create table reservation (
    id blob primary key,
    clinic blob not null references clinic (id),
    resource_kind text not null check (resource_kind in ('practitioner', 'patient', 'interpreter', 'room')),
    resource blob not null,
    from_us integer not null,
    until_us integer not null,
    held_until_us integer,           -- null: confirmed
    appointment blob,
    created_us integer not null,
    check (from_us < until_us),
    foreign key (clinic, appointment) references appointment (clinic, id)
) strict;
create index reservation_resource on reservation (clinic, resource, from_us);
create index reservation_appointment on reservation (clinic, appointment);

create trigger reservation_no_overlap_insert before insert on reservation
when exists (
    select 1 from reservation
    where clinic = new.clinic and resource = new.resource and from_us < new.until_us and until_us > new.from_us
)
begin select raise(abort, 'reservation_overlap'); end;

create trigger reservation_no_overlap_update before update on reservation
when exists (
    select 1 from reservation
    where clinic = new.clinic and resource = new.resource and from_us < new.until_us and until_us > new.from_us
      and id <> old.id
)
begin select raise(abort, 'reservation_overlap'); end;

-- Family, interpreters, colleagues: invited to one consultation by a link whose secret is only here as SHA-256.
create table guest (
    id blob primary key,
    clinic blob not null references clinic (id),
    appointment blob not null,
    name blob not null,            -- sealed: guest
    relation blob,                 -- sealed: guest
    secret_sha256 blob not null unique,
    invited_by blob not null,
    expires_us integer not null,
    revoked_us integer,
    created_us integer not null,
    unique (clinic, id),
    foreign key (clinic, appointment) references appointment (clinic, id),
    foreign key (clinic, invited_by) references account (clinic, id)
) strict;
create index guest_appointment on guest (clinic, appointment);

-- Media nodes. They serve all clinics. Alive is `lease_until_us` after the database's clock; a new process of a
-- node is a new epoch.
create table node (
    id blob primary key,
    public_key blob not null unique,   -- Ed25519, 32 bytes
    region text not null,
    url text not null,                  -- signalling address for browsers
    process blob,
    epoch integer not null default 0,
    lease_until_us integer not null default 0,
    draining integer not null default 0,
    rooms integer not null default 0,
    seats integer not null default 0,
    seats_max integer not null default 0,
    event_number integer not null default 0,     -- all events up to here are stored
    enrolled_us integer not null,
    revoked_us integer
) strict;

-- Which node hosts a consultation's room. Changes only by `update … where generation = $old`; join tokens carry the
-- generation, and a node refuses any other.
create table room_placement (
    room blob primary key,
    clinic blob not null references clinic (id),
    appointment blob not null,
    node blob not null references node (id),
    node_epoch integer not null,
    generation integer not null check (generation >= 1),
    placed_us integer not null,
    ended_us integer,
    unique (clinic, room),
    unique (clinic, appointment),
    foreign key (clinic, appointment) references appointment (clinic, id)
) strict;
create index room_placement_node on room_placement (node);

-- A participant's place in a room: the same at each join.
create table seat (
    id blob primary key,
    clinic blob not null references clinic (id),
    appointment blob not null,
    role text not null check (role in ('patient', 'practitioner', 'staff', 'admin', 'guest')),
    account blob,
    guest blob,
    created_us integer not null,
    unique (clinic, id),
    unique (clinic, appointment, account),
    unique (clinic, appointment, guest),
    check ((account is null) <> (guest is null)),
    foreign key (clinic, appointment) references appointment (clinic, id),
    foreign key (clinic, account) references account (clinic, id),
    foreign key (clinic, guest) references guest (clinic, id)
) strict;

-- Who is in a room now, from the node's events.
create table presence (
    seat blob primary key,
    clinic blob not null references clinic (id),
    appointment blob not null,
    room blob not null,
    generation integer not null,
    since_us integer not null,
    foreign key (clinic, seat) references seat (clinic, id),
    foreign key (clinic, appointment) references appointment (clinic, id)
) strict;
create index presence_appointment on presence (clinic, appointment);

-- What happened in a consultation. The id is the event's own: a second arrival has no second effect.
create table consultation_log (
    id blob primary key,
    clinic blob not null references clinic (id),
    appointment blob not null,
    room blob not null,
    generation integer not null,
    node blob not null references node (id),
    node_epoch integer not null,
    kind text not null check (kind in ('joined', 'left', 'ended', 'token_reused')),
    seat blob,
    reason text,
    at_us integer not null,          -- the node's clock, for people
    recorded_us integer not null,
    foreign key (clinic, appointment) references appointment (clinic, id)
) strict;
create index consultation_log_appointment on consultation_log (clinic, appointment, recorded_us);

-- Keys that sign join tokens, shared by all control planes. `private_key` is wrapped by the master key.
create table signing_key (
    id text primary key,
    public_key blob not null,
    private_key blob not null,
    created_us integer not null,
    retired_us integer
) strict;

-- The answer to a command, kept so that the same key gives the same answer.
create table idempotency (
    clinic blob not null references clinic (id),
    account blob not null,
    key blob not null,
    request_sha256 blob not null,
    id blob not null unique,        -- for the sealed answer
    status integer,                  -- null while the command runs
    answer blob,                   -- sealed: account
    created_us integer not null,
    primary key (clinic, account, key),
    foreign key (clinic, account) references account (clinic, id)
) strict;
create index idempotency_created on idempotency (clinic, created_us);

-- What was done, read and refused. Ids only. Written in the transaction of what it records; only grows.
create table audit (
    id blob primary key,
    clinic blob not null references clinic (id),
    at_us integer not null,
    actor_kind text not null check (actor_kind in ('account', 'guest', 'node', 'system', 'nobody')),
    actor blob,
    role text,
    action text not null,
    object_kind text not null,
    object blob,
    patient blob,
    outcome text not null check (outcome in ('allowed', 'refused', 'failed')),
    reason text,
    request blob,
    address_class text not null check (address_class in ('loopback', 'private', 'public', 'none'))
) strict;
create index audit_at on audit (clinic, at_us);
create index audit_patient on audit (clinic, patient, at_us);
create index audit_object on audit (clinic, object);

create trigger audit_no_update before update on audit
begin select raise(abort, 'append_only: audit'); end;

create trigger audit_no_delete before delete on audit
begin select raise(abort, 'append_only: audit'); end;
