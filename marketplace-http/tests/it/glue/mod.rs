//! The glue over real connections: the same cases for every framework.
#![cfg(all(feature = "axum", feature = "actix"))]

mod hang_up;
mod own_users;
mod pass;
mod place;
mod serve;
mod stream;
