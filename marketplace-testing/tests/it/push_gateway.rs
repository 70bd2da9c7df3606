//! The gateway of `docs/write-a-gateway.md`: mobile money that asks payers on their telephones. The operator stands in this
//! process; what an adapter does with it is what it would do over HTTP.

use async_trait::async_trait;
use marketplace_core::{
    id::Reference,
    money::{Currency, Money},
    payment::{
        BankAccount, Capabilities, Collect, CurrencyRule, DecodedNotice, Descriptor, Gateway, GatewayError,
        GatewayErrorKind, Listing, Mode, NextStep, NoticeRefused, Notices, PaymentLocator, PaymentSnapshot,
        PaymentState, PayoutState, RawNotice, RefundState, StartPayment, Started, Window,
    },
};
use marketplace_testing::{
    contract::gateway::{FreshGateway, GatewayHarness, GatewayWorld, Operation, PaidAs, Trouble},
    fake::SignedNotice,
};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

// [operator]
/// A request to pay, as the operator keeps it: amounts are texts of whole units, as on its wire.
#[derive(Clone)]
pub struct Push {
    pub our_reference: String,
    pub phone: String,
    pub asked: String,
    pub taken: String,
    pub currency: String,
    pub status: &'static str,
    /// Whether it is about real money.
    pub is_live: bool,
}

/// What the operator answers instead of an answer.
pub enum NoAnswer {
    UnknownKey,
    UnknownReference,
    UsedReference,
    TooManyCalls(Duration),
    Broken,
    Unreadable,
}
// [/operator]

/// The operator: what a host would reach over HTTP.
#[derive(Default)]
pub struct Operator {
    pushes: Mutex<BTreeMap<String, Push>>,
    troubles: Mutex<Vec<(Operation, Trouble)>>,
}

impl Operator {
    fn pushes(&self) -> MutexGuard<'_, BTreeMap<String, Push>> {
        self.pushes.lock().expect("no test panics with it")
    }

    fn answer<T>(
        &self,
        key: &str,
        operation: Operation,
        work: impl FnOnce(&mut BTreeMap<String, Push>) -> Result<T, NoAnswer>,
    ) -> Result<T, NoAnswer> {
        if key != KEY {
            return Err(NoAnswer::UnknownKey);
        }
        let mut troubles = self.troubles.lock().expect("no test panics with it");
        let place = troubles.iter().position(|(of, _)| *of == operation);
        let trouble = place.map(|place| troubles.remove(place).1);
        drop(troubles);
        match trouble {
            Some(Trouble::Down) => Err(NoAnswer::Broken),
            Some(Trouble::Garbage) => Err(NoAnswer::Unreadable),
            Some(Trouble::Limited(wait)) => Err(NoAnswer::TooManyCalls(wait)),
            Some(Trouble::AnswerLost) => work(&mut self.pushes()).and(Err(NoAnswer::Broken)),
            None => work(&mut self.pushes()),
        }
    }

    fn push(&self, key: &str, id: &str, push: Push) -> Result<(), NoAnswer> {
        self.answer(key, Operation::Start, |pushes| {
            if pushes.contains_key(id) {
                return Err(NoAnswer::UsedReference);
            }
            pushes.insert(id.to_owned(), push);
            Ok(())
        })
    }

    fn query(&self, key: &str, id: &str) -> Result<Push, NoAnswer> {
        self.answer(key, Operation::Fetch, |pushes| pushes.get(id).cloned().ok_or(NoAnswer::UnknownReference))
    }
}

const KEY: &str = "operator-key";

// [adapter]
/// Mobile money as a gateway.
pub struct MobileMoney {
    operator: Arc<Operator>,
    key: String,
}

/// Without the key.
impl fmt::Debug for MobileMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MobileMoney").finish_non_exhaustive()
    }
}

impl MobileMoney {
    pub fn new(operator: Arc<Operator>, key: &str) -> Self {
        Self { operator, key: key.to_owned() }
    }
}

