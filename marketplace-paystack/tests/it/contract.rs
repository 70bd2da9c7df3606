//! The contract kit of gateways, run on the adapter in front of the twin.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a helper of tests that fails fails the test")]

use super::adapter::{
    answers::following_client,
    server::{Reply, Request, Server, bind, json},
};
use async_trait::async_trait;
use hmac::{Hmac, KeyInit as _, Mac as _};
use marketplace_paystack::{
    Paystack, PaystackConfig, SecretString,
    marketplace_core::{
        id::Reference,
        money::{Currency, Money},
        payment::{BankAccount, Gateway, InstitutionKind, PayoutState, RefundState},
    },
    sandbox::{
        Control, DisputeOptions, Fault, PayOptions, Record, RefundStatus, Route, Sandbox, TransferStatus,
        TwinRequest,
    },
};
use marketplace_testing::{
    contract::gateway::{FreshGateway, GatewayHarness, GatewayWorld, Operation, PaidAs, Trouble},
    fake::SignedNotice,
};
use sha2::Sha512;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";
const OTHER_KEY: &str = "sk_test_ffffffffffffffffffffffffffffffffffffffff";

/// Paystack counts hundredths in every currency, also where there are none.
fn to_wire(money: Money) -> u64 {
    let hundredths = 10_i64.pow(2_u32.checked_sub(money.currency().digits()).unwrap());
    u64::try_from(money.minor().checked_mul(hundredths).unwrap()).unwrap()
}

fn from_wire(amount: u64, currency: &str) -> Money {
    let currency: Currency = currency.parse().unwrap();
    let hundredths = 10_u64.pow(2_u32.checked_sub(currency.digits()).unwrap());
    assert_eq!(amount.checked_rem(hundredths), Some(0), "no part of a minor unit");
    Money::new(i64::try_from(amount.checked_div(hundredths).unwrap()).unwrap(), currency)
}

/// Waits of the rate limit that are to be told.
type Waits = Arc<Mutex<Vec<(Operation, Duration)>>>;

const fn route(operation: Operation) -> Route {
    match operation {
        Operation::Start => Route::Initialize,
        Operation::Fetch => Route::Verify,
        Operation::List => Route::ListTransactions,
        Operation::CreateRefund => Route::CreateRefund,
        Operation::FetchRefund => Route::FetchRefund,
        Operation::Send => Route::InitiateTransfer,
        Operation::FetchPayout => Route::VerifyTransfer,
        Operation::FetchDispute => Route::FetchDispute,
    }
}

struct World {
    twin: Sandbox,
    waits: Waits,
    server: Server,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

fn adapter(url: &str, key: &str) -> Paystack {
    let config = PaystackConfig::new(SecretString::from(key)).with_base_url(url);
    Paystack::new(config.with_call_timeout(Duration::from_secs(10))).unwrap()
}

fn signed(key: &str, body: &[u8]) -> SignedNotice {
    let mut mac = Hmac::<Sha512>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body);
    let signature = hex::encode(mac.finalize().into_bytes());
    SignedNotice { headers: vec![("x-paystack-signature".to_owned(), signature)], body: body.to_vec() }
}

/// The twin's answer, or the end of its patience.
async fn answer(twin: Sandbox, waits: Waits, request: Request) -> Reply {
    let limited = {
        let mut waits = waits.lock().unwrap();
        let (method, path) = (request.method.as_str(), request.target.split('?').next().unwrap_or_default());
        let is_meant = |operation: Operation| match operation {
            Operation::Start => path == "/transaction/initialize",
            Operation::Fetch => path.starts_with("/transaction/verify/"),
            Operation::List => path == "/transaction",
            Operation::CreateRefund => method == "POST" && path == "/refund",
            Operation::FetchRefund => path.starts_with("/refund/"),
            Operation::Send => path == "/transfer",
            Operation::FetchPayout => path.starts_with("/transfer/verify/"),
            Operation::FetchDispute => path.starts_with("/dispute/"),
        };
        let place = waits.iter().position(|(operation, _)| is_meant(*operation));
        place.map(|place| waits.remove(place).1)
    };
    if let Some(wait) = limited {
        let body = r#"{"status":false,"message":"Rate limit exceeded!","code":"rate_limited"}"#;
        return json(429, body).with_header("x-ratelimit-reset", &wait.as_secs().to_string());
    }
    let (path, query) = match request.target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (request.target, None),
    };
    let Request { method, headers, body, .. } = request;
    let answer = twin.handle(TwinRequest { method, path, query, headers, body }).await;
    Reply::Answer { status: answer.status, headers: answer.headers, body: answer.body }
}

impl World {
    async fn new() -> Self {
        let bound = bind().await;
        let twin = Sandbox::builder()
            .secret_key(KEY)
            .public_url(&bound.url)
            .webhook_url(Some(format!("{}/hooks", bound.url)))
            .http_client(following_client())
            .clock(Arc::new(|| 1_787_390_064_000_000))
            .seed(7)
            .build()
            .unwrap();
        // They are read from the records.
        twin.control().hold_webhooks();
        let waits = Waits::default();
        let (mounted, told) = (twin.clone(), Arc::clone(&waits));
        let server = bound.serve(move |request| answer(mounted.clone(), Arc::clone(&told), request));
        Self { twin, waits, server }
    }

    fn control(&self) -> Control {
        self.twin.control()
    }

    fn found<T>(&self, find: impl FnMut(Record) -> Option<T>) -> Vec<T> {
        self.twin.records().into_iter().filter_map(find).collect()
    }
}

