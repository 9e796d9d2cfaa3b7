//! Commands as people meet them who mistype.

use super::harness::hub;

#[test]
fn a_mistyped_folder_makes_no_hub() {
    let folder = tempfile::tempdir().expect("a folder");
    let wrong = folder.path().join("dta").display().to_string();
    for command in [
        ["report", "volumes"],
        ["report", "parked"],
        ["sources", "list"],
        ["keys", "list"],
        ["waiting", "sweep"],
    ] {
        let output = hub::run(&[command[0], command[1], "--data", &wrong]);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(&wrong) && told.contains("no hub"), "{told}");
        assert!(!std::path::Path::new(&wrong).exists(), "{command:?}");
    }
}
