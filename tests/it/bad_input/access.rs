//! Who may call what, and what strangers learn: nothing.

use super::routes::{API, Door, Ids, Row, Takes};
use crate::place::{Place, everywhere};
use crate::stage::{Stage, unknown};
use marketplace_tests::Answer;
use serde_json::Value;

everywhere! {
    without_a_live_sign_in_the_answer_is_401_whatever_the_path_names
    a_wrong_role_is_403_whatever_the_path_names
    what_is_not_yours_answers_as_what_does_not_exist
    what_is_no_id_names_nothing
    the_right_ones_are_let_in
}

async fn without_a_live_sign_in_the_answer_is_401_whatever_the_path_names(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let ids = Ids::of(&stage).await;
    let nowhere = ids.map(unknown);
    let dead = client.sign_in(&stage.bob.email, marketplace_tests::PASSWORD).await;
    client.post("/api/v1/auth/logout").bearer(&dead).send().await.expect(204);
    client.post("/api/v1/auth/logout").bearer(&dead).send().await.refused(401, "unauthenticated");

    let alive = &stage.bob.token;
    let wrong: Vec<(String, Vec<String>)> = vec![
        ("dead".to_owned(), vec![format!("Bearer {dead}")]),
        ("unknown".to_owned(), vec![format!("Bearer {}", "A".repeat(43))]),
        ("short".to_owned(), vec!["Bearer x".to_owned()]),
        ("no token".to_owned(), vec!["Bearer".to_owned()]),
        ("nothing".to_owned(), vec![String::new()]),
        ("bare".to_owned(), vec![alive.clone()]),
        ("another scheme".to_owned(), vec!["Basic Ym9iOnNlY3JldA==".to_owned()]),
        ("alive under another scheme".to_owned(), vec![format!("Token {alive}")]),
        ("unsigned claims".to_owned(), vec!["Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.".to_owned()]),
        ("too long".to_owned(), vec![format!("Bearer {}", "A".repeat(7000))]),
        ("quoted".to_owned(), vec![format!("Bearer ' OR '1'='1")]),
        ("alive, twice".to_owned(), vec![format!("Bearer {alive}"), format!("Bearer {alive}")]),
    ];
    for row in API.iter().filter(|row| row.door != Door::Open) {
        for ids in [&ids, &nowhere] {
            let path = row.at(ids);
            if row.door != Door::Public {
                let answer = row.ask(client, &path).send().await;
                assert_eq!(answer.status, 401, "{} {path}: {}", row.method, answer.text());
                answer.refused(401, "unauthenticated");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
            for (case, headers) in &wrong {
                let ask = row.ask(client, &path);
                let ask = headers.iter().fold(ask, |ask, value| ask.header("authorization", value));
                let answer = ask.send().await;
                assert_eq!(answer.status, 401, "{case}: {} {path}: {}", row.method, answer.text());
                answer.refused(401, "unauthenticated");
            }
        }
    }
    // Nobody is locked out of signing in by the remains of an old sign-in.
    let login = serde_json::json!({ "email": stage.bob.email, "password": marketplace_tests::PASSWORD });
    client.post("/api/v1/auth/login").bearer(&dead).json(&login).send().await.expect(200);
}

async fn a_wrong_role_is_403_whatever_the_path_names(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    let nowhere = ids.map(unknown);
    for row in API {
        let strangers: &[&str] = match row.door {
            Door::Creator => &[&stage.bob.token, &admin],
            Door::Admin => &[&stage.bob.token, &stage.ada.token],
            _ => continue,
        };
        for (token, ids) in strangers.iter().flat_map(|token| [(token, &ids), (token, &nowhere)]) {
            let path = row.at(ids);
            let answer = row.ask(&stage.client, &path).bearer(token).send().await;
            assert_eq!(answer.status, 403, "{} {path}: {}", row.method, answer.text());
            answer.refused(403, "forbidden");
        }
    }
    // A role is what the account says now, not what it was at the sign-in.
    let wallet = || stage.client.get("/api/v1/creator/wallet").bearer(&stage.mallory.token).send();
    wallet().await.refused(403, "forbidden");
    let now = stage.client.post("/api/v1/me/creator").bearer(&stage.mallory.token).send().await.expect(200);
    assert_eq!(now["role"], "creator");
    wallet().await.expect(200);
}

/// What an answer tells, apart from what names the request itself.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let mut body = answer.refused(404, "not_found");
    body["request_id"] = Value::Null;
    (answer.status, headers, body)
}

