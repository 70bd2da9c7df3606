//! Answers beside the samples of Paystack's documentation, in keys and types.

use serde_json::Value;

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// The same keys everywhere, and the same types where both say something. An empty object or list of the sample
/// may be anything of its type.
pub(crate) fn assert_like(seen: &Value, sample: &Value) {
    compare(seen, sample, "");
}

fn compare(seen: &Value, sample: &Value, place: &str) {
    if seen.is_null() || sample.is_null() {
        return;
    }
    assert_eq!(kind(seen), kind(sample), "the type of {place}: {seen}");
    match (seen, sample) {
        (Value::Object(seen), Value::Object(sample)) if !sample.is_empty() && !seen.is_empty() => {
            let mut keys: Vec<_> = seen.keys().collect();
            let mut expected: Vec<_> = sample.keys().collect();
            keys.sort();
            expected.sort();
            assert_eq!(keys, expected, "the keys of {place}");
            for (key, value) in seen {
                compare(value, &sample[key], &format!("{place}.{key}"));
            }
        }
        (Value::Array(seen), Value::Array(sample)) => {
            let Some(sample) = sample.first() else { return };
            for value in seen {
                compare(value, sample, &format!("{place}[]"));
            }
        }
        _ => {}
    }
}

#[test]
fn the_comparison_bites() {
    use serde_json::json;
    let sample = json!({"a": 1, "b": {"c": "x"}, "d": [{"e": true}], "f": null, "g": {}});
    assert_like(&json!({"a": 2, "b": null, "d": [], "f": "any", "g": {"h": 1}}), &sample);
    for wrong in [
        json!({"a": "2", "b": null, "d": [], "f": 1, "g": {}}),
        json!({"b": null, "d": [], "f": 1, "g": {}}),
        json!({"a": 2, "b": {"c": "x", "more": 1}, "d": [], "f": 1, "g": {}}),
        json!({"a": 2, "b": null, "d": [{"e": 1}], "f": 1, "g": {}}),
    ] {
        let result = std::panic::catch_unwind(|| assert_like(&wrong, &sample));
        assert!(result.is_err(), "{wrong}");
    }
}
