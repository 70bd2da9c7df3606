//! Orders: what was bought, by whom, at which price, fixed at checkout.
//!
//! Guarantees: an order keeps its own copy of titles, prices and fees, so nothing that happens to a product
//! later changes what was agreed; prices come from the store, never from the request; a cart of several
//! creators is legal, of several currencies it is not.
//!
//! Called by: checkout (through HTTP or a host), settlement, delivery.

mod decide;
mod model;
mod port;
mod service;

pub use model::{Buyer, Locale, Order, OrderLine, OrderState, ParseLocaleError};
#[cfg(any(test, feature = "mock"))]
pub use port::MockOrders;
pub use port::Orders;
pub use service::{Checkout, CheckoutError, OrderView, PlaceOrder, Placed};
