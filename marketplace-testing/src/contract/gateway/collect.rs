//! Payments are begun as they were asked for, and told as they are.

use super::{GatewayHarness, Operation, PaidAs, stage::Stage};
use marketplace_core::{
    money::{Currency, Money},
    payment::{GatewayErrorKind, NextStep, PaymentLocator, PaymentState, Window},
    time::Timestamp,
};
use std::collections::BTreeSet;

/// What the adapter can is what it has.
pub async fn told_as_data(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let descriptor = stage.descriptor();
    assert_eq!(descriptor, stage.descriptor(), "the same each time");
    let lower = |character: char| character.is_ascii_lowercase() || character == '-';
    assert!(!descriptor.name.is_empty() && descriptor.name.chars().all(lower), "{}", descriptor.name);
    let mut seen = BTreeSet::new();
    for rule in &descriptor.currencies {
        assert_eq!(rule.minimum.currency(), rule.maximum.currency());
        assert!(0 < rule.minimum.minor() && rule.minimum.minor() < rule.maximum.minor(), "{rule:?}");
        assert!(seen.insert(rule.minimum.currency().code()), "two rules for one currency: {rule:?}");
    }
    assert!(!seen.is_empty(), "a gateway takes some currency");
    let can = descriptor.capabilities;
    assert_eq!(can.refunds, stage.fresh.refunds.is_some(), "refunds");
    assert_eq!(can.disputes, stage.fresh.disputes.is_some(), "disputes");
    assert_eq!(can.payouts, stage.fresh.payouts.is_some(), "payouts");
    assert!(can.refunds || !can.partial_refunds, "parts of what cannot be given back");
    assert!(can.payouts || !can.resolves_accounts, "names for nobody");
}

/// A payment that was begun waits for its payer.
pub async fn begun(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, started) = stage.begun().await;
    assert_eq!(
        matches!(started.next, NextStep::Redirect { .. }),
        stage.descriptor().capabilities.redirects,
        "{started:?}"
    );
    if let NextStep::Redirect { url } = &started.next {
        assert!(url.starts_with("http"), "a web address: {url}");
    }
    assert_eq!(stage.world().payments().await, [(payment.reference.to_string(), stage.price())]);
    let snapshot = stage.fetched(&payment).await;
    assert!(matches!(snapshot.state, PaymentState::Open | PaymentState::InProgress), "{snapshot:?}");
    assert_eq!(snapshot.reference, payment.reference.as_str());
    assert_eq!(snapshot.mode, stage.descriptor().mode);
}

/// Every amount arrives as it is, in every currency: the smallest, the largest, and those that no float holds.
pub async fn exact_amounts(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    for rule in stage.descriptor().currencies {
        let (least, most) = (rule.minimum.minor(), rule.maximum.minor());
        let odd = [1_999, 821, 110, 29, 4_567, 123_456_789].map(|minor: i64| minor.clamp(least, most));
        for minor in BTreeSet::from_iter([least, least + 1, most].into_iter().chain(odd)) {
            let amount = Money::new(minor, rule.minimum.currency());
            let payment = stage.payment(amount);
            let reference = payment.reference.clone();
            let started = stage.gateway().start(payment).await.expect("an amount within the rules is taken");
            let there = stage.world().payments().await;
            let asked = there.iter().find(|(name, _)| *name == reference.as_str());
            assert_eq!(asked.map(|(_, asked)| *asked), Some(amount), "as the gateway has it");
            stage.world().pay(&reference, PaidAs::Asked).await;
            let snapshot = stage.fetched(&PaymentLocator { reference, gateway_id: started.gateway_id }).await;
            assert_eq!(snapshot.charged, amount, "as the adapter tells it");
            assert!(snapshot.requested.is_none_or(|requested| requested == amount), "{snapshot:?}");
        }
    }
}

/// What the gateway would refuse is refused, and nothing is there.
pub async fn outside_the_rules(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let rules = stage.descriptor().currencies;
    let mut amounts = Vec::new();
    for rule in &rules {
        let currency = rule.minimum.currency();
        amounts.push(Money::new(rule.minimum.minor() - 1, currency));
        amounts.push(Money::new(rule.maximum.minor() + 1, currency));
        amounts.push(Money::new(-rule.minimum.minor(), currency));
    }
    let all = [Currency::NGN, Currency::USD, Currency::GHS, Currency::KES, Currency::XOF];
    let taken = |currency: &Currency| rules.iter().any(|rule| rule.minimum.currency() == *currency);
    amounts
        .extend(all.into_iter().filter(|currency| !taken(currency)).map(|other| Money::new(500_000, other)));
    for amount in amounts {
        let refused = stage.gateway().start(stage.payment(amount)).await.expect_err("it is refused");
        assert_eq!(refused.kind, GatewayErrorKind::InvalidRequest, "{amount}");
    }
    assert_eq!(stage.world().payments().await, [], "nothing was begun");
}

