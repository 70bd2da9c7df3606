//! The timeline of an order, through the services that write its rows.

use marketplace_core::{
    commit::Change,
    delivery::{AgentClass, RevokeReason, VisitKind, VisitResult},
    id::{OrderId, Token, UserId},
    identity::Role,
    job::kinds,
    order::Order,
    page::Page,
    timeline::{Step, StepKind, Viewer},
};
use marketplace_testing::{
    fake::MailFault,
    fault::Fault,
    market::{PaidOrder, TestMarketplace},
};
use std::time::Duration;

async fn told(shop: &TestMarketplace, order: OrderId, viewer: Viewer) -> Vec<Step> {
    let order = shop.order(order).await;
    shop.market().timeline().of(&order, viewer).await.expect("a timeline is read")
}

fn words(steps: &[Step]) -> Vec<String> {
    steps.iter().map(|step| format!("{} {}", step.kind, step.result.unwrap_or("-"))).collect()
}

fn of_kind(steps: &[Step], kind: StepKind) -> Vec<&Step> {
    steps.iter().filter(|step| step.kind == kind).collect()
}

/// The mail of a kind, as a viewer sees it.
async fn mail(shop: &TestMarketplace, order: OrderId, viewer: Viewer, which: &str) -> Step {
    let steps = told(shop, order, viewer).await;
    let mut mails = steps.into_iter().filter(|step| step.mail.as_deref() == Some(which));
    mails.next().expect("the mail is told of")
}

fn link_of(shop: &TestMarketplace, order: &Order) -> Token {
    shop.mailed_links(&order.buyer.email).pop().expect("a link was mailed")
}

#[tokio::test]
async fn a_sale_is_told_from_payment_to_bytes() {
    let shop = TestMarketplace::new();
    let PaidOrder { creator, product, order, attempt } = shop.paid_order().await;
    let delivery = shop.market().delivery();
    let token = link_of(&shop, &order);
    let page = delivery.page(&token).await.expect("the page is shown");
    for _ in 0..3 {
        delivery.note(page.link, VisitKind::Look, AgentClass::MailScanner, VisitResult::Shown).await;
        shop.clock().advance(Duration::from_secs(1));
    }
    let opened = delivery.claim(&token).await.expect("the link opens");
    assert_eq!(opened.link, page.link);
    delivery.note(opened.link, VisitKind::Claim, AgentClass::Browser, VisitResult::Opened).await;
    let refusal = delivery.refusal(&token).await.expect("is read");
    assert_eq!(refusal, Some((page.link, VisitResult::Used)));
    shop.clock().advance(Duration::from_secs(1));
    delivery.note(page.link, VisitKind::Claim, AgentClass::CommandLine, VisitResult::Used).await;
    shop.clock().advance(Duration::from_secs(1));
    for _ in 0..8 {
        delivery.note(opened.link, VisitKind::Download, AgentClass::DownloadManager, VisitResult::Part).await;
    }

    let all = told(&shop, order.id, Viewer::Operator).await;
    let mut sold = words(&all);
    sold.retain(|step| step != "mail sent");
    assert_eq!(
        sold,
        [
            "order.placed -",
            "payment.begun succeeded",
            "payment.paid -",
            "order.paid -",
            "access.granted -",
            "link.issued -",
            "link.looked shown",
            "link.claimed -",
            "link.refused used",
            "download part",
        ]
    );
    let mut mails: Vec<_> =
        of_kind(&all, StepKind::Mail).iter().filter_map(|step| step.mail.clone()).collect();
    // Both went at one moment.
    mails.sort();
    assert_eq!(mails, ["purchase", "sold"]);
    let looked = of_kind(&all, StepKind::LinkLooked)[0];
    assert_eq!((looked.count, looked.agent), (Some(3), Some(AgentClass::MailScanner)));
    let last = looked.at.saturating_add(Duration::from_secs(2));
    assert_eq!(looked.last_at, Some(last));
    let claimed = of_kind(&all, StepKind::LinkClaimed)[0];
    assert_eq!((claimed.agent, claimed.product), (Some(AgentClass::Browser), Some(product.id)));
    let download = of_kind(&all, StepKind::Download)[0];
    assert_eq!((download.count, download.link), (Some(8), Some(page.link)), "eight ranges are one row");
    assert_eq!(of_kind(&all, StepKind::PaymentPaid)[0].reference, Some(attempt.reference.to_string()));

    let buyer = told(&shop, order.id, Viewer::Buyer).await;
    assert_eq!(buyer.len(), all.len() - 1, "all but the mail to the creator");
    assert_eq!(buyer[0].buyer.as_deref(), Some(order.buyer.email.as_str()));
    let own = told(&shop, order.id, Viewer::Creator(creator.id)).await;
    assert_eq!(own.len(), all.len() - 2, "all but the payment");
    assert_eq!(own[0].buyer, Some(order.buyer.email.masked()));
    let text = format!("{all:?}");
    assert!(!text.contains(token.expose()) && !text.contains(opened.session.expose()), "no token: {text}");
}

