//! A job for the one writer, from a handler.

use std::sync::Arc;

use super::State;
use crate::error::{Error, ErrorCode};
use crate::pipeline::writer::{Transaction, WriteError};
use crate::store::StoreError;

impl State {
    /// Runs a job in the writer, on a thread that may wait, and waits for its commit.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Error> {
        let app = Arc::clone(&self.app);
        actix_web::web::block(move || app.writer.run(job))
            .await
            .map_err(|error| Error::Internal(error.to_string()))?
            .map_err(|error| match error {
                WriteError::Busy => Error::request(
                    ErrorCode::Busy,
                    ("等待写入的任务过多，请稍后再试", error.to_string()),
                ),
                WriteError::Failed(why) => Error::NotKept(why),
            })
    }
}
