-- what a correction replaced has its end, as the words beside a change have
DROP TRIGGER person_corrections_no_delete;
