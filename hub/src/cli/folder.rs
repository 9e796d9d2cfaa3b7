//! The data folder that a command works on, and its configuration.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::{Config, Flag};
use crate::store::{self, Database};

/// Where a hub keeps its things.
#[derive(Debug, clap::Args)]
pub struct Folder {
    /// Folder of everything that the hub keeps.
    #[arg(long, default_value = "data", env = "HUB_DATA", value_name = "DIR")]
    pub data: PathBuf,
    /// Configuration file, in place of hub.toml in the data folder.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Database: a file name in the data folder, or postgres://….
    #[arg(long, value_name = "URL")]
    pub database: Option<String>,
}

impl Folder {
    /// Reads the configuration; further flags win over everything else.
    pub fn config(&self, flags: Vec<Flag>) -> anyhow::Result<Config> {
        let mut flags = flags;
        flags.push(("store.database", self.database.clone()));
        Ok(Config::load(&self.data, self.config.as_deref(), &flags)?)
    }

    /// Opens the database, also while a hub is serving it; makes folder and tables when they are not there.
    pub fn open(&self) -> anyhow::Result<(Config, Database)> {
        let config = self.config(Vec::new())?;
        std::fs::create_dir_all(&config.data).with_context(|| {
            let folder = config.data.display();
            super::said(
                format!("无法建立目录 {folder}"),
                format!("cannot make the folder {folder}"),
            )
        })?;
        connect(config)
    }

    /// Opens the database of a hub that was started before; where none is, says so and makes nothing.
    pub fn open_existing(&self) -> anyhow::Result<(Config, Database)> {
        let config = self.config(Vec::new())?;
        let url = config.database_url();
        anyhow::ensure!(
            store::is_postgres(&url) || Path::new(&url).is_file(),
            super::said(
                format!(
                    "该目录下没有枢纽数据（{url} 不存在），请核对 --data；枢纽首次启动（hub serve --data DIR）时建立目录"
                ),
                format!(
                    "no hub is there: {url} does not exist; check --data (a hub makes its folder on its first start: `hub serve --data DIR`)"
                ),
            )
        );
        connect(config)
    }
}

fn connect(config: Config) -> anyhow::Result<(Config, Database)> {
    let mut connection = store::connect(&config.database_url())?;
    store::migrate(&mut connection)?;
    crate::vault::admit(&config, &mut connection)?;
    Ok((config, connection))
}
