//! Whole rooms in simulation: headless participants meet in one core, over networks that lose and reorder, in virtual
//! time. One behaviour a file; its name completes "a room should …". Numbers of abuse sentences and findings are in
//! the tests' names.
//!
//! Each test runs on a few committed seeds; `BEDSIDE_TEST_LONG=1` runs thousands.

mod support;

#[cfg(test)]
mod add_redundancy_where_it_helps;
#[cfg(test)]
mod bring_everybody_to_everybody;
#[cfg(test)]
mod carry_audio_alone;
#[cfg(test)]
mod carry_sizes_of_one_stream;
#[cfg(test)]
mod end_for_all;
#[cfg(test)]
mod fit_the_path;
mod follow_a_change_of_network;
#[cfg(test)]
mod go_on_over_another_websocket;
#[cfg(test)]
mod go_on_with_who_comes_back;
#[cfg(test)]
mod keep_a_timeline_of_connections;
#[cfg(test)]
mod keep_sound_whole_under_loss;
#[cfg(test)]
mod keep_the_stream_of_a_lane;
#[cfg(test)]
mod keep_to_itself;
#[cfg(test)]
mod know_how_good_connections_are;
#[cfg(test)]
mod know_who_speaks;
#[cfg(test)]
mod leave_out_pictures_before_sound;
#[cfg(test)]
mod let_a_publisher_ramp_up;
#[cfg(test)]
mod let_guests_wait;
#[cfg(test)]
mod let_two_people_see_and_hear_each_other;
#[cfg(test)]
mod lose_no_packet_itself;
#[cfg(all(test, debug_assertions))]
mod lose_one_room_to_a_panic;
#[cfg(test)]
mod moderate;
#[cfg(test)]
mod recover_what_a_rough_network_loses;
#[cfg(test)]
mod refuse_what_a_seat_may_not_do;
#[cfg(test)]
mod repeat_itself;
#[cfg(test)]
mod show_a_late_joiner_a_picture_at_once;
#[cfg(test)]
mod show_each_the_size_they_ask_for;
#[cfg(test)]
mod spare_sound_on_a_thin_way_up;
#[cfg(test)]
mod stop_what_nobody_watches;
#[cfg(test)]
mod tell_who_is_muted;
