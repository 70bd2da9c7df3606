//! Bodies of every wrong shape, derived from a right one.

use super::routes::{API, Ids, Row, Takes};
use crate::place::{Place, everywhere};
use crate::stage::Stage;
use serde_json::{Value, json};

everywhere! {
    what_is_not_json_is_400
    another_shape_is_422_and_names_the_field
    required_fields_are_named_when_they_are_missing
    values_beyond_their_limits_are_422
}

fn json_rows() -> impl Iterator<Item = (&'static Row, usize)> {
    API.iter().filter_map(|row| match row.takes {
        Takes::Json(kibibytes) => Some((row, kibibytes * 1024)),
        _ => None,
    })
}

/// The first error of a 422.
fn first(problem: &Value) -> (&str, &str) {
    let error = &problem["errors"][0];
    (error["field"].as_str().unwrap_or_default(), error["code"].as_str().unwrap_or_default())
}

/// Every place in a value, with the path that names it in errors.
fn places(value: &Value, path: &str, pointer: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                let pointer = format!("{pointer}/{name}");
                found.push((path.clone(), pointer.clone()));
                places(member, &path, &pointer, found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                let (path, pointer) = (format!("{path}[{number}]"), format!("{pointer}/{number}"));
                found.push((path.clone(), pointer.clone()));
                places(item, &path, &pointer, found);
            }
        }
        _ => {}
    }
}

async fn what_is_not_json_is_400(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    let broken: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"}".to_vec(),
        b"{'title':'x'}".to_vec(),
        b"{\"title\":}".to_vec(),
        b"{\"title\":\"x\",}".to_vec(),
        b"{\"title\":NaN}".to_vec(),
        b"{} {}".to_vec(),
        b"nul".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"title\":\"\xff\xfe\"}".to_vec(),
        b"{\"title\":\"a\nb\"}".to_vec(),
        b"\0\0\0\0".to_vec(),
        b"title=x&description=y".to_vec(),
        b"<title>x</title>".to_vec(),
        vec![b'['; 5000],
    ];
    for (row, _) in json_rows() {
        for body in &broken {
            let path = row.at(&ids);
            let ask = stage.client.ask(row.method, &path).bearer_if(row.token(&stage, &admin));
            let answer = ask.typed("application/json", body.clone()).send().await;
            let shown = String::from_utf8_lossy(body);
            assert_eq!(answer.status, 400, "{path} {shown:.60}: {}", answer.text());
            answer.refused(400, "malformed_json");
        }
    }
    // Where no body is wanted, a broken one is no better.
    for row in API.iter().filter(|row| row.takes == Takes::Empty && row.path != "/auth/logout") {
        let ask = stage.client.ask(row.method, &row.at(&ids)).bearer_if(row.token(&stage, &admin));
        ask.typed("application/json", "{").send().await.refused(400, "malformed_json");
    }
}

async fn another_shape_is_422_and_names_the_field(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    let send = |row: &'static Row, body: String| {
        let ask = stage.client.ask(row.method, &row.at(&ids)).bearer_if(row.token(&stage, &admin));
        ask.typed("application/json", body).send()
    };
    for (row, _) in json_rows() {
        let good = row.body(&stage.book.id);
        let deep = format!("{}{}", "[".repeat(2000), "]".repeat(2000));
        let deep_inside = format!("{{\"title\":{deep},\"email\":{deep},\"x\":{deep}}}");
        for odd in ["[]", "1", "\"x\"", "null", "true", "[{}]", &deep, &deep_inside] {
            send(row, odd.to_owned()).await.refused(422, "invalid");
        }
        // Fields that nobody knows, the tempting ones first.
        for name in [
            "is_admin",
            "id",
            "status",
            "amount",
            "total",
            "fee_bps",
            "creator_id",
            "published_at",
            "email_verified",
            "balance",
            "Title",
            "title ",
            "",
            "__proto__",
            "x\u{202e}",
        ] {
            let mut body = good.clone();
            body[name] = json!("1");
            let problem = send(row, body.to_string()).await.refused(422, "invalid");
            assert_eq!(first(&problem).1, "unknown_field", "{} {name:?}: {problem}", row.path);
        }
        let mut found = Vec::new();
        places(&good, "", "", &mut found);
        for (path, pointer) in &found {
            let now = good.pointer(pointer).unwrap();
            for wrong in
                [json!(null), json!(1), json!(1.5), json!(true), json!("x"), json!([]), json!({}), json!([1])]
            {
                if std::mem::discriminant(&wrong) == std::mem::discriminant(now) {
                    continue;
                }
                let mut body = good.clone();
                *body.pointer_mut(pointer).unwrap() = wrong.clone();
                let answer = send(row, body.to_string()).await;
                assert_eq!(answer.status, 422, "{} {path} = {wrong}: {}", row.path, answer.text());
                let problem = answer.refused(422, "invalid");
                assert_eq!(first(&problem), (path.as_str(), "wrong_type"), "{} = {wrong}", row.path);
            }
            // Objects: a member more, and the same member twice.
            if let Some(member) = now.as_str().filter(|_| !path.ends_with(']')) {
                let text = good.to_string();
                let name = path.rsplit('.').next().unwrap();
                let once = format!("\"{name}\":{}", json!(member));
                assert_eq!(text.matches(&once).count(), 1, "{text}");
                let twice = text.replace(&once, &format!("{once},{once}"));
                let problem = send(row, twice).await.refused(422, "invalid");
                assert_eq!(first(&problem), (path.as_str(), "duplicate_field"), "{}", row.path);
            }
            if now.is_object() {
                let mut body = good.clone();
                body.pointer_mut(pointer).unwrap()["fee"] = json!(0);
                let problem = send(row, body.to_string()).await.refused(422, "invalid");
                assert_eq!(
                    first(&problem),
                    (format!("{path}.fee").as_str(), "unknown_field"),
                    "{}",
                    row.path
                );
            }
        }
        // And the right one was right.
        let answer = send(row, good.to_string()).await;
        let expected = match row.path {
            // That payment is not in review; no part has come.
            path if path.ends_with("/resolve") => 404..405,
            path if path.ends_with("/complete") => 422..423,
            _ => 200..300,
        };
        assert!(expected.contains(&answer.status), "{}: {}", row.path, answer.text());
    }
    for row in API.iter().filter(|row| row.takes == Takes::Empty && row.path != "/auth/logout") {
        for (body, field) in [("{\"a\":1}", "a"), ("[]", ""), ("null", ""), ("\"x\"", "")] {
            let problem = send(row, body.to_owned()).await.refused(422, "invalid");
            assert_eq!(first(&problem).0, field, "{} {body}", row.path);
        }
    }
}

