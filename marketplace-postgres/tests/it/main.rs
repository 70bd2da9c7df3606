//! Integration tests, on a PostgreSQL server that the tests start (or find in `TEST_DATABASE_URL`).

mod contract;
mod harness;
