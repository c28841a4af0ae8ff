//! What the core should do, seen from outside: commands, datagrams and time go in, messages and datagrams come out.
//! One behaviour a file; its name completes "it should …". Abuse sentences carry their number in the test's name.

mod support;

#[cfg(test)]
mod answer_checks_of_its_peers_only;
#[cfg(test)]
mod ask_for_key_frames_sparingly;
#[cfg(test)]
mod bring_what_is_written;
#[cfg(test)]
mod forward_layers_by_view;
#[cfg(test)]
mod forward_media_to_everybody_else;
#[cfg(test)]
mod forward_sizes_of_one_stream;
#[cfg(test)]
mod go_on_over_another_connection;
#[cfg(test)]
mod hand_handshakes_on;
#[cfg(test)]
mod hold_a_seat_for_who_comes_back;
#[cfg(test)]
mod keep_generations_and_permissions;
#[cfg(test)]
mod keep_layers_apart;
#[cfg(test)]
mod keep_participants_small;
#[cfg(test)]
mod keep_publishers_within_their_limit;
#[cfg(test)]
mod let_no_datagram_do_harm;
#[cfg(test)]
mod let_nobody_in_unasked;
#[cfg(test)]
mod mend_losses;
#[cfg(test)]
mod negotiate_tracks_and_lanes;
#[cfg(test)]
mod obey_moderators;
#[cfg(test)]
mod pace_what_a_path_carries;
#[cfg(test)]
mod report_and_tell_who_speaks;
#[cfg(test)]
mod seat_and_unseat_people;
#[cfg(test)]
mod show_a_sign_of_life;
#[cfg(test)]
mod spare_sound_that_waits;
#[cfg(test)]
mod stop_a_single_stream;
#[cfg(test)]
mod stop_sizes_of_one_stream;
#[cfg(test)]
mod take_apart_packets_with_earlier_ones;
