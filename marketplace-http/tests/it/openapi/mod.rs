//! The description of the API: whole, right in its form, and served.

use crate::shop::{Fitting, Shop};
use marketplace_http::{Method, Request, openapi, route::ROUTES};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn document() -> Value {
    serde_json::from_str(&openapi()).unwrap()
}

/// Every operation, with its method and path.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap();
            methods.iter().map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
        })
        .collect()
}

/// Every value below this one, itself included.
fn below(value: &Value) -> Vec<&Value> {
    let parts: Vec<&Value> = match value {
        Value::Object(object) => object.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    std::iter::once(value).chain(parts.into_iter().flat_map(below)).collect()
}

fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => document.pointer(&reference[1..]).expect("a reference leads somewhere"),
        None => value,
    }
}

/// The bodies of a request and of its answers: of each, its media type object.
fn media<'a>(document: &'a Value, operation: &'a Value) -> Vec<&'a Map<String, Value>> {
    let answers = operation["responses"].as_object().unwrap().values();
    let all = answers.chain(operation.get("requestBody"));
    let contents = all.filter_map(|part| resolve(document, part).get("content"));
    let media = contents.flat_map(|content| content.as_object().unwrap());
    media.map(|(_, media)| media.as_object().unwrap()).collect()
}

#[test]
fn it_keeps_to_the_published_schema_of_openapi_3_1() {
    let schema: Value = serde_json::from_str(include_str!("oas-3.1.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let document = document();
    let errors: Vec<String> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    // And the schema does refuse.
    let mut wrong = document;
    wrong["paths"]["/api/v1/me"]["get"]["responses"] = json!({ "200": { "content": {} } });
    assert!(!validator.is_valid(&wrong), "an answer without a description");
}

#[test]
fn its_operations_are_the_routes() {
    let document = document();
    let described: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let routes =
        ROUTES.iter().map(|route| (route.method.as_str().to_owned(), route.pattern.to_owned())).collect();
    assert_eq!(described, routes);
}

#[test]
fn every_reference_leads_somewhere_and_every_part_is_used() {
    let document = document();
    let references: BTreeSet<&str> =
        below(&document).into_iter().filter_map(|value| value.get("$ref")?.as_str()).collect();
    for reference in &references {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
    }
    for kind in ["schemas", "responses"] {
        for name in document["components"][kind].as_object().unwrap().keys() {
            let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
            assert!(plain, "{name}");
            assert!(references.contains(format!("#/components/{kind}/{name}").as_str()), "{name}");
        }
    }
    assert!(references.len() > 100);
}

#[test]
fn operations_are_named_once_and_declare_what_their_paths_hold() {
    let document = document();
    let tags: Vec<&Value> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(name.starts_with(|first: char| first.is_ascii_lowercase()) && names.insert(name), "{name}");
        assert!(operation["tags"].as_array().unwrap().iter().all(|tag| tags.contains(&tag)), "{name}");
        assert!(!operation["summary"].as_str().unwrap().is_empty());
        let declared: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let held = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
        assert_eq!(declared, held, "{method} {path}");
    }
}

#[test]
fn every_body_has_an_example_that_keeps_to_its_schema() {
    let document = document();
    let mut count = 0;
    for (method, path, operation) in operations(&document) {
        for media in media(&document, operation) {
            let example =
                media.get("example").unwrap_or_else(|| panic!("no example: {method} {path}: {media:?}"));
            let mut schema = media["schema"].clone();
            schema["components"] = document["components"].clone();
            let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
            if let Err(error) = validator.validate(example) {
                panic!("{method} {path}: {error}: {example}");
            }
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

/// What a client sends is refused for a field too many: the schemas say so.
#[test]
fn requests_are_closed() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let schema = resolve(&document, body);
        if schema["type"] == "object" {
            assert_eq!(schema["additionalProperties"], false, "{method} {path}");
        }
    }
    for name in ["MoneyInput", "CheckoutItemInput"] {
        assert_eq!(document["components"]["schemas"][name]["additionalProperties"], false, "{name}");
    }
}

#[tokio::test]
async fn it_is_served_to_everybody_and_not_sent_twice() {
    let shop = Shop::open();
    let answer = shop.get("/api/v1/openapi.json").await;
    answer.expect(200);
    assert_eq!(answer.text(), openapi());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let tag = answer.header("etag").unwrap().to_owned();
    for (line, status) in [(tag.as_str(), 304), ("\"another\"", 200)] {
        let mut request = Request::new(Method::Get, "/api/v1/openapi.json");
        request.headers.push("if-none-match", line);
        let answer = shop.send(request).await;
        assert_eq!((answer.status, answer.header("etag")), (status, Some(tag.as_str())));
        assert_eq!(answer.text().is_empty(), status == 304);
    }
}

#[tokio::test]
async fn below_a_path_it_names_that_path() {
    let shop = Shop::fitted(Fitting { base: "https://host.example/shop", ..Fitting::default() });
    let answer = shop.get("/api/v1/openapi.json").await.expect(200);
    assert_eq!(answer["servers"], json!([{ "url": "/shop" }]));
    assert_eq!(answer["paths"], document()["paths"]);
}
