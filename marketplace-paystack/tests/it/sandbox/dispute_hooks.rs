//! The webhooks of disputes.

use marketplace_paystack::sandbox::DisputeOptions;
use serde_json::json;

use super::bench::HOUR;
use super::disputes::{Case, dispute, transaction};
use super::shape::assert_like;

#[tokio::test]
async fn webhooks_are_like_the_sample() {
    let case = Case::new(DisputeOptions::default().with_amount(20_000)).await;
    case.bench.clock.advance(16 * HOUR);
    let events = case.bench.events();
    let inner = transaction(&json!({
        "customer": {"international_format_phone": null}, "requested_amount": 5800,
        "pos_transaction_data": null
    }));
    let sample = dispute(&inner, &json!({"attachments": null, "created_at": "x", "updated_at": "x"}));
    for (_, data) in &events[1..] {
        assert_like(data, &sample);
        assert_eq!((&data["id"], &data["refund_amount"]), (&json!(case.id), &json!(20_000)));
    }
    let create = &events[1].1;
    assert_eq!(
        (&create["status"], &create["resolution"]),
        (&json!("awaiting-merchant-feedback"), &json!(null))
    );
    let resolve = &events.last().unwrap().1;
    assert_eq!((&resolve["status"], &resolve["resolution"]), (&json!("resolved"), &json!("auto-accepted")));
    assert_eq!(resolve["resolvedAt"], "2026-08-23T01:14:24.000Z");
}
