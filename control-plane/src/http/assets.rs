//! The web app. Release builds carry the built files (`web/app/dist`) inside the binary; debug builds read them from
//! that folder at each request, so that a page's change shows without a build; `web.assets` names another folder.
//! The crate builds without the folder: then there is no page, and `/` says how to build it.
//!
//! Every path that is no file is the app's own page, which reads the path in the browser. Its content security policy
//! takes scripts and styles from our own files only. That is enough: the app's styles are constructed style sheets, made
//! by script (`web/app/src/theme/adopted-sheet.ts`), so nothing inline is allowed, not even by a nonce.

use std::borrow::Cow;
use std::convert::Infallible;
use std::path::{Component, Path, PathBuf};

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::stream::{self, Stream};
use rust_embed::RustEmbed;

use crate::app::State;

use super::problem::{ApiError, Problem};

const PAGE: &str = "index.html";
/// A connection's buffer is asked for more below 32 KiB: it never holds more than a piece beyond.
const PIECE_BYTES: usize = 16 * 1024;

#[derive(RustEmbed)]
#[folder = "../web/app/dist"]
#[allow_missing = true]
struct Embedded;

/// Where the files are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Assets {
    /// In the binary (in debug builds: in `web/app/dist` of the sources).
    #[default]
    Embedded,
    /// In a folder.
    Folder(PathBuf),
}

impl Assets {
    fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        match self {
            Self::Embedded => Embedded::get(path).map(|file| file.data),
            Self::Folder(folder) => {
                let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
                plain.then(|| std::fs::read(folder.join(path)).ok().map(Cow::Owned)).flatten()
            }
        }
    }
}

/// `GET` of anything that is no door of the API.
///
/// # Errors
/// 404 for a file that is not there and for everything under `/api`.
pub async fn serve(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    let path = request.path().trim_start_matches('/');
    let is_read = matches!(request.method().as_str(), "GET" | "HEAD");
    if !is_read || path == "api" || path.starts_with("api/") || path.starts_with("nodes/") {
        return Err(Problem::not_found().into());
    }
    let names_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if names_file && path != PAGE {
        let data = state.http.assets.read(path).ok_or_else(Problem::not_found)?;
        return Ok(file(path, data));
    }
    page(&state)
}

fn file(path: &str, data: Cow<'static, [u8]>) -> HttpResponse {
    let kind = mime_of(path);
    // Vite puts a hash of the content into the names under assets/: they never change.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok().content_type(kind).insert_header((header::CACHE_CONTROL, cache)).body(pieces(data))
}

/// A body that is copied into the connection's buffer piece by piece, as the reader takes it: the file itself is there once,
/// however many ask for it.
fn pieces(data: Cow<'static, [u8]>) -> SizedStream<impl Stream<Item = Result<Bytes, Infallible>>> {
    let bytes = match data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    };
    let whole = bytes.len();
    let starts = (0..whole).step_by(PIECE_BYTES);
    let pieces = starts.map(move |at| Ok(bytes.slice(at..whole.min(at + PIECE_BYTES))));
    SizedStream::new(whole as u64, stream::iter(pieces))
}

fn page(state: &State) -> Result<HttpResponse, ApiError> {
    let Some(data) = state.http.assets.read(PAGE) else {
        return Err(Problem::new(
            StatusCode::NOT_FOUND,
            "no-web-app",
            "The web app is not part of this build",
        )
        .detail("build it in web/ (`npm ci && npm run build`), then build bedside again; or use ./run")
        .into());
    };
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, content_security_policy(state.http.is_https())))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(data.into_owned()))
}

/// Nothing from elsewhere, nothing inline. Signalling goes to the media nodes, which stand on hosts of their own:
/// `wss:`, and `ws:` only where this page itself came over plain HTTP from this machine.
fn content_security_policy(https: bool) -> String {
    let signalling = if https { "wss:" } else { "ws: wss:" };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; \
         font-src 'self'; connect-src 'self' {signalling}; worker-src 'self'; manifest-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

/// The few kinds a Vite build makes.
fn mime_of(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
