//! The route table as a whole: nothing twice, nothing open by mistake.

use super::{Access, ROUTES, access_of};
use crate::store::access::Role;

#[test]
fn no_route_stands_twice_and_paths_stand_together() {
    let mut seen = Vec::new();
    for route in ROUTES {
        assert!(
            !seen.contains(&(route.method, route.path)),
            "{} {}",
            route.method,
            route.path
        );
        let before = ROUTES
            .iter()
            .filter(|other| other.path == route.path)
            .count();
        let together = ROUTES
            .windows(before)
            .filter(|window| window.iter().all(|other| other.path == route.path));
        assert_eq!(
            together.count(),
            1,
            "routes of {} are scattered",
            route.path
        );
        seen.push((route.method, route.path));
    }
}

#[test]
fn only_what_is_meant_to_be_public_is_public() {
    let open: Vec<&str> = ROUTES
        .iter()
        .filter(|route| route.access == Access::Public && route.method != "OPTIONS")
        .map(|route| route.path)
        .collect();
    for path in &open {
        let meant = path.starts_with("/v1/catalog")
            || [
                "/v1/log/key",
                "/checkpoint",
                "/tile/{path:.*}",
                "/healthz",
                "/readyz",
                "/metrics",
                "/openapi.json",
                // The signature of the platform is its key.
                "/v1/destinations/{name}/acknowledgements",
            ]
            .contains(path);
        assert!(meant, "{path} is public");
    }
}

#[test]
fn roles_are_let_in_as_the_table_says() {
    let of = |method, path| access_of(method, path);
    assert!(of("POST", "/v1/submissions").is_some_and(|access| access.admits(Role::Source)));
    assert!(of("POST", "/v1/submissions").is_some_and(|access| !access.admits(Role::Operator)));
    assert!(of("GET", "/v1/deliveries").is_some_and(|access| !access.admits(Role::Source)));
    assert!(of("POST", "/v1/deliveries/replay").is_some_and(|access| !access.admits(Role::Centre)));
    assert_eq!(of("DELETE", "/v1/submissions"), None);
    assert_eq!(of("HEAD", "/checkpoint"), Some(Access::Public));
}
