//! Notices of refunds and disputes: a person hears of each payment once, whatever comes how often and in which order.

use marketplace_core::{
    actor::Actor,
    id::Reference,
    order::OrderState,
    page::Page,
    payment::{Claimed, NoticeOutcome, PaymentState, Resolve, ReviewDecision, ReviewReason},
};
use marketplace_testing::market::TestMarketplace;
use std::time::Duration;

async fn tell(shop: &TestMarketplace, claimed: Claimed, key: &str, reference: &Reference) {
    let amount = Some(shop.fixture().naira(250_000));
    let notice = shop.gateway().notice_of(claimed, key, reference, amount);
    shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
    shop.run_jobs().await;
}

async fn waiting(shop: &TestMarketplace) -> Vec<ReviewReason> {
    let open = shop.store().reviews(Page::first(100)).await.expect("reviews are read");
    open.into_iter().map(|review| review.reason).collect()
}

#[tokio::test]
async fn a_refund_and_a_dispute_of_a_sale_go_to_an_operator_once() {
    for (claimed, reason) in
        [(Claimed::Refund, ReviewReason::RefundedAtGateway), (Claimed::Dispute, ReviewReason::Disputed)]
    {
        let shop = TestMarketplace::new();
        let sold = shop.paid_order().await;
        for key in ["first", "first", "second"] {
            tell(&shop, claimed, key, &sold.attempt.reference).await;
        }
        assert_eq!(waiting(&shop).await, [reason]);
        for key in ["first", "second"] {
            let notice = shop.store().notice(key).await.expect("notices are read").expect("it is kept");
            assert_eq!(notice.outcome, Some(NoticeOutcome::Review));
        }
        assert_eq!(shop.order(sold.order.id).await.state, OrderState::Paid, "a person decides");
        shop.expect_healthy_ledger().await;
    }
}

#[tokio::test]
async fn each_dispute_of_a_sale_is_told() {
    let shop = TestMarketplace::new();
    let sold = shop.paid_order().await;
    let reference = &sold.attempt.reference;
    for key in ["a dispute", "another dispute"] {
        tell(&shop, Claimed::Dispute, key, reference).await;
        assert_eq!(waiting(&shop).await, [ReviewReason::Disputed], "{key}");
        let reviews = shop.store().reviews_of(reference.as_str()).await.expect("reviews are read");
        let open: Vec<_> =
            reviews.into_iter().filter(|review| review.closing.is_none()).map(|review| review.id).collect();
        let operator = Actor::Operator(sold.creator.id);
        let (reference, decision) = (reference.as_str(), ReviewDecision::Dismiss);
        let command = Resolve { reference, seen: &open, decision, why: "answered there", operator };
        shop.market().payments().resolve(command).await.expect("it is dismissed");
        assert_eq!(waiting(&shop).await, []);
    }
    assert_eq!(shop.order(sold.order.id).await.state, OrderState::Paid);
}

#[tokio::test]
async fn what_is_none_of_ours_is_nobodys_business() {
    let shop = TestMarketplace::new();
    for claimed in [Claimed::Refund, Claimed::Dispute] {
        let key = claimed.as_str();
        tell(&shop, claimed, key, &shop.fixture().reference()).await;
        let notice = shop.store().notice(key).await.expect("notices are read").expect("it is kept");
        assert_eq!(notice.outcome, Some(NoticeOutcome::Ignored));
    }
    assert_eq!(waiting(&shop).await, []);
}

/// A dispute that is told of before the gateway confirms the payment waits for that, and is not forgotten if it never does.
#[tokio::test]
async fn a_dispute_is_not_forgotten_for_being_early() {
    for is_paid in [true, false] {
        let shop = TestMarketplace::new();
        let (_, product) = shop.creator_with_product().await;
        let placed = shop.place(&[&product]).await;
        let reference = placed.attempt.expect("an attempt").reference;
        tell(&shop, Claimed::Dispute, "early", &reference).await;
        assert_eq!(waiting(&shop).await, [], "it is tried again");
        if is_paid {
            assert!(shop.gateway().pay(&reference, None));
        }
        for _ in 0..6 {
            shop.pass(Duration::from_mins(10)).await;
        }
        assert_eq!(waiting(&shop).await, [ReviewReason::Disputed], "paid: {is_paid}");
        let paid = shop.order(placed.order.id).await.state == OrderState::Paid;
        assert_eq!(paid, is_paid);
    }
}

/// The same notices in every order, each twice, ten days late or at once, come to the same: one sale, one review of
/// the refund, one of the dispute.
#[tokio::test]
async fn any_order_of_notices_comes_to_the_same() {
    const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for late in [Duration::ZERO, Duration::from_hours(240)] {
        for order in ORDERS {
            let shop = TestMarketplace::new();
            let (creator, product) = shop.creator_with_product().await;
            let placed = shop.place(&[&product]).await;
            let reference = placed.attempt.expect("an attempt").reference;
            assert!(shop.gateway().pay(&reference, None));
            let kinds = [Claimed::Paid, Claimed::Refund, Claimed::Dispute];
            shop.pass(late).await;
            for number in order.into_iter().chain(order) {
                tell(&shop, kinds[number], &format!("event-{number}"), &reference).await;
            }
            let mut reasons = waiting(&shop).await;
            reasons.sort_by_key(|reason| reason.as_str());
            assert_eq!(
                reasons,
                [ReviewReason::Disputed, ReviewReason::RefundedAtGateway],
                "{order:?} {late:?}"
            );
            assert_eq!(shop.order(placed.order.id).await.state, OrderState::Paid);
            let balances = shop.market().wallet().balances(creator.id).await.expect("balances are read");
            assert_eq!(balances[0].lifetime.minor(), 225_000);
            assert_eq!(shop.gateway().snapshot(&reference).expect("it is there").state, PaymentState::Paid);
            shop.expect_healthy_ledger().await;
        }
    }
}

