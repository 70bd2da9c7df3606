//! How a request finds its route.

use super::{ROUTES, Route};
use crate::{query::decode_percent, request::Method};

/// The values of a pattern's `{name}`s, decoded.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(&'static str, String)>);

impl Params {
    /// The value of a name; empty if the pattern has no such name.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(given, _)| *given == name).map_or("", |(_, value)| value)
    }
}

/// What a path and method lead to.
#[derive(Debug)]
pub(crate) enum Found {
    /// A route.
    Route(&'static Route, Params),
    /// The path has other methods: the value of `Allow`.
    OtherMethods(&'static str, String),
    /// Nothing.
    Nothing,
}

/// Finds the route of a request.
pub(crate) fn find(method: Method, path: &str) -> Found {
    let wanted = if method == Method::Head { Method::Get } else { method };
    let mut allow = Vec::new();
    let mut pattern = "";
    for route in ROUTES {
        let Some(params) = matches(route.pattern, path) else { continue };
        if route.method == wanted {
            return Found::Route(route, params);
        }
        pattern = route.pattern;
        allow.push(route.method.as_str());
        if route.method == Method::Get {
            allow.push(Method::Head.as_str());
        }
    }
    if allow.is_empty() { Found::Nothing } else { Found::OtherMethods(pattern, allow.join(", ")) }
}

fn matches(pattern: &'static str, path: &str) -> Option<Params> {
    let mut params = Params::default();
    let (mut expected, mut given) = (pattern.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(params),
            (Some(expected), Some(given)) => {
                match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                    Some(name) => params.0.push((name, value(given)?)),
                    None if expected == given => {}
                    None => return None,
                }
            }
            _ => return None,
        }
    }
}

/// A segment as a value. Control characters name nothing, and some stores cannot even look for them.
fn value(segment: &str) -> Option<String> {
    decode_percent(segment).filter(|value| !value.is_empty() && !value.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Handler;

    fn handler(method: Method, path: &str) -> Option<Handler> {
        match find(method, path) {
            Found::Route(route, _) => Some(route.handler),
            _ => None,
        }
    }

    #[test]
    fn paths_match_exactly() {
        assert_eq!(handler(Method::Get, "/api/v1/products"), Some(Handler::ListProducts));
        assert_eq!(handler(Method::Head, "/api/v1/products"), Some(Handler::ListProducts));
        assert_eq!(handler(Method::Get, "/api/v1/products/a"), Some(Handler::Product));
        assert_eq!(handler(Method::Post, "/d/x/fresh"), Some(Handler::FreshLink));
        for nowhere in [
            "/api/v1/products/",
            "/api/v1/products/a/",
            "//api/v1/products",
            "/api/v1//products",
            "/api/v1",
            "/",
            "",
            "/API/v1/products",
            "/api/v1/products/%00",
            "/api/v1/products/%zz",
            "/api/v1/products/%ff",
            "/api/v1/pr%6fducts",
            "/d//fresh",
            "/d/x/fresh/",
        ] {
            assert!(matches!(find(Method::Get, nowhere), Found::Nothing), "{nowhere}");
        }
    }

    #[test]
    fn values_are_decoded_once() {
        let Found::Route(_, params) = find(Method::Get, "/api/v1/products/a%2Fb%2525") else { panic!() };
        assert_eq!(params.get("id"), "a/b%25");
        assert_eq!(params.get("other"), "");
    }

    #[test]
    fn other_methods_are_told() {
        for method in [Method::Options, Method::Delete, Method::Other, Method::Put] {
            let Found::OtherMethods(pattern, allow) = find(method, "/api/v1/me") else { panic!() };
            assert_eq!((pattern, allow.as_str()), ("/api/v1/me", "GET, HEAD, PATCH"));
        }
        let Found::OtherMethods(_, allow) = find(Method::Get, "/api/v1/checkout") else { panic!() };
        assert_eq!(allow, "POST");
    }
}
