//! Receiving: lanes, what is missing of them, whole frames, and how well they arrive.
//!
//! | file | what | specification |
//! |---|---|---|
//! | `lane` | one receiving m-line | |
//! | `window` | which numbers came | |
//! | `missing` | what to ask for again | RFC 4585 §6.2.1 |
//! | `reception` | the figures of a reception report | RFC 3550 §6.4, §A.3, §A.8 |
//! | `redundant` | earlier packets inside later ones | RFC 2198 |
//! | `playout` | which packets of sound are there when they are to be heard | |
//! | `frames` | packets put together to video frames, in order | RFC 7741 |
//! | `sizes` | the same of one stream in several sizes | AV1 RTP payload, appendix A |
//! | `arrivals` | transport-wide feedback | draft-holmer-rmcat-transport-wide-cc-extensions-01 |
//! | `statistics`, `histogram` | what was counted and measured | |

mod arrivals;
mod frames;
mod histogram;
mod lane;
mod missing;
mod playout;
mod reception;
mod redundant;
mod sizes;
mod statistics;
mod window;

pub(crate) use arrivals::Arrivals;
pub use histogram::Histogram;
pub(crate) use lane::{Lane, LaneStreams, Opened};
pub use playout::PLAYOUT_DELAY;
pub use statistics::{LaneStatistics, Sender, SenderStatistics};
