//! Reading what is not there, and lists that come whole.

use super::{
    StoreHarness,
    stage::{Granted, Stage, at_once},
};
use marketplace_core::{
    catalog::StoredFile,
    commit::{Change, Subject},
    delivery::{Entitlement, Link, Redemption},
    id::{EntitlementId, FileId, FileVersionId, HoldId, JobId, LinkId, OrderId, ProductId, UserId},
    job::NewJob,
    page::Page,
    payment::{Attempt, AttemptState},
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};

/// What is not there is `None` or an empty list, never an error; also beside rows that are there.
pub async fn unknown(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    for filled in [false, true] {
        if filled {
            let (granted, _) = stage.linked().await;
            stage.apply(vec![Change::InsertAttempt(stage.fixture.attempt(&granted.ordered.order))]).await;
            stage.apply(vec![Change::Enqueue(stage.fixture.job())]).await;
            stage.apply(vec![Change::InsertNotice(stage.fixture.notice())]).await;
        }
        nothing_is_found(&stage).await;
    }
}

async fn nothing_is_found(stage: &Stage) {
    let (store, fixture) = (&*stage.store, &stage.fixture);
    let (token, page) = (fixture.token(), Page::first(10));
    let user = UserId::from_uuid(fixture.uuid());
    let product = ProductId::from_uuid(fixture.uuid());
    let order = OrderId::from_uuid(fixture.uuid());
    let file = FileId::from_uuid(fixture.uuid());
    let entitlement = EntitlementId::from_uuid(fixture.uuid());

    assert_eq!(store.user(user).await.expect("users are read"), None);
    assert_eq!(store.user_by_email(&fixture.email()).await.expect("users are read"), None);
    assert_eq!(store.session(&token, fixture.tick()).await.expect("sessions are read"), None);
    assert_eq!(store.product(product).await.expect("products are read"), None);
    for slug in ["", "no-such-slug", "%", "'"] {
        assert_eq!(store.product_by_slug(slug).await.expect("products are read"), None, "{slug:?}");
    }
    assert_eq!(store.products_of(user, page).await.expect("products are read"), []);
    assert_eq!(store.files_of(product, Timestamp::EPOCH).await.expect("files are read"), []);
    assert_eq!(store.file(file).await.expect("files are read"), None);
    let version = FileVersionId::from_uuid(fixture.uuid());
    assert_eq!(store.file_version(version).await.expect("versions are read"), None);
    assert_eq!(store.order(order).await.expect("orders are read"), None);
    assert_eq!(store.order_by_token(&token).await.expect("orders are read"), None);
    assert_eq!(store.orders_of(user, page).await.expect("orders are read"), []);
    assert_eq!(store.attempt(&fixture.reference()).await.expect("attempts are read"), None);
    assert_eq!(store.attempts_of(order).await.expect("attempts are read"), []);
    assert_eq!(store.notice("no such notice").await.expect("notices are read"), None);
    assert_eq!(store.balances_of(user).await.expect("balances are read"), []);
    assert_eq!(store.earned_by(user).await.expect("earnings are read"), []);
    assert_eq!(store.wallet_lines(user, None, page).await.expect("lines are read"), []);
    assert_eq!(store.hold(HoldId::from_uuid(fixture.uuid())).await.expect("holds are read"), None);
    assert_eq!(store.entitlement(entitlement).await.expect("entitlements are read"), None);
    assert_eq!(store.entitlements_of_order(order).await.expect("entitlements are read"), []);
    assert_eq!(store.entitlements_of_user(user, page).await.expect("entitlements are read"), []);
    assert_eq!(store.link(LinkId::from_uuid(fixture.uuid())).await.expect("links are read"), None);
    assert_eq!(store.link_by_token(&token).await.expect("links are read"), None);
    assert_eq!(store.redemption(&token).await.expect("links are read"), None);
    assert_eq!(store.links_of(order, 10).await.expect("links are read"), []);
    assert_eq!(store.visits_of(&[LinkId::from_uuid(fixture.uuid())]).await.expect("visits are read"), []);
    let subjects = [Subject::of(order), Subject::of("'")];
    assert_eq!(store.mails_about(&subjects, 10).await.expect("jobs are read"), []);
    assert_eq!(store.download_session(&token).await.expect("downloads are read"), None);
    assert_eq!(store.job(JobId::from_uuid(fixture.uuid())).await.expect("jobs are read"), None);
}

/// The attempts of an order, oldest first by creation, then by reference.
pub async fn attempts_of(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let bystander = stage.fixture.attempt(&stage.ordered().await.order);
    stage.apply(vec![Change::InsertAttempt(bystander)]).await;
    let (early, late) = (stage.fixture.tick(), stage.fixture.tick());
    let mut attempts: Vec<Attempt> = [late, early, late, early, late]
        .map(|created_at| Attempt {
            created_at,
            state: AttemptState::Failed,
            ..stage.fixture.attempt(&order)
        })
        .into();
    attempts[2].state = AttemptState::Pending;
    for index in [4, 1, 2, 0, 3] {
        stage.apply(vec![Change::InsertAttempt(attempts[index].clone())]).await;
    }
    attempts.sort_by_key(|attempt| (attempt.created_at, attempt.reference.clone()));
    assert_eq!(stage.store.attempts_of(order.id).await.expect("attempts are read"), attempts);
}

