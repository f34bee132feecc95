//! The file in which a person brings what the broker's portal lists: looked at once a second, read when it has been
//! written anew and has come to rest.
//!
//! One that was there before says nothing of now, and is not taken: an order may have traded since.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::time::sleep;

use super::intake::{Intake, Item};
use crate::gateway::broker_book::{BrokerBook, LARGEST};
use crate::market::Universe;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// A file that was read, or could not be.
#[derive(Debug)]
pub struct BookNews {
    /// What the file is called.
    pub name: String,
    /// What it lists, or why nothing of it is taken.
    pub book: Result<BrokerBook, String>,
}

/// What tells one writing of a file from another.
type Written = Option<(SystemTime, u64)>;

/// Watches for as long as the session lives.
pub async fn watch(path: PathBuf, universe: Universe, intake: Arc<Intake>, mut stop: watch::Receiver<bool>) {
    let universe = Arc::new(universe);
    let mut looks = Looks::from(written(&path).await);
    if looks.taken.is_some() {
        let why = "it was there before this session began: write it anew".to_owned();
        intake.push(Item::Book(BookNews { name: name(&path), book: Err(why) }));
    }
    loop {
        tokio::select! {
            biased;
            _ = stop.changed() => return,
            () = sleep(LOOK) => {}
        }
        if looks.at(written(&path).await) {
            let (path, universe) = (path.clone(), Arc::clone(&universe));
            let news = tokio::task::spawn_blocking(move || news(&path, &universe)).await;
            if let Ok(news) = news {
                intake.push(Item::Book(news));
            }
        }
    }
}

/// A folder on another machine may take its time: nobody waits for it but the watch.
async fn written(path: &Path) -> Written {
    let path = path.to_owned();
    let looked = tokio::task::spawn_blocking(move || {
        let found = std::fs::metadata(path).ok()?;
        Some((found.modified().ok()?, found.len()))
    });
    looked.await.ok().flatten()
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn news(path: &Path, universe: &Universe) -> BookNews {
    let book = text(path).map_err(|e| e.to_string());
    let book = book.and_then(|text| BrokerBook::read(&text, universe).map_err(|e| e.to_string()));
    BookNews { name: name(path), book }
}

/// The text of a file, of one that is too large only the beginning.
fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

/// Which writing has been taken, and which was seen last.
struct Looks {
    taken: Written,
    seen: Written,
}

impl Looks {
    const fn from(there: Written) -> Self {
        Self { taken: there, seen: there }
    }

    /// Says whether the file is to be read: new, and as it was at the last look, so that nobody writes to it still.
    fn at(&mut self, now: Written) -> bool {
        let rests = self.seen == now;
        self.seen = now;
        let read = now.is_some() && rests && self.taken != now;
        if read {
            self.taken = now;
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64, bytes: u64) -> Written {
        Some((SystemTime::UNIX_EPOCH + Duration::from_secs(second), bytes))
    }

    #[test]
    fn a_file_is_read_once_when_it_has_come_to_rest() {
        let mut looks = Looks::from(None);
        for (now, read) in [
            (None, false),
            (at(1, 10), false),
            (at(2, 30), false),
            (at(2, 30), true),
            (at(2, 30), false),
            // Taken away, and brought again as it was: it says nothing new.
            (None, false),
            (at(2, 30), false),
            (at(2, 30), false),
            (at(9, 30), false),
            (at(9, 30), true),
        ] {
            assert_eq!(looks.at(now), read, "{now:?}");
        }
    }

    #[test]
    fn a_file_of_before_is_not_read() {
        let mut looks = Looks::from(at(1, 10));
        assert!(!looks.at(at(1, 10)) && !looks.at(at(1, 10)));
        assert!(!looks.at(at(5, 10)) && looks.at(at(5, 10)));
    }

    #[test]
    fn what_cannot_be_read_is_news_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("book.csv");
        assert!(news(&path, &Universe::default()).book.is_err());
        for (bytes, why) in [
            (vec![0xFF, 0xFE, b'k'], "UTF-8"),
            (vec![b'a'; LARGEST + 1], "more than"),
            (b"what,symbol\n".to_vec(), "no column"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let news = news(&path, &Universe::default());
            assert!(news.book.as_ref().is_err_and(|e| e.contains(why)), "{news:?}");
            assert_eq!(news.name, "book.csv");
        }
    }
}
