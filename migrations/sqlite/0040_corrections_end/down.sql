CREATE TRIGGER person_corrections_no_delete BEFORE DELETE ON person_corrections BEGIN SELECT RAISE(ABORT, 'person_corrections is append-only'); END;
