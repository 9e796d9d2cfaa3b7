//! The tables, as diesel knows them. What each is for: `hub/migrations/README.md`.

#![expect(
    missing_docs,
    reason = "tables and columns are explained in migrations/README.md"
)]

mod closing;
mod erasing;

use diesel::table;

pub use closing::{closes, contradictions, days, manifests, owed_totals, packet_entries, signers};
pub use erasing::{
    erasure_duties, erasures, file_erasures, lookup_keys, master_keys, raw_erasures,
};

table! {
    api_keys (id) {
        id -> BigInt,
        principal -> Text,
        role -> Text,
        key_sha256 -> Text,
        created_at -> BigInt,
        retired_at -> Nullable<BigInt>,
    }
}

table! {
    submissions (id) {
        id -> BigInt,
        source -> Text,
        submission -> Text,
        edition -> Text,
        sequence -> Nullable<BigInt>,
        received_at -> BigInt,
        raw_sha256 -> Binary,
        raw_bytes -> BigInt,
        media_type -> Text,
        raw -> Nullable<Binary>,
        accepted -> Integer,
        warned -> Integer,
        parked -> Integer,
        duplicate -> Integer,
        rejected -> Integer,
        leaf_index -> BigInt,
        outcomes -> Binary,
        raw_key -> Nullable<Binary>,
    }
}

table! {
    outcome_parts (submission_id, part) {
        submission_id -> BigInt,
        part -> Integer,
        root -> Binary,
        outcomes -> Binary,
    }
}

table! {
    volumes (submission_id, dataset) {
        submission_id -> BigInt,
        dataset -> Integer,
        accepted -> Integer,
        warned -> Integer,
        parked -> Integer,
        duplicate -> Integer,
        rejected -> Integer,
    }
}

table! {
    issues (submission_id, seq) {
        submission_id -> BigInt,
        seq -> Integer,
        record_index -> Integer,
        dataset -> Integer,
        severity -> Integer,
        code -> Text,
        rule -> Nullable<Text>,
        path -> Text,
    }
}

table! {
    records (id) {
        id -> BigInt,
        submission_id -> BigInt,
        record_index -> Integer,
        dataset -> Integer,
        action -> Integer,
        verdict -> Integer,
        lane -> BigInt,
        previous -> Nullable<BigInt>,
        body -> Binary,
    }
}

table! {
    links (hash, record_id) {
        hash -> BigInt,
        record_id -> BigInt,
    }
}

table! {
    waiting (hash, record_id) {
        hash -> BigInt,
        record_id -> BigInt,
    }
}

table! {
    parked (record_id) {
        record_id -> BigInt,
        submission_id -> BigInt,
        edition -> Text,
        own_hash -> BigInt,
        message_hash -> Nullable<BigInt>,
        since -> BigInt,
        warned -> Integer,
        awaits -> Text,
    }
}

table! {
    changes (submission_id, record_index) {
        submission_id -> BigInt,
        record_index -> Integer,
        record_id -> BigInt,
        kind -> Integer,
        verdict -> Integer,
        at -> BigInt,
        leaf_index -> BigInt,
        issues -> Text,
        replaced_by -> Nullable<BigInt>,
    }
}

table! {
    reasons (record_id) {
        record_id -> BigInt,
        reason -> Text,
    }
}

table! {
    past_links (hash, record_id) {
        hash -> BigInt,
        record_id -> BigInt,
        until -> BigInt,
        until_leaf -> Nullable<BigInt>,
    }
}

table! {
    past_parked (hash, record_id) {
        hash -> BigInt,
        record_id -> BigInt,
    }
}

table! {
    commitments (leaf_index) {
        leaf_index -> BigInt,
        until -> BigInt,
        salt -> Binary,
        records_list -> Binary,
        submissions_list -> Binary,
    }
}

table! {
    hints (submission_id) {
        submission_id -> BigInt,
        hint -> Text,
    }
}

table! {
    leaves (leaf_index) {
        leaf_index -> BigInt,
        body -> Binary,
    }
}

table! {
    spans (first_leaf) {
        first_leaf -> BigInt,
        leaves -> BigInt,
    }
}

table! {
    deliveries (id) {
        id -> BigInt,
        destination -> Text,
        record_id -> BigInt,
        lane -> BigInt,
        state -> Integer,
        attempts -> Integer,
        due_at -> BigInt,
        batch_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        updated_at -> BigInt,
    }
}

// A view: deliveries, and whether their packet was received.
table! {
    delivery_states (id) {
        id -> BigInt,
        destination -> Text,
        record_id -> BigInt,
        state -> Integer,
        attempts -> Integer,
        due_at -> BigInt,
        batch_id -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        updated_at -> BigInt,
    }
}

table! {
    destinations (name) {
        name -> Text,
        ordinal -> BigInt,
        kind -> Text,
        owes -> Text,
        filled -> Nullable<BigInt>,
        epoch -> BigInt,
        rewinds -> BigInt,
        registered_at -> BigInt,
        retired_at -> Nullable<BigInt>,
        stopped_at -> Nullable<BigInt>,
        stopped_by -> Nullable<Text>,
        stop_reason -> Nullable<Text>,
        revived_from -> Nullable<BigInt>,
        revived_to -> Nullable<BigInt>,
        address -> Nullable<Text>,
    }
}

