//! A whole marketplace in memory, for tests of hosts and of flows.
//!
//! Guarantees: it is the real [`Marketplace`](marketplace_core::Marketplace) with all its services and its
//! worker; only what lies outside is a fake: the store, the gateway, mails, files, clock, timer and ids. It
//! begins empty, at the same time and with the same ids in every run, and nothing moves unless the test says
//! so. What a step of a test does not expect is a panic that names the step.
//!
//! Does not: speak HTTP, or hash passwords as a server must.
//!
//! Called by: tests of hosts; this crate's own tests of the flows.
//!
//! ```
//! use marketplace_core::order::OrderState;
//! use marketplace_testing::market::TestMarketplace;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let shop = TestMarketplace::new();
//! let (creator, product) = shop.creator_with_product().await;
//!
//! // A guest orders, pays at the gateway, and the gateway's notice arrives.
//! let placed = shop.place(&[&product]).await;
//! let reference = placed.attempt.expect("it has a price").reference;
//! shop.gateway().pay(&reference, None);
//! shop.notify(&reference).await;
//! shop.run_jobs().await;
//!
//! // The order is paid, a mail brought the link, and the creator's wallet holds the price without the fee.
//! let order = shop.order(placed.order.id).await;
//! assert_eq!(order.state, OrderState::Paid);
//! let link = shop.mailed_links(&order.buyer.email).remove(0);
//! let download = shop.market().delivery().claim(&link).await?;
//! assert!(shop.market().delivery().download(&download.session).await.is_ok());
//! let balances = shop.market().wallet().balances(creator.id).await?;
//! assert_eq!(balances[0].pending.minor(), product.price.minor() * 9 / 10);
//! # Ok(())
//! # }
//! ```

mod parts;
mod sale;
mod shop;

pub use sale::PaidOrder;
pub use shop::TestMarketplace;
