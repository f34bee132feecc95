//! The smallest honest terminal program: fills every cell with another letter each frame, quits on `q`.
//!
//! What the screen costs and how fast it answers keys is compared with this; `himal bench screen` and
//! `himal bench keys` run the same code. `--frames N` draws so many frames one after the other and
//! leaves; `--json` then prints one object as the last line: frames, columns, rows, CPU and wall time per
//! frame in microseconds, bytes per frame.

use std::io::{self, Write};
use std::time::Duration;

use himal::cli::bench::minimal;

/// What the command line asks for.
struct Wanted {
    frames: Option<u64>,
    json: bool,
}

fn wanted() -> Result<Wanted, String> {
    let mut wanted = Wanted { frames: None, json: false };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => wanted.json = true,
            "--frames" => {
                let text = args.next().ok_or("--frames takes a number")?;
                wanted.frames = Some(text.parse().map_err(|_| format!("`{text}` is no number of frames"))?);
            }
            other => return Err(format!("`{other}` is not known: --frames N, --json")),
        }
    }
    Ok(wanted)
}

fn main() -> io::Result<()> {
    let wanted = wanted().map_err(io::Error::other)?;
    let took = minimal::run(wanted.frames)?;
    if wanted.json {
        let each = |d: Duration| d.as_secs_f64() * 1e6 / took.frames.max(1) as f64;
        let object = serde_json::json!({
            "frames": took.frames,
            "columns": took.size.0,
            "rows": took.size.1,
            "cpu_us_per_frame": each(took.cpu),
            "wall_us_per_frame": each(took.wall),
            "bytes_per_frame": took.bytes / took.frames.max(1),
        });
        writeln!(io::stdout(), "{object}")?;
    }
    Ok(())
}