/// A reference names one payment for ever.
pub async fn once(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let payment = stage.payment(stage.price());
    stage.gateway().start(payment.clone()).await.expect("a payment begins");
    let again = stage.gateway().start(payment.clone()).await.expect_err("a reference works once");
    assert_eq!(again.kind, GatewayErrorKind::Duplicate);
    stage.world().decline(&payment.reference).await;
    let late = stage.gateway().start(payment).await.expect_err("also after it came to nothing");
    assert_eq!(late.kind, GatewayErrorKind::Duplicate);
    assert_eq!(stage.world().payments().await.len(), 1);
}

/// What was never begun is not there.
pub async fn unknown(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    stage.begun().await;
    let nothing = PaymentLocator::from(stage.fixture.reference());
    let unknown = stage.gateway().fetch(&nothing).await.expect_err("nobody began it");
    assert_eq!(unknown.kind, GatewayErrorKind::NotFound);
}

/// A payment that was made is told with everything that settles it.
pub async fn paid(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, _) = stage.begun().await;
    let (other, _) = stage.begun().await;
    stage.world().pay(&payment.reference, PaidAs::Asked).await;
    let snapshot = stage.fetched(&payment).await;
    assert_eq!(snapshot.state, PaymentState::Paid);
    assert_eq!(snapshot.reference, payment.reference.as_str());
    assert_eq!(snapshot.charged, stage.price());
    assert_eq!(snapshot.mode, stage.descriptor().mode);
    assert!(snapshot.gateway_id.is_some(), "what is given back later is named by the gateway's id");
    assert_ne!(stage.fetched(&other).await.state, PaymentState::Paid, "another one");
}

/// An amount that is not ours is told as it is: the core is to see it.
pub async fn another_amount(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, _) = stage.begun().await;
    stage.world().pay(&payment.reference, PaidAs::Other(stage.part(2))).await;
    let snapshot = stage.fetched(&payment).await;
    assert_eq!(snapshot.charged, stage.part(2), "{snapshot:?}");
    assert_ne!(snapshot.requested, Some(snapshot.charged), "nobody asked for that");
}

/// So is a currency.
pub async fn another_currency(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, _) = stage.begun().await;
    let other = if stage.price().currency() == Currency::USD { Currency::NGN } else { Currency::USD };
    let taken = Money::new(stage.price().minor(), other);
    stage.world().pay(&payment.reference, PaidAs::Other(taken)).await;
    assert_eq!(stage.fetched(&payment).await.charged, taken);
}

/// A payer who was refused for good is no payer who may still pay.
pub async fn declined(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, _) = stage.begun().await;
    stage.world().decline(&payment.reference).await;
    assert_eq!(stage.fetched(&payment).await.state, PaymentState::Declined);
}

/// A state that the adapter does not know neither pays nor ends anything.
pub async fn an_unheard_state(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let (payment, _) = stage.begun().await;
    stage.world().invent_a_state(&payment.reference).await;
    assert_eq!(stage.fetched(&payment).await.state, PaymentState::Unrecognised);
}

/// The mode is the gateway's word, and not the one that the adapter was made for: play money must not pass for real.
pub async fn another_mode(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    let payment = stage.paid().await;
    assert_eq!(stage.fetched(&payment).await.mode, stage.descriptor().mode);
    stage.world().answer_in_other_mode(Operation::Fetch).await;
    assert_eq!(stage.fetched(&payment).await.mode, stage.other_mode());
    if stage.descriptor().capabilities.lists_payments {
        let window = Window { from: Timestamp::EPOCH, until: Timestamp::MAX };
        stage.world().answer_in_other_mode(Operation::List).await;
        let listing = stage.gateway().list(window, None).await.expect("payments are listed");
        let modes: Vec<_> = listing.items.iter().map(|row| row.mode).collect();
        assert_eq!(modes, [stage.other_mode()]);
    }
}

/// A list holds every payment of its time once, page by page.
pub async fn listed(harness: &dyn GatewayHarness) {
    let stage = Stage::new(harness).await;
    if !stage.descriptor().capabilities.lists_payments {
        return;
    }
    let mut begun = BTreeSet::new();
    for _ in 0..5 {
        begun.insert(stage.begun().await.0.reference.to_string());
    }
    let paid = stage.paid().await;
    begun.insert(paid.reference.to_string());
    let window = Window { from: Timestamp::EPOCH, until: Timestamp::MAX };
    let (mut listed, mut page) = (Vec::new(), None);
    for _ in 0..10 {
        let listing = stage.gateway().list(window, page).await.expect("payments are listed");
        listed.extend(listing.items);
        page = listing.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!(page, None, "a list has an end");
    assert_eq!(listed.len(), begun.len(), "each once: {listed:?}");
    for row in &listed {
        let reference = row.reference.parse().expect("they are all ours");
        let alone = stage.fetched(&PaymentLocator { reference, gateway_id: row.gateway_id.clone() }).await;
        assert_eq!((row.state, row.charged, row.mode), (alone.state, alone.charged, alone.mode), "{row:?}");
    }
    assert_eq!(listed.into_iter().map(|row| row.reference).collect::<BTreeSet<_>>(), begun);
}
