//! Lists in pages: by keyset, newest first, without gap or duplicate; and which products they show.

use super::{StoreHarness, stage::Stage};
use futures_util::{FutureExt, future::BoxFuture};
use marketplace_core::{
    catalog::{Product, ProductFilter, ProductState},
    commit::Change,
    delivery::Entitlement,
    error::StoreError,
    id::ProductId,
    job::{JobState, NewJob},
    order::Order,
    page::Page,
    payment::Review,
};
use std::fmt::Debug;
use uuid::Uuid;

const ROWS: usize = 25;
const PAGE: usize = 7;

/// Rows in an order that is neither that of their ids nor its reverse.
fn scrambled<T: Clone>(rows: &[T]) -> Vec<T> {
    (0..rows.len()).map(|index| rows[index * 11 % rows.len()].clone()).collect()
}

/// Reads a list page by page, adding a newer row after each page, and compares it with what was written.
async fn expect_pages<'a, T: Debug + PartialEq + Clone>(
    written: &[T],
    id: impl Fn(&T) -> Uuid,
    read: impl Fn(Page) -> BoxFuture<'a, Result<Vec<T>, StoreError>>,
    add_newer: impl Fn() -> BoxFuture<'a, ()>,
) {
    let mut expected = written.to_vec();
    expected.sort_by_key(|row| std::cmp::Reverse(id(row)));
    let all = read(Page::first(Page::MAX)).await.expect("a list is read");
    assert_eq!(all, expected, "the whole list, newest first");

    let mut page = Page::first(u32::try_from(PAGE).expect("a small number"));
    let mut seen = Vec::new();
    loop {
        let rows = read(page).await.expect("a page is read");
        let left = expected.len().saturating_sub(seen.len());
        assert_eq!(rows.len(), left.min(PAGE), "the rows on the page {page:?}: {rows:?}");
        let Some(last) = rows.last() else { break };
        page.before = Some(id(last));
        seen.extend(rows);
        add_newer().await;
    }
    assert_eq!(seen, expected, "the pages one after the other");
    assert_eq!(read(Page { before: Some(Uuid::nil()), ..page }).await.expect("a page is read"), []);
    let newest = read(Page::first(1)).await.expect("a page is read");
    assert!(
        newest.iter().all(|row| id(row) > id(&expected[0])),
        "rows that are added stand before the others"
    );
}

fn product_id(product: &Product) -> Uuid {
    product.id.uuid()
}

/// A creator's products, in every state.
pub async fn products_of(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, other) = (stage.creator().await, stage.creator().await);
    let mut products: Vec<Product> = (0..ROWS).map(|_| stage.fixture.product(&creator)).collect();
    for (index, product) in products.iter_mut().enumerate() {
        product.state = ProductState::ALL[index % ProductState::ALL.len()];
    }
    for product in scrambled(&products) {
        let foreign = Change::InsertProduct(stage.fixture.product(&other));
        stage.apply(vec![Change::InsertProduct(product), foreign]).await;
    }
    expect_pages(
        &products,
        product_id,
        |page| stage.store.products_of(creator.id, page),
        || stage.apply(vec![Change::InsertProduct(stage.fixture.product(&creator))]).boxed(),
    )
    .await;
}

/// Published products of everybody and of one creator; drafts and archived ones are never listed.
pub async fn published_products(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, other) = (stage.creator().await, stage.creator().await);
    let own: Vec<Product> = (0..ROWS).map(|_| stage.fixture.product(&creator)).collect();
    let mut foreign: Vec<Product> = (0..ROWS).map(|_| stage.fixture.product(&other)).collect();
    for (own, foreign) in scrambled(&own).into_iter().zip(scrambled(&foreign)) {
        let draft = Product { state: ProductState::Draft, ..stage.fixture.product(&creator) };
        let archived = Product { state: ProductState::Archived, ..stage.fixture.product(&creator) };
        stage.apply([foreign, draft, own, archived].map(Change::InsertProduct).into()).await;
    }
    let taken_back = foreign.remove(3);
    let to = Product { state: ProductState::Draft, version: taken_back.version.next(), ..taken_back.clone() };
    stage.apply(vec![Change::UpdateProduct { seen: taken_back.version, to }]).await;

    let of = |creator| ProductFilter { creator, text: None };
    let (of_own, of_all) = (of(Some(creator.id)), of(None));
    let nobody = of(Some(stage.customer().await.id));
    assert_eq!(stage.store.published_products(&nobody, Page::first(10)).await.expect("is read"), []);
    let everything = [own.clone(), foreign].concat();
    let add = || stage.apply(vec![Change::InsertProduct(stage.fixture.product(&creator))]).boxed();
    expect_pages(&everything, product_id, |page| stage.store.published_products(&of_all, page), add).await;
    let own = stage.store.products_of(creator.id, Page::first(Page::MAX)).await.expect("is read");
    let own: Vec<_> = own.into_iter().filter(|product| product.state == ProductState::Published).collect();
    expect_pages(&own, product_id, |page| stage.store.published_products(&of_own, page), add).await;
}

