//! Several accounts behind one address, and the calls that each was asked.

use std::future::pending;
use std::pin::pin;

use hmac::{Hmac, KeyInit as _, Mac as _};
use marketplace_paystack::sandbox::{
    Fault, Integrations, PayOptions, Record, Route, Sandbox, SandboxError, TwinRequest, TwinResponse,
};
use serde_json::{Value, json};
use sha2::Sha512;

use super::bench::{
    HOUR, KEY, ManualClock, builder, header, http_client, initialize, json_of, order, request,
};
use super::receiver::{Receiver, Reply};

const OTHER: &str = "sk_test_ffffffffffffffffffffffffffffffffffffffff";
const LIVE: &str = "sk_live_0123456789abcdef0123456789abcdef01234567";

/// A test account, another one, and the live side of the first.
struct Bench {
    all: Integrations,
    clock: ManualClock,
}

fn with(mut request: TwinRequest, key: &str) -> TwinRequest {
    request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
    request.headers.push(("Authorization".into(), format!("Bearer {key}")));
    request
}

impl Bench {
    fn new(webhook: &str) -> Self {
        let clock = ManualClock::new();
        let like = || {
            let client = http_client(reqwest::redirect::Policy::none());
            builder(&clock).webhook_url(Some(webhook.to_owned())).http_client(client)
        };
        let accounts = [
            like().build().unwrap(),
            like().secret_key(OTHER).build().unwrap(),
            like().live_secret_key(LIVE).build().unwrap(),
        ];
        Self { all: Integrations::new(accounts).unwrap(), clock }
    }

    fn account(&self, key: &str) -> &Sandbox {
        self.all.account_of(&with(request("GET", "/"), key)).unwrap()
    }

    async fn get(&self, key: &str, path: &str) -> TwinResponse {
        self.all.handle(with(request("GET", path), key)).await
    }

    async fn begun(&self, key: &str, reference: &str, amount: u64) -> Value {
        let mut body = order(reference);
        body["amount"] = json!(amount);
        let answer = self.all.handle(with(initialize(&body), key)).await;
        assert_eq!(answer.status, 200, "{}", json_of(&answer));
        json_of(&answer)["data"].clone()
    }
}

#[tokio::test]
async fn each_key_sees_its_own() {
    let bench = Bench::new("http://127.0.0.1:9/");
    let mut pages = Vec::new();
    for (key, amount) in [(KEY, 10_000), (OTHER, 20_000), (LIVE, 30_000)] {
        let begun = bench.begun(key, "same", amount).await;
        pages.push(begun["access_code"].as_str().unwrap().to_owned());
    }
    bench.begun(OTHER, "only", 40_000).await;
    for (key, amount, domain, count) in
        [(KEY, 10_000, "test", 1), (OTHER, 20_000, "test", 2), (LIVE, 30_000, "live", 1)]
    {
        let seen = json_of(&bench.get(key, "/transaction/verify/same").await)["data"].clone();
        assert_eq!((&seen["amount"], &seen["domain"]), (&json!(amount), &json!(domain)));
        assert_eq!(json_of(&bench.get(key, "/transaction").await)["meta"]["total"], count);
        let only = bench.get(key, "/transaction/verify/only").await;
        assert_eq!(only.status, if key == OTHER { 200 } else { 404 });
    }
    for key in ["sk_test_nobody", "sk_live_nobody", ""] {
        let answer = bench.get(key, "/transaction/verify/same").await;
        assert_eq!((answer.status, &json_of(&answer)["code"]), (401, &json!("invalid_Key")), "{key}");
    }

    // Pages carry no key, and belong to whoever made them.
    pages.sort();
    pages.dedup();
    assert_eq!(pages.len(), 3, "equal seeds, other keys");
    let made = bench.begun(OTHER, "paid", 50_000).await;
    let mut post = request("POST", &format!("/{}", made["access_code"].as_str().unwrap()));
    post.headers = vec![("Content-Type".into(), "application/x-www-form-urlencoded".into())];
    post.body = b"outcome=pay".to_vec();
    assert_eq!(bench.all.handle(post).await.status, 302);
    let paid = |key: &str| {
        let records = bench.account(key).records();
        records.iter().filter(|record| matches!(record, Record::Paid(_))).count()
    };
    assert_eq!((paid(KEY), paid(OTHER), paid(LIVE)), (0, 1, 0));

    // So are balances, faults and what is announced of the limit.
    bench.account(KEY).control().top_up("NGN", 7).unwrap();
    let balance = async |key: &str| json_of(&bench.get(key, "/balance").await)["data"][0]["balance"].clone();
    assert_eq!(
        (balance(KEY).await, balance(OTHER).await, balance(LIVE).await),
        (json!(7), json!(0), json!(0))
    );
    bench.account(OTHER).control().answer_next(Route::Balance, Fault::Status(500));
    assert_eq!(bench.get(KEY, "/balance").await.status, 200);
    assert_eq!(bench.get(OTHER, "/balance").await.status, 500);
    let limit =
        async |key: &str| header(&bench.get(key, "/balance").await, "x-ratelimit-limit").map(str::to_owned);
    assert_eq!((limit(KEY).await.as_deref(), limit(LIVE).await.as_deref()), (Some("100"), Some("600")));
}

