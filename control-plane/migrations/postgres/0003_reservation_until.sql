-- Times that are looked for are to come, and what was is the longer part: an index by their end finds them without reading
-- a practitioner's whole history.
create index reservation_until on reservation (clinic, resource, until_us);
drop index reservation_resource;
