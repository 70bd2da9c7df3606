//! The Paystack twin, from outside: as a server would mount it and as a test suite would steer it.

mod api;
mod bench;
mod control;
mod page;
mod receiver;
mod refusals;
mod restart;
mod settings;
mod webhook;
