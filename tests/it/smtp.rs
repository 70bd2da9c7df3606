//! Mail that really goes out: by SMTP, with TLS and a password, to a server of the test's own.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use marketplace_testing::smtp::{Fault, Received, SmtpServer, SmtpServerOptions, Stage};
use marketplace_tests::{
    Account, Client, Placed, Product, Server, ServerOptions, Signal, Upload, wait_until,
};
use serde_json::Value;
use tempfile::TempDir;

const USER: &str = "shop@relay.example";
const PASSWORD: &str = "correct:horse/relay@1";

/// A shop with one book, that sends its mails to a server with STARTTLS and a password.
pub(crate) struct Shop {
    pub(crate) relay: SmtpServer,
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) ada: Account,
    pub(crate) bob: Account,
    book: Product,
    _certificates: TempDir,
}

impl Shop {
    async fn open() -> Self {
        Self::at(ServerOptions::default()).await
    }

    /// The same where these options say.
    pub(crate) async fn at(options: ServerOptions) -> Self {
        let relay = SmtpServer::start(SmtpServerOptions::default().with_login(USER, PASSWORD)).await;
        let certificates = TempDir::new().unwrap();
        let authority = certificates.path().join("authority.pem");
        std::fs::write(&authority, relay.authority()).unwrap();
        let options = options
            .with_variable("SMTP_URL", relay.url())
            .with_variable("SMTP_CA_FILE", authority.display().to_string())
            .with_variable("MAIL_FROM", "Ada's Books <no-reply@books.example>")
            .with_variable("RUST_LOG", "trace");
        let server = Server::start(options).await;
        let client = server.client();
        let ada = client.register("ada", "creator").await;
        let bob = client.register("bob", "customer").await;
        let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 100_000)).await;
        Self { relay, server, client, ada, bob, book, _certificates: certificates }
    }

    pub(crate) async fn buy(&self) -> Placed {
        let placed = self.client.check_out(&self.bob, &self.book).await;
        self.client.pay(&placed).await;
        placed
    }

    /// The first mail to an address.
    pub(crate) async fn mail_to(&self, address: &str) -> Received {
        wait_until(&format!("a mail to {address}"), || async {
            self.relay.received().into_iter().find(|mail| mail.to == [address])
        })
        .await
    }

    pub(crate) async fn admin(&self) -> String {
        let (email, password) = ("operator@mail.example", "correct horse operator");
        let create = ["admin", "create", email, "--password-stdin"];
        let made = self.server.command(&create, Some(password)).await;
        assert_eq!(made.code, Some(0), "{made:#?}");
        self.client.sign_in(email, password).await
    }

    /// Waits for a job of this kind in this state that has failed, and gives it.
    pub(crate) async fn failed(&self, admin: &str, kind: &str, state: &str) -> Value {
        let path = format!("/api/v1/admin/jobs?limit=100&state={state}");
        wait_until(&format!("a job {kind} is {state}, with a reason"), || async {
            let jobs = self.client.get(&path).bearer(admin).send().await.expect(200);
            let mut jobs = jobs["items"].as_array().expect("a list").iter();
            jobs.find(|job| job["kind"] == kind && job["last_error"].is_string()).cloned()
        })
        .await
    }
}

/// The first one-time link.
fn link(mail: &Received) -> String {
    let text = mail.text();
    let mut words = text.split_whitespace();
    words.find(|word| word.starts_with("http") && word.contains("/d/")).expect("a link").to_owned()
}

