//! Files that go to the file store in parts: every lie, every order of calls, and every part that fails.

mod troubles;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use marketplace_core::{
    catalog::{
        BegunUpload, Catalog, CatalogError, CompletedUpload, NewFile, NewProduct, NewUpload, NotPublishable,
        PartTarget, Product, StoredFile, Upload, UploadRefusal, UploadState, UploadStatus,
    },
    file::{ByteStream, Digest, DirectUpload as _, FileError, FileStore as _, ObjectKey, PartAddress},
    id::{Token, UploadId},
    identity::{Role, User},
    market::Rules,
    time::Timestamp,
};
use marketplace_testing::{fake::FileFault, market::TestMarketplace};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};

const PART: usize = 32 << 20;

/// Bytes that look like a PDF.
fn pdf(size: usize) -> Bytes {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    bytes.extend((bytes.len()..size).map(|at| u8::try_from(at % 251).expect("it is small")));
    bytes.into()
}

fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// What an honest creator says of these bytes.
fn honest(bytes: &Bytes) -> NewUpload {
    NewUpload {
        name: "book.pdf".parse().expect("a file name"),
        size: bytes.len() as u64,
        content_type: Some("application/pdf".parse().expect("a type")),
        digest: Some(digest(bytes)),
    }
}

struct Desk {
    shop: TestMarketplace,
    creator: User,
    product: Product,
}

impl Desk {
    async fn new() -> Self {
        Self::with(Rules::default()).await
    }

    /// A creator with a draft that has no file.
    async fn with(rules: Rules) -> Self {
        let shop = TestMarketplace::with(|builder| builder.rules(rules));
        let creator = shop.register(Role::Creator).await;
        let product = Self::draft(&shop, &creator).await;
        Self { shop, creator, product }
    }

    async fn draft(shop: &TestMarketplace, creator: &User) -> Product {
        let new = NewProduct {
            title: shop.fixture().word("Product"),
            description: String::new(),
            price: shop.fixture().naira(250_000),
        };
        shop.market().catalog().create(creator, new).await.expect("a product is made").product
    }

    async fn begin(&self, new: NewUpload) -> Result<BegunUpload, CatalogError> {
        self.shop.market().catalog().begin_upload(&self.creator, self.product.id, new).await
    }

    async fn begun(&self, bytes: &Bytes) -> BegunUpload {
        self.begin(honest(bytes)).await.expect("an upload begins")
    }

    /// Sends a part as its address says; gives what goes into the completion.
    async fn put(&self, target: &PartTarget, bytes: &Bytes) -> Result<(u16, String), CatalogError> {
        let start = (usize::from(target.part.number) - 1) * PART;
        let size = usize::try_from(target.part.size).expect("it is in memory");
        self.put_bytes(target, bytes.slice(start..start + size)).await
    }

    async fn put_bytes(&self, target: &PartTarget, bytes: Bytes) -> Result<(u16, String), CatalogError> {
        let rest = target.address.url.strip_prefix(TestMarketplace::BASE_URL).expect("an address of ours");
        let mut rest = rest.strip_prefix("/u/").expect("an address of parts").split('/');
        let token: Token = rest.next().and_then(|token| token.parse().ok()).expect("a token");
        let number = rest.next().and_then(|number| number.parse().ok()).expect("a number");
        let length = bytes.len() as u64;
        let body: ByteStream = Box::pin(stream::iter([Ok(bytes)]));
        let part = self.shop.market().catalog().put_part(&token, number, length, body).await?;
        assert_eq!((part.number, part.size), (number, length));
        Ok((number, part.etag))
    }

    async fn send_all(&self, begun: &BegunUpload, bytes: &Bytes) -> Vec<(u16, String)> {
        let mut parts = Vec::new();
        for target in begun.parts.iter().rev() {
            parts.push(self.put(target, bytes).await.expect("a part is taken"));
        }
        parts
    }

    async fn complete(&self, id: UploadId, parts: &[(u16, String)]) -> Result<CompletedUpload, CatalogError> {
        self.shop.market().catalog().complete_upload(&self.creator, id, parts).await
    }

