//! Starts and stops the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::web::{Data, PathConfig, QueryConfig};
use actix_web::{HttpRequest, HttpResponse, HttpServer, ResponseError, rt};

use super::{ROUTES, State, auth, bench_routes, configure, trace};
use crate::app::App;
use crate::error::{Error, ErrorCode};

/// The server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be taken.
    #[error(
        "无法监听 {address}{} / {address} cannot be listened on",
        advice(source)
    )]
    Bind {
        /// The address.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The server stopped by a fault.
    #[error("the server stopped")]
    Stopped(#[source] std::io::Error),
}

/// What is mostly behind it, and what to do.
fn advice(source: &std::io::Error) -> &'static str {
    match source.kind() {
        std::io::ErrorKind::AddrInUse => {
            "：该端口已被别的程序占用（可能是另一个枢纽），请停掉它，或用 --listen 换一个端口"
        }
        std::io::ErrorKind::PermissionDenied => "：无权使用该端口，请换用 1024 以上的端口",
        _ => "：请核对 --listen 的地址和端口",
    }
}

/// Serves until a signal asks to stop (SIGTERM, ctrl-C); requests in progress are finished. `ready` is told
/// the address once it listens.
pub fn run(app: &Arc<App>, ready: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    rt::System::new().block_on(async {
        let (server, address) = bind(app, true)?;
        ready(address);
        server.await.map_err(ServeError::Stopped)
    })
}

/// A server in this process, on a thread of its own.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: std::thread::JoinHandle<()>,
}

impl Running {
    /// Address to call.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Finishes requests in progress, and stops.
    pub fn stop(self) {
        rt::System::new().block_on(self.handle.stop(true));
        // The thread can only have ended; a panic in it was reported there.
        drop(self.thread.join());
    }
}

/// Starts a server on a thread of its own: for demo and tests.
pub fn start(app: Arc<App>) -> Result<Running, ServeError> {
    let (send, receive) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new()
        .name("http".to_owned())
        .spawn(move || {
            rt::System::new().block_on(async move {
                match bind(&app, false) {
                    Ok((server, address)) => {
                        drop(send.send(Ok((address, server.handle()))));
                        if let Err(error) = server.await {
                            tracing::error!(%error, "the server stopped");
                        }
                    }
                    Err(error) => drop(send.send(Err(error))),
                }
            });
        })
        .map_err(ServeError::Stopped)?;
    let (address, handle) = receive
        .recv()
        .map_err(|_| ServeError::Stopped(std::io::Error::other("the server's thread ended")))??;
    Ok(Running {
        address,
        handle,
        thread,
    })
}

fn bind(app: &Arc<App>, signals: bool) -> Result<(Server, SocketAddr), ServeError> {
    let settings = app.config.server.clone();
    let bench = app.config.bench;
    let state = Data::new(State::new(Arc::clone(app)));
    let fault = |source| ServeError::Bind {
        address: settings.listen.clone(),
        source,
    };
    let mut server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(state.clone())
            .app_data(QueryConfig::default().error_handler(|error, _| parameter(&error)))
            .app_data(PathConfig::default().error_handler(|error, _| parameter(&error)))
            .wrap(from_fn(auth::middleware))
            .wrap(from_fn(trace::middleware))
            .configure(|config| {
                if bench {
                    bench_routes(config);
                }
            })
            .configure(configure)
    })
    .shutdown_timeout(settings.shutdown_ms.div_ceil(1000))
    .client_request_timeout(Duration::from_millis(settings.idle_ms))
    .server_hostname("hub");
    if settings.workers > 0 {
        server = server.workers(settings.workers);
    }
    if !signals {
        server = server.disable_signals();
    }
    let server = server.bind(&settings.listen).map_err(fault)?;
    let address = server
        .addrs()
        .first()
        .copied()
        .ok_or_else(|| fault(std::io::Error::other("no address was bound")))?;
    Ok((server.run(), address))
}

fn parameter(error: &dyn std::fmt::Display) -> actix_web::Error {
    let said = error.to_string();
    let said = said.rsplit("error: ").next().unwrap_or_default();
    let zh = match said.strip_prefix("missing field ") {
        Some(name) => format!("缺少请求参数 {name}"),
        None => format!("请求参数不正确（{said}）"),
    };
    let detail = (
        format!("{zh}，各参数见 /openapi.json"),
        format!("{said}; /openapi.json describes the parameters"),
    );
    Error::request(ErrorCode::Parameter, detail).into()
}

/// Answers an address that is none.
pub(super) async fn not_found(request: HttpRequest) -> HttpResponse {
    Error::request(
        ErrorCode::NotFound,
        (
            format!("没有地址 {}，全部地址见 /openapi.json", request.path()),
            format!(
                "there is nothing at {}; /openapi.json lists every address",
                request.path()
            ),
        ),
    )
    .error_response()
}

/// Answers a method that an address does not have.
pub(super) async fn wrong_method(request: HttpRequest) -> HttpResponse {
    let path = request.match_pattern().unwrap_or_default();
    let allowed: Vec<&str> = ROUTES
        .iter()
        .filter(|route| route.path == path)
        .map(|route| route.method)
        .collect();
    let allowed = allowed.join(", ");
    let method = request.method();
    let detail = (
        format!("该地址不支持 {method}，应为 {allowed}"),
        format!("{method} is not for this address, expected {allowed}"),
    );
    let mut response = Error::request(ErrorCode::Method, detail).error_response();
    if let Ok(value) = actix_web::http::header::HeaderValue::from_str(&allowed) {
        response
            .headers_mut()
            .insert(actix_web::http::header::ALLOW, value);
    }
    response
}
