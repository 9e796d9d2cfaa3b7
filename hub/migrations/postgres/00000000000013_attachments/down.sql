DROP TABLE last_errors;
DROP TABLE onboarding;
DROP INDEX submissions_by_sequence;
DROP TABLE sequence_alerts;
DROP TABLE sequence_gaps;
DROP TABLE counters;
DROP TABLE attachments;
