//! What must be found nowhere: in no log, and in no database.

use crate::place::{Place, on_both_servers};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use marketplace_tests::{
    Client, PASSWORD, Placed, SIGNATURE, Server, ServerOptions, Signal, Upload, charge_success,
};
use serde_json::json;

on_both_servers! {
    a_whole_walk_leaves_no_secret_in_the_default_log
}

async fn a_whole_walk_leaves_no_secret_in_the_default_log(place: Place) {
    walk(place.options()).await;
}

#[tokio::test]
async fn nor_in_the_most_talkative_log_of_our_own_crates() {
    let filter = "debug,marketplace_core=trace,marketplace_http=trace,marketplace_sqlite=trace,\
                  marketplace_paystack=trace,marketplace_email=trace,marketplace_fs=trace,example_kit=trace";
    let options =
        ServerOptions::default().with_variable("RUST_LOG", filter).with_variable("LOG_FORMAT", "json");
    walk(options).await;
}

/// Every kind of secret that there is, collected on the way.
#[derive(Default)]
struct Secrets {
    /// Opens something: never at rest, never in a log.
    tokens: Vec<String>,
    /// The same for what people typed.
    passwords: Vec<String>,
    /// May be at rest, in a file of its own; never in a log.
    keys: Vec<String>,
}

async fn walk(options: ServerOptions) {
    let server = Server::start(options).await;
    let client = server.client();
    let mut secrets = Secrets::default();
    let ada = client.register("ada", "creator").await;
    let bob = client.register("bob", "customer").await;
    secrets.passwords.push(PASSWORD.to_owned());
    secrets.tokens.extend([ada.token.clone(), bob.token.clone()]);
    secrets.tokens.push(client.sign_in(&bob.email, PASSWORD).await);
    fail_to_sign_in(&client, &mut secrets).await;
    let admin = "operator password in plain text";
    let made =
        server.command(&["admin", "create", "root@mail.example", "--password-stdin"], Some(admin)).await;
    assert_eq!(made.code, Some(0), "{made:#?}");
    secrets.passwords.push(admin.to_owned());
    secrets.tokens.push(client.sign_in("root@mail.example", admin).await);

    let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 10_000)).await;
    let bought = client.buy(&bob, &book).await;
    let body = json!({ "items": [{ "product_id": book.id }], "email": "guest@mail.example" });
    let answer = client.post("/api/v1/checkout").key("guest-key").json(&body).send().await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    let guest = Placed::read(&answer.expect(201), None);
    assert!(cookie.contains(&guest.token), "the cookie is the order's token");
    let replayed = client.post("/api/v1/checkout").key("guest-key").json(&body).send().await;
    assert_eq!(Placed::read(&replayed.expect(201), None).token, guest.token);
    client.pay(&guest).await;
    secrets.tokens.push(guest.token.clone());
    let page = client.wait_for_mails("guest@mail.example", 1).await[0].page();
    client.get(&page).header("cookie", &cookie).send().await;
    // Behind the order's id, which is no secret.
    secrets.tokens.push(last(&page)[32..].to_owned());

    let mut links = vec![bought.link, client.first_link("guest@mail.example").await];
    let right = client.library(&bob.token).await[0]["entitlement_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/library/{right}/files/{}/links", book.file_id);
    let issued = client.post(&path).bearer(&bob.token).send().await.expect(201);
    links.push(issued["url"].as_str().unwrap().to_owned());
    for link in &links {
        client.get(link).send().await;
        let file = client.claim(link).await;
        client.get(&file).header("range", "bytes=0-9").send().await;
        assert_eq!(client.post(link).send().await.status, 410);
        secrets.tokens.push(last(link));
        secrets.tokens.push(last(&file));
    }
    client.post(&format!("{}/fresh", links[0])).send().await;
    let mails = client.wait_for_mails(&bob.email, 2).await;
    secrets.tokens.push(last(&mails[0].links()[0]));

    let twin = server.twin();
    let odd = charge_success(99, "not-a-reference-of-ours", 1, "NGN", "test").to_string();
    let mut signed: Vec<String> = [&guest.reference, &bought.placed.reference]
        .into_iter()
        .map(|reference| twin.sign(twin.notice_of(reference).unwrap().as_bytes()))
        .collect();
    signed.push(twin.sign(odd.as_bytes()));
    for signature in &signed {
        client.post("/api/v1/webhooks/paystack").header(SIGNATURE, signature).body(odd.clone()).send().await;
    }
    secrets.keys.extend(signed);
    secrets.keys.push(twin.key());
    let app_secret = std::fs::read_to_string(server.data_dir().join("app-secret")).unwrap();
    secrets.keys.push(app_secret.trim().to_owned());
    client.post("/api/v1/auth/logout").bearer(&bob.token).send().await.expect(204);
    client.get("/api/v1/me").bearer(&bob.token).send().await.refused(401, "unauthenticated");

    let running = database(&server.data_dir());
    let stopped = server.stop(Signal::Interrupt).await;
    let said = format!("{}{}", stopped.exit.stdout, stopped.exit.stderr);
    assert!(said.contains("answered"), "the log has something in it");
    for secret in secrets.tokens.iter().chain(&secrets.passwords).chain(&secrets.keys) {
        assert!(secret.len() > 12, "too short to be looked for: {secret}");
        let line = said.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "a secret stands in the log");
    }
    // While it ran, and as it lies there now.
    for bytes in [running, database(&stopped.data_dir())] {
        assert!(holds(&bytes, bob.email.as_bytes()), "the database is looked into");
        for secret in secrets.tokens.iter().chain(&secrets.passwords) {
            assert!(!holds(&bytes, secret.as_bytes()), "a secret stands in the database: {secret}");
        }
        for token in &secrets.tokens {
            let raw = URL_SAFE_NO_PAD.decode(token).expect("a token is base64url");
            assert!(!holds(&bytes, &raw), "a token's bytes stand in the database");
            assert!(!holds(&bytes, hex(&raw).as_bytes()), "a token stands in the database in hex");
        }
        for key in &secrets.keys {
            assert!(!holds(&bytes, key.as_bytes()), "a key stands in the database");
        }
    }
}