/// A user's own orders, each with all its lines in their order.
pub async fn orders_of(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let shop = stage.shop().await;
    let second = stage.fixture.product(&shop.creator);
    stage.apply(vec![Change::InsertProduct(second.clone())]).await;
    let (buyer, other) = (stage.customer().await, stage.customer().await);
    let cart = [&second, &shop.product];
    let orders: Vec<Order> = (0..ROWS).map(|_| stage.fixture.order(Some(&buyer), &cart)).collect();
    for order in scrambled(&orders) {
        let foreign = stage.fixture.order(Some(&other), &cart);
        let guest = stage.fixture.order(None, &cart);
        stage.apply([foreign, order, guest].map(Change::InsertOrder).into()).await;
    }
    expect_pages(
        &orders,
        |order| order.id.uuid(),
        |page| stage.store.orders_of(buyer.id, page),
        || stage.apply(vec![Change::InsertOrder(stage.fixture.order(Some(&buyer), &cart))]).boxed(),
    )
    .await;
}

/// The entitlements of a user's own orders.
pub async fn entitlements_of_user(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let ordered = stage.ordered().await;
    let cart = vec![&ordered.product; ROWS];
    let order = stage.fixture.order(Some(&ordered.buyer), &cart);
    let guest = stage.fixture.order(None, &cart);
    stage.apply(vec![Change::InsertOrder(order.clone()), Change::InsertOrder(guest.clone())]).await;
    let grants = |order: &Order| -> Vec<Entitlement> {
        order.lines.iter().map(|line| stage.fixture.entitlement(order, line)).collect()
    };
    let own = grants(&order);
    for (own, foreign) in scrambled(&own).into_iter().zip(scrambled(&grants(&guest))) {
        stage.apply(vec![Change::Grant(foreign), Change::Grant(own)]).await;
    }
    expect_pages(
        &own,
        |entitlement| entitlement.id.uuid(),
        |page| stage.store.entitlements_of_user(ordered.buyer.id, page),
        || {
            let order = stage.fixture.order(Some(&ordered.buyer), &[&ordered.product]);
            let entitlement = stage.fixture.entitlement(&order, &order.lines[0]);
            stage.apply(vec![Change::InsertOrder(order), Change::Grant(entitlement)]).boxed()
        },
    )
    .await;
}

/// What waits for an operator.
pub async fn reviews(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let reviews: Vec<Review> = (0..ROWS).map(|_| stage.fixture.review()).collect();
    stage.apply(scrambled(&reviews).into_iter().map(Change::OpenReview).collect()).await;
    expect_pages(
        &reviews,
        |review| review.id.uuid(),
        |page| stage.store.reviews(page),
        || stage.apply(vec![Change::OpenReview(stage.fixture.review())]).boxed(),
    )
    .await;
}

/// Refunds, whatever became of them.
pub async fn refunds(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let mut refunds = Vec::new();
    for _ in 0..ROWS {
        refunds.push(stage.refund().await);
    }
    stage.apply(scrambled(&refunds).into_iter().map(Change::InsertRefund).collect()).await;
    expect_pages(
        &refunds,
        |refund| refund.id.uuid(),
        |page| stage.store.refunds(page),
        || async { stage.apply(vec![Change::InsertRefund(stage.refund().await)]).await }.boxed(),
    )
    .await;
}

