DROP TABLE manifests;
DROP TABLE signers;
DROP TABLE closes;
DROP TABLE days;
