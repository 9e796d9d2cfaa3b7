DROP TABLE erasure_notices;
ALTER TABLE packets DROP COLUMN erased_leaf;
ALTER TABLE packets DROP COLUMN wrapped;
ALTER TABLE packets DROP COLUMN bytes;
ALTER TABLE packets DROP COLUMN ends;
