DROP TABLE outcome_parts;
