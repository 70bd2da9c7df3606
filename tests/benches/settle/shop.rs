//! A marketplace that is measured: the real services on a real store, with orders that wait to be paid.

use super::run::{Round, round};
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt as _, future, stream};
use hmac::{Hmac, KeyInit as _, Mac as _};
use marketplace_core::{
    Marketplace, Store,
    catalog::{Product, StoredFile},
    commit::Change,
    file::FileStore as _,
    id::{AppSecret, JobId, OsIdGen, Purpose, Token},
    job::{Handler as _, Job, JobOutcome, JobState, NewJob, kinds},
    money::{Currency, Money},
    payment::{
        Collect, DecodedNotice, Descriptor, GatewayError, GatewayErrorKind, Listing, Mode, NoticeRefused,
        Notices, PaymentJobs, PaymentLocator, PaymentSnapshot, PaymentState, RawNotice, StartPayment,
        Started, Window,
    },
    runtime::TokioTimer,
    time::{SystemClock, Timestamp},
};
use marketplace_paystack::{Paystack, PaystackConfig, SecretString};
use marketplace_testing::{
    build::Fixture,
    fake::{MemoryFiles, OpenLimiter, PlainComposer, PlainHasher, RecordingMailer},
};
use serde_json::json;
use sha2::Sha512;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

const KEY: &str = "sk_test_0123456789abcdef0123456789abcdef01234567";

/// What everything costs.
pub const PRICE: i64 = 250_000;

/// Checks and reads notices as Paystack's adapter does; everybody has paid.
#[derive(Debug)]
struct PaidGateway(Paystack);

#[async_trait]
impl Collect for PaidGateway {
    fn descriptor(&self) -> Descriptor {
        self.0.descriptor()
    }
    async fn start(&self, _: StartPayment) -> Result<Started, GatewayError> {
        Err(GatewayError::new(GatewayErrorKind::Transient, "nothing is begun here"))
    }
    async fn fetch(&self, payment: &PaymentLocator) -> Result<PaymentSnapshot, GatewayError> {
        let price = Money::new(PRICE, Currency::NGN);
        Ok(PaymentSnapshot {
            reference: payment.reference.to_string(),
            gateway_id: Some("302961".to_owned()),
            mode: Mode::Test,
            state: PaymentState::Paid,
            requested: Some(price),
            charged: price,
            fee: Some(Money::new(3_750, Currency::NGN)),
        })
    }
    async fn list(
        &self,
        window: Window,
        page: Option<String>,
    ) -> Result<Listing<PaymentSnapshot>, GatewayError> {
        self.0.list(window, page).await
    }
}

impl Notices for PaidGateway {
    fn decode(&self, raw: RawNotice<'_>) -> Result<DecodedNotice, NoticeRefused> {
        self.0.decode(raw)
    }
}

/// A webhook as it comes.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    job: Job,
}

/// The marketplace under measurement.
#[derive(Debug)]
pub struct Shop {
    market: Arc<Marketplace>,
    store: Arc<dyn Store>,
    jobs: PaymentJobs,
    fixture: Fixture,
    products: Vec<Product>,
    number: AtomicU32,
    files: Arc<MemoryFiles>,
}

impl Shop {
    /// A marketplace on an empty, migrated store, with so many sellers of one product each.
    pub async fn open(store: Arc<dyn Store>, sellers: usize) -> Self {
        let fixture = Fixture::new(7);
        let products = future::join_all((0..sellers).map(|_| seller(&*store, &fixture))).await;
        Self::on(store, fixture, products, AtomicU32::new(1))
    }

    /// The same marketplace on new connections.
    pub fn reopen(&self, store: Arc<dyn Store>) -> Self {
        // Nothing is drawn from it any more.
        Self::on(store, Fixture::new(8), self.products.clone(), AtomicU32::new(0))
    }

