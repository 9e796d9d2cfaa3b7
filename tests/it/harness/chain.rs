//! A small specification of life-cycle levels, each of which hangs on the one before, and two sources that may send
//! all of them: what tests of waiting and of history need, whatever the real specification says.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Levels of the life cycle.
pub const LEVELS: u16 = 8;

/// Days that a record may wait.
pub const DAYS: i64 = 10;

/// A folder with the specification, the profiles, and the configuration that names them.
pub struct Chain {
    folder: tempfile::TempDir,
}

impl Chain {
    /// Writes everything; `waiting` are further lines of the section about the waiting room.
    pub fn new(waiting: &str) -> Chain {
        let folder = tempfile::Builder::new()
            .prefix("hub-chain-")
            .tempdir()
            .expect("a folder");
        let chain = Chain { folder };
        let edition = |id: &str, more: &str| {
            format!(
                "id = \"{id}\"\nname = \"版\"\nvalid_from = \"20250101\"\ndeal_code_check = false\n\
                 waiting_days = {DAYS}\n{more}"
            )
        };
        chain.write("spec/3.0/edition.toml", &edition("3.0", ""));
        chain.write("spec/2.0/edition.toml", &edition("2.0", "base = \"3.0\"\n"));
        chain.write("spec/3.0/projections/2.0.toml", "datasets = []\n");
        for level in 1..=LEVELS {
            chain.write(
                &format!("spec/3.0/datasets/a/level{level}.toml"),
                &dataset(level),
            );
        }
        for (id, name) in [("320100", "Nanjing"), ("320600", "Nantong")] {
            chain.write(
                &format!("sources/{id}.toml"),
                &format!(
                    "version = 1\nid = \"{id}\"\nkind = \"city\"\nname = \"市\"\nenglish = \"{name}\"\n\
                     region = \"{id}\"\nways = [\"http\"]\ndatasets = \"price\"\n[wire]\nformat = \"json\"\n"
                ),
            );
        }
        let place = |name: &str| chain.folder.path().join(name).display().to_string();
        let config = format!(
            "[spec]\nfolder = \"{}\"\nsources = \"{}\"\n[waiting]\n{waiting}\n",
            place("spec"),
            place("sources")
        );
        chain.write("hub.toml", &config);
        chain
    }

    /// The configuration file.
    pub fn config(&self) -> String {
        self.folder.path().join("hub.toml").display().to_string()
    }

    /// Changes the specification: no record of the first level is right any more.
    pub fn forbid_everything(&self) {
        let name = "spec/3.0/datasets/a/level1.toml";
        let text = dataset(1).replace("format = \"C..40\"", "format = \"C..1\"");
        self.write(name, &text);
    }

    /// Writes a file into the folder: more of the specification, before a hub reads it.
    pub fn write(&self, name: &str, text: &str) {
        let path: PathBuf = self.folder.path().join(name);
        let parent = path.parent().expect("a file lies in a folder");
        std::fs::create_dir_all(parent).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
}

fn dataset(level: u16) -> String {
    let refers = if level == 1 {
        String::new()
    } else {
        format!(
            "{{ id = \"{level}.ref\", check = \"reference\", fields = [\"UP\"], to = [\"{}.CODE\"], wait = true, \
             severity = \"error\", zh = \"引用的上级须已报送\", en = \"the level above must have been sent\" }},\n",
            level - 1
        )
    };
    format!(
        "code = {level}\nid = \"LEVEL{level}\"\nname = \"第{level}级\"\nlibrary = \"price\"\nclass = \"类\"\n\
         industry = \"general\"\nkey = [\"CODE\"]\ndeal = \"DEAL\"\ntime = \"STAMP\"\neditions = [\"2.0\"]\nfields = [\n\
         {{ id = \"CODE\", name = \"编号\", format = \"C..20\", required = true }},\n\
         {{ id = \"UP\", name = \"上级编号\", format = \"C..20\" }},\n\
         {{ id = \"DEAL\", name = \"交易标识\", format = \"C..20\" }},\n\
         {{ id = \"KIND\", name = \"类别\", format = \"C..20\" }},\n\
         {{ id = \"NAME\", name = \"名称\", format = \"C..40\" }},\n\
         {{ id = \"STAMP\", name = \"时间\", format = \"D14\" }},\n]\nrules = [\n{refers}\
         {{ id = \"{level}.kind\", check = \"immutable\", fields = [\"KIND\"], severity = \"error\", zh = \"类别不得变更\", en = \"the kind never changes\" }},\n\
         {{ id = \"{level}.stamp\", check = \"monotone\", fields = [\"STAMP\"], severity = \"error\", zh = \"时间不得倒退\", en = \"the stamp never goes back\" }},\n]\n"
    )
}

/// A record of a level in the chain of this name; it hangs on the level above.
pub fn record(chain: &str, level: u16) -> Value {
    json!({
        "CODE": format!("{chain}-{level}"),
        "UP": format!("{chain}-{}", level - 1),
        "DEAL": format!("{chain}-deal"),
        "KIND": "A",
        "NAME": format!("名{level}"),
        "STAMP": "20260101080000",
    })
}

/// One record as an element of an envelope.
pub fn element(level: u16, action: &str, data: &Value) -> Value {
    let mut element = json!({ "dataset": format!("LEVEL{level}"), "action": action, "data": data });
    if action != "upsert" {
        element["reason"] = json!("录入有误");
    }
    element
}

/// A whole submission of a source.
pub fn envelope(source: &str, submission: &str, records: &[Value]) -> Vec<u8> {
    json!({ "source": source, "submission": submission, "records": records })
        .to_string()
        .into_bytes()
}
