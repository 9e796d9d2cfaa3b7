//! The tables of what is personal: the keys it lies under, and what was erased of it.

use diesel::table;

table! {
    master_keys (key_id) {
        key_id -> Text,
        proof -> Binary,
        created_at -> BigInt,
        retired_at -> Nullable<BigInt>,
    }
}

table! {
    lookup_keys (purpose) {
        purpose -> Text,
        wrapped -> Binary,
        created_at -> BigInt,
    }
}

table! {
    erasures (record_id) {
        record_id -> BigInt,
        submission_id -> BigInt,
        leaf_index -> BigInt,
        at -> BigInt,
        ordered_by -> Text,
        reason -> Text,
    }
}

table! {
    file_erasures (attachment_id) {
        attachment_id -> BigInt,
        leaf_index -> BigInt,
    }
}

table! {
    erasure_duties (leaf_index, destination) {
        leaf_index -> BigInt,
        destination -> Text,
        done_at -> Nullable<BigInt>,
        done_by -> Nullable<Text>,
        done_leaf -> Nullable<BigInt>,
    }
}

table! {
    raw_erasures (submission_id) {
        submission_id -> BigInt,
        leaf_index -> BigInt,
        left_sha256 -> Nullable<Binary>,
        spans -> Text,
    }
}
