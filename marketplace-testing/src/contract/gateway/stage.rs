//! A gateway on which a case plays.

use super::{FreshGateway, GatewayHarness, GatewayWorld, PaidAs};
use crate::build::Fixture;
use marketplace_core::{
    id::RefundId,
    money::Money,
    order::Locale,
    payment::{
        BankAccount, CreateRefund, Descriptor, Gateway, Mode, NewRecipient, PaymentLocator, PaymentSnapshot,
        SendPayout, StartPayment, Started,
    },
};
use std::sync::Arc;

/// The adapter, its gateway and new rows.
pub(super) struct Stage {
    pub(super) fresh: FreshGateway,
    pub(super) fixture: Fixture,
}

impl Stage {
    pub(super) async fn new(harness: &dyn GatewayHarness) -> Self {
        Self { fresh: harness.fresh().await, fixture: Fixture::new(1) }
    }

    pub(super) fn gateway(&self) -> &dyn Gateway {
        &*self.fresh.gateway
    }

    pub(super) fn world(&self) -> &dyn GatewayWorld {
        &*self.fresh.world
    }

    pub(super) fn descriptor(&self) -> Descriptor {
        self.gateway().descriptor()
    }

    /// An amount that every gateway takes and that no float holds: some hundred units and 99 hundredths.
    pub(super) fn price(&self) -> Money {
        let rule = self.descriptor().currencies[0];
        let unit = 10_i64.pow(rule.minimum.currency().digits());
        Money::new(rule.minimum.minor().max(100 * unit) * 20 + 99 * unit / 100, rule.minimum.currency())
    }

    /// A part of the price.
    pub(super) fn part(&self, of: i64) -> Money {
        Money::new(self.price().minor() / of, self.price().currency())
    }

    pub(super) fn payment(&self, amount: Money) -> StartPayment {
        StartPayment {
            reference: self.fixture.reference(),
            amount,
            email: self.fixture.email(),
            phone: Some(self.fixture.phone()),
            return_url: "https://shop.example/pay/return".to_owned(),
            locale: Locale::default(),
        }
    }

    /// A payment that has begun, as it is known from then on.
    pub(super) async fn begun(&self) -> (PaymentLocator, Started) {
        let payment = self.payment(self.price());
        let reference = payment.reference.clone();
        let started = self.gateway().start(payment).await.expect("a payment begins");
        (PaymentLocator { reference, gateway_id: started.gateway_id.clone() }, started)
    }

    /// A payment that was made.
    pub(super) async fn paid(&self) -> PaymentLocator {
        let (payment, _) = self.begun().await;
        self.world().pay(&payment.reference, PaidAs::Asked).await;
        let gateway_id = self.fetched(&payment).await.gateway_id;
        PaymentLocator { gateway_id, ..payment }
    }

    pub(super) async fn fetched(&self, payment: &PaymentLocator) -> PaymentSnapshot {
        self.gateway().fetch(payment).await.expect("a payment is known")
    }

    /// The mode that the adapter was not made for.
    pub(super) fn other_mode(&self) -> Mode {
        match self.descriptor().mode {
            Mode::Live => Mode::Test,
            Mode::Test => Mode::Live,
        }
    }

    pub(super) fn refund(&self, payment: &PaymentLocator, amount: Money) -> CreateRefund {
        let id = RefundId::from_uuid(self.fixture.uuid());
        CreateRefund { id, payment: payment.clone(), amount, reason: "not as described".to_owned() }
    }

    pub(super) fn account(&self) -> BankAccount {
        self.world().account()
    }

    /// A payout to an account that is known, with enough money for it.
    pub(super) async fn payout(&self) -> SendPayout {
        let payouts = Arc::clone(self.fresh.payouts.as_ref().expect("it pays out"));
        let account = self.account();
        let unit = 10_i64.pow(account.currency.digits());
        let amount = Money::new(1_000 * unit + 99 * unit / 100, account.currency);
        self.world().fund(Money::new(amount.minor() * 10, account.currency)).await;
        let recipient = NewRecipient { account, name: "Ada Obi".to_owned() };
        let recipient = payouts.create_recipient(recipient).await.expect("a recipient is made known");
        SendPayout { reference: self.fixture.reference(), recipient, amount, reason: "earnings".to_owned() }
    }
}
