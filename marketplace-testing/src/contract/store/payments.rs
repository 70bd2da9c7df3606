//! Payments and open notices: an attempt read with its order, a notice with the payment that it names.

use super::{
    StoreHarness,
    stage::{Ordered, Stage, at_once},
};
use marketplace_core::{
    Store, Version,
    commit::Change,
    order::{Order, OrderState},
    payment::{
        Attempt, AttemptState, Claimed, Mode, Notice, NoticeOutcome, OpenNotice, PaymentClaim, Verified,
    },
};
use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

/// How many read at once: more than any store would answer together.
const CROWD: usize = 160;

impl Stage {
    /// A stored order of a few lines.
    async fn order_of_lines(&self, lines: usize) -> Order {
        let Ordered { buyer, product, .. } = self.ordered().await;
        let order = self.fixture.order(Some(&buyer), &vec![&product; lines]);
        self.apply(vec![Change::InsertOrder(order.clone())]).await;
        order
    }

    /// A stored attempt to pay the order.
    async fn attempted(&self, order: &Order) -> Verified {
        let attempt = self.fixture.attempt(order);
        self.apply(vec![Change::InsertAttempt(attempt.clone())]).await;
        Verified { order: order.clone(), attempt }
    }

    /// A stored notice that claims this.
    async fn told(&self, claim: Option<PaymentClaim>) -> Notice {
        let notice = Notice { claim, ..self.fixture.notice() };
        self.apply(vec![Change::InsertNotice(notice.clone())]).await;
        notice
    }

    /// What a notice claims that names this payment.
    fn claim(&self, payment: &Verified) -> PaymentClaim {
        let reference = payment.attempt.reference.to_string();
        PaymentClaim {
            claimed: Claimed::Paid,
            reference,
            mode: Some(Mode::Test),
            amount: Some(payment.order.total),
        }
    }

    #[track_caller]
    fn expect_open(
        &self,
        notice: &Notice,
        payment: Option<Verified>,
        when: &str,
    ) -> impl Future<Output = ()> + Send {
        let caller = std::panic::Location::caller();
        let expected = OpenNotice { claim: notice.claim.clone(), payment };
        async move {
            let found = self.store.open_notice(&notice.key).await.expect("open notices are read");
            assert_eq!(found, Some(expected), "{when}, at {caller}");
        }
    }
}

async fn payment_of(store: &dyn Store, payment: &Verified) -> Option<Verified> {
    store.payment(&payment.attempt.reference).await.expect("payments are read")
}

/// An attempt is found with its whole order, lines in their order, and as both stand now; each attempt of an order
/// by its own reference.
pub async fn payment(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let store = &*stage.store;
    assert_eq!(store.payment(&stage.fixture.reference()).await.expect("payments are read"), None, "unknown");
    let order = stage.order_of_lines(5).await;
    let first = stage.attempted(&order).await;
    let bystander = stage.attempted(&stage.order_of_lines(1).await).await;
    assert_eq!(payment_of(store, &first).await.as_ref(), Some(&first));
    assert_eq!(store.payment(&stage.fixture.reference()).await.expect("payments are read"), None, "unknown");

    let failed = Attempt {
        state: AttemptState::Failed,
        gateway_id: Some("4711".to_owned()),
        version: Version::FIRST.next(),
        ..first.attempt.clone()
    };
    stage.apply(vec![Change::AdvanceAttempt { seen: Version::FIRST, to: failed.clone() }]).await;
    let second = stage.attempted(&order).await;
    let first = Verified { attempt: failed, ..first };
    let at = stage.fixture.tick();
    let (id, seen) = (order.id, order.version);
    stage.apply(vec![Change::AdvanceOrder { id, seen, to: OrderState::Paid, at }]).await;
    let paid = Order { state: OrderState::Paid, paid_at: Some(at), version: seen.next(), ..order };
    for attempt in [first.attempt, second.attempt] {
        let expected = Verified { order: paid.clone(), attempt };
        assert_eq!(
            payment_of(store, &expected).await.as_ref(),
            Some(&expected),
            "with the order as it is now"
        );
    }
    assert_eq!(payment_of(store, &bystander).await.as_ref(), Some(&bystander), "another order's");
}

