//! Files in a bucket: the server hands out addresses, and the bucket's server sends the bytes.

use marketplace_tests::{Bucket, Exit, Server, Signal, Upload};

/// What a browser gets that follows an address.
async fn fetched(server: &Server, address: &str, range: &str) -> marketplace_tests::Answer {
    server.client().get(address).header("range", range).send().await
}

#[tokio::test]
async fn a_sale_whose_file_lies_in_a_bucket() {
    let bucket = Bucket::start().await;
    let server = Server::start(bucket.options()).await;
    let said = server.process().stdout();
    assert!(said.lines().any(|line| line.contains("files") && line.contains(&bucket.origin())), "{said}");
    let client = server.client();
    assert_eq!(client.get("/health/ready").send().await.expect(200)["status"], "ready");
    let (ada, bob) = (client.register("ada", "creator").await, client.register("bob", "customer").await);
    let book = client.sell(&ada, "2500.00", Upload::pdf("Ọlá’s book – 50%.pdf", 300_000)).await;
    let objects = bucket.objects();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert!(std::fs::read(&objects[0]).unwrap() == book.upload.bytes);
    assert!(!server.data_dir().join("files").exists(), "nothing lies on the disk");

    let bought = client.buy(&bob, &book).await;
    // Browsers apply the policy of the page to where its form leads in the end.
    let page = client.get(&bought.link).send().await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains(&format!("form-action 'self' {}", bucket.origin())), "{policy}");
    let session = client.claim(&bought.link).await;
    let mut addresses = Vec::new();
    for _ in 0..2 {
        let answer = client.get(&session).send().await;
        assert_eq!(answer.status, 307, "{}", answer.text());
        assert!(answer.body.is_empty());
        let address = answer.header("location").unwrap().to_owned();
        assert!(address.starts_with(&bucket.origin()) && address.contains("X-Amz-Expires=60&"), "{address}");
        let got = client.get(&address).send().await;
        assert_eq!(got.status, 200, "{}", got.text());
        assert!(got.body == book.upload.bytes);
        assert_eq!(got.header("content-type"), Some("application/pdf"));
        let saved = got.header("content-disposition").unwrap();
        let exact = "filename*=UTF-8''%E1%BB%8Cl%C3%A1%E2%80%99s%20book%20%E2%80%93%2050%25.pdf";
        assert!(saved.starts_with("attachment; ") && saved.ends_with(exact), "{saved}");
        addresses.push(address);
    }
    // A download goes on where it broke off.
    let rest = fetched(&server, &addresses[0], "bytes=100000-").await;
    assert_eq!(rest.status, 206);
    assert!(rest.body == book.upload.bytes.slice(100_000..));
    // The server itself tells of the file.
    let head = client.ask("HEAD", &session).send().await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("300009")));

    // What nobody signed opens nothing.
    let (bare, _) = addresses[0].split_once('?').unwrap();
    assert_eq!(client.get(bare).send().await.status, 403);
    let longer = addresses[0].replace("X-Amz-Expires=60&", "X-Amz-Expires=600&");
    assert_eq!(client.get(&longer).send().await.status, 403);

    // The session is over, and with it the addresses, though the server's clock is not the bucket's.
    client.advance(25 * 3600).await;
    let over = client.get(&session).send().await;
    assert_eq!((over.status, over.header("location")), (410, None));

    let exit = server.stop(Signal::Terminate).await.exit;
    for secret in [Bucket::SECRET, "X-Amz-Signature"] {
        assert!(!exit.stdout.contains(secret) && !exit.stderr.contains(secret), "{exit:#?}");
    }
}

#[tokio::test]
async fn a_file_that_is_too_large_leaves_nothing_in_the_bucket() {
    let bucket = Bucket::start().await;
    let server = Server::start(bucket.options().with_variable("MARKETPLACE_MAX_FILE_BYTES", "50000")).await;
    let client = server.client();
    let ada = client.register("ada", "creator").await;
    let draft = client.draft(&ada, "The book", "100.00").await;
    let (content_type, body) = marketplace_tests::multipart("file", &Upload::pdf("book.pdf", 60_000));
    let path = format!("/api/v1/creator/products/{draft}/files");
    let answer = client.post(&path).bearer(&ada.token).typed(&content_type, body).send().await;
    answer.refused(413, "payload_too_large");
    assert!(bucket.objects().is_empty(), "{:?}", bucket.objects());
}

/// Ended with an error of these words, and never served.
#[track_caller]
fn refused(exit: &Exit, words: &[&str]) {
    assert!(exit.code.is_some_and(|code| code != 0), "{exit:#?}");
    for word in words {
        assert!(exit.stderr.contains(word), "{word}: {exit:#?}");
    }
    for secret in [Bucket::SECRET, "hunter2"] {
        assert!(!exit.stderr.contains(secret) && !exit.stdout.contains(secret), "{exit:#?}");
    }
    assert!(!exit.stdout.contains("serving") && !exit.stderr.contains("panicked"), "{exit:#?}");
}

#[tokio::test]
async fn a_bucket_that_is_set_up_wrongly_is_refused_by_name() {
    let bucket = Bucket::start().await;
    let folder = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("AWS_BUCKET", "Hunter2_hunter2"),
        ("AWS_REGION", ""),
        ("AWS_REGION", "hunter2 hunter2"),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_ENDPOINT_URL_S3", "https://user:hunter2@s3.example"),
        // The server says so, not the reading of the settings.
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ACCESS_KEY_ID", "hunter2"),
    ] {
        let exit = bucket.options().with_variable(name, value).run(folder.path(), &[], None).await;
        refused(&exit, &[name]);
    }
    bucket.remove();
    let exit = bucket.options().run(folder.path(), &[], None).await;
    refused(&exit, &["AWS_BUCKET", "no such bucket"]);
}

#[tokio::test]
async fn a_bucket_that_cannot_be_reached_shows_in_the_health_check() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options =
        Bucket::start().await.options().with_variable("AWS_ENDPOINT_URL_S3", format!("http://{nobody}"));
    let server = Server::start(options).await;
    server.client().get("/health/live").send().await.expect(200);
    assert_eq!(server.client().get("/health/ready").send().await.status, 503);
}
