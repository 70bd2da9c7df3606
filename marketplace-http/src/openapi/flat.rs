//! Schemas of flattened structs, made into one object each.
//!
//! A derived schema says `allOf` where serde flattens. On the wire there is one object; as one it can be closed, and
//! generators of clients make one type of it.
//!
//! Called by: `document`.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Every named schema, without `allOf`.
pub(super) fn flatten(schemas: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    schemas.iter().map(|(name, schema)| (name.clone(), flat(schema, schemas, 0))).collect()
}

/// How deep structs are flattened into each other: far deeper than anybody does.
const DEEPEST: usize = 8;

fn flat(schema: &Value, schemas: &BTreeMap<String, Value>, depth: usize) -> Value {
    let Some(parts) = schema.get("allOf").and_then(Value::as_array).filter(|_| depth < DEEPEST) else {
        return schema.clone();
    };
    let mut whole = schema.as_object().cloned().unwrap_or_default();
    whole.remove("allOf");
    whole.insert("type".to_owned(), "object".into());
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts {
        let part = named(part).and_then(|name| schemas.get(name)).unwrap_or(part);
        let part = flat(part, schemas, depth.saturating_add(1));
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    whole.insert("properties".to_owned(), properties.into());
    whole.insert("required".to_owned(), required.into());
    whole.into()
}

/// The name of the schema that a reference leads to.
pub(super) fn named(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_become_one_object() {
        let schemas: BTreeMap<String, Value> = [
            ("A", json!({ "type": "object", "properties": { "a": 1 }, "required": ["a"] })),
            (
                "B",
                json!({ "description": "b", "allOf": [
                { "$ref": "#/components/schemas/A" },
                { "type": "object", "properties": { "b": 2 }, "required": ["b"] },
            ] }),
            ),
            ("C", json!({ "allOf": [{ "$ref": "#/components/schemas/B" }] })),
        ]
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema))
        .collect();
        let flat = flatten(&schemas);
        assert_eq!(flat["A"], schemas["A"]);
        let both = json!({ "type": "object", "properties": { "a": 1, "b": 2 }, "required": ["a", "b"] });
        assert_eq!(flat["C"], both);
        assert_eq!(flat["B"]["description"], "b");
    }
}
