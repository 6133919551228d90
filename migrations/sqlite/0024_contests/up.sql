-- Lecture competitions: rounds with a frozen method, entries, judges, sheets that are only added. domain.md 4.3.
CREATE TABLE contests (
  id INTEGER NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  -- Markdown: what entrants have to know
  rules TEXT NOT NULL,
  -- entries are taken from the first day to the last, both included
  opens_on DATE NOT NULL,
  closes_on DATE NOT NULL,
  -- an entry has a recording
  needs_video BOOLEAN NOT NULL,
  -- working days for which the result of the last round is open to objections
  notice_days INTEGER NOT NULL CHECK (notice_days BETWEEN 1 AND 30),
  -- gold lecturers that it gives, and their term in years; 0: none
  gold_count INTEGER NOT NULL CHECK (gold_count BETWEEN 0 AND 50),
  gold_years INTEGER NOT NULL CHECK (gold_years BETWEEN 1 AND 5),
  state TEXT NOT NULL CHECK (state IN ('draft', 'announced', 'open', 'screening', 'judging', 'locked', 'provisional', 'final', 'archived')),
  is_suspended BOOLEAN NOT NULL,
  -- counted up by each save: who saves an older state is told
  revision INTEGER NOT NULL,
  made_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  announced_at TIMESTAMP,
  closed_at TIMESTAMP,
  key TEXT NOT NULL UNIQUE,
  CHECK (closes_on >= opens_on),
  CHECK (state = 'draft' OR announced_at IS NOT NULL)
);
CREATE INDEX contests_state ON contests (state, id);
-- whatever happens to a contest changes its row here first: things happen one after the other, and no kept page is touched
CREATE TABLE contest_locks (
  contest_id BIGINT NOT NULL PRIMARY KEY REFERENCES contests,
  n BIGINT NOT NULL
);
CREATE TABLE contest_rounds (
  id INTEGER NOT NULL PRIMARY KEY,
  contest_id BIGINT NOT NULL REFERENCES contests,
  position INTEGER NOT NULL CHECK (position >= 1),
  kind TEXT NOT NULL CHECK (kind IN ('video_prelim', 'live_heat', 'final')),
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'drawn', 'judging', 'locked', 'provisional', 'final')),
  -- panels that judge side by side
  panels INTEGER NOT NULL CHECK (panels BETWEEN 1 AND 26),
  -- sheets that an entry gets; 0: one of each judge of its panel
  sheets_each INTEGER NOT NULL CHECK (sheets_each BETWEEN 0 AND 50),
  -- sheets that a judge takes at most; 0: as many as there are
  judge_load INTEGER NOT NULL CHECK (judge_load BETWEEN 0 AND 1000),
  -- canonical JSON, and its digest; who froze it and who approved that
  method TEXT NOT NULL,
  method_sha256 TEXT NOT NULL,
  frozen_by BIGINT REFERENCES accounts,
  frozen_at TIMESTAMP,
  approved_by BIGINT REFERENCES accounts,
  approved_at TIMESTAMP,
  -- lots: what only the portal knows, its digest that everybody sees beforehand, and what outsiders added at the draw
  seed_secret TEXT NOT NULL,
  seed_commit TEXT NOT NULL,
  seed_outside TEXT NOT NULL,
  drawn_at TIMESTAMP,
  started_at TIMESTAMP,
  -- the last moment for sheets, as judges are told; nothing closes by itself
  due_at TIMESTAMP,
  -- the lock: who asked for it, who made it
  lock_by BIGINT REFERENCES accounts,
  lock_at TIMESTAMP,
  locked_by BIGINT REFERENCES accounts,
  locked_at TIMESTAMP,
  UNIQUE (contest_id, position),
  CHECK (approved_by IS NULL OR approved_by <> frozen_by),
  CHECK (locked_by IS NULL OR locked_by <> lock_by),
  CHECK (state IN ('waiting', 'drawn', 'judging') OR locked_at IS NOT NULL),
  CHECK (state = 'waiting' OR (drawn_at IS NOT NULL AND approved_at IS NOT NULL))
);
-- what happened to a contest, by whom and why: the supervisor's record
CREATE TABLE contest_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  contest_id BIGINT NOT NULL REFERENCES contests,
  round_id BIGINT REFERENCES contest_rounds,
  what TEXT NOT NULL,
  by_id BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX contest_steps_contest ON contest_steps (contest_id, id);
