//! What opens links and downloads in the wild: scanners of mail, download programs, people who come back, crowds.

use crate::place::{Place, wherever_files_lie};
use crate::stage::Stage;
use crate::timeline::{CHROME, SCANNER, counted};
use futures_util::{StreamExt as _, future::join_all, stream};
use marketplace_tests::{Answer, Client, Upload};
use std::{collections::BTreeSet, fs};

wherever_files_lie! {
    scanners_of_mail_burn_no_link
    a_download_program_takes_eight_parts_at_once
    a_download_that_is_cancelled_half_way_goes_on
    a_link_that_was_used_gives_nothing_to_another_client
    of_crowds_at_many_links_one_each_gets_in
    an_object_that_is_not_whole_uses_no_link_up
}

/// What scanners and previews send, as they call themselves.
const SCANNERS: [&str; 6] = [
    SCANNER,
    "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
    "Microsoft Office Existence Discovery",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "WhatsApp/2.24.25.78 A",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
];

/// What a client gets that follows where a download leads, as clients do: with the same range.
pub(crate) async fn fetch(client: &Client, file: &str, range: Option<&str>, agent: &str) -> Answer {
    let ask = |address: &str| {
        let ask = client.get(address).header("user-agent", agent);
        match range {
            Some(range) => ask.header("range", range),
            None => ask,
        }
    };
    let answer = ask(file).send().await;
    match answer.status {
        307 => ask(answer.header("location").unwrap()).send().await,
        _ => answer,
    }
}

/// How many links a crowd comes to: few in a run of all tests, as many as asked for by `scripts/soak`.
#[expect(clippy::disallowed_methods, reason = "a script says how long the test is to be")]
fn links_of_the_crowd() -> usize {
    std::env::var("SOAK_LINKS").map_or(10, |number| number.parse().expect("SOAK_LINKS is a number"))
}

/// How many claim each of them at once.
const CROWD: usize = 50;

async fn scanners_of_mail_burn_no_link(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, link) = (&stage.client, stage.sold.link.as_str());
    for agent in SCANNERS {
        let ask = |method: &str| client.ask(method, link).header("user-agent", agent);
        for answer in [
            ask("HEAD").send().await,
            ask("GET").send().await,
            ask("GET").header("range", "bytes=0-1023").send().await,
            ask("GET").header("purpose", "preview").send().await,
            ask("GET").header("sec-purpose", "prefetch;prerender").send().await,
            ask("GET").header("x-moz", "prefetch").send().await,
            ask("GET").header("if-none-match", "*").send().await,
        ] {
            assert_eq!(answer.status, 200, "{agent}");
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{agent}");
        }
        let options = ask("OPTIONS").send().await;
        options.refused(405, "method_not_allowed");
        assert!(options.header("allow").is_some_and(|allowed| allowed.contains("POST")), "{agent}");
        // Some send a form's address a body of their own; on another site's behalf it is no click.
        ask("POST").header("sec-fetch-site", "cross-site").send().await.refused(403, "cross_site");
    }
    // What a scanner finds on the page: nothing that uses the link up by being followed.
    let page = client.get(link).send().await.text();
    for follow in ["href=", "src=", "action=", "http-equiv", "<script"] {
        assert!(!page.contains(follow), "{follow}: {page}");
    }
    let file = client.claim(link).await;
    let got = fetch(client, &file, None, CHROME).await;
    assert!(got.status == 200 && got.body == stage.book.upload.bytes);
    let whose = (stage.sold.placed.order.as_str(), stage.bob.token.as_str());
    // Of seven looks of each of four scanners and two previews, three were before anybody asked.
    counted(client, whose, ("link.looked", "shown", "mail_scanner"), 4 * 4).await;
    counted(client, whose, ("link.looked", "shown", "bot"), 2 * 4).await;
    counted(client, whose, ("link.looked", "shown", "prefetch"), 6 * 3).await;
}

