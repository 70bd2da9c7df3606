//! What settlement must and must not do, for any order and any answer of a gateway.

use super::{
    Attempt, AttemptState, Mode, PaymentSnapshot, PaymentState, ReviewReason, SettleInput, SettleOutcome,
    settle,
};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet},
    id::{LineId, Nonce, OrderId, ProductId, Reference, TokenHash, UserId},
    ledger::{AccountKind, JournalEntry},
    market::{FeeRule, GatewayFeeBearer, HoldRule, Rules},
    money::{Currency, Money, Rate},
    order::{Buyer, Locale, Order, OrderLine, OrderState},
    time::Timestamp,
    version::Version,
};
use proptest::prelude::*;
use std::time::Duration;
use uuid::Uuid;

const AT: Timestamp = Timestamp::EPOCH;

fn naira(minor: i64) -> Money {
    Money::new(minor, Currency::NGN)
}

fn order(lines: &[(u128, i64)], rate: Rate) -> Order {
    let lines: Vec<OrderLine> = lines
        .iter()
        .enumerate()
        .map(|(index, (creator, price))| OrderLine {
            id: LineId::from_uuid(Uuid::from_u128(index as u128)),
            product: ProductId::from_uuid(Uuid::from_u128(index as u128)),
            creator: UserId::from_uuid(Uuid::from_u128(*creator)),
            title: "Book".to_owned(),
            price: naira(*price),
            fee: naira(*price).share(rate).unwrap(),
            fee_rate: rate,
        })
        .collect();
    Order {
        id: OrderId::from_uuid(Uuid::from_u128(1)),
        buyer: Buyer { user: None, email: "buyer@example.com".parse().unwrap(), phone: None },
        state: OrderState::Pending,
        total: Money::sum(Currency::NGN, lines.iter().map(|line| line.price)).unwrap(),
        lines,
        locale: Locale::default(),
        token_nonce: Nonce::from_bytes([0; 16]),
        token: TokenHash::from_bytes([0; 32]),
        created_at: AT,
        paid_at: None,
        version: Version::FIRST,
    }
}

fn attempt(order: &Order) -> Attempt {
    Attempt {
        reference: Reference::of_command(Uuid::from_u128(1), 0),
        order: order.id,
        amount: order.total,
        state: AttemptState::Pending,
        gateway: "test".to_owned(),
        mode: Mode::Test,
        authorization_url: None,
        gateway_id: None,
        gateway_fee: None,
        created_at: AT,
        paid_at: None,
        version: Version::FIRST,
    }
}

fn paid(attempt: &Attempt) -> PaymentSnapshot {
    PaymentSnapshot {
        reference: attempt.reference.to_string(),
        gateway_id: Some("1".to_owned()),
        mode: attempt.mode,
        state: PaymentState::Paid,
        requested: Some(attempt.amount),
        charged: attempt.amount,
        fee: None,
    }
}

fn decide(order: &Order, attempt: &Attempt, snapshot: &PaymentSnapshot, rules: &Rules) -> SettleOutcome {
    let (notice, actor, at) = (None, Actor::Gateway, AT);
    settle(&SettleInput { attempt, order, snapshot, rules, notice, actor, at }).unwrap()
}

fn granted(set: &ChangeSet) -> usize {
    set.changes().iter().filter(|change| matches!(change, Change::Grant(_))).count()
}

fn entry(set: &ChangeSet) -> &JournalEntry {
    let mut entries = set.changes().iter().filter_map(|change| match change {
        Change::Post(entry) => Some(entry),
        _ => None,
    });
    let entry = entries.next().expect("a sale posts an entry");
    assert!(entries.next().is_none(), "a sale posts one entry");
    entry
}

fn on(entry: &JournalEntry, kind: AccountKind) -> i64 {
    entry.lines().iter().filter(|line| line.account.kind() == kind).map(|line| line.amount.minor()).sum()
}

