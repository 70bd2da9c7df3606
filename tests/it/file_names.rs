//! Names that mean harm and types that lie: what is uploaded under them arrives harmless, and under its own name.

use crate::agents::fetch;
use crate::place::{Place, wherever_files_lie};
use crate::stage::Stage;
use bytes::Bytes;
use marketplace_tests::{Answer, Upload, exchange};

wherever_files_lie! {
    hostile_names_arrive_harmless
    types_that_lie_are_sent_as_attachments
    keys_are_ours
}

/// As sent, and as it may be saved.
const NAMES: &[(&str, &str)] = &[
    // Paths, of every system.
    ("../../../../etc/passwd", "passwd"),
    ("..\\..\\windows\\system32\\cmd.exe", "cmd.exe"),
    ("/etc/shadow", "shadow"),
    ("C:\\fakepath\\book.pdf", "book.pdf"),
    ("\\\\server\\share\\book.pdf", "book.pdf"),
    ("a/../b.pdf", "b.pdf"),
    // What ends or begins something in a header.
    ("semi;colon=1.pdf", "semi;colon=1.pdf"),
    ("comma, and 'quotes'.pdf", "comma, and 'quotes'.pdf"),
    ("100% *real*.pdf", "100% *real*.pdf"),
    ("%2e%2e%2fescaped.pdf", "%2e%2e%2fescaped.pdf"),
    ("filename*=UTF-8''evil.exe", "filename*=UTF-8''evil.exe"),
    ("=?UTF-8?B?ZXZpbC5leGU=?=", "=?UTF-8?B?ZXZpbC5leGU=?="),
    // What deceives the eye.
    ("annexe\u{202e}fdp.exe", "annexefdp.exe"),
    ("invoice\u{200b}.pdf\u{2066}.exe", "invoice.pdf.exe"),
    ("\u{feff}mark.pdf", "mark.pdf"),
    (
        "report.pdf                                        .exe",
        "report.pdf                                        .exe",
    ),
    ("trailing.pdf. . .", "trailing.pdf"),
    // What would run, or be found, where a browser saves it; a name is a name.
    (".htaccess", ".htaccess"),
    ("-rf.pdf", "-rf.pdf"),
    ("$(reboot).pdf", "$(reboot).pdf"),
    ("`id`.pdf", "`id`.pdf"),
    ("a' OR '1'='1.pdf", "a' OR '1'='1.pdf"),
    ("<script>alert(1)<!--.html", "<script>alert(1)<!--.html"),
    ("{{7*7}}.pdf", "{{7*7}}.pdf"),
    // Every script survives.
    ("Ọ̀rọ̀ àkọ́kọ́ – Ẹ̀dá.pdf", "Ọ̀rọ̀ àkọ́kọ́ – Ẹ̀dá.pdf"),
    ("本 и книга كتاب ספר.pdf", "本 и книга كتاب ספר.pdf"),
    ("🎁👩‍👩‍👧.pdf", "🎁👩👩👧.pdf"),
    ("ﬁle ½ Å Å.pdf", "ﬁle ½ Å Å.pdf"),
];

/// The two names of an attachment, parsed as RFC 6266 and RFC 8187 have them.
fn saved_as(answer: &Answer) -> (String, String) {
    let header = answer.header("content-disposition").expect("it is to be saved");
    assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{header}");
    let rest = header.strip_prefix("attachment; filename=\"").expect("an attachment");
    let (plain, rest) = rest.split_once('"').expect("a quoted string ends");
    // The plain name has nothing that needs an escape, so it ends at the first quote.
    assert!(!plain.contains(['\\', '%', '/']), "{header}");
    let encoded = rest.strip_prefix("; filename*=UTF-8''").expect("the exact name, and nothing else");
    let mut bytes = Vec::new();
    let mut left = encoded.bytes();
    while let Some(byte) = left.next() {
        if byte == b'%' {
            let digits = [left.next().unwrap(), left.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            let plain = byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte);
            assert!(plain, "{} stands there as it is: {header}", char::from(byte));
            bytes.push(byte);
        }
    }
    (plain.to_owned(), String::from_utf8(bytes).expect("it is UTF-8"))
}

/// The files of a draft, each with the answer of its download by a free order.
async fn sold(stage: &Stage, uploads: &[Upload]) -> Vec<(serde_json::Value, Answer)> {
    let client = &stage.client;
    let draft = client.draft(&stage.ada, "Many files", "0.00").await;
    let mut shown = Vec::new();
    for upload in uploads {
        shown.push(client.upload(&stage.ada, &draft, upload).await);
    }
    let publish = format!("/api/v1/creator/products/{draft}/publish");
    client.post(&publish).bearer(&stage.ada.token).send().await.expect(200);
    let body = serde_json::json!({ "items": [{ "product_id": draft }] });
    let checkout = client.post("/api/v1/checkout").bearer(&stage.mallory.token).json(&body);
    checkout.send().await.expect(201);
    let library = client.library(&stage.mallory.token).await;
    let right = library[0]["entitlement_id"].as_str().unwrap();
    let mut sold = Vec::new();
    for file in shown {
        let path = format!("/api/v1/library/{right}/files/{}/links", file["id"].as_str().unwrap());
        let issued = client.post(&path).bearer(&stage.mallory.token).send().await.expect(201);
        let page = client.get(issued["url"].as_str().unwrap()).send().await;
        assert_eq!(page.status, 200);
        for raw in ["<script>", "{{7*7}}\u{0}", "\u{202e}"] {
            assert!(!page.text().contains(raw), "{}", page.text());
        }
        let session = client.claim(issued["url"].as_str().unwrap()).await;
        sold.push((file, fetch(client, &session, None, "curl/8.11.0").await));
    }
    sold
}

