//! `compose.yaml`: what it says is so, and a sale goes through with its very settings.

use super::{
    files::{assert_pinned, assert_setting, image_variables, instructions, nobody, stage, text},
    yaml::Yaml,
};
use crate::place::{ACTIX, AXUM};
use marketplace_testing::{
    postgres::TestDatabase,
    smtp::{ServerTls, SmtpServer, SmtpServerOptions},
};
use marketplace_tests::{
    Bucket, Client, Placed, Process, Server, ServerOptions, Signal, Upload, poll, program, wait_until,
};
use std::collections::{BTreeMap, BTreeSet};

fn composition() -> Yaml {
    Yaml::read(&text("compose.yaml"))
}

fn variables(yaml: &Yaml, service: &str) -> BTreeMap<String, String> {
    let names = yaml.names(&["services", service, "environment"]);
    let value =
        |name: &str| yaml.get(&["services", service, "environment", name]).expect("a value").to_owned();
    names.into_iter().map(|name| (name.to_owned(), value(name))).collect()
}

#[test]
fn what_it_names_is_there_and_fits_together() {
    let yaml = composition();
    let services: BTreeSet<&str> = yaml.names(&["services"]).into_iter().collect();
    assert_eq!(services, BTreeSet::from(["mail", "postgres", "s3", "server", "twin"]));
    let arguments: Vec<String> = instructions()
        .into_iter()
        .filter(|(word, _)| word == "ARG")
        .map(|(_, rest)| rest.split('=').next().unwrap().to_owned())
        .collect();
    for service in &services {
        match yaml.get(&["services", service, "image"]) {
            Some(image) => assert_pinned(image),
            None => {
                // Of our own: the stage is there, and it takes these arguments.
                stage(yaml.get(&["services", service, "build", "target"]).expect("a stage"));
                for name in yaml.names(&["services", service, "build", "args"]) {
                    assert!(arguments.contains(&name.to_owned()), "{name}");
                }
            }
        }
        for volume in yaml.list(&["services", service, "volumes"]) {
            let (name, _) = volume.split_once(':').expect("NAME:PATH");
            assert!(
                text("compose.yaml").ends_with('\n')
                    && text("compose.yaml").contains(&format!("\n  {name}:\n"))
            );
        }
        for other in yaml.names(&["services", service, "depends_on"]) {
            assert!(services.contains(other), "{service} waits for {other}");
            let condition =
                yaml.get(&["services", service, "depends_on", other, "condition"]).expect("a condition");
            let asked = yaml.get(&["services", other, "healthcheck", "test"]).is_some();
            assert!(asked || condition == "service_started", "nobody asks whether {other} is well");
        }
        // On this machine alone: it is for development.
        for port in yaml.list(&["services", service, "ports"]) {
            assert!(port.starts_with("127.0.0.1:"), "{port}");
        }
    }
    let server = variables(&yaml, "server");
    server.keys().for_each(|name| assert_setting(name));
    assert_eq!(server["APP_ENV"], "development");
    assert!(server["PAYSTACK_SECRET_KEY"].starts_with("sk_test_"), "play money");
    for (service, stage_of) in [("server", "server"), ("twin", "twin")] {
        let stage = stage(stage_of);
        let folder =
            stage.iter().find_map(|(word, rest)| (word == "VOLUME").then_some(rest)).expect("a volume");
        assert_eq!(yaml.list(&["services", service, "volumes"]), [format!("{service}:{folder}")]);
        // Signals arrive before the program listens for them, and the network is that of a service that lives.
        assert_eq!(yaml.get(&["services", service, "init"]), Some("true"));
        assert_eq!(yaml.get(&["services", service, "depends_on", "s3", "restart"]), Some("true"));
    }
    // A server stops within thirty seconds; Docker would kill it after ten.
    assert_eq!(yaml.get(&["services", "server", "stop_grace_period"]), Some("40s"));

    // What two of them have to agree on.
    let (s3, postgres) = (variables(&yaml, "s3"), variables(&yaml, "postgres"));
    let told = |of: &BTreeMap<String, String>, names: [&str; 3]| names.map(|name| of[name].clone());
    assert_eq!(
        told(&server, ["AWS_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]),
        told(&s3, ["GARAGE_DEFAULT_BUCKET", "GARAGE_DEFAULT_ACCESS_KEY", "GARAGE_DEFAULT_SECRET_KEY"])
    );
    let [user, password, database] = told(&postgres, ["POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"]);
    assert_eq!(server["DATABASE_URL"], format!("postgres://{user}:{password}@postgres:5432/{database}"));
    assert_eq!((s3.len(), postgres.len()), (3, 3), "and nothing else is told them");
    let garage = yaml.get(&["configs", "garage", "content"]).expect("Garage's settings");
    assert!(garage.contains(&format!("s3_region = \"{}\"", server["AWS_REGION"])), "{garage}");
    assert_eq!(server["SMTP_URL"], "smtp://mail:1025?tls=none");

    // One network for three, whose ports are published under the same numbers: an address means the same inside and outside.
    let ports = yaml.list(&["services", "s3", "ports"]);
    for service in ["server", "twin"] {
        assert_eq!(yaml.get(&["services", service, "network_mode"]), Some("service:s3"));
    }
    let twin = option(&yaml, "--public-url");
    for address in [&server["BASE_URL"], &server["AWS_ENDPOINT_URL_S3"], &twin] {
        let (_, port) = address.rsplit_once(':').unwrap();
        assert!(ports.contains(&&*format!("127.0.0.1:{port}:{port}")), "{address}");
    }
    assert_eq!(server["BASE_URL"], format!("http://127.0.0.1:{}", image_variables()["PORT"]));
    assert_eq!(option(&yaml, "--webhook"), format!("{}/api/v1/webhooks/paystack", server["BASE_URL"]));
    assert_eq!(option(&yaml, "--key"), server["PAYSTACK_SECRET_KEY"]);
    assert_eq!(format!("http://{}", option(&yaml, "--listen")), server["PAYSTACK_BASE_URL"]);
    let pages = option(&yaml, "--pages");
    assert_eq!(pages.rsplit_once(':').unwrap().1, twin.rsplit_once(':').unwrap().1);
}

/// What the twin is told by an option.
fn option(yaml: &Yaml, name: &str) -> String {
    let words = yaml.list(&["services", "twin", "command"]);
    let at = words.iter().position(|word| *word == name).expect("the option is used");
    words[at + 1].to_owned()
}

/// The same parts without containers, under other addresses: PostgreSQL, a strict S3 server, an SMTP server, the twin's program
/// and the server, with the settings of the composition for everything else.
async fn a_sale_goes_through(binary: &str) {
    let yaml = composition();
    let (database, bucket) = (TestDatabase::empty().await, Bucket::start().await);
    let mail = SmtpServer::start(SmtpServerOptions::default().with_tls(ServerTls::None)).await;
    let port = nobody();
    let base = format!("http://127.0.0.1:{port}");
    let folder = tempfile::tempdir().expect("there is room");

    let words = yaml.list(&["services", "twin", "command"]);
    let elsewhere = |word: &str| match word {
        "127.0.0.1:4010" | "0.0.0.0:4011" => "127.0.0.1:0".to_owned(),
        "/var/lib/twin" => folder.path().display().to_string(),
        word => word.replace("http://127.0.0.1:3000", &base),
    };
    let words: Vec<String> = words.into_iter().map(elsewhere).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let twin = Process::start(&program("paystack-sandbox"), &words, &[], None);
    let said = poll("the twin listens", || {
        let said = twin.stdout();
        said.lines().any(|line| line.contains("pages ") && line.contains("shown as")).then_some(said)
    })
    .await;
    let address = |before: &str| {
        let line = said.lines().find_map(|line| line.trim().strip_prefix(before)).expect("it says where");
        line.trim().split(',').next().unwrap().to_owned()
    };
    let (gateway, pages) = (address("paystack-sandbox "), address("pages "));

    let mut options = ServerOptions::default().with_binary(binary).with_variable("PORT", port.to_string());
    for (name, value) in variables(&yaml, "server") {
        let value = match name.as_str() {
            "DATABASE_URL" => database.url(),
            "BASE_URL" => base.clone(),
            "PAYSTACK_BASE_URL" => gateway.clone(),
            "SMTP_URL" => value.replace("mail:1025", &mail.address().to_string()),
            _ => bucket.options().variable(&name).map_or(value, str::to_owned),
        };
        options = options.with_variable(&name, value);
    }
    // Limits on clients are on, as in the composition.
    let server = Server::start(options.with_variable("MARKETPLACE_RATE_LIMIT", "")).await;
    let doctor = server.command(&["doctor"], None).await;
    assert!(doctor.stdout.starts_with("every part works\n"), "{doctor:#?}");
    let healthcheck = server.beside(&["healthcheck"]).exit().await;
    assert_eq!(
        (healthcheck.code, healthcheck.stdout.as_str()),
        (Some(0), &*format!("ready: {base}\n")),
        "{healthcheck:#?}"
    );

    let client = server.client();
    let (ada, bob) = (client.register("ada", "creator").await, client.register("bob", "customer").await);
    let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 50_000)).await;
    let placed = client.check_out(&bob, &book).await;
    pay(&client, &yaml, &placed, &pages).await;
    // By its webhook: the sweep would ask after a minute.
    client.wait_for_order(&placed, "paid").await;
    let letter = wait_until("the buyer's mail", || async {
        mail.received().into_iter().find(|letter| letter.to == [bob.email.clone()])
    })
    .await;
    assert_eq!(letter.header("From").as_deref(), Some("Marketplace <shop@marketplace.example>"));
    let letter = letter.text();
    let link =
        letter.split_whitespace().find(|word| word.starts_with(&format!("{base}/d/"))).expect("a link");
    let session = client.claim(link).await;
    let led = client.get(&session).send().await;
    let location = led.header("location").expect("the bucket has the bytes").to_owned();
    assert!(location.starts_with(&bucket.origin()), "{location}");
    assert!(client.get(&location).send().await.body == book.upload.bytes);
    server.stop(Signal::Terminate).await;
    twin.signal(Signal::Interrupt);
    assert_eq!(twin.exit().await.code, Some(0));
}

/// Pays as a browser would that reaches the twin's pages by a published port.
async fn pay(client: &Client, yaml: &Yaml, placed: &Placed, pages: &str) {
    let shown = option(yaml, "--public-url");
    let page = placed.pay_at.strip_prefix(&shown).expect("the page is where browsers are");
    let control = client.get(&format!("{pages}/_control/records")).send().await;
    assert_eq!(control.status, 404, "nobody outside steers the twin");
    let form = client.post(&format!("{pages}{page}"));
    let paid = form.typed("application/x-www-form-urlencoded", "outcome=pay").send().await;
    assert_eq!(paid.status, 302, "{}", paid.text());
}

#[tokio::test]
async fn a_sale_goes_through_on_axum() {
    a_sale_goes_through(AXUM).await;
}

#[tokio::test]
async fn a_sale_goes_through_on_actix() {
    a_sale_goes_through(ACTIX).await;
}
