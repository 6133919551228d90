DROP INDEX school_branches_primary;
ALTER TABLE school_branches DROP COLUMN is_primary;
DROP TABLE school_changes;
DROP TABLE org_names;
DROP TABLE transfer_reasons;
DROP TABLE transfers;
DROP TABLE roster_notes;
DROP TABLE person_corrections;
DROP TABLE roster_changes;
