//! The shop in which clients hang up, and what is looked at in it afterwards.

use crate::{
    bad_input::routes::Row,
    place::{Place, count},
    stage::Stage,
};
use futures_util::future::join_all;
use marketplace_testing::smtp::{Fault, SmtpServer, SmtpServerOptions, Stage as Step};
use marketplace_tests::{Account, Client, Product, Server, Upload, poll, wait_until};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A shop, and one beside it whose mails are refused, so that there are jobs that died.
pub(super) struct World {
    pub(super) stage: Stage,
    pub(super) admin: String,
    /// Where Bob gets links to what he bought first.
    pub(super) links: String,
    /// The page of that order.
    pub(super) page: String,
    /// Costs nothing.
    pub(super) gift: Product,
    /// Buys in the tests of checkout, and nothing else.
    pub(super) buyer: Account,
    /// Jobs that died, in a shop of their own.
    pub(super) dead: Graveyard,
    database: Option<String>,
    /// How many files and sockets the server has open when nobody is there.
    open: usize,
}

/// A shop whose mail server takes no mail.
pub(super) struct Graveyard {
    server: Server,
    pub(super) client: Client,
    pub(super) admin: String,
    _mail: SmtpServer,
}

/// More than there are connections to the database.
const CROWD: usize = 40;

/// So many files and sockets more than at the beginning are no leak: connections of pools that were not needed then, to the
/// database and, with both of their ends, to the gateway's twin in the same process.
const SLACK: usize = 64;

/// A socket whose other end has closed, and which is still open here, in the system's table.
const CLOSE_WAIT: &str = "08";

impl World {
    pub(super) async fn at(place: &Place) -> Self {
        let stage = Stage::at(place).await;
        let admin = stage.admin().await;
        let rights = stage.client.library(&stage.bob.token).await;
        let right = rights[0]["entitlement_id"].as_str().expect("an id");
        let links = format!("/api/v1/library/{right}/files/{}/links", stage.book.file_id);
        let page = stage.client.wait_for_mails(&stage.bob.email, 1).await[0].page();
        let gift = stage.client.sell(&stage.ada, "0.00", Upload::pdf("gift.pdf", 1_000)).await;
        let buyer = stage.client.register("buyer-of-checkouts", "customer").await;
        let database = place.options().variable("DATABASE_URL").map(str::to_owned);
        let dead = Graveyard::dig(place).await;
        let mut world = Self { stage, admin, links, page, gift, buyer, dead, database, open: 0 };
        world.crowd().await;
        world.open = world.open_now();
        world
    }

    pub(super) fn base(&self) -> &str {
        self.stage.server.base()
    }

    /// Where a route is asked: what needs dead jobs, where they are.
    pub(super) fn base_of(&self, row: &Row) -> &str {
        if row.path.starts_with("/admin/jobs/") { self.dead.base() } else { self.base() }
    }

    pub(super) fn client(&self) -> &Client {
        &self.stage.client
    }

    /// Longer than a job's lease, and than that of an idempotency key.
    pub(super) async fn outlive_leases(&self) {
        self.client().advance(61).await;
        self.dead.client.advance(61).await;
    }

    /// Many at once, each of whom needs the database.
    async fn crowd(&self) {
        let asks = (0..CROWD).map(|_| self.client().get("/api/v1/me").bearer(&self.stage.bob.token).send());
        for answer in join_all(asks).await {
            answer.expect(200);
        }
    }

    pub(super) fn open_now(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.stage.server.process().id());
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }

    /// What the server's process holds of the memory, in MiB.
    pub(super) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.stage.server.process().id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the system tells it");
        line.split_whitespace().next().and_then(|number| number.parse::<u64>().ok()).expect("a number") / 1024
    }

    /// How many sockets of the server's nobody is at the other end of.
    fn forgotten(&self) -> usize {
        let port: u16 = self.base().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let own = format!("0100007F:{port:04X}");
        let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        rows.filter(|row| row.get(1) == Some(&&*own) && row.get(3) == Some(&CLOSE_WAIT)).count()
    }

    /// The server is as it was: every connection is usable, none is left open.
    pub(super) async fn expect_well(&self, story: &str) {
        self.crowd().await;
        assert_eq!(self.client().get("/health/ready").send().await.status, 200, "{story}");
        poll(&format!("sockets of clients that are gone are closed after {story}"), || {
            (self.forgotten() == 0).then_some(())
        })
        .await;
        let open = self.open_now();
        assert!(
            open <= self.open + SLACK,
            "{story}: {open} files and sockets are open, {} at first",
            self.open
        );
        if self.database.is_some() {
            wait_until(&format!("no transaction is left open after {story}"), || async {
                (self.count(OPEN_TRANSACTIONS).await == 0).then_some(())
            })
            .await;
        }
        let said = self.stage.server.process().stderr();
        assert!(!said.contains("panicked"), "{story}: {said}");
    }

    /// All is over: no job is held, nothing is half there, the books add up.
    pub(super) async fn expect_sound(&self) {
        for (client, admin) in [(self.client(), &self.admin), (&self.dead.client, &self.dead.admin)] {
            wait_until("no job stays with a worker", || async {
                client.advance(61).await;
                jobs(client, admin, "running").await.is_empty().then_some(())
            })
            .await;
        }
        let dead = jobs(self.client(), &self.admin, "dead").await;
        assert!(dead.is_empty(), "{dead:?}");
        self.expect_no_halves("all").await;
        let verified = self.stage.server.command(&["ledger", "verify"], None).await;
        assert_eq!(verified.code, Some(0), "{verified:#?}");
        // A day later the sweep has taken away what nobody knows.
        self.client().advance(25 * 3600).await;
        let folder = self.stage.server.data_dir().join("files");
        let known = self.count("SELECT count(*) FROM mkt_file_versions").await;
        wait_until("no object is left that nobody knows", || async {
            let objects = files(&folder.join("files"));
            (i64::try_from(objects.len()) == Ok(known)).then_some(())
        })
        .await;
        assert_eq!(files(&folder.join(".incoming")), Vec::<PathBuf>::new(), "no half upload is left");
    }

    /// Each of these counts what would be half an effect. None is ever seen, whatever is under way.
    pub(super) async fn expect_no_halves(&self, story: &str) {
        for (what, sql) in HALVES {
            assert_eq!(self.count(sql).await, 0, "{what} after {story}");
        }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        count(self.database.as_deref(), &self.stage.server.data_dir(), sql).await
    }
}

