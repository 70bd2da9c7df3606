//! One line or two per route.
//!
//! Guarantees: a route without a description does not compile. What its row in the table says is not repeated here.
//!
//! Called by: `document`.

use super::operation::{
    Content::{AnyJson, Bytes, Nothing},
    Operation,
    Tag::{Buying, Creator, Delivery, Identity, Operator, Service, Storefront},
};
use crate::{
    handlers::{
        CheckoutInput, Credentials, EditInput, PartsInput, ProductInput, Registration, Renaming,
        ResolveInput, UploadInput,
    },
    route::Handler,
    view::{
        BalancesView, BegunUploadView, CheckedOutView, CompletedUploadView, EarningsView, EntryView, JobView,
        LedgerReportView, LibraryItemView, LinkView, LiveView, OrderView, PaymentView, PlacedView,
        ProductView, ReadyView, RefundView, ResolvedView, ReviewView, SaleView, SignedInView, StoredFileView,
        TimelineView, UploadStatusView, UserView,
    },
};

const GATEWAY: &[&str] = &["gateway_unavailable"];
const PRICE: &[&str] = &["amount_above_maximum", "amount_below_minimum", "currency_not_supported"];
const UNPAYABLE: &[&str] = &["order_already_paid", "order_over", "payment_in_review", "payment_open"];
const TOO_MANY: &[&str] = &["too_many_requests"];
const ELSEWHERE: &[&str] = &["cross_site"];
const NO_ROOM: &[&str] = &["creator_storage_full", "product_archived", "too_many_files"];
const NO_PARTS: &[&str] = &["direct_upload_not_supported"];
const OVER: &[&str] = &["upload_gone"];
const UNTRUE: &[&str] = &[
    "creator_storage_full",
    "not_checked",
    "object_missing",
    "product_archived",
    "sha256_mismatch",
    "size_mismatch",
    "too_many_files",
    "type_mismatch",
];

