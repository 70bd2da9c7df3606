//! Products and their states.

use crate::{
    id::{CreatorId, ProductId},
    money::Money,
    text::words,
    time::Timestamp,
    version::Version,
};

/// Where a product stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProductState {
    /// Not for sale yet, or not for sale any more after `unpublish`.
    Draft,
    /// For sale.
    Published,
    /// Put away for good; earlier buyers keep it.
    Archived,
}
words!(ProductState { Draft = "draft", Published = "published", Archived = "archived" });

/// Something that a creator sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Who sells it.
    pub creator: CreatorId,
    /// Its name in addresses; unique in the whole marketplace, fixed at creation.
    pub slug: String,
    /// Its name for people.
    pub title: String,
    /// What it is.
    pub description: String,
    /// What it costs; zero is free.
    pub price: Money,
    /// Where it stands.
    pub state: ProductState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was first published.
    pub published_at: Option<Timestamp>,
    /// Counts changes.
    pub version: Version,
}
