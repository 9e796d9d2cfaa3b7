//! The sandbox: where a source tries its system before it is let into production. A whole hub beside the hub, with the
//! same specification and the same judge, but a store, a log and a key of its own: what is sent there cannot mix with
//! records, volumes or receipts of production, because it is nowhere near them.

use anyhow::Context as _;

use crate::config::Config;
use crate::store;

/// The word for it: folder, schema, end of the log's name, and what receipts say.
pub const NAME: &str = "sandbox";

/// The end of the name of a sandbox's log.
const ORIGIN: &str = "/sandbox";

/// Whether a log is the one of a sandbox.
pub fn is_one(origin: &str) -> bool {
    origin.ends_with(ORIGIN)
}

/// What a receipt of a log says about its space: none in production.
pub fn space(origin: &str) -> Option<String> {
    is_one(origin).then(|| NAME.to_owned())
}

/// The configuration of the sandbox beside a hub: nothing is forwarded, few readers are needed. In PostgreSQL it is a
/// schema of the same database, so that all hubs over it share one sandbox.
pub fn config(production: &Config) -> anyhow::Result<Config> {
    let mut config = production.clone();
    config.data = production.data.join(NAME);
    config.log.origin = format!("{}{ORIGIN}", production.log.origin);
    config.national.url = String::new();
    // A certificate is what a source is in the sandbox for.
    config.certificates.required = Vec::new();
    config.store.readers = production.store.readers.min(4);
    let url = production.database_url();
    if store::is_postgres(&url) {
        anyhow::ensure!(
            !url.contains("options="),
            "store.database sets options already: a sandbox needs the search path"
        );
        config.store.database =
            store::schema_beside(&url, NAME).context("making the schema of the sandbox")?;
    } else {
        "hub.db".clone_into(&mut config.store.database);
    }
    Ok(config)
}
