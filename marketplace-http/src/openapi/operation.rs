//! What the table of routes does not say of an operation: its words, its shapes, and what its use case refuses.
//!
//! Called by: `describe`, which makes one per route; `document`, which writes them.

use crate::query::ListView;
use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The chapters of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    Identity,
    Storefront,
    Creator,
    Buying,
    Delivery,
    Operator,
    Service,
}

impl Tag {
    /// Every chapter, in reading order.
    pub(super) const ALL: [Self; 7] = [
        Self::Identity,
        Self::Storefront,
        Self::Creator,
        Self::Buying,
        Self::Delivery,
        Self::Operator,
        Self::Service,
    ];

    /// Its name, and what it is about.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Identity => ("identity", "Accounts and sign-ins."),
            Self::Storefront => ("storefront", "What is on sale."),
            Self::Creator => ("creator", "Products, sales and the wallet of a creator."),
            Self::Buying => ("buying", "Orders and their payments."),
            Self::Delivery => ("delivery", "What was bought, and its bytes."),
            Self::Operator => ("operator", "What operators look at and set right."),
            Self::Service => ("service", "The service itself."),
        }
    }
}

/// A schema, and the named schemas that it refers to.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) schema: Value,
    pub(super) parts: Vec<(String, Value)>,
}

impl Shape {
    /// The schema of a type, by its name.
    pub(super) fn of<T: ToSchema>() -> Self {
        let mut parts = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        Self::named(&T::name(), parts)
    }

    /// The schema of a page of such.
    fn list_of<T: ToSchema>() -> Self {
        let name = format!("{}List", T::name());
        let list = <ListView<T> as PartialSchema>::schema();
        let mut parts = vec![(name.clone(), list), (T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        Self::named(&name, parts)
    }

    fn named(name: &str, parts: Vec<(String, RefOr<Schema>)>) -> Self {
        // A schema always serialises; if one did not, its examples would fail their test.
        let written =
            |(name, schema)| (name, serde_json::to_value::<RefOr<Schema>>(schema).unwrap_or_default());
        Self {
            schema: json!({ "$ref": format!("#/components/schemas/{name}") }),
            parts: parts.into_iter().map(written).collect(),
        }
    }
}

/// What an answer carries.
#[derive(Debug, Clone)]
pub(super) enum Content {
    /// Nothing.
    Nothing,
    /// JSON of a shape.
    Json(Shape),
    /// JSON of any shape.
    AnyJson,
    /// A page for people.
    Page,
    /// A file.
    Bytes,
}

/// An answer that is no refusal.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) content: Content,
    pub(super) headers: &'static [&'static str],
}

/// An operation, as far as its row does not tell.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) tag: Tag,
    pub(super) summary: &'static str,
    pub(super) request: Option<Shape>,
    pub(super) answers: Vec<Answer>,
    pub(super) refusals: Vec<(u16, &'static [&'static str])>,
    pub(super) query: &'static [&'static str],
    pub(super) headers: &'static [&'static str],
    /// Whether it leans on no part that could fail.
    pub(super) certain: bool,
}

impl Operation {
    /// An operation of a chapter, said in one line.
    pub(super) const fn new(tag: Tag, summary: &'static str) -> Self {
        Self {
            tag,
            summary,
            request: None,
            answers: Vec::new(),
            refusals: Vec::new(),
            query: &[],
            headers: &[],
            certain: false,
        }
    }

    /// Reads JSON of this shape.
    pub(super) fn takes<T: ToSchema>(mut self) -> Self {
        self.request = Some(Shape::of::<T>());
        self
    }

    /// Answers JSON of this shape.
    pub(super) fn gives<T: ToSchema>(self, status: u16) -> Self {
        self.answer(status, Content::Json(Shape::of::<T>()), &[])
    }

    /// Answers JSON of this shape, with these headers.
    pub(super) fn gives_with<T: ToSchema>(self, status: u16, headers: &'static [&'static str]) -> Self {
        self.answer(status, Content::Json(Shape::of::<T>()), headers)
    }

    /// Answers a page of such.
    pub(super) fn lists<T: ToSchema>(self) -> Self {
        self.answer(200, Content::Json(Shape::list_of::<T>()), &[])
    }

    /// Answers without a body.
    pub(super) fn gives_nothing(self, status: u16) -> Self {
        self.answer(status, Content::Nothing, &[])
    }

    /// Answers a page for people.
    pub(super) fn shows(self, status: u16) -> Self {
        self.answer(status, Content::Page, &[])
    }

    /// Leads elsewhere.
    pub(super) fn leads(self, status: u16) -> Self {
        self.answer(status, Content::Nothing, &["location"])
    }

    /// Answers like this, with these headers.
    pub(super) fn answer(mut self, status: u16, content: Content, headers: &'static [&'static str]) -> Self {
        self.answers.push(Answer { status, content, headers });
        self
    }

    /// Refuses with one of these codes.
    pub(super) fn refuses(mut self, status: u16, codes: &'static [&'static str]) -> Self {
        self.refusals.push((status, codes));
        self
    }

    /// Looks at these parameters, whatever others there are.
    pub(super) const fn asked(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }

    /// Looks at these headers of the request.
    pub(super) const fn heeds(mut self, headers: &'static [&'static str]) -> Self {
        self.headers = headers;
        self
    }

    /// Leans on nothing that could fail.
    pub(super) const fn certain(mut self) -> Self {
        self.certain = true;
        self
    }
}
