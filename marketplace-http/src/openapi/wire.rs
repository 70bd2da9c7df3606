//! Words, ids and texts of the core as the document describes them: each in one place.
//!
//! Guarantees: the words of an enum are read off the enum itself, so a new one is in the document at once; every type
//! here has an example.
//!
//! Does not: hold values. These types are named by `#[schema(value_type = …)]` where a view or an input has a type of
//! the core, which knows nothing of this document.
//!
//! Called by: views and inputs, in their derived schemas.

use marketplace_core::{
    catalog, delivery, earnings, identity, job, ledger, order, payment, refund, timeline,
};
use serde_json::Value;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, SchemaFormat, Type},
    },
};

/// A text: what it is, its format if it has one, the pattern it keeps to, and an example.
struct Text {
    description: &'static str,
    format: &'static str,
    pattern: &'static str,
    example: &'static str,
}

impl Text {
    fn schema(self) -> RefOr<Schema> {
        let given = |text: &'static str| (!text.is_empty()).then_some(text);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(self.description))
            .format(given(self.format).map(|name| SchemaFormat::Custom(name.to_owned())))
            .pattern(given(self.pattern))
            .examples([self.example])
            .into()
    }
}

/// The words that `all` shows, without those that never leave.
fn words(description: &'static str, all: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(all.map(Value::from)))
        .into()
}

macro_rules! described {
    ($name:ident, $schema:expr) => {
        #[derive(Debug)]
        pub(crate) enum $name {}
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $schema
            }
        }
        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

macro_rules! texts {
    ($($name:ident: $description:literal, $format:literal, $pattern:literal, $example:literal;)*) => {$(
        described!($name, Text {
            description: $description,
            format: $format,
            pattern: $pattern,
            example: $example,
        }.schema());
    )*};
}

/// Ids are opaque to clients, so they have no pattern here.
macro_rules! ids {
    ($($name:ident: $description:literal, $example:literal;)*) => {$(
        texts! { $name: $description, "", "", $example; }
    )*};
}

macro_rules! enums {
    ($($name:ident = $type:ty $(, without $hidden:path)*: $description:literal;)*) => {$(
        described!($name, words(
            $description,
            <$type>::ALL.iter().filter(|word| ![$($hidden),*].contains(*word)).map(|word| word.as_str()),
        ));
    )*};
}

ids! {
    EntitlementId: "The right of a buyer to a product.", "ent_019ab3c45d6e7f8090a1b2c3d4e5f607";
    EntryId: "An entry of the journal.", "jrn_019ab3c45d6e7f8090a1b2c3d4e5f608";
    FileId: "A file of a product.", "fil_019ab3c45d6e7f8090a1b2c3d4e5f609";
    JobId: "A background job.", "job_019ab3c45d6e7f8090a1b2c3d4e5f60a";
    OrderId: "An order.", "ord_019ab3c45d6e7f8090a1b2c3d4e5f60b";
    ProductId: "A product.", "prd_019ab3c45d6e7f8090a1b2c3d4e5f60c";
    RefundId: "Money that is given back.", "rfd_019ab3c45d6e7f8090a1b2c3d4e5f60d";
    LinkId: "A one-time link.", "lnk_019ab3c45d6e7f8090a1b2c3d4e5f613";
    ReviewId: "A payment that needs a decision.", "rev_019ab3c45d6e7f8090a1b2c3d4e5f60e";
    UploadId: "An upload in parts.", "upl_019ab3c45d6e7f8090a1b2c3d4e5f609";
    UserId: "A person or shop with a sign-in.", "usr_019ab3c45d6e7f8090a1b2c3d4e5f60f";
}

texts! {
    Amount: "A decimal with exactly the digits of its currency, never a number.",
        "", "^[0-9]+([.][0-9]+)?$", "2500.00";
    Balance: "A decimal with exactly the digits of its currency; money that went out has a minus sign.",
        "", "^-?[0-9]+([.][0-9]+)?$", "2250.00";
    ContentType: "A media type without parameters.", "", "^[^/ ;]+/[^/ ;]+$", "application/pdf";
    Currency: "An ISO 4217 code.", "", "^[A-Z]{3}$", "NGN";
    Email: "An e-mail address.", "email", "", "ada@mail.example";
    FileName: "The name of a file, without a path.", "", "", "book.pdf";
    Password: "At least 8 characters.", "password", "", "correct horse battery";
    ETag: "What the file store answered to a part, quoted or not.", "", "", "9b2cf535f27731c974343645a3985328";
    GivenSha256: "A SHA-256 in hexadecimal digits of either case.",
        "", "^[0-9a-fA-F]{64}$", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    PartUrl: "Where a part goes, by PUT, until the upload expires.",
        "uri", "", "https://shop.example/u/5sMMk0aXQy5pFTaWKOLXyPvFqDRDg4l2TNNx6tWvbp8/1";
    Reference: "The reference of a payment, as the gateway has it, too.",
        "", "^[a-z0-9-]{16,50}$", "mkt-019ab3c45d6e7f8090a1b2c3d4e5f610";
    Sha256: "A SHA-256 in hexadecimal digits.",
        "", "^[0-9a-f]{64}$", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    Timestamp: "RFC 3339 in UTC.", "date-time", "Z$", "2026-11-23T06:00:00Z";
    Token: "A secret that is shown once.", "", "^[A-Za-z0-9_-]{43}$", "5sMMk0aXQy5pFTaWKOLXyPvFqDRDg4l2TNNx6tWvbp8";
    PaymentUrl: "Where the buyer pays.", "uri", "", "https://pay.example/0peioxfhpn";
    Url: "An address.", "uri", "", "https://shop.example/d/5sMMk0aXQy5pFTaWKOLXyPvFqDRDg4l2TNNx6tWvbp8";
}

described!(
    PartHeaders,
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some("Headers that are to be sent with it."))
        .additional_properties(Some(String::schema()))
        .examples([serde_json::json!({ "content-length": "1048576" })])
        .into()
);

described!(
    CompletedUploadStatus,
    words("Whether its bytes have been looked at.", ["checking", "ready"].into_iter())
);

described!(
    ReviewStatus,
    words("Whether it still needs a decision.", ["needs_review", "resolved"].into_iter())
);

enums! {
    AgentClass = delivery::AgentClass: "What kind of program asked.";
    EntitlementStatus = delivery::EntitlementState: "Whether the purchase may still be downloaded.";
    EntryKind = ledger::EntryKind: "What moved the money.";
    Interval = earnings::Interval: "The length of a point of a series.";
    JobState = job::JobState: "Where a job stands.";
    OrderStatus = order::OrderState: "Where an order stands. While a payment is in review it is `pending`.";
    // For its payer, a dismissed attempt came to nothing: `failed`.
    PaymentStatus = payment::AttemptState, without payment::AttemptState::Dismissed: "Where an attempt to pay stands.";
    ProductStatus = catalog::ProductState: "Whether a product is on sale.";
    RefundStatus = refund::RefundStatus: "Where a refund stands.";
    ReviewDecision = payment::ReviewDecision: "What an operator decides.";
    ReviewReason = payment::ReviewReason: "Why a payment needs a decision.";
    StepKind = timeline::StepKind: "What happened.";
    // What was given up answers 410.
    UploadStatus = catalog::UploadState, without catalog::UploadState::Dropped: "Where an upload stands.";
    UploadRefusal = catalog::UploadRefusal: "Why an upload did not become a file.";
    Role = identity::Role: "What a user may do.";
    // Operators are made by a command.
    NewRole = identity::Role, without identity::Role::Admin: "What a new user is to be.";
}
