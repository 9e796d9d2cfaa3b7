//! Submissions on trial: judged by the same judge as those that are kept, as by a hub that has received nothing but the
//! trials before them, in a store that is thrown away.
//!
//! What only the real hub can know is not held against a record: that another one, or a file, has not come, or that
//! what is to be corrected was never sent.

use spec::{Edition, Spec};

use super::attached::{Arriving, File};
use super::judge::Item;
use super::receipt::Outcome;
use super::work::Work;
use super::{Instant, writer};
use crate::attachment::enclosed::Carried;
use crate::store::transaction::begin;
use crate::store::{self, Database, StoreError};

/// Most files of a source under one code: whoever tries a file out may carry as many as are carried anywhere.
const MOST_FILES: i64 = 1_000;

/// Opens an empty store. SQLite keeps it in memory as far as it is small, else in a file without a name, which is gone
/// with the connection.
pub fn store() -> Result<Database, StoreError> {
    let mut connection = store::connect("")?;
    store::migrate(&mut connection)?;
    Ok(connection)
}

/// Everything that is tried out together.
pub struct Trials<'t> {
    transaction: writer::Transaction<'t>,
    specification: &'static Spec,
}

/// One submission on trial.
pub struct Trial<'w, 't> {
    work: Work<'w, 't>,
    source: &'w str,
}

impl<'t> Trials<'t> {
    /// Begins over an empty store.
    pub fn begin(
        connection: &'t mut Database,
        specification: &'static Spec,
    ) -> Result<Self, StoreError> {
        Ok(Trials {
            transaction: begin(connection)?,
            specification,
        })
    }

    /// The next submission.
    pub fn submission<'w>(
        &'w mut self,
        edition: &'static Edition,
        source: &'w str,
        received: Instant,
    ) -> Trial<'w, 't> {
        self.transaction.numbers.submission += 1;
        let specification = self.specification;
        let work = Work::on_trial(
            &mut self.transaction,
            edition,
            specification,
            source,
            received,
        );
        Trial { work, source }
    }
}

impl Trial<'_, '_> {
    /// Judges the next records, with the files that came with them; the outcomes in order.
    pub fn judge(
        &mut self,
        items: Vec<Item>,
        carried: &[Carried],
    ) -> Result<Vec<Outcome>, StoreError> {
        let named = |file| File::of_carried(self.source, file, String::new(), None);
        self.work.expect(Arriving {
            files: carried.iter().map(named).collect(),
            most: MOST_FILES,
        })?;
        self.work.judge_part(items)?;
        Ok(self.work.take_outcomes())
    }
}
