//! Starting, stopping, starting again; refusing to start; commands beside a running server.

use crate::place::{Place, on_both_servers};
use crate::stage::Stage;
use marketplace_tests::{Exit, PASSWORD, Server, ServerOptions, Signal, Upload};
use sha2::{Digest as _, Sha256};

on_both_servers! {
    a_fresh_start_names_each_part_and_both_signals_stop_it
    a_later_start_finds_everything_again
    a_payment_made_while_the_server_is_cut_off_arrives_after_the_restart
    a_second_server_on_the_same_port_or_folder_says_so
    production_refuses_every_part_that_is_only_for_development
    an_operator_is_made_beside_the_running_server
}

async fn a_fresh_start_names_each_part_and_both_signals_stop_it(place: Place) {
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let server = Server::start(place.options()).await;
        let said = server.process().stdout();
        for (part, variable) in [
            ("database", "DATABASE_URL"),
            ("payments", "PAYSTACK_SECRET_KEY"),
            ("files", "MARKETPLACE_DATA_DIR"),
            ("mail", "SMTP_URL"),
            ("workers", "MARKETPLACE_WORKERS"),
        ] {
            let line = said.lines().find(|line| line.trim_start().starts_with(part));
            assert!(line.is_some_and(|line| line.contains(variable)), "{part}: {said}");
        }
        assert!(said.contains(server.base()), "{said}");
        server.client().get("/health/live").send().await.expect(200);
        assert_eq!(server.client().get("/health/ready").send().await.expect(200)["status"], "ready");
        // Checks the exit code and the last line.
        server.stop(signal).await;
    }
}

async fn a_later_start_finds_everything_again(place: Place) {
    let Stage { server, client, ada, bob, book, sold, mallory, .. } = Stage::at(&place).await;
    let open = client.check_out(&mallory, &book).await;
    let draft = client.draft(&ada, "Not yet", "100.00").await;
    let wallet = client.balance(&ada, "NGN").await.unwrap();
    assert_eq!(wallet["pending"], "2250.00");

    let server = server.stop(Signal::Terminate).await.start().await;
    assert_eq!(client.get("/api/v1/me").bearer(&bob.token).send().await.expect(200)["id"], bob.id.as_str());
    client.sign_in(&ada.email, PASSWORD).await;
    let listed = client.get("/api/v1/products").send().await.expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let own = format!("/api/v1/creator/products/{draft}");
    assert_eq!(client.get(&own).bearer(&ada.token).send().await.expect(200)["status"], "draft");
    assert_eq!(client.order(&sold.placed).await["status"], "paid");
    assert_eq!(client.balance(&ada, "NGN").await.unwrap(), wallet);
    assert_eq!(client.get(&sold.link).send().await.status, 200);
    assert_eq!(client.mails(&bob.email).await.len(), 1, "no mail is sent again");

    // The open payment is found at the twin, page and all, and can be paid.
    assert_eq!(client.order(&open).await["status"], "pending");
    assert!(client.get(&open.pay_at).send().await.text().contains("25"));
    client.pay(&open).await;
    let link = client.first_link(&mallory.email).await;

    // A power cut is no different.
    let _server = server.kill().await.start().await;
    assert_eq!(client.order(&open).await["status"], "paid");
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "4500.00");
    let file = client.claim(&link).await;
    let got = client.get(&file).send().await;
    assert_eq!(Sha256::digest(&got.body), Sha256::digest(&book.upload.bytes));
}

async fn a_payment_made_while_the_server_is_cut_off_arrives_after_the_restart(place: Place) {
    let Stage { server, client, ada, mallory, book, .. } = Stage::at(&place).await;
    let open = client.check_out(&mallory, &book).await;
    // The twin has the money; whether its notice was taken in before the end is left to chance.
    client.hand_over_the_money(&open).await;
    let _server = server.kill().await.start().await;
    client.wait_for_order(&open, "paid").await;
    assert_eq!(client.wait_for_mails(&mallory.email, 1).await.len(), 1);
    assert_eq!(client.balance(&ada, "NGN").await.unwrap()["pending"], "4500.00");
}

