-- Gold lecturers: nominated from a final contest, shown to the public for some days, appointed by another person for a term.
-- domain.md 4.3 (GoldLecturer, INV-C9), 6 (Gold). What the rest of the portal reads is the row of titles that goes with it.
CREATE TABLE gold_lecturers (
  id INTEGER NOT NULL PRIMARY KEY,
  contest_id BIGINT NOT NULL REFERENCES contests,
  entry_id BIGINT NOT NULL UNIQUE REFERENCES contest_entries,
  person_id BIGINT NOT NULL REFERENCES persons,
  state TEXT NOT NULL CHECK (state IN ('nominated', 'public_notice', 'appointed', 'suspended', 'ended', 'refused')),
  -- the day in the city on which it came into that state
  state_on DATE NOT NULL,
  -- in the address of the certificate: nobody guesses it
  code TEXT NOT NULL UNIQUE,
  -- printed on the certificate
  number TEXT UNIQUE,
  -- days in the city, both included
  notice_from DATE,
  notice_until DATE,
  -- the term, without the last day
  term_from DATE,
  term_to DATE,
  nominated_by BIGINT NOT NULL REFERENCES accounts,
  nominated_at TIMESTAMP NOT NULL,
  appointed_by BIGINT REFERENCES accounts,
  appointed_at TIMESTAMP,
  -- what somebody proposed and another has to confirm
  proposed TEXT CHECK (proposed IN ('suspend', 'reinstate', 'end')),
  proposed_by BIGINT REFERENCES accounts,
  UNIQUE (contest_id, person_id),
  CHECK (appointed_by IS NULL OR appointed_by <> nominated_by),
  CHECK ((notice_from IS NULL) = (notice_until IS NULL)),
  CHECK (notice_until IS NULL OR notice_until >= notice_from),
  CHECK (state IN ('nominated', 'refused') OR notice_until IS NOT NULL),
  CHECK ((state IN ('appointed', 'suspended', 'ended')) = (appointed_by IS NOT NULL)),
  CHECK ((appointed_by IS NULL) = (number IS NULL) AND (appointed_by IS NULL) = (appointed_at IS NULL)),
  CHECK ((appointed_by IS NULL) = (term_from IS NULL) AND (appointed_by IS NULL) = (term_to IS NULL)),
  CHECK (term_to IS NULL OR term_to > term_from),
  CHECK ((proposed IS NULL) = (proposed_by IS NULL)),
  CHECK (proposed IS NULL OR state IN ('appointed', 'suspended'))
);
CREATE INDEX gold_lecturers_state ON gold_lecturers (state, term_to);
CREATE INDEX gold_lecturers_person ON gold_lecturers (person_id, id);
-- what is printed; apart, so that retention may erase it
CREATE TABLE gold_names (
  gold_id BIGINT NOT NULL PRIMARY KEY REFERENCES gold_lecturers,
  name TEXT NOT NULL,
  lecture TEXT NOT NULL,
  school TEXT NOT NULL,
  alliance TEXT NOT NULL
);
CREATE TABLE gold_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  gold_id BIGINT NOT NULL REFERENCES gold_lecturers,
  what TEXT NOT NULL CHECK (what IN ('nominated', 'noticed', 'appointed', 'refused', 'suspend_proposed', 'reinstate_proposed', 'end_proposed', 'suspended', 'reinstated', 'ended', 'dropped')),
  by_id BIGINT NOT NULL REFERENCES accounts,
  at TIMESTAMP NOT NULL
);
CREATE INDEX gold_steps_gold ON gold_steps (gold_id, id);
-- why; apart, so that retention may erase it
CREATE TABLE gold_reasons (
  step_id BIGINT NOT NULL PRIMARY KEY REFERENCES gold_steps,
  text TEXT NOT NULL
);
CREATE TRIGGER gold_steps_no_update BEFORE UPDATE ON gold_steps BEGIN SELECT RAISE(ABORT, 'gold_steps is append-only'); END;
CREATE TRIGGER gold_steps_no_delete BEFORE DELETE ON gold_steps BEGIN SELECT RAISE(ABORT, 'gold_steps is append-only'); END;
CREATE TRIGGER gold_lecturers_shown_insert AFTER INSERT ON gold_lecturers BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER gold_lecturers_shown_update AFTER UPDATE ON gold_lecturers BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER gold_lecturers_shown_delete AFTER DELETE ON gold_lecturers BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER gold_names_shown_insert AFTER INSERT ON gold_names BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER gold_names_shown_update AFTER UPDATE ON gold_names BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER gold_names_shown_delete AFTER DELETE ON gold_names BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