    fn on(store: Arc<dyn Store>, fixture: Fixture, products: Vec<Product>, number: AtomicU32) -> Self {
        let config = PaystackConfig::new(SecretString::from(KEY));
        let files = Arc::new(MemoryFiles::new());
        let gateway = Paystack::new(config).expect("the gateway is configured");
        let market = Marketplace::builder()
            .store(store.clone())
            .gateway(Arc::new(PaidGateway(gateway)))
            .files(files.clone())
            .mailer(Arc::new(RecordingMailer::default()))
            .composer(Arc::new(PlainComposer))
            .clock(Arc::new(SystemClock))
            .timer(Arc::new(TokioTimer))
            .ids(Arc::new(OsIdGen::new().expect("there is randomness")))
            .hasher(Arc::new(PlainHasher))
            .limiter(Arc::new(OpenLimiter))
            .secret(AppSecret::new(*b"not a secret, but of 32 bytes...").expect("32 bytes are enough"))
            .base_url("https://shop.example")
            .build()
            .expect("all parts are given");
        let jobs = PaymentJobs { inbox: market.inbox().clone(), payments: market.payments().clone() };
        Self { market: Arc::new(market), store, jobs, fixture, products, number, files }
    }

    /// Orders that wait to be paid, and the webhooks that tell that they are. `hot`: all of one seller.
    pub async fn webhooks(&self, count: usize, hot: bool) -> Vec<Webhook> {
        let mut webhooks = Vec::with_capacity(count);
        while webhooks.len() < count {
            let batch = (webhooks.len()..count.min(webhooks.len() + 100)).map(|number| {
                let product = &self.products[if hot { 0 } else { number % self.products.len() }];
                self.webhook(product)
            });
            webhooks.extend(future::join_all(batch).await);
        }
        webhooks
    }

    async fn webhook(&self, product: &Product) -> Webhook {
        let order = self.fixture.order(None, &[product]);
        let attempt = self.fixture.attempt(&order);
        let reference = attempt.reference.clone();
        let changes = vec![Change::InsertOrder(order), Change::InsertAttempt(attempt)];
        self.store.commit(self.fixture.set(changes)).await.expect("an order is placed");
        let id = self.number.fetch_add(1, Ordering::Relaxed);
        let body = json!({
            "event": "charge.success",
            "data": {
                "id": id, "domain": "test", "status": "success", "reference": reference, "amount": PRICE,
                "currency": "NGN", "gateway_response": "Successful", "paid_at": "2026-11-23T06:00:00.000Z",
                "channel": "card", "ip_address": "127.0.0.1", "metadata": { "cart": "17" }, "fees": 3_750,
                "customer": { "id": id, "email": "buyer@example.com", "customer_code": "CUS_x" },
                "authorization": { "authorization_code": "AUTH_x", "last4": "4081", "card_type": "visa" }
            }
        });
        let body = body.to_string().into_bytes();
        let mut mac = Hmac::<Sha512>::new_from_slice(KEY.as_bytes()).expect("any key will do");
        mac.update(&body);
        let signature = hex::encode(mac.finalize().into_bytes());
        let at = self.fixture.tick();
        let job = Job {
            new: NewJob {
                id: JobId::from_uuid(self.fixture.uuid()),
                kind: kinds::PROCESS_NOTICE.to_owned(),
                payload: json!({ "notice": format!("charge.success:{id}:success") }),
                subject: marketplace_core::commit::Subject::of(id),
                unique: None,
                run_at: at,
                created_at: at,
            },
            state: JobState::Running,
            attempts: 0,
            fence: 1,
            leased_until: Some(at),
            last_error: None,
            ended_at: None,
        };
        Webhook { headers: vec![("x-paystack-signature".to_owned(), signature)], body, job }
    }

    /// The marketplace itself.
    pub fn market(&self) -> &Arc<Marketplace> {
        &self.market
    }

