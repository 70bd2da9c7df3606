//! An address opens one object, for a short time, as an attachment under its name, to those who got it from us.

use super::{
    FilesHarness, Visit,
    disposition::{self, Disposition},
    stage::{Stage, noise, request},
};
use marketplace_core::file::{FileName, ObjectKey, PresignRequest};
use std::time::Duration;

/// The stage, if the store gives out addresses.
async fn stage(harness: &dyn FilesHarness) -> Option<Stage> {
    let stage = Stage::new(harness).await;
    stage.fresh.addresses.is_some().then_some(stage)
}

/// Nobody is let in, whatever the words.
fn is_refused(visit: &Visit, bytes: &[u8], why: &str) {
    assert!(visit.status >= 400, "{why}: {}", visit.status);
    assert!(visit.body != bytes, "{why}: the bytes are there");
}

fn read(visit: &Visit) -> Disposition {
    let header = visit.header("content-disposition").expect("it is said how to show it");
    disposition::parse(header).unwrap_or_else(|error| panic!("{error}: {header}"))
}

/// A store gives out addresses or does not, for any object.
pub async fn as_told(harness: &dyn FilesHarness) {
    let stage = Stage::new(harness).await;
    let key = stage.put(b"one").await;
    let address = stage.files().presign(&key, request()).await.expect("it answers");
    assert_eq!(address.is_some(), stage.fresh.addresses.is_some());
    if let Some(address) = address {
        assert!(address.starts_with("https://") || address.starts_with("http://"), "{address}");
        assert!(address.bytes().all(|byte| byte.is_ascii_graphic()), "{address}");
    }
}

/// It gives the bytes with the type that was asked for.
pub async fn opened(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let bytes = noise(300_000, 1);
    let key = stage.put(&bytes).await;
    let address = stage.address(&key, request()).await;
    for _ in 0..2 {
        let visit = stage.get(&address).await;
        assert_eq!(visit.status, 200);
        assert!(visit.body == bytes);
        assert_eq!(visit.header("content-type"), Some("application/pdf"));
        assert_eq!(visit.header("content-length"), Some("300000"));
    }
}

/// A download that broke off goes on.
pub async fn in_parts(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let bytes = noise(300_000, 1);
    let key = stage.put(&bytes).await;
    let address = stage.address(&key, request()).await;
    let visit = stage.addresses().visit("GET", &address, Some("bytes=100000-")).await;
    assert_eq!(visit.status, 206);
    assert_eq!(visit.header("content-range"), Some("bytes 100000-299999/300000"));
    assert!(visit.body == bytes[100_000..]);
}

/// Names of every kind come back exactly, and old clients get something harmless.
pub async fn saved_under_its_name(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"one").await;
    let longest = format!("{}.pdf", "📚".repeat(196));
    for given in [
        "book.pdf",
        "Ọlá's book; v=1, 50% \"off\" & more.pdf",
        "semi;colon=equals,comma.pdf",
        "back\\slash.pdf",
        "100%25 %2e%2E.pdf",
        "plus+plus a&b=c#d?e.pdf",
        "ürlaub – Überblick.docx",
        "本.epub",
        "📚🇳🇬.zip",
        "עברית.pdf",
        "e\u{301}combining.pdf",
        ".htaccess",
        "no ending",
        "a.tar.gz",
        "$(reboot) `id` <script>.html",
        longest.as_str(),
    ] {
        let name: FileName = given.parse().expect("a name");
        let address = stage.address(&key, PresignRequest { name: name.clone(), ..request() }).await;
        let visit = stage.get(&address).await;
        assert_eq!(visit.status, 200, "{given}: {:?}", visit.body);
        assert_eq!(visit.body, "one");
        let read = read(&visit);
        assert_eq!(read.exact.as_deref(), Some(name.as_str()));
        let plain = read.plain.expect("a name for old clients");
        let harmless = |character: char| {
            (character.is_ascii_graphic() || character == ' ') && !"\"\\/%".contains(character)
        };
        assert!(!plain.is_empty() && plain.chars().all(harmless), "{plain}");
    }
}

/// Whatever it is, no browser shows it in place.
pub async fn never_in_place(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"<script>alert(1)</script>").await;
    for kind in ["text/html", "image/svg+xml", "application/pdf", "application/octet-stream"] {
        let content_type = kind.parse().expect("a type");
        let address = stage.address(&key, PresignRequest { content_type, ..request() }).await;
        let visit = stage.get(&address).await;
        assert_eq!(read(&visit).kind, "attachment", "{kind}");
        assert_eq!(visit.header("content-type"), Some(kind));
    }
}