async fn required_fields_are_named_when_they_are_missing(place: Place) {
    let stage = Stage::at(&place).await;
    let admin = stage.admin().await;
    let ids = Ids::of(&stage).await;
    for (row, _) in json_rows().filter(|(row, _)| row.method == "POST") {
        let good = row.body(&stage.book.id);
        for name in good.as_object().unwrap().keys() {
            let mut body = good.clone();
            body.as_object_mut().unwrap().remove(name);
            let ask = stage.client.ask(row.method, &row.at(&ids)).bearer_if(row.token(&stage, &admin));
            let problem = ask.json(&body).send().await.refused(422, "invalid");
            assert_eq!(first(&problem), (name.as_str(), "required"), "{}", row.path);
        }
    }
}

async fn values_beyond_their_limits_are_422(place: Place) {
    let stage = Stage::at(&place).await;
    let client = &stage.client;
    let account = |field: &str, value: Value| {
        let mut body = json!({
            "email": "zoe@mail.example", "password": "correct horse", "display_name": "Zoe", "role": "creator",
        });
        body[field] = value;
        body
    };
    for (field, value) in [
        ("email", json!("")),
        ("email", json!("zoe")),
        ("email", json!("zoe@")),
        ("email", json!("@mail.example")),
        ("email", json!("a@b")),
        ("email", json!("zoe@mail.example,eve@mail.example")),
        ("email", json!("zoe@mail.example\r\nBcc: eve@mail.example")),
        ("email", json!("zoe @mail.example")),
        ("email", json!("zoe@mail.example\u{0}")),
        ("email", json!(format!("{}@mail.example", "z".repeat(250)))),
        ("password", json!("")),
        ("password", json!("1234567")),
        ("password", json!("x".repeat(1025))),
        ("display_name", json!("")),
        ("display_name", json!("   ")),
        ("display_name", json!("Z\u{0}")),
        ("display_name", json!("Z".repeat(101))),
        ("role", json!("admin")),
        ("role", json!("root")),
        ("role", json!("")),
        ("role", json!("Creator")),
    ] {
        let body = account(field, value.clone());
        let problem = client.post("/api/v1/auth/register").json(&body).send().await.refused(422, "invalid");
        assert_eq!(first(&problem).0, field, "{value:.40}: {problem}");
    }
    for (field, value) in [
        ("title", json!("")),
        ("title", json!(" \t ")),
        ("title", json!("t".repeat(201))),
        ("title", json!("two\nlines")),
        ("title", json!("bell\u{7}")),
        ("description", json!("d".repeat(20_001))),
        ("description", json!("nul\u{0}")),
    ] {
        let mut body =
            json!({ "title": "t", "description": "d", "price": { "amount": "1.00", "currency": "NGN" } });
        body["price"]["amount"] = json!("100.00");
        body[field] = value.clone();
        let ask = client.post("/api/v1/creator/products").bearer(&stage.ada.token).json(&body);
        let problem = ask.send().await.refused(422, "invalid");
        assert_eq!(first(&problem).0, field, "{value:.40}: {problem}");
        let path = format!("/api/v1/creator/products/{}", stage.book.id);
        let ask = client.ask("PATCH", &path).bearer(&stage.ada.token).json(&json!({ field: value }));
        assert_eq!(first(&ask.send().await.refused(422, "invalid")).0, field, "{value:.40}");
    }
    let book = &stage.book.id;
    let many: Vec<Value> = (0..51).map(|_| json!({ "product_id": book })).collect();
    for (items, field) in [
        (json!([]), "items"),
        (json!(many), "items"),
        (json!([{ "product_id": book }, { "product_id": book }]), "items[1].product_id"),
        (json!([{ "product_id": book, "quantity": -1 }]), "items[0].quantity"),
        (json!([{ "product_id": book, "price": "1.00" }]), "items[0].price"),
    ] {
        let body = json!({ "items": items, "email": "zoe@mail.example" });
        let problem = client.post("/api/v1/checkout").json(&body).send().await.refused(422, "invalid");
        assert_eq!(first(&problem).0, field, "{problem}");
    }
    let body = json!({ "items": [{ "product_id": book }], "email": "no address" });
    let problem = client.post("/api/v1/checkout").json(&body).send().await.refused(422, "invalid");
    assert_eq!(first(&problem).0, "email");
    // What the draft sells is nobody's to buy yet.
    let draft = client.draft(&stage.ada, "Not yet", "100.00").await;
    let body = json!({ "items": [{ "product_id": draft }], "email": "zoe@mail.example" });
    client.post("/api/v1/checkout").json(&body).send().await.refused(404, "not_found");
}