fn reviewed(outcome: &SettleOutcome) -> Option<ReviewReason> {
    match outcome {
        SettleOutcome::Review(set, reason) => {
            let only_review = set.changes().iter().all(|change| {
                matches!(change, Change::OpenReview(_))
                    || matches!(change, Change::AdvanceAttempt { to, .. } if to.state == AttemptState::NeedsReview)
            });
            assert!(only_review, "a review changes nothing else: {set:?}");
            Some(*reason)
        }
        _ => None,
    }
}

#[test]
fn a_sale_of_2500_leaves_2250_pending() {
    let order = order(&[(7, 250_000)], Rate::from_basis_points(1000).unwrap());
    let attempt = attempt(&order);
    let snapshot = PaymentSnapshot { fee: Some(naira(13_750)), ..paid(&attempt) };
    let SettleOutcome::Pay(set) = decide(&order, &attempt, &snapshot, &Rules::default()) else {
        panic!("not paid")
    };
    let entry = entry(&set);
    assert_eq!(on(entry, AccountKind::CreatorPending), 225_000);
    assert_eq!(on(entry, AccountKind::PlatformRevenue), 25_000);
    assert_eq!(on(entry, AccountKind::GatewayFees), -13_750);
    assert_eq!(on(entry, AccountKind::GatewayClearing), -236_250);
    assert_eq!(granted(&set), 1);
}

#[test]
fn whatever_does_not_match_is_reviewed_and_grants_nothing() {
    let order = order(&[(7, 10_000)], Rate::ZERO);
    let attempt = attempt(&order);
    let base = paid(&attempt);
    let dollars = Money::new(10_000, Currency::USD);
    let overpaid = PaymentSnapshot { charged: naira(10_500), fee: Some(naira(450)), ..base.clone() };
    for (reason, snapshot) in [
        (ReviewReason::AmountMismatch, overpaid),
        (
            ReviewReason::ReferenceMismatch,
            PaymentSnapshot { reference: "mkt-someone-elses".to_owned(), ..base.clone() },
        ),
        (ReviewReason::ModeMismatch, PaymentSnapshot { mode: Mode::Live, ..base.clone() }),
        (ReviewReason::AmountMismatch, PaymentSnapshot { requested: Some(naira(9_999)), ..base.clone() }),
        (ReviewReason::AmountMismatch, PaymentSnapshot { requested: Some(naira(10_001)), ..base.clone() }),
        (ReviewReason::AmountMismatch, PaymentSnapshot { charged: naira(9_999), ..base.clone() }),
        (
            ReviewReason::AmountMismatch,
            PaymentSnapshot { requested: None, charged: naira(9_999), ..base.clone() },
        ),
        (ReviewReason::CurrencyMismatch, PaymentSnapshot { charged: dollars, ..base.clone() }),
        (ReviewReason::CurrencyMismatch, PaymentSnapshot { requested: Some(dollars), ..base.clone() }),
        (ReviewReason::Reversed, PaymentSnapshot { state: PaymentState::Reversed, ..base.clone() }),
        (ReviewReason::Reversed, PaymentSnapshot { state: PaymentState::RefundInProgress, ..base.clone() }),
    ] {
        assert_eq!(
            reviewed(&decide(&order, &attempt, &snapshot, &Rules::default())),
            Some(reason),
            "{snapshot:?}"
        );
    }
}

#[test]
fn unpaid_states_commit_nothing() {
    let order = order(&[(7, 10_000)], Rate::ZERO);
    let attempt = attempt(&order);
    for state in [PaymentState::Open, PaymentState::InProgress, PaymentState::Unrecognised] {
        let snapshot = PaymentSnapshot { state, ..paid(&attempt) };
        assert!(
            matches!(decide(&order, &attempt, &snapshot, &Rules::default()), SettleOutcome::Open),
            "{state}"
        );
    }
    for state in [AttemptState::Succeeded, AttemptState::NeedsReview, AttemptState::Dismissed] {
        let attempt = Attempt { state, ..attempt.clone() };
        assert!(
            matches!(decide(&order, &attempt, &paid(&attempt), &Rules::default()), SettleOutcome::Over),
            "{state}"
        );
    }
}

