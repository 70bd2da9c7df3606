//! Unique values of users, products, files, orders and attempts.

use crate::contract::store::{
    StoreHarness,
    stage::{Shop, Stage, insert_file},
};
use marketplace_core::{
    catalog::Product,
    commit::{Change, Refusal},
    identity::User,
    order::Order,
    payment::{Attempt, AttemptState},
};

/// Once `first` is there, `second` is taken and leaves everything as it is; also in one set.
pub(super) async fn taken(stage: &Stage, first: Change, second: Change) {
    stage.refuse(vec![first.clone(), second.clone()], Refusal::Taken).await;
    stage.expect_nothing(&first, "in a set whose second change is taken").await;
    stage.apply(vec![first.clone()]).await;
    taken_now(stage, &first, second).await;
}

/// `second` is taken by `first`, which is there.
pub(super) async fn taken_now(stage: &Stage, first: &Change, second: Change) {
    let before = stage.census().await;
    let witness = Change::Enqueue(stage.fixture.job());
    stage.refuse(vec![witness.clone(), second], Refusal::Taken).await;
    stage.expect_whole(first, "after another one wanted its place").await;
    stage.expect_nothing(&witness, "in a set that was refused").await;
    assert_eq!(stage.census().await, before, "a refused set left something behind");
}

/// A user's id is unique.
pub async fn user_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let user = stage.fixture.user();
    let second = User { id: user.id, ..stage.fixture.user() };
    taken(&stage, Change::InsertUser(user), Change::InsertUser(second)).await;
}

/// An address is unique, in any spelling.
pub async fn user_email(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let user = stage.fixture.user();
    let spelled = user.email.as_str().to_ascii_uppercase().parse().expect("an address in capitals is one");
    let second = User { email: spelled, ..stage.fixture.user() };
    taken(&stage, Change::InsertUser(user), Change::InsertUser(second)).await;
}

/// An address that somebody else has cannot be taken over; one's own can be kept, and one left behind is free.
pub async fn user_email_of_an_update(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (owner, other) = (stage.customer().await, stage.customer().await);
    let update = |user: &User, email| Change::UpdateUser {
        seen: user.version,
        to: User { email, version: user.version.next(), ..user.clone() },
    };
    taken_now(&stage, &Change::InsertUser(owner.clone()), update(&other, owner.email.clone())).await;
    let kept = update(&owner, owner.email.clone());
    stage.apply(vec![kept.clone()]).await;
    stage.expect_whole(&kept, "with its own address").await;
    let moved = update(&User { version: owner.version.next(), ..owner.clone() }, stage.fixture.email());
    stage.apply(vec![moved, update(&other, owner.email.clone())]).await;
    let found = stage.store.user_by_email(&owner.email).await.expect("users are read");
    assert_eq!(found.map(|user| user.id), Some(other.id), "the address went from one user to the other");
}

/// A product's id is unique.
pub async fn product_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let creator = stage.creator().await;
    let product = stage.fixture.product(&creator);
    let second = Product { id: product.id, ..stage.fixture.product(&creator) };
    taken(&stage, Change::InsertProduct(product), Change::InsertProduct(second)).await;
}

/// A slug is unique in the whole marketplace.
pub async fn product_slug(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (creator, rival) = (stage.creator().await, stage.creator().await);
    let product = stage.fixture.product(&creator);
    let second = Product { slug: product.slug.clone(), ..stage.fixture.product(&rival) };
    taken(&stage, Change::InsertProduct(product), Change::InsertProduct(second)).await;
}

/// A slug that another product has cannot be taken over.
pub async fn product_slug_of_an_update(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (owner, other) = (stage.shop().await.product, stage.shop().await.product);
    let slug = owner.slug.clone();
    let second = Change::UpdateProduct {
        seen: other.version,
        to: Product { slug, version: other.version.next(), ..other.clone() },
    };
    taken_now(&stage, &Change::InsertProduct(owner), second).await;
    stage.expect_whole(&Change::InsertProduct(other), "the product that wanted another slug").await;
}

/// A file's id is unique; the upload of the file that was refused is still there.
pub async fn file_id(harness: &dyn StoreHarness) {
    same_ids(harness, true).await;
}

/// The id of a file's version is unique; the upload of the file that was refused is still there.
pub async fn file_version_id(harness: &dyn StoreHarness) {
    same_ids(harness, false).await;
}

