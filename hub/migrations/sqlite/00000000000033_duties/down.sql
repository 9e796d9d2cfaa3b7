DROP TABLE erasure_duties;