#[test]
fn a_late_success_is_honoured_and_a_second_one_reviewed() {
    let pending = order(&[(7, 10_000)], Rate::ZERO);
    for state in [AttemptState::Initiated, AttemptState::Abandoned, AttemptState::Failed] {
        let attempt = Attempt { state, ..attempt(&pending) };
        let late = Order { state: OrderState::Expired, ..pending.clone() };
        assert!(
            matches!(decide(&late, &attempt, &paid(&attempt), &Rules::default()), SettleOutcome::Pay(_)),
            "{state}"
        );
    }
    for state in OrderState::ALL.iter().filter(|state| state.has_been_paid()) {
        let order = Order { state: *state, ..pending.clone() };
        let outcome = decide(&order, &attempt(&order), &paid(&attempt(&order)), &Rules::default());
        assert_eq!(reviewed(&outcome), Some(ReviewReason::AlreadyPaid), "{state}");
    }
}

#[test]
fn a_payer_who_bears_the_gateways_fee_changes_no_books() {
    let order = order(&[(7, 30_050)], Rate::from_basis_points(1000).unwrap());
    let attempt = attempt(&order);
    let snapshot = PaymentSnapshot { charged: naira(40_333), fee: Some(naira(10_283)), ..paid(&attempt) };
    let SettleOutcome::Pay(set) = decide(&order, &attempt, &snapshot, &Rules::default()) else {
        panic!("not paid")
    };
    assert_eq!(on(entry(&set), AccountKind::GatewayFees), 0);
    assert_eq!(on(entry(&set), AccountKind::GatewayClearing), -30_050);
}

proptest! {
    #[test]
    fn every_settlement_balances_and_pays_each_creator_its_part(
        lines in prop::collection::vec((0..4_u128, 0..1_000_000_000_i64), 1..12),
        points in 0..=10_000_u32,
        gateway_fee in prop::option::of(0..2_000_000_i64),
        creators_bear: bool,
        hold in prop::sample::select(vec![0_u64, 604_800]),
    ) {
        let order = order(&lines, Rate::from_basis_points(points).unwrap());
        prop_assume!(!order.total.is_zero());
        let attempt = attempt(&order);
        let snapshot = PaymentSnapshot { fee: gateway_fee.map(naira), ..paid(&attempt) };
        let bearer = if creators_bear { GatewayFeeBearer::Creators } else { GatewayFeeBearer::Platform };
        let rules = Rules::default()
            .with_fee(FeeRule { rate: Rate::from_basis_points(points).unwrap() })
            .with_hold(HoldRule { period: Duration::from_secs(hold) })
            .with_gateway_fee(bearer);
        let SettleOutcome::Pay(set) = decide(&order, &attempt, &snapshot, &rules) else { panic!("not paid") };
        let entry = entry(&set);
        let total = order.total.minor();
        let kept = gateway_fee.unwrap_or(0).min(total);
        let fees: i64 = order.lines.iter().map(|line| line.fee.minor()).sum();
        let earned = on(entry, AccountKind::CreatorPending) + on(entry, AccountKind::CreatorAvailable);

        // JournalEntry::new has refused anything unbalanced; here: everybody has what is theirs.
        prop_assert_eq!(on(entry, AccountKind::GatewayClearing), kept - total);
        prop_assert_eq!(on(entry, AccountKind::PlatformRevenue), fees);
        let borne = total - fees - earned;
        prop_assert_eq!(borne, if creators_bear { kept.min(total - fees) } else { 0 });
        prop_assert_eq!(on(entry, AccountKind::GatewayFees), borne - kept);
        prop_assert!(entry.lines().iter().filter(|line| line.account.owner().is_some()).all(|line| !line.amount.is_negative()));

        // Held money is what is pending, and every hold has its release.
        let holds: Vec<_> = set.changes().iter().filter_map(|change| match change {
            Change::InsertHold(hold) => Some(hold),
            _ => None,
        }).collect();
        prop_assert_eq!(holds.iter().map(|hold| hold.amount.minor()).sum::<i64>(), on(entry, AccountKind::CreatorPending));
        let releases = set.changes().iter().filter(|change| matches!(change, Change::Enqueue(job) if job.kind == "hold.release"));
        prop_assert_eq!(releases.count(), holds.len());
        prop_assert_eq!(granted(&set), order.lines.len());
    }
}
