//! Many pieces of work, some at a time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError, mpsc};

/// Does all pieces of work with so many threads, and reports `(done, all)` as it goes. `start` is called in each thread and
/// gives what does the work there. The results stand in the order of the work.
pub(super) fn each<T: Send, R: Send, W: FnMut(T) -> R>(
    work: Vec<T>,
    threads: usize,
    start: impl Fn() -> W + Sync,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<R> {
    let all = work.len();
    let queue = Mutex::new(work.into_iter().enumerate().collect::<VecDeque<_>>());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let (done, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, all.max(1)) {
            let (done, next, start) = (done.clone(), &next, &start);
            scope.spawn(move || {
                let mut worker = start();
                while let Some((at, piece)) = next() {
                    let _ = done.send((at, worker(piece))); // the receiver outlives every sender
                }
            });
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

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn results_stand_in_the_order_of_the_work() {
        let mut reported = vec![];
        let results =
            each((0..100).collect(), 8, || |piece: i32| piece * 2, &mut |done, all| reported.push((done, all)));
        assert_eq!(results, (0..100).map(|piece| piece * 2).collect::<Vec<_>>());
        assert_eq!((reported.len(), reported.last()), (100, Some(&(100, 100))));
        assert!(each(Vec::<i32>::new(), 8, || |piece| piece, &mut |_, _| ()).is_empty());
    }
}
