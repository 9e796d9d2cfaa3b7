//! Rebuilds the crate when a data file is added or removed: the data is embedded by directory, and
//! cargo by itself watches only the files that were there.

fn main() {
    println!("cargo::rerun-if-changed=data");
}