CREATE TABLE contest_entries (
  id INTEGER NOT NULL PRIMARY KEY,
  contest_id BIGINT NOT NULL REFERENCES contests,
  entrant_id BIGINT NOT NULL REFERENCES persons,
  -- the entrant's branch, the school that sends the entry, and its primary alliance on the day of submission
  branch_id BIGINT NOT NULL REFERENCES orgs,
  school_id BIGINT NOT NULL REFERENCES schools,
  alliance_id BIGINT REFERENCES alliances,
  title TEXT NOT NULL,
  lecture_id BIGINT REFERENCES lectures,
  is_original BOOLEAN NOT NULL,
  may_broadcast BOOLEAN NOT NULL,
  may_name BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'branch_endorsed', 'screened', 'returned', 'refused', 'competing', 'scored', 'promoted', 'eliminated', 'awarded', 'withdrawn', 'disqualified')),
  -- counted up by each submission: verdicts belong to one
  version INTEGER NOT NULL,
  -- E01 and so on, given when entries close: what judges and lists call it
  code TEXT,
  made_by BIGINT NOT NULL REFERENCES accounts,
  -- the clerk who wrote it down for the entrant
  acted_by BIGINT REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  submitted_at TIMESTAMP,
  endorsed_by BIGINT REFERENCES accounts,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (contest_id, code)
);
-- INV-C1: one entry per entrant per contest
CREATE UNIQUE INDEX contest_entries_entrant ON contest_entries (contest_id, entrant_id) WHERE state <> 'withdrawn';
CREATE INDEX contest_entries_state ON contest_entries (contest_id, state, id);
CREATE INDEX contest_entries_branch ON contest_entries (branch_id, state, id);
CREATE INDEX contest_entries_person ON contest_entries (entrant_id, id);
-- who teaches beside the entrant
CREATE TABLE contest_companions (
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  person_id BIGINT NOT NULL REFERENCES persons,
  PRIMARY KEY (entry_id, person_id)
);
-- the script in its versions; frozen when it was screened (INV-C2)
CREATE TABLE contest_scripts (
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  version INTEGER NOT NULL,
  summary TEXT NOT NULL,
  script TEXT NOT NULL,
  saved_at TIMESTAMP NOT NULL,
  PRIMARY KEY (entry_id, version)
);
CREATE TABLE contest_entry_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  state TEXT NOT NULL,
  by_id BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX contest_entry_steps_entry ON contest_entry_steps (entry_id, id);
