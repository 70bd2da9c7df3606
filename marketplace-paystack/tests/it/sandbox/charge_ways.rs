//! The charge API beyond cards: accounts, telephones, codes to dial, transfers, pages of others.

use std::time::Duration;

use marketplace_paystack::sandbox::PayOptions;
use serde_json::{Value, json};

use super::bench::{Bench, HOUR, START, json_of};
use super::charges::{charge, whole};
use super::shape::assert_like;

const NOWHERE: &str = "http://127.0.0.1:9/";

fn momo(provider: &str, phone: &str, currency: &str) -> Value {
    json!({"mobile_money": {"provider": provider, "phone": phone}, "currency": currency})
}

fn zenith() -> Value {
    json!({"bank": {"code": "057", "account_number": "0000000000"}})
}

async fn answered(bench: &Bench, field: &str, given: &str) -> (u16, Value) {
    let mut body = json!({"reference": "r"});
    body[field] = json!(given);
    let answer = bench.call("POST", &format!("/charge/submit_{field}"), &body).await;
    (answer.status, json_of(&answer)["data"].clone())
}

#[tokio::test]
async fn a_bank_account_asks_for_a_birthday_and_a_password() {
    let bench = Bench::new();
    let seen = bench.post("/charge", &charge("r", &zenith())).await;
    let expected =
        json!({"reference": "r", "status": "send_birthday", "display_text": "Please enter your birthday"});
    assert_eq!(seen, expected);
    assert_eq!(answered(&bench, "birthday", "2007-04-15").await.1["status"], "send_otp");
    let (_, paid) = answered(&bench, "otp", "123456").await;
    assert_eq!(paid["authorization"]["bin"], "000XXX");
    assert_eq!(paid["authorization"]["last4"], "X000");
    assert_eq!((&paid["channel"], &paid["authorization"]["reusable"]), (&json!("bank"), &json!(false)));

    let mut early = charge("early", &zenith());
    early["birthday"] = json!("2007-04-15");
    assert_eq!(bench.post("/charge", &early).await["status"], "send_otp", "what is told is not asked");
    early["reference"] = json!("wrong");
    early["birthday"] = json!("1990-01-01");
    assert_eq!(bench.post("/charge", &early).await["status"], "failed");
}

#[tokio::test]
async fn an_account_charged_by_token_is_pending_first() {
    let bench = Bench::new();
    let kuda = |token: &str| json!({"bank": {"code": "50211", "phone": "+2348100000000", "token": token}});
    let seen = bench.post("/charge", &charge("r", &kuda("123456"))).await;
    assert_eq!(seen, json!({"reference": "r", "status": "pending"}));
    bench.clock.advance(10_000_000);
    assert_eq!(json_of(&bench.get("/charge/r").await)["data"]["status"], "success");
    assert_eq!(bench.post("/charge", &charge("other", &kuda("0"))).await["status"], "failed");
}

#[tokio::test]
async fn mobile_money_pays_at_once_in_test_mode() {
    let bench = Bench::with_webhooks(NOWHERE);
    let seen = bench.post("/charge", &charge("r", &momo("mtn", "0551234987", "GHS"))).await;
    assert_like(&seen, &whole());
    assert_eq!((&seen["status"], &seen["channel"]), (&json!("success"), &json!("mobile_money")));
    let card = &seen["authorization"];
    assert_eq!(
        (&card["bin"], &card["last4"], &card["exp_year"]),
        (&json!("055XXX"), &json!("X987"), &json!("9999"))
    );
    assert_eq!(bench.events()[0].1["message"], "madePayment");
    let short = bench.post("/charge", &charge("short", &momo("mtn", "0551", "GHS"))).await;
    assert_eq!(short["status"], "failed", "in a call that succeeds");
    bench.post("/charge", &charge("ke", &momo("mpesa", "+254710000000", "KES"))).await;
    assert_eq!(bench.verified("ke").await["status"], "success");
    let orange = bench.post("/charge", &charge("ci", &momo("orange", "0700000000", "XOF"))).await;
    assert_eq!(orange["status"], "send_otp");
}