    async fn status(&self, id: UploadId) -> Result<UploadStatus, CatalogError> {
        self.shop.market().catalog().upload_status(&self.creator, id).await
    }

    async fn row(&self, id: UploadId) -> Upload {
        self.shop.store().upload(id).await.expect("uploads are read").expect("it is there")
    }

    async fn files(&self) -> Vec<StoredFile> {
        self.shop.store().files_of(self.product.id, Timestamp::MAX).await.expect("files are read")
    }

    /// Parts that were taken, whatever became of them; objects apart.
    fn is_empty(&self) -> bool {
        self.shop.files().keys().is_empty() && self.shop.files().open_uploads() == 0
    }

    /// Puts other bytes under a key, as only the owner of the file store can.
    async fn plant(&self, object: &ObjectKey, bytes: Vec<u8>) {
        let body: ByteStream = Box::pin(stream::iter([Ok(bytes.into())]));
        self.shop.files().put(object, body, u64::MAX).await.expect("bytes are kept");
    }

    /// What an announcement comes to whose bytes are these.
    async fn refused(&self, new: NewUpload, bytes: &Bytes) -> UploadRefusal {
        let begun = self.begin(new).await.expect("it looks well");
        let parts = self.send_all(&begun, bytes).await;
        self.complete(begun.id, &parts).await.expect("all parts are there");
        self.shop.run_jobs().await;
        match self.status(begun.id).await.expect("it is told") {
            UploadStatus::Refused(reason) => {
                assert!(self.is_empty(), "{reason}: nothing is kept");
                assert_eq!(self.files().await, [], "{reason}");
                reason
            }
            other => panic!("not refused: {other:?}"),
        }
    }
}

