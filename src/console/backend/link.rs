//! Which picture the other end has shown, and how long it takes to know.
//!
//! A picture ends with a question that every terminal answers once it has read that far. Until the
//! answer comes the picture is on its way and no other is sent, so what a slow link gets is fewer
//! pictures and never old ones. A terminal that has never answered is not waited for: its pictures
//! count as shown when they have been taken from us. Pure: time comes with every call.

use crate::console::input::Moment;

/// Asks a terminal whether it is well (DSR 5); it answers `ESC [ 0 n`.
pub const QUESTION: &[u8] = b"\x1b[5n";
/// A terminal that has not answered its first question by then never will.
const TRIAL_MS: u64 = 3_000;
/// When an answer is this late, the question is put again: it may have been lost.
const LATE_MS: u64 = 5_000;
/// After that, how long the lost answer may still turn up and be taken for another.
const STRAY_MS: u64 = 1_000;
/// Round trips below this are not told apart on screen.
const NEAR_MS: u32 = 5;

/// Whether the terminal answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answers {
    /// Asked at this moment, and nothing has come yet; `None` before the first question.
    Unknown(Option<Moment>),
    Yes,
    No,
}

/// A picture on its way.
#[derive(Clone, Debug)]
struct Flight<M> {
    mark: M,
    sent: Moment,
    /// Answers still to come up to and with its own; 0 if it was not asked after.
    answers: u32,
}

/// The state of one terminal's link. `M` is what the owner wants back when a picture has been shown.
#[derive(Clone, Debug)]
pub struct Link<M> {
    answers: Answers,
    flight: Option<Flight<M>>,
    /// Questions without an answer, and when the last was put.
    open: u32,
    asked: Moment,
    /// Until when answers to older questions may come.
    strays: Option<Moment>,
    smooth_ms: Option<f64>,
    told_ms: Option<u32>,
    last_sent: Option<Moment>,
}

impl<M> Default for Link<M> {
    fn default() -> Self {
        Self {
            answers: Answers::Unknown(None),
            flight: None,
            open: 0,
            asked: Moment(0),
            strays: None,
            smooth_ms: None,
            told_ms: None,
            last_sent: None,
        }
    }
}

impl<M> Link<M> {
    /// Whether a picture may be sent: none is on its way and no old answer is awaited.
    #[must_use]
    pub fn is_free(&self, now: Moment) -> bool {
        self.flight.is_none() && self.strays.is_none_or(|until| now >= until)
    }

    /// When the next picture that nobody has asked for may go: [`Link::pause_ms`] after the last.
    #[must_use]
    pub fn next_frame(&self) -> Moment {
        self.last_sent.map_or(Moment(0), |sent| Moment(sent.0 + self.pause_ms()))
    }

    /// Twice the round trip in milliseconds; 0 while it is not known. With a picture that nobody has asked
    /// for once in so long, half of the link's time is left to the answers to keys.
    #[must_use]
    pub fn pause_ms(&self) -> u64 {
        self.smooth_ms.map_or(0, |ms| (2.0 * ms) as u64)
    }

    /// A picture leaves now; whether [`QUESTION`] is to follow it.
    pub fn send(&mut self, mark: M, now: Moment) -> bool {
        let ask = match self.answers {
            Answers::Unknown(None) => {
                self.answers = Answers::Unknown(Some(now));
                true
            }
            Answers::Unknown(Some(_)) | Answers::No => false,
            Answers::Yes => true,
        };
        if ask {
            self.open += 1;
            self.asked = now;
        }
        self.strays = None;
        self.last_sent = Some(now);
        self.flight = Some(Flight { mark, sent: now, answers: if ask { self.open } else { 0 } });
        ask
    }

    /// What was sent has been taken from us. Returns the picture if that is all that can be known of it.
    pub fn taken(&mut self) -> Option<M> {
        let waits = self.answers == Answers::Yes;
        self.flight.take_if(|flight| !waits || flight.answers == 0).map(|flight| flight.mark)
    }

    /// An answer has come. Answers come in the order of the questions. Returns the picture that is known
    /// to have been shown by it.
    pub fn answered(&mut self, now: Moment) -> Option<M> {
        self.open = self.open.checked_sub(1)?;
        self.answers = Answers::Yes;
        let stray = self.strays.is_some();
        if self.open == 0 {
            self.strays = None;
        }
        let Some(flight) = self.flight.as_mut().filter(|flight| flight.answers > 0) else {
            if !stray {
                self.measure(now.since_ms(self.asked));
            }
            return None;
        };
        flight.answers -= 1;
        if flight.answers > 0 {
            return None;
        }
        let sent = flight.sent;
        self.measure(now.since_ms(sent));
        if self.open > 0 {
            self.strays = Some(Moment(now.0 + STRAY_MS));
        }
        self.flight.take().map(|flight| flight.mark)
    }

    /// Looks at the time; whether [`QUESTION`] is to be put again, by itself.
    pub fn tick(&mut self, now: Moment) -> bool {
        if self.strays.is_some_and(|until| now >= until) {
            self.strays = None;
            self.open = 0;
        }
        match self.answers {
            Answers::Unknown(Some(asked)) if now.since_ms(asked) >= TRIAL_MS => {
                self.answers = Answers::No;
                false
            }
            Answers::Yes if self.open > 0 && self.strays.is_none() && now.since_ms(self.asked) >= LATE_MS => {
                self.open += 1;
                self.asked = now;
                true
            }
            _ => false,
        }
    }