#[tokio::test]
async fn each_account_signs_its_own_webhooks() {
    let receiver = Receiver::start([]).await;
    let bench = Bench::new(&receiver.url);
    let keys = [KEY, OTHER, LIVE];
    let mut run = pin!(bench.all.run(pending()));
    let scenario = async {
        for (number, key) in keys.into_iter().enumerate() {
            bench.begun(key, "same", 10_000).await;
            bench.account(key).control().pay("same", PayOptions::default()).unwrap();
            receiver.wait_for(number + 1).await;
        }
    };
    tokio::select! {
        () = &mut run => unreachable!("it runs until it is shut down"),
        () = scenario => {}
    }
    for (hook, key) in receiver.received().into_iter().zip(keys) {
        let signature = hex::decode(hook.header("x-paystack-signature").unwrap()).unwrap();
        for candidate in keys {
            let mut mac = Hmac::<Sha512>::new_from_slice(candidate.as_bytes()).unwrap();
            mac.update(&hook.body);
            assert_eq!(mac.verify_slice(&signature).is_ok(), candidate == key, "{candidate}");
        }
        let body: Value = serde_json::from_slice(&hook.body).unwrap();
        assert_eq!(body["data"]["domain"], if key == LIVE { "live" } else { "test" });
        assert_ne!(body.to_string().into_bytes(), hook.body, "re-writing the JSON must break the signature");
    }
}

#[tokio::test]
async fn live_webhooks_are_retried_for_three_days() {
    let receiver = Receiver::start([Reply::Status(500); 100]).await;
    let bench = Bench::new(&receiver.url);
    bench.begun(LIVE, "r", 10_000).await;
    let live = bench.account(LIVE);
    live.control().pay("r", PayOptions::default()).unwrap();
    let mut waits = Vec::new();
    while let Some(due) = live.next_delivery_at() {
        waits.push((due - bench.clock.now()) / 60_000_000);
        bench.clock.advance(due - bench.clock.now());
        assert_eq!(live.deliver_due().await, 1);
    }
    assert_eq!(waits[..6], [0, 3, 3, 3, 51, 60], "in minutes");
    assert_eq!(waits.len(), 4 + 72);
    assert_eq!(waits.iter().sum::<i64>(), 72 * 60);
    bench.clock.advance(1_000 * HOUR);
    assert_eq!(live.deliver_due().await, 0);
}

#[test]
fn accounts_need_a_key_each() {
    let clock = ManualClock::new();
    let account = || builder(&clock).build().unwrap();
    for accounts in [vec![], vec![account(), account()]] {
        assert!(matches!(Integrations::new(accounts), Err(SandboxError::Accounts)));
    }
}

#[tokio::test]
async fn every_call_is_taken_down_refusals_and_faults_included() {
    let bench = super::bench::Bench::new();
    bench.paid("r").await;
    bench.post_json(&order("r")).await;
    bench.sandbox.control().answer_next(Route::Verify, Fault::ResetAfterCommit);
    bench.get("/transaction/verify/r").await;
    let answer = bench.get("/transaction/verify/nobody").await;
    bench.get("/nothing/that/is/modelled").await;
    let calls = bench.sandbox.calls();
    let told: Vec<_> =
        calls.iter().map(|call| (call.route, call.argument.as_str(), call.fault, call.status)).collect();
    assert_eq!(
        told,
        [
            (Route::Initialize, "", None, 200),
            (Route::Initialize, "", None, 400),
            (Route::Verify, "r", Some(Fault::ResetAfterCommit), 502),
            (Route::Verify, "nobody", None, 404),
        ]
    );
    assert_eq!(header(&answer, "x-amzn-requestid"), Some(calls[3].request_id.as_str()));
    let get = TwinRequest { method: "GET".into(), path: "/calls".into(), ..TwinRequest::default() };
    assert_eq!(json_of(&bench.sandbox.control().handle(get).await), serde_json::to_value(&calls).unwrap());
}
