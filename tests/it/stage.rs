//! A small town in which most journeys begin: two creators, two buyers, one product on sale, one sold.

use crate::place::Place;
use marketplace_tests::{Account, Bought, Client, Product, Server, Upload};

/// Everybody and everything.
pub(crate) struct Stage {
    pub(crate) server: Server,
    pub(crate) client: Client,
    /// Sells.
    pub(crate) ada: Account,
    /// Sells something else.
    pub(crate) eve: Account,
    /// Has bought from Ada.
    pub(crate) bob: Account,
    /// Has bought nothing.
    pub(crate) mallory: Account,
    /// Ada's, on sale for 2500.00.
    pub(crate) book: Product,
    /// Bob's copy of it.
    pub(crate) sold: Bought,
}

impl Stage {
    /// Sets everything up in a place.
    pub(crate) async fn at(place: &Place) -> Self {
        Self::on(Server::start(place.options()).await).await
    }

    /// The same on a server that was started otherwise.
    pub(crate) async fn on(server: Server) -> Self {
        let client = server.client();
        let ada = client.register("ada", "creator").await;
        let eve = client.register("eve", "creator").await;
        let bob = client.register("bob", "customer").await;
        let mallory = client.register("mallory", "customer").await;
        let book = client.sell(&ada, "2500.00", Upload::pdf("book.pdf", 100_000)).await;
        let sold = client.buy(&bob, &book).await;
        Self { server, client, ada, eve, bob, mallory, book, sold }
    }

    /// Makes an operator, and gives its sign-in.
    pub(crate) async fn admin(&self) -> String {
        let (email, password) = ("operator@mail.example", "correct horse operator");
        let made = self.server.command(&["admin", "create", email, "--password-stdin"], Some(password)).await;
        assert_eq!(made.code, Some(0), "{made:#?}");
        self.client.sign_in(email, password).await
    }
}

/// An id of the same kind that names nothing.
pub(crate) fn unknown(id: &str) -> String {
    let (start, tail) = id.split_at(id.len() - 12);
    let other = if tail == "0123456789ab" { "ba9876543210" } else { "0123456789ab" };
    format!("{start}{other}")
}