    /// Waits until so many sales are in the books.
    pub async fn settled(&self, count: usize) {
        loop {
            let books = self.market.wallet().verify().await.expect("the ledger is read");
            if books.sealed + books.unsealed >= count as u64 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Takes a webhook in.
    pub async fn receive(&self, webhook: &Webhook) {
        let raw = RawNotice { headers: &webhook.headers, body: &webhook.body };
        self.market.inbox().receive(raw).await.expect("a webhook is taken in");
    }

    /// One unit: a webhook is taken in and processed.
    pub async fn unit(&self, webhook: &Webhook) {
        self.receive(webhook).await;
        let done = self.jobs.run(&webhook.job).await.expect("a notice is processed");
        assert_eq!(done, JobOutcome::Done);
    }

    /// So many links to a file, each to be used once.
    pub async fn links(&self, count: usize) -> Vec<Token> {
        let product = &self.products[0];
        let upload = self.fixture.upload(product);
        self.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let mut stored = self.fixture.file(&upload);
        let body = stream::once(future::ready(Ok(Bytes::from_static(b"a book")))).boxed();
        let put = self.files.put(&stored.version.object, body, 1_000).await;
        stored.version.size = put.expect("a file is stored").0.size;
        let order = self.fixture.order(None, &[product]);
        let right = self.fixture.entitlement(&order, &order.lines[0]);
        let StoredFile { file, version } = stored.clone();
        let changes = vec![
            Change::InsertFile { file, version, upload: upload.id },
            Change::InsertOrder(order),
            Change::Grant(right.clone()),
        ];
        self.store.commit(self.fixture.set(changes)).await.expect("a buyer may download");
        let secret = AppSecret::new(vec![7; 32]).expect("32 bytes are enough");
        let mut tokens = Vec::with_capacity(count);
        while tokens.len() < count {
            let links = (tokens.len()..count.min(tokens.len() + 100)).map(|_| {
                let mut link = self.fixture.link(&right, &stored);
                let token = secret.derive(Purpose::Link, link.id.uuid(), &link.nonce);
                link.token = token.hash();
                link.expires_at = Timestamp::MAX;
                tokens.push(token);
                Change::IssueLink(link)
            });
            let links = links.collect();
            self.store.commit(self.fixture.set(links)).await.expect("links are issued");
        }
        tokens
    }

    /// Uses a link up.
    pub async fn claim(&self, token: &Token) {
        self.market.delivery().claim(token).await.expect("a link opens its download");
    }

    /// Panics unless the books add up and hold exactly so many sales.
    pub async fn expect_sales(&self, count: u64) {
        while self.market.wallet().seal(500).await.expect("entries are sealed") > 0 {}
        let report = self.market.wallet().verify().await.expect("the ledger is read");
        assert!(report.is_healthy(), "{:?}", report.findings);
        assert_eq!(report.sealed + report.unsealed, count);
    }
}

/// Takes in and processes webhooks, by so many tasks.
pub async fn units(shop: &Arc<Shop>, webhooks: Vec<Webhook>, tasks: usize, postmaster: Option<u32>) -> Round {
    let shop = Arc::clone(shop);
    round(webhooks, tasks, postmaster, move |_, webhooks, number| {
        let shop = Arc::clone(&shop);
        async move { shop.unit(&webhooks[number]).await }
    })
    .await
}

/// Uses links up, by so many tasks.
pub async fn claims(shop: &Arc<Shop>, links: Vec<Token>, tasks: usize, postmaster: Option<u32>) -> Round {
    let shop = Arc::clone(shop);
    round(links, tasks, postmaster, move |_, links, number| {
        let shop = Arc::clone(&shop);
        async move { shop.claim(&links[number]).await }
    })
    .await
}

async fn seller(store: &dyn Store, fixture: &Fixture) -> Product {
    let creator = fixture.creator();
    let mut product = fixture.product(&creator);
    product.price = fixture.naira(PRICE);
    let changes = vec![Change::InsertUser(creator), Change::InsertProduct(product.clone())];
    store.commit(fixture.set(changes)).await.expect("a seller opens");
    product
}
