//! Routing, and what all calls of the API have in common.
//!
//! Guarantees that nothing of the API is answered without the key, that what time has brought is there before a
//! call sees anything, and that an executed call is committed before its answer exists, injected timeouts
//! included. Paths that the twin does not model answer as Paystack answers unknown ones: 404 with a JSON content
//! type and no body. Caller: [`Sandbox::handle`].

use percent_encoding::percent_decode_str;

use super::access::Allowance;
use super::fault::{self, Fault};
use super::http::{Ending, TwinRequest, TwinResponse};
use super::refusal::{self, Refusal, Refused};
use super::route::{self, Route};
use super::twin::Sandbox;
use super::{bank, charge, dispute, initialize, ledger, page, refund, transaction, transfer};

/// A call with the key, within the limit.
pub(super) struct Call<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) request: &'a TwinRequest,
    /// What stands in the variable place of the path, decoded.
    pub(super) argument: &'a str,
    /// When it came.
    pub(super) at: i64,
}

pub(super) async fn answer(sandbox: &Sandbox, request: &TwinRequest) -> TwinResponse {
    let path = request.path.strip_prefix('/').unwrap_or(&request.path);
    let segments: Vec<&str> = path.split('/').collect();
    if let Some((route, argument)) = route::find(&request.method, &segments) {
        return call(sandbox, request, route, argument).await;
    }
    match (request.method.as_str(), segments.as_slice()) {
        ("PUT", ["upload", file]) => dispute::receive(sandbox, request, file),
        (_, [code]) if page::is_access_code(code) => page::answer(sandbox, request, code),
        _ => TwinResponse::empty_json(404),
    }
}

async fn call(sandbox: &Sandbox, request: &TwinRequest, route: Route, argument: &str) -> TwinResponse {
    let fault = sandbox.lock().controls.take_fault(route);
    let answer = faulty(sandbox, request, route, argument, fault).await;
    sandbox.answered(route, argument, fault, answer)
}

async fn faulty(
    sandbox: &Sandbox,
    request: &TwinRequest,
    route: Route,
    argument: &str,
    fault: Option<Fault>,
) -> TwinResponse {
    // Asked for before the call is executed: whoever sees its effect can release it.
    let released = sandbox.released();
    let answer = match fault {
        Some(Fault::Status(status)) => return Refusal::fault(status).response(),
        Some(Fault::Html) => return TwinResponse::edge_error(502),
        Some(Fault::EmptyJson) => return TwinResponse::empty_json(200),
        Some(Fault::EmptyNotFound) => return TwinResponse::empty_json(404),
        Some(Fault::Closed) => return TwinResponse::broken(Ending::Closed),
        Some(Fault::Reset) => return TwinResponse::broken(Ending::Reset),
        Some(Fault::RateLimited) => {
            let limit = sandbox.lock().behaviour.rate_limit;
            let limit = limit.unwrap_or(sandbox.config().mode.announced_limit());
            return Allowance::exhausted(limit).announce(refusal::RATE_LIMITED.response());
        }
        _ => execute(sandbox, request, route, argument),
    };
    match fault {
        Some(Fault::TimeoutAfterCommit) => TwinResponse::edge_error(504),
        Some(Fault::ClosedAfterCommit) => TwinResponse::broken(Ending::Closed),
        Some(Fault::ResetAfterCommit) => TwinResponse::broken(Ending::Reset),
        Some(Fault::HangAfterCommit) => {
            released.await;
            TwinResponse::edge_error(504)
        }
        Some(Fault::Late) => {
            released.await;
            answer
        }
        Some(Fault::Truncated) => fault::truncated(answer),
        Some(Fault::UnknownStatus) => fault::with_unknown_status(answer),
        Some(Fault::ExtraFields) => fault::with_extra_fields(answer),
        Some(Fault::OtherMode) => fault::of_the_other_mode(answer),
        _ => answer,
    }
}

fn execute(sandbox: &Sandbox, request: &TwinRequest, route: Route, argument: &str) -> TwinResponse {
    if !sandbox.is_called_by(request) {
        let short = sandbox.lock().behaviour.short_refusals;
        return if short { refusal::INVALID_KEY.short_response() } else { refusal::INVALID_KEY.response() };
    }
    sandbox.catch_up();
    let at = sandbox.now();
    let mut shared = sandbox.lock();
    let limit = shared.behaviour.rate_limit;
    let allowance = shared.window.count(at, limit, sandbox.config().mode.announced_limit());
    drop(shared);
    let argument = percent_decode_str(argument).decode_utf8_lossy();
    let call = Call { sandbox, request, argument: &argument, at };
    let result = if allowance.exceeded { Err(refusal::RATE_LIMITED.into()) } else { dispatch(&call, route) };
    let answer = result.unwrap_or_else(|refused| refused.response());
    allowance.announce(sandbox.config().mode.tell(answer))
}

fn dispatch(call: &Call<'_>, route: Route) -> Result<TwinResponse, Refused> {
    match route {
        Route::Initialize => initialize::start(call),
        Route::Verify => transaction::verify(call),
        Route::ListTransactions => transaction::list(call),
        Route::FetchTransaction => transaction::fetch(call),
        Route::Timeline => transaction::timeline(call),
        Route::Totals => Ok(transaction::totals(call)),
        Route::ChargeAuthorization => charge::saved(call),
        Route::DeactivateAuthorization => charge::deactivate(call),
        Route::Charge => charge::create(call),
        Route::CheckCharge => charge::check(call),
        Route::SubmitPin => charge::submit(call, "pin"),
        Route::SubmitOtp => charge::submit(call, "otp"),
        Route::SubmitPhone => charge::submit(call, "phone"),
        Route::SubmitBirthday => charge::submit(call, "birthday"),
        Route::SubmitAddress => charge::submit(call, "address"),
        Route::CreateRefund => refund::create(call),
        Route::ListRefunds => refund::list(call),
        Route::FetchRefund => refund::fetch(call),
        Route::RetryRefund => refund::retry(call),
        Route::ListBanks => bank::list(call),
        Route::ResolveAccount => bank::resolve(call),
        Route::CreateRecipient => transfer::create_recipient(call),
        Route::Balance => Ok(ledger::balances(call)),
        Route::BalanceLedger => ledger::rows(call),
        Route::InitiateTransfer => transfer::initiate(call),
        Route::BulkTransfer => transfer::bulk(call),
        Route::DisableOtp => Ok(transfer::disable_otp()),
        Route::FinalizeDisableOtp => transfer::finalize_disable_otp(call),
        Route::EnableOtp => Ok(transfer::enable_otp(call)),
        Route::FinalizeTransfer => transfer::finalize(call),
        Route::ResendOtp => transfer::resend(call),
        Route::ListTransfers => transfer::list(call),
        Route::VerifyTransfer => transfer::verify(call),
        Route::FetchTransfer => transfer::fetch(call),
        Route::ListDisputes => dispute::list(call),
        Route::FetchDispute => dispute::fetch(call),
        Route::TransactionDispute => dispute::of_transaction(call),
        Route::UpdateDispute => dispute::update(call),
        Route::AddEvidence => dispute::evidence(call),
        Route::UploadUrl => dispute::offer(call),
        Route::ResolveDispute => dispute::resolve(call),
    }
}
