//! Bandwidth estimation in simulation: senders whose video follows their estimates, over one bottleneck, in virtual time.
//! One behaviour a file; its name completes "an estimate should …".
//!
//! Each test runs on a few committed seeds; `BEDSIDE_TEST_LONG=1` runs more.

mod simulation;

#[cfg(test)]
mod bear_lost_feedback;
#[cfg(test)]
mod come_back_after_an_outage;
#[cfg(test)]
mod find_what_a_link_carries;
#[cfg(test)]
mod follow_a_link_that_steps;
#[cfg(test)]
mod share_a_link_fairly;
#[cfg(test)]
mod stay_up_on_a_jittery_link;
#[cfg(test)]
mod tell_radio_loss_from_congestion;
#[cfg(test)]
mod wait_while_little_is_sent;
