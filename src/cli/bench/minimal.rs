//! The smallest honest terminal program, which the screen and its keys are compared with: every cell
//! another letter and colour in every frame, drawn again ten times a second and after every key.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event, KeyCode};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::backend::CrosstermBackend;
use ratatui::style::{Color, Style};
use ratatui::{Frame, Terminal};

/// Fills every cell with another letter and colour than in the frame before.
pub fn fill(frame: &mut Frame<'_>, count: u64) {
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

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    /// Frames drawn.
    pub frames: u64,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Processor time of this program.
    pub cpu: Duration,
    /// Time on the clock.
    pub wall: Duration,
    /// Bytes written.
    pub bytes: u64,
}

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

/// Runs on the terminal that the program was started in, until `q`; with `frames`, draws so many one
/// after the other and leaves.
///
/// # Errors
/// When the terminal fails.
pub fn run(frames: Option<u64>) -> io::Result<Took> {
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen)?;
    let took = draw(frames);
    execute!(io::stdout(), LeaveAlternateScreen)?;
    disable_raw_mode()?;
    took
}

fn draw(wanted: Option<u64>) -> io::Result<Took> {
    let mut counted = Counted { out: io::stdout(), bytes: 0 };
    let mut terminal = Terminal::new(CrosstermBackend::new(&mut counted))?;
    let size = terminal.size()?;
    let (began, cpu_began) = (Instant::now(), cpu());
    let mut frames = 0;
    while wanted.is_none_or(|most| frames < most) {
        terminal.draw(|frame| fill(frame, frames))?;
        frames += 1;
        let patience = if wanted.is_some() { Duration::ZERO } else { Duration::from_millis(100) };
        if event::poll(patience)?
            && let Event::Key(key) = event::read()?
            && key.code == KeyCode::Char('q')
        {
            break;
        }
    }
    let cpu = cpu().saturating_sub(cpu_began);
    let wall = began.elapsed();
    drop(terminal);
    Ok(Took { frames, size: (size.width, size.height), cpu, wall, bytes: counted.bytes })
}

/// Processor time this program has had.
#[must_use]
pub fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}
