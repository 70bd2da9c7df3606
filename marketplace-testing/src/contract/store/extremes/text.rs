//! Texts, names, bytes and JSON.

use crate::contract::store::{
    StoreHarness,
    stage::{Outcome, Stage, insert_file},
};
use marketplace_core::{
    Version,
    catalog::Product,
    commit::{Change, ChangeSet, Decision, DecisionKey, InputHash, Subject},
    identity::{PasswordHash, User},
    job::NewJob,
    ledger::{AccountKind, Cause, JournalEntry},
    order::Order,
    payment::{Attempt, AttemptState, Claimed, Notice, PaymentClaim, Review},
};

/// Short texts that look like something else.
const TEXTS: [&str; 26] = [
    "",
    " ",
    " blanks around ",
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'; \\x00 \\u0000",
    "'; DROP TABLE mkt_users; --",
    "%",
    "_%_",
    "$1 ?1 :a @b {} {0} %s",
    "NULL",
    "null",
    "{\"a\": [1, \"}\"]}",
    "\u{1}\u{7}\u{8}\t\r\n\u{b}\u{1b}[31m\u{7f}\u{85}",
    "é",
    "e\u{301}",
    "ẹ̀kọ́ Ọlá ₦",
    "日本語",
    "עברית \u{202e}abc",
    "\u{feff}\u{200b}\u{200d}\u{ad}",
    "👩🏽‍💻🇳🇬",
    "\u{fffd}\u{ffff}\u{10ffff}",
    "ß ſ İ ı K",
];

/// Long ones, of one and of four bytes a letter: 100 kB each.
fn long_texts() -> [String; 2] {
    ["x".repeat(100_000), "😀".repeat(25_000)]
}

/// Free texts are kept as they are, also long ones.
pub async fn texts(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let short = TEXTS.map(str::to_owned);
    for text in short.into_iter().chain(long_texts()) {
        let user = User {
            display_name: text.clone(),
            password: Some(PasswordHash::new(text.clone())),
            ..fixture.creator()
        };
        stage.keeps(Change::InsertUser(user.clone())).await;
        let title = text.clone();
        let product = Product { title: title.clone(), description: text.clone(), ..fixture.product(&user) };
        stage.keeps(Change::InsertProduct(product.clone())).await;
        let order = fixture.order(None, &[&product]);
        stage.keeps(Change::InsertOrder(order.clone())).await;
        let attempt = Attempt {
            gateway: text.clone(),
            authorization_url: Some(text.clone()),
            gateway_id: Some(text.clone()),
            ..fixture.attempt(&order)
        };
        stage.keeps(Change::InsertAttempt(attempt.clone())).await;
        let job = NewJob {
            kind: text.clone(),
            payload: serde_json::json!({ "text": text, "list": [text, null], "of": { "a\"'\\%": 1 } }),
            subject: Subject::of(&text),
            ..fixture.job()
        };
        stage.keeps(Change::Enqueue(job)).await;
        let claim =
            PaymentClaim { claimed: Claimed::Paid, reference: text.clone(), mode: None, amount: None };
        let body = text.clone().into_bytes();
        let notice = Notice { gateway: text.clone(), body, claim: Some(claim), ..fixture.notice() };
        stage.keeps(Change::InsertNotice(notice)).await;
        let to = User { display_name: text.clone(), version: user.version.next(), ..user.clone() };
        stage.keeps(Change::UpdateUser { seen: user.version, to }).await;
        let to = Product { title, description: text.clone(), version: product.version.next(), ..product };
        stage.keeps(Change::UpdateProduct { seen: Version::FIRST, to }).await;
        let to = Attempt {
            state: AttemptState::Failed,
            gateway_id: Some(text),
            version: attempt.version.next(),
            ..attempt
        };
        stage.keeps(Change::AdvanceAttempt { seen: Version::FIRST, to }).await;
    }
}

