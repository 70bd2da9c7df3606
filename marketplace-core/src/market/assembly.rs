//! The services of a marketplace, wired together.

use super::{BuildError, Builder, HealthReport, Part, Rules, upkeep::Upkeep};
use crate::{
    answer::Answers,
    catalog::Catalog,
    commit::Committer,
    delivery::{Delivery, Witness},
    earnings::Earnings,
    event::Events,
    id::IdGen,
    identity::Identity,
    job::{Handler, Jobs, Wake, Worker, kinds},
    ledger::{LedgerJobs, Wallet},
    limiter::RateLimiter,
    mail::MailJobs,
    money::Currency,
    order::Checkout,
    payment::{Descriptor, Inbox, PaymentJobs, PaymentRows, Payments, Silence},
    refund::{RefundJobs, RefundRows, Repayments},
    store::Store,
    time::Clock,
    timeline::Timeline,
};
use std::{collections::BTreeMap, sync::Arc};

/// An embeddable marketplace: rules and flows, over the parts that the host gave.
///
/// Cheap to share behind an `Arc`. Nothing runs by itself: the host calls services from its routes and awaits
/// [`Marketplace::worker`] somewhere.
#[derive(Debug)]
pub struct Marketplace {
    identity: Identity,
    catalog: Catalog,
    checkout: Checkout,
    payments: Payments,
    inbox: Inbox,
    wallet: Wallet,
    earnings: Earnings,
    delivery: Delivery,
    timeline: Timeline,
    store: Arc<dyn Store>,
    limiter: Arc<dyn RateLimiter>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    worker: Worker,
    base_url: String,
    rules: Arc<Rules>,
}

macro_rules! take {
    ($builder:ident: $($field:ident = $part:ident),+ $(,)?) => {
        let mut missing = Vec::new();
        $(if $builder.$field.is_none() { missing.push(Part::$part); })+
        let ($(Some($field),)+) = ($($builder.$field,)+) else { return Err(BuildError::Missing(missing)) };
    };
}

impl Marketplace {
    /// Begins to put a marketplace together.
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(super) fn assemble(builder: Builder) -> Result<Self, BuildError> {
        let Builder {
            rules,
            worker: options,
            handlers: own_handlers,
            reactions,
            refunds,
            direct_uploads,
            ..
        } = builder.clone();
        take!(builder: store = Store, gateway = Gateway, files = Files, mailer = Mailer, composer = Composer,
            clock = Clock, timer = Timer, ids = Ids, hasher = Hasher, limiter = Limiter, secret = Secret,
            base_url = BaseUrl);
        let has_scheme = base_url.starts_with("http://") || base_url.starts_with("https://");
        if !has_scheme || base_url.ends_with('/') {
            return Err(BuildError::BaseUrl);
        }
        let rules = Arc::new(rules);
        // Whatever is sold at all is sold in a currency of the gateway; this one is for a gateway that names none.
        let home =
            gateway.descriptor().currencies.first().map_or(Currency::NGN, |rule| rule.minimum.currency());
        let wake = Wake::default();
        let reacting: Vec<_> = reactions.jobs().collect();
        let committer = Committer::new(store.clone(), wake.clone()).with_reactions(reactions);

        let identity = Identity {
            users: store.clone(),
            sessions: store.clone(),
            committer: committer.clone(),
            hasher,
            clock: clock.clone(),
            ids: ids.clone(),
            secret: secret.clone(),
            sign_in_ttl: rules.sign_in_ttl,
        };
        let catalog = Catalog {
            products: store.clone(),
            uploads: store.clone(),
            users: store.clone(),
            committer: committer.clone(),
            files: files.clone(),
            direct: direct_uploads,
            limiter: limiter.clone(),
            gateway: gateway.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            secret: secret.clone(),
            base_url: base_url.clone(),
            rules: rules.clone(),
        };
        let payments = Payments {
            rows: store.clone(),
            orders: store.clone(),
            committer: committer.clone(),
            gateway: gateway.clone(),
            limiter: limiter.clone(),
            timer: timer.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            rules: rules.clone(),
            refund_rows: store.clone(),
            refunds,
            silence: Silence::default(),
            return_url: format!("{base_url}/pay/return"),
        };
        let inbox = Inbox {
            notices: gateway.clone(),
            gateway,
            rows: store.clone(),
            payments: payments.clone(),
            committer: committer.clone(),
            clock: clock.clone(),
        };
        let checkout = Checkout {
            orders: store.clone(),
            products: store.clone(),
            attempts: store.clone(),
            payments: payments.clone(),
            committer: committer.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            secret: secret.clone(),
            rules: rules.clone(),
        };
        let delivery = Delivery {
            entitlements: store.clone(),
            links: store.clone(),
            products: store.clone(),
            orders: store.clone(),
            limiter: limiter.clone(),
            files,
            committer: committer.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            secret,
            rules: rules.clone(),
            witness: Witness::new(store.clone(), clock.clone(), timer.clone()),
        };
        let timeline = Timeline {
            payments: store.clone(),
            refunds: store.clone(),
            entitlements: store.clone(),
            links: store.clone(),
            visits: store.clone(),
            jobs: store.clone(),
            clock: clock.clone(),
        };
        let earnings = Earnings { sales: store.clone(), clock: clock.clone(), currency: home };
        let wallet = Wallet { ledger: store.clone(), audit: store.clone(), committer, clock: clock.clone() };
        let mail = MailJobs {
            orders: store.clone(),
            attempts: store.clone(),
            users: store.clone(),
            products: store.clone(),
            delivery: delivery.clone(),
            composer,
            mailer,
            base_url: base_url.clone(),
        };
        let upkeep = Upkeep {
            catalog: catalog.clone(),
            answers: store.clone(),
            events: store.clone(),
            clock: clock.clone(),
        };

        let mut all: Vec<Arc<dyn Handler>> = vec![
            Arc::new(PaymentJobs { inbox: inbox.clone(), payments: payments.clone() }),
            Arc::new(RefundJobs { repayments: Repayments { payments: payments.clone() } }),
            Arc::new(LedgerJobs { wallet: wallet.clone() }),
            Arc::new(mail),
            Arc::new(upkeep),
        ];
        all.extend(own_handlers);
        let mut handlers = BTreeMap::new();
        for handler in all {
            for kind in handler.kinds() {
                if handlers.insert(*kind, handler.clone()).is_some() {
                    return Err(BuildError::DuplicateHandler(kind));
                }
            }
        }
        if let Some(kind) = reacting.into_iter().find(|kind| !handlers.contains_key(kind)) {
            return Err(BuildError::UnhandledReaction(kind));
        }
        let worker = Worker {
            jobs: store.clone(),
            handlers: Arc::new(handlers),
            periodic: Arc::new(vec![
                kinds::SEAL_LEDGER,
                kinds::RECONCILE,
                kinds::SWEEP_UPLOADS,
                kinds::PURGE_ANSWERS,
                kinds::NUMBER_EVENTS,
            ]),
            clock: clock.clone(),
            timer,
            ids: ids.clone(),
            wake,
            options,
        };
        Ok(Self {
            identity,
            catalog,
            checkout,
            payments,
            inbox,
            wallet,
            earnings,
            delivery,
            timeline,
            store,
            limiter,
            clock,
            ids,
            worker,
            base_url,
            rules,
        })
    }

