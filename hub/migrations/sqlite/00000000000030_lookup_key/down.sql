-- Keyed hashes do not lead back to bare ones: only a database that keeps nothing yet goes back.
DROP TABLE parked;
ALTER TABLE bare_parked RENAME TO parked;
DROP TABLE links;
ALTER TABLE bare_links RENAME TO links;
DROP TABLE waiting;
ALTER TABLE bare_waiting RENAME TO waiting;
DROP TABLE past_parked;
ALTER TABLE bare_past_parked RENAME TO past_parked;
DROP TABLE past_links;
ALTER TABLE bare_past_links RENAME TO past_links;
CREATE INDEX parked_by_key ON parked (own_hash);
CREATE INDEX parked_by_message ON parked (message_hash) WHERE message_hash IS NOT NULL;
CREATE INDEX parked_by_submission ON parked (submission_id);
CREATE INDEX parked_by_age ON parked (edition, since);
DROP TABLE lookup_keys;