/// An open notice is found with what it claims, and with the payment under the claimed reference if that is ours;
/// whatever else a notice claims is a claim without a payment.
pub async fn open_notice(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let payment = stage.attempted(&stage.order_of_lines(3).await).await;
    let claim = stage.claim(&payment);
    let known = stage.told(Some(claim.clone())).await;
    let silent = stage.told(None).await;
    stage.expect_open(&known, Some(payment.clone()), "a claim of a payment").await;
    stage.expect_open(&silent, None, "no claim").await;

    let bare = PaymentClaim { mode: None, amount: None, ..claim.clone() };
    let bare = stage.told(Some(bare)).await;
    stage.expect_open(&bare, Some(payment.clone()), "a reference and nothing else").await;
    let live = PaymentClaim { mode: Some(Mode::Live), amount: Some(stage.fixture.naira(1)), ..claim.clone() };
    let live = stage.told(Some(live)).await;
    stage.expect_open(&live, Some(payment.clone()), "another mode and amount").await;

    let of_nobody = stage.fixture.reference().to_string();
    let upper = claim.reference.to_uppercase();
    for reference in
        [of_nobody.as_str(), &upper, "", " ", "no reference", "%", "'", "ünïcode", &"x".repeat(300)]
    {
        let claim = PaymentClaim { reference: reference.to_owned(), ..claim.clone() };
        let notice = stage.told(Some(claim)).await;
        stage.expect_open(&notice, None, "a claim of what is not ours").await;
    }
    for key in ["no such notice", "", "%", "a\0b", &known.key.to_uppercase()] {
        let found = stage.store.open_notice(key).await.expect("open notices are read");
        assert_eq!(found, None, "{key:?}");
    }
}

/// A notice that is closed is no open one any more, whatever it was closed as; others that name the same payment are.
pub async fn closed_notice(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let payment = stage.attempted(&stage.order_of_lines(1).await).await;
    let claim = stage.claim(&payment);
    let stays = stage.told(Some(claim.clone())).await;
    let outcomes =
        [NoticeOutcome::Settled, NoticeOutcome::Ignored, NoticeOutcome::Unconfirmed, NoticeOutcome::Review];
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let notice = stage.told(number.is_multiple_of(2).then(|| claim.clone())).await;
        assert!(stage.store.open_notice(&notice.key).await.expect("open notices are read").is_some());
        let (key, at) = (notice.key.clone(), stage.fixture.tick());
        stage.apply(vec![Change::CloseNotice { key, outcome, at }]).await;
        let found = stage.store.open_notice(&notice.key).await.expect("open notices are read");
        assert_eq!(found, None, "closed as {outcome:?}");
        let kept = stage.store.notice(&notice.key).await.expect("notices are read");
        assert_eq!(kept.and_then(|notice| notice.outcome), Some(outcome), "and still there");
    }
    stage.expect_open(&stays, Some(payment), "beside closed ones").await;
    let closed = Notice {
        outcome: Some(NoticeOutcome::Ignored),
        closed_at: Some(stage.fixture.tick()),
        ..stage.fixture.notice()
    };
    stage.apply(vec![Change::InsertNotice(closed.clone())]).await;
    let found = stage.store.open_notice(&closed.key).await.expect("open notices are read");
    assert_eq!(found, None, "closed when it was written");
}

/// What many ask for at once, each key more than once, and what each is to hear.
async fn questions(stage: &Stage) -> Vec<(String, Option<OpenNotice>)> {
    let mut questions = Vec::new();
    for number in 0..CROWD / 4 {
        let payment = stage.attempted(&stage.order_of_lines(number % 4 + 1).await).await;
        let claim = match number % 5 {
            0 => None,
            1 => Some(stage.fixture.notice().claim.expect("it names a new reference")),
            _ => Some(stage.claim(&payment)),
        };
        let notice = stage.told(claim.clone()).await;
        if number % 5 == 2 {
            let (key, outcome, at) = (notice.key.clone(), NoticeOutcome::Settled, stage.fixture.tick());
            stage.apply(vec![Change::CloseNotice { key, outcome, at }]).await;
        }
        let payment = (number % 5 > 1).then_some(payment);
        let answer = (number % 5 != 2).then_some(OpenNotice { claim, payment });
        let unknown = (stage.fixture.word("unknown"), None);
        questions.extend([(notice.key.clone(), answer.clone()), unknown, (notice.key, answer)]);
    }
    questions.rotate_left(CROWD / 3);
    questions
}

