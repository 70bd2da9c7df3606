//! The worker, with handlers of a host.

use super::{expect_one_sale, mails_to};
use async_trait::async_trait;
use marketplace_core::{
    commit::Subject,
    id::JobId,
    job::{Handler, Job, JobFailure, JobOutcome, JobState, NewJob, Worker, WorkerOptions},
};
use marketplace_testing::{fake::MailFault, market::TestMarketplace};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// A job of a kind of the host, due now.
async fn enqueue(shop: &TestMarketplace, kind: &str) -> JobId {
    let (id, now) = (JobId::generate(&*shop.market().ids(), shop.now()), shop.now());
    let job = NewJob {
        id,
        kind: kind.to_owned(),
        payload: serde_json::Value::Null,
        subject: Subject::of(kind),
        unique: None,
        run_at: now,
        created_at: now,
    };
    assert!(shop.market().jobs().enqueue(job).await.expect("a job is added"));
    id
}

async fn job(shop: &TestMarketplace, id: JobId) -> Job {
    shop.store().job(id).await.expect("jobs are read").expect("the job is there")
}

/// A handler that always panics.
#[derive(Debug)]
struct Panics;

#[async_trait]
impl Handler for Panics {
    fn kinds(&self) -> &'static [&'static str] {
        &["host.panics"]
    }

    async fn run(&self, _: &Job) -> Result<JobOutcome, JobFailure> {
        panic!("on purpose, to see what the worker does");
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_retried_and_then_buried() {
    let shop = TestMarketplace::with(|builder| {
        let mut options = WorkerOptions::default();
        options.most_failures = 3;
        builder.worker(options).handler(Arc::new(Panics))
    });
    let id = enqueue(&shop, "host.panics").await;
    shop.run_jobs().await;
    let first = job(&shop, id).await;
    assert_eq!((first.state, first.attempts), (JobState::Ready, 1));
    assert!(first.new.run_at > shop.now(), "it waits before it runs again");
    for _ in 0..2 {
        shop.pass(Duration::from_hours(1)).await;
    }
    let last = job(&shop, id).await;
    assert_eq!(last.state, JobState::Dead);
    assert!(last.last_error.is_some_and(|reason| reason.contains("panicked")), "the operator sees why");
    // The worker itself is alive.
    let sale = shop.paid_order().await;
    expect_one_sale(&shop, sale.creator.id, sale.order.id).await;
    assert!(shop.market().jobs().revive(id, shop.now()).await.expect("is revived"));
    shop.run_jobs().await;
    assert_eq!(job(&shop, id).await.attempts, 1, "a revived job starts anew");
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn a_kind_without_a_handler_is_buried_and_runs_under_a_release_that_knows_it() {
    let shop = TestMarketplace::new();
    let id = enqueue(&shop, "host.of-tomorrow").await;
    shop.run_jobs().await;
    let dead = job(&shop, id).await;
    assert_eq!(dead.state, JobState::Dead, "once is enough");
    assert!(dead.last_error.is_some_and(|reason| reason.contains("host.of-tomorrow")));

    let next = TestMarketplace::on(shop.store().clone(), |builder| builder.handler(Slow::stuck_for(0)));
    assert!(next.market().jobs().revive(id, next.now()).await.expect("is revived"));
    next.run_jobs().await;
    assert_eq!(job(&next, id).await.state, JobState::Done);
    next.expect_healthy_ledger().await;
}

/// A handler whose first runs wait for ever; counts how many runs began and how many were dropped.
#[derive(Debug)]
struct Slow {
    stuck: usize,
    began: watch::Sender<usize>,
    dropped: Arc<AtomicUsize>,
}

impl Slow {
    fn stuck_for(runs: usize) -> Arc<Self> {
        Arc::new(Self { stuck: runs, began: watch::Sender::new(0), dropped: Arc::default() })
    }
}

/// Counts when it is dropped.
struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Handler for Slow {
    fn kinds(&self) -> &'static [&'static str] {
        &["host.slow", "host.of-tomorrow"]
    }

    async fn run(&self, _: &Job) -> Result<JobOutcome, JobFailure> {
        let run = *self.began.borrow();
        self.began.send_modify(|began| *began += 1);
        if run < self.stuck {
            let _dropped = Dropped(Arc::clone(&self.dropped));
            std::future::pending::<()>().await;
        }
        Ok(JobOutcome::Done)
    }
}

/// A shop, a job of its slow handler, and a worker that is stuck in it.
async fn stuck() -> (Arc<TestMarketplace>, Arc<Slow>, JobId, JoinSet<usize>) {
    let slow = Slow::stuck_for(1);
    let shop = Arc::new(TestMarketplace::with(|builder| builder.handler(slow.clone())));
    // The periodic jobs are done with, so that the one worker holds the one job.
    shop.run_jobs().await;
    let id = enqueue(&shop, "host.slow").await;
    let worker: Worker = shop.market().worker().clone();
    let mut first = JoinSet::new();
    first.spawn(async move { worker.run_due().await.expect("the store gives its jobs") });
    slow.began.subscribe().wait_for(|began| *began == 1).await.expect("the handler is alive");
    shop.timer().until_asleep(1).await;
    (shop, slow, id, first)
}

/// A third of the default lease of a minute: how often a worker gives a sign of life.
const BEAT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_worker_that_lost_its_lease_drops_the_job_and_the_next_one_ends_it() {
    let (shop, slow, id, first) = stuck().await;
    let held = job(&shop, id).await;
    // The first worker's process stands still for longer than its lease.
    shop.clock().advance(Duration::from_mins(1));
    shop.run_jobs().await;
    let done = job(&shop, id).await;
    assert_eq!(done.state, JobState::Done, "the second worker ended it");
    assert!(done.fence > held.fence && done.ended_at == Some(shop.now()));
    assert_eq!(slow.dropped.load(Ordering::SeqCst), 0, "the first one knows nothing yet");

    shop.timer().advance(BEAT);
    first.join_all().await;
    assert_eq!(slow.dropped.load(Ordering::SeqCst), 1, "its run is dropped");
    assert_eq!(job(&shop, id).await, done, "and changes nothing");
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn a_worker_that_gives_signs_of_life_keeps_its_job() {
    let (shop, slow, id, mut first) = stuck().await;
    for _ in 0..9 {
        let before = job(&shop, id).await.leased_until;
        shop.clock().advance(BEAT);
        shop.timer().advance(BEAT);
        while job(&shop, id).await.leased_until == before {
            tokio::task::yield_now().await;
        }
        shop.timer().until_asleep(1).await;
        shop.run_jobs().await;
        assert_eq!(*slow.began.borrow(), 1, "nobody else gets the job");
    }
    assert_eq!(job(&shop, id).await.state, JobState::Running);
    // The process dies.
    first.shutdown().await;
    shop.pass(Duration::from_mins(1)).await;
    assert_eq!((*slow.began.borrow(), job(&shop, id).await.state), (2, JobState::Done), "the job does not");
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn a_mail_is_sent_until_it_is_taken_always_under_one_message_id() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("it has a price").reference;
    assert!(shop.gateway().pay(&reference, None));
    // Of the first round the buyer's mail is not taken and the creator's is; in the second it is taken, but
    // the answer is lost.
    shop.mailer().fail_next(MailFault::Transient);
    shop.mailer().fail_next(MailFault::Transient);
    shop.mailer().fail_next(MailFault::TakenButLost);
    shop.mailer().fail_next(MailFault::TakenButLost);
    shop.notify(&reference).await;
    shop.run_jobs().await;
    assert_eq!(shop.mailer().accepted(), [], "nothing is taken at first");
    for _ in 0..3 {
        shop.pass(Duration::from_hours(1)).await;
    }
    let expected = format!("purchase.{}", placed.order.id);
    assert_eq!(
        mails_to(&shop, &placed.order.buyer.email),
        [expected.clone(), expected],
        "one mail, known as one"
    );
    assert_eq!(mails_to(&shop, &creator.email).len(), 2);
    shop.expect_healthy_ledger().await;
}

#[tokio::test]
async fn a_mail_that_is_refused_for_good_waits_for_an_operator() {
    let shop = TestMarketplace::new();
    let (_, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let reference = placed.attempt.expect("it has a price").reference;
    assert!(shop.gateway().pay(&reference, None));
    shop.mailer().fail_next(MailFault::Permanent);
    shop.mailer().fail_next(MailFault::Permanent);
    shop.notify(&reference).await;
    shop.run_jobs().await;
    let page = marketplace_core::page::Page::first(10);
    let dead = shop.store().jobs_in(JobState::Dead, page).await.expect("jobs are listed");
    assert_eq!(dead.len(), 2, "{dead:?}");
    for job in &dead {
        assert!(shop.market().jobs().revive(job.new.id, shop.now()).await.expect("is revived"));
    }
    shop.run_jobs().await;
    assert_eq!(mails_to(&shop, &placed.order.buyer.email).len(), 1, "the operator's second try");
    shop.expect_healthy_ledger().await;
}
