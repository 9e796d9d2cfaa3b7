//! Rung after every commit of this process; whoever listens may sleep meanwhile.
//!
//! Only a shortcut: commits of another hub on the same database ring nothing here, so listeners look by themselves
//! now and then.

use std::sync::{Mutex, PoisonError};

type Listener = Box<dyn Fn() + Send>;

/// The bell.
#[derive(Default)]
pub struct Bell {
    listeners: Mutex<Vec<Listener>>,
}

impl Bell {
    /// Calls a listener at every commit from now on. It must be quick, and never wait.
    pub fn listen(&self, listener: impl Fn() + Send + 'static) {
        let mut listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }

    /// Something was committed.
    pub fn ring(&self) {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for listener in listeners.iter() {
            listener();
        }
    }
}