-- by two; one verdict of each about one submission
CREATE TABLE contest_screenings (
  id INTEGER NOT NULL PRIMARY KEY,
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  version INTEGER NOT NULL,
  screener_id BIGINT NOT NULL REFERENCES accounts,
  verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'returned', 'refused')),
  at TIMESTAMP NOT NULL,
  UNIQUE (entry_id, version, screener_id)
);
CREATE TABLE contest_judges (
  id INTEGER NOT NULL PRIMARY KEY,
  contest_id BIGINT NOT NULL REFERENCES contests,
  person_id BIGINT NOT NULL REFERENCES persons,
  unit TEXT NOT NULL,
  expertise TEXT NOT NULL,
  -- what published sheets call the judge: by chance, not by name
  number INTEGER NOT NULL CHECK (number >= 1),
  -- the panel of each round that has several; NULL: all
  panel INTEGER,
  state TEXT NOT NULL CHECK (state IN ('invited', 'accepted', 'declined', 'withdrawn')),
  invited_by BIGINT NOT NULL REFERENCES accounts,
  invited_at TIMESTAMP NOT NULL,
  -- the rules for judges, accepted
  accepted_at TIMESTAMP,
  UNIQUE (contest_id, person_id),
  UNIQUE (contest_id, number),
  CHECK (state <> 'accepted' OR accepted_at IS NOT NULL)
);
CREATE INDEX contest_judges_person ON contest_judges (person_id, id);
CREATE TABLE contest_conflicts (
  id INTEGER NOT NULL PRIMARY KEY,
  contest_id BIGINT NOT NULL REFERENCES contests,
  judge_id BIGINT NOT NULL REFERENCES contest_judges,
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  kind TEXT NOT NULL CHECK (kind IN ('same_branch', 'same_unit', 'same_alliance', 'kin', 'mentor', 'coached', 'competitor', 'other', 'administrative')),
  is_hard BOOLEAN NOT NULL,
  -- NULL: found by the portal
  declared_by BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  reason TEXT NOT NULL,
  removed_by BIGINT REFERENCES accounts,
  removed_at TIMESTAMP,
  UNIQUE (judge_id, entry_id, kind),
  -- hard ones stay
  CHECK (removed_at IS NULL OR NOT is_hard)
);
CREATE INDEX contest_conflicts_contest ON contest_conflicts (contest_id, judge_id);
CREATE INDEX contest_conflicts_entry ON contest_conflicts (entry_id);
-- an entry in a round
CREATE TABLE contest_places (
  id INTEGER NOT NULL PRIMARY KEY,
  round_id BIGINT NOT NULL REFERENCES contest_rounds,
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  lot INTEGER NOT NULL CHECK (lot >= 1),
  panel INTEGER NOT NULL CHECK (panel >= 1),
  state TEXT NOT NULL CHECK (state IN ('competing', 'withdrawn', 'disqualified')),
  -- ballots of the audience, and of the judges' written vote about a tie
  audience INTEGER CHECK (audience >= 0),
  votes INTEGER CHECK (votes >= 0),
  UNIQUE (round_id, entry_id),
  UNIQUE (round_id, lot)
);
CREATE INDEX contest_places_entry ON contest_places (entry_id);
-- the newest counts
CREATE TABLE contest_timings (
  id INTEGER NOT NULL PRIMARY KEY,
  place_id BIGINT NOT NULL REFERENCES contest_places,
  seconds INTEGER NOT NULL CHECK (seconds BETWEEN 0 AND 86400),
  by_id BIGINT NOT NULL REFERENCES accounts,
  at TIMESTAMP NOT NULL
);
CREATE INDEX contest_timings_place ON contest_timings (place_id, id);
CREATE TABLE contest_assignments (
  id INTEGER NOT NULL PRIMARY KEY,
  round_id BIGINT NOT NULL REFERENCES contest_rounds,
  judge_id BIGINT NOT NULL REFERENCES contest_judges,
  entry_id BIGINT NOT NULL REFERENCES contest_entries,
  state TEXT NOT NULL CHECK (state IN ('assigned', 'recused', 'submitted', 'missing', 'excluded')),
  -- of the sheet that is being written; one more than those handed in and returned
  version INTEGER NOT NULL CHECK (version >= 1),
  -- sheets that were in a lock are never returned
  locked_at TIMESTAMP,
  -- INV-C4
  UNIQUE (round_id, judge_id, entry_id)
);
CREATE INDEX contest_assignments_judge ON contest_assignments (judge_id, round_id, entry_id);
CREATE INDEX contest_assignments_entry ON contest_assignments (round_id, entry_id);
-- why somebody does not judge, is missing or does not count
CREATE TABLE contest_assignment_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  assignment_id BIGINT NOT NULL REFERENCES contest_assignments,
  state TEXT NOT NULL,
  version INTEGER NOT NULL,
  by_id BIGINT NOT NULL REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX contest_assignment_steps_of ON contest_assignment_steps (assignment_id, id);
