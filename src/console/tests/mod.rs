//! Screens as text, days key by key, and what must hold whatever is pressed.

mod fixture;
mod fuzz;
mod lines;
mod ordering;
mod remembering;
mod risk;
mod safety;
mod screens;
mod sheets;
mod sitting;
mod slips;
mod stories;
mod walking;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::input::{Chord, Key, Moment};
use super::keymap::{Keymap, Strokes};
use super::{Action, Frame, Theme, Ui, draw};

/// A person at a terminal: presses keys, looks at the screen.
struct Desk {
    ui: Ui,
    now: u64,
    frame: Frame,
}

impl Desk {
    fn new(frame: Frame) -> Self {
        let mut ui = Ui::new(Keymap::default());
        ui.resized(120, 40);
        let mut desk = Self { ui, now: 0, frame };
        desk.show();
        desk
    }

    fn sized(frame: Frame, columns: u16, rows: u16) -> Self {
        let mut desk = Self::new(frame);
        desk.ui.resized(columns, rows);
        desk
    }

    /// The screen is drawn.
    fn show(&mut self) {
        self.ui.observe(&self.frame);
        self.ui.drawn(Moment(self.now), &self.frame);
    }

    /// Presses keys a second after each other, the screen drawn after each: `"b Tab 5 Enter y"`.
    fn press(&mut self, keys: &str) -> Vec<Action> {
        let mut actions = Vec::new();
        for key in keys.split(' ') {
            let strokes = Strokes::parse(key).unwrap_or_else(|| panic!("{key} is no key"));
            for chord in strokes.0 {
                self.now += 1_000;
                actions.extend(self.key(chord));
            }
        }
        actions
    }

    fn key(&mut self, chord: Chord) -> Vec<Action> {
        let actions = self.ui.on_key(Key::press(chord, Moment(self.now)), &self.frame);
        self.show();
        actions
    }

    fn picture(&self) -> String {
        picture(&self.frame, &self.ui, &Theme::default())
    }

    fn says(&self, text: &str) {
        let picture = self.picture();
        assert!(picture.contains(text), "`{text}` is not on the screen:\n{picture}");
    }
}

/// The screen as lines of text.
fn picture(frame: &Frame, ui: &Ui, theme: &Theme) -> String {
    let (columns, rows) = ui.size;
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    terminal
        .draw(|target| {
            draw(target, frame, ui, theme);
        })
        .unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y: u16| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..rows).map(|y| line(y).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