#[tokio::test]
async fn a_mail_is_told_of_until_it_is_sent_or_given_up() {
    let shop = TestMarketplace::new();
    let (creator, product) = shop.creator_with_product().await;
    let placed = shop.place(&[&product]).await;
    let (order, seller) = (placed.order.id, Viewer::Creator(creator.id));
    let reference = placed.attempt.expect("an attempt").reference;
    assert!(shop.gateway().pay(&reference, None));
    shop.notify(&reference).await;
    // The purchase and the creator's mail, at their first try; the purchase at its second one.
    shop.mailer().fail_next(MailFault::Transient);
    shop.mailer().fail_next(MailFault::Transient);
    shop.run_jobs().await;
    let waiting = mail(&shop, order, Viewer::Operator, "purchase").await;
    assert_eq!((waiting.result, waiting.failures), (Some("waiting"), Some(1)));
    let next = waiting.next_try.expect("it is tried again");
    assert!(next > shop.now() && waiting.reason.is_some() && waiting.job.is_some());
    let seen = mail(&shop, order, Viewer::Buyer, "purchase").await;
    assert_eq!((seen.result, seen.next_try, seen.reason), (Some("waiting"), Some(next), None));
    let seen = mail(&shop, order, seller, "purchase").await;
    assert_eq!((seen.result, seen.reason), (Some("waiting"), None), "it may still go out");

    shop.mailer().fail_next(MailFault::Permanent);
    shop.mailer().fail_next(MailFault::Permanent);
    shop.pass(Duration::from_hours(1)).await;
    let failed = mail(&shop, order, seller, "purchase").await;
    assert_eq!(failed.result, Some("failed"));
    let why = failed.reason.expect("a creator learns why");
    assert!(!why.is_empty() && !why.contains('@'), "{why}");
    let seen = mail(&shop, order, Viewer::Buyer, "purchase").await;
    assert_eq!((seen.result, seen.reason, seen.next_try), (Some("failed"), None, None));

    let dead = mail(&shop, order, Viewer::Operator, "purchase").await;
    let job = dead.job.expect("an operator can try it again");
    assert!(shop.market().jobs().revive(job, shop.now()).await.expect("is revived"));
    assert_eq!(mail(&shop, order, seller, "purchase").await.result, Some("waiting"));
    shop.run_jobs().await;
    let sent = mail(&shop, order, seller, "purchase").await;
    assert_eq!((sent.result, sent.reason, sent.at), (Some("sent"), None, shop.now()));
}

#[tokio::test]
async fn a_mail_of_a_new_link_is_told_of_beside_the_first() {
    let shop = TestMarketplace::new();
    let PaidOrder { creator, product, order, .. } = shop.paid_order().await;
    let token = link_of(&shop, &order);
    shop.clock().advance(Duration::from_hours(2));
    assert_eq!(
        shop.market().delivery().refusal(&token).await.expect("is read").map(|(_, why)| why),
        Some(VisitResult::Expired)
    );
    shop.market().delivery().mail_fresh(&token).await.expect("is asked for");
    for viewer in [Viewer::Buyer, Viewer::Creator(creator.id)] {
        assert_eq!(mail(&shop, order.id, viewer, "fresh_link").await.result, Some("waiting"));
    }
    shop.run_jobs().await;
    let fresh = mail(&shop, order.id, Viewer::Creator(creator.id), "fresh_link").await;
    assert_eq!((fresh.result, fresh.product), (Some("sent"), Some(product.id)));
    let steps = told(&shop, order.id, Viewer::Buyer).await;
    assert_eq!(of_kind(&steps, StepKind::LinkIssued).len(), 2);
    let expired = of_kind(&steps, StepKind::LinkExpired);
    assert_eq!(expired.len(), 1, "the first one");
    assert_eq!(Some(expired[0].at), of_kind(&steps, StepKind::LinkIssued)[0].until);
}

