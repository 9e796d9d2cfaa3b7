//! The sandbox as requests meet it: whose key is one of a sandbox, or who reads and asks for it, is answered from there
//! by the very same handlers. Opened when it is first asked for.

use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::header::HeaderMap;
use actix_web::web::{self, Data};

use super::State;
use super::limits::Gate;
use crate::app::App;
use crate::error::{Error, ErrorCode};
use crate::pipeline::sweeper::Sweeper;
use crate::store::access::{Principal, Role};

/// The header by which a reader asks for the sandbox.
const HEADER: &str = "x-space";

/// The sandbox of a server, once it is open.
#[derive(Default)]
pub struct Sandbox {
    open: Mutex<Option<Open>>,
}

struct Open {
    state: Arc<State>,
    _sweeper: Sweeper,
}

impl Sandbox {
    /// The state of the sandbox beside a hub; opened on the first call.
    fn state(&self, app: &App, gate: &Arc<Gate>) -> Result<Arc<State>, Error> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = &*open {
            return Ok(Arc::clone(&open.state));
        }
        let fault = |error: &dyn std::fmt::Display| Error::NotKept(format!("sandbox: {error:#}"));
        let beside = app.sandbox().map_err(|error| fault(&error))?;
        let sweeper = Sweeper::start(Arc::clone(&beside)).map_err(|error| fault(&error))?;
        let state = Arc::new(State::beside(beside, Arc::clone(gate)));
        *open = Some(Open {
            state: Arc::clone(&state),
            _sweeper: sweeper,
        });
        Ok(state)
    }
}

/// Turns a request to the sandbox if it belongs there; in it, the holder of the key is a source like any other.
pub async fn turn(
    request: &mut ServiceRequest,
    state: &Data<State>,
    mut principal: Principal,
) -> Result<Principal, Error> {
    if principal.role == Role::Sandbox {
        principal.role = Role::Source;
    } else if !asked(request.headers(), principal.role)? {
        return Ok(principal);
    }
    let here = state.clone();
    let there = web::block(move || here.sandbox.state(&here.app, &here.gate))
        .await
        .map_err(|error| Error::Internal(error.to_string()))??;
    let mut container = Extensions::new();
    container.insert(Data::from(there));
    request.add_data_container(Rc::new(container));
    Ok(principal)
}

/// Whether a reader asks for the sandbox. A source is where its key is.
fn asked(headers: &HeaderMap, role: Role) -> Result<bool, Error> {
    match headers
        .get(HEADER)
        .map(actix_web::http::header::HeaderValue::as_bytes)
    {
        None | Some(b"production") => Ok(false),
        Some(b"sandbox") if role != Role::Source => Ok(true),
        Some(b"sandbox") => Err(Error::request(
            ErrorCode::Forbidden,
            (
                "该密钥属于生产环境；沙箱请用沙箱密钥",
                "this key is one of production: use the key of the sandbox",
            ),
        )),
        Some(_) => Err(Error::request(
            ErrorCode::Parameter,
            (
                "X-Space 应为 production 或 sandbox",
                "X-Space must be production or sandbox",
            ),
        )),
    }
}