/// It is over when its time is.
pub async fn expired(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"one").await;
    let of = |seconds| Duration::from_secs(seconds);
    for (ago, lasts, opens) in
        [(0, 60, true), (30, 60, true), (70, 60, false), (30, 20, false), (3_600, 60, false)]
    {
        let earlier = stage.addresses().behind(of(ago));
        let asked = PresignRequest { expires_in: of(lasts), ..request() };
        let address = earlier.presign(&key, asked).await.expect("it signs").expect("it has addresses");
        let visit = stage.get(&address).await;
        if opens {
            assert_eq!(visit.status, 200, "{lasts} seconds, {ago} seconds ago");
        } else {
            is_refused(&visit, b"one", &format!("{lasts} seconds, {ago} seconds ago"));
        }
    }
}

/// Nobody gets an address for longer than a minute, whatever is asked: until then a revocation does not bite.
pub async fn at_most_a_minute(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"one").await;
    let earlier = stage.addresses().behind(Duration::from_secs(70));
    for lasts in [Duration::from_mins(2), Duration::from_hours(24), Duration::MAX] {
        let asked = PresignRequest { expires_in: lasts, ..request() };
        let address = earlier.presign(&key, asked).await.expect("it signs").expect("it has addresses");
        is_refused(&stage.get(&address).await, b"one", &format!("{lasts:?}, 70 seconds ago"));
    }
}

/// An address in which anything was changed is none. Every parameter counts.
pub async fn altered(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"one").await;
    let address = stage.address(&key, request()).await;
    assert_eq!(stage.get(&address).await.status, 200);
    let (path, query) = address.split_once('?').expect("what it is signed with");
    let parameters: Vec<&str> = query.split('&').collect();
    assert!(parameters.len() > 2, "{address}");
    let joined = |parameters: &[&str]| format!("{path}?{}", parameters.join("&"));
    for (place, parameter) in parameters.iter().enumerate() {
        let mut without = parameters.clone();
        without.remove(place);
        let why = format!("without {parameter}");
        is_refused(&stage.get(&joined(&without)).await, b"one", &why);
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if let Some(other) = another(value) {
            let changed = format!("{name}={other}");
            let mut with = parameters.clone();
            with[place] = &changed;
            let why = format!("{parameter} as {changed}");
            is_refused(&stage.get(&joined(&with)).await, b"one", &why);
        }
    }
    is_refused(&stage.get(path).await, b"one", "without anything");
}

/// The same value with its last letter or digit changed.
pub(super) fn another(value: &str) -> Option<String> {
    let place = value.rfind(|character: char| character.is_ascii_alphanumeric())?;
    let (before, rest) = value.split_at(place);
    let changed = match &rest[..1] {
        "0" => "1",
        "a" => "b",
        "A" => "B",
        digit if digit.bytes().all(|byte| byte.is_ascii_digit()) => "0",
        capital if capital.bytes().all(|byte| byte.is_ascii_uppercase()) => "A",
        _ => "a",
    };
    Some(format!("{before}{changed}{}", &rest[1..]))
}

/// The address of one object opens no other.
pub async fn of_another_object(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let (mine, other) = (stage.put(b"mine").await, stage.put(b"other").await);
    let address = stage.address(&mine, request()).await;
    let id = |key: &ObjectKey| key.as_str().trim_start_matches("files/").to_owned();
    assert!(address.contains(&id(&mine)), "{address}");
    let moved = address.replace(&id(&mine), &id(&other));
    is_refused(&stage.get(&moved).await, b"other", "the key of another object");
}

/// Whoever signs with another key opens nothing.
pub async fn foreign(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"one").await;
    let stranger = stage.addresses().stranger();
    let address = stranger.presign(&key, request()).await.expect("it signs").expect("it has addresses");
    is_refused(&stage.get(&address).await, b"one", "signed by a stranger");
}

/// It reads, and does nothing else.
pub async fn for_reading_only(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let key = stage.put(b"one").await;
    let address = stage.address(&key, request()).await;
    for method in ["PUT", "POST", "DELETE"] {
        is_refused(&stage.addresses().visit(method, &address, None).await, b"one", method);
        assert_eq!(stage.read(&key, None).await.as_deref(), Some(&b"one"[..]), "after {method}");
    }
}

/// An address of an object that is not there gives nothing.
pub async fn of_nothing(harness: &dyn FilesHarness) {
    let Some(stage) = stage(harness).await else { return };
    let (never, deleted) = (stage.key(), stage.put(b"one").await);
    let before = stage.address(&deleted, request()).await;
    stage.files().delete(&deleted).await.expect("it is deleted");
    is_refused(&stage.get(&before).await, b"one", "deleted meanwhile");
    if let Some(address) = stage.files().presign(&never, request()).await.expect("it answers") {
        is_refused(&stage.get(&address).await, b"one", "never put");
    }
}
