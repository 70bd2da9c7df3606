//! Answering disputes.
//!
//! Guarantees: a dispute that is over is not answered again, and gives nothing back again; one is won only
//! where Paystack says that the claim was declined and the payment was not given back; a state that Paystack
//! invents later is `Unrecognised` and logged, never an error.
//!
//! Does not: contest with files. Paystack wants the name of an uploaded file with every resolution, although
//! an acceptance proves nothing; this adapter uploads none and sends the word `none` in its place.
//!
//! Called by: disputes of the core.

use crate::{
    client::Paystack,
    failure::{Effect, before_command, not_sent},
    scale::{self, Fraction},
    wire,
};
use async_trait::async_trait;
use marketplace_core::{
    money::Money,
    payment::{
        DisputeSnapshot, DisputeState, Disputes, Evidence, GatewayError, GatewayErrorKind, Listing, Window,
    },
};
use serde::Serialize;
use serde_json::Value;

/// What stands where Paystack wants the name of an uploaded file.
const NO_FILE: &str = "none";

/// The body of `POST /dispute/{id}/evidence`.
#[derive(Serialize)]
struct Proof<'a> {
    customer_email: &'a str,
    customer_name: &'a str,
    customer_phone: &'a str,
    service_details: &'a str,
}

/// The body of `PUT /dispute/{id}/resolve`.
#[derive(Debug, Serialize)]
struct Acceptance<'a> {
    resolution: &'static str,
    message: &'a str,
    /// Subunits, as an integer.
    refund_amount: u64,
    uploaded_filename: &'static str,
}

#[async_trait]
impl Disputes for Paystack {
    #[tracing::instrument(target = "marketplace::paystack", name = "dispute.list", skip_all, fields(window.from = %window.from, window.until = %window.until))]
    async fn list(
        &self,
        window: Window,
        page: Option<String>,
    ) -> Result<Listing<DisputeSnapshot>, GatewayError> {
        self.window(&["dispute"], window, page, snapshot).await
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "dispute.fetch", skip_all, fields(dispute.gateway_id = wire::shown(gateway_id)))]
    async fn fetch(&self, gateway_id: &str) -> Result<DisputeSnapshot, GatewayError> {
        let data = self.get(&["dispute", gateway_id], &[]).await?;
        snapshot(&data).map_err(|field| Effect::Reads.unread(field))
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "dispute.evidence", skip_all, fields(dispute.gateway_id = wire::shown(gateway_id)))]
    async fn submit_evidence(&self, gateway_id: &str, evidence: Evidence) -> Result<(), GatewayError> {
        let body = Proof {
            customer_email: evidence.email.as_str(),
            customer_name: &evidence.name,
            customer_phone: evidence.phone.as_str(),
            service_details: &evidence.service,
        };
        self.post(Effect::Writes, &["dispute", gateway_id, "evidence"], &body).await.map(drop)
    }

    #[tracing::instrument(target = "marketplace::paystack", name = "dispute.accept", skip_all, fields(dispute.gateway_id = wire::shown(gateway_id)))]
    async fn accept(
        &self,
        gateway_id: &str,
        amount: Money,
        message: &str,
    ) -> Result<DisputeSnapshot, GatewayError> {
        let subunits = scale::to_wire(amount).filter(|subunits| *subunits > 0);
        let body = Acceptance {
            resolution: "merchant-accepted",
            message,
            refund_amount: subunits.ok_or_else(|| not_sent("the amount has no form on the wire"))?,
            uploaded_filename: NO_FILE,
        };
        // Paystack does not say what becomes of a second resolution, and the amount goes without its currency.
        let dispute = Disputes::fetch(self, gateway_id).await.map_err(before_command)?;
        check(&dispute, amount)?;
        let data = self.put(&["dispute", gateway_id, "resolve"], &body).await?;
        snapshot(&data).map_err(|field| Effect::Writes.unread(field))
    }
}