/// Unique values that look alike are different, and each is found by itself.
pub async fn names(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let creator = stage.creator().await;
    let alike = ["a", "A", "a ", " a", "a\t", "á", "a\u{301}", "a\u{200b}", "a.", "ａ"];
    for name in TEXTS.into_iter().chain(alike) {
        let name = name.to_owned();
        let slug = name.clone();
        stage.keeps(Change::InsertProduct(Product { slug, ..fixture.product(&creator) })).await;
        stage.keeps(Change::InsertNotice(Notice { key: name.clone(), ..fixture.notice() })).await;
        stage.keeps(Change::Enqueue(NewJob { unique: Some(name.clone()), ..fixture.job() })).await;
        stage.keeps(Change::OpenReview(Review { reference: name.clone(), ..fixture.review() })).await;
        let owner = stage.creator().await.id;
        let drawn = fixture.credit(AccountKind::CreatorAvailable, owner, fixture.naira(1));
        let (lines, cause) = (drawn.lines().iter().copied(), Cause::from_text(name.clone()));
        let entry = JournalEntry::new(drawn.id(), drawn.kind(), cause, None, drawn.at(), lines);
        stage.keeps(Change::Post(entry.expect("the lines balance"))).await;

        let key = DecisionKey::new("test", &name);
        let input = InputHash::of(&name);
        let decision = Decision { key, input, subject: Subject::of(&name), ..fixture.decision() };
        let set = ChangeSet::for_testing(decision, vec![Change::Enqueue(fixture.job())]);
        assert_eq!(stage.send(&set).await, Outcome::Applied, "a key is new: {name:?}");
        assert_eq!(stage.send(&set).await, Outcome::Replayed, "a key is known: {name:?}");
    }
}

/// Names that have rules of their own are kept at the edges of these rules.
pub async fn ruled_names(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let fixture = &stage.fixture;
    let long = format!(
        "{}@{}.example.com",
        "l".repeat(64),
        ["d".repeat(60), "e".repeat(58), "f".repeat(55)].join(".")
    );
    for address in ["o'hara+%_{}`|~$*@x.example.com", "a@b.co", &long] {
        let user = User { email: address.parse().expect("an address"), ..fixture.user() };
        stage.keeps(Change::InsertUser(user.clone())).await;
        let product = stage.shop().await.product;
        let order = fixture.order(Some(&user), &[&product]);
        stage.keeps(Change::InsertOrder(order.clone())).await;
        stage.keeps(Change::Grant(fixture.entitlement(&order, &order.lines[0]))).await;
    }
    let product = stage.shop().await.product;
    let widest = "ọ😀".repeat(100);
    let kind = format!("application/{}", "x".repeat(88));
    for (name, kind) in [
        ("a", "a/b"),
        ("Ọlá \"1\" 50%_'--.pdf", "application/vnd.oasis.opendocument.text"),
        (widest.as_str(), kind.as_str()),
    ] {
        let upload = fixture.upload(&product);
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
        let mut file = fixture.file(&upload);
        file.file.name = name.parse().expect("a file's name");
        file.version.content_type = kind.parse().expect("a media type");
        stage.keeps(insert_file(&file, &upload)).await;
    }
    for reference in ["0000000000000000".to_owned(), "-".repeat(50), format!("a{}", "-9z".repeat(16))] {
        let order = stage.ordered().await.order;
        let reference = reference.parse().expect("a reference");
        stage.keeps(Change::InsertAttempt(Attempt { reference, ..fixture.attempt(&order) })).await;
    }
    for locale in ["fr-CI", "zh-Hant-TW", "de-1996-x1-abcdefgh-12345678-ab"] {
        let order = fixture.order(None, &[&product]);
        let locale = locale.parse().expect("a language tag");
        stage.keeps(Change::InsertOrder(Order { locale, ..order })).await;
    }
}

/// Bytes are kept as they are, whether they are text or not.
pub async fn bytes(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let every: Vec<u8> = (0..=u8::MAX).collect();
    for body in [vec![], vec![0], every.clone(), every.repeat(4_096), b"\xff\xfe\0'\\x".to_vec()] {
        stage.keeps(Change::InsertNotice(Notice { body, ..stage.fixture.notice() })).await;
    }
}

/// What a job is told is kept as JSON, number by number.
pub async fn payloads(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let numbers = serde_json::json!([0, -1, i64::MIN, i64::MAX, u64::MAX, 0.5, -0.25, true, null]);
    let nested = (0..50).fold(serde_json::json!({ "": "" }), |inner, _| serde_json::json!([inner, {}]));
    for payload in
        [serde_json::json!(null), serde_json::json!({}), serde_json::json!("text"), numbers, nested]
    {
        stage.keeps(Change::Enqueue(NewJob { payload, ..stage.fixture.job() })).await;
    }
}
