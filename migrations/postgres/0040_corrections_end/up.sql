-- what a correction replaced has its end, as the words beside a change have
DROP TRIGGER person_corrections_append_only ON person_corrections;
CREATE TRIGGER person_corrections_no_update BEFORE UPDATE ON person_corrections FOR EACH ROW EXECUTE FUNCTION refuse_change();