#[tokio::test]
async fn live_mobile_money_waits_three_minutes() {
    let bench = Bench::new();
    bench.sandbox.control().behave(|behaviour| behaviour.mobile_money_waits = true);
    for reference in ["paid", "late", "refused"] {
        let seen = bench.post("/charge", &charge(reference, &momo("mtn", "0551234987", "GHS"))).await;
        let text = "Please complete authorization process on your mobile phone";
        assert_eq!(seen, json!({"reference": reference, "status": "pay_offline", "display_text": text}));
    }
    bench.sandbox.control().pay("paid", PayOptions::default()).unwrap();
    assert_eq!(bench.verified("paid").await["channel"], "mobile_money");
    bench.sandbox.control().decline("refused").unwrap();
    bench.clock.advance(180_000_000);
    let state = async |reference: &str| {
        let checked = json_of(&bench.get(&format!("/charge/{reference}")).await)["data"]["status"].clone();
        (checked, bench.verified(reference).await["status"].clone())
    };
    assert_eq!(state("paid").await, (json!("success"), json!("success")));
    assert_eq!(state("late").await, (json!("timeout"), json!("failed")));
    assert_eq!(state("refused").await, (json!("failed"), json!("failed")));
}

#[tokio::test]
async fn codes_bills_and_pages_of_others_wait_for_the_payer() {
    let bench = Bench::new();
    let dialled = bench.post("/charge", &charge("ussd", &json!({"ussd": {"type": "737"}}))).await;
    let code = dialled["ussd_code"].as_str().unwrap();
    assert!(code.starts_with("*737*33*4*") && code.ends_with('#'), "{code}");
    assert_like(
        &dialled,
        &json!({
            "reference": "yjr1r8rwhedara4", "status": "pay_offline",
            "display_text": "Please dial *737*33*4*18791# on your mobile phone to complete the transaction",
            "ussd_code": "*737*33*4*18791#"
        }),
    );
    assert!(dialled["display_text"].as_str().unwrap().contains(code));
    let bill = bench.post("/charge", &charge("bill", &momo("mpesa_offline", "254700000000", "KES"))).await;
    assert_eq!(bill["status"], "pay_offline");
    assert!(bill["account_number"].is_string() && bill["account_reference"].is_string(), "{bill}");
    let page = json!({"eft": {"provider": "ozow"}, "currency": "ZAR"});
    let page = bench.post("/charge", &charge("eft", &page)).await;
    assert_eq!((&page["status"], page["url"].is_string()), (&json!("open_url"), true));
    bench.clock.advance(72 * HOUR);
    for (reference, channel) in [("ussd", "ussd"), ("bill", "mobile_money"), ("eft", "eft")] {
        assert_eq!(bench.verified(reference).await["status"], "ongoing");
        bench.sandbox.control().pay(reference, PayOptions::default()).unwrap();
        let paid = bench.verified(reference).await;
        assert_eq!((&paid["status"], &paid["channel"]), (&json!("success"), &json!(channel)));
    }
}

