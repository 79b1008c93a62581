//! Many pieces of work, some at a time. One that panics fails for itself alone.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread::Builder;

/// Does all pieces of work with so many threads, and reports `(done, all)` as it goes; where the system gives fewer, with
/// those, and without any in the caller's own. `start` is called in each thread and gives what does the work there; after
/// a panic it is called again, and `lost` says what became of that piece. The results stand in the order of the work.
pub(super) fn each<T: Send, R: Send, W: FnMut(&T) -> R>(
    work: Vec<T>,
    threads: usize,
    start: impl Fn() -> W + Sync,
    lost: impl Fn(&T) -> R + Sync,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<R> {
    let all = work.len();
    let queue = Mutex::new(work.into_iter().enumerate().collect::<VecDeque<_>>());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let run = |done: mpsc::Sender<(usize, R)>| {
        let mut worker = start();
        while let Some((at, piece)) = next() {
            let result = guarded(|| worker(&piece)).unwrap_or_else(|| {
                worker = start();
                lost(&piece)
            });
            let _ = done.send((at, result)); // the receiver outlives every sender
        }
    };
    let (done, results) = mpsc::channel();
    std::thread::scope(|scope| {
        let begin = |done| Builder::new().spawn_scoped(scope, || run(done));
        let begun = (0..threads.clamp(1, all.max(1))).take_while(|_| begin(done.clone()).is_ok()).count();
        if begun == 0 {
            run(done.clone());
        }
        drop(done);
        let mut found: Vec<Option<R>> = (0..all).map(|_| None).collect();
        for (count, (at, result)) in results.iter().enumerate() {
            found[at] = Some(result);
            progress(count + 1, all);
        }
        found.into_iter().flatten().collect()
    })
}

/// What comes of the work; nothing where it panics, of which the panic's own message tells.
pub(super) fn guarded<R>(work: impl FnOnce() -> R) -> Option<R> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

#[cfg(test)]
mod tests {
    use super::{each, guarded};

    #[test]
    fn results_stand_in_the_order_of_the_work() {
        let mut reported = vec![];
        let results =
            each((0..100).collect(), 8, || |piece: &i32| piece * 2, |_| 0, &mut |done, all| reported.push((done, all)));
        assert_eq!(results, (0..100).map(|piece| piece * 2).collect::<Vec<_>>());
        assert_eq!((reported.len(), reported.last()), (100, Some(&(100, 100))));
        assert!(each(Vec::<i32>::new(), 8, || |piece: &i32| *piece, |_| 0, &mut |_, _| ()).is_empty());
    }

    #[test]
    fn a_piece_that_panics_takes_no_other_with_it() {
        let worker = || {
            |piece: &i32| {
                assert!(piece % 3 != 0, "a piece that cannot be done");
                *piece
            }
        };
        let results = each((1..=9).collect(), 2, worker, |piece| -piece, &mut |_, _| ());
        assert_eq!(results, [1, 2, -3, 4, 5, -6, 7, 8, -9]);
        assert_eq!((guarded(|| 1), guarded(|| results[results.len()])), (Some(1), None));
    }
}