/// What an answer that is none means, for a call that writes or one that reads.
fn failed(why: NoAnswer, writes: bool) -> GatewayError {
    let kind = match why {
        NoAnswer::UnknownKey => GatewayErrorKind::Authentication,
        NoAnswer::UnknownReference => GatewayErrorKind::NotFound,
        NoAnswer::UsedReference => GatewayErrorKind::Duplicate,
        NoAnswer::TooManyCalls(wait) => GatewayErrorKind::RateLimited { after: Some(wait) },
        // The payer's telephone may ring already.
        NoAnswer::Broken | NoAnswer::Unreadable if writes => GatewayErrorKind::UnknownOutcome,
        NoAnswer::Broken => GatewayErrorKind::Transient,
        NoAnswer::Unreadable => GatewayErrorKind::Malformed,
    };
    GatewayError::new(kind, "the operator did not do it")
}

/// An amount on this operator's wire, and back: exact, never a float.
fn to_wire(amount: Money) -> String {
    amount.to_decimal_string()
}

fn from_wire(amount: &str, currency: &str) -> Result<Money, GatewayError> {
    let unreadable = || failed(NoAnswer::Unreadable, false);
    let currency: Currency = currency.parse().map_err(|_| unreadable())?;
    Money::parse(amount, currency).map_err(|_| unreadable())
}

#[async_trait]
impl Collect for MobileMoney {
    fn descriptor(&self) -> Descriptor {
        let shillings = |minor| Money::new(minor, Currency::KES);
        Descriptor {
            name: "mobile-money",
            mode: Mode::Test,
            currencies: vec![CurrencyRule { minimum: shillings(1_000), maximum: shillings(25_000_000) }],
            capabilities: Capabilities::pushing(),
        }
    }

    async fn start(&self, payment: StartPayment) -> Result<Started, GatewayError> {
        let rule = self.descriptor().rule(payment.amount.currency());
        let fits = |rule: CurrencyRule| {
            (rule.minimum.minor()..=rule.maximum.minor()).contains(&payment.amount.minor())
        };
        let (true, Some(phone)) = (rule.is_some_and(fits), payment.phone) else {
            return Err(GatewayError::new(
                GatewayErrorKind::InvalidRequest,
                "not an amount or a telephone of ours",
            ));
        };
        let push = Push {
            our_reference: payment.reference.to_string(),
            phone: phone.as_str().to_owned(),
            asked: to_wire(payment.amount),
            taken: to_wire(payment.amount),
            currency: payment.amount.currency().to_string(),
            status: "waiting",
            is_live: false,
        };
        let id = format!("push-{}", payment.reference);
        self.operator.push(&self.key, &id, push).map_err(|why| failed(why, true))?;
        Ok(Started { next: NextStep::Confirm, gateway_id: Some(id) })
    }

    async fn fetch(&self, payment: &PaymentLocator) -> Result<PaymentSnapshot, GatewayError> {
        // After a lost answer the operator's id is not known, but it follows from ours.
        let id = payment.gateway_id.clone().unwrap_or_else(|| format!("push-{}", payment.reference));
        let push = self.operator.query(&self.key, &id).map_err(|why| failed(why, false))?;
        Ok(PaymentSnapshot {
            gateway_id: Some(id),
            mode: if push.is_live { Mode::Live } else { Mode::Test },
            state: match push.status {
                "waiting" => PaymentState::Open,
                "paid" => PaymentState::Paid,
                "cancelled" | "expired" => PaymentState::Declined,
                _ => PaymentState::Unrecognised,
            },
            requested: Some(from_wire(&push.asked, "KES")?),
            charged: from_wire(&push.taken, &push.currency)?,
            fee: None,
            reference: push.our_reference,
        })
    }

    async fn list(&self, _: Window, _: Option<String>) -> Result<Listing<PaymentSnapshot>, GatewayError> {
        Err(GatewayError::new(GatewayErrorKind::Unsupported, "this operator lists nothing"))
    }
}

/// This operator signs nothing, so nothing that comes is believed: the sweep asks.
impl Notices for MobileMoney {
    fn decode(&self, _: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused> {
        Err(NoticeRefused)
    }
}
// [/adapter]

/// The operator in the hands of the suite.
struct InHand(Arc<Operator>);

impl fmt::Debug for InHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InHand")
    }
}

impl InHand {
    fn change(&self, reference: &Reference, how: impl FnOnce(&mut Push)) {
        how(self.0.pushes().get_mut(&format!("push-{reference}")).expect("it was begun"));
    }
}