async fn a_download_program_takes_eight_parts_at_once(place: Place) {
    const AGENT: &str = "aria2/1.37.0";
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let book = client.sell(&stage.ada, "0.00", Upload::pdf("large.pdf", 4 << 20)).await;
    let placed = client.check_out(&stage.mallory, &book).await;
    let file = client.claim(&client.first_link(&stage.mallory.email).await).await;
    let size = book.upload.bytes.len();
    let head = client.ask("HEAD", &file).header("user-agent", AGENT).send().await;
    assert_eq!(head.header("content-length"), Some(size.to_string().as_str()));
    assert_eq!(head.header("accept-ranges"), Some("bytes"));
    let fetch = &fetch;
    let parts = (0..8).map(|part| {
        let (start, end) = (part * size / 8, (part + 1) * size / 8);
        let file = &file;
        async move {
            let answer = fetch(client, file, Some(&format!("bytes={start}-{}", end - 1)), AGENT).await;
            assert_eq!(answer.status, 206);
            let told = format!("bytes {start}-{}/{size}", end - 1);
            assert_eq!(answer.header("content-range"), Some(told.as_str()));
            answer.body
        }
    });
    let parts: Vec<u8> = join_all(parts).await.into_iter().flatten().collect();
    assert!(parts == book.upload.bytes, "the parts are the whole");
    let whose = (placed.order.as_str(), stage.mallory.token.as_str());
    let result = if place.has_bucket() { "redirected" } else { "part" };
    counted(client, whose, ("download", result, "download_manager"), 8).await;
    counted(client, whose, ("download", "head", "download_manager"), 1).await;
}

async fn a_download_that_is_cancelled_half_way_goes_on(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    // More than any buffer on the way holds, so that the break is in the middle.
    let book = client.sell(&stage.ada, "0.00", Upload::pdf("large.pdf", 24 << 20)).await;
    client.check_out(&stage.mallory, &book).await;
    let file = client.claim(&client.first_link(&stage.mallory.email).await).await;
    let half = book.upload.bytes.len() / 2;
    let mut answer = client.get(&file).open().await;
    if place.has_bucket() {
        assert_eq!(answer.status(), 307);
        let address = answer.headers()["location"].to_str().unwrap().to_owned();
        answer = client.get(&address).open().await;
    }
    assert_eq!(answer.status(), 200);
    let etag = answer.headers()["etag"].to_str().unwrap().to_owned();
    let mut bytes = answer.bytes_stream();
    let mut got = Vec::new();
    while got.len() < half {
        got.extend_from_slice(&bytes.next().await.unwrap().unwrap());
    }
    // Hangs up.
    drop(bytes);
    // Some time later it goes on by the address that it knows, and by its validator.
    client.advance(1800).await;
    let range = format!("bytes={}-", got.len());
    let ask = |address: &str| client.get(address).header("range", &range).header("if-range", &etag).send();
    let mut rest = ask(&file).await;
    if rest.status == 307 {
        rest = ask(rest.header("location").unwrap()).await;
    }
    assert_eq!(rest.status, 206);
    got.extend_from_slice(&rest.body);
    assert!(got == book.upload.bytes, "the two halves are the whole");
}

async fn a_link_that_was_used_gives_nothing_to_another_client(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, link) = (&stage.client, stage.sold.link.as_str());
    let claimed = client.post(link).header("user-agent", CHROME).send().await;
    let file = claimed.header("location").unwrap().to_owned();
    // Whoever else has the link, from wherever, as whatever, with whatever sign-in.
    let other = stage.server.client();
    let asks = || {
        [
            other.post(link),
            other.post(link).header("user-agent", CHROME),
            other.post(link).header("user-agent", "curl/8.11.0").header("x-forwarded-for", "203.0.113.9"),
            other.post(link).bearer(&stage.bob.token),
            other.post(link).header("cookie", "mkt_order=AAAA").header("sec-fetch-site", "same-origin"),
            other.get(link),
            other.post(&format!("{link}?x=1")),
        ]
    };
    for ask in asks() {
        let answer = ask.send().await;
        assert_eq!((answer.status, answer.header("location")), (410, None), "{}", answer.text());
        assert!(!answer.text().contains(&file) && !answer.text().contains("book.pdf"), "{}", answer.text());
    }
    // The one who claimed it goes on undisturbed.
    let got = fetch(client, &file, Some("bytes=10-19"), CHROME).await;
    assert_eq!((got.status, got.body), (206, stage.book.upload.bytes.slice(10..20)));
    let whose = (stage.sold.placed.order.as_str(), stage.bob.token.as_str());
    counted(client, whose, ("link.refused", "used", "command_line"), 1).await;
    counted(client, whose, ("link.refused", "used", "browser"), 1).await;
}

