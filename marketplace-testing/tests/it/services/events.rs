//! What a host hears of what happens, and the jobs of its own that come with it.

use super::at_once;
use async_trait::async_trait;
use marketplace_core::{
    actor::Actor,
    event::EventKind,
    id::Reference,
    job::{Handler, Job, JobFailure, JobOutcome},
    market::BuildError,
    order::OrderState,
    payment::Claimed,
};
use marketplace_testing::{fault::Fault, market::TestMarketplace};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const BELL: &str = "host.bell";

/// Notes what it is called with, after it has failed as often as it is told.
#[derive(Debug, Default)]
struct Bell {
    rung: Mutex<Vec<serde_json::Value>>,
    fails: Mutex<u32>,
}

#[async_trait]
impl Handler for Bell {
    fn kinds(&self) -> &'static [&'static str] {
        &[BELL]
    }

    async fn run(&self, job: &Job) -> Result<JobOutcome, JobFailure> {
        let mut fails = self.fails.lock().unwrap();
        if *fails > 0 {
            *fails -= 1;
            return Err(JobFailure::retry("the other side is away"));
        }
        self.rung.lock().unwrap().push(job.new.payload.clone());
        Ok(JobOutcome::Done)
    }
}

/// A shop whose host has a bell for these events.
fn shop(kinds: &[EventKind]) -> (TestMarketplace, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    let shop = TestMarketplace::with(|builder| {
        let builder = builder.handler(bell.clone());
        kinds.iter().fold(builder, |builder, kind| builder.react(*kind, BELL))
    });
    (shop, bell)
}

/// An order that its buyer has paid at the gateway, and nobody told us.
async fn paid_there(shop: &TestMarketplace) -> (String, Reference) {
    let (_, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    assert!(shop.gateway().pay(&reference, None));
    (placed.order.id.to_string(), reference)
}

#[tokio::test]
async fn a_sale_is_heard_of_step_by_step() {
    let (shop, _) = shop(&[]);
    let (order, reference) = paid_there(&shop).await;
    shop.notify(&reference).await;
    shop.run_jobs().await;
    let events = shop.market().events().events(0, 100).await.expect("events are read");
    let told: Vec<_> = events.iter().map(|event| (event.kinds.as_slice(), event.actor)).collect();
    assert_eq!(
        told,
        [
            (&[EventKind::UserRegistered][..], Actor::Guest),
            (&[EventKind::OrderPlaced], Actor::Guest),
            (&[EventKind::OrderPaid], Actor::Gateway),
        ]
    );
    assert_eq!([&events[1], &events[2]].map(|event| event.subject.as_str()), [&*order, &*order]);
    assert_eq!(events[2].decision.as_str(), format!("settle:{reference}"));
}

#[tokio::test]
async fn a_bell_rings_once_for_a_sale_whoever_tells_of_it() {
    for _ in 0..8 {
        let (shop, bell) = shop(&[EventKind::OrderPaid]);
        let (order, reference) = paid_there(&shop).await;
        let shop = Arc::new(shop);
        let tellers = (0..8).map(|teller| {
            let (shop, reference) = (Arc::clone(&shop), reference.clone());
            async move {
                if teller % 2 == 0 {
                    shop.notify(&reference).await;
                    shop.run_jobs().await;
                } else {
                    let patience = Duration::from_secs(5);
                    let verified = shop
                        .market()
                        .payments()
                        .verify(&reference, patience, Actor::Guest)
                        .await
                        .expect("is verified");
                    assert_eq!(verified.order.state, OrderState::Paid);
                }
            }
        });
        at_once(tellers.collect()).await;
        shop.run_jobs().await;
        let expected = serde_json::json!({
            "event": "order.paid", "subject": order, "decision": format!("settle:{reference}"),
        });
        assert_eq!(*bell.rung.lock().unwrap(), [expected]);
    }
}

#[tokio::test]
async fn a_lost_answer_of_the_store_rings_no_second_bell() {
    for fault in [Fault::UnknownAfter, Fault::UnknownBefore] {
        let (shop, bell) = shop(&[EventKind::OrderPaid]);
        let (order, reference) = paid_there(&shop).await;
        shop.notify(&reference).await;
        shop.faults().on_commit(fault);
        shop.run_jobs().await;
        shop.run_jobs().await;
        assert_eq!(shop.order(order.parse().expect("an order")).await.state, OrderState::Paid, "{fault:?}");
        assert_eq!(bell.rung.lock().unwrap().len(), 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_effect_that_fails_is_tried_again_and_holds_up_nothing() {
    let (shop, bell) = shop(&[EventKind::OrderPaid, EventKind::OrderPlaced]);
    let (_, reference) = paid_there(&shop).await;
    shop.run_jobs().await;
    *bell.fails.lock().unwrap() = 3;
    shop.notify(&reference).await;
    shop.run_jobs().await;
    let verified = shop.market().payments().stored(&reference).await.expect("is read");
    assert_eq!(verified.order.state, OrderState::Paid);
    assert_eq!(bell.rung.lock().unwrap().len(), 1, "the order was placed");
    for _ in 0..3 {
        shop.pass(Duration::from_hours(1)).await;
    }
    assert_eq!(bell.rung.lock().unwrap().len(), 2, "and paid");
}

#[tokio::test]
async fn a_review_is_heard_of_once_and_under_one_subject() {
    let (shop, _) = shop(&[]);
    let stranger = shop.fixture().reference();
    shop.notify(&stranger).await;
    shop.run_jobs().await;
    let sold = shop.paid_order().await;
    let amount = Some(shop.fixture().naira(250_000));
    for key in ["pending", "processing", "processed"] {
        let notice = shop.gateway().notice_of(Claimed::Refund, key, &sold.attempt.reference, amount);
        shop.market().inbox().receive(notice.raw()).await.expect("a notice is taken in");
        shop.run_jobs().await;
    }
    let events = shop.market().events().events(0, 100).await.expect("events are read");
    let reviews = events.iter().filter(|event| event.kinds.contains(&EventKind::ReviewOpened));
    let subjects: Vec<_> = reviews.map(|event| event.subject.as_str().to_owned()).collect();
    assert_eq!(subjects, [stranger.to_string(), sold.order.id.to_string()]);
}

#[test]
fn a_reaction_without_a_handler_is_refused() {
    let mut refused = None;
    TestMarketplace::with(|builder| {
        refused = builder.clone().react(EventKind::OrderPaid, BELL).build().err();
        builder
    });
    assert_eq!(refused, Some(BuildError::UnhandledReaction(BELL)));
}
