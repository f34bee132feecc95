//! Of which frame the next picture is: the newest there is, or the one on the screen.
//!
//! Between two frames a key is answered over the one that is on the screen, so that its answer is what the
//! key changed and nothing else. Keys do not put the next frame off: when the one on the screen has been
//! there for its time, the answer to a key is a picture of the newest too.

use crate::console::Moment;

/// How long a frame is on the screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    least_ms: u64,
    /// When the frame on the screen was last the newest there was; `None` before the first.
    newest: Option<Moment>,
}

impl Pace {
    /// Frames are on the screen for so many milliseconds at least.
    pub(super) const fn new(least_ms: u64) -> Self {
        Self { least_ms, newest: None }
    }

    /// When the frame on the screen was last the newest there was.
    pub(super) fn newest(&self) -> Moment {
        self.newest.unwrap_or_default()
    }

    /// When the frame on the screen has been there for its time; a slow link asks for more of it.
    pub(super) fn due(&self, pause_ms: u64) -> Moment {
        self.newest.map_or(Moment(0), |newest| Moment(newest.0 + self.least_ms.max(pause_ms)))
    }

    /// A picture is made now; whether it is of the newest frame. `pending` is whether that is another
    /// than the one on the screen.
    pub(super) fn takes_newest(&mut self, now: Moment, pending: bool, pause_ms: u64) -> bool {
        let takes = !pending || now >= self.due(pause_ms);
        if takes {
            self.newest = Some(now);
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_between_two_frames_is_answered_over_the_one_on_the_screen() {
        let mut pace = Pace::new(100);
        assert!(pace.takes_newest(Moment(1_000), true, 0), "there is none on the screen yet");
        assert!(!pace.takes_newest(Moment(1_060), true, 0));
        assert_eq!((pace.newest(), pace.due(0)), (Moment(1_000), Moment(1_100)));
        assert!(pace.takes_newest(Moment(1_100), true, 0));
        assert!(pace.takes_newest(Moment(1_130), false, 0), "nothing newer has come");
        assert_eq!(pace.due(0), Moment(1_230));
        assert_eq!(pace.due(800), Moment(1_930), "a slow link");
    }

    /// However keys and frames fall, a key held down hides no frame for longer than its time and one key.
    #[test]
    fn keys_do_not_put_a_frame_off() {
        for (key_ms, frame_ms) in [(33, 50), (7, 50), (90, 50), (33, 10), (101, 3), (50, 50)] {
            let (mut pace, mut shown) = (Pace::new(100), 0);
            let mut behind = 0;
            for now in (0..20_000).step_by(key_ms) {
                let newest = now / frame_ms;
                if pace.takes_newest(Moment(now as u64), shown != newest, 0) {
                    shown = newest;
                }
                if shown != newest {
                    // The next frame came when this one ceased to be the newest.
                    behind = behind.max(now - (shown + 1) * frame_ms);
                }
            }
            assert!(behind < 100 + key_ms, "{key_ms} {frame_ms}: {behind} ms");
        }
    }
}