async fn what_is_not_yours_answers_as_what_does_not_exist(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let mut own = Ids::of(&stage).await;
    // A draft, so that the storefront, too, has something to hide.
    own.product = client.draft(&stage.ada, "Secret plans", "100.00").await;
    let admin = stage.admin().await;
    let nowhere = own.map(unknown);
    let guest = client.check_out_as_guest("guest@mail.example", &stage.book).await;
    for row in API.iter().filter(|row| row.names_a_thing()) {
        let strangers: &[Option<&str>] = match row.door {
            Door::Public => &[None, Some(&stage.bob.token), Some(&stage.eve.token)],
            // Ada sold it, and an operator sees every order.
            Door::Order if row.path == "/orders/{id}/timeline" => {
                &[Some(&stage.mallory.token), Some(&stage.eve.token), Some(&guest.token)]
            }
            Door::Order => {
                &[Some(&stage.mallory.token), Some(&stage.ada.token), Some(&admin), Some(&guest.token)]
            }
            Door::Creator => &[Some(&stage.eve.token)],
            _ => &[Some(&admin)],
        };
        for token in strangers {
            let ask = |ids: &Ids| row.ask(client, &row.at(ids)).bearer_if(*token).send();
            let (foreign, missing) = (ask(&own).await, ask(&nowhere).await);
            assert_eq!(foreign.status, 404, "{} {}: {}", row.method, row.at(&own), foreign.text());
            assert_eq!(told(&foreign), told(&missing), "{} {}", row.method, row.at(&own));
            if row.takes == Takes::Empty {
                // Nor does a wrong body find out.
                let odd = |ids: &Ids| {
                    let ask = client.ask(row.method, &row.at(ids)).bearer_if(*token);
                    ask.json(&serde_json::json!({ "a": 1 })).send()
                };
                let (foreign, missing) = (odd(&own).await, odd(&nowhere).await);
                assert_eq!((foreign.status, missing.status), (422, 422), "{}", row.path);
            }
        }
    }
    // Nothing has happened to any of it.
    let path = format!("/api/v1/creator/products/{}", own.product);
    let draft = client.get(&path).bearer(&stage.ada.token).send().await.expect(200);
    assert_eq!((&draft["status"], &draft["title"]), (&"draft".into(), &"Secret plans".into()));
    assert_eq!(draft["files"].as_array().unwrap().len(), 0);
    assert_eq!(client.order(&stage.sold.placed).await["status"], "paid");
}

async fn what_is_no_id_names_nothing(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let right = Ids::of(&stage).await;
    let odd: Vec<String> = vec![
        "nothing".to_owned(),
        "0".to_owned(),
        "-1".to_owned(),
        "9".repeat(40),
        "usr_00000000000000000000000000000000".to_owned(),
        "1%20OR%201%3D1".to_owned(),
        "%27%3B%20DROP%20TABLE%20x%3B--".to_owned(),
        "..%2F..%2Fetc%2Fpasswd".to_owned(),
        "%3Cscript%3E".to_owned(),
        "%F0%9F%92%A3".to_owned(),
        "%00".to_owned(),
        "%ff".to_owned(),
        "%zz".to_owned(),
        "x".repeat(4000),
        right.product.to_uppercase(),
        format!("{}%20", right.product),
        format!("{}0", right.product),
    ];
    for row in API.iter().filter(|row| row.names_a_thing()) {
        let token = row.token(&stage, &admin);
        for odd in &odd {
            let path = row.at(&right.map(|_| odd.clone()));
            let answer = row.ask(&stage.client, &path).bearer_if(token).send().await;
            assert_eq!(answer.status, 404, "{} {path}: {}", row.method, answer.text());
            answer.refused(404, "not_found");
        }
    }
    assert_eq!(thing(&stage, &stage.book.slug).await, thing(&stage, &stage.book.id).await);
}

async fn thing(stage: &Stage, name: &str) -> Value {
    stage.client.get(&format!("/api/v1/products/{name}")).send().await.expect(200)
}

/// The rows above are real: with the right sign-in and the right ids each of them is let in.
async fn the_right_ones_are_let_in(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    // What takes the product off sale comes last.
    let mut rows: Vec<&Row> =
        API.iter().filter(|row| row.takes != Takes::Bytes && row.path != "/auth/logout").collect();
    rows.sort_by_key(|row| row.path.ends_with("/unpublish") || row.path.ends_with("/archive"));
    for row in rows {
        let answer = send_right(&stage, row, &ids, &admin).await;
        let expected: &[u16] = match (row.method, row.path) {
            // An operator has no such job, and that payment is not in review; the order is paid already; a published
            // product keeps a file.
            (_, "/admin/jobs/{id}/retry" | "/admin/payments/{reference}/resolve") => &[404],
            (_, "/orders/{id}/payments") => &[409],
            // No part has come.
            (_, "/creator/uploads/{upload_id}/complete") => &[422],
            // Goes by the new file, which was uploaded one row before.
            _ => &[200, 201, 204],
        };
        assert!(expected.contains(&answer.status), "{} {}: {}", row.method, row.path, answer.text());
        assert!(answer.header("x-request-id").is_some_and(|id| id.len() >= 16), "{}", row.path);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{}", row.path);
        let kept = answer.header("cache-control");
        let public = row.door == Door::Public || row.path == "/openapi.json";
        assert!(kept == Some("no-store") || (public && kept == Some("no-cache")), "{}", row.path);
    }
}

async fn send_right(stage: &Stage, row: &Row, ids: &Ids, admin: &str) -> Answer {
    let ask = row.ask(&stage.client, &row.at(ids)).bearer_if(row.token(stage, admin));
    match row.takes {
        // The table's body names no product on sale.
        Takes::Json(_) => {
            let ask = stage.client.ask(row.method, &row.at(ids)).bearer_if(row.token(stage, admin));
            ask.json(&row.body(&stage.book.id)).send().await
        }
        _ => ask.send().await,
    }
}
