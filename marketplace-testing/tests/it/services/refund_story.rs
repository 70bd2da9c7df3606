//! Refunds under whatever happens: a property over random stories.

use super::refund::{booked, decide, in_review, refund_of, waiting};
use marketplace_core::{
    error::{ErrorKind, Failure as _},
    ledger::AccountKind,
    payment::{AttemptState, GatewayErrorKind, RefundState, ResolveError, ReviewDecision, ReviewReason},
    refund::RefundStatus,
};
use marketplace_testing::{
    contract::gateway::{GatewayWorld as _, Operation},
    fake::GatewayFault,
};
use proptest::{prelude::*, test_runner::RngSeed};
use std::time::Duration;

/// What may happen while a refund is under way.
#[derive(Debug, Clone, Copy)]
enum Happens {
    /// A call is refused, or lost.
    Create(GatewayFault),
    /// An answer about it is lost or refused.
    Fetch(GatewayFault),
    /// The gateway moves it.
    Moves(RefundState),
    /// Time passes and jobs run.
    Minutes(u16),
    /// The operator decides once more, where it failed.
    Decides,
    /// The store loses an answer.
    StoreForgets,
}

fn happens() -> impl Strategy<Value = Happens> {
    let refusal = prop_oneof![
        Just(GatewayErrorKind::Declined),
        Just(GatewayErrorKind::WrongState),
        Just(GatewayErrorKind::Transient),
        Just(GatewayErrorKind::UnknownOutcome),
        Just(GatewayErrorKind::NotFound),
        Just(GatewayErrorKind::Malformed),
        Just(GatewayErrorKind::Authentication),
    ]
    .prop_map(GatewayFault::Refused);
    let fault = prop_oneof![refusal, Just(GatewayFault::AnswerLost)].boxed();
    let state = prop_oneof![
        Just(RefundState::Requested),
        Just(RefundState::Processing),
        Just(RefundState::NeedsDetails),
        Just(RefundState::Done),
        Just(RefundState::Failed),
        Just(RefundState::Unrecognised),
    ];
    prop_oneof![
        fault.clone().prop_map(Happens::Create),
        fault.prop_map(Happens::Fetch),
        state.prop_map(Happens::Moves),
        (1..2_000_u16).prop_map(Happens::Minutes),
        Just(Happens::Decides),
        Just(Happens::StoreForgets),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    })]

    /// Whatever happens: never more is given back than was taken, our row says what the gateway's does once it is over,
    /// and the books hold what is owed.
    #[test]
    fn money_goes_back_once(story in prop::collection::vec(happens(), 0..24)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let (shop, _, reference) = in_review(100_000).await;
            decide(&shop, &reference, ReviewDecision::Refund).await.expect("it is decided");
            let mut over = Vec::new();
            for event in &story {
                match *event {
                    Happens::Create(fault) => shop.gateway().fail(Operation::CreateRefund, fault),
                    Happens::Fetch(fault) => shop.gateway().fail(Operation::FetchRefund, fault),
                    Happens::Moves(state) => {
                        // What is over at the gateway stays over.
                        let Some(id) = refund_of(&shop, &reference).await.gateway_id else { continue };
                        if !over.contains(&id) {
                            shop.gateway().move_refund(&id, state).await;
                        }
                        if matches!(state, RefundState::Done | RefundState::Failed) {
                            over.push(id);
                        }
                    }
                    Happens::Minutes(minutes) => {
                        shop.pass(Duration::from_mins(minutes.into())).await;
                    }
                    Happens::Decides => {
                        if refund_of(&shop, &reference).await.status == RefundStatus::Failed {
                            let again = decide(&shop, &reference, ReviewDecision::Refund).await;
                            let known = match &again {
                                Ok(()) | Err(ResolveError::Decided | ResolveError::NotRefundable) => true,
                                Err(error) => error.kind() == ErrorKind::Unknown,
                            };
                            assert!(known, "{again:?}");
                        }
                    }
                    Happens::StoreForgets => {
                        shop.faults().on_commit(marketplace_testing::fault::Fault::UnknownAfter);
                    }
                }
            }
            // The faults are over at last, and the bank is done with whatever is under way.
            for _ in 0..60 {
                shop.pass(Duration::from_hours(12)).await;
                if let Some(id) = refund_of(&shop, &reference).await.gateway_id
                    && !over.contains(&id)
                {
                    shop.gateway().move_refund(&id, RefundState::Done).await;
                    over.push(id);
                }
            }
            let refunds = shop.store().refunds_of(&reference).await.expect("refunds are read");
            let done: Vec<_> = refunds.iter().filter(|refund| refund.status == RefundStatus::Done).collect();
            assert!(refunds.iter().all(|refund| !refund.status.is_open()), "{refunds:?}");
            assert!(done.len() <= 1, "given back twice: {refunds:?}");
            let owed = if done.is_empty() { 100_000 } else { 0 };
            assert_eq!(booked(&shop, AccountKind::Refunds).await, owed);
            let there = shop.gateway().alive_refunds();
            assert_eq!(there, done.iter().map(|refund| refund.amount.minor()).sum::<i64>(), "{refunds:?}");
            let failed = refunds.last().expect("there is one").status == RefundStatus::Failed;
            assert_eq!(
                waiting(&shop).await.contains(&ReviewReason::RefundFailed), failed,
                "somebody knows of what failed: {refunds:?}"
            );
            let attempt = shop.market().payments().stored(&reference).await.expect("is read").attempt;
            assert_eq!(attempt.state, AttemptState::Dismissed);
            shop.expect_healthy_ledger().await;
        });
    }
}
