//! An allocator that counts, for each thread by itself, what is held and what is asked for.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Counting;

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    static ASKED: Cell<usize> = const { Cell::new(0) };
}

/// What a piece of work needed.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    /// Most bytes held at once.
    pub peak: usize,
    /// Bytes asked for in all.
    pub asked: usize,
}

/// Runs a piece of work on this thread, and counts.
pub fn counted<T>(work: impl FnOnce() -> T) -> (T, Counted) {
    let (held, asked) = (HELD.get(), ASKED.get());
    PEAK.set(held);
    let done = work();
    let counted = Counted {
        peak: usize::try_from(PEAK.get() - held).unwrap_or_default(),
        asked: ASKED.get() - asked,
    };
    (done, counted)
}

fn note(grown: isize) {
    // A thread that ends has no counters any more, and nobody asks for them.
    let held = HELD.try_with(|held| {
        held.set(held.get() + grown);
        held.get()
    });
    if let (Ok(held), true) = (held, grown > 0) {
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held)));
        let _ = ASKED.try_with(|asked| asked.set(asked.get() + grown.unsigned_abs()));
    }
}

#[expect(unsafe_code, reason = "there is no other way to count")]
// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        note(-layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(place, layout, size) }
    }
}
