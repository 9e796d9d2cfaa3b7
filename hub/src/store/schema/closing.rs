//! The tables of the daily close.

use diesel::table;

table! {
    days (date) {
        date -> Text,
        submission -> BigInt,
        record -> BigInt,
        delivery -> BigInt,
        leaf -> BigInt,
    }
}

table! {
    closes (date, party, number) {
        date -> Text,
        party -> Text,
        number -> Integer,
        document -> Text,
        note -> Text,
        leaf_index -> BigInt,
        balanced -> Integer,
        agreed -> Nullable<Integer>,
        open -> BigInt,
        at -> BigInt,
    }
}

table! {
    signers (source, vkey) {
        source -> Text,
        vkey -> Text,
        added_at -> BigInt,
        retired_at -> Nullable<BigInt>,
        leaf_index -> BigInt,
    }
}

table! {
    manifests (date, source, sha256) {
        date -> Text,
        source -> Text,
        sha256 -> Text,
        number -> Integer,
        note -> Text,
        agreed -> Integer,
        leaf_index -> BigInt,
        at -> BigInt,
    }
}

table! {
    packet_entries (batch_id) {
        batch_id -> BigInt,
        entries -> Binary,
    }
}

table! {
    contradictions (record_id, batch_id) {
        record_id -> BigInt,
        batch_id -> BigInt,
        stands -> Text,
        other -> Text,
        leaf_index -> BigInt,
        at -> BigInt,
    }
}

table! {
    owed_totals (destination) {
        destination -> Text,
        delivery -> BigInt,
        owed -> BigInt,
    }
}
