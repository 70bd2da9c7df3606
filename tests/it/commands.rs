//! Commands that run a part of the whole: `migrate`, and `worker` beside servers that only serve.

use crate::place::{Place, everywhere, on_both_servers};
use marketplace_tests::{Server, Signal, Upload, poll};
use tempfile::TempDir;

everywhere! {
    a_worker_does_the_jobs_of_a_server_that_does_none
    commands_beside_a_server_leave_its_tables_as_they_are
}

on_both_servers! {
    migrate_makes_the_schema_and_does_nothing_twice
}

async fn migrate_makes_the_schema_and_does_nothing_twice(place: Place) {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let exit = place.options().run(folder.path(), &["migrate"], None).await;
        assert_eq!(exit.code, Some(0), "{exit:#?}");
        assert!(exit.stdout.contains("the schema is up to date: sqlite:"), "{exit:#?}");
    }
    assert!(folder.path().join("marketplace.db").is_file());
    let exit = place.options().run(folder.path(), &["ledger", "verify"], None).await;
    assert_eq!(exit.code, Some(0), "{exit:#?}");
}

async fn commands_beside_a_server_leave_its_tables_as_they_are(place: Place) {
    let folder = TempDir::new().unwrap();
    let run = async |arguments: &[&str]| {
        place.options().run(folder.path(), arguments, Some("correct horse operator\n")).await
    };
    let verify = ["ledger", "verify"];
    for _ in 0..2 {
        let exit = run(&verify).await;
        assert_eq!(exit.code, Some(1), "{exit:#?}");
        let advice = "has none of our tables; run `migrate` or `serve` first";
        assert!(exit.stderr.contains("DATABASE_URL") && exit.stderr.contains(advice), "{exit:#?}");
    }
    // An operator may be the first thing in a new database.
    let made = run(&["admin", "create", "root@mail.example", "--password-stdin"]).await;
    assert_eq!(made.code, Some(0), "{made:#?}");
    assert_eq!(run(&verify).await.code, Some(0));
    // As if this release had a migration that the server beside it does not know.
    let forget = "DELETE FROM mkt_migrations WHERE version = 1 RETURNING version";
    assert_eq!(place.count(folder.path(), forget).await, 1);
    for arguments in [&["admin", "create", "two@mail.example", "--password-stdin"][..], &verify] {
        let exit = run(arguments).await;
        assert_eq!(exit.code, Some(0), "{exit:#?}");
    }
    let known = "SELECT count(*) FROM mkt_migrations WHERE version = 1";
    assert_eq!(place.count(folder.path(), known).await, 0, "it was not applied");
}

async fn a_worker_does_the_jobs_of_a_server_that_does_none(place: Place) {
    let server = Server::start(place.options().with_variable("MARKETPLACE_WORKERS", "off")).await;
    assert!(server.process().stdout().contains("workers   off"), "{}", server.process().stdout());
    let client = server.client();
    let (ada, bob) = (client.register("ada", "creator").await, client.register("bob", "customer").await);
    let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 10_000)).await;
    let placed = client.check_out(&bob, &book).await;
    client.hand_over_the_money(&placed).await;
    let verify = format!("/api/v1/payments/{}/verify", placed.reference);
    client.post(&verify).bearer(&bob.token).send().await.expect(200);
    client.wait_for_order(&placed, "paid").await;
    assert!(client.mails(&bob.email).await.is_empty(), "nobody does the job");

    let worker = server.beside(&["worker"]);
    poll("the worker works", || worker.stdout().contains("working   http").then_some(())).await;
    let link = client.first_link(&bob.email).await;
    client.claim(&link).await;
    worker.signal(Signal::Terminate);
    let exit = worker.exit().await;
    assert_eq!((exit.code, exit.stdout.lines().last()), (Some(0), Some("stopped")), "{exit:#?}");
    server.stop(Signal::Terminate).await;
}
