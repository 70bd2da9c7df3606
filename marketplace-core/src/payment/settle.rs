//! The one settlement. Pure.
//!
//! Guarantees: an order becomes paid only if reference, mode, currency and amount of what the gateway says
//! match our own attempt; then, in one change set: order paid, entry posted, holds made, rights granted,
//! mails enqueued. Whatever does not match is put before an operator with both sides, and grants nothing.
//! The key is the attempt's reference, so webhook, return page, sweep and operator settle once between them.
//!
//! Does not: ask the gateway, or look at a notice's own words.
//!
//! Called by: [`super::Payments`], with rows that it has just read.

use super::{Attempt, AttemptState, NoticeOutcome, PaymentSnapshot, PaymentState, Review, ReviewReason};
use crate::{
    actor::Actor,
    commit::{Change, ChangeSet, Decision, DecisionKey, DerivedIds, InputHash, Subject},
    delivery::{Entitlement, EntitlementState},
    id::{CreatorId, EntitlementId, EntryId, HoldId, JobId, ReviewId},
    job::{NewJob, kinds},
    ledger::{Account, Cause, EntryError, EntryKind, Hold, HoldReason, JournalEntry, Line},
    market::{GatewayFeeBearer, Rules},
    money::{Money, MoneyError, allocate},
    order::{Order, OrderState},
    time::Timestamp,
    version::Version,
};
use serde_json::json;
use std::collections::BTreeMap;

/// Everything that a settlement is decided on.
#[derive(Debug)]
pub struct SettleInput<'a> {
    /// Our attempt.
    pub attempt: &'a Attempt,
    /// Its order.
    pub order: &'a Order,
    /// What the gateway says.
    pub snapshot: &'a PaymentSnapshot,
    /// The marketplace's rules.
    pub rules: &'a Rules,
    /// The key of an open notice that told of this payment; closed in the same change set.
    pub notice: Option<&'a str>,
    /// Who caused it.
    pub actor: Actor,
    /// When.
    pub at: Timestamp,
}

/// What a settlement came to.
#[derive(Debug)]
pub enum SettleOutcome {
    /// Commit this and the order is paid.
    Pay(ChangeSet),
    /// Commit this and an operator looks.
    Review(ChangeSet, ReviewReason),
    /// Commit this: the gateway refused the payment for good.
    Decline(ChangeSet),
    /// The payer may still pay; nothing to commit.
    Open,
    /// Decided before; nothing to commit.
    Over,
}

/// Decides what the gateway's word means for an attempt.
///
/// # Errors
/// Only when the order's own numbers are inconsistent, which its checkout has ruled out.
pub fn settle(input: &SettleInput<'_>) -> Result<SettleOutcome, EntryError> {
    let SettleInput { attempt, order, snapshot, .. } = input;
    if attempt.state.is_decided() {
        return Ok(SettleOutcome::Over);
    }
    match snapshot.state {
        PaymentState::Open | PaymentState::InProgress | PaymentState::Unrecognised => {
            // A claim about another payment than ours is suspicious in every state.
            Ok(identity_mismatch(input).map_or(SettleOutcome::Open, |reason| review(input, reason)))
        }
        PaymentState::Declined if attempt.state == AttemptState::Failed => Ok(SettleOutcome::Over),
        PaymentState::Declined => {
            Ok(identity_mismatch(input).map_or_else(|| decline(input), |reason| review(input, reason)))
        }
        PaymentState::Reversed | PaymentState::RefundInProgress => Ok(review(input, ReviewReason::Reversed)),
        PaymentState::Paid => match mismatch(input) {
            Some(reason) => Ok(review(input, reason)),
            None if order.state.has_been_paid() => Ok(review(input, ReviewReason::AlreadyPaid)),
            None => pay(input).map(SettleOutcome::Pay),
        },
    }
}

fn identity_mismatch(input: &SettleInput<'_>) -> Option<ReviewReason> {
    let SettleInput { attempt, snapshot, .. } = input;
    if snapshot.reference != attempt.reference.as_str() {
        return Some(ReviewReason::ReferenceMismatch);
    }
    (snapshot.mode != attempt.mode).then_some(ReviewReason::ModeMismatch)
}

/// What does not match, if anything: exactly the price was asked for, and at least that was taken; more only
/// where the gateway adds its fee for the payer, and then no more than that fee (but for rounding on the wire).
fn mismatch(input: &SettleInput<'_>) -> Option<ReviewReason> {
    let SettleInput { attempt, snapshot, .. } = input;
    let expected = attempt.amount;
    let requested = snapshot.requested.unwrap_or(snapshot.charged);
    if let Some(reason) = identity_mismatch(input) {
        return Some(reason);
    }
    if snapshot.charged.currency() != expected.currency() || requested.currency() != expected.currency() {
        return Some(ReviewReason::CurrencyMismatch);
    }
    let surcharge = snapshot.charged.minor().saturating_sub(expected.minor());
    let fee = snapshot.fee.filter(|fee| fee.currency() == expected.currency()).map(Money::minor);
    let explained = fee.is_none_or(|fee| surcharge <= fee.saturating_add(1));
    let matches = requested.minor() == expected.minor() && surcharge >= 0 && (surcharge == 0 || explained);
    (!matches).then_some(ReviewReason::AmountMismatch)
}

