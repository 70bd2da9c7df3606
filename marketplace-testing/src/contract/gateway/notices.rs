//! Notices are believed only when they are signed, and then each is known by what it tells.

use super::{GatewayHarness, PaidAs, stage::Stage};
use crate::fake::SignedNotice;
use marketplace_core::payment::NoticeRefused;

/// Bodies that tell nothing.
const UNREADABLE: [&[u8]; 9] = [
    b"",
    b"[]",
    b"{",
    b"null",
    b"7",
    b"<html>",
    b"{\"event\":7}",
    b"\xff\xfe",
    b"{\"event\":\"x\",\"data\":null}",
];

/// The stage, and the notice of a payment, if the gateway sends any.
async fn told(harness: &dyn GatewayHarness) -> Option<(Stage, SignedNotice)> {
    let stage = Stage::new(harness).await;
    if !stage.descriptor().capabilities.sends_notices {
        return None;
    }
    let (payment, _) = stage.begun().await;
    stage.world().pay(&payment.reference, PaidAs::Asked).await;
    let notice = stage.world().paid_notice(&payment.reference).await;
    Some((stage, notice))
}

/// A notice of a payment claims it: our reference, and what was paid.
pub async fn signed(harness: &dyn GatewayHarness) {
    let Some((stage, notice)) = told(harness).await else { return };
    let decoded = stage.gateway().decode(notice.raw()).expect("it is signed");
    let claim = decoded.claim.expect("it claims a payment");
    assert_eq!(claim.reference, stage.world().payments().await[0].0);
    assert_eq!(claim.amount, Some(stage.price()));
    assert!(claim.mode.is_none_or(|mode| mode == stage.descriptor().mode));
    assert!(!decoded.key.is_empty() && decoded.key.len() <= 200, "{}", decoded.key);
}

/// Without its signature, or with two, nothing is even read.
pub async fn unsigned(harness: &dyn GatewayHarness) {
    let Some((stage, notice)) = told(harness).await else { return };
    let bare = SignedNotice { headers: Vec::new(), ..notice.clone() };
    let twice = SignedNotice { headers: [notice.headers.clone(), notice.headers].concat(), ..bare.clone() };
    for wrong in [bare, twice] {
        assert_eq!(stage.gateway().decode(wrong.raw()), Err(NoticeRefused), "{:?}", wrong.headers);
    }
    for body in UNREADABLE {
        let bare = SignedNotice { headers: Vec::new(), body: body.to_vec() };
        assert_eq!(stage.gateway().decode(bare.raw()), Err(NoticeRefused), "unsigned, and unreadable");
    }
}

/// One byte more, less or other, in the body or in the signature.
pub async fn altered(harness: &dyn GatewayHarness) {
    let Some((stage, notice)) = told(harness).await else { return };
    let mut wrong = Vec::new();
    for place in [0, notice.body.len() / 2, notice.body.len() - 1] {
        let mut body = notice.body.clone();
        body[place] ^= 1;
        wrong.push(SignedNotice { body, ..notice.clone() });
    }
    wrong.push(SignedNotice { body: [&notice.body[..], b"\n"].concat(), ..notice.clone() });
    wrong.push(SignedNotice { body: notice.body[1..].to_vec(), ..notice.clone() });
    wrong.push(SignedNotice { body: Vec::new(), ..notice.clone() });
    for number in 0..notice.headers.len() {
        let value = notice.headers[number].1.clone();
        let other = |character: char| if character == '0' { '1' } else { '0' };
        let first = value.chars().next().expect("it is not empty");
        let last = value.chars().last().expect("it is not empty");
        let inner = &value[first.len_utf8()..];
        let outer = &value[..value.len() - last.len_utf8()];
        for changed in [
            format!("{}{inner}", other(first)),
            format!("{outer}{}", other(last)),
            outer.to_owned(),
            format!("{value}0"),
            String::new(),
            "no signature".to_owned(),
        ] {
            let mut headers = notice.headers.clone();
            headers[number].1 = changed;
            wrong.push(SignedNotice { headers, ..notice.clone() });
        }
    }
    for wrong in wrong {
        assert_eq!(stage.gateway().decode(wrong.raw()), Err(NoticeRefused), "{wrong:?}");
    }
    assert!(stage.gateway().decode(notice.raw()).is_ok(), "and the notice itself is one");
}

/// A signature of somebody else's is none.
pub async fn forged(harness: &dyn GatewayHarness) {
    let Some((stage, notice)) = told(harness).await else { return };
    for body in UNREADABLE.into_iter().chain([&notice.body[..]]) {
        let forged = stage.world().forge(body);
        assert_eq!(stage.gateway().decode(forged.raw()), Err(NoticeRefused));
    }
}

/// What is well signed is never turned away: the gateway would send it for days. It claims nothing.
pub async fn unreadable(harness: &dyn GatewayHarness) {
    let Some((stage, _)) = told(harness).await else { return };
    let mut keys = Vec::new();
    for body in UNREADABLE {
        let signed = stage.world().sign(body);
        let decoded = stage.gateway().decode(signed.raw()).expect("it is signed");
        assert_eq!(decoded.claim, None, "{:?}", String::from_utf8_lossy(body));
        keys.push(decoded.key);
    }
    let count = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), count, "each under a key of its own");
}

/// A notice that comes again is the same one.
pub async fn copies(harness: &dyn GatewayHarness) {
    let Some((stage, notice)) = told(harness).await else { return };
    let first = stage.gateway().decode(notice.raw()).expect("it is signed");
    for _ in 0..3 {
        assert_eq!(stage.gateway().decode(notice.raw()).as_ref(), Ok(&first));
    }
    let unread = stage.world().sign(b"{");
    assert_eq!(stage.gateway().decode(unread.raw()), stage.gateway().decode(unread.raw()));
}

/// Notices of two payments are two.
pub async fn apart(harness: &dyn GatewayHarness) {
    let Some((stage, notice)) = told(harness).await else { return };
    let (payment, _) = stage.begun().await;
    stage.world().pay(&payment.reference, PaidAs::Asked).await;
    let other = stage.world().paid_notice(&payment.reference).await;
    let [one, other] =
        [notice, other].map(|notice| stage.gateway().decode(notice.raw()).expect("it is signed"));
    assert_ne!(one.key, other.key);
    assert_ne!(one.claim, other.claim);
}