/// The files of a product that were on sale at a time or later: those that are still, and those that were
/// removed after it; oldest first.
pub async fn files_of(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let product = stage.shop().await.product;
    stage.file(&stage.shop().await.product).await;
    let mut files: Vec<StoredFile> = Vec::new();
    for _ in 0..4 {
        files.push(stage.file(&product).await);
    }
    let before = stage.fixture.tick();
    let (first, second) = (stage.fixture.tick(), stage.fixture.tick());
    for (index, at) in [(2, first), (0, second)] {
        stage.apply(vec![Change::RemoveFile { id: files[index].file.id, at }]).await;
        files[index].file.removed_at = Some(at);
    }
    let tick = Duration::from_micros(1);
    let of = async |since| stage.store.files_of(product.id, since).await.expect("files are read");
    assert_eq!(of(before).await, files, "all were on sale then, removed or not");
    assert_eq!(of(Timestamp::EPOCH).await, files, "or later");
    assert_eq!(of(first.saturating_sub(tick)).await, files, "just before the first was removed");
    let one_less = [&files[..2], &files[3..]].concat();
    assert_eq!(of(first.saturating_add(tick)).await, one_less, "just after");
    let on_sale = [files[1].clone(), files[3].clone()];
    assert_eq!(of(second.saturating_add(tick)).await, on_sale, "after both were removed");
    assert_eq!(of(Timestamp::MAX).await, on_sale, "those that are on sale now");
    for file in files {
        let by_id = stage.store.file(file.file.id).await.expect("files are read");
        let by_version = stage.store.file_version(file.version.id).await.expect("versions are read");
        assert_eq!((by_id.as_ref(), by_version.as_ref()), (Some(&file), Some(&file)), "removed or not");
    }
}

/// A link by its token with its right and its file, each as it is now: used, revoked, removed.
pub async fn redemption(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    stage.linked().await;
    let (Granted { mut file, mut entitlement, .. }, mut link) = stage.linked().await;
    let token = link.token;
    let read = async || stage.store.redemption(&token).await.expect("links are read");
    let expected = |link: &Link, entitlement: &Entitlement, file: &StoredFile| {
        Some(Redemption { link: link.clone(), entitlement: entitlement.clone(), file: file.clone() })
    };
    assert_eq!(read().await, expected(&link, &entitlement, &file));

    let at = stage.fixture.tick();
    stage.apply(vec![Change::RemoveFile { id: file.file.id, at }]).await;
    file.file.removed_at = Some(at);
    assert_eq!(read().await, expected(&link, &entitlement, &file), "its file was removed");

    let session = stage.fixture.download(&link, &file);
    stage.apply(vec![Change::ClaimLink { id: link.id, at, session }]).await;
    link.claimed_at = Some(at);
    assert_eq!(read().await, expected(&link, &entitlement, &file), "it was used");

    let reason = marketplace_core::delivery::RevokeReason::Operator;
    stage.apply(vec![Change::Revoke { id: entitlement.id, seen: entitlement.version, reason, at }]).await;
    entitlement =
        stage.store.entitlement(entitlement.id).await.expect("rights are read").expect("it is there");
    assert!(entitlement.revoked_at.is_some());
    assert_eq!(read().await, expected(&link, &entitlement, &file), "its right was revoked");
}

/// Of many who look at once each finds its own link, and who looks for none finds none.
pub async fn redemptions_at_once(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut tokens = Vec::new();
    for number in 0..40 {
        let known = number % 4 != 3;
        let token = if known { stage.linked().await.1.token } else { stage.fixture.token() };
        tokens.push((token, known));
    }
    // The same one twice.
    tokens.extend_from_within(..20);
    let found = at_once(tokens.iter().map(|(token, _)| {
        let (store, token) = (Arc::clone(&stage.store), *token);
        async move { store.redemption(&token).await.expect("links are read") }
    }));
    for ((token, known), found) in tokens.iter().zip(found.await) {
        assert_eq!(found.map(|found| found.link.token), known.then_some(*token));
    }
}