/// Each of many readers at once hears of its own notice.
pub async fn each_reader_hears_of_its_own(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let questions = questions(&stage).await;
    let reads = questions.iter().map(|(key, _)| {
        let (store, key) = (Arc::clone(&stage.store), key.clone());
        async move { store.open_notice(&key).await.expect("open notices are read") }
    });
    for ((key, expected), found) in questions.iter().zip(at_once(reads.collect::<Vec<_>>()).await) {
        assert_eq!(found, *expected, "the answer to another's question? {key:?}");
    }
}

/// Readers that go away take nobody's answer along.
pub async fn readers_that_go_away(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let questions = questions(&stage).await;
    let reads = questions.iter().enumerate().map(|(number, (key, _))| {
        let (store, key) = (Arc::clone(&stage.store), key.clone());
        async move {
            let mut read = pin!(store.open_notice(&key));
            if number % 3 != 0 {
                return Some(read.await.expect("beside readers that go away"));
            }
            for _ in 0..number % 7 {
                let polled = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await;
                if let Poll::Ready(found) = polled {
                    return Some(found.expect("before its reader could go away"));
                }
                tokio::task::yield_now().await;
            }
            None
        }
    });
    for ((key, expected), heard) in questions.iter().zip(at_once(reads.collect::<Vec<_>>()).await) {
        if let Some(found) = heard {
            assert_eq!(found, *expected, "{key:?}");
        }
    }
    for (key, expected) in questions {
        assert_eq!(stage.store.open_notice(&key).await.expect("open notices are read"), expected, "later");
    }
}

/// An attempt and its order are of one moment, also while both are changed together again and again.
pub async fn of_one_moment(harness: &dyn StoreHarness) {
    const STEPS: usize = 150;
    let stage = Stage::new(harness).await;
    let Verified { order, attempt } = stage.attempted(&stage.order_of_lines(2).await).await;
    let claim = stage.claim(&Verified { order: order.clone(), attempt: attempt.clone() });
    let notice = stage.told(Some(claim)).await;
    let mut seen = Version::FIRST;
    let sets: Vec<_> = (0..STEPS)
        .map(|number| {
            let to = if number.is_multiple_of(2) { OrderState::Paid } else { OrderState::Pending };
            let advance = Change::AdvanceOrder { id: order.id, seen, to, at: stage.fixture.tick() };
            let state =
                if number.is_multiple_of(2) { AttemptState::Succeeded } else { AttemptState::Pending };
            let attempt = Attempt { state, version: seen.next(), ..attempt.clone() };
            let set = stage.fixture.set(vec![advance, Change::AdvanceAttempt { seen, to: attempt }]);
            seen = seen.next();
            set
        })
        .collect();
    let last = seen;
    let calls = (0..5).map(|number| {
        let (store, sets) = (Arc::clone(&stage.store), sets.clone());
        let (reference, key) = (attempt.reference.clone(), notice.key.clone());
        async move {
            if number == 0 {
                for set in sets {
                    store.commit(set).await.expect("nobody else changes them");
                }
                return;
            }
            loop {
                let found = if number % 2 == 0 {
                    store.payment(&reference).await.expect("payments are read")
                } else {
                    let notice = store.open_notice(&key).await.expect("open notices are read");
                    notice.expect("it is open").payment
                };
                let Verified { order, attempt } = found.expect("it is there");
                assert_eq!(order.version, attempt.version, "of two moments");
                if attempt.version == last {
                    return;
                }
            }
        }
    });
    at_once(calls).await;
}
