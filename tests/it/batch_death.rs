//! Death of the server in the middle of a batch, under load: commits pile up behind somebody else's lock, the lock goes,
//! and while they are written together the process is killed as by a power cut. Again and again.
//!
//! What must hold: what was acknowledged, a placed order or a paid one, is there at once when the server is up again;
//! what was not is there wholly or not at all, and has one effect when it is sent again; the books are right.

use crate::{
    database_death::all,
    place::{Place, everywhere},
};
use marketplace_tests::{Client, PATIENCE, Placed, Product, Server, Upload, keep_asking, wait_until};
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection};
use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio::{task::JoinSet, time::timeout};

everywhere! { in_the_middle_of_a_batch }

/// How often the server dies.
const DEATHS: u64 = 3;
/// How many buy all the time, how many orders of each life make a load, and how many more come at once before the end.
const GUESTS: usize = 16;
const LOAD: usize = 24;
const RUSH: usize = 24;
/// Longer than any lease.
const LEASE: u64 = 61;

/// What was acknowledged, and what is under way.
#[derive(Debug, Default)]
struct Told {
    placed: Mutex<Vec<Placed>>,
    paid: Mutex<Vec<Placed>>,
    checking_out: AtomicUsize,
    /// Nobody begins anything new.
    paused: AtomicBool,
    enough: AtomicBool,
}

impl Told {
    fn paid(&self) -> Vec<Placed> {
        self.paid.lock().expect("nobody panics with it").clone()
    }

    fn placed(&self) -> Vec<Placed> {
        self.placed.lock().expect("nobody panics with it").clone()
    }
}

/// Buys so often, or until it is enough, whatever happens to the server: whoever gets no answer asks again.
async fn buy(client: Client, told: Arc<Told>, guest: String, product: String, most: usize) {
    for number in 0..most {
        keep_asking(|| async { (!told.paused.load(Ordering::SeqCst)).then_some(()) }).await;
        if told.enough.load(Ordering::SeqCst) {
            return;
        }
        let name = format!("{guest}-{number}");
        let body = json!({ "items": [{ "product_id": product }], "email": format!("{name}@mail.example") });
        let placed = keep_asking(|| async {
            told.checking_out.fetch_add(1, Ordering::SeqCst);
            let answer = client.post("/api/v1/checkout").key(&name).json(&body).try_send().await;
            told.checking_out.fetch_sub(1, Ordering::SeqCst);
            answer.filter(|answer| answer.status == 201).map(|answer| Placed::read(&answer.json(), None))
        })
        .await;
        told.placed.lock().expect("nobody panics with it").push(placed.clone());
        let pay = || async {
            let page = client.post(&placed.pay_at).typed("application/x-www-form-urlencoded", "outcome=pay");
            page.try_send().await.filter(|answer| answer.status == 302)
        };
        keep_asking(pay).await;
        let path = format!("/api/v1/orders/{}", placed.order);
        keep_asking(|| async {
            let answer = client.get(&path).bearer(&placed.token).try_send().await?;
            (answer.status == 200 && answer.json()["status"] == "paid").then_some(())
        })
        .await;
        told.paid.lock().expect("nobody panics with it").push(placed);
    }
}

/// Somebody who gets in the way of every commit.
enum Stranger {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Stranger {
    async fn of(server: &Server) -> Self {
        let url = server.options().variable("DATABASE_URL");
        if let Some(url) = url {
            return Self::Postgres(PgConnection::connect(url).await.expect("the database is there"));
        }
        let file = database_file(&server.data_dir());
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        Self::Sqlite(options.connect().await.expect("the file is there"))
    }

    async fn run(&mut self, postgres: &'static str, sqlite: &'static str) {
        match self {
            Self::Postgres(connection) => connection.execute(postgres).await.map(drop),
            Self::Sqlite(connection) => connection.execute(sqlite).await.map(drop),
        }
        .expect("a statement runs");
    }

    async fn hold(&mut self) {
        self.run("BEGIN; LOCK TABLE mkt_decisions IN EXCLUSIVE MODE", "BEGIN IMMEDIATE").await;
    }

