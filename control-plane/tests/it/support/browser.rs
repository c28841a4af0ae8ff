//! A browser as the application meets it: keeps the cookie, sends the origin and the page token.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::body::{BoxBody, to_bytes};
use actix_web::cookie::Cookie;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode, header};
use actix_web::test::{TestRequest, init_service};
use actix_web::web;
use control_plane::app::{State, app};
use serde_json::{Value, json};

use super::ORIGIN;

type Call = Rc<dyn Fn(TestRequest) -> Pin<Box<dyn Future<Output = ServiceResponse<BoxBody>>>>>;

#[derive(Clone)]
pub(crate) struct Browser {
    call: Call,
    pub(crate) cookie: Option<Cookie<'static>>,
    pub(crate) csrf: Option<String>,
    pub(crate) address: SocketAddr,
    /// Headers of every request, besides the cookie and those of [`Browser::send`].
    pub(crate) headers: Vec<(String, String)>,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// Checks that it is this problem, as RFC 9457 shapes it, and leads to the log by the request's id.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, name: &str) -> Self {
        let answered = self.expect_status(status);
        let body = answered.json();
        assert_eq!(body["type"], format!("/problems/{name}"), "{body}");
        assert_eq!(body["status"], status);
        assert_eq!(answered.header("content-type"), "application/problem+json");
        if !answered.header("x-request-id").is_empty() && body.get("request_id").is_some() {
            assert_eq!(body["request_id"], answered.header("x-request-id"));
        }
        answered
    }
}

impl Browser {
    pub(crate) async fn open(state: web::Data<State>) -> Self {
        let service = Rc::new(init_service(app(state)).await);
        let call: Call = Rc::new(move |request| {
            let answer = service.call(request.to_request());
            Box::pin(async move { answer.await.expect("the edge turns every error into an answer") })
        });
        let address = "127.0.0.1:40000".parse().unwrap();
        Self { call, cookie: None, csrf: None, address, headers: Vec::new() }
    }

    /// The same application seen by a browser of its own.
    pub(crate) fn other(&self) -> Self {
        Self { cookie: None, csrf: None, ..self.clone() }
    }

    pub(crate) async fn send(&mut self, request: TestRequest) -> Answered {
        let mut request = request.peer_addr(self.address);
        if let Some(cookie) = &self.cookie {
            request = request.cookie(cookie.clone());
        }
        for (name, value) in &self.headers {
            request = request.append_header((name.as_str(), value.as_str()));
        }
        let response = (self.call)(request).await;
        for cookie in response.response().cookies() {
            self.cookie = (!cookie.value().is_empty()).then(|| cookie.into_owned());
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body()).await.ok().unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answered { status, headers, text }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answered {
        self.send(TestRequest::get().uri(path)).await
    }

    /// A change as the web app sends it: JSON, the page's origin, the session's page token.
    pub(crate) fn change(&self, method: Method, path: &str, body: &Value) -> TestRequest {
        let mut request = TestRequest::default()
            .method(method)
            .uri(path)
            .insert_header((header::ORIGIN, ORIGIN))
            .set_json(body);
        if let Some(csrf) = &self.csrf {
            request = request.insert_header(("X-CSRF-Token", csrf.as_str()));
        }
        request
    }

    pub(crate) async fn post(&mut self, path: &str, body: Value) -> Answered {
        let request = self.change(Method::POST, path, &body);
        self.send(request).await
    }

    pub(crate) async fn patch(&mut self, path: &str, body: Value) -> Answered {
        let request = self.change(Method::PATCH, path, &body);
        self.send(request).await
    }

    pub(crate) async fn delete(&mut self, path: &str) -> Answered {
        let request = self.change(Method::DELETE, path, &json!({}));
        self.send(request).await
    }

    pub(crate) async fn sign_in(&mut self, email: &str, password: &str) -> Answered {
        let answer = self.post("/api/session", json!({ "email": email, "password": password })).await;
        if answer.status == StatusCode::OK {
            self.csrf = answer.json()["csrf_token"].as_str().map(str::to_owned);
        }
        answer
    }
}