/// What happens at the gateway and on the way from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Moves(PaymentState),
    Tells(Claimed),
}

/// Every order of these steps in which the gateway itself moves as it is given.
fn orders(steps: &[Step]) -> Vec<Vec<Step>> {
    let Some((first, rest)) = steps.split_first() else { return vec![Vec::new()] };
    let mut all = Vec::new();
    for order in orders(rest) {
        // The first move stays before all others; what is told may stand anywhere.
        let moves = order.iter().position(|step| matches!(step, Step::Moves(_)));
        let last = match first {
            Step::Moves(_) => moves.unwrap_or(order.len()),
            Step::Tells(_) => order.len(),
        };
        for place in 0..=last {
            let mut longer = order.clone();
            longer.insert(place, *first);
            all.push(longer);
        }
    }
    all
}

/// A sale as it stands when all is over: the order, whether it was paid before the gateway moved on, what its creator
/// earned, what waits for an operator.
async fn played(steps: &[Step], between: Duration) -> (OrderState, bool, i64, Vec<ReviewReason>) {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    let mut in_time = false;
    for step in steps {
        match *step {
            Step::Moves(state) => {
                in_time |= shop.order(placed.order.id).await.state == OrderState::Paid;
                assert!(shop.gateway().change(&reference, |payment| payment.state = state));
            }
            Step::Tells(claimed) => tell(&shop, claimed, claimed.as_str(), &reference).await,
        }
        shop.pass(between).await;
    }
    // A copy of each, the last one first; then the sweep has all its times.
    for step in steps.iter().rev() {
        if let Step::Tells(claimed) = *step {
            tell(&shop, claimed, claimed.as_str(), &reference).await;
        }
    }
    for _ in 0..9 {
        shop.pass(Duration::from_hours(24)).await;
    }
    shop.expect_healthy_ledger().await;
    let balances = shop.market().wallet().balances(creator.id).await.expect("balances are read");
    let earned = balances.first().map_or(0, |balance| balance.lifetime.minor());
    let mut reasons = waiting(&shop).await;
    reasons.sort_by_key(|reason| reason.as_str());
    (shop.order(placed.order.id).await.state, in_time, earned, reasons)
}

const TOLD: [Step; 3] =
    [Step::Tells(Claimed::Paid), Step::Tells(Claimed::Refund), Step::Tells(Claimed::Dispute)];
const GIVEN_BACK: [Step; 3] = [
    Step::Moves(PaymentState::Paid),
    Step::Moves(PaymentState::RefundInProgress),
    Step::Moves(PaymentState::Reversed),
];
/// Longer than the sweep ever waits on the first day.
const A_LOOK: Duration = Duration::from_mins(61);

/// The gateway moves on while its notices come, some before what they tell can be seen, some long after it. Whoever
/// looked while the payment was made has a sale, a refund and a dispute to look after, in whatever order it came.
#[tokio::test]
async fn any_order_of_notices_comes_to_the_same_while_the_gateway_moves_on() {
    let orders = orders(&[&GIVEN_BACK[..], &TOLD].concat());
    assert_eq!(orders.len(), 120);
    for order in orders {
        let end = played(&order, A_LOOK).await;
        let reasons = vec![ReviewReason::Disputed, ReviewReason::RefundedAtGateway];
        assert_eq!(end, (OrderState::Paid, true, 225_000, reasons), "{order:?}");
    }
}

/// All within one moment nobody may have looked while the payment was made. Then nothing is granted, and an operator
/// is told so; what the end is depends on that look alone.
#[tokio::test]
async fn only_a_look_in_time_makes_a_sale_of_what_was_given_back() {
    let mut seen = [0, 0];
    for order in orders(&[&GIVEN_BACK[..], &TOLD].concat()) {
        let end = played(&order, Duration::ZERO).await;
        let made = order.iter().position(|step| *step == GIVEN_BACK[0]);
        let gone = order.iter().position(|step| *step == GIVEN_BACK[1]);
        let is_told = order[made.expect("it is paid")..gone.expect("it is given back")].len() > 1;
        let (state, earned, reason) = if end.1 {
            (OrderState::Paid, 225_000, ReviewReason::RefundedAtGateway)
        } else {
            (OrderState::Pending, 0, ReviewReason::Reversed)
        };
        assert_eq!((end.0, end.2), (state, earned), "{order:?}");
        assert_eq!(end.3, [ReviewReason::Disputed, reason], "{order:?}");
        assert_eq!(end.1, is_told, "any notice makes us look: {order:?}");
        seen[usize::from(end.1)] += 1;
    }
    assert_eq!(seen, [60, 60]);
}

/// A payer who was refused for good has bought nothing, whatever is told of the payment and when.
#[tokio::test]
async fn any_order_of_notices_of_a_refused_payment_comes_to_the_same() {
    let declined = [Step::Moves(PaymentState::Declined)];
    let orders = orders(&[&declined[..], &TOLD].concat());
    assert_eq!(orders.len(), 24);
    for order in orders {
        for between in [Duration::ZERO, A_LOOK] {
            let end = played(&order, between).await;
            let reasons = vec![ReviewReason::Disputed, ReviewReason::RefundedAtGateway];
            assert_eq!(end, (OrderState::Expired, false, 0, reasons), "{between:?} {order:?}");
        }
    }
}
