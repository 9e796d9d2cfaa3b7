DROP TABLE commitments;
ALTER TABLE past_links DROP COLUMN until_leaf;
DROP TABLE past_parked;
DROP TABLE hints;
