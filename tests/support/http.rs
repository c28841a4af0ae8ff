//! A browser as the control plane meets it: keeps the cookie, names the page's origin, sends the session's page token.
//!
//! A connection a request: what a story says of the server must not hang on a connection that was open before.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use uuid::Uuid;

use super::DEADLINE;
use super::ports::local;

/// Why there was no answer.
pub(crate) type NoAnswer = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Browser {
    port: u16,
    /// What the page is: `http://localhost:8080`.
    pub(crate) origin: String,
    tls: Option<Arc<ClientConfig>>,
    cookie: Option<String>,
    page_token: Option<String>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) kind: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// Checks that it is this problem, as RFC 9457 shapes it.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, name: &str) -> Value {
        let kind = self.kind.clone();
        let body = self.expect(status);
        assert_eq!(
            (kind.as_str(), &body["type"]),
            ("application/problem+json", &json!(format!("/problems/{name}")))
        );
        assert_eq!(body["status"], status);
        body
    }
}

impl Browser {
    /// At the web app on this port of this machine, with a page of its own.
    pub(crate) fn open(port: u16, tls: Option<Arc<ClientConfig>>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        Self { port, origin: format!("{scheme}://localhost:{port}"), tls, cookie: None, page_token: None }
    }

    /// A browser of its own at the same web app, signed in as nobody.
    pub(crate) fn stranger(&self) -> Self {
        Self { cookie: None, page_token: None, ..self.clone() }
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        let answer = self.post("/api/session", json!({ "email": email, "password": password })).await;
        if answer.status == StatusCode::OK {
            self.page_token = answer.json()["csrf_token"].as_str().map(str::to_owned);
        }
        answer
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await.unwrap()
    }

    /// Every change carries a key of its own, as the page's do.
    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await.unwrap()
    }

    pub(crate) async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await.unwrap()
    }

    /// With a key that was perhaps sent before: told twice, a command happens once.
    pub(crate) async fn post_again(
        &mut self,
        key: Uuid,
        path: &str,
        body: Value,
    ) -> Result<Answer, NoAnswer> {
        self.send_with(key, Method::POST, path, Some(body)).await
    }

    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, NoAnswer> {
        self.send_with(Uuid::new_v4(), method, path, body).await
    }

    async fn send_with(
        &mut self,
        key: Uuid,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, NoAnswer> {
        let mut request =
            Request::builder().method(method).uri(path).header(HOST, self.origin.split_once("//").unwrap().1);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        if body.is_some() {
            request = request
                .header(ORIGIN, &self.origin)
                .header(CONTENT_TYPE, "application/json")
                .header("Idempotency-Key", key.to_string());
            if let Some(token) = &self.page_token {
                request = request.header("X-CSRF-Token", token);
            }
        }
        let bytes = body.map(|body| body.to_string()).unwrap_or_default();
        let response = timeout(DEADLINE, self.exchange(request.body(Full::from(bytes))?)).await??;
        if let Some(cookie) = response.headers().get(SET_COOKIE) {
            self.cookie = cookie.to_str()?.split(';').next().map(str::to_owned);
        }
        let header =
            |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (status, kind) = (response.status(), header(CONTENT_TYPE).to_owned());
        let text = String::from_utf8(response.into_body().to_vec())?;
        Ok(Answer { status, kind, text })
    }

    async fn exchange(&self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, NoAnswer> {
        let stream = TcpStream::connect(local(self.port)).await?;
        match &self.tls {
            None => exchange_on(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from("localhost")?;
                exchange_on(TlsConnector::from(Arc::clone(tls)).connect(name, stream).await?, request).await
            }
        }
    }
}

async fn exchange_on(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, NoAnswer> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    driver.abort();
    Ok(Response::from_parts(head, body))
}