/// Whether this much of a dispute can still be accepted.
fn check(dispute: &DisputeSnapshot, amount: Money) -> Result<(), GatewayError> {
    if matches!(dispute.state, DisputeState::Won | DisputeState::Lost) {
        let over = not_sent("the dispute is over");
        return Err(GatewayError { kind: GatewayErrorKind::WrongState, ..over });
    }
    match dispute.amount {
        Some(disputed) if disputed.currency() != amount.currency() => {
            Err(not_sent("the dispute is about another currency"))
        }
        _ => Ok(()),
    }
}

/// The neutral form of a dispute, or the field that cannot be read. The transaction is an object or, where a
/// dispute was just resolved, a number.
fn snapshot(data: &Value) -> Result<DisputeSnapshot, &'static str> {
    let transaction = data.get("transaction").unwrap_or(&Value::Null);
    let status = wire::text(data, "status").ok_or("status")?;
    let given_back = wire::text(transaction, "status") == Some("reversed");
    Ok(DisputeSnapshot {
        gateway_id: wire::id(data).ok_or("id")?,
        reference: reference(data).map(str::to_owned),
        mode: wire::mode(data).or_else(|| wire::mode(transaction)).ok_or("domain")?,
        // A dispute has to be answered in hours, also one whose amount cannot be read.
        amount: amount(data),
        state: state(status, wire::text(data, "resolution"), given_back),
        due_at: wire::moment(data, &["dueAt", "due_at"]),
    })
}

/// The reference of a dispute's payment. It stands in three places, of which Paystack fills one.
pub(crate) fn reference(data: &Value) -> Option<&str> {
    let transaction = data.get("transaction").and_then(|transaction| wire::text(transaction, "reference"));
    let merchant = || wire::text(data, "merchant_transaction_reference");
    transaction.or_else(merchant).or_else(|| wire::text(data, "transaction_reference"))
}

/// What the payer of a dispute wants back.
pub(crate) fn amount(data: &Value) -> Option<Money> {
    let transaction = || wire::currency(data.get("transaction")?);
    let currency = wire::currency(data).or_else(transaction);
    wire::money(data, "refund_amount", currency, Fraction::Refused).read()
}