-- what a judge has on the sheet before handing it in; the newest stamp of the judge's device holds
CREATE TABLE contest_drafts (
  assignment_id BIGINT NOT NULL PRIMARY KEY REFERENCES contest_assignments,
  scores TEXT NOT NULL,
  comment TEXT NOT NULL,
  stamp BIGINT NOT NULL,
  saved_at TIMESTAMP NOT NULL
);
-- sheets that were handed in: only added
CREATE TABLE contest_sheets (
  id INTEGER NOT NULL PRIMARY KEY,
  assignment_id BIGINT NOT NULL REFERENCES contest_assignments,
  version INTEGER NOT NULL,
  scores TEXT NOT NULL,
  by_id BIGINT NOT NULL REFERENCES accounts,
  -- typed from paper by this one and another
  is_paper BOOLEAN NOT NULL,
  at TIMESTAMP NOT NULL,
  UNIQUE (assignment_id, version)
);
CREATE TABLE contest_comments (
  sheet_id BIGINT NOT NULL PRIMARY KEY REFERENCES contest_sheets,
  text TEXT NOT NULL
);
-- a paper sheet as one of two typed it; typed again until both agree
CREATE TABLE contest_papers (
  assignment_id BIGINT NOT NULL REFERENCES contest_assignments,
  version INTEGER NOT NULL,
  typist_id BIGINT NOT NULL REFERENCES accounts,
  scores TEXT NOT NULL,
  at TIMESTAMP NOT NULL,
  PRIMARY KEY (assignment_id, version, typist_id)
);
-- what an upheld objection brings about: one each
CREATE TABLE contest_rulings (
  id INTEGER NOT NULL PRIMARY KEY,
  case_id BIGINT NOT NULL UNIQUE REFERENCES cases,
  round_id BIGINT NOT NULL REFERENCES contest_rounds,
  kind TEXT NOT NULL CHECK (kind IN ('none', 'arithmetic_fix', 'sheet_excluded', 'entry_disqualified', 're_judge')),
  entry_id BIGINT REFERENCES contest_entries,
  judge_id BIGINT REFERENCES contest_judges,
  by_id BIGINT NOT NULL REFERENCES accounts,
  at TIMESTAMP NOT NULL
);
CREATE TRIGGER contest_steps_no_update BEFORE UPDATE ON contest_steps BEGIN SELECT RAISE(ABORT, 'contest_steps is append-only'); END;
CREATE TRIGGER contest_steps_no_delete BEFORE DELETE ON contest_steps BEGIN SELECT RAISE(ABORT, 'contest_steps is append-only'); END;
CREATE TRIGGER contest_entry_steps_no_update BEFORE UPDATE ON contest_entry_steps BEGIN SELECT RAISE(ABORT, 'contest_entry_steps is append-only'); END;
CREATE TRIGGER contest_entry_steps_no_delete BEFORE DELETE ON contest_entry_steps BEGIN SELECT RAISE(ABORT, 'contest_entry_steps is append-only'); END;
CREATE TRIGGER contest_screenings_no_update BEFORE UPDATE ON contest_screenings BEGIN SELECT RAISE(ABORT, 'contest_screenings is append-only'); END;
CREATE TRIGGER contest_screenings_no_delete BEFORE DELETE ON contest_screenings BEGIN SELECT RAISE(ABORT, 'contest_screenings is append-only'); END;
CREATE TRIGGER contest_timings_no_update BEFORE UPDATE ON contest_timings BEGIN SELECT RAISE(ABORT, 'contest_timings is append-only'); END;
CREATE TRIGGER contest_timings_no_delete BEFORE DELETE ON contest_timings BEGIN SELECT RAISE(ABORT, 'contest_timings is append-only'); END;
CREATE TRIGGER contest_assignment_steps_no_update BEFORE UPDATE ON contest_assignment_steps BEGIN SELECT RAISE(ABORT, 'contest_assignment_steps is append-only'); END;
CREATE TRIGGER contest_assignment_steps_no_delete BEFORE DELETE ON contest_assignment_steps BEGIN SELECT RAISE(ABORT, 'contest_assignment_steps is append-only'); END;
CREATE TRIGGER contest_sheets_no_update BEFORE UPDATE ON contest_sheets BEGIN SELECT RAISE(ABORT, 'contest_sheets is append-only'); END;
CREATE TRIGGER contest_sheets_no_delete BEFORE DELETE ON contest_sheets BEGIN SELECT RAISE(ABORT, 'contest_sheets is append-only'); END;
CREATE TRIGGER contest_rulings_no_update BEFORE UPDATE ON contest_rulings BEGIN SELECT RAISE(ABORT, 'contest_rulings is append-only'); END;
CREATE TRIGGER contest_rulings_no_delete BEFORE DELETE ON contest_rulings BEGIN SELECT RAISE(ABORT, 'contest_rulings is append-only'); END;
CREATE TRIGGER contests_shown_insert AFTER INSERT ON contests BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contests_shown_update AFTER UPDATE ON contests BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contests_shown_delete AFTER DELETE ON contests BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_rounds_shown_insert AFTER INSERT ON contest_rounds BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_rounds_shown_update AFTER UPDATE ON contest_rounds BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_rounds_shown_delete AFTER DELETE ON contest_rounds BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_steps_shown_insert AFTER INSERT ON contest_steps BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_steps_shown_update AFTER UPDATE ON contest_steps BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_steps_shown_delete AFTER DELETE ON contest_steps BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_entries_shown_insert AFTER INSERT ON contest_entries BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_entries_shown_update AFTER UPDATE ON contest_entries BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_entries_shown_delete AFTER DELETE ON contest_entries BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_places_shown_insert AFTER INSERT ON contest_places BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_places_shown_update AFTER UPDATE ON contest_places BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER contest_places_shown_delete AFTER DELETE ON contest_places BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
