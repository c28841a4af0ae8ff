//! Whole-system stories: the real program with its real parts, driven from outside over real sockets.
//!
//! One story a file; its name completes "it should…". `support/` holds what they share; `browser/` holds the stories of
//! real browsers, which are not part of this program.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]
#![expect(clippy::panic, reason = "so has one that does not come to what it waits for")]

mod a_visit_follows_its_people;
mod admin_creates_the_first_accounts;
mod bad_input_is_named_at_the_start;
mod demo_data_only_into_an_empty_database;
mod doctor_names_the_ways;
mod full_disk_loses_nothing;
mod gives_back_what_visits_took;
mod joins_by_tcp_where_udp_is_blocked;
mod load_test_says_how_it_was;
mod parts_die_and_come_back;
mod relay_goes_to_the_media_nodes_only;
mod stops_when_asked;
mod support;
mod survives_a_loop_of_crashes;
mod tls_on_every_door;
mod two_control_planes_and_a_node;
mod visit_from_booking_to_end;
