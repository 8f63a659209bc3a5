//! Channels described as data: refused with reasons, or usable as they are.

use super::channels::quietly;
use omni_ingest::detect::{Profile, detect};
use omni_ingest::{ChannelSpec, SpecDraft};

/// JSON of a channel, NUL, a file of it.
pub fn specs(data: &[u8]) {
    let middle = data.iter().position(|&byte| byte == 0).unwrap_or(data.len());
    let (json, file) = data.split_at(middle);
    let file = file.get(1..).unwrap_or_default();
    if let Ok(draft) = serde_json::from_slice::<SpecDraft>(json) {
        let written = serde_json::to_string(&draft).expect("a draft is written");
        assert_eq!(serde_json::from_str::<SpecDraft>(&written).expect("and read"), draft);
        match ChannelSpec::new(draft) {
            Err(violations) => assert!(!violations.to_string().is_empty()),
            Ok(spec) => {
                let written = serde_json::to_string(&spec).expect("a channel is written");
                let again: ChannelSpec = serde_json::from_str(&written).expect("and read");
                assert_eq!(again.draft(), spec.draft());
                quietly(&spec, file);
            }
        }
    } else {
        assert!(serde_json::from_slice::<ChannelSpec>(json).is_err());
    }
    if let Ok(profile) = serde_json::from_slice::<Profile>(json) {
        let guess = detect(file).with_profile(&profile);
        if let Some(format) = guess.format(None) {
            quietly(format.as_ref(), file);
        }
    }
}