/// What a route does, takes, gives and refuses.
pub(super) fn describe(handler: Handler) -> Operation {
    match handler {
        Handler::Register => Operation::new(Identity, "Makes an account and signs in")
            .takes::<Registration>()
            .gives::<SignedInView>(201)
            .refuses(409, &["email_taken"]),
        Handler::Login => Operation::new(Identity, "Signs in")
            .takes::<Credentials>()
            .gives::<SignedInView>(200)
            .refuses(401, &["invalid_credentials"]),
        Handler::Logout => Operation::new(Identity, "Ends this sign-in").gives_nothing(204),
        Handler::Me => Operation::new(Identity, "Who is signed in").gives::<UserView>(200),
        Handler::Rename => {
            Operation::new(Identity, "Changes the account").takes::<Renaming>().gives::<UserView>(200)
        }
        Handler::BecomeCreator => Operation::new(Identity, "Begins to sell").gives::<UserView>(200),
        Handler::ListProducts => {
            Operation::new(Storefront, "Published products, newest first").lists::<ProductView>()
        }
        Handler::Product => {
            Operation::new(Storefront, "A published product, by its id or slug").gives::<ProductView>(200)
        }
        Handler::CreateProduct => Operation::new(Creator, "Makes a draft of a product")
            .takes::<ProductInput>()
            .gives::<ProductView>(201)
            .refuses(422, PRICE),
        Handler::ListOwnProducts => {
            Operation::new(Creator, "Own products in every status").lists::<ProductView>()
        }
        Handler::OwnProduct => Operation::new(Creator, "An own product").gives::<ProductView>(200),
        Handler::EditProduct => Operation::new(Creator, "Changes a product; orders keep what they were")
            .takes::<EditInput>()
            .gives::<ProductView>(200)
            .refuses(409, &["product_archived"])
            .refuses(422, PRICE),
        Handler::UploadFile => Operation::new(Creator, "Adds a file to a product")
            .gives::<StoredFileView>(201)
            .refuses(409, NO_ROOM)
            .refuses(422, &["empty_file", "upload_broken_off"]),
        Handler::BeginUpload => Operation::new(Creator, "Begins a file that goes to the file store in parts")
            .takes::<UploadInput>()
            .gives::<BegunUploadView>(201)
            .refuses(409, NO_ROOM)
            .refuses(413, &["payload_too_large"])
            .refuses(422, &["empty_file"])
            .refuses(429, &["too_many_uploads"])
            .refuses(501, NO_PARTS),
        Handler::UploadStatus => Operation::new(Creator, "Where an upload stands, and what has not come yet")
            .gives::<UploadStatusView>(200)
            .refuses(410, OVER)
            .refuses(501, NO_PARTS),
        Handler::CompleteUpload => Operation::new(Creator, "Joins the parts, and has the file looked at")
            .takes::<PartsInput>()
            .gives::<CompletedUploadView>(201)
            .refuses(409, UNTRUE)
            .refuses(410, OVER)
            .refuses(422, &["parts_mismatch"])
            .refuses(501, NO_PARTS),
        Handler::CancelUpload => {
            Operation::new(Creator, "Gives an upload up, with its parts").gives_nothing(204)
        }
        Handler::PutPart => {
            Operation::new(Creator, "Takes a part, where the file store has no addresses of its own")
                .answer(200, Nothing, &["etag"])
                .refuses(410, OVER)
                .refuses(411, &["length_required"])
                .refuses(413, &["payload_too_large"])
                .refuses(415, &["unsupported_media_type"])
                .refuses(422, &["parts_mismatch", "upload_broken_off"])
                .refuses(429, TOO_MANY)
        }
        Handler::RemoveFile => Operation::new(Creator, "Takes a file off; earlier buyers keep it")
            .gives_nothing(204)
            .refuses(409, &["last_file", "product_archived"]),
        Handler::Publish => Operation::new(Creator, "Puts a product on sale")
            .gives::<ProductView>(200)
            .refuses(409, &["not_publishable"]),
        Handler::Unpublish => Operation::new(Creator, "Takes a product off sale")
            .gives::<ProductView>(200)
            .refuses(409, &["product_archived"]),
        Handler::Archive => {
            Operation::new(Creator, "Takes a product off sale for ever").gives::<ProductView>(200)
        }
        Handler::Sales => {
            Operation::new(Creator, "What was sold, line by line, newest first").lists::<SaleView>()
        }
        Handler::Earnings => {
            Operation::new(Creator, "What was earned in each interval").gives::<EarningsView>(200)
        }
        Handler::Wallet => Operation::new(Creator, "The balances").gives::<BalancesView>(200),
        Handler::WalletEntries => {
            Operation::new(Creator, "Every movement of money, newest first").lists::<EntryView>()
        }
        Handler::Checkout => Operation::new(Buying, "Places an order and begins its payment")
            .takes::<CheckoutInput>()
            .gives_with::<CheckedOutView>(201, &["set-cookie"])
            .refuses(404, &["not_found"])
            .refuses(422, PRICE)
            .refuses(422, &["amount_out_of_range", "mixed_currencies"])
            .refuses(409, UNPAYABLE)
            .refuses(503, GATEWAY),
        Handler::ListOrders => Operation::new(Buying, "Own orders, newest first").lists::<OrderView>(),
        Handler::Order => Operation::new(Buying, "An order").gives::<OrderView>(200),
        Handler::Timeline => {
            Operation::new(Buying, "Every step of an order, from payment to bytes").gives::<TimelineView>(200)
        }
        Handler::NewPayment => Operation::new(Buying, "Begins a new attempt to pay after one that failed")
            .gives::<PaymentView>(201)
            .refuses(409, UNPAYABLE)
            .refuses(503, GATEWAY),
        Handler::VerifyPayment => {
            Operation::new(Buying, "Asks the gateway how a payment stands").gives::<PlacedView>(200)
        }
        Handler::Webhook => Operation::new(Buying, "Takes a notice of the gateway, which signs it")
            .gives_nothing(200)
            .refuses(401, &["invalid_signature"]),
        Handler::Library => Operation::new(Delivery, "What was bought").lists::<LibraryItemView>(),
        Handler::IssueLink => Operation::new(Delivery, "Makes a one-time link to a file")
            .gives::<LinkView>(201)
            .refuses(409, &["purchase_revoked"])
            .refuses(503, &["file_unavailable"]),
        Handler::LinkPage => Operation::new(Delivery, "Shows what a link leads to; uses nothing up")
            .shows(200)
            .shows(410)
            .refuses(429, TOO_MANY),
        Handler::ClaimLink => Operation::new(Delivery, "Claims a link")
            .leads(303)
            .shows(202)
            .shows(410)
            .asked(&["fresh"])
            .refuses(403, ELSEWHERE)
            .refuses(429, TOO_MANY)
            .refuses(503, &["file_unavailable"]),
        Handler::FreshLink => Operation::new(Delivery, "Mails a new link to the purchase's address")
            .shows(202)
            .refuses(403, ELSEWHERE)
            .refuses(429, TOO_MANY),
        Handler::Download => Operation::new(Delivery, "The bytes, or where they are")
            .heeds(&["range", "if-range", "if-none-match"])
            .answer(200, Bytes, &["accept-ranges", "content-disposition", "etag"])
            .answer(206, Bytes, &["accept-ranges", "content-disposition", "content-range", "etag"])
            .answer(304, Nothing, &["etag"])
            .leads(307)
            .shows(410)
            .refuses(416, &["range_not_satisfiable"])
            .refuses(429, TOO_MANY)
            .refuses(503, &["file_unavailable"]),
        Handler::OrderPage => Operation::new(Delivery, "The page of an order: status and receipt, no bytes")
            .shows(200)
            .shows(410)
            .refuses(404, &["not_found"])
            .refuses(429, TOO_MANY),
        Handler::PayReturn => Operation::new(Buying, "Where the gateway sends a buyer back to")
            .asked(&["reference", "trxref"])
            .shows(200)
            .leads(303)
            .shows(404)
            .refuses(429, TOO_MANY)
            .refuses(503, GATEWAY),
        Handler::ListJobs => Operation::new(Operator, "Jobs in a state").lists::<JobView>(),
        Handler::RetryJob => Operation::new(Operator, "Makes a dead job run again")
            .gives::<JobView>(200)
            .refuses(409, &["job_not_dead"]),
        Handler::ListReviews => Operation::new(Operator, "Payments in review").lists::<ReviewView>(),
        Handler::ListRefunds => Operation::new(Operator, "Refunds, newest first").lists::<RefundView>(),
        Handler::ResolveReview => Operation::new(Operator, "Decides about payments in review")
            .takes::<ResolveInput>()
            .gives::<ResolvedView>(200)
            .refuses(409, &["already_decided", "not_acceptable", "not_refundable", "refunds_not_supported"])
            .refuses(409, UNPAYABLE)
            .refuses(503, GATEWAY),
        Handler::VerifyLedger => Operation::new(Operator, "Compares every sum and recomputes the hash chain")
            .gives::<LedgerReportView>(200),
        Handler::OpenApi => Operation::new(Service, "This document")
            .heeds(&["if-none-match"])
            .answer(200, AnyJson, &["etag"])
            .answer(304, Nothing, &["etag"])
            .certain(),
        Handler::Live => Operation::new(Service, "Whether the process runs").gives::<LiveView>(200).certain(),
        Handler::Ready => Operation::new(Service, "Whether its parts work")
            .gives::<ReadyView>(200)
            .gives::<ReadyView>(503)
            .certain(),
    }
}
