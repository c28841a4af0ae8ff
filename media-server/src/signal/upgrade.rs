//! The HTTP part: one request, which becomes a WebSocket or an answer of one line (RFC 6455 §4.2).

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, ORIGIN, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// Path of the signalling WebSocket.
const PATH: &str = "/signal";
/// Bytes of a request's head. A browser sends under 2 KB, and cookies, which are not read, up to 4 KB more.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header lines of a request; a browser sends about twenty.
const HEADERS_MAX: usize = 64;

/// Whose pages may connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// Exactly as browsers send them.
    pub allowed: Vec<String>,
    /// Whether a client without an Origin may.
    pub absent: bool,
}

impl Origins {
    /// A missing, doubled or unlisted Origin is foreign. Origins are compared as bytes: browsers send them in lower case
    /// (RFC 6454 §6.2).
    fn admit(&self, headers: &HeaderMap) -> bool {
        let mut values = headers.get_all(ORIGIN).iter();
        match (values.next(), values.next()) {
            (None, _) => self.absent,
            (Some(origin), None) => {
                self.allowed.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            }
            (Some(_), Some(_)) => false,
        }
    }
}

/// Why there is no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotUpgraded {
    Origin,
    BadRequest,
}

/// Serves one request on `stream`. A connection that is not upgraded was answered and is over.
pub(super) async fn serve<S>(stream: S, origins: &Origins) -> Result<TokioIo<Upgraded>, NotUpgraded>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let outcome: Arc<Mutex<Result<OnUpgrade, NotUpgraded>>> =
        Arc::new(Mutex::new(Err(NotUpgraded::BadRequest)));
    let service = service_fn(|mut request: Request<Incoming>| {
        let (response, upgrade) = answer(&mut request, origins);
        *outcome.lock().unwrap_or_else(PoisonError::into_inner) = upgrade;
        async move { Ok::<_, Infallible>(response) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    let outcome = {
        let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *outcome, Err(NotUpgraded::BadRequest))
    };
    let upgrade = outcome?;
    served.map_err(|_| NotUpgraded::BadRequest)?;
    upgrade.await.map(TokioIo::new).map_err(|_| NotUpgraded::BadRequest)
}

type Answer = (Response<Full<Bytes>>, Result<OnUpgrade, NotUpgraded>);

fn answer(request: &mut Request<Incoming>, origins: &Origins) -> Answer {
    if request.uri().path() != PATH {
        return refuse(StatusCode::NOT_FOUND, "nothing here\n", NotUpgraded::BadRequest);
    }
    let headers = request.headers();
    if !origins.admit(headers) {
        return refuse(StatusCode::FORBIDDEN, "this origin may not connect\n", NotUpgraded::Origin);
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|key| key.len() == 24);
    let is_websocket = request.method() == Method::GET
        && has_token(headers.get(UPGRADE), "websocket")
        && has_token(headers.get(CONNECTION), "upgrade");
    let (true, Some(key)) = (is_websocket, key) else {
        return refuse(StatusCode::UPGRADE_REQUIRED, "a WebSocket is expected\n", NotUpgraded::BadRequest);
    };
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        let mut refused = refuse(StatusCode::UPGRADE_REQUIRED, "version 13\n", NotUpgraded::BadRequest);
        refused.0.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        return refused;
    }
    let accept = derive_accept_key(key.as_bytes());
    // No Sec-WebSocket-Extensions in the answer: compression stays off (abuse sentence 3).
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let out = response.headers_mut();
    out.insert(UPGRADE, HeaderValue::from_static("websocket"));
    out.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    // Base64 is always a valid header value.
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        out.insert(SEC_WEBSOCKET_ACCEPT, accept);
    }
    (response, Ok(hyper::upgrade::on(request)))
}

fn refuse(status: StatusCode, text: &'static str, why: NotUpgraded) -> Answer {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    (response, Err(why))
}

/// Whether a comma-separated header holds the token, without regard to case.
fn has_token(value: Option<&HeaderValue>, token: &str) -> bool {
    value
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(',').any(|one| one.trim().eq_ignore_ascii_case(token)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origins: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        headers
    }

    #[test]
    fn abuse_8_only_listed_origins_are_admitted() {
        let ours = "https://clinic.example";
        let origins = Origins { allowed: vec![ours.to_owned()], absent: false };

        assert!(origins.admit(&headers(&[ours])));
        for foreign in [
            "https://evil.example",
            "http://clinic.example",
            "https://clinic.example.evil.example",
            "https://clinic.example:8443",
            "null",
            "",
        ] {
            assert!(!origins.admit(&headers(&[foreign])), "{foreign:?}");
        }
        assert!(!origins.admit(&headers(&[])), "absent");
        assert!(!origins.admit(&headers(&[ours, ours])), "doubled");
    }

    #[test]
    fn abuse_8_an_absent_origin_is_admitted_only_where_configured() {
        let origins = Origins { allowed: Vec::new(), absent: true };

        assert!(origins.admit(&headers(&[])));
        assert!(!origins.admit(&headers(&["https://clinic.example"])));
    }
}