#[tokio::test]
async fn each_creator_of_an_order_sees_their_own_lines() {
    let shop = TestMarketplace::new();
    let (ada, book) = shop.creator_with_product().await;
    let (eve, song) = shop.creator_with_product().await;
    let placed = shop.place(&[&book, &song]).await;
    let reference = placed.attempt.expect("an attempt").reference;
    let user = async |id: UserId| shop.store().user(id).await.expect("is read").expect("is there");
    let pending = shop.order(placed.order.id).await;
    assert_eq!(Viewer::of(&pending, &user(ada.id).await), None, "nothing is sold yet");
    assert!(shop.gateway().pay(&reference, None));
    shop.notify(&reference).await;
    shop.run_jobs().await;
    let order = shop.order(placed.order.id).await;
    assert_eq!(Viewer::of(&order, &user(eve.id).await), Some(Viewer::Creator(eve.id)));
    assert_eq!(Viewer::of(&order, &shop.register(Role::Customer).await), None);
    for (own, other, creator, rival) in [(&book, &song, &ada, &eve), (&song, &book, &eve, &ada)] {
        let steps = told(&shop, order.id, Viewer::Creator(creator.id)).await;
        let text = format!("{steps:?}");
        assert!(text.contains(&own.id.to_string()) && text.contains(&own.title), "{text}");
        for hidden in [other.id.to_string(), other.title.clone(), rival.id.to_string()] {
            assert!(!text.contains(&hidden), "{hidden}: {text}");
        }
        assert!(!text.contains(order.buyer.email.as_str()) && !text.contains(reference.as_str()), "{text}");
        assert_eq!(of_kind(&steps, StepKind::LinkIssued).len(), 1);
    }
}

#[tokio::test]
async fn a_right_that_is_taken_away_is_told_of() {
    let shop = TestMarketplace::new();
    let PaidOrder { creator, order, .. } = shop.paid_order().await;
    let token = link_of(&shop, &order);
    let rights = shop.store().entitlements_of_order(order.id).await.expect("rights are read");
    let change = Change::Revoke {
        id: rights[0].id,
        seen: rights[0].version,
        reason: RevokeReason::Disputed,
        at: shop.now(),
    };
    shop.store().commit(shop.fixture().set(vec![change])).await.expect("a right is revoked");
    let refusal = shop.market().delivery().refusal(&token).await.expect("is read");
    assert_eq!(refusal.map(|(_, why)| why), Some(VisitResult::Revoked));
    for viewer in [Viewer::Buyer, Viewer::Creator(creator.id), Viewer::Operator] {
        let steps = told(&shop, order.id, viewer).await;
        assert_eq!(of_kind(&steps, StepKind::AccessRevoked)[0].result, Some("disputed"), "{viewer:?}");
    }
}

/// Noting is best effort, and nothing more: the store is away for it, and the sale goes on.
#[tokio::test]
async fn what_cannot_be_noted_holds_nothing_up() {
    let shop = TestMarketplace::new();
    let PaidOrder { order, .. } = shop.paid_order().await;
    let token = link_of(&shop, &order);
    let delivery = shop.market().delivery();
    let page = delivery.page(&token).await.expect("the page is shown");
    for fault in [Fault::UnavailableBefore, Fault::UnknownBefore, Fault::UnknownAfter] {
        shop.faults().on_call(fault);
        delivery.note(page.link, VisitKind::Look, AgentClass::Browser, VisitResult::Shown).await;
    }
    delivery.claim(&token).await.expect("the link opens all the same");
    let steps = told(&shop, order.id, Viewer::Buyer).await;
    let looked = of_kind(&steps, StepKind::LinkLooked);
    assert_eq!(looked.len(), 1);
    assert_eq!(looked[0].count, Some(1), "the one whose answer was lost");
    assert_eq!(of_kind(&steps, StepKind::LinkClaimed)[0].agent, None, "nobody noted by what");
    // And no job was left behind for it.
    let dead = shop.store().jobs_in(marketplace_core::job::JobState::Dead, Page::first(10)).await;
    assert_eq!(dead.expect("jobs are read"), []);
    assert!(kinds::MAIL_PURCHASE.starts_with("mail."), "by which mails are found");
}