fn decision(input: &SettleInput<'_>, name: &'static str) -> Decision {
    keyed(input, name, DecisionKey::new(name, &input.attempt.reference))
}

fn keyed(input: &SettleInput<'_>, name: &'static str, key: DecisionKey) -> Decision {
    let SettleInput { attempt, actor, at, .. } = input;
    Decision {
        key,
        name,
        input: InputHash::of(&(&attempt.reference, attempt.amount)),
        subject: Subject::of(attempt.order),
        actor: *actor,
        at: *at,
    }
}

fn close_notice(input: &SettleInput<'_>, outcome: NoticeOutcome) -> Option<Change> {
    input.notice.map(|key| Change::CloseNotice { key: key.to_owned(), outcome, at: input.at })
}

fn attempt_in(input: &SettleInput<'_>, state: AttemptState) -> Change {
    let SettleInput { attempt, snapshot, at, .. } = input;
    let to = Attempt {
        state,
        gateway_id: snapshot.gateway_id.clone().or_else(|| attempt.gateway_id.clone()),
        gateway_fee: snapshot.fee.or(attempt.gateway_fee),
        paid_at: (state == AttemptState::Succeeded).then_some(*at).or(attempt.paid_at),
        version: attempt.version.next(),
        ..(*attempt).clone()
    };
    Change::AdvanceAttempt { seen: attempt.version, to }
}

/// A notice of it stays open: what it told of may still come true, and is asked for again.
fn decline(input: &SettleInput<'_>) -> SettleOutcome {
    let changes = vec![attempt_in(input, AttemptState::Failed)];
    SettleOutcome::Decline(ChangeSet::new(decision(input, "decline"), changes))
}

/// What an operator is shown of a payment of another amount: what was asked for, where that is wrong, else what was taken.
pub(super) fn shown(input: &SettleInput<'_>) -> Money {
    let asked = input.snapshot.requested.filter(|requested| *requested != input.attempt.amount);
    asked.unwrap_or(input.snapshot.charged)
}

/// Puts a payment before an operator. Also called for a notice that contradicts our attempt.
pub(super) fn review(input: &SettleInput<'_>, reason: ReviewReason) -> SettleOutcome {
    // An attempt that was dismissed unpaid may be paid after all, and then come here for another reason.
    let seen = input.attempt.version.as_i64();
    let key = DecisionKey::new("review", format_args!("{}:{seen}", input.attempt.reference));
    let head = keyed(input, "review", key);
    let mut ids = DerivedIds::new(&head.key, input.at);
    let found = if reason == ReviewReason::AmountMismatch { shown(input) } else { input.snapshot.charged };
    let review = Review {
        id: ReviewId::from_uuid(ids.next()),
        reason,
        reference: input.attempt.reference.to_string(),
        order: Some(input.order.id),
        expected: Some(input.attempt.amount),
        found: Some(found),
        opened_at: input.at,
        closing: None,
    };
    let mut changes = vec![attempt_in(input, AttemptState::NeedsReview), Change::OpenReview(review)];
    changes.extend(close_notice(input, NoticeOutcome::Review));
    SettleOutcome::Review(ChangeSet::new(head, changes), reason)
}

fn pay(input: &SettleInput<'_>) -> Result<ChangeSet, EntryError> {
    // What the payer was charged beyond the price goes to the gateway as its fee, so it never reaches the books.
    let surcharge = input.snapshot.charged.checked_sub(input.attempt.amount)?;
    let gateway_fee = gateway_fee(input).checked_sub(surcharge)?;
    settled(input, input.attempt.amount, gateway_fee)
}

/// Takes what was charged, whatever it is, for the price: an operator's decision on a payment in review. The creators
/// get what they would have got; the marketplace bears or keeps the difference.
pub(super) fn accept(input: &SettleInput<'_>) -> Result<ChangeSet, EntryError> {
    settled(input, input.snapshot.charged, gateway_fee(input))
}

/// What the gateway keeps, in the order's currency.
fn gateway_fee(input: &SettleInput<'_>) -> Money {
    let currency = input.attempt.amount.currency();
    input.snapshot.fee.filter(|fee| fee.currency() == currency).unwrap_or(Money::zero(currency))
}

/// The order is paid: `received` came in, of which the gateway keeps its fee.
fn settled(input: &SettleInput<'_>, received: Money, gateway_fee: Money) -> Result<ChangeSet, EntryError> {
    let SettleInput { order, at, .. } = input;
    let head = decision(input, "settle");
    let mut ids = DerivedIds::new(&head.key, *at);
    let mut changes = vec![
        attempt_in(input, AttemptState::Succeeded),
        Change::AdvanceOrder { id: order.id, seen: order.version, to: OrderState::Paid, at: *at },
    ];
    changes.extend(post(input, received, gateway_fee, &mut ids)?);
    changes.extend(deliver(order, *at, &mut ids));
    changes.extend(close_notice(input, NoticeOutcome::Settled));
    Ok(ChangeSet::new(head, changes))
}