/// Connections on which PostgreSQL waits for the end of a transaction.
const OPEN_TRANSACTIONS: &str =
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";

/// Rows that only ever come together.
const HALVES: [(&str, &str); 5] = [
    (
        "a used link without a session, or a session without a used link",
        "SELECT count(*) FROM mkt_links l LEFT JOIN mkt_download_sessions s ON s.link_id = l.id
         WHERE (l.claimed_at IS NOT NULL) <> (s.id IS NOT NULL)",
    ),
    (
        "a paid order without its rights, or rights of one that is not paid",
        "SELECT count(*) FROM mkt_order_lines l JOIN mkt_orders o ON o.id = l.order_id
         LEFT JOIN mkt_entitlements e ON e.line_id = l.id WHERE (o.state = 'paid') <> (e.id IS NOT NULL)",
    ),
    (
        "an order of something that costs, without an attempt to pay",
        "SELECT count(*) FROM mkt_orders o LEFT JOIN mkt_attempts a ON a.order_id = o.id
         WHERE o.total_minor > 0 AND a.reference IS NULL",
    ),
    (
        "a paid attempt without its entry",
        "SELECT count(*) FROM mkt_orders o LEFT JOIN mkt_entries e ON e.order_id = o.id
         WHERE o.total_minor > 0 AND (o.state = 'paid') <> (e.id IS NOT NULL)",
    ),
    (
        "a file without a version",
        "SELECT count(*) FROM mkt_files f LEFT JOIN mkt_file_versions v ON v.file_id = f.id WHERE v.id IS NULL",
    ),
];

impl Graveyard {
    async fn dig(place: &Place) -> Self {
        let mail = SmtpServer::start(SmtpServerOptions::default()).await;
        mail.always(Step::Rcpt, Fault::answer("550 5.1.1 no such user"));
        // With the embedded store: the other one's database is taken.
        let options = place.options().with_variable("DATABASE_URL", "");
        let options =
            options.with_variable("SMTP_URL", mail.url()).with_variable("SMTP_CA", mail.authority());
        let server = Server::start(options).await;
        let client = server.client();
        let (ada, bob) = (client.register("ada", "creator").await, client.register("bob", "customer").await);
        let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 1_000)).await;
        for _ in 0..2 {
            let placed = client.check_out(&bob, &book).await;
            client.pay(&placed).await;
        }
        let (email, password) = ("operator@mail.example", "correct horse operator");
        let made = server.command(&["admin", "create", email, "--password-stdin"], Some(password)).await;
        assert_eq!(made.code, Some(0), "{made:#?}");
        let admin = client.sign_in(email, password).await;
        let dug = Self { server, client, admin, _mail: mail };
        dug.all_dead().await;
        dug
    }

    pub(super) fn base(&self) -> &str {
        self.server.base()
    }

    /// Waits until each of them is dead, again, and gives them.
    pub(super) async fn all_dead(&self) -> Vec<Value> {
        wait_until("four mails are given up", || async {
            let dead = jobs(&self.client, &self.admin, "dead").await;
            (dead.len() == 4).then_some(dead)
        })
        .await
    }
}

/// The jobs in a state, as the operator sees them.
async fn jobs(client: &Client, admin: &str, state: &str) -> Vec<Value> {
    let path = format!("/api/v1/admin/jobs?limit=100&state={state}");
    let answer = client.get(&path).bearer(admin).send().await.expect(200);
    answer["items"].as_array().expect("a list").clone()
}

/// What lies in a folder, but for its lock.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
    let paths = entries.into_iter().map(|entry| entry.expect("a file is readable").path());
    paths.filter(|path| !path.ends_with(".lock")).collect()
}
