-- A record that was taken back may be followed by another one, of what holds then.
CREATE TABLE kept_names AS SELECT record_id, name, branch FROM study_record_names;
CREATE TABLE kept_withdrawals AS SELECT record_id, withdrawn_by, withdrawn_at, reason FROM study_record_withdrawals;
DROP TABLE study_record_withdrawals;
DROP TABLE study_record_names;
ALTER TABLE study_records RENAME TO old_records;
-- that somebody has finished a course
CREATE TABLE study_records (
  id INTEGER NOT NULL PRIMARY KEY,
  -- printed, and in the address that checks it
  code TEXT NOT NULL UNIQUE,
  enrolment_id BIGINT NOT NULL REFERENCES enrolments,
  person_id BIGINT NOT NULL REFERENCES persons,
  course_id BIGINT NOT NULL REFERENCES courses,
  version INTEGER NOT NULL,
  title TEXT NOT NULL,
  quarters INTEGER NOT NULL,
  finished_on DATE NOT NULL,
  made_at TIMESTAMP NOT NULL,
  -- one more than were taken back before it
  number INTEGER NOT NULL DEFAULT 1,
  UNIQUE (enrolment_id, number),
  UNIQUE (person_id, course_id, version, number)
);
INSERT INTO study_records (id, code, enrolment_id, person_id, course_id, version, title, quarters, finished_on, made_at)
  SELECT id, code, enrolment_id, person_id, course_id, version, title, quarters, finished_on, made_at FROM old_records;
DROP TABLE old_records;
CREATE TRIGGER study_records_no_update BEFORE UPDATE ON study_records BEGIN SELECT RAISE(ABORT, 'study_records is append-only'); END;
CREATE TRIGGER study_records_no_delete BEFORE DELETE ON study_records BEGIN SELECT RAISE(ABORT, 'study_records is append-only'); END;
-- the name as printed; apart, so that retention may erase it
CREATE TABLE study_record_names (
  record_id BIGINT NOT NULL PRIMARY KEY REFERENCES study_records,
  name TEXT NOT NULL,
  branch TEXT NOT NULL
);
INSERT INTO study_record_names (record_id, name, branch) SELECT record_id, name, branch FROM kept_names;
CREATE TABLE study_record_withdrawals (
  record_id BIGINT NOT NULL PRIMARY KEY REFERENCES study_records,
  withdrawn_by BIGINT NOT NULL REFERENCES accounts,
  withdrawn_at TIMESTAMP NOT NULL,
  reason TEXT NOT NULL
);
INSERT INTO study_record_withdrawals (record_id, withdrawn_by, withdrawn_at, reason)
  SELECT record_id, withdrawn_by, withdrawn_at, reason FROM kept_withdrawals;
CREATE TRIGGER study_record_withdrawals_no_update BEFORE UPDATE ON study_record_withdrawals BEGIN SELECT RAISE(ABORT, 'study_record_withdrawals is append-only'); END;
CREATE TRIGGER study_record_withdrawals_no_delete BEFORE DELETE ON study_record_withdrawals BEGIN SELECT RAISE(ABORT, 'study_record_withdrawals is append-only'); END;
DROP TABLE kept_names;
DROP TABLE kept_withdrawals;
