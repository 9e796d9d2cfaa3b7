//! Hostile bodies and noisy senders meet their limits.

use std::io::Write as _;

use super::*;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn limits() -> Result<Limits, crate::config::ConfigError> {
    Ok(crate::config::Config::defaults(std::path::Path::new("d"))?.limits)
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn code(result: Result<Vec<u8>, Error>) -> Option<ErrorCode> {
    result.err().map(|error| error.code())
}

#[test]
fn honest_bodies_come_out_as_they_went_in() -> Outcome {
    let text = "{\"名称\":\"南京\"}".repeat(1000);
    let zstd = zstd::encode_all(text.as_bytes(), 3)?;
    assert_eq!(
        expand(Encoding::Zstd, &zstd, 1 << 20, 200)?,
        text.as_bytes()
    );
    let gzip = gzip(text.as_bytes())?;
    assert_eq!(
        expand(Encoding::Gzip, &gzip, 1 << 20, 200)?,
        text.as_bytes()
    );
    assert_eq!(
        expand(Encoding::Gzip, &[gzip.clone(), gzip].concat(), 1 << 20, 200)?.len(),
        2 * text.len()
    );
    Ok(())
}

#[test]
fn bombs_stop_at_the_limit() -> Outcome {
    let zeros = vec![0; 32 << 20];
    let bomb = gzip(&zeros)?;
    assert!(bomb.len() < 64 * 1024);
    assert_eq!(
        code(expand(Encoding::Gzip, &bomb, 256 << 20, 200)),
        Some(ErrorCode::TooLarge)
    );
    assert_eq!(
        code(expand(Encoding::Gzip, &bomb, 1 << 20, 1_000_000)),
        Some(ErrorCode::TooLarge)
    );
    let bomb = zstd::encode_all(zeros.as_slice(), 19)?;
    assert_eq!(
        code(expand(Encoding::Zstd, &bomb, 256 << 20, 200)),
        Some(ErrorCode::TooLarge)
    );
    assert_eq!(
        expand(Encoding::Zstd, &bomb, 32 << 20, 1_000_000)?.len(),
        zeros.len()
    );
    Ok(())
}

#[test]
fn broken_compression_is_unreadable() -> Outcome {
    let whole = gzip(b"abc")?;
    let cut = whole.get(..whole.len() - 6).unwrap_or_default();
    assert_eq!(
        code(expand(Encoding::Gzip, cut, 1 << 20, 200)),
        Some(ErrorCode::Unreadable)
    );
    assert_eq!(
        code(expand(Encoding::Zstd, b"not zstd", 1 << 20, 200)),
        Some(ErrorCode::Unreadable)
    );
    assert_eq!(Encoding::parse("br"), None);
    assert_eq!(Encoding::parse("GZIP"), Some(Encoding::Gzip));
    Ok(())
}

async fn send(
    body: Vec<u8>,
    headers: &[(&'static str, String)],
    limits: &Limits,
) -> Result<Bytes, Error> {
    use actix_web::FromRequest as _;
    let mut request = actix_web::test::TestRequest::post().set_payload(body);
    for header in headers {
        request = request.insert_header(header.clone());
    }
    let (request, mut payload) = request.to_http_parts();
    let payload = web::Payload::from_request(&request, &mut payload)
        .await
        .map_err(|error| Error::Internal(error.to_string()))?;
    super::body(&request, None, payload, limits, Duration::from_secs(5)).await
}

#[actix_web::test]
async fn a_body_too_large_is_refused_announced_or_not() -> Outcome {
    let limits = Limits {
        body_bytes: 1000,
        ..limits()?
    };
    let refused = send(vec![b'x'; 1001], &[], &limits)
        .await
        .err()
        .map(|error| error.code());
    assert_eq!(refused, Some(ErrorCode::TooLarge));
    let lie = ("content-length", "99999999".to_owned());
    let refused = send(Vec::new(), &[lie], &limits)
        .await
        .err()
        .map(|error| error.code());
    assert_eq!(refused, Some(ErrorCode::TooLarge));
    assert_eq!(send(vec![b'x'; 1000], &[], &limits).await?.len(), 1000);
    Ok(())
}

#[actix_web::test]
async fn an_unknown_compression_is_named() -> Outcome {
    let limits = limits()?;
    let refused = send(vec![1], &[("content-encoding", "br".to_owned())], &limits).await;
    assert_eq!(
        refused.err().map(|error| error.code()),
        Some(ErrorCode::MediaType)
    );
    let body = send(
        gzip(b"abc")?,
        &[("content-encoding", "gzip".to_owned())],
        &limits,
    )
    .await?;
    assert_eq!(body.as_ref(), b"abc");
    Ok(())
}

#[test]
fn one_source_cannot_take_every_place() -> Outcome {
    let limits = Limits {
        requests: 3,
        source_requests: 2,
        source_rate: 0,
        ..limits()?
    };
    let gate = Arc::new(Gate::new(limits));
    let now = Instant::now();
    let first = gate.enter("a", now)?;
    let _second = gate.enter("a", now)?;
    assert_eq!(
        gate.enter("a", now).err().map(|error| error.code()),
        Some(ErrorCode::Busy)
    );
    let _other = gate.enter("b", now)?;
    assert!(gate.enter("c", now).is_err());
    drop(first);
    assert!(gate.enter("a", now).is_ok());
    Ok(())
}

#[test]
fn a_rate_refills_with_time() -> Outcome {
    let limits = Limits {
        source_rate: 10,
        source_burst: 2,
        ..limits()?
    };
    let gate = Arc::new(Gate::new(limits));
    let now = Instant::now();
    assert!(gate.enter("a", now).is_ok());
    assert!(gate.enter("a", now).is_ok());
    assert!(gate.enter("a", now).is_err());
    assert!(gate.enter("b", now).is_ok());
    assert!(gate.enter("a", now + Duration::from_millis(150)).is_ok());
    assert!(gate.enter("a", now + Duration::from_millis(160)).is_err());
    Ok(())
}
