//! `/nodes/connect`: the WebSocket that nodes open.

use actix_web::rt;
use actix_web::{HttpRequest, HttpResponse, web};
use protocol::limits;

use super::connection;
use crate::app::State;
use crate::http::origin::Origin;
use crate::http::problem::{ApiError, Problem};

/// Takes the connection over; the node proves itself there.
///
/// # Errors
/// 400 when it is no WebSocket handshake, 503 when too many strangers are at the door.
pub async fn connect(
    state: web::Data<State>,
    origin: Origin,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let place = state.nodes.door.enter(origin.limit_key()).ok_or_else(Problem::unavailable)?;
    let (response, session, frames) = actix_ws::handle(&request, payload)
        .map_err(|_| Problem::bad_request("nodes connect by WebSocket (RFC 6455)"))?;
    let frames = frames
        .max_frame_size(limits::NODE_FRAME_BYTES_MAX)
        .aggregate_continuations()
        .max_continuation_size(limits::NODE_FRAME_BYTES_MAX);
    rt::spawn(connection::serve(state, session, frames, place));
    Ok(response)
}
