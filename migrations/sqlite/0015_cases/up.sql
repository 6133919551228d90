-- Working days, and matters that people bring: disputes, objections, appeals, corrections. domain.md 4.8, 5.9.
--
-- The table of a year, proposed by one person and approved by another; the newest approved one is in force.
CREATE TABLE calendar_years (
  id INTEGER NOT NULL PRIMARY KEY,
  year INTEGER NOT NULL CHECK (year BETWEEN 2000 AND 2200),
  -- the notice that it follows
  source TEXT NOT NULL,
  proposed_by BIGINT NOT NULL REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  verdict TEXT CHECK (verdict IN ('approved', 'refused', 'withdrawn')),
  CHECK (verdict IS NULL OR verdict = 'withdrawn' OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX calendar_years_open ON calendar_years (year) WHERE verdict IS NULL;
-- only the days that differ from the week: holidays, and weekends that are worked
CREATE TABLE calendar_days (
  calendar_year_id BIGINT NOT NULL REFERENCES calendar_years ON DELETE CASCADE,
  day DATE NOT NULL,
  is_working BOOLEAN NOT NULL,
  PRIMARY KEY (calendar_year_id, day)
);
CREATE TABLE cases (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('dispute', 'objection', 'appeal', 'correction')),
  level INTEGER NOT NULL CHECK (level IN (1, 2)),
  -- what it is about: a kind of record and its key
  subject_kind TEXT NOT NULL,
  subject_id BIGINT NOT NULL,
  -- whose matter it is
  person_id BIGINT NOT NULL REFERENCES persons,
  -- where it is decided: the path of the person's branch in the tree of organisations
  path TEXT NOT NULL,
  -- who made the record; does not decide
  made_by BIGINT REFERENCES accounts,
  filed_by BIGINT NOT NULL REFERENCES accounts,
  filed_at TIMESTAMP NOT NULL,
  -- by the calendar of working days
  due_on DATE NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('filed', 'in_review', 'upheld', 'partly', 'dismissed', 'inadmissible', 'withdrawn')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  -- the case whose answer this one appeals
  appealed_id BIGINT UNIQUE,
  -- a post that was sent twice makes one case
  key TEXT NOT NULL UNIQUE,
  CHECK (decided_by IS NULL OR made_by IS NULL OR decided_by <> made_by)
);
CREATE UNIQUE INDEX cases_open ON cases (subject_kind, subject_id, person_id) WHERE state IN ('filed', 'in_review');
CREATE INDEX cases_person ON cases (person_id, id);
CREATE INDEX cases_due ON cases (state, due_on, id);
CREATE TABLE case_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  case_id BIGINT NOT NULL REFERENCES cases,
  state TEXT NOT NULL,
  at TIMESTAMP NOT NULL,
  by_id BIGINT REFERENCES accounts
);
CREATE INDEX case_steps_case ON case_steps (case_id, id);
CREATE TRIGGER case_steps_no_update BEFORE UPDATE ON case_steps BEGIN SELECT RAISE(ABORT, 'case_steps is append-only'); END;
CREATE TRIGGER case_steps_no_delete BEFORE DELETE ON case_steps BEGIN SELECT RAISE(ABORT, 'case_steps is append-only'); END;
-- what was written; apart, so that retention may erase it
CREATE TABLE case_texts (
  step_id BIGINT NOT NULL PRIMARY KEY REFERENCES case_steps,
  text TEXT NOT NULL
);