fn state(status: &str, resolution: Option<&str>, given_back: bool) -> DisputeState {
    match (status, resolution) {
        ("pending" | "awaiting-merchant-feedback", _) => DisputeState::AwaitsUs,
        ("awaiting-bank-feedback", _) => DisputeState::AwaitsBank,
        ("resolved" | "archived", Some("merchant-accepted" | "auto-accepted")) => DisputeState::Lost,
        // We declined, and the bank decided against us.
        ("resolved" | "archived", Some("declined")) if given_back => DisputeState::Lost,
        ("resolved" | "archived", Some("declined")) => DisputeState::Won,
        _ => {
            let (status, resolution) = (wire::shown(status), wire::shown(resolution.unwrap_or_default()));
            tracing::warn!(target: "marketplace::paystack", status, resolution, "unknown status of a dispute, kept open");
            DisputeState::Unrecognised
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use marketplace_core::{money::Currency, payment::Mode};
    use serde_json::json;

    fn dispute() -> Value {
        json!({
            "id": 358_950, "refund_amount": 5_800, "currency": "NGN", "status": "awaiting-merchant-feedback",
            "resolution": null, "domain": "test", "transaction": {"id": 896_467_688, "domain": "test",
            "status": "success", "reference": "mkt-0123456789abcdef", "amount": 5_800, "currency": "NGN",
            "metadata": "", "log": null, "authorization": {}, "customer": {}, "plan": {}, "split": {}},
            "transaction_reference": null, "category": "chargeback", "customer": {"email": "b@example.com"},
            "dueAt": "2026-08-23T01:15:02.000Z", "resolvedAt": null, "evidence": null, "attachments": null,
            "created_at": "2026-08-22T09:15:02.000Z"
        })
    }

    fn with(changes: &Value) -> Value {
        let mut data = dispute();
        data.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        data
    }

    #[test]
    fn a_dispute() {
        let expected = DisputeSnapshot {
            gateway_id: "358950".to_owned(),
            reference: Some("mkt-0123456789abcdef".to_owned()),
            mode: Mode::Test,
            amount: Some(Money::new(5_800, Currency::NGN)),
            state: DisputeState::AwaitsUs,
            due_at: "2026-08-23T01:15:02Z".parse().ok(),
        };
        assert_eq!(snapshot(&dispute()), Ok(expected));
    }

    #[test]
    fn states_follow_status_and_resolution() {
        use DisputeState::{AwaitsBank, AwaitsUs, Lost, Unrecognised, Won};
        for (status, resolution, paid, reversed) in [
            ("pending", json!(null), AwaitsUs, AwaitsUs),
            ("awaiting-merchant-feedback", json!(null), AwaitsUs, AwaitsUs),
            ("awaiting-bank-feedback", json!(null), AwaitsBank, AwaitsBank),
            ("awaiting-bank-feedback", json!("declined"), AwaitsBank, AwaitsBank),
            ("resolved", json!("merchant-accepted"), Lost, Lost),
            ("resolved", json!("auto-accepted"), Lost, Lost),
            ("resolved", json!("declined"), Won, Lost),
            ("archived", json!("declined"), Won, Lost),
            ("archived", json!("auto-accepted"), Lost, Lost),
            ("resolved", json!(null), Unrecognised, Unrecognised),
            ("resolved", json!("accepted-by-ada@example.com"), Unrecognised, Unrecognised),
            ("archived", json!(null), Unrecognised, Unrecognised),
            ("reopened", json!("declined"), Unrecognised, Unrecognised),
        ] {
            for (transaction, expected) in [("success", paid), ("reversed", reversed)] {
                let data = with(&json!({"status": status, "resolution": resolution,
                    "transaction": {"id": 1, "status": transaction}}));
                assert_eq!(snapshot(&data).unwrap().state, expected, "{status} {resolution} {transaction}");
            }
        }
    }

    #[test]
    fn loose_types_do_not_matter() {
        for changes in [
            json!({"id": "358950"}),
            json!({"refund_amount": "5800"}),
            json!({"currency": null}),
            json!({"domain": null}),
            json!({"customer": null}),
            json!({"customer": 0}),
            json!({"attachments": "[]", "evidence": 7, "note": {}}),
            json!({"dueAt": null, "due_at": "2026-08-23T01:15:02Z"}),
            json!({"history": {}, "messages": 0, "message": {"body": "x"}}),
            json!({"transaction": 896_467_688, "merchant_transaction_reference": "mkt-0123456789abcdef"}),
            json!({"transaction": null, "transaction_reference": "mkt-0123456789abcdef"}),
        ] {
            assert_eq!(snapshot(&with(&changes)), snapshot(&dispute()), "{changes}");
        }
    }

    #[test]
    fn what_may_be_missing_is_missing() {
        let bare = with(&json!({"transaction": null, "refund_amount": null, "dueAt": null}));
        let snapshot = snapshot(&bare).unwrap();
        assert_eq!((snapshot.reference, snapshot.amount, snapshot.due_at), (None, None, None));
        let odd = with(&json!({"refund_amount": 58.5, "dueAt": "soon"}));
        let snapshot = super::snapshot(&odd).unwrap();
        assert_eq!((snapshot.amount, snapshot.due_at), (None, None));
        for field in ["id", "status", "domain"] {
            let data = with(&json!({field: {}, "transaction": 1}));
            assert_eq!(super::snapshot(&data), Err(field), "{field}");
        }
    }

    #[test]
    fn only_what_is_open_and_of_one_currency_can_be_accepted() {
        let dispute = |state| DisputeSnapshot { state, ..snapshot(&dispute()).unwrap() };
        let kind = |state, amount| check(&dispute(state), amount).map_err(|error| error.kind);
        let naira = Money::new(5_800, Currency::NGN);
        for state in [DisputeState::AwaitsUs, DisputeState::AwaitsBank, DisputeState::Unrecognised] {
            assert_eq!(kind(state, naira), Ok(()), "{state}");
        }
        for state in [DisputeState::Won, DisputeState::Lost] {
            assert_eq!(kind(state, naira), Err(GatewayErrorKind::WrongState), "{state}");
        }
        let cedis = Money::new(5_800, Currency::GHS);
        assert_eq!(kind(DisputeState::AwaitsUs, cedis), Err(GatewayErrorKind::InvalidRequest));
    }
}
