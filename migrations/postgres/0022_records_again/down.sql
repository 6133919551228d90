-- Of several records of one version the first is kept.
DROP TRIGGER study_records_append_only ON study_records;
DROP TRIGGER study_record_withdrawals_append_only ON study_record_withdrawals;
DELETE FROM study_record_withdrawals WHERE record_id IN (SELECT id FROM study_records WHERE number > 1);
DELETE FROM study_record_names WHERE record_id IN (SELECT id FROM study_records WHERE number > 1);
DELETE FROM study_records WHERE number > 1;
ALTER TABLE study_records DROP COLUMN number;
ALTER TABLE study_records ADD UNIQUE (enrolment_id), ADD UNIQUE (person_id, course_id, version);
CREATE TRIGGER study_records_append_only BEFORE UPDATE OR DELETE ON study_records FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER study_record_withdrawals_append_only BEFORE UPDATE OR DELETE ON study_record_withdrawals FOR EACH ROW EXECUTE FUNCTION refuse_change();
