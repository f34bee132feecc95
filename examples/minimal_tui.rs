//! The smallest honest terminal program: fills every cell with another letter each frame, quits on `q`.
//!
//! What the screen costs and how fast it answers keys is compared with this. `--frames N` draws so
//! many frames one after the other and leaves; `--json` then prints one object as the last line:
//! frames, columns, rows, CPU and wall time per frame in microseconds, bytes per frame.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::style::{Color, Style};
use ratatui::{Frame, Terminal};

/// Standard output, counting what goes through it.
struct Counted {
    out: io::Stdout,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let written = self.out.write(buf)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

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

/// Every cell another letter and colour than in the frame before.
fn fill(frame: &mut Frame<'_>, count: u64) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let n = u64::from(x) + u64::from(y) + count;
            let letter = char::from(b'a' + u8::try_from(n % 26).unwrap_or(0));
            let color = Color::Indexed(u8::try_from(n % 200 + 16).unwrap_or(15));
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(letter).set_style(Style::new().fg(color));
            }
        }
    }
}

/// CPU time this program has had.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What a run took.
struct Took {
    frames: u64,
    size: (u16, u16),
    cpu: Duration,
    wall: Duration,
    bytes: u64,
}

fn run(wanted: &Wanted) -> io::Result<Took> {
    let out = Counted { out: io::stdout(), bytes: 0 };
    let mut counted = out;
    let mut terminal = Terminal::new(CrosstermBackend::new(&mut counted))?;
    let size = terminal.size()?;
    let (began, cpu_began) = (Instant::now(), cpu());
    let mut frames = 0;
    while wanted.frames.is_none_or(|most| frames < most) {
        terminal.draw(|frame| fill(frame, frames))?;
        frames += 1;
        let patience = if wanted.frames.is_some() { Duration::ZERO } else { Duration::from_millis(100) };
        if event::poll(patience)?
            && let Event::Key(key) = event::read()?
            && key.code == KeyCode::Char('q')
        {
            break;
        }
    }
    let took_cpu = cpu().saturating_sub(cpu_began);
    let wall = began.elapsed();
    drop(terminal);
    Ok(Took { frames, size: (size.width, size.height), cpu: took_cpu, wall, bytes: counted.bytes })
}

fn main() -> io::Result<()> {
    let wanted = wanted().map_err(io::Error::other)?;
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen)?;
    let took = run(&wanted);
    execute!(io::stdout(), LeaveAlternateScreen)?;
    disable_raw_mode()?;
    let took = took?;
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
