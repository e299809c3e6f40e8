//! Where lines go: to a thread that does nothing but write them.
//!
//! To log is to copy a line. A reader that is slow, or has stopped reading, holds up this thread and nothing else: what does
//! not fit meanwhile is dropped, and counted.

use std::io::{self, Write};
use std::mem::take;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// The most bytes that wait to be written. As many may be in the hands of the system besides.
const MOST: usize = 1024 * 1024;

/// How long the thread lets lines gather after it has written some: one write for many costs far less.
const GATHER: Duration = Duration::from_millis(1);

/// Takes lines. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Sink(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
    written: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<u8>,
    /// How many lines found no room and were not told of yet.
    dropped: u64,
    /// Whether the next line tells of them: there is room for that one.
    telling: bool,
    /// Whether the thread waits for lines; otherwise it looks by itself.
    asleep: bool,
    /// Whether it holds lines that are not written yet.
    writing: bool,
}

impl Sink {
    /// Begins to write to `out`, until the process ends. `tell` logs that so many lines were lost. An error if the system has
    /// no thread for it.
    pub(super) fn start(
        out: impl Write + Send + 'static,
        tell: impl Fn(&Self, u64) + Send + 'static,
    ) -> io::Result<Self> {
        let sink = Self::default();
        let of_thread = sink.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || of_thread.write_to(out, tell))?;
        Ok(sink)
    }

    /// Takes a line, with its end. It is written soon, or dropped if too much waits already.
    pub(super) fn push(&self, line: &[u8]) {
        let mut state = self.state();
        if state.waiting.len() + line.len() > MOST && !state.telling {
            state.dropped += 1;
            return;
        }
        state.waiting.extend_from_slice(line);
        let asleep = take(&mut state.asleep);
        drop(state);
        if asleep {
            self.0.filled.notify_one();
        }
    }

    /// Waits until all that was taken is written, for at most so long. Whether it is.
    pub(super) fn flush(&self, longest: Duration) -> bool {
        let waits = |state: &mut State| state.writing || !state.waiting.is_empty();
        let waited = self.0.written.wait_timeout_while(self.state(), longest, waits);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn write_to(self, mut out: impl Write, tell: impl Fn(&Self, u64)) {
        let mut batch = vec![];
        loop {
            self.next(&mut batch);
            // There is nowhere to say that the log cannot be written.
            let _ = out.write_all(&batch);
            batch.clear();
            let lost = self.lost();
            if lost > 0 {
                tell(&self, lost);
            }
            self.done();
            thread::sleep(GATHER);
        }
    }

    /// Waits for lines, and takes all of them.
    fn next(&self, batch: &mut Vec<u8>) {
        let mut state = self.state();
        while state.waiting.is_empty() {
            state.asleep = true;
            state = self.0.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.asleep = false;
        state.writing = true;
        std::mem::swap(&mut state.waiting, batch);
    }

    /// How many lines were dropped, which is to be told now.
    fn lost(&self) -> u64 {
        let mut state = self.state();
        state.telling = state.dropped > 0;
        take(&mut state.dropped)
    }

    /// Lets those who wait know that what was taken is written.
    fn done(&self) {
        let mut state = self.state();
        (state.telling, state.writing) = (false, false);
        drop(state);
        self.0.written.notify_all();
    }

    /// A poisoned lock is used like any other: no code that holds it panics.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    /// A reader that takes nothing until it is told to, each time.
    struct Slow {
        go_on: Receiver<()>,
        read: Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Once nobody tells it any more, it takes all.
            let _ = self.go_on.recv();
            self.read.send(bytes.to_vec()).expect("the test looks");
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lost(sink: &Sink, lines: u64) {
        sink.push(format!("lost {lines}\n").as_bytes());
    }

    #[test]
    fn a_reader_that_does_not_read_holds_up_nobody_and_lines_beyond_a_bound_are_dropped() {
        let (tell, go_on) = channel();
        let (read, written) = channel();
        let sink = Sink::start(Slow { go_on, read }, lost).expect("a thread");
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        let lines = 3 * MOST / line.len();
        for _ in 0..lines {
            sink.push(&line);
        }
        assert!(!sink.flush(Duration::from_millis(1)), "nothing is read yet");
        let dropped = sink.state().dropped;
        assert!(dropped > 0, "more than a mebibyte waits");
        drop(tell);
        assert!(sink.flush(SOON), "it is read now");
        let read: Vec<u8> = written.try_iter().flatten().collect();
        let told = format!("lost {dropped}\n");
        let whole = read.strip_suffix(told.as_bytes()).expect("it is told, though there was no room");
        let lost = lines - whole.len() / line.len();
        assert_eq!((whole.len() % line.len(), u64::try_from(lost).unwrap()), (0, dropped), "whole lines");
        assert!(whole.len() <= 2 * MOST, "{} bytes were kept", whole.len());
    }

    #[test]
    fn all_that_was_taken_is_written_in_order_before_the_end() {
        let (tell, go_on) = channel::<()>();
        drop(tell);
        let (read, written) = channel();
        let sink = Sink::start(Slow { go_on, read }, lost).expect("a thread");
        let mut expected = String::new();
        for number in 0..1_000 {
            let line = format!("line {number}\n");
            sink.push(line.as_bytes());
            expected += &line;
        }
        assert!(sink.flush(SOON));
        let read: Vec<u8> = written.try_iter().flatten().collect();
        assert_eq!(String::from_utf8(read).expect("text"), expected);
    }
}
