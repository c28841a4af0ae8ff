//! The kernel's UDP: batches in, batches of segmentation runs out, and one place to wait. Beside it TCP, for networks that let
//! no UDP through.
//!
//! The only module with `unsafe`: `recvmmsg`, `sendmmsg`, `ppoll` and `eventfd` have no safe wrapper that also carries
//! control messages without allocating. Nothing here knows what a datagram means.
//!
//! Why this shape: the kernel's walk through its stack costs about 2.8 µs a datagram and the system call 0.24 µs, so
//! batching calls alone gains little; handing over runs of equal datagrams (UDP GSO, `UDP_SEGMENT`) divides the walk by
//! the length of the run. Receiving is shared by a whole fan-out, so 32 messages a call with GRO are enough.
//!
//! Linux only: the server's packet path is built on these calls.

#![expect(
    unsafe_code,
    reason = "the one place that speaks to the kernel in its own tongue; each block says why it is sound"
)]

mod control;
mod receive;
mod send;
mod socket;
mod tcp;
mod wait;

pub use receive::{ReceiveBatch, ReceiveCounts, Received};
pub use send::{RUN_BUCKETS, Run, SendBatch, SendCounts};
pub use socket::{BindError, Buffers, UdpSocket};
pub use tcp::{CONNECTIONS_MAX, TcpCounts, TcpSide};
pub use wait::{Ready, Waker, wait};

#[cfg(test)]
mod tests;