#[tokio::test]
async fn a_purchase_is_mailed_and_its_link_opens_the_file() {
    let shop = Shop::open().await;
    shop.buy().await;
    let mail = shop.mail_to(&shop.bob.email).await;
    assert!(mail.encrypted);
    assert_eq!(mail.user.as_deref(), Some(USER));
    assert_eq!(mail.from, "no-reply@books.example");
    assert_eq!(mail.header("Subject").as_deref(), Some("Your purchase: The book"));
    assert_eq!(mail.header("Reply-To").as_deref(), Some(shop.ada.email.as_str()));
    assert_eq!(mail.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    let id = mail.header("Message-ID").unwrap();
    assert!(id.starts_with("<purchase.ord_") && id.ends_with("@books.example>"), "{id}");
    let file = shop.client.claim(&link(&mail)).await;
    let bytes = shop.client.get(&file).send().await;
    assert_eq!((bytes.status, bytes.body), (200, shop.book.upload.bytes.clone()));
    let sold = shop.mail_to(&shop.ada.email).await;
    assert_eq!(sold.header("Subject").as_deref(), Some("You sold: The book"));

    // Nothing is kept that went out, and nothing tells the password.
    assert!(!shop.server.data_dir().join("mail").exists());
    assert!(shop.client.mails(&shop.bob.email).await.is_empty());
    let page = shop.client.get("/dev/mailbox").send().await;
    assert!(page.text().contains("SMTP_URL"), "{}", page.text());
    let stopped = shop.server.stop(Signal::Terminate).await;
    let said = format!("{}{}", stopped.exit.stdout, stopped.exit.stderr);
    let encoded = PASSWORD.replace(':', "%3A").replace('/', "%2F").replace('@', "%40");
    let plain = STANDARD.encode(format!("\0{USER}\0{PASSWORD}"));
    for secret in [PASSWORD, &encoded, &plain, "-----BEGIN"] {
        assert!(!said.contains(secret), "a secret stands in the log");
    }
    assert!(said.contains("STARTTLS") && said.contains("localhost:"), "{said}");
}

#[tokio::test]
async fn a_mail_server_that_is_down_is_waited_for() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    shop.relay.always(Stage::Connect, Fault::answer("421 4.3.2 closed for today"));
    let placed = shop.buy().await;
    let waiting = shop.failed(&admin, "mail.purchase", "ready").await;
    let why = waiting["last_error"].as_str().unwrap();
    assert!(why.ends_with("the mail server answered to the connection: 421 4.3.2 closed for today"), "{why}");
    assert_eq!(shop.client.order(&placed).await["status"], "paid", "which does not wait for mail");
    shop.relay.recover();
    shop.client.advance(3600).await;
    let mail = shop.mail_to(&shop.bob.email).await;
    shop.client.claim(&link(&mail)).await;
}

#[tokio::test]
async fn a_mail_that_is_refused_ends_with_a_reason_and_can_be_sent_again() {
    let shop = Shop::open().await;
    let admin = shop.admin().await;
    let refusal = format!("550 5.1.1 <{}>: no such user", shop.bob.email);
    shop.relay.always(Stage::Rcpt, Fault::Answer(refusal));
    shop.buy().await;
    let dead = shop.failed(&admin, "mail.purchase", "dead").await;
    assert_eq!(
        dead["last_error"],
        "the mail server answered to the recipient: 550 5.1.1 <address> no such user"
    );
    shop.relay.recover();
    let path = format!("/api/v1/admin/jobs/{}/retry", dead["id"].as_str().unwrap());
    shop.client.post(&path).bearer(&admin).send().await.expect(200);
    let mail = shop.mail_to(&shop.bob.email).await;
    shop.client.claim(&link(&mail)).await;
}

#[tokio::test]
async fn production_starts_with_a_mail_server_and_without_asking_it() {
    let relay = SmtpServer::start(SmtpServerOptions::default()).await;
    let options = ServerOptions::default()
        .with_variable("MARKETPLACE_RATE_LIMIT", "on")
        .with_variable("APP_ENV", "production")
        .with_variable("PAYSTACK_SECRET_KEY", "sk_live_0123456789abcdef0123456789abcdef01234567")
        .with_variable("APP_SECRET", "0123456789abcdef0123456789abcdef")
        .with_variable("MAIL_FROM", "no-reply@books.example")
        .with_variable("SMTP_URL", relay.url());
    let server = Server::start(options).await;
    let client = server.client();
    client.get("/health/ready").send().await.expect(200);
    for page in ["/dev/mailbox", "/dev/mailbox.json", "/dev", "/"] {
        assert_eq!(client.get(page).send().await.status, 404, "{page}");
    }
    assert!(!server.data_dir().join("mail").exists());
    let stopped = server.stop(Signal::Terminate).await;
    assert!(stopped.exit.stdout.contains("production"), "{:#?}", stopped.exit);
    assert_eq!(relay.connections(), 0);
}