#[tokio::test]
async fn an_account_is_made_for_a_bank_transfer_and_closes() {
    let bench = Bench::with_webhooks(NOWHERE);
    let transfer = |closes_at: Value| json!({"bank_transfer": {"account_expires_at": closes_at}});
    let seen = bench.post("/charge", &charge("r", &transfer(json!(null)))).await;
    assert_like(
        &seen,
        &json!({
            "status": "pending_bank_transfer", "display_text": "Please make a transfer to the account specified",
            "reference": "4tn28gwznc", "amount": 20_000, "account_name": "PAYSTACK CHECKOUT",
            "account_number": "1231084927", "bank": {"slug": "test-bank", "name": "Test Bank", "id": 24},
            "account_expires_at": "2023-09-12T13:10:55.000Z"
        }),
    );
    assert_eq!(seen["account_expires_at"], "2026-08-22T17:14:24.000Z", "eight hours");
    assert_eq!(seen["account_number"].as_str().unwrap().len(), 10);
    let soon = bench.post("/charge", &charge("soon", &transfer(json!("2026-08-22T09:15:00Z")))).await;
    assert_eq!(soon["account_expires_at"], "2026-08-22T09:29:24.000Z", "a quarter of an hour at the least");

    bench.sandbox.control().pay("r", PayOptions::default().with_amount(9_999)).unwrap();
    assert_eq!(bench.verified("r").await["status"], "ongoing", "another amount is sent back");
    bench.sandbox.control().pay("r", PayOptions::default()).unwrap();
    let events = bench.events();
    assert_eq!(events[0].0, "bank.transfer.rejected");
    let rejected = &events[0].1["bank_transfer"];
    assert_eq!(
        (&rejected["amount"], &rejected["message_type"]),
        (&json!("9999"), &json!("INCORRECT_AMOUNT"))
    );
    assert!(!events[0].1.to_string().contains("\"r\""), "no reference: {}", events[0].1);
    assert_eq!(events[1].0, "charge.success");
    let from = &events[1].1["authorization"];
    assert_eq!((&from["brand"], &from["card_type"]), (&json!("Managed Account"), &json!("transfer")));
    assert!(from["sender_name"].is_string() && from["reusable"] == false && from["signature"].is_null());

    bench.advance_minutes(15);
    assert_eq!(bench.verified("soon").await["status"], "failed");
    assert_eq!(json_of(&bench.get("/charge/soon").await)["data"]["status"], "timeout");
    assert!(bench.sandbox.control().pay("soon", PayOptions::default()).is_err());
}

#[tokio::test]
async fn what_cannot_be_charged_is_refused_and_creates_nothing() {
    let bench = Bench::new();
    for (way, code) in [
        (json!({}), "missing_params"),
        (json!({"card": {}}), "missing_params"),
        (json!({"bank": {"account_number": "0000000000"}}), "missing_params"),
        (
            json!({"bank": {"code": "057", "account_number": "0000000000"}, "currency": "GHS"}),
            "unsupported_currency",
        ),
        (momo("mtn", "0551234987", "NGN"), "unsupported_currency"),
        (momo("carrier-pigeon", "0551234987", "GHS"), "invalid_params"),
        (json!({"ussd": {"type": "000"}}), "invalid_params"),
        (json!({"eft": {"provider": "ozow"}}), "unsupported_currency"),
        (json!({"qr": {"provider": "scan-to-pay"}, "currency": "ZAR"}), "invalid_params"),
        (json!({"bank_transfer": {"account_expires_at": "soon"}}), "invalid_params"),
        (json!({"bank_transfer": {}, "amount": 9_999}), "invalid_amount"),
        (json!({"ussd": {"type": "737"}, "amount": 1}), "invalid_amount"),
        (json!({"ussd": {"type": "737"}, "email": "nobody"}), "invalid_email_address"),
    ] {
        let refused = bench.refused("POST", "/charge", &charge("r", &way)).await;
        assert_eq!((refused.0, refused.3.as_str()), (400, code), "{way}");
    }
    assert!(bench.sandbox.records().is_empty());
}

#[tokio::test]
async fn charges_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("twin.jsonl");
    let clock = super::bench::ManualClock::new();
    let bench = Bench::start(&clock, 1, NOWHERE, &journal);
    bench.sandbox.control().behave(|behaviour| behaviour.charge_time = Duration::from_mins(1));
    bench.post("/charge", &charge("asked", &zenith())).await;
    bench.post("/charge", &charge("pending", &momo("mtn", "0551234987", "GHS"))).await;
    let told = async |bench: &Bench| {
        let mut told = Vec::new();
        for path in ["/charge/asked", "/charge/pending", "/transaction/verify/asked"] {
            told.push(json_of(&bench.get(path).await));
        }
        told
    };
    let before = (told(&bench).await, bench.sandbox.records());
    drop(bench);
    let bench = Bench::start(&clock, 1, NOWHERE, &journal);
    assert_eq!((told(&bench).await, bench.sandbox.records()), before);
    clock.advance(HOUR);
    assert_eq!(bench.verified("pending").await["status"], "success");
    assert_eq!(bench.payments()[0].at, START + 60_000_000);
    let body = json!({"reference": "asked", "birthday": "2007-04-15"});
    assert_eq!(bench.post("/charge/submit_birthday", &body).await["status"], "send_otp");
}