/// Jobs in one state, by their ids whatever their times are.
pub async fn jobs_in(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    // The later a job is written, the sooner it is to run.
    let hours = (1..).map(|hour| std::time::Duration::from_hours(1_000 - hour));
    let rows = hours.take(ROWS).map(|ahead| {
        let job = stage.fixture.job();
        NewJob { run_at: job.run_at.saturating_add(ahead), ..job }
    });
    let jobs: Vec<NewJob> = rows.collect();
    stage.apply(scrambled(&jobs).into_iter().map(Change::Enqueue).collect()).await;
    let mut ready = Vec::new();
    for job in &jobs {
        ready.push(stage.store.job(job.id).await.expect("jobs are read").expect("the job is there"));
    }
    expect_pages(
        &ready,
        |job| job.new.id.uuid(),
        |page| stage.store.jobs_in(JobState::Ready, page),
        || stage.apply(vec![Change::Enqueue(stage.fixture.job())]).boxed(),
    )
    .await;
    for state in [JobState::Running, JobState::Done, JobState::Dead] {
        assert_eq!(
            stage.store.jobs_in(state, Page::first(10)).await.expect("jobs are listed"),
            [],
            "{state}"
        );
    }
}

/// A search finds a part of a title, letters of ASCII in either case; no character has a meaning of its own.
pub async fn searched(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await;
    let titles =
        ["100% Lagos", "1000 Lagos", "under_score", "underXscore", "back\\slash", "it's \"so\"; --", "Ọlá ₦"];
    let mut ids = Vec::<ProductId>::new();
    for title in titles {
        let product = Product { title: title.to_owned(), ..stage.fixture.product(&creator) };
        ids.push(product.id);
        stage.apply(vec![Change::InsertProduct(product)]).await;
    }
    let hidden = Product {
        title: "100% Lagos".to_owned(),
        state: ProductState::Draft,
        ..stage.fixture.product(&creator)
    };
    stage.apply(vec![Change::InsertProduct(hidden)]).await;
    let all: Vec<usize> = (0..titles.len()).collect();
    let needles: [(&str, &[usize]); 20] = [
        ("", &all),
        ("lagos", &[0, 1]),
        ("LAGOS", &[0, 1]),
        ("Lagos ", &[]),
        ("100", &[0, 1]),
        ("100%", &[0]),
        ("%", &[0]),
        ("1%s", &[]),
        ("_", &[2]),
        ("r_s", &[2]),
        ("R_S", &[2]),
        ("\\", &[4]),
        ("K\\S", &[4]),
        ("\\%", &[]),
        ("it's", &[5]),
        ("\"SO\"; --", &[5]),
        ("''", &[]),
        ("Ọl", &[6]),
        ("á ₦", &[6]),
        ("*", &[]),
    ];
    for (needle, expected) in needles {
        let filter = ProductFilter { text: Some(needle.to_owned()), creator: None };
        let found = stage.store.published_products(&filter, Page::first(10)).await.expect("a search");
        let found: Vec<ProductId> = found.into_iter().map(|product| product.id).collect();
        let expected: Vec<ProductId> = expected.iter().rev().map(|index| ids[*index]).collect();
        assert_eq!(found, expected, "the search for {needle:?}");
    }
    for needle in ["x", "%", "_", "\\", "'", "\u{1f600}"] {
        let filter = ProductFilter { text: Some(needle.repeat(10_240 / needle.len())), creator: None };
        assert_eq!(stage.store.published_products(&filter, Page::first(10)).await.expect("a search"), []);
    }
}

/// A search, a creator and a page at the same time.
pub async fn searched_in_pages(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, other) = (stage.creator().await, stage.creator().await);
    let titled =
        |title: &str, creator| Product { title: stage.fixture.word(title), ..stage.fixture.product(creator) };
    let wanted: Vec<Product> = (0..ROWS).map(|_| titled("A Blue Book", &creator)).collect();
    for product in scrambled(&wanted) {
        let (red, foreign) = (titled("A red book", &creator), titled("A blue book", &other));
        stage.apply([red, product, foreign].map(Change::InsertProduct).into()).await;
    }
    let filter = ProductFilter { text: Some("bLUE b".to_owned()), creator: Some(creator.id) };
    expect_pages(
        &wanted,
        product_id,
        |page| stage.store.published_products(&filter, page),
        || stage.apply(vec![Change::InsertProduct(titled("Some blue book", &creator))]).boxed(),
    )
    .await;
}