table! {
    refusals (submission_id, record_index, destination) {
        submission_id -> BigInt,
        record_index -> Integer,
        destination -> Text,
        record_id -> BigInt,
        reason -> Text,
        at -> BigInt,
    }
}

table! {
    replays (id) {
        id -> BigInt,
        destination -> Text,
        filter -> Text,
        per_second -> Integer,
        operator -> Text,
        reason -> Text,
        state -> Integer,
        cursor -> BigInt,
        upto -> BigInt,
        expected -> BigInt,
        revived -> BigInt,
        created_at -> BigInt,
        stepped_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

table! {
    batches (id) {
        id -> BigInt,
        destination -> Text,
        packet_sha256 -> Binary,
        records -> Integer,
        state -> Integer,
        attempts -> Integer,
        created_at -> BigInt,
        answered_at -> Nullable<BigInt>,
        answer -> Nullable<Text>,
    }
}

table! {
    packets (batch_id) {
        batch_id -> BigInt,
        members -> Binary,
        ends -> Nullable<Text>,
        bytes -> Nullable<Binary>,
        wrapped -> Nullable<Binary>,
        erased_leaf -> Nullable<BigInt>,
    }
}

table! {
    erasure_notices (delivery_id) {
        delivery_id -> BigInt,
        leaf_index -> BigInt,
        class -> Text,
    }
}

table! {
    packet_leaves (batch_id, leaf_index) {
        batch_id -> BigInt,
        leaf_index -> BigInt,
    }
}

table! {
    earlier_packets (delivery_id, batch_id) {
        delivery_id -> BigInt,
        batch_id -> BigInt,
    }
}

table! {
    unfit_leaves (delivery_id, leaf_index) {
        delivery_id -> BigInt,
        leaf_index -> BigInt,
    }
}

table! {
    standing (subject) {
        subject -> Text,
        digest -> Text,
        leaf_index -> BigInt,
    }
}

diesel::table! {
    checkpoints (size) {
        size -> BigInt,
        root -> Binary,
        at -> BigInt,
        note -> Text,
    }
}

table! {
    attachments (id) {
        id -> BigInt,
        source -> Text,
        code -> Text,
        slot -> Text,
        sha256 -> Binary,
        bytes -> BigInt,
        media_type -> Text,
        file_name -> Text,
        salt -> Text,
        received_at -> BigInt,
        leaf_index -> BigInt,
        wrapped -> Nullable<Binary>,
    }
}

table! {
    counters (source) {
        source -> Text,
        highest -> BigInt,
        submission_id -> BigInt,
    }
}

table! {
    sequence_gaps (source, first) {
        source -> Text,
        first -> BigInt,
        last -> BigInt,
        alert_id -> BigInt,
    }
}

table! {
    sequence_alerts (id) {
        id -> BigInt,
        source -> Text,
        kind -> Integer,
        expected -> BigInt,
        found -> BigInt,
        submission_id -> BigInt,
        first_id -> Nullable<BigInt>,
        at -> BigInt,
        closed_at -> Nullable<BigInt>,
        leaf_index -> BigInt,
    }
}

table! {
    onboarding (source) {
        source -> Text,
        sandbox_at -> BigInt,
        promoted_at -> Nullable<BigInt>,
        promoted_by -> Nullable<Text>,
        certificate_sha256 -> Nullable<Text>,
        leaf_index -> Nullable<BigInt>,
    }
}

table! {
    last_errors (source) {
        source -> Text,
        at -> BigInt,
        way -> Text,
        code -> Text,
        zh -> Text,
        en -> Text,
    }
}

table! {
    progress (way, place) {
        way -> Text,
        place -> Text,
        position -> Text,
        updated_at -> BigInt,
    }
}

table! {
    ways (way, place) {
        way -> Text,
        place -> Text,
        source -> Text,
        last_success_at -> Nullable<BigInt>,
        last_error_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
    }
}

table! {
    replies (place, message_offset) {
        place -> Text,
        message_offset -> BigInt,
        topic -> Text,
        message_key -> Nullable<Binary>,
        submission_id -> Nullable<BigInt>,
        problem -> Nullable<Text>,
    }
}

table! {
    refused_messages (place, message_offset) {
        place -> Text,
        message_offset -> BigInt,
        source -> Text,
        received_at -> BigInt,
        message_key -> Nullable<Binary>,
        raw_sha256 -> Binary,
        raw_bytes -> BigInt,
        raw -> Nullable<Binary>,
        problem -> Text,
        raw_key -> Nullable<Binary>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    attachments,
    counters,
    sequence_gaps,
    sequence_alerts,
    onboarding,
    last_errors,
    api_keys,
    submissions,
    outcome_parts,
    volumes,
    issues,
    records,
    links,
    waiting,
    parked,
    changes,
    reasons,
    past_links,
    past_parked,
    hints,
    commitments,
    leaves,
    spans,
    deliveries,
    delivery_states,
    batches,
    contradictions,
    destinations,
    refusals,
    replays,
    erasure_notices
);
