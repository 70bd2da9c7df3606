//! Who sees what, for any order.

use super::{
    Step, StepKind, Viewer,
    steps::{Facts, steps},
};
use crate::{
    actor::Actor,
    commit::Subject,
    delivery::{
        AgentClass, Entitlement, EntitlementState, Link, RevokeReason, Visit, VisitKind, VisitResult,
    },
    id::{
        EntitlementId, FileId, JobId, LineId, LinkId, Nonce, OrderId, ProductId, Reference, RefundId,
        ReviewId, TokenHash, UserId,
    },
    identity::{Role, User},
    job::{Job, JobState, NewJob, kinds},
    money::{Currency, Money, Rate},
    order::{Buyer, Locale, Order, OrderLine, OrderState},
    payment::{Attempt, AttemptState, Mode, Review, ReviewClosing, ReviewDecision, ReviewReason},
    refund::{Refund, RefundStatus},
    time::Timestamp,
    version::Version,
};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

const ADDRESS: &str = "bob.buyer@mail.example";
const WHY: &str = "an operator's private words";

fn at(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// An id that no other row has: the kind of row and its number.
fn id(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128(kind << 64 | number)
}

fn creator(number: u128) -> UserId {
    UserId::from_uuid(id(1, number))
}

fn naira(minor: i64) -> Money {
    Money::new(minor, Currency::NGN)
}

/// A paid order with one line for each of these creators.
fn order(creators: &[u128]) -> Order {
    let lines: Vec<OrderLine> = creators
        .iter()
        .zip(0_u128..)
        .map(|(owner, number)| OrderLine {
            id: LineId::from_uuid(id(2, number)),
            product: ProductId::from_uuid(id(3, number)),
            creator: creator(*owner),
            title: format!("title of {owner}"),
            price: naira(1000),
            fee: naira(100),
            fee_rate: Rate::from_basis_points(1000).unwrap(),
        })
        .collect();
    Order {
        id: OrderId::from_uuid(id(4, 0)),
        buyer: Buyer { user: None, email: ADDRESS.parse().unwrap(), phone: None },
        state: OrderState::Paid,
        total: naira(7_654_321),
        lines,
        locale: Locale::default(),
        token_nonce: Nonce::from_bytes([0; 16]),
        token: TokenHash::from_bytes([0; 32]),
        created_at: at(10),
        paid_at: Some(at(20)),
        version: Version::FIRST,
    }
}

fn right(order: &Order, number: usize, revoked: Option<i64>) -> Entitlement {
    Entitlement {
        id: EntitlementId::from_uuid(id(5, number as u128)),
        order: order.id,
        line: order.lines[number].id,
        product: order.lines[number].product,
        user: None,
        email: order.buyer.email.clone(),
        state: if revoked.is_some() { EntitlementState::Revoked } else { EntitlementState::Active },
        granted_at: at(20),
        revoked_at: revoked.map(at),
        revoke_reason: revoked.map(|_| RevokeReason::Refunded),
        version: Version::FIRST,
    }
}

fn mail(kind: &str, number: u128, subject: Subject, payload: serde_json::Value, state: JobState) -> Job {
    let ended = matches!(state, JobState::Done | JobState::Dead);
    Job {
        new: NewJob {
            id: JobId::from_uuid(id(6, number)),
            kind: kind.to_owned(),
            payload,
            subject,
            unique: None,
            run_at: at(90),
            created_at: at(21),
        },
        state,
        attempts: 2,
        fence: 3,
        leased_until: None,
        last_error: Some(format!("550 5.1.1 <{ADDRESS}>: no such user")),
        ended_at: ended.then_some(at(80)),
    }
}

fn link(right: &Entitlement, number: u128, claimed: Option<i64>) -> Link {
    Link {
        id: LinkId::from_uuid(id(7, number)),
        entitlement: right.id,
        file: FileId::from_uuid(id(8, number)),
        nonce: Nonce::from_bytes([0; 16]),
        token: TokenHash::from_bytes([0; 32]),
        created_at: at(22),
        expires_at: at(1000),
        claimed_at: claimed.map(at),
    }
}

fn visit(link: &Link, kind: VisitKind, agent: AgentClass, result: VisitResult, first: i64) -> Visit {
    Visit { link: link.id, kind, agent, result, count: 3, first_at: at(first), last_at: at(first + 5) }
}

fn attempt(order: &Order, number: usize, state: AttemptState) -> Attempt {
    Attempt {
        reference: Reference::of_command(id(9, 0), number),
        order: order.id,
        amount: order.total,
        state,
        gateway: "test".to_owned(),
        mode: Mode::Test,
        authorization_url: Some("https://pay.example/secret".to_owned()),
        gateway_id: None,
        gateway_fee: None,
        created_at: at(11),
        paid_at: (state == AttemptState::Succeeded).then_some(at(20)),
        version: Version::FIRST,
    }
}

fn review(attempt: &Attempt) -> Review {
    let closing = ReviewClosing {
        decision: ReviewDecision::Refund,
        by: Actor::Operator(creator(99)),
        why: WHY.to_owned(),
        at: at(31),
    };
    Review {
        id: ReviewId::from_uuid(id(10, 0)),
        reason: ReviewReason::AlreadyPaid,
        reference: attempt.reference.to_string(),
        order: Some(attempt.order),
        expected: Some(attempt.amount),
        found: Some(attempt.amount),
        opened_at: at(30),
        closing: Some(closing),
    }
}

fn refund(attempt: &Attempt) -> Refund {
    Refund {
        id: RefundId::from_uuid(id(11, 0)),
        reference: attempt.reference.clone(),
        order: attempt.order,
        amount: attempt.amount,
        status: RefundStatus::Done,
        gateway_id: None,
        asked_at: None,
        reason: WHY.to_owned(),
        requested_by: Actor::Operator(creator(99)),
        requested_at: at(31),
        ended_at: Some(at(32)),
        version: Version::FIRST,
    }
}

/// An order with one line for each of these creators, and everything that can happen to one.
fn facts(creators: &[u128], states: &[JobState], now: i64) -> Facts {
    let order = order(creators);
    let paid = attempt(&order, 0, AttemptState::Succeeded);
    let twice = attempt(&order, 1, AttemptState::Dismissed);
    let mut facts = Facts {
        reviews: vec![review(&twice)],
        refunds: vec![refund(&twice)],
        attempts: vec![paid, twice],
        rights: Vec::new(),
        mails: Vec::new(),
        links: Vec::new(),
        visits: Vec::new(),
        now: at(now),
        order,
    };
    let mut states = states.iter().copied().cycle();
    let mut state = || states.next().unwrap_or(JobState::Done);
    let about = Subject::of(facts.order.id);
    let payload = json!({ "order": facts.order.id });
    facts.mails.push(mail(kinds::MAIL_PURCHASE, 1000, about.clone(), payload, state()));
    for ((number, owner), tick) in creators.iter().enumerate().zip(30_i64..) {
        let unique = number as u128;
        let revoked = (number % 2 == 1).then_some(500);
        let right = right(&facts.order, number, revoked);
        let payload = json!({ "order": facts.order.id, "creator": creator(*owner) });
        facts.mails.push(mail(kinds::MAIL_SOLD, unique, about.clone(), payload, state()));
        let fresh = mail(kinds::MAIL_FRESH_LINK, unique + 100, Subject::of(right.id), json!({}), state());
        facts.mails.push(fresh);
        let link = link(&right, unique, (number % 3 == 0).then_some(40));
        for (kind, result) in [
            (VisitKind::Look, VisitResult::Shown),
            (VisitKind::Claim, VisitResult::Opened),
            (VisitKind::Claim, VisitResult::Used),
            (VisitKind::Download, VisitResult::Part),
        ] {
            facts.visits.push(visit(&link, kind, AgentClass::Browser, result, tick));
        }
        facts.rights.push(right);
        facts.links.push(link);
    }
    facts.mails.push(mail("mail.of-a-host", 2000, about, json!({}), state()));
    // As stores give them.
    facts.mails.reverse();
    facts.links.reverse();
    facts
}

fn seen(facts: &Facts, viewer: Viewer) -> Vec<Step> {
    viewer.sees(steps(facts), &facts.order.buyer.email)
}

fn kinds_of(steps: &[Step]) -> Vec<(StepKind, Option<&'static str>)> {
    steps.iter().map(|step| (step.kind, step.result)).collect()
}

#[test]
fn an_operator_sees_every_step_in_its_order() {
    let facts = facts(&[1], &[JobState::Dead, JobState::Done, JobState::Ready, JobState::Running], 5000);
    let steps = seen(&facts, Viewer::Operator);
    assert_eq!(
        kinds_of(&steps),
        [
            (StepKind::OrderPlaced, None),
            (StepKind::PaymentBegun, Some("succeeded")),
            (StepKind::PaymentBegun, Some("dismissed")),
            (StepKind::PaymentPaid, None),
            (StepKind::OrderPaid, None),
            (StepKind::AccessGranted, None),
            (StepKind::Mail, Some("waiting")),
            (StepKind::Mail, Some("waiting")),
            (StepKind::LinkIssued, None),
            (StepKind::ReviewOpened, Some("already_paid")),
            (StepKind::LinkLooked, Some("shown")),
            (StepKind::LinkRefused, Some("used")),
            (StepKind::Download, Some("part")),
            (StepKind::ReviewClosed, Some("refund")),
            (StepKind::RefundRequested, Some("done")),
            (StepKind::RefundEnded, Some("done")),
            (StepKind::LinkClaimed, None),
            (StepKind::Mail, Some("failed")),
            (StepKind::Mail, Some("sent")),
        ]
    );
    let claimed = steps.iter().find(|step| step.kind == StepKind::LinkClaimed).unwrap();
    assert_eq!(claimed.agent, Some(AgentClass::Browser), "its row has no agent, its visit has");
    let text = format!("{steps:?}");
    assert!(text.contains(ADDRESS) && text.contains(WHY));
    assert!(!text.contains("secret"), "addresses where people pay stand nowhere: {text}");
}

#[test]
fn a_buyer_sees_nothing_internal() {
    let facts = facts(&[1, 2], &[JobState::Dead, JobState::Ready], 50);
    let steps = seen(&facts, Viewer::Buyer);
    let text = format!("{steps:?}");
    assert!(!text.contains(WHY) && !text.contains("550"), "{text}");
    assert!(steps.iter().all(|step| step.by.is_none() && step.job.is_none() && step.failures.is_none()));
    let kinds = kinds_of(&steps);
    assert!(!kinds.iter().any(|(kind, _)| matches!(kind, StepKind::ReviewOpened | StepKind::ReviewClosed)));
    assert!(kinds.contains(&(StepKind::PaymentBegun, Some("failed"))), "dismissed is ours: {kinds:?}");
    assert!(kinds.contains(&(StepKind::RefundEnded, Some("done"))));
    let mails: Vec<_> = steps.iter().filter_map(|step| step.mail.as_deref()).collect();
    assert_eq!(mails.iter().filter(|mail| **mail == "purchase").count(), 1);
    assert_eq!(mails.iter().filter(|mail| **mail == "fresh_link").count(), 2);
    assert_eq!(mails.len(), 3, "those to creators and those of the host are not the buyer's: {mails:?}");
}

#[test]
fn a_creator_reads_why_a_mail_failed_for_good_and_only_then() {
    for (state, reason) in [
        (JobState::Dead, Some("550 5.1.1 <address> no such user")),
        (JobState::Ready, None),
        (JobState::Running, None),
        (JobState::Done, None),
    ] {
        let steps = seen(&facts(&[1], &[state], 50), Viewer::Creator(creator(1)));
        let mail = steps.iter().find(|step| step.mail.as_deref() == Some("purchase")).unwrap();
        assert_eq!(mail.reason.as_deref(), reason, "{mail:?}");
        assert_eq!(mail.next_try.is_some(), state == JobState::Ready, "{mail:?}");
    }
}

#[test]
fn a_link_that_was_used_never_expires_and_one_expires_at_its_time() {
    let expired = |facts: &Facts| {
        let steps = seen(facts, Viewer::Buyer);
        steps.iter().filter(|step| step.kind == StepKind::LinkExpired).count()
    };
    // Of two links the first is used.
    assert_eq!(expired(&facts(&[1, 1], &[], 999)), 0);
    assert_eq!(expired(&facts(&[1, 1], &[], 1000)), 1);
}

#[test]
fn a_mail_that_was_not_needed_is_not_called_sent() {
    let mut facts = facts(&[1], &[JobState::Done], 50);
    let results = |facts: &Facts| {
        let steps = seen(facts, Viewer::Buyer);
        steps.iter().filter(|step| step.kind == StepKind::Mail).map(|step| step.result).collect::<Vec<_>>()
    };
    assert_eq!(results(&facts), [Some("sent"); 2]);
    facts.rights[0] = right(&facts.order, 0, Some(79));
    assert_eq!(results(&facts), [Some("not_needed"); 2]);
    facts.rights[0] = right(&facts.order, 0, Some(81));
    assert_eq!(results(&facts), [Some("sent"); 2], "taken away when it was gone already");
}

#[test]
fn who_may_look() {
    let user = |id: UserId, role| User {
        id,
        email: "someone@mail.example".parse().unwrap(),
        password: None,
        display_name: String::new(),
        role,
        email_verified: true,
        suspended_at: None,
        created_at: at(0),
        version: Version::FIRST,
    };
    let mut order = order(&[1, 2]);
    order.buyer.user = Some(creator(3));
    let of = |order: &Order, id, role| Viewer::of(order, &user(creator(id), role));
    assert_eq!(of(&order, 1, Role::Creator), Some(Viewer::Creator(creator(1))));
    assert_eq!(of(&order, 2, Role::Creator), Some(Viewer::Creator(creator(2))));
    assert_eq!(of(&order, 3, Role::Customer), Some(Viewer::Buyer));
    assert_eq!(of(&order, 4, Role::Creator), None);
    assert_eq!(of(&order, 4, Role::Admin), Some(Viewer::Operator));
    order.buyer.user = Some(creator(1));
    assert_eq!(of(&order, 1, Role::Creator), Some(Viewer::Buyer), "who bought their own");
    for state in OrderState::ALL {
        order.state = *state;
        assert_eq!(of(&order, 2, Role::Creator).is_some(), state.has_been_paid(), "{state}");
    }
    order.buyer.user = None;
    assert_eq!(of(&order, 9, Role::Customer), None, "a guest's order is nobody's by account");
}

proptest! {
    /// Whatever happened: a creator reads nothing of another one, of the payment, and no whole address.
    #[test]
    fn a_creator_sees_their_own_and_no_address(
        creators in prop::collection::vec(1_u128..4, 1..6),
        states in prop::collection::vec(prop::sample::select(JobState::ALL), 1..8),
        now in 0_i64..2000,
    ) {
        let facts = facts(&creators, &states, now);
        let all = seen(&facts, Viewer::Operator);
        for viewer in 1..4 {
            let steps = seen(&facts, Viewer::Creator(creator(viewer)));
            let text = format!("{steps:?}");
            prop_assert!(!text.contains("bob.buyer"), "{text}");
            prop_assert!(!text.contains(WHY) && !text.contains("7654321"), "{text}");
            prop_assert!(!text.contains(facts.attempts[0].reference.as_str()), "{text}");
            for (line, number) in facts.order.lines.iter().zip(0_usize..) {
                let own = line.creator == creator(viewer);
                prop_assert_eq!(text.contains(&line.product.to_string()), own);
                prop_assert_eq!(text.contains(&line.title), creators.contains(&viewer) && line.title == format!("title of {viewer}"));
                let link = facts.links.iter().rev().nth(number).unwrap();
                prop_assert_eq!(text.contains(&link.id.to_string()), own);
                let of_link = |steps: &[Step]| steps.iter().filter(|step| step.link == Some(link.id)).count();
                prop_assert_eq!(of_link(&steps), if own { of_link(&all) } else { 0 }, "all of it or nothing");
            }
            let sold = steps.iter().filter(|step| step.mail.as_deref() == Some("sold")).count();
            prop_assert_eq!(sold, creators.iter().filter(|owner| **owner == viewer).count());
        }
    }

    /// Steps stand in the order of their times, for everybody, and nobody sees a step that an operator does not.
    #[test]
    fn steps_are_in_order(
        creators in prop::collection::vec(1_u128..4, 1..6),
        states in prop::collection::vec(prop::sample::select(JobState::ALL), 1..8),
    ) {
        let facts = facts(&creators, &states, 1500);
        let all = seen(&facts, Viewer::Operator);
        for viewer in [Viewer::Operator, Viewer::Buyer, Viewer::Creator(creator(1))] {
            let steps = seen(&facts, viewer);
            prop_assert!(steps.is_sorted_by_key(|step| (step.at, step.kind)));
            let known = |step: &Step| all.iter().any(|other| (other.at, other.kind, other.link) == (step.at, step.kind, step.link));
            prop_assert!(steps.iter().all(known));
        }
    }
}
