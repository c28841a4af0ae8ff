-- When a token for the room was given out last: a room to which somebody may be on their way does not move.
alter table room_placement add column token_us integer not null default 0;
