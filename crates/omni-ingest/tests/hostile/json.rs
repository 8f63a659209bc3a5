//! JSON: the opinion of another reader of it.

use omni_ingest::json::{Array, JsonError, Object, Value};

/// The value as a tree, the last of equal keys kept, numbers as 64 bits.
fn tree(value: Value<'_>) -> Result<serde_json::Value, JsonError> {
    if let Some(scalar) = value.scalar() {
        let text = scalar.into_owned();
        return Ok(match value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(truth) => truth.into(),
            // Beyond the floating-point range there is no value for it.
            Value::Number(_) => serde_json::from_str(&text).unwrap_or_default(),
            _ => text.into(),
        });
    }
    Ok(match value {
        Value::Array(mut array) => {
            let mut items = Vec::new();
            while let Some(item) = array.item()? {
                items.push(tree(item)?);
            }
            items.into()
        }
        Value::Object(mut object) => {
            let mut map = serde_json::Map::new();
            while let Some((key, value)) = object.member()? {
                map.insert(key.into_owned(), tree(value)?);
            }
            map.into()
        }
        other => panic!("a scalar without a text: {other:?}"),
    })
}

/// Any text as one object or array.
pub fn json(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let value =
        Object::new(text).map(Value::Object).or_else(|_| Array::new(text).map(Value::Array));
    let ours = value.and_then(tree);
    match (&ours, serde_json::from_str::<serde_json::Value>(text)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(*ours, theirs),
        (Err(error), Ok(theirs)) => {
            assert!(!theirs.is_object() && !theirs.is_array(), "{error}: {text:?}");
        }
        (Ok(_), Err(error)) => {
            let reason = error.to_string();
            let limit = reason.contains("out of range") || reason.contains("recursion limit");
            assert!(limit, "{reason}: {text:?}");
        }
        (Err(_), Err(_)) => {}
    }
    if let Err(error) = ours {
        assert!(error.at <= text.len());
        assert!(!error.is_cut() || error.at == text.len() || text.is_empty(), "{error}: {text:?}");
    }
}