#[async_trait]
impl GatewayWorld for World {
    fn stranger(&self) -> Arc<dyn Gateway> {
        Arc::new(adapter(&self.server.url, OTHER_KEY))
    }

    fn secrets(&self) -> Vec<String> {
        vec![KEY.to_owned(), KEY.trim_start_matches("sk_test_").to_owned()]
    }

    async fn trouble(&self, operation: Operation, trouble: Trouble) {
        let fault = match trouble {
            Trouble::AnswerLost => Fault::TimeoutAfterCommit,
            Trouble::Down => Fault::Status(500),
            Trouble::Garbage => Fault::EmptyJson,
            Trouble::Limited(wait) => return self.waits.lock().unwrap().push((operation, wait)),
        };
        self.control().answer_next(route(operation), fault);
    }

    async fn pay(&self, reference: &Reference, how: PaidAs) {
        let options = match how {
            PaidAs::Asked => PayOptions::default(),
            PaidAs::Other(money) => {
                PayOptions::default().with_amount(to_wire(money)).with_currency(money.currency().code())
            }
        };
        self.control().pay(reference.as_str(), options).unwrap();
    }

    async fn decline(&self, reference: &Reference) {
        self.control().decline(reference.as_str()).unwrap();
    }

    async fn invent_a_state(&self, _: &Reference) {
        self.control().answer_next(Route::Verify, Fault::UnknownStatus);
    }

    async fn answer_in_other_mode(&self, operation: Operation) {
        self.control().answer_next(route(operation), Fault::OtherMode);
    }

    async fn payments(&self) -> Vec<(String, Money)> {
        self.found(|record| match record {
            Record::Initialized(begun) => Some((begun.reference, from_wire(begun.amount, &begun.currency))),
            _ => None,
        })
    }

    async fn paid_notice(&self, reference: &Reference) -> SignedNotice {
        let bodies = self.found(|record| match record {
            Record::WebhookQueued(hook) if hook.reference == reference.as_str() => Some(hook.body),
            _ => None,
        });
        signed(KEY, bodies.first().unwrap().as_bytes())
    }

    fn sign(&self, body: &[u8]) -> SignedNotice {
        signed(KEY, body)
    }

    fn forge(&self, body: &[u8]) -> SignedNotice {
        signed(OTHER_KEY, body)
    }

    async fn refunds(&self) -> Vec<(String, Money)> {
        self.found(|record| match record {
            Record::RefundCreated(refund) => {
                Some((refund.reference, from_wire(refund.amount, &refund.currency)))
            }
            _ => None,
        })
    }

    async fn move_refund(&self, gateway_id: &str, state: RefundState) {
        let status = match state {
            RefundState::Processing => RefundStatus::Processing,
            RefundState::Done => RefundStatus::Processed,
            RefundState::Failed => RefundStatus::Failed,
            RefundState::NeedsDetails => RefundStatus::NeedsAttention,
            RefundState::Requested | RefundState::Unrecognised => panic!("no case asks for that"),
        };
        self.control().move_refund(gateway_id.parse().unwrap(), status).unwrap();
    }

    async fn refund_by_hand(&self, reference: &Reference, amount: Money) {
        self.control().refund_on_dashboard(reference.as_str(), Some(to_wire(amount))).unwrap();
    }

    async fn fund(&self, more: Money) {
        self.control().top_up(more.currency().code(), to_wire(more)).unwrap();
    }

    fn account(&self) -> BankAccount {
        BankAccount {
            institution: "001".to_owned(),
            kind: InstitutionKind::Bank,
            number: "0123456789".to_owned(),
            currency: Currency::NGN,
        }
    }

    async fn payouts(&self) -> Vec<(String, Money)> {
        self.found(|record| match record {
            Record::TransferStarted(sent) => Some((sent.reference, from_wire(sent.amount, &sent.currency))),
            _ => None,
        })
    }

    async fn move_payout(&self, reference: &Reference, state: PayoutState) {
        let status = match state {
            PayoutState::Paid => TransferStatus::Success,
            PayoutState::Failed => TransferStatus::Failed,
            PayoutState::Reversed => TransferStatus::Reversed,
            PayoutState::InProgress | PayoutState::NeedsApproval | PayoutState::Unrecognised => {
                panic!("no case asks for that")
            }
        };
        self.control().move_transfer(reference.as_str(), status).unwrap();
    }

    async fn evidence(&self, gateway_id: &str) -> Vec<String> {
        self.found(|record| match record {
            Record::EvidenceAdded(told) if told.dispute.to_string() == gateway_id => {
                Some(told.service_details)
            }
            _ => None,
        })
    }

    async fn lost(&self, gateway_id: &str) -> Money {
        let given = self.found(|record| match record {
            Record::DisputeMoved(moved) if moved.dispute.to_string() == gateway_id => {
                Some(moved.refund_amount)
            }
            _ => None,
        });
        from_wire(*given.last().unwrap(), "NGN")
    }

    async fn dispute(&self, reference: &Reference) -> String {
        self.control().open_dispute(reference.as_str(), DisputeOptions::default()).unwrap().to_string()
    }
}

struct AgainstTheTwin;

#[async_trait]
impl GatewayHarness for AgainstTheTwin {
    async fn fresh(&self) -> FreshGateway {
        let world = Arc::new(World::new().await);
        let paystack = Arc::new(adapter(&world.server.url, KEY));
        FreshGateway {
            gateway: paystack.clone(),
            refunds: Some(paystack.clone()),
            disputes: Some(paystack.clone()),
            payouts: Some(paystack),
            world,
            guard: Box::new(()),
        }
    }
}

marketplace_testing::gateway_contract!(AgainstTheTwin);