    async fn let_go(&mut self) {
        self.run("ROLLBACK", "ROLLBACK").await;
    }

    async fn count(&mut self, what: &'static str) -> usize {
        let count: i64 = match self {
            Self::Postgres(connection) => sqlx::query_scalar(what).fetch_one(connection).await,
            Self::Sqlite(connection) => sqlx::query_scalar(what).fetch_one(connection).await,
        }
        .expect("a count");
        usize::try_from(count).expect("a count")
    }
}

fn database_file(folder: &Path) -> std::path::PathBuf {
    let files = std::fs::read_dir(folder).expect("the folder is there").flatten().map(|entry| entry.path());
    let mut files = files.filter(|path| path.extension().is_some_and(|extension| extension == "db"));
    files.next().expect("the embedded store is a file")
}

async fn in_the_middle_of_a_batch(place: Place) {
    let mut server = Server::start(place.options()).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let book: Product = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 1_000)).await;
    let told = Arc::new(Told::default());
    let mut crowd = JoinSet::new();
    let mut send = |guest: String, most: usize| {
        crowd.spawn(buy(client.clone(), Arc::clone(&told), guest, book.id.clone(), most));
    };
    (0..GUESTS).for_each(|number| send(format!("guest-{number}"), usize::MAX));
    for death in 1..=DEATHS {
        let before = (told.placed().len(), told.paid().len());
        wait_until("the crowd buys", || async { (told.paid().len() >= before.1 + LOAD).then_some(()) }).await;
        let mut stranger = Stranger::of(&server).await;
        stranger.hold().await;
        (0..RUSH).for_each(|number| send(format!("rush-{death}-{number}"), 1));
        wait_until("commits pile up", || async {
            (told.checking_out.load(Ordering::SeqCst) >= RUSH).then_some(())
        })
        .await;
        stranger.let_go().await;
        let (placed, paid) = (told.placed(), told.paid());
        told.paused.store(true, Ordering::SeqCst);
        let stopped = server.kill().await;
        drop(stranger);
        server = stopped.start().await;
        for order in &paid[before.1..] {
            assert_eq!(client.order(order).await["status"], "paid", "acknowledged before death {death}");
        }
        for order in &placed[before.0..] {
            // One that is not there has no page, which panics.
            client.order(order).await;
        }
        told.paused.store(false, Ordering::SeqCst);
        // The clock begins anew with each life, the leases of the life before do not.
        client.advance(LEASE * (death + 1)).await;
    }
    told.enough.store(true, Ordering::SeqCst);
    let served = async {
        while let Some(guest) = crowd.join_next().await {
            guest.expect("a guest is served");
        }
    };
    timeout(PATIENCE * 2, served).await.expect("everybody is served in the end");

    let (placed, paid) = (told.placed(), told.paid());
    assert_eq!(placed.len(), paid.len());
    let orders: BTreeSet<_> = paid.iter().map(|placed| placed.order.clone()).collect();
    assert_eq!(orders.len(), paid.len(), "each key has an order of its own");
    let lines = all(&client, &ada.token, "/api/v1/creator/wallet/entries").await;
    let of: BTreeSet<_> = lines.iter().filter_map(|line| line["order_id"].as_str()).collect();
    assert_eq!((lines.len(), of.len()), (paid.len(), paid.len()), "one posting per sale");
    let mut stranger = Stranger::of(&server).await;
    assert_eq!(stranger.count("SELECT count(*) FROM mkt_orders").await, paid.len(), "one order per key");
    assert_eq!(
        stranger.count("SELECT count(*) FROM mkt_entitlements").await,
        paid.len(),
        "one right per sale"
    );
    assert_eq!(stranger.count("SELECT count(*) FROM mkt_reviews").await, 0, "nothing is in doubt");
    assert_eq!(
        stranger.count("SELECT count(*) FROM mkt_jobs WHERE state = 'dead'").await,
        0,
        "no job is lost"
    );
    let verified = server.command(&["ledger", "verify"], None).await;
    assert_eq!(verified.code, Some(0), "{verified:#?}");
}