const NONE: &str = "its capabilities say that it has none";

// [world]
#[async_trait]
impl GatewayWorld for InHand {
    fn stranger(&self) -> Arc<dyn Gateway> {
        Arc::new(MobileMoney::new(Arc::clone(&self.0), "another-key"))
    }
    fn secrets(&self) -> Vec<String> {
        vec![KEY.to_owned()]
    }
    async fn trouble(&self, operation: Operation, trouble: Trouble) {
        self.0.troubles.lock().expect("no test panics with it").push((operation, trouble));
    }
    async fn pay(&self, reference: &Reference, how: PaidAs) {
        self.change(reference, |push| {
            assert!(push.phone.starts_with('+'), "a telephone rang");
            push.status = "paid";
            if let PaidAs::Other(money) = how {
                (push.taken, push.currency) = (to_wire(money), money.currency().to_string());
            }
        });
    }
    async fn decline(&self, reference: &Reference) {
        self.change(reference, |push| push.status = "cancelled");
    }
    async fn invent_a_state(&self, reference: &Reference) {
        self.change(reference, |push| push.status = "levitating");
    }
    async fn answer_in_other_mode(&self, _: Operation) {
        self.0.pushes().values_mut().for_each(|push| push.is_live = !push.is_live);
    }
    async fn payments(&self) -> Vec<(String, Money)> {
        let pushes = self.0.pushes();
        let asked = |push: &Push| from_wire(&push.asked, "KES").expect("the operator counts right");
        pushes.values().map(|push| (push.our_reference.clone(), asked(push))).collect()
    }
    async fn paid_notice(&self, _: &Reference) -> SignedNotice {
        unreachable!("{NONE}")
    }
    fn sign(&self, _: &[u8]) -> SignedNotice {
        unreachable!("{NONE}")
    }
    fn forge(&self, _: &[u8]) -> SignedNotice {
        unreachable!("{NONE}")
    }
    // … and the same for refunds, payouts and disputes.
    // [/world]
    async fn refunds(&self) -> Vec<(String, Money)> {
        unreachable!("{NONE}")
    }
    async fn move_refund(&self, _: &str, _: RefundState) {
        unreachable!("{NONE}")
    }
    async fn refund_by_hand(&self, _: &Reference, _: Money) {
        unreachable!("{NONE}")
    }
    async fn fund(&self, _: Money) {
        unreachable!("{NONE}")
    }
    fn account(&self) -> BankAccount {
        unreachable!("{NONE}")
    }
    async fn payouts(&self) -> Vec<(String, Money)> {
        unreachable!("{NONE}")
    }
    async fn move_payout(&self, _: &Reference, _: PayoutState) {
        unreachable!("{NONE}")
    }
    async fn evidence(&self, _: &str) -> Vec<String> {
        unreachable!("{NONE}")
    }
    async fn lost(&self, _: &str) -> Money {
        unreachable!("{NONE}")
    }
    async fn dispute(&self, _: &Reference) -> String {
        unreachable!("{NONE}")
    }
}

// [harness]
struct Harness;

#[async_trait]
impl GatewayHarness for Harness {
    async fn fresh(&self) -> FreshGateway {
        let operator = Arc::new(Operator::default());
        FreshGateway {
            gateway: Arc::new(MobileMoney::new(Arc::clone(&operator), KEY)),
            refunds: None,
            disputes: None,
            payouts: None,
            world: Arc::new(InHand(operator)),
            guard: Box::new(()),
        }
    }
}

mod contract {
    marketplace_testing::gateway_contract!(super::Harness);
}
// [/harness]

/// A test of the page: what stands there is what is compiled here.
#[test]
fn the_page_shows_this_code() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(folder.join(path)).expect("it is there");
    let (code, page) = (read("tests/it/push_gateway.rs"), read("../docs/write-a-gateway.md"));
    for name in ["operator", "adapter", "world", "harness"] {
        let (begin, end) = (format!("// [{name}]\n"), format!("// [/{name}]\n"));
        let part = code.split_once(&begin).expect("it begins").1.split_once(&end).expect("it ends").0;
        let part = part.trim_end().trim_end_matches("    ").trim_end();
        assert!(page.contains(part), "docs/write-a-gateway.md does not show [{name}] as it is");
    }
}
