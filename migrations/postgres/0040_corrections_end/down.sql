DROP TRIGGER person_corrections_no_update ON person_corrections;
CREATE TRIGGER person_corrections_append_only BEFORE UPDATE OR DELETE ON person_corrections FOR EACH ROW EXECUTE FUNCTION refuse_change();
