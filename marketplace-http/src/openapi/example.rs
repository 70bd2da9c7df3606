//! An example of a schema, made of the examples of its parts.
//!
//! Guarantees: it has every property, the optional ones, too; the same schema has the same example.
//!
//! Called by: `document`. A test of the document holds every example against its schema.

use super::flat::named;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How deep a schema is followed: deeper than any of ours.
const DEEPEST: usize = 16;

/// An example; `None` if some part of the schema has none.
pub(super) fn example(schema: &Value, schemas: &BTreeMap<String, Value>) -> Option<Value> {
    of(schema, schemas, 0)
}

fn of(schema: &Value, schemas: &BTreeMap<String, Value>, depth: usize) -> Option<Value> {
    let within = |part: &Value| of(part, schemas, depth.checked_add(1).filter(|depth| *depth < DEEPEST)?);
    let list = |key: &str| schema.get(key).and_then(Value::as_array);
    if let Some(name) = named(schema) {
        return within(schemas.get(name)?);
    }
    if let Some(first) = list("examples").or_else(|| list("enum")).and_then(|values| values.first()) {
        return Some(first.clone());
    }
    if let Some(kinds) = list("oneOf") {
        return within(kinds.iter().find(|kind| kind["type"] != "null")?);
    }
    if let Some(items) = schema.get("items") {
        return Some(Value::Array(vec![within(items)?]));
    }
    if schema["type"] == "object" {
        let properties = schema.get("properties").and_then(Value::as_object);
        let parts = properties.into_iter().flatten();
        let parts = parts.map(|(name, part)| Some((name.clone(), within(part)?)));
        return parts.collect::<Option<Map<String, Value>>>().map(Value::Object);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn examples_are_put_together_or_missing() {
        let schemas =
            [("Id".to_owned(), json!({ "type": "string", "examples": ["a"] }))].into_iter().collect();
        let id = json!({ "$ref": "#/components/schemas/Id" });
        let whole = json!({ "type": "object", "properties": {
            "ids": { "type": "array", "items": id },
            "kind": { "type": "string", "enum": ["x", "y"] },
            "none": { "oneOf": [{ "type": "null" }, id] },
        } });
        assert_eq!(example(&whole, &schemas), Some(json!({ "ids": ["a"], "kind": "x", "none": "a" })));
        for wanting in [
            json!({ "type": "string" }),
            json!({ "type": "object", "properties": { "a": { "type": "string" } } }),
            json!({ "$ref": "#/components/schemas/None" }),
        ] {
            assert_eq!(example(&wanting, &schemas), None, "{wanting}");
        }
    }
}
