//! What an erasure leaves to do elsewhere, in words: who is told by the hub itself, who has to be asked, and where the
//! record has to be taken back before it is erased here, because afterwards nothing is left to say so with.

use crate::cli::said;
use crate::erase::Erased;

/// Before anything is done: platforms that still hold the record as current.
pub fn withdraw_first(would: &Erased) -> Vec<String> {
    let offer = |platform: &String| {
        said(
            format!(
                "平台“{platform}”仍存有该记录的现行版本：国家规范以删除操作（OPERATION 3）撤回记录，须带业务主键，删除个人信息后\
                 枢纽已无从发出。建议先由来源系统撤回（action: withdraw），待平台确认后再执行删除"
            ),
            format!(
                "platform `{platform}` holds the record as current: its edition takes a record back with OPERATION 3, which \
                 bears the key, and after the erasure the hub has none to send. Have its source withdraw it first (action: \
                 withdraw), wait until the platform has acknowledged that, then erase"
            ),
        )
    };
    would.current_at.iter().map(offer).collect()
}

/// After it: who is told, and who has to be asked.
pub fn duties(erased: &Erased) -> Vec<String> {
    let duty = |destination: &String| {
        if erased.told.contains(destination) {
            return said(
                format!(
                    "目的地“{destination}”已收到该记录，枢纽自动发送 record.erased 通知，直至其确认收到（hub report erasures）"
                ),
                format!(
                    "destination `{destination}` holds the record: it is sent the event record.erased until it confirms \
                     (`hub report erasures`)"
                ),
            );
        }
        said(
            format!(
                "目的地“{destination}”已收到该记录，请通知其删除；确认后用 --confirm {destination} 登记（hub report erasures 列出未确认者）"
            ),
            format!(
                "destination `{destination}` holds the record: ask it to erase it too, and note its answer with --confirm \
                 {destination} (`hub report erasures` lists what is open)"
            ),
        )
    };
    erased.held_by.iter().map(duty).collect()
}
