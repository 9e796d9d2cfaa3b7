DROP TABLE owed_totals;
DROP TABLE contradictions;
DROP TABLE packet_entries;
