//! The profiles that come with the program. A new file in either folder is a new source.

use include_dir::{Dir, include_dir};

use super::{Profile, ProfileError};

static CITIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/cities");
static INDUSTRIES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/industries");

/// The texts of all embedded profiles with the names of their files, cities first, each in the order of their files.
pub fn embedded_texts() -> Result<Vec<(String, String)>, ProfileError> {
    let mut texts = Vec::new();
    for folder in [&CITIES, &INDUSTRIES] {
        let mut files: Vec<_> = folder.files().collect();
        files.sort_by_key(|file| file.path());
        for file in files {
            let name = file.path().to_string_lossy();
            if !name.ends_with(".toml") {
                continue;
            }
            let text = file
                .contents_utf8()
                .ok_or_else(|| ProfileError::of_word(&name, "", "", "UTF-8 text"))?;
            texts.push((name.into_owned(), text.to_owned()));
        }
    }
    Ok(texts)
}

/// All embedded profiles, in the order of [`embedded_texts`].
pub fn embedded() -> Result<Vec<Profile>, ProfileError> {
    let mut profiles: Vec<Profile> = Vec::new();
    for (name, text) in embedded_texts()? {
        let profile = Profile::parse(&name, &text)?;
        if profiles.iter().any(|other| other.id == profile.id) {
            return Err(profile.fault(&profile.id, "an id that no other profile has"));
        }
        profiles.push(profile);
    }
    Ok(profiles)
}
