//! The hosted payment page: `GET` shows it, `POST` with `outcome=pay|decline|abandon` acts.
//!
//! With `pay` may come `card`, the number of one of Paystack's test instruments. Some of them ask for a PIN, a
//! telephone number or a password first: the page then asks for one after the other, and each answer posts what
//! is known so far. A wrong answer ends the attempt.
//!
//! Guarantees that `GET` and `HEAD` change nothing, that a second `POST` finds the transaction as the first one
//! left it and never charges again, and that only `http` and `https` addresses are redirected to. A failed
//! transaction is final for its reference, so the page offers no second try. The page takes no card but the
//! published ones and has no protection against forged posts: knowing the access code is enough, as with curl. Caller: `api`.

use super::charge::Charge;
use super::control::PayOptions;
use super::error::ControlError;
use super::http::{TwinRequest, TwinResponse};
use super::initialize::web_address;
use super::instruments::{self, Instrument, Step};
use super::record::Initialized;
use super::render::{self, Screen};
use super::state::Status;
use super::transaction;
use super::twin::Sandbox;

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
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let reference = &opened.reference;
    let changed = match field("outcome") {
        Some("pay") => {
            let instrument = match field("card").filter(|number| !number.is_empty()) {
                // A charge that sent the payer here brings its card along.
                None => charged(sandbox, opened),
                Some(number) => match instruments::find(number) {
                    Some(instrument) => Some(instrument),
                    None => return choice(opened, 400),
                },
            };
            match instrument.map_or(Ok(None), |instrument| question(instrument, &field)) {
                // Not for what is final already: that is shown below.
                Ok(Some(step)) if is_open(sandbox, opened) => {
                    return ask(opened, instrument, step, &field);
                }
                Ok(_) => {
                    let instrument = instrument.map(|known| known.number.to_owned());
                    let options = PayOptions { instrument, ..PayOptions::default() };
                    sandbox.decide(|desk| transaction::pay(desk, reference, &options))
                }
                Err(reason) => sandbox.decide(|desk| transaction::decline(desk, reference, Some(reason))),
            }
        }
        Some("decline") => sandbox.decide(|desk| transaction::decline(desk, reference, None)),
        Some("abandon") => sandbox.decide(|desk| transaction::abandon(desk, reference)),
        _ => return choice(opened, 400),
    };
    match changed {
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

fn choice(opened: &Initialized, status: u16) -> TwinResponse {
    TwinResponse::page(status, render::transaction(opened, Screen::Choice, None))
}

/// What a charge that waits for this page takes the money from.
fn charged(sandbox: &Sandbox, opened: &Initialized) -> Option<&'static Instrument> {
    let shared = sandbox.lock();
    shared.state.by_access_code(&opened.access_code)?.charge.as_ref().map(Charge::instrument)
}

fn is_open(sandbox: &Sandbox, opened: &Initialized) -> bool {
    find(sandbox, &opened.access_code).is_some_and(|(_, standing)| standing == Standing::Open)
}

/// The first question without an answer, or why the wrong one ends it.
fn question<'a>(
    instrument: &'static Instrument,
    field: &impl Fn(&str) -> Option<&'a str>,
) -> Result<Option<&'static Step>, &'static str> {
    for step in instrument.steps {
        match (field(step.field), step.answer) {
            (None | Some(""), _) => return Ok(Some(step)),
            (Some(given), Some(right)) if given != right => return Err("Transaction failed authentication"),
            (Some(_), _) => {}
        }
    }
    Ok(None)
}

/// Asks it, and keeps what was answered before.
fn ask<'a>(
    opened: &Initialized,
    instrument: Option<&'static Instrument>,
    step: &'static Step,
    field: &impl Fn(&str) -> Option<&'a str>,
) -> TwinResponse {
    let Some(instrument) = instrument else {
        return choice(opened, 400);
    };
    let answered = instrument.steps.iter().take_while(|other| *other != step);
    let mut known = vec![("card", instrument.number)];
    known.extend(answered.filter_map(|other| Some((other.field, field(other.field)?))));
    TwinResponse::page(200, render::question(opened, step, &known))
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
