//! The contract of the port, on S3.

use crate::server::Server;
use async_trait::async_trait;
use marketplace_testing::contract::files::{FilesHarness, FreshFiles};

/// Makes stores in front of servers of their own.
struct OnS3;

#[async_trait]
impl FilesHarness for OnS3 {
    async fn fresh(&self) -> FreshFiles {
        Server::fresh().await
    }
}

marketplace_testing::files_contract!(OnS3);