async fn hostile_names_arrive_harmless(place: Place) {
    let stage = Stage::at(&place).await;
    let uploads: Vec<Upload> = NAMES.iter().map(|(name, _)| Upload::pdf(name, 100)).collect();
    for ((given, kept), (file, answer)) in NAMES.iter().zip(sold(&stage, &uploads).await) {
        assert_eq!(file["name"], *kept, "{given:?}");
        assert_eq!(answer.status, 200, "{given:?}: {}", answer.text());
        let (plain, exact) = saved_as(&answer);
        assert_eq!(exact, *kept, "{given:?}");
        assert!(plain.is_ascii() && !plain.is_empty(), "{given:?}: {plain}");
        if kept.is_ascii() && !kept.contains(['%', '"', '\\']) {
            assert_eq!(plain, *kept);
        }
    }
    // No name at all is no file.
    for name in ["", ".", "...", "///", "\u{200b}"] {
        let draft = stage.client.draft(&stage.ada, "No name", "0.00").await;
        let (content_type, body) = marketplace_tests::multipart("file", &Upload::pdf(name, 10));
        let path = format!("/api/v1/creator/products/{draft}/files");
        let answer =
            stage.client.post(&path).bearer(&stage.ada.token).typed(&content_type, body).send().await;
        assert_eq!(answer.status, 422, "{name:?}: {}", answer.text());
    }
    // A line that ends in the name ends in the form's header: no second header comes of it.
    let draft = stage.client.draft(&stage.ada, "Two headers", "0.00").await;
    let form = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\r\nset-cookie: x=1\r\n.pdf\"\r\n\r\n%PDF-1.4 x\r\n--b--\r\n";
    let head = format!(
        "POST /api/v1/creator/products/{draft}/files HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         connection: close\r\ncontent-type: multipart/form-data; boundary=b\r\ncontent-length: {}\r\n\r\n{form}",
        stage.ada.token,
        form.len()
    );
    let answer = exchange(stage.server.base(), head.as_bytes()).await;
    assert!(!answer.to_ascii_lowercase().contains("set-cookie"), "{answer}");
}

async fn types_that_lie_are_sent_as_attachments(place: Place) {
    let stage = Stage::at(&place).await;
    let html = &b"<!DOCTYPE html><html><body><script>alert(document.domain)</script></body></html>"[..];
    let svg = &b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"></svg>"[..];
    let png = &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"[..];
    let zip = &b"PK\x03\x04\x14\0\0\0\x08\0aaaaaaaaaaaaaaaaaaaa"[..];
    let exe = &b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0\xb8\0\0\0"[..];
    let text = &b"just some words"[..];
    // Name, claimed type, bytes; and the type that it is sent with.
    let lies: &[(&str, &str, &[u8], &str)] = &[
        ("page.pdf", "application/pdf", html, "text/html"),
        ("page.html", "text/html", html, "text/html"),
        ("picture.png", "image/png", html, "text/html"),
        ("picture.html", "text/html", png, "image/png"),
        ("book.pdf", "application/pdf", zip, "application/zip"),
        ("photo.jpg", "image/jpeg", exe, "application/vnd.microsoft.portable-executable"),
        ("drawing.svg", "image/svg+xml", svg, "image/svg+xml"),
        ("words.txt", "text/html; charset=utf-7", text, "text/html"),
        ("words.js", "text/javascript", text, "text/javascript"),
        ("words.txt", "not a type at all", text, "application/octet-stream"),
        ("words.txt", "text/plain\"; x", text, "application/octet-stream"),
    ];
    let uploads: Vec<Upload> = lies
        .iter()
        .map(|(name, claimed, bytes, _)| Upload {
            name: (*name).to_owned(),
            content_type: (*claimed).to_owned(),
            bytes: Bytes::copy_from_slice(bytes),
        })
        .collect();
    for ((name, claimed, bytes, sent), (file, answer)) in lies.iter().zip(sold(&stage, &uploads).await) {
        assert_eq!((answer.status, &answer.body[..]), (200, *bytes), "{name} as {claimed}");
        assert_eq!(file["content_type"], *sent, "{name} as {claimed}");
        assert_eq!(answer.header("content-type"), Some(*sent), "{name} as {claimed}");
        assert_eq!(saved_as(&answer).1, *name);
        if !place.has_bucket() {
            // On the shop's own origin nothing is run, whatever a browser thinks of it.
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.contains("sandbox") && policy.contains("default-src 'none'"), "{policy}");
        }
    }
}

async fn keys_are_ours(place: Place) {
    let stage = Stage::at(&place).await;
    let uploads: Vec<Upload> = NAMES.iter().take(6).map(|(name, _)| Upload::pdf(name, 10)).collect();
    sold(&stage, &uploads).await;
    let objects = place.objects(&stage.server);
    assert_eq!(objects.len(), 7, "{objects:?}");
    for object in objects {
        let name = object.file_name().unwrap().to_str().unwrap();
        let (kind, id) = name.split_at(4);
        assert!(kind == "ver_" && id.len() == 32, "{name}");
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    }
}