#[tokio::test]
async fn parts_come_in_any_order_and_again_after_a_break() {
    let desk = Desk::new().await;
    let bytes = pdf(2 * PART + 5);
    let begun = desk.begun(&bytes).await;
    assert_eq!(
        begun.parts.iter().map(|target| target.part.size).collect::<Vec<_>>(),
        [PART as u64, PART as u64, 5]
    );

    // The last one first, and the first one with other bytes, which are replaced.
    desk.put(&begun.parts[2], &bytes).await.expect("a part is taken");
    desk.put_bytes(&begun.parts[0], vec![0; PART].into()).await.expect("a part is taken");
    let UploadStatus::Open { missing, received, expires_at } =
        desk.status(begun.id).await.expect("it is told")
    else {
        panic!("it is open")
    };
    assert_eq!(missing.iter().map(|target| target.part.number).collect::<Vec<_>>(), [2]);
    assert_eq!(received.iter().map(|part| part.number).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(expires_at, begun.expires_at);
    assert_eq!(missing[0].address, begun.parts[1].address, "an address of ours stays");

    let parts = desk.send_all(&begun, &bytes).await;
    let completed = desk.complete(begun.id, &parts).await.expect("all parts are there");
    assert_eq!((completed.state, completed.announced.size), (UploadState::Checking, bytes.len() as u64));
    assert_eq!(desk.complete(begun.id, &parts).await.expect("the same again"), completed);
    let catalog = desk.shop.market().catalog();
    let Err(CatalogError::NotPublishable(reasons)) = catalog.publish(&desk.creator, desk.product.id).await
    else {
        panic!("it was not looked at")
    };
    assert!(reasons.contains(&NotPublishable::FileChecking), "{reasons:?}");

    desk.shop.run_jobs().await;
    assert_eq!(desk.status(begun.id).await.expect("it is told"), UploadStatus::Ready(completed.file));
    let files = desk.files().await;
    assert_eq!(files.len(), 1);
    assert_eq!((files[0].file.id, files[0].version.digest), (completed.file, digest(&bytes)));
    assert_eq!(files[0].version.content_type.as_str(), "application/pdf");
    assert_eq!(desk.shop.files().bytes(&files[0].version.object), Some(bytes));
    assert_eq!(desk.shop.files().open_uploads(), 0, "what was joined is gone");
    catalog.publish(&desk.creator, desk.product.id).await.expect("it has a file");
    let again = desk.complete(begun.id, &parts).await.expect("the same again, later");
    assert_eq!((again.state, again.file), (UploadState::Ready, completed.file));
}

#[tokio::test]
async fn lies_are_refused_with_a_reason_and_nothing_is_kept() {
    let desk = Desk::new().await;
    let bytes = pdf(1_000);
    let other = NewUpload { digest: Some(digest(b"other")), ..honest(&bytes) };
    assert_eq!(desk.refused(other, &bytes).await, UploadRefusal::DigestDiffers);
    let picture = NewUpload { content_type: "image/png".parse().ok(), ..honest(&bytes) };
    assert_eq!(desk.refused(picture, &bytes).await, UploadRefusal::TypeDiffers);
    let program = Bytes::from([b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff".as_slice(), &[0; 500]].concat());
    let disguised = NewUpload { digest: None, ..honest(&program) };
    assert_eq!(desk.refused(disguised, &program).await, UploadRefusal::TypeDiffers);

    // Who says nothing of type and digest tells no lie.
    let begun = desk
        .begin(NewUpload { content_type: None, digest: None, ..honest(&bytes) })
        .await
        .expect("it begins");
    let parts = desk.send_all(&begun, &bytes).await;
    desk.complete(begun.id, &parts).await.expect("all parts are there");
    desk.shop.run_jobs().await;
    assert_eq!(desk.files().await[0].version.content_type.as_str(), "application/pdf");
}

#[tokio::test]
async fn bytes_that_change_or_vanish_before_they_are_looked_at_are_refused() {
    for (change, reason) in [
        (0_usize, UploadRefusal::ObjectMissing),
        (999, UploadRefusal::SizeDiffers),
        (1_000, UploadRefusal::DigestDiffers),
    ] {
        let desk = Desk::new().await;
        let bytes = pdf(1_000);
        let begun = desk.begun(&bytes).await;
        let parts = desk.send_all(&begun, &bytes).await;
        desk.complete(begun.id, &parts).await.expect("all parts are there");
        let object = desk.row(begun.id).await.object;
        if change == 0 {
            assert!(desk.shop.files().lose(&object));
        } else {
            desk.plant(&object, vec![0; change]).await;
        }
        desk.shop.run_jobs().await;
        assert_eq!(desk.status(begun.id).await.expect("it is told"), UploadStatus::Refused(reason));
        assert!(desk.is_empty(), "{reason}");
        let Err(CatalogError::UploadRefused(told)) = desk.complete(begun.id, &parts).await else {
            panic!("it was refused")
        };
        assert_eq!(told, reason);
    }
}

#[tokio::test]
async fn an_object_of_another_size_is_refused_at_once() {
    let desk = Desk::new().await;
    let bytes = pdf(1_000);
    let begun = desk.begun(&bytes).await;
    let parts = desk.send_all(&begun, &bytes).await;
    // A store that joined something else: the answer of the joining is lost, and the object is another one.
    let object = desk.row(begun.id).await.object;
    desk.plant(&object, vec![0; 10]).await;
    desk.shop.files().abort(&object, None).await.expect("parts are dropped");
    let refused = desk.complete(begun.id, &parts).await;
    assert!(matches!(refused, Err(CatalogError::UploadRefused(UploadRefusal::SizeDiffers))), "{refused:?}");
    assert!(desk.is_empty());
}

#[tokio::test]
async fn what_is_announced_is_checked_before_anything_begins() {
    let desk = Desk::with(Rules::default().with_max_file_bytes(1_000)).await;
    let bytes = pdf(1_000);
    let sized = |size| NewUpload { size, ..honest(&bytes) };
    assert!(matches!(desk.begin(sized(0)).await, Err(CatalogError::EmptyFile)));
    assert!(matches!(desk.begin(sized(1_001)).await, Err(CatalogError::File(FileError::TooLarge))));
    desk.begin(sized(1_000)).await.expect("as large as may be");
    let stranger = desk.shop.register(Role::Creator).await;
    let catalog = desk.shop.market().catalog();
    let foreign = catalog.begin_upload(&stranger, desk.product.id, sized(10)).await;
    assert!(matches!(foreign, Err(CatalogError::NotFound)));
    catalog.archive(&desk.creator, desk.product.id).await.expect("it is put away");
    assert!(matches!(desk.begin(sized(10)).await, Err(CatalogError::Archived)));
    assert_eq!(desk.shop.files().open_uploads(), 1, "nothing began of what was refused");

    let plain = Catalog { direct: None, ..catalog.clone() };
    let product = Desk::draft(&desk.shop, &desk.creator).await;
    let none = plain.begin_upload(&desk.creator, product.id, sized(10)).await;
    assert!(matches!(none, Err(CatalogError::NoDirectUpload)));
}

#[tokio::test]
async fn parts_that_are_not_the_announced_ones_are_refused() {
    let desk = Desk::new().await;
    let bytes = pdf(PART + 10);
    let begun = desk.begun(&bytes).await;
    for wrong in [0_usize, 9, 11] {
        let put = desk.put_bytes(&begun.parts[1], vec![1; wrong].into()).await;
        assert!(matches!(put, Err(CatalogError::PartsDiffer)), "{wrong}: {put:?}");
    }
    let url = begun.parts[1].address.url.strip_suffix("/2").expect("it ends with its number");
    let third = PartAddress { url: format!("{url}/3"), headers: Vec::new() };
    let beyond = PartTarget { address: third, ..begun.parts[1].clone() };
    let put = desk.put_bytes(&beyond, vec![1; 10].into()).await;
    assert!(matches!(put, Err(CatalogError::UploadGone)), "there are two: {put:?}");
    let first = desk.put(&begun.parts[0], &bytes).await.expect("a part is taken");
    let second = desk.put(&begun.parts[1], &bytes).await.expect("a part is taken");
    for wrong in [
        vec![],
        vec![first.clone()],
        vec![first.clone(), first.clone()],
        vec![first.clone(), second.clone(), (3, "x".to_owned())],
        vec![first.clone(), (2, "another".to_owned())],
        vec![(1, second.1.clone()), (2, first.1.clone())],
    ] {
        let refused = desk.complete(begun.id, &wrong).await;
        assert!(matches!(refused, Err(CatalogError::PartsDiffer)), "{wrong:?}: {refused:?}");
    }
    // None of it did any harm, and the order does not matter.
    desk.complete(begun.id, &[second, first]).await.expect("these are the parts");
    desk.shop.run_jobs().await;
    assert_eq!(desk.files().await.len(), 1);
}

#[tokio::test]
async fn an_upload_is_its_creators_alone_and_over_when_it_is_over() {
    let desk = Desk::new().await;
    let bytes = pdf(100);
    let begun = desk.begun(&bytes).await;
    let parts = desk.send_all(&begun, &bytes).await;
    let stranger = desk.shop.register(Role::Creator).await;
    let catalog = desk.shop.market().catalog();
    assert!(matches!(catalog.upload_status(&stranger, begun.id).await, Err(CatalogError::NotFound)));
    assert!(matches!(catalog.cancel_upload(&stranger, begun.id).await, Err(CatalogError::NotFound)));
    let foreign = catalog.complete_upload(&stranger, begun.id, &parts).await;
    assert!(matches!(foreign, Err(CatalogError::NotFound)));

    catalog.cancel_upload(&desk.creator, begun.id).await.expect("it is given up");
    assert!(desk.is_empty(), "with its parts");
    assert!(matches!(desk.status(begun.id).await, Err(CatalogError::UploadGone)));
    assert!(matches!(desk.complete(begun.id, &parts).await, Err(CatalogError::UploadGone)));
    assert!(matches!(desk.put(&begun.parts[0], &bytes).await, Err(CatalogError::UploadGone)));
    catalog.cancel_upload(&desk.creator, begun.id).await.expect("twice is as once");

    let late = desk.begun(&bytes).await;
    let parts = desk.send_all(&late, &bytes).await;
    desk.shop.clock().advance(Duration::from_hours(24));
    assert!(matches!(desk.put(&late.parts[0], &bytes).await, Err(CatalogError::UploadGone)));
    assert!(matches!(desk.complete(late.id, &parts).await, Err(CatalogError::UploadGone)));

    let done = desk.begun(&bytes).await;
    let parts = desk.send_all(&done, &bytes).await;
    desk.complete(done.id, &parts).await.expect("all parts are there");
    assert!(matches!(desk.put(&done.parts[0], &bytes).await, Err(CatalogError::UploadGone)), "it is whole");
    catalog.cancel_upload(&desk.creator, done.id).await.expect("one that is looked at is given up, too");
    desk.shop.run_jobs().await;
    assert!(matches!(desk.status(done.id).await, Err(CatalogError::UploadGone)));
    let object = desk.row(done.id).await.object;
    assert_eq!(desk.shop.files().bytes(&object), None, "nothing of it is kept");
    let done = desk.begun(&bytes).await;
    let parts = desk.send_all(&done, &bytes).await;
    desk.complete(done.id, &parts).await.expect("all parts are there");
    desk.shop.run_jobs().await;
    catalog.cancel_upload(&desk.creator, done.id).await.expect("too late is no error");
    assert!(matches!(desk.status(done.id).await, Ok(UploadStatus::Ready(_))), "and changes nothing");
}

#[tokio::test]
async fn what_nobody_goes_on_with_is_swept_with_its_parts() {
    let desk = Desk::new().await;
    let bytes = pdf(PART + 10);
    let begun = desk.begun(&bytes).await;
    desk.put(&begun.parts[0], &bytes).await.expect("a part is taken");
    desk.shop.pass(Duration::from_hours(23)).await;
    assert_eq!(desk.shop.files().open_uploads(), 1, "its time lasts");
    desk.shop.pass(Duration::from_hours(3)).await;
    assert!(desk.is_empty());
    assert_eq!(desk.row(begun.id).await.state, UploadState::Dropped);
    // Bytes that come after an upload was given up are found when its time is over.
    let begun = desk.begun(&bytes).await;
    let catalog = desk.shop.market().catalog();
    catalog.cancel_upload(&desk.creator, begun.id).await.expect("it is given up");
    let object = desk.row(begun.id).await.object;
    desk.plant(&object, vec![0; 10]).await;
    desk.shop.clock().advance(Duration::from_hours(25));
    assert_eq!(desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on"), 1);
    assert!(desk.is_empty());
    assert_eq!(desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on"), 0);

    // The file store is down just when it is swept: the next sweep finds it again.
    let begun = desk.begun(&bytes).await;
    desk.put(&begun.parts[0], &bytes).await.expect("a part is taken");
    desk.shop.files().fail_next(FileFault::Unavailable);
    desk.shop.clock().advance(Duration::from_hours(25));
    desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on");
    assert_eq!(desk.row(begun.id).await.state, UploadState::Dropped);
    assert!(!desk.is_empty(), "it could not be deleted");
    assert_eq!(desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on"), 1);
    assert!(desk.is_empty());
    assert_eq!(
        desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on"),
        0,
        "and then rests"
    );
}

/// The last bytes come after the upload was given up: the object that they make is nobody's, and is not kept.
#[tokio::test]
async fn bytes_that_come_after_the_sweep_are_not_kept() {
    let desk = Arc::new(Desk::new().await);
    let sweeping = Arc::clone(&desk);
    let late = async move {
        sweeping.shop.clock().advance(Duration::from_hours(25));
        sweeping.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on");
        Ok(Bytes::from_static(b"the end"))
    };
    let body: ByteStream = Box::pin(stream::iter([Ok(pdf(100))]).chain(stream::once(late)));
    let new = NewFile { name: "slow.pdf".parse().expect("a name"), content_type: None };
    let slow = desk.shop.market().catalog().upload(&desk.creator, desk.product.id, new, body).await;
    assert!(slow.is_err(), "it was given up: {slow:?}");
    assert!(desk.is_empty(), "{:?}", desk.shop.files().keys());
    assert_eq!(desk.files().await, []);
}

#[tokio::test]
async fn a_check_that_never_ends_is_given_up() {
    let desk = Desk::new().await;
    let bytes = pdf(100);
    let begun = desk.begun(&bytes).await;
    let parts = desk.send_all(&begun, &bytes).await;
    desk.complete(begun.id, &parts).await.expect("all parts are there");
    desk.shop.clock().advance(Duration::from_hours(97));
    desk.shop.market().catalog().sweep_uploads(10).await.expect("the sweep goes on");
    let told = desk.status(begun.id).await.expect("it is told");
    assert_eq!(told, UploadStatus::Refused(UploadRefusal::NotChecked));
    assert!(desk.is_empty());
    desk.shop.run_jobs().await;
    assert_eq!(desk.files().await, [], "the job that comes after all changes nothing");
}

#[tokio::test]
async fn a_product_that_cannot_take_the_file_any_more_refuses_it() {
    let desk = Desk::new().await;
    let bytes = pdf(100);
    let begun = desk.begun(&bytes).await;
    let parts = desk.send_all(&begun, &bytes).await;
    desk.complete(begun.id, &parts).await.expect("all parts are there");
    desk.shop.market().catalog().archive(&desk.creator, desk.product.id).await.expect("it is put away");
    desk.shop.run_jobs().await;
    let told = desk.status(begun.id).await.expect("it is told");
    assert_eq!(told, UploadStatus::Refused(UploadRefusal::ProductArchived));
    assert!(desk.is_empty());
}

#[tokio::test]
async fn a_creator_stores_as_much_as_is_allowed_in_both_ways_together() {
    let desk = Desk::with(Rules::default().with_max_creator_bytes(250)).await;
    let bytes = pdf(100);
    for expected in [None, None, Some(UploadRefusal::StorageFull)] {
        let begun = desk.begun(&bytes).await;
        let parts = desk.send_all(&begun, &bytes).await;
        desk.complete(begun.id, &parts).await.expect("all parts are there");
        desk.shop.run_jobs().await;
        match (desk.status(begun.id).await.expect("it is told"), expected) {
            (UploadStatus::Ready(_), None) => {}
            (UploadStatus::Refused(reason), Some(expected)) => assert_eq!(reason, expected),
            other => panic!("{other:?}"),
        }
    }
    let new = NewFile { name: "more.pdf".parse().expect("a name"), content_type: None };
    let body: ByteStream = Box::pin(stream::iter([Ok(pdf(51))]));
    let streamed = desk.shop.market().catalog().upload(&desk.creator, desk.product.id, new, body).await;
    assert!(matches!(streamed, Err(CatalogError::StorageFull)), "{streamed:?}");
    assert_eq!(desk.shop.files().keys().len(), 2, "nothing is kept of what was refused");

    // What is taken off sale stays stored, and counts.
    let first = desk.files().await[0].file.id;
    desk.shop
        .market()
        .catalog()
        .remove_file(&desk.creator, desk.product.id, first)
        .await
        .expect("it is removed");
    let new = NewFile { name: "more.pdf".parse().expect("a name"), content_type: None };
    let body: ByteStream = Box::pin(stream::iter([Ok(pdf(51))]));
    let streamed = desk.shop.market().catalog().upload(&desk.creator, desk.product.id, new, body).await;
    assert!(matches!(streamed, Err(CatalogError::StorageFull)), "{streamed:?}");
}

#[tokio::test]
async fn so_many_uploads_are_open_at_once_and_no_more() {
    let desk = Desk::new().await;
    let bytes = pdf(100);
    let mut begun = Vec::new();
    for _ in 0..Rules::default().max_open_uploads {
        begun.push(desk.begun(&bytes).await);
    }
    assert!(matches!(desk.begin(honest(&bytes)).await, Err(CatalogError::TooManyUploads)));
    let parts = desk.send_all(&begun[0], &bytes).await;
    desk.complete(begun[0].id, &parts).await.expect("all parts are there");
    let still = desk.begin(honest(&bytes)).await;
    assert!(matches!(still, Err(CatalogError::TooManyUploads)), "it has not been looked at");
    desk.shop.run_jobs().await;
    desk.begun(&bytes).await;
    assert!(matches!(desk.begin(honest(&bytes)).await, Err(CatalogError::TooManyUploads)));
}
