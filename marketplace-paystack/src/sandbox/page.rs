//! The hosted payment page: `GET` shows it, `POST` with `outcome=pay|decline|abandon` acts.
//!
//! Guarantees that `GET` and `HEAD` change nothing, that a second `POST` finds the transaction as the first one
//! left it and never charges again, and that only `http` and `https` addresses are redirected to. A failed
//! transaction is final for its reference, so the page offers no second try. The page asks for no card and
//! has no protection against forged posts: knowing the access code is enough, as with curl. Caller: `api`.

use super::control::PayOptions;
use super::error::ControlError;
use super::http::{TwinRequest, TwinResponse};
use super::initialize::web_address;
use super::record::Initialized;
use super::render::{self, Screen};
use super::state::Status;
use super::twin::{Change, Sandbox};

/// Fifteen of `[0-9a-z]`, and therefore no path of the API.
pub(super) fn is_access_code(segment: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    segment.len() == 15 && segment.bytes().all(fits)
}

pub(super) fn answer(sandbox: &Sandbox, request: &TwinRequest, access_code: &str) -> TwinResponse {
    let Some((opened, standing)) = find(sandbox, access_code) else {
        return TwinResponse::page(404, render::unknown());
    };
    match request.method.as_str() {
        "GET" => show(&opened, standing),
        "HEAD" => TwinResponse { body: Vec::new(), ..show(&opened, standing) },
        "POST" => act(sandbox, request, &opened),
        _ => TwinResponse::page(405, render::unknown()).with_header("allow", "GET, HEAD, POST"),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Open,
    Paid,
    Failed,
}

fn find(sandbox: &Sandbox, access_code: &str) -> Option<(Initialized, Standing)> {
    let shared = sandbox.lock();
    let transaction = shared.state.by_access_code(access_code)?;
    let standing = match transaction.status {
        Status::Open => Standing::Open,
        Status::Success(_) => Standing::Paid,
        Status::Failed { .. } => Standing::Failed,
    };
    Some((transaction.opened.clone(), standing))
}

fn show(opened: &Initialized, standing: Standing) -> TwinResponse {
    let screen = match standing {
        Standing::Open => Screen::Choice,
        Standing::Paid => Screen::Paid,
        Standing::Failed => Screen::Declined,
    };
    TwinResponse::page(200, render::transaction(opened, screen, callback(opened).as_deref()))
}

fn act(sandbox: &Sandbox, request: &TwinRequest, opened: &Initialized) -> TwinResponse {
    let form = request.form();
    let outcome = form.iter().find(|(name, _)| name == "outcome").map(|(_, value)| value.as_str());
    let change = match outcome {
        Some("pay") => Change::Pay(PayOptions::default()),
        Some("decline") => Change::Decline,
        Some("abandon") => Change::Abandon,
        _ => return TwinResponse::page(400, render::transaction(opened, Screen::Choice, None)),
    };
    match sandbox.change(&opened.reference, &change) {
        // Final already, perhaps by a request beside this one: go on from what it is now.
        Ok(()) | Err(ControlError::Final) => {}
        Err(_) => return TwinResponse::page(500, render::broken()),
    }
    let standing = find(sandbox, &opened.access_code).map_or(Standing::Open, |(_, standing)| standing);
    let target = match standing {
        Standing::Paid => callback(opened),
        Standing::Failed => None,
        Standing::Open => cancel_address(opened).or_else(|| callback(opened)),
    };
    match target {
        Some(target) => TwinResponse::redirect(&target),
        None if standing == Standing::Open => {
            TwinResponse::page(200, render::transaction(opened, Screen::Left, None))
        }
        None => show(opened, standing),
    }
}

/// The merchant's address, with the reference under both names that merchants look for.
fn callback(opened: &Initialized) -> Option<String> {
    let mut url = web_address(opened.callback_url.as_deref()?)?;
    url.query_pairs_mut()
        .append_pair("trxref", &opened.reference)
        .append_pair("reference", &opened.reference);
    Some(url.into())
}

fn cancel_address(opened: &Initialized) -> Option<String> {
    let text = opened.metadata.get("cancel_action")?.as_str()?;
    web_address(text).map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::is_access_code;

    #[test]
    fn access_codes_are_told_from_paths() {
        assert!(is_access_code("3ni8kdavz62431k"));
        for other in
            ["transaction", "3ni8kdavz62431", "3ni8kdavz62431kk", "3ni8kdavz62431K", "..............."]
        {
            assert!(!is_access_code(other), "{other}");
        }
    }
}
