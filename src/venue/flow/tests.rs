//! What must hold of a generated day, whole.

use std::sync::OnceLock;

use super::*;
use crate::market::*;

fn events(name: &str) -> &'static Vec<MarketEvent> {
    static DAYS: [OnceLock<Vec<MarketEvent>>; 2] = [const { OnceLock::new() }; 2];
    let i = Scenario::names().position(|n| n == name).unwrap();
    DAYS[i].get_or_init(|| {
        let scenario = Scenario::named(name).unwrap();
        generate(&scenario, scenario.seed).unwrap().collect()
    })
}

/// The market regime as the console computes it from the index: 5-minute bars, those wholly in
/// a halt absent, the first after one flagged.
fn regime(name: &str) -> Vec<String> {
    use crate::model::Provenance;
    use crate::model::regime::*;
    let schedule = Calendar::embedded().session(Scenario::named(name).unwrap().date).unwrap();
    let open = schedule.continuous.open;
    let start = Start {
        p_stress: FilteredProbability::new(0.2).unwrap(),
        label: Regime::Normal,
        provenance: Provenance::fallback("start at 0.2", "no daily regime model"),
    };
    let mut det = IntradayRegime::new(IntradayRegimeParams::default(), start).unwrap();
    let mut out = Vec::new();
    let mut last = None;
    let mut vals: Vec<(i64, i64)> = Vec::new();
    let mut halts: Vec<(i64, i64)> = Vec::new();
    for e in events(name) {
        match e.data {
            MarketData::Index(v) => vals.push((e.at.ns(), v.points_e2)),
            MarketData::Halt(Halt::Start { until, .. }) => halts.push((e.at.ns(), until.unwrap().ns())),
            _ => {}
        }
    }
    let mut after = false;
    for bar in 0..48_u32 {
        let a = open.ns() + i64::from(bar) * 300_000_000_000;
        let b = a + 300_000_000_000;
        if halts.iter().any(|h| h.0 <= a && b <= h.1) {
            after = true;
            continue;
        }
        let Some(close) = vals.iter().filter(|v| v.0 < b).next_back().map(|v| v.1) else { continue };
        let first = vals.iter().find(|v| v.0 >= a).map_or(close, |v| v.1);
        let from = last.unwrap_or(first);
        last = Some(close);
        let r = (close as f64 / from as f64).ln();
        let kind = if after { BarKind::AfterHalt } else { BarKind::Traded };
        after = false;
        let change = det.on_bar(BarReturn { index: bar, return_: r, diurnal: 1.0, kind });
        out.push(format!("{bar} {}:{:02} r={:.2}% {change:?}", 11 + bar / 12, bar % 12 * 5, r * 100.0));
    }
    out
}

#[test]
fn look() {
    for name in ["quiet", "halt-day"] {
        for e in events(name) {
            if matches!(e.data, MarketData::Session(_) | MarketData::Halt(_)) {
                println!("{} {:?}", e.at, e.data);
            }
        }
        for line in regime(name) {
            println!("{line}");
        }
    }
}
