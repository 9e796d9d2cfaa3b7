//! Who asks: `Authorization: Bearer KEY`, against the hashes that the store keeps.
//!
//! The route table says who may; this middleware is the one place that enforces it, before a handler runs
//! and before a body is read. What is not in the table is nobody's.

use std::future::{Ready, ready};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, ResponseError, web};
use foldhash::{HashMap, HashMapExt};

use super::{Access, State, access_of, space};
use crate::error::{Error, ErrorCode};
use crate::store::Readers;
use crate::store::access::{self, Principal, Role};
use crate::tlog::hash::{Hash, sha256};

/// How long an answer of the store is believed: the time until a retired key is refused.
const BELIEVED: Duration = Duration::from_secs(2);
/// Most keys remembered at once.
const REMEMBERED: usize = 4096;

/// Keys seen lately, so that not every request asks the store.
#[derive(Debug, Default)]
pub struct Keys {
    seen: Mutex<Option<HashMap<Hash, (Principal, Instant)>>>,
}

impl Keys {
    async fn holder(&self, readers: &Readers, key: &str) -> Result<Option<Principal>, Error> {
        let hash = sha256(key.as_bytes());
        if let Some(principal) = self.remembered(&hash) {
            return Ok(Some(principal));
        }
        let readers = readers.clone();
        let found = web::block(move || access::find(&mut *readers.take()?, &hash.to_hex()))
            .await
            .map_err(|error| Error::Internal(error.to_string()))??;
        if let Some(principal) = &found {
            self.remember(hash, principal.clone());
        }
        Ok(found)
    }

    fn remembered(&self, hash: &Hash) -> Option<Principal> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let (principal, at) = seen.as_ref()?.get(hash)?;
        (at.elapsed() < BELIEVED).then(|| principal.clone())
    }

    fn remember(&self, hash: Hash, principal: Principal) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = seen.get_or_insert_with(HashMap::new);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(hash, (principal, Instant::now()));
    }
}

/// The authenticated caller, as handlers take it.
#[derive(Debug, Clone)]
pub struct Caller(pub Principal);

impl Caller {
    /// The only source whose things this caller may see; none for readers, who see all.
    pub fn only(&self) -> Option<&str> {
        (self.0.role == Role::Source).then_some(self.0.name.as_str())
    }

    /// Whether the caller may see what belongs to a source.
    pub fn may_see(&self, source: &str) -> bool {
        self.only().is_none_or(|own| own == source)
    }
}

impl FromRequest for Caller {
    type Error = Error;
    type Future = Ready<Result<Caller, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        ready(caller.ok_or_else(|| Error::request(ErrorCode::Unauthenticated, MISSING)))
    }
}

const MISSING: (&str, &str) = (
    "请在请求头中提供密钥：Authorization: Bearer 密钥",
    "send `Authorization: Bearer KEY`",
);

/// Lets a request through when the route table says so.
pub async fn middleware(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    match admit(&mut request).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(error) => {
            let (request, _) = request.into_parts();
            Ok(ServiceResponse::new(request, error.error_response()).map_into_right_body())
        }
    }
}

async fn admit(request: &mut ServiceRequest) -> Result<Option<Caller>, Error> {
    let Some(access) = request
        .match_pattern()
        .and_then(|path| access_of(request.method().as_str(), &path))
    else {
        // No such route: the router's own answer is 404 or 405, and tells nothing.
        return Ok(None);
    };
    let Some(state) = request.app_data::<Data<State>>().cloned() else {
        return Err(Error::Internal("the server has no state".to_owned()));
    };
    if access == Access::Public {
        // What is public of a sandbox, its log, is found with a key of it.
        if let Ok(key) = bearer(request.headers())
            && let Ok(Some(principal)) = state.keys.holder(&state.app.readers, key).await
        {
            space::turn(request, &state, principal).await?;
        }
        return Ok(None);
    }
    let key = bearer(request.headers())?;
    let principal = state
        .keys
        .holder(&state.app.readers, key)
        .await?
        .ok_or_else(|| {
            Error::request(
                ErrorCode::Unauthenticated,
                (
                    "密钥无效：请核对是否写全、是否已更换；遗失的由中心重新签发（hub sources add 或 hub keys reader）",
                    "the key is not known: see whether it is whole and still the one in use; the centre issues another (hub sources add, hub keys reader)",
                ),
            )
        })?;
    let principal = space::turn(request, &state, principal).await?;
    if !access.admits(principal.role) {
        return Err(Error::request(
            ErrorCode::Forbidden,
            (
                format!("角色为“{}”的密钥无此权限", principal.role.name()),
                format!("a key of role `{}` may not do this", principal.role.name()),
            ),
        ));
    }
    Ok(Some(Caller(principal)))
}

/// The key in the headers.
fn bearer(headers: &HeaderMap) -> Result<&str, Error> {
    let missing = || Error::request(ErrorCode::Unauthenticated, MISSING);
    let mut all = headers.get_all(AUTHORIZATION);
    let (Some(value), None) = (all.next(), all.next()) else {
        return Err(missing());
    };
    let (scheme, key) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(missing)?;
    let key = key.trim();
    let sound = scheme.eq_ignore_ascii_case("bearer")
        && (1..=200).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(key) } else { Err(missing()) }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn a_key_stands_after_bearer_and_only_once() {
        assert_eq!(read(&["Bearer abc_DEF-1"]).as_deref(), Some("abc_DEF-1"));
        assert_eq!(read(&["bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(read(&["Basic abc"]), None);
        assert_eq!(read(&["Bearer"]), None);
        assert_eq!(read(&["Bearer  "]), None);
        assert_eq!(read(&["Bearer a b"]), None);
        assert_eq!(read(&["Bearer a", "Bearer b"]), None);
        assert_eq!(read(&[]), None);
    }

    fn caller(role: Role) -> Caller {
        Caller(Principal {
            id: 1,
            name: "320100".to_owned(),
            role,
            created_at: 0,
            retired_at: None,
        })
    }

    #[test]
    fn a_source_sees_itself_and_readers_see_all() {
        assert!(caller(Role::Source).may_see("320100"));
        assert!(!caller(Role::Source).may_see("320600"));
        assert!(caller(Role::Auditor).may_see("320600"));
    }

    #[test]
    fn a_key_is_remembered_for_a_moment_only() {
        let keys = Keys::default();
        let hash = sha256(b"k");
        assert_eq!(keys.remembered(&hash), None);
        keys.remember(hash, caller(Role::Source).0);
        assert!(keys.remembered(&hash).is_some());
        for number in 0..REMEMBERED {
            keys.remember(sha256(&number.to_be_bytes()), caller(Role::Source).0);
        }
        assert_eq!(keys.remembered(&hash), None);
    }
}
