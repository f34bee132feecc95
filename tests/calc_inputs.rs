//! No function of the catalogue panics, whatever it is given: every reference case, spoiled in
//! every way below, is either evaluated or refused with a kind.

use std::path::PathBuf;

use himal::calc;
use serde_json::{Value, json};

fn reference_files() -> Vec<PathBuf> {
    let shared = std::env::var_os("HIMAL_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let Ok(entries) = std::fs::read_dir(shared.join("reference")) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "json"));
    files.sort();
    files
}

/// What a value may be replaced by.
fn replacements(value: &Value) -> Vec<Value> {
    let mut all = vec![
        json!(null),
        json!("inf"),
        json!("nonsense"),
        json!(-1),
        json!(0),
        json!(0.5),
        json!(1e18),
        json!(-1e-300),
        json!(true),
        json!([]),
        json!([null]),
        json!({"a": 1}),
    ];
    if let Value::Array(items) = value {
        all.push(Value::Array(items.iter().take(1).cloned().collect()));
        all.push(Value::Array(items.iter().take(3).cloned().collect()));
        all.push(Value::Array(vec![items.first().cloned().unwrap_or(json!(0)); items.len()]));
        all.push(Value::Array(vec![json!(0); items.len()]));
        all.push(Value::Array(vec![json!(1e300); items.len()]));
        let mut holed = items.clone();
        if let Some(last) = holed.last_mut() {
            *last = json!(null);
        }
        all.push(Value::Array(holed));
    }
    all
}

fn with_data(json: &Value, data: &Value) -> Value {
    match json {
        Value::Object(map) => match map.get("$data").and_then(Value::as_str) {
            Some(key) => data[key].clone(),
            None => Value::Object(map.iter().map(|(k, v)| (k.clone(), with_data(v, data))).collect()),
        },
        Value::Array(items) => Value::Array(items.iter().map(|item| with_data(item, data)).collect()),
        other => other.clone(),
    }
}

#[test]
fn spoiled_inputs_are_refused_and_never_panic() {
    let files = reference_files();
    if files.is_empty() {
        println!("skipped: no folder of reference cases (HIMAL_SHARED)");
        return;
    }
    let mut tried = 0;
    for path in files {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for case in file["cases"].as_array().unwrap() {
            let name = case["function"].as_str().unwrap();
            // One case of each function is spoiled, and only of those that answer quickly.
            if calc::find(name).is_none() || name.ends_with("_fit") || !seen.insert(name) {
                continue;
            }
            let inputs = with_data(&case["inputs"], &file["data"]);
            for part in ["inputs", "params"] {
                let whole = json!({"inputs": inputs, "params": case["params"]});
                let keys: Vec<String> = whole[part].as_object().unwrap().keys().cloned().collect();
                for key in keys {
                    let mut without = whole.clone();
                    without[part].as_object_mut().unwrap().remove(&key);
                    check(name, &without);
                    for replacement in replacements(&whole[part][&key]) {
                        let mut spoiled = whole.clone();
                        spoiled[part][&key] = replacement;
                        check(name, &spoiled);
                        tried += 1;
                    }
                }
            }
        }
    }
    assert!(tried > 500, "only {tried} tried");
}

fn check(name: &str, input: &Value) {
    match calc::evaluate(name, input) {
        Ok(value) => assert!(value.to_json().is_object(), "{name}"),
        Err(error) => assert!(!error.kind().is_empty() && error.to_json()["error"]["detail"].is_string()),
    }
}
