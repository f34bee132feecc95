//! Makes the bundled days anew: `cargo run --release --example make_days -- replays/`.
//!
//! With `--calibration` it also says how each day compares with the market it imitates, as the tables that
//! stand in `replays/README.md`.

use std::path::PathBuf;

use himal::venue::flow::{Scenario, calibration, generate, write_day};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (flags, folders): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let folder = PathBuf::from(folders.first().map_or("replays", String::as_str));
    let compare = flags.iter().any(|flag| flag == "--calibration");
    for name in Scenario::days() {
        let scenario = Scenario::named(name)?;
        let path = folder.join(format!("{name}.parquet"));
        let rows = write_day(&scenario, scenario.seed, &path)?;
        let bytes = std::fs::metadata(&path)?.len();
        println!("{name}: {rows} rows, {bytes} bytes, seed {}", scenario.seed);
        if compare {
            let flow = generate(&scenario, scenario.seed)?;
            let instruments = flow.instruments().clone();
            println!("\n{}", calibration::measure(&instruments, flow));
        }
    }
    Ok(())
}