async fn same_ids(harness: &dyn StoreHarness, of_file: bool) {
    let stage = Stage::new(harness).await;
    let Shop { product, .. } = stage.shop().await;
    let uploads = [stage.fixture.upload(&product), stage.fixture.upload(&product)];
    for upload in &uploads {
        stage.store.open_upload(upload.clone()).await.expect("an upload is noted");
    }
    let [first, second] = [stage.fixture.file(&uploads[0]), stage.fixture.file(&uploads[1])];
    let mut clashing = second.clone();
    if of_file {
        clashing.file.id = first.file.id;
        clashing.version.file = first.file.id;
    } else {
        clashing.version.id = first.version.id;
    }
    taken(&stage, insert_file(&first, &uploads[0]), insert_file(&clashing, &uploads[1])).await;
    let free = insert_file(&second, &uploads[1]);
    stage.apply(vec![free.clone()]).await;
    stage.expect_whole(&free, "of an upload whose first file was refused").await;
}

/// An order's id is unique.
pub async fn order_id(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Shop { product, .. } = stage.shop().await;
    let order = stage.fixture.order(None, &[&product]);
    let second = Order { id: order.id, ..stage.fixture.order(None, &[&product]) };
    taken(&stage, Change::InsertOrder(order), Change::InsertOrder(second)).await;
}

/// An order's token is unique.
pub async fn order_token(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let Shop { product, .. } = stage.shop().await;
    let order = stage.fixture.order(None, &[&product]);
    let second = Order { token: order.token, ..stage.fixture.order(None, &[&product]) };
    taken(&stage, Change::InsertOrder(order), Change::InsertOrder(second)).await;
}

/// A reference is used once, also when its attempt is over.
pub async fn attempt_reference(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let (order, other) = (stage.ordered().await.order, stage.ordered().await.order);
    let attempt = Attempt { state: AttemptState::Failed, ..stage.fixture.attempt(&order) };
    let reference = attempt.reference.clone();
    let elsewhere = Attempt { reference: reference.clone(), ..stage.fixture.attempt(&other) };
    let again = Attempt { reference, ..stage.fixture.attempt(&order) };
    taken(&stage, Change::InsertAttempt(attempt.clone()), Change::InsertAttempt(elsewhere)).await;
    taken_now(&stage, &Change::InsertAttempt(attempt), Change::InsertAttempt(again)).await;
}

/// One attempt of an order is open at a time, and one that is closed frees the place.
pub async fn open_attempt(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let closed = AttemptState::ALL.iter().copied().filter(|state| !state.is_open());
    let open = [AttemptState::Initiated, AttemptState::Pending];
    for (round, closing) in closed.enumerate() {
        let state = open[round % open.len()];
        let attempt = Attempt { state, ..stage.fixture.attempt(&order) };
        let first = Change::InsertAttempt(attempt.clone());
        stage.apply(vec![first.clone()]).await;
        for state in open {
            let second = Attempt { state, ..stage.fixture.attempt(&order) };
            taken_now(&stage, &first, Change::InsertAttempt(second)).await;
        }
        let beside = Change::InsertAttempt(Attempt { state: closing, ..stage.fixture.attempt(&order) });
        stage.apply(vec![beside.clone()]).await;
        stage.expect_whole(&beside, "closed from the beginning, beside an open one").await;
        let elsewhere = stage.ordered().await.order;
        stage.apply(vec![Change::InsertAttempt(stage.fixture.attempt(&elsewhere))]).await;
        let seen = attempt.version;
        let to = Attempt { state: closing, version: seen.next(), ..attempt };
        stage.apply(vec![Change::AdvanceAttempt { seen, to }]).await;
    }
}

/// An attempt that opens again beside another open one is taken; one that stays open is not in its own way.
pub async fn open_attempt_of_an_update(harness: &dyn StoreHarness) {
    let stage = Stage::new(harness).await;
    let order = stage.ordered().await.order;
    let abandoned = Attempt { state: AttemptState::Abandoned, ..stage.fixture.attempt(&order) };
    let open = stage.fixture.attempt(&order);
    let first = Change::InsertAttempt(open.clone());
    stage.apply(vec![Change::InsertAttempt(abandoned.clone()), first.clone()]).await;
    let advance = |attempt: &Attempt, state| Change::AdvanceAttempt {
        seen: attempt.version,
        to: Attempt { state, version: attempt.version.next(), ..attempt.clone() },
    };
    for state in [AttemptState::Initiated, AttemptState::Pending] {
        taken_now(&stage, &first, advance(&abandoned, state)).await;
    }
    let goes_on = advance(&open, AttemptState::Pending);
    stage.apply(vec![goes_on.clone()]).await;
    stage.expect_whole(&goes_on, "open before and after").await;
}