async fn a_second_server_on_the_same_port_or_folder_says_so(place: Place) {
    let server = Server::start(place.options()).await;
    let port = server.base().rsplit(':').next().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let options = place.options().with_variable("PORT", port);
    let same_port = options.run(elsewhere.path(), &[], None).await;
    refused(&same_port, &["PORT", port]);

    let same_folder = place.options().run(&server.data_dir(), &[], None).await;
    refused(&same_folder, &["another", &server.data_dir().display().to_string()]);

    assert_eq!(server.client().get("/health/ready").send().await.status, 200);
    server.client().register("ada", "creator").await;
    server.stop(Signal::Interrupt).await;
}

/// Ended with an error of these words, and never served.
#[track_caller]
fn refused(exit: &Exit, words: &[&str]) {
    assert!(exit.code.is_some_and(|code| code != 0), "{exit:#?}");
    assert!(!exit.stdout.contains("serving"), "{exit:#?}");
    for word in words {
        assert!(exit.stderr.contains(word), "{word}: {exit:#?}");
    }
    assert!(!exit.stderr.contains("panicked"), "{exit:#?}");
}

#[tokio::test]
async fn wrong_settings_are_named_and_their_values_are_not() {
    let blocked = tempfile::NamedTempFile::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let below_a_file = blocked.path().join("data").display().to_string();
    for (name, value) in [
        ("APP_ENV", "staging-7"),
        ("APP_SECRET", "hunter2-hunter2"),
        ("HOST", "no-such-host"),
        ("PORT", "70007"),
        ("BASE_URL", "shop.example/zzz"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("DATABASE_URL", "mysql://user:hunter2@host/db"),
        ("MAIL_FROM", "nobody-at-all"),
        ("SMTP_URL", "smtp://user:hunter2%@host"),
        ("SMTP_CA_FILE", "/nowhere/hunter2"),
        ("MARKETPLACE_RATE_LIMIT", "sometimes"),
        ("MARKETPLACE_WORKERS", "three"),
        ("MARKETPLACE_FEE_BPS", "10001"),
        ("MARKETPLACE_HOLD_SECONDS", "-5"),
        ("MARKETPLACE_MAX_FILE_BYTES", "1GB"),
        ("MARKETPLACE_MAX_CREATOR_BYTES", "1TB"),
        ("MARKETPLACE_LINK_TTL_SECONDS", "99h"),
        ("MARKETPLACE_PAYOUT_COOLDOWN_SECONDS", "1day"),
        ("APP_SECRET_FILE", "/nowhere/hunter2"),
    ] {
        let exit = ServerOptions::default().with_variable(name, value).run(folder.path(), &[], None).await;
        refused(&exit, &[name]);
        assert!(!exit.stderr.contains(value) && !exit.stdout.contains(value), "{exit:#?}");
    }
    for (name, value) in [
        // The part behind the variable refuses, not the reading of the settings.
        ("PAYSTACK_SECRET_KEY", "hunter2"),
        ("PAYSTACK_PREVIOUS_SECRET_KEY", "hunter2"),
        ("MARKETPLACE_DATA_DIR", below_a_file.as_str()),
    ] {
        let exit = ServerOptions::default().with_variable(name, value).run(folder.path(), &[], None).await;
        refused(&exit, &[name]);
        assert!(!exit.stderr.contains("hunter2"), "{exit:#?}");
        assert!(!exit.stderr.contains("PAYSTACK_BASE_URL"), "by its own name alone: {exit:#?}");
    }
    let unopened = ServerOptions::default().with_database(&format!("sqlite:{below_a_file}"));
    refused(&unopened.run(folder.path(), &[], None).await, &["DATABASE_URL"]);
}

#[tokio::test]
async fn a_name_that_means_nothing_is_a_warning_in_development() {
    let options = ServerOptions::default().with_variable("MARKETPLACE_FEE_BSP", "hunter2");
    let server = Server::start(options).await;
    let said = server.process().stdout();
    assert!(said.contains("MARKETPLACE_FEE_BSP") && !said.contains("hunter2"), "{said}");
}

async fn production_refuses_every_part_that_is_only_for_development(place: Place) {
    let folder = tempfile::tempdir().unwrap();
    let bare =
        place.options().with_variable("MARKETPLACE_RATE_LIMIT", "on").with_variable("APP_ENV", "production");
    // All that is missing at once.
    let missing = ["PAYSTACK_SECRET_KEY", "APP_SECRET", "SMTP_URL", "MAIL_FROM"]
        .map(|name| format!("{name} must be set when APP_ENV=production"));
    refused(&bare.run(folder.path(), &[], None).await, &missing.each_ref().map(String::as_str));
    let production = bare
        .with_variable("PAYSTACK_SECRET_KEY", "sk_live_0123456789abcdef0123456789abcdef01234567")
        .with_variable("APP_SECRET", "0123456789abcdef0123456789abcdef");
    for (options, name) in [
        (production.clone().with_variable("PAYSTACK_SECRET_KEY", ""), "PAYSTACK_SECRET_KEY"),
        (
            production.clone().with_variable("PAYSTACK_SECRET_KEY", "sk_test_0123456789abcdef"),
            "PAYSTACK_SECRET_KEY: it is a live key in production",
        ),
        (production.clone().with_variable("APP_SECRET", ""), "APP_SECRET"),
        (production.clone().with_variable("MARKETPLACE_RATE_LIMIT", "off"), "MARKETPLACE_RATE_LIMIT"),
        (production.clone().with_variable("MARKETPLACE_FEE_BSP", "1"), "did you mean MARKETPLACE_FEE_BPS?"),
        (production.clone(), "SMTP_URL"),
        (production.clone().with_variable("SMTP_URL", "smtp://u:hunter2@mail.example"), "MAIL_FROM"),
        (
            production
                .with_variable("SMTP_URL", "smtp://u:hunter2@mail.example?tls=none")
                .with_variable("MAIL_FROM", "shop@shop.example"),
            "SMTP_URL: mail would leave this machine without TLS",
        ),
    ] {
        let exit = options.run(folder.path(), &[], None).await;
        refused(&exit, &[name]);
        assert!(!exit.stderr.contains("0123456789abcdef") && !exit.stderr.contains("hunter2"), "{exit:#?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made before it refused");
}

async fn an_operator_is_made_beside_the_running_server(place: Place) {
    let server = Server::start(place.options()).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let bob = client.register("bob", "customer").await;
    let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 1000)).await;
    client.buy(&bob, &book).await;

    let create = ["admin", "create", "root@mail.example", "--password-stdin"];
    let made = server.command(&create, Some("correct horse operator\n")).await;
    assert_eq!(made.code, Some(0), "{made:#?}");
    let admin = client.sign_in("root@mail.example", "correct horse operator").await;
    assert_eq!(client.get("/api/v1/me").bearer(&admin).send().await.expect(200)["role"], "admin");
    let report = client.get("/api/v1/admin/ledger/verify").bearer(&admin).send().await.expect(200);
    assert_eq!((&report["healthy"], &report["findings"]), (&true.into(), &serde_json::json!([])));
    let ledger = server.command(&["ledger", "verify"], None).await;
    assert_eq!(ledger.code, Some(0), "{ledger:#?}");

    let again = server.command(&create, Some("another good password")).await;
    refused(&again, &["taken"]);
    client
        .post("/api/v1/auth/login")
        .json(&serde_json::json!({ "email": "root@mail.example", "password": "another good password" }))
        .send()
        .await
        .refused(401, "invalid_credentials");
    for (arguments, password, word) in [
        (&["admin", "create", "bob@mail.example", "--password-stdin"][..], "correct horse operator", "taken"),
        (&["admin", "create", "no address", "--password-stdin"][..], "correct horse operator", "email"),
        (&["admin", "create", "x@mail.example", "--password-stdin"][..], "short", "password"),
        (&["admin", "create", "x@mail.example"][..], "correct horse operator", "--password-stdin"),
        (&["admin", "create", "x@mail.example", "hunter2hunter2"][..], "", "error"),
    ] {
        let exit = server.command(arguments, Some(password)).await;
        refused(&exit, &[word]);
        assert!(password.is_empty() || !exit.stderr.contains(password), "{exit:#?}");
    }
    server.stop(Signal::Interrupt).await;
}
