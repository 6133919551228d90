-- A record that was taken back may be followed by another one, of what holds then: one more than were taken back before it.
ALTER TABLE study_records ADD COLUMN number INTEGER NOT NULL DEFAULT 1;
ALTER TABLE study_records DROP CONSTRAINT study_records_enrolment_id_key,
  DROP CONSTRAINT study_records_person_id_course_id_version_key,
  ADD UNIQUE (enrolment_id, number),
  ADD UNIQUE (person_id, course_id, version, number);
