//! Bytes on a connection, for what no well-behaved client sends.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Sends these bytes on a connection of their own and reads what comes back until the server closes it.
///
/// A server may answer and close before it has read everything: what cannot be written then is let go.
///
/// # Panics
/// If there is no connection, or no end of the answer in time.
pub async fn exchange(base: &str, request: &[u8]) -> String {
    let address = base.strip_prefix("http://").expect("the address is plain HTTP");
    let mut connection = TcpStream::connect(address).await.expect("the server listens");
    let (mut reader, mut writer) = connection.split();
    let writing = async {
        // Kept open afterwards: half a connection looks to some servers like a client that left.
        let _ = writer.write_all(request).await;
    };
    let reading = async {
        let mut answer = Vec::new();
        let mut chunk = [0; 4096];
        // A reset after the answer is an end, too.
        while let Ok(read @ 1..) = reader.read(&mut chunk).await {
            answer.extend_from_slice(&chunk[..read]);
        }
        answer
    };
    let both = async { tokio::join!(writing, reading).1 };
    let answer = tokio::time::timeout(marketplace_testing::http::PATIENCE, both)
        .await
        .expect("the server closes the connection");
    String::from_utf8_lossy(&answer).into_owned()
}