    /// Accounts and sign-ins.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Products and files.
    pub const fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Placing and reading orders.
    pub const fn checkout(&self) -> &Checkout {
        &self.checkout
    }

    /// Attempts to pay.
    pub const fn payments(&self) -> &Payments {
        &self.payments
    }

    /// Notices of the gateway.
    pub const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Balances, and the ledger behind them.
    pub const fn wallet(&self) -> &Wallet {
        &self.wallet
    }

    /// What creators sold, over time and one by one.
    pub const fn earnings(&self) -> &Earnings {
        &self.earnings
    }

    /// Links, downloads, libraries.
    pub const fn delivery(&self) -> &Delivery {
        &self.delivery
    }

    /// What became of orders, step by step.
    pub const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// The worker; await its [`Worker::run_until`].
    pub const fn worker(&self) -> &Worker {
        &self.worker
    }

    /// Wakes the worker of this process, for example after a development clock was set forward.
    pub fn wake_worker(&self) {
        self.worker.wake.notify();
    }

    /// Stored answers, for routes with an idempotency key.
    pub fn answers(&self) -> Arc<dyn Answers> {
        self.store.clone()
    }

    /// What happened, for a host's own effects.
    pub fn events(&self) -> Arc<dyn Events> {
        self.store.clone()
    }

    /// The jobs, for operators.
    pub fn jobs(&self) -> Arc<dyn Jobs> {
        self.store.clone()
    }

    /// What waits for an operator, and attempts as stored.
    pub fn payment_rows(&self) -> Arc<dyn PaymentRows> {
        self.store.clone()
    }

    /// Refunds as stored.
    pub fn refund_rows(&self) -> Arc<dyn RefundRows> {
        self.store.clone()
    }

    /// The rate limiter.
    pub fn limiter(&self) -> Arc<dyn RateLimiter> {
        self.limiter.clone()
    }

    /// The clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The source of ids.
    pub fn ids(&self) -> Arc<dyn IdGen> {
        self.ids.clone()
    }

    /// The gateway, as data.
    pub fn gateway(&self) -> Descriptor {
        self.payments.gateway.descriptor()
    }

    /// What public addresses begin with.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The rules in force.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Looks at the store and the file store, at once. Takes five seconds at the most.
    pub async fn health(&self) -> HealthReport {
        HealthReport::ask(&*self.store, &*self.delivery.files, &*self.worker.timer).await
    }
}
