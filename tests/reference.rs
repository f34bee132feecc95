//! Every family of reference cases that the library claims to support, whole, at the stated tolerances.

use std::collections::BTreeSet;
use std::path::PathBuf;

use himal::calc;

/// Families of which every case must pass: those of the catalogue.
fn families() -> BTreeSet<&'static str> {
    calc::list().map(|function| function.family).collect()
}

fn reference_folder() -> Option<PathBuf> {
    let shared = std::env::var_os("HIMAL_SHARED")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")), PathBuf::from);
    let folder = shared.join("reference");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_supported_family_agrees_with_its_reference_cases() {
    let Some(folder) = reference_folder() else {
        println!("skipped: no folder of reference cases (HIMAL_SHARED)");
        return;
    };
    let mut complaints = Vec::new();
    for family in families() {
        match calc::run_cases(&folder.join(format!("{family}.json"))) {
            Err(error) => complaints.push(format!("{family}: {error}")),
            Ok(report) => {
                for failed in &report.failed {
                    complaints.push(format!(
                        "{family}: {} {} got {} expected {}",
                        failed.name, failed.key, failed.got, failed.expected
                    ));
                }
                complaints
                    .extend(report.unsupported.iter().map(|name| format!("{family}: {name} unsupported")));
                println!("{family}: {} of {} pass", report.passed, report.cases);
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}