    /// When [`Link::tick`] has something to do; `None` for nothing.
    #[must_use]
    pub fn due(&self) -> Option<Moment> {
        let late = match self.answers {
            Answers::Unknown(Some(asked)) => Some(Moment(asked.0 + TRIAL_MS)),
            Answers::Yes if self.open > 0 && self.strays.is_none() => Some(Moment(self.asked.0 + LATE_MS)),
            _ => None,
        };
        [late, self.strays].into_iter().flatten().min()
    }

    /// Everything will be drawn again: what is on its way is given up.
    pub fn give_up(&mut self) {
        self.flight = None;
        self.strays = None;
    }

    /// The round trip for people, in milliseconds, drawing included; `None` until it has been
    /// measured. It moves in steps of a quarter at least, so that it does not itself keep the link busy.
    /// Everything below 5 is 5.
    #[must_use]
    pub const fn round_trip_ms(&self) -> Option<u32> {
        self.told_ms
    }

    fn measure(&mut self, ms: u64) {
        let smooth = self.smooth_ms.map_or(ms as f64, |old| old + (ms as f64 - old) / 8.0);
        self.smooth_ms = Some(smooth);
        let told = self.told_ms.map_or(0.0, f64::from);
        if self.told_ms.is_none() || (smooth.max(f64::from(NEAR_MS)) - told).abs() > told / 4.0 {
            self.told_ms = Some((smooth.round() as u32).max(NEAR_MS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal that has answered its first question after 40 ms.
    fn answering() -> Link<u32> {
        let mut link = Link::default();
        assert!(link.send(0, Moment(0)));
        assert_eq!(link.taken(), Some(0), "the first picture is not waited for");
        assert_eq!(link.answered(Moment(40)), None);
        assert_eq!(link.round_trip_ms(), Some(40));
        link
    }

    #[test]
    fn one_picture_is_on_its_way_and_no_more() {
        let mut link = answering();
        assert!(link.is_free(Moment(100)));
        assert!(link.send(1, Moment(100)));
        assert!(!link.is_free(Moment(4_000)));
        assert_eq!(link.taken(), None, "taken is not shown");
        assert!(!link.is_free(Moment(4_000)));
        assert_eq!(link.answered(Moment(700)), Some(1));
        assert!(link.is_free(Moment(700)));
        assert_eq!(link.answered(Moment(710)), None, "nobody has asked");
    }

    #[test]
    fn a_slow_link_gets_fewer_pictures() {
        let mut link = answering();
        assert_eq!((link.pause_ms(), link.next_frame()), (80, Moment(80)));
        for n in 1..40 {
            link.send(n, Moment(u64::from(n) * 1_000));
            link.taken();
            link.answered(Moment(u64::from(n) * 1_000 + 400));
        }
        let next = link.next_frame().0 - 39_000;
        assert!((700..=800).contains(&next), "{next}");
        let told = link.round_trip_ms().unwrap();
        assert!((300..=400).contains(&told), "{told}");
    }

    #[test]
    fn a_terminal_that_never_answers_is_not_waited_for() {
        let mut link = Link::default();
        assert!(link.send(0, Moment(0)));
        assert_eq!(link.taken(), Some(0));
        for n in 1..60 {
            let now = Moment(n * 100);
            assert!(link.is_free(now));
            assert!(!link.send(n, now), "it is not asked again");
            assert!(!link.is_free(now), "while the bytes are not taken");
            assert_eq!(link.taken(), Some(n));
            assert!(!link.tick(now));
        }
        assert_eq!((link.due(), link.round_trip_ms()), (None, None));
        // It does answer after all: over a very slow link.
        assert_eq!(link.answered(Moment(6_000)), None);
        assert!(link.send(99, Moment(6_100)));
        assert_eq!(link.taken(), None);
    }

    #[test]
    fn a_lost_answer_is_asked_for_again_and_never_taken_for_another() {
        for lost in [true, false] {
            let mut link = answering();
            link.send(1, Moment(1_000));
            link.taken();
            assert_eq!(link.due(), Some(Moment(6_000)));
            assert!(!link.tick(Moment(5_999)));
            assert!(link.tick(Moment(6_000)));
            assert_eq!(link.answered(Moment(6_040)), Some(1), "an answer to either says that it was shown");
            assert!(!link.is_free(Moment(6_040)), "there may be one more");
            if !lost {
                assert_eq!(link.answered(Moment(6_060)), None);
                assert!(link.is_free(Moment(6_060)));
            }
            assert!(!link.tick(Moment(7_040)));
            assert!(link.is_free(Moment(7_040)));
            assert!(link.send(2, Moment(7_100)));
            assert_eq!(link.answered(Moment(7_140)), Some(2));
        }
    }

    #[test]
    fn the_figure_for_people_stands_still() {
        let mut link = answering();
        for (n, ms) in [(1, 44), (2, 38), (3, 41), (4, 47)] {
            link.send(n, Moment(u64::from(n) * 1_000));
            link.taken();
            link.answered(Moment(u64::from(n) * 1_000 + ms));
            assert_eq!(link.round_trip_ms(), Some(40));
        }
    }

    #[test]
    fn what_is_given_up_is_not_taken_for_what_comes_after() {
        let mut link = answering();
        link.send(1, Moment(1_000));
        link.give_up();
        assert!(link.is_free(Moment(1_001)));
        assert!(link.send(2, Moment(1_001)));
        assert_eq!(link.answered(Moment(1_040)), None, "that was for the first");
        assert_eq!(link.answered(Moment(1_041)), Some(2));
    }
}
