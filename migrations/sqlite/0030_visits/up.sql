-- Study away from the screen: teaching at the door, and lists that were signed on paper. domain.md 4.2 (Makeup), 4.9 (HomeVisit).
--
-- A visit is an event of its own kind; this is what a visit has besides. No account alone makes it count: one records it,
-- another one signs as the second person who was there, and then each member says so.
CREATE TABLE home_visits (
  event_id BIGINT NOT NULL PRIMARY KEY REFERENCES events,
  deliverer_id BIGINT NOT NULL REFERENCES persons,
  second_id BIGINT NOT NULL REFERENCES persons,
  -- the recording of the lecture that was taught, and its length on that day
  media_id BIGINT REFERENCES media,
  length_s INTEGER NOT NULL,
  -- the event that it makes up for
  missed_id BIGINT REFERENCES events,
  minutes INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 480),
  state TEXT NOT NULL CHECK (state IN ('recorded', 'seconded', 'void')),
  recorded_by BIGINT NOT NULL REFERENCES accounts,
  seconded_by BIGINT REFERENCES accounts,
  seconded_at TIMESTAMP,
  CHECK (deliverer_id <> second_id),
  CHECK (seconded_by IS NULL OR seconded_by <> recorded_by),
  CHECK (state <> 'seconded' OR seconded_by IS NOT NULL),
  CHECK ((seconded_by IS NULL) = (seconded_at IS NULL))
);
CREATE INDEX home_visits_deliverer ON home_visits (deliverer_id, event_id);
CREATE INDEX home_visits_second ON home_visits (second_id, event_id);
-- who was visited; each has agreed to the record, and perhaps to a photo
CREATE TABLE home_visit_members (
  event_id BIGINT NOT NULL REFERENCES home_visits,
  person_id BIGINT NOT NULL REFERENCES persons,
  agreed_photo BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'confirmed', 'disputed', 'void')),
  -- how it was confirmed, and by which account: nobody's, where a code was typed by somebody without one
  way TEXT CHECK (way IN ('device', 'code', 'witness')),
  confirmed_by BIGINT REFERENCES accounts,
  confirmed_at TIMESTAMP,
  -- it is in the records of study now
  is_counted BOOLEAN NOT NULL,
  -- how often it was put there or taken back
  turns INTEGER NOT NULL,
  PRIMARY KEY (event_id, person_id),
  CHECK ((way IS NULL) = (confirmed_at IS NULL)),
  CHECK (state <> 'confirmed' OR way IS NOT NULL)
);
CREATE INDEX home_visit_members_person ON home_visit_members (person_id, event_id);
-- what became of a visit, and by whom
CREATE TABLE home_visit_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES home_visits,
  person_id BIGINT REFERENCES persons,
  what TEXT NOT NULL CHECK (what IN ('recorded', 'seconded', 'printed', 'device', 'code', 'witness', 'disputed', 'reinstated', 'void', 'photo', 'photo_removed')),
  by_id BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL
);
CREATE INDEX home_visit_steps_event ON home_visit_steps (event_id, id);
-- the code on the slip of a member without a telephone: only its digest; printing another one ends it
CREATE TABLE home_visit_codes (
  event_id BIGINT NOT NULL REFERENCES home_visits,
  person_id BIGINT NOT NULL REFERENCES persons,
  digest TEXT NOT NULL UNIQUE,
  expires_at TIMESTAMP NOT NULL,
  PRIMARY KEY (event_id, person_id)
);
-- guesses of the codes of a visit; five a minute
CREATE TABLE home_visit_tries (
  event_id BIGINT NOT NULL PRIMARY KEY REFERENCES home_visits,
  minute BIGINT NOT NULL,
  tries INTEGER NOT NULL
);
-- without what cameras write into a picture; erased by retention, or when a member takes the consent back
CREATE TABLE home_visit_photos (
  event_id BIGINT NOT NULL PRIMARY KEY REFERENCES home_visits,
  kind TEXT NOT NULL CHECK (kind IN ('jpeg', 'png')),
  bytes BLOB NOT NULL,
  sent_by BIGINT NOT NULL REFERENCES accounts,
  sent_at TIMESTAMP NOT NULL
);
CREATE INDEX home_visit_photos_sent ON home_visit_photos (sent_at);
-- A list that is signed on paper: which number was whose stays as it was printed.
CREATE TABLE paper_sheets (
  id INTEGER NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events,
  -- printed on it
  code TEXT NOT NULL UNIQUE,
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX paper_sheets_event ON paper_sheets (event_id, id);
CREATE TABLE paper_sheet_rows (
  sheet_id BIGINT NOT NULL REFERENCES paper_sheets,
  number INTEGER NOT NULL CHECK (number > 0),
  person_id BIGINT NOT NULL REFERENCES persons,
  PRIMARY KEY (sheet_id, number),
  UNIQUE (sheet_id, person_id)
);
-- who has entered a sheet, and when: whoever enters it again is told
CREATE TABLE paper_sheet_entries (
  id INTEGER NOT NULL PRIMARY KEY,
  sheet_id BIGINT NOT NULL REFERENCES paper_sheets,
  people INTEGER NOT NULL,
  entered_by BIGINT NOT NULL REFERENCES accounts,
  entered_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX paper_sheet_entries_sheet ON paper_sheet_entries (sheet_id, id);
-- what of the branch was missed lately, for the list of make-up study
CREATE INDEX attendance_heads_missed ON attendance_heads (day, event_id) WHERE status IN ('absent', 'leave_official', 'leave_sick', 'leave_private');
CREATE TRIGGER home_visit_steps_no_update BEFORE UPDATE ON home_visit_steps BEGIN SELECT RAISE(ABORT, 'home_visit_steps is append-only'); END;
CREATE TRIGGER home_visit_steps_no_delete BEFORE DELETE ON home_visit_steps BEGIN SELECT RAISE(ABORT, 'home_visit_steps is append-only'); END;
CREATE TRIGGER paper_sheet_rows_no_update BEFORE UPDATE ON paper_sheet_rows BEGIN SELECT RAISE(ABORT, 'paper_sheet_rows is append-only'); END;
CREATE TRIGGER paper_sheet_rows_no_delete BEFORE DELETE ON paper_sheet_rows BEGIN SELECT RAISE(ABORT, 'paper_sheet_rows is append-only'); END;
CREATE TRIGGER paper_sheet_entries_no_update BEFORE UPDATE ON paper_sheet_entries BEGIN SELECT RAISE(ABORT, 'paper_sheet_entries is append-only'); END;
CREATE TRIGGER paper_sheet_entries_no_delete BEFORE DELETE ON paper_sheet_entries BEGIN SELECT RAISE(ABORT, 'paper_sheet_entries is append-only'); END;