async fn of_crowds_at_many_links_one_each_gets_in(place: Place) {
    let stage = Stage::at(&place).await;
    let count = links_of_the_crowd();
    let client = &Client::busy(stage.server.base());
    let right = client.library(&stage.bob.token).await[0]["entitlement_id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/library/{right}/files/{}/links", stage.book.file_id);
    let mut links = Vec::new();
    for _ in 0..count {
        let issued = client.post(&path).bearer(&stage.bob.token).send().await.expect(201);
        links.push(issued["url"].as_str().unwrap().to_owned());
    }
    let began = tokio::time::Instant::now();
    let crowd_at = |link: String| async move {
        let claims = join_all((0..CROWD).map(|_| client.post(&link).send())).await;
        let (opened, refused): (Vec<_>, Vec<_>) = claims.into_iter().partition(|claim| claim.status == 303);
        assert_eq!((opened.len(), refused.len()), (1, CROWD - 1), "{link}");
        assert!(refused.iter().all(|claim| claim.status == 410 && claim.header("location").is_none()));
        opened[0].header("location").unwrap().to_owned()
    };
    let sessions: Vec<String> = stream::iter(links).map(crowd_at).buffer_unordered(4).collect().await;
    let distinct: BTreeSet<&String> = sessions.iter().collect();
    assert_eq!(distinct.len(), count, "as many sessions as links");
    println!(
        "{count} links, {} claims, {} sessions, in {:.1} s",
        count * CROWD,
        distinct.len(),
        began.elapsed().as_secs_f64()
    );
    for session in &sessions {
        assert_eq!(client.ask("HEAD", session).send().await.status, 200);
    }
    // The books know nothing of it, and the link of the mail is still good.
    assert_eq!(fetch(client, &sessions[0], None, CHROME).await.body, stage.book.upload.bytes);
    client.claim(&stage.sold.link).await;
}

async fn an_object_that_is_not_whole_uses_no_link_up(place: Place) {
    let stage = Stage::at(&place).await;
    let (client, link) = (&stage.client, stage.sold.link.as_str());
    let objects = place.objects(&stage.server);
    let [object] = objects.as_slice() else { panic!("one file is there: {objects:?}") };
    let whole = fs::read(object).unwrap();
    assert!(whole == stage.book.upload.bytes);
    let longer = [whole.as_slice(), b"x"].concat();
    for (wrong, times) in
        [(None, 1), (Some(&whole[..whole.len() - 1]), 2), (Some(&b""[..]), 3), (Some(&longer), 4)]
    {
        match wrong {
            None => fs::remove_file(object).unwrap(),
            Some(bytes) => fs::write(object, bytes).unwrap(),
        }
        for _ in 0..2 {
            client.post(link).send().await.refused(503, "file_unavailable");
        }
        assert_eq!(client.get(link).send().await.status, 200, "the link is still good");
        let whose = (stage.sold.placed.order.as_str(), stage.bob.token.as_str());
        counted(client, whose, ("link.refused", "damaged", "unknown"), 2 * times).await;
    }
    fs::write(object, &whole).unwrap();
    let file = client.claim(link).await;
    assert_eq!(fetch(client, &file, None, CHROME).await.body, stage.book.upload.bytes);
    // What goes away while a download is open gives nothing wrong.
    fs::remove_file(object).unwrap();
    let gone = fetch(client, &file, None, CHROME).await;
    assert_eq!(gone.status, if place.has_bucket() { 404 } else { 503 });
    fs::write(object, &whole[..100]).unwrap();
    if !place.has_bucket() {
        assert_eq!(fetch(client, &file, Some("bytes=0-9"), CHROME).await.status, 503, "of another size");
    }
    fs::write(object, &whole).unwrap();
    assert_eq!(fetch(client, &file, None, CHROME).await.status, 200, "it goes on when the file is back");
}