/// The entitlements of an order, oldest id first, revoked or not.
pub async fn entitlements_of_order(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    stage.granted().await;
    let ordered = stage.ordered().await;
    let order = stage.fixture.order(None, &[&ordered.product; 5]);
    stage.apply(vec![Change::InsertOrder(order.clone())]).await;
    // The last line gets the oldest id.
    let mut granted: Vec<Entitlement> =
        order.lines.iter().rev().map(|line| stage.fixture.entitlement(&order, line)).collect();
    for index in [3, 0, 4, 1, 2] {
        stage.apply(vec![Change::Grant(granted[index].clone())]).await;
    }
    let revoked = Change::Revoke {
        id: granted[1].id,
        seen: granted[1].version,
        reason: marketplace_core::delivery::RevokeReason::Operator,
        at: stage.fixture.tick(),
    };
    stage.apply(vec![revoked]).await;
    granted[1] = stage.store.entitlement(granted[1].id).await.expect("is read").expect("is there");
    let read = stage.store.entitlements_of_order(order.id).await.expect("entitlements are read");
    assert_eq!(read, granted);
}

/// The newest links of an order, of all its rights, and of no other order's.
pub async fn links_of(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    stage.linked().await;
    let ordered = stage.ordered().await;
    let file = stage.file(&ordered.product).await;
    let order = stage.fixture.order(None, &[&ordered.product; 3]);
    stage.apply(vec![Change::InsertOrder(order.clone())]).await;
    let mut links: Vec<Link> = Vec::new();
    let rights = order.lines[..2].iter().map(|line| stage.fixture.entitlement(&order, line));
    let rights: Vec<Entitlement> = rights.collect();
    stage.apply(rights.iter().cloned().map(Change::Grant).collect()).await;
    for number in 0..5 {
        links.push(stage.fixture.link(&rights[number % 2], &file));
    }
    for index in [3, 0, 4, 1, 2] {
        stage.apply(vec![Change::IssueLink(links[index].clone())]).await;
    }
    let at = stage.fixture.tick();
    let session = stage.fixture.download(&links[1], &file);
    stage.apply(vec![Change::ClaimLink { id: links[1].id, at, session }]).await;
    links[1].claimed_at = Some(at);
    links.reverse();
    let of = async |limit| stage.store.links_of(order.id, limit).await.expect("links are read");
    assert_eq!(of(10).await, links, "newest first, used or not");
    assert_eq!(of(5).await, links);
    assert_eq!(of(2).await, links[..2]);
    assert_eq!(of(0).await, []);
}

/// The newest mail jobs about some subjects, in any state, and no other jobs.
pub async fn mails_about(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (own, also, strange) = (Subject::of("ord_1"), Subject::of("ent_1"), Subject::of("ord_2"));
    let mut expected = Vec::new();
    for (kind, subject, shown) in [
        ("mail.purchase", &own, true),
        ("mail.sold", &own, true),
        ("mail.purchase", &strange, false),
        ("hold.release", &own, false),
        ("mailbox.sweep", &own, false),
        ("email.sold", &also, false),
        ("mail", &own, false),
        ("MAIL.SOLD", &own, false),
        ("mail.fresh-link", &also, true),
        ("mail.of a host's own", &own, true),
    ] {
        let kind = kind.to_owned();
        let job = NewJob { kind, subject: subject.clone(), ..stage.fixture.job() };
        stage.apply(vec![Change::Enqueue(job.clone())]).await;
        if shown {
            expected.push(job.id);
        }
    }
    expected.reverse();
    let about = async |subjects: &[Subject], limit| {
        let jobs = stage.store.mails_about(subjects, limit).await.expect("jobs are read");
        jobs.iter().map(|job| job.new.id).collect::<Vec<_>>()
    };
    let both = [own.clone(), also.clone()];
    assert_eq!(about(&both, 10).await, expected);
    assert_eq!(about(&[also.clone(), own.clone(), own.clone()], 10).await, expected, "each once");
    assert_eq!(about(&both, 2).await, expected[..2], "the newest");
    assert_eq!(about(&[also], 10).await, [expected[1]]);
    assert_eq!((about(&both, 0).await, about(&[], 10).await), (vec![], vec![]));

    // In whatever state it is, it is shown whole.
    let later = stage.fixture.later(Duration::from_hours(1));
    let claimed = stage.store.claim(later, later, 100).await.expect("jobs are claimed");
    let fence = |id| claimed.iter().find(|claimed| claimed.job.new.id == id).expect("claimed").fence;
    let reason = || "550 no such user".to_owned();
    assert!(stage.store.bury(fence(expected[0]), later, reason()).await.expect("a job is buried"));
    assert!(
        stage.store.put_back(fence(expected[1]), later, Some(reason())).await.expect("a job is put back")
    );
    assert_eq!(stage.store.complete(&[fence(expected[2])], later).await.expect("a job is done"), []);
    let shown = stage.store.mails_about(&both, 10).await.expect("jobs are read");
    assert_eq!(shown.iter().map(|job| job.new.id).collect::<Vec<_>>(), expected);
    for job in shown {
        let stored = stage.store.job(job.new.id).await.expect("jobs are read");
        assert_eq!(stored.as_ref(), Some(&job));
    }
}

/// A store that works says so.
pub async fn healthy(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    stage.store.check().await.expect("the store works");
    stage.ordered().await;
    stage.store.check().await.expect("the store still works");
}
