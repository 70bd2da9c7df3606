//! Using links up, beside the bare statement that a hand-written server would send: one round trip that takes the
//! link and opens its download, by its token.

use super::{
    postgres,
    run::{Scale, in_turns, round},
    shop::{Shop, claims},
    table,
};
use marketplace_core::id::Token;
use marketplace_testing::postgres::TestCluster;
use sqlx::{Connection as _, postgres::PgPoolOptions, query};
use std::sync::Arc;
use uuid::Uuid;

const BARE: &str = "WITH claimed AS (
    UPDATE mkt_links l SET claimed_at = $2 FROM mkt_entitlements e, mkt_files f
    WHERE l.token = $1 AND l.claimed_at IS NULL AND l.expires_at > $2
        AND e.id = l.entitlement_id AND e.state = 'active' AND f.id = l.file_id
    RETURNING l.id, l.entitlement_id, l.file_id)
INSERT INTO mkt_download_sessions (id, link_id, entitlement_id, version_id, file_id, nonce, token, created_at, expires_at)
SELECT $3, c.id, c.entitlement_id, v.id, c.file_id, $4, $5, $2, $2 + 3600000000
FROM claimed c, LATERAL (SELECT id FROM mkt_file_versions WHERE file_id = c.file_id ORDER BY id DESC LIMIT 1) v";

pub async fn run(scale: &Scale, cluster: &TestCluster) {
    let (database, mut watcher, store) = postgres::open(cluster).await;
    let postmaster = postgres::postmaster(&mut watcher).await;
    let shop = Arc::new(Shop::open(Arc::new(store.clone()), 1).await);
    for tasks in [1, 8, 64] {
        let count = scale.units_of(tasks);
        let connections = u32::try_from(tasks.min(8)).expect("not that many");
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .min_connections(connections)
            .test_before_acquire(false)
            .connect(&database.url())
            .await
            .expect("the server is there");
        let [bare, ours] = in_turns(scale, async || {
            let (links, by_hand) = (shop.links(count).await, pool.clone());
            let of_bare = round(links, tasks.min(8), postmaster, move |_, links, number| {
                let pool = by_hand.clone();
                async move { claim(&pool, &links[number]).await }
            });
            [of_bare.await, claims(&shop, shop.links(count).await, tasks, postmaster).await]
        })
        .await;
        pool.close().await;
        let name = match tasks {
            1 => "PostgreSQL, 1 task, links".to_owned(),
            8 => "PostgreSQL, 8 tasks, links".to_owned(),
            more => format!("PostgreSQL, {more} tasks, links, bare of 8"),
        };
        table::line(&name, &bare, &ours);
    }
    store.close().await;
    watcher.close().await.expect("the server is there");
}

async fn claim(pool: &sqlx::PgPool, token: &Token) {
    let hash = token.hash();
    // As random as any other, and unique.
    let (id, nonce) = hash.as_bytes().split_at(16);
    let done = query(BARE)
        .bind(hash.as_bytes().to_vec())
        .bind(1_i64)
        .bind(Uuid::from_slice(id).expect("16 bytes are an id"))
        .bind(nonce.to_vec())
        .bind(hash.as_bytes().to_vec())
        .execute(pool)
        .await
        .expect("a link opens its download");
    assert_eq!(done.rows_affected(), 1);
}