async fn fail_to_sign_in(client: &Client, secrets: &mut Secrets) {
    let wrong = "a wrong but secret password";
    let long = "far too long a password ".repeat(60);
    for (path, body) in [
        ("login", json!({ "email": "bob@mail.example", "password": wrong })),
        ("login", json!({ "email": "nobody@mail.example", "password": wrong })),
        ("login", json!({ "email": wrong, "password": wrong, "extra": wrong })),
        (
            "register",
            json!({ "email": "bob@mail.example", "password": wrong, "display_name": "b", "role": "customer" }),
        ),
        (
            "register",
            json!({ "email": "c@mail.example", "password": long, "display_name": "c", "role": "customer" }),
        ),
        (
            "register",
            json!({ "email": "c@mail.example", "password": [wrong], "display_name": "c", "role": wrong }),
        ),
    ] {
        let answer = client.post(&format!("/api/v1/auth/{path}")).json(&body).send().await;
        assert!((400..500).contains(&answer.status), "{}", answer.text());
        assert!(!answer.text().contains(wrong) && !answer.text().contains(&long[..24]), "{}", answer.text());
    }
    secrets.passwords.push(wrong.to_owned());
    secrets.passwords.push(long[..24].to_owned());
}

fn last(address: &str) -> String {
    address.rsplit('/').next().unwrap().to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The database, everything of it that is still in its log, and what the gateway's sandbox keeps.
fn database(folder: &std::path::Path) -> Vec<u8> {
    let files = ["marketplace.db", "marketplace.db-wal", "paystack.journal"]
        .map(|name| std::fs::read(folder.join(name)));
    files.into_iter().flatten().flatten().collect()
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}