/// The journal entry of a sale, and the holds on what it earns. The books hold what was received, and of the gateway's
/// fee the part that this paid.
fn post(
    input: &SettleInput<'_>,
    received: Money,
    gateway_fee: Money,
    ids: &mut DerivedIds<'_>,
) -> Result<Vec<Change>, EntryError> {
    let SettleInput { order, rules, at, .. } = input;
    let currency = received.currency();
    let gateway_fee = Money::new(gateway_fee.minor().clamp(0, received.minor().max(0)), currency);
    let difference = received.checked_sub(input.attempt.amount)?;

    let mut earned = BTreeMap::<CreatorId, Money>::new();
    let mut fees = Money::zero(currency);
    for line in &order.lines {
        let sum = earned.entry(line.creator).or_insert(Money::zero(currency));
        *sum = sum.checked_add(line.price.checked_sub(line.fee)?)?;
        fees = fees.checked_add(line.fee)?;
    }
    let mut borne_by_creators = Money::zero(currency);
    if rules.gateway_fee == GatewayFeeBearer::Creators {
        borne_by_creators = charge_creators(&mut earned, gateway_fee)?;
    }

    let platform_share = gateway_fee.checked_sub(borne_by_creators)?;
    let mut lines = vec![
        Line { account: Account::CLEARING, amount: received.checked_sub(gateway_fee)?.checked_neg()? },
        Line { account: Account::GATEWAY_FEES, amount: platform_share.checked_neg()? },
        Line { account: Account::REVENUE, amount: fees.checked_add(difference)? },
    ];
    let at_once = rules.hold.period.is_zero();
    for (creator, net) in &earned {
        let account = if at_once { Account::available(*creator) } else { Account::pending(*creator) };
        lines.push(Line { account, amount: *net });
    }
    let cause = Cause::new(EntryKind::Sale, order.id);
    let entry = JournalEntry::new(
        EntryId::from_uuid(ids.next()),
        EntryKind::Sale,
        cause,
        Some(order.id),
        *at,
        lines,
    )?;
    let mut changes = vec![Change::Post(entry)];
    if at_once {
        return Ok(changes);
    }
    for (creator, amount) in earned.into_iter().filter(|(_, net)| !net.is_zero()) {
        let releases_at = at.saturating_add(rules.hold.period);
        let hold = Hold {
            id: HoldId::from_uuid(ids.next()),
            creator,
            order: order.id,
            amount,
            reason: HoldReason::Clearing,
            releases_at,
            released_at: None,
        };
        changes.push(Change::Enqueue(NewJob {
            id: JobId::from_uuid(ids.next()),
            kind: kinds::RELEASE_HOLD.to_owned(),
            payload: json!({ "hold": hold.id }),
            subject: Subject::of(hold.id),
            unique: None,
            run_at: releases_at,
            created_at: *at,
        }));
        changes.push(Change::InsertHold(hold));
    }
    Ok(changes)
}

/// Takes the gateway's fee from what the creators earn, in proportion, at most all of it. Returns how much.
fn charge_creators(earned: &mut BTreeMap<CreatorId, Money>, fee: Money) -> Result<Money, MoneyError> {
    let all = Money::sum(fee.currency(), earned.values().copied())?;
    let borne = if fee.minor() > all.minor() { all } else { fee };
    let weights: Vec<u64> = earned.values().map(|net| net.minor().unsigned_abs()).collect();
    for (net, share) in earned.values_mut().zip(allocate(borne, &weights)?) {
        *net = net.checked_sub(share)?;
    }
    Ok(borne)
}

/// Rights and mails of an order that is paid or free.
pub(crate) fn deliver(order: &Order, at: Timestamp, ids: &mut DerivedIds<'_>) -> Vec<Change> {
    let mut changes: Vec<Change> = order
        .lines
        .iter()
        .map(|line| {
            Change::Grant(Entitlement {
                id: EntitlementId::from_uuid(ids.next()),
                order: order.id,
                line: line.id,
                product: line.product,
                user: order.buyer.user,
                email: order.buyer.email.clone(),
                state: EntitlementState::Active,
                granted_at: at,
                revoked_at: None,
                revoke_reason: None,
                version: Version::FIRST,
            })
        })
        .collect();
    let mut mail = |kind: &str, payload| {
        Change::Enqueue(NewJob {
            id: JobId::from_uuid(ids.next()),
            kind: kind.to_owned(),
            payload,
            subject: Subject::of(order.id),
            unique: None,
            run_at: at,
            created_at: at,
        })
    };
    changes.push(mail(kinds::MAIL_PURCHASE, json!({ "order": order.id })));
    let mut creators: Vec<CreatorId> = order.lines.iter().map(|line| line.creator).collect();
    creators.sort();
    creators.dedup();
    for creator in creators {
        changes.push(mail(kinds::MAIL_SOLD, json!({ "order": order.id, "creator": creator })));
    }
    changes
}
