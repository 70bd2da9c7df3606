//! Connections that break off, over real sockets: the adapter in front of the twin as `serve` puts it on a port.

#![expect(clippy::unwrap_used, reason = "a helper of tests that fails fails the test")]

use super::{KEY, config, gateway, payment, reference};
use marketplace_core::{
    money::Currency,
    payment::{
        BankAccount, Collect,
        GatewayErrorKind::{self, Duplicate, Transient, UnknownOutcome},
        InstitutionKind, NewRecipient, PaymentState, Payouts, SendPayout,
    },
};
use marketplace_paystack::{
    Paystack,
    sandbox::{Fault, Record, Route, Sandbox, serve},
};
use std::{sync::Arc, time::Duration};
use tokio::{io::AsyncReadExt, net::TcpListener, task::JoinSet};

const BREAKS: [Fault; 4] = [Fault::Closed, Fault::Reset, Fault::ClosedAfterCommit, Fault::ResetAfterCommit];

/// The twin on a port, gone when this is dropped.
struct World {
    twin: Sandbox,
    gateway: Paystack,
    _tasks: JoinSet<()>,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let builder = Sandbox::builder().secret_key(KEY).public_url(&url).seed(7);
        let twin = builder.clock(Arc::new(|| 1_787_390_064_000_000)).build().unwrap();
        let mut tasks = JoinSet::new();
        let served = twin.clone();
        tasks.spawn(async move {
            serve(listener, |request| served.handle(request), std::future::pending()).await;
        });
        let config = config(&url).with_call_timeout(Duration::from_secs(10));
        Self { twin, gateway: Paystack::new(config).unwrap(), _tasks: tasks }
    }

    fn begun(&self) -> usize {
        let begun = |record: &Record| matches!(record, Record::Initialized(_));
        self.twin.records().iter().filter(|record| begun(record)).count()
    }

    async fn fetched(&self) -> Result<PaymentState, GatewayErrorKind> {
        let snapshot = Collect::fetch(&self.gateway, &reference().into()).await;
        snapshot.map(|snapshot| snapshot.state).map_err(|error| error.kind)
    }
}

#[tokio::test]
async fn a_payment_whose_connection_breaks_off_may_have_begun_and_is_not_sent_again() {
    for fault in BREAKS {
        let world = World::new().await;
        world.twin.control().answer_next(Route::Initialize, fault);
        let error = world.gateway.start(payment(250_000, Currency::NGN)).await.unwrap_err();
        assert_eq!(error.kind, UnknownOutcome, "{fault:?}");
        let is_there = matches!(fault, Fault::ClosedAfterCommit | Fault::ResetAfterCommit);
        assert_eq!(world.begun(), usize::from(is_there), "sent once: {fault:?}");
        let again = world.gateway.start(payment(250_000, Currency::NGN)).await;
        assert_eq!(again.err().map(|error| error.kind), is_there.then_some(Duplicate), "{fault:?}");
    }
}

#[tokio::test]
async fn a_transfer_whose_connection_breaks_off_may_have_gone_out() {
    for fault in BREAKS {
        let world = World::new().await;
        world.twin.control().top_up("NGN", 1_000_000).unwrap();
        let account = BankAccount {
            institution: "001".to_owned(),
            kind: InstitutionKind::Bank,
            number: "0123456789".to_owned(),
            currency: Currency::NGN,
        };
        let recipient = NewRecipient { account, name: "Ada Obi".to_owned() };
        let recipient = world.gateway.create_recipient(recipient).await.unwrap();
        let amount = payment(100_000, Currency::NGN).amount;
        let payout = SendPayout { reference: reference(), recipient, amount, reason: "earnings".to_owned() };
        world.twin.control().answer_next(Route::InitiateTransfer, fault);
        let error = world.gateway.send(payout.clone()).await.unwrap_err();
        assert_eq!(error.kind, UnknownOutcome, "{fault:?}");
        let found = Payouts::fetch(&world.gateway, &payout.reference).await;
        let is_there = matches!(fault, Fault::ClosedAfterCommit | Fault::ResetAfterCommit);
        assert_eq!(found.is_ok(), is_there, "{fault:?}");
    }
}

#[tokio::test]
async fn a_question_whose_connection_breaks_off_is_asked_once_more() {
    let world = World::new().await;
    world.gateway.start(payment(250_000, Currency::NGN)).await.unwrap();
    for fault in BREAKS {
        let control = world.twin.control();
        control.answer_next(Route::Verify, fault);
        assert_eq!(world.fetched().await, Ok(PaymentState::Open), "{fault:?}");
        control.answer_next_times(Route::Verify, fault, 2);
        assert_eq!(world.fetched().await, Err(Transient), "but not twice more: {fault:?}");
        assert_eq!(world.fetched().await, Ok(PaymentState::Open), "{fault:?}");
    }
    world.twin.control().answer_next(Route::Verify, Fault::Status(500));
    assert_eq!(world.fetched().await, Err(Transient), "an answer is an answer");
    assert_eq!(world.fetched().await, Ok(PaymentState::Open));
}

/// Before TLS is up nothing of a request is on the way: that is certain, whatever ends the connection.
#[tokio::test]
async fn a_connection_that_breaks_off_before_it_stands_carried_nothing_out() {
    for resets in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut hello = [0_u8; 8];
                stream.read_exact(&mut hello).await.ok();
                if resets {
                    stream.set_zero_linger().ok();
                }
            }
        });
        let error = gateway(&url).start(payment(250_000, Currency::NGN)).await.unwrap_err();
        assert_eq!(error.kind, Transient, "resets: {resets}");
        let error = Collect::fetch(&gateway(&url), &reference().into()).await.unwrap_err();
        assert_eq!(error.kind, Transient, "resets: {resets}");
    }
}
