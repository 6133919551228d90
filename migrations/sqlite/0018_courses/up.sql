-- Courses, enrolment and study. domain.md 4.2.
--
-- What is said of a course holds at once; its steps are kept in versions. Members study the version that they enrolled in.
CREATE TABLE courses (
  id INTEGER NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  -- Markdown
  about TEXT NOT NULL,
  topic_id BIGINT NOT NULL REFERENCES topics,
  cover TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('online', 'school', 'base', 'mixed')),
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members')),
  -- study hours that finishing it is worth, in quarters
  quarters INTEGER NOT NULL CHECK (quarters >= 0),
  -- to be finished by; NULL: whenever
  due_on DATE,
  stage TEXT NOT NULL CHECK (stage IN ('draft', 'in_review', 'published', 'withdrawn')),
  -- the version that members study; 0 before the first
  version INTEGER NOT NULL,
  -- the version that is written; equal to `version` when nothing is being changed
  draft_version INTEGER NOT NULL,
  -- the draft of a published course waits for its review
  is_submitted BOOLEAN NOT NULL,
  -- counted up by each handing in: verdicts belong to one round
  round INTEGER NOT NULL,
  -- counted up by each save: who saves an older state is told
  revision INTEGER NOT NULL,
  -- why it is not shown any more
  reason TEXT NOT NULL,
  author_id BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  published_at TIMESTAMP,
  archived_at TIMESTAMP,
  key TEXT NOT NULL UNIQUE,
  CHECK (stage <> 'published' OR (published_at IS NOT NULL AND version > 0)),
  CHECK (draft_version >= version)
);
CREATE INDEX courses_stage ON courses (stage, published_at, id);
CREATE INDEX courses_author ON courses (author_id, id);
CREATE TABLE course_items (
  id INTEGER NOT NULL PRIMARY KEY,
  course_id BIGINT NOT NULL REFERENCES courses ON DELETE CASCADE,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  -- names the same step in all versions: sessions and what was done belong to it
  step TEXT NOT NULL,
  -- the heading that it stands under; empty under the one before
  unit TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('lecture', 'chapter', 'test', 'session')),
  title TEXT NOT NULL,
  lecture_id BIGINT REFERENCES lectures,
  booklet_id BIGINT REFERENCES booklets,
  chapter INTEGER,
  test_id BIGINT,
  is_required BOOLEAN NOT NULL,
  -- of a lecture: the share that has to be watched, in per cent
  share INTEGER NOT NULL CHECK (share BETWEEN 1 AND 100),
  opens TEXT NOT NULL CHECK (opens IN ('at_once', 'in_order', 'on_day')),
  opens_on DATE,
  UNIQUE (course_id, version, position),
  UNIQUE (course_id, version, step),
  CHECK ((kind = 'lecture') = (lecture_id IS NOT NULL)),
  CHECK ((kind = 'chapter') = (booklet_id IS NOT NULL AND chapter IS NOT NULL)),
  CHECK ((kind = 'test') = (test_id IS NOT NULL)),
  CHECK ((opens = 'on_day') = (opens_on IS NOT NULL))
);
CREATE INDEX course_items_lecture ON course_items (lecture_id);
CREATE TABLE course_prerequisites (
  course_id BIGINT NOT NULL REFERENCES courses ON DELETE CASCADE,
  required_id BIGINT NOT NULL REFERENCES courses CHECK (required_id <> course_id),
  PRIMARY KEY (course_id, required_id)
);
-- the dates of a step on site
CREATE TABLE course_sessions (
  event_id BIGINT NOT NULL PRIMARY KEY REFERENCES events,
  course_id BIGINT NOT NULL REFERENCES courses,
  step TEXT NOT NULL
);
CREATE INDEX course_sessions_course ON course_sessions (course_id, step);
-- the author and one other
CREATE TABLE course_reviews (
  id INTEGER NOT NULL PRIMARY KEY,
  course_id BIGINT NOT NULL REFERENCES courses,
  round INTEGER NOT NULL,
  reviewer_id BIGINT NOT NULL REFERENCES accounts,
  verdict TEXT NOT NULL CHECK (verdict IN ('passed', 'returned')),
  remark TEXT NOT NULL,
  reviewed_at TIMESTAMP NOT NULL,
  UNIQUE (course_id, round, reviewer_id)
);
CREATE TRIGGER course_reviews_no_update BEFORE UPDATE ON course_reviews BEGIN SELECT RAISE(ABORT, 'course_reviews is append-only'); END;
CREATE TRIGGER course_reviews_no_delete BEFORE DELETE ON course_reviews BEGIN SELECT RAISE(ABORT, 'course_reviews is append-only'); END;
-- A place to be had: in a course, or at one of its dates.
CREATE TABLE offerings (
  id INTEGER NOT NULL PRIMARY KEY,
  course_id BIGINT UNIQUE REFERENCES courses,
  event_id BIGINT UNIQUE REFERENCES events,
  mode TEXT NOT NULL CHECK (mode IN ('open', 'approval', 'code')),
  -- the code that is given out; shown to organizers
  code TEXT NOT NULL,
  opens_at TIMESTAMP,
  closes_at TIMESTAMP,
  withdraw_until TIMESTAMP,
  -- NULL: as many as come
  capacity INTEGER CHECK (capacity >= 0),
  -- confirmed ones; of them, those without a reserved seat
  taken INTEGER NOT NULL CHECK (taken >= 0),
  taken_open INTEGER NOT NULL CHECK (taken_open >= 0),
  -- seats reserved for organisations
  reserved INTEGER NOT NULL CHECK (reserved >= 0),
  waiting INTEGER NOT NULL CHECK (waiting >= 0),
  asking INTEGER NOT NULL CHECK (asking >= 0),
  next_seq INTEGER NOT NULL,
  -- the categories that it is for, with commas; empty: everybody
  audience TEXT NOT NULL,
  -- only members of the branches below; empty: the whole city
  path TEXT NOT NULL,
  is_closed BOOLEAN NOT NULL,
  CHECK ((course_id IS NULL) <> (event_id IS NULL)),
  -- INV-E1
  CHECK (capacity IS NULL OR (taken <= capacity AND taken_open + reserved <= capacity))
);
CREATE TABLE offering_quotas (
  id INTEGER NOT NULL PRIMARY KEY,
  offering_id BIGINT NOT NULL REFERENCES offerings ON DELETE CASCADE,
  org_id BIGINT NOT NULL REFERENCES orgs,
  path TEXT NOT NULL,
  seats INTEGER NOT NULL CHECK (seats >= 0),
  taken INTEGER NOT NULL CHECK (taken >= 0 AND taken <= seats),
  UNIQUE (offering_id, org_id)
);
CREATE TABLE enrolments (
  id INTEGER NOT NULL PRIMARY KEY,
  offering_id BIGINT NOT NULL REFERENCES offerings,
  person_id BIGINT NOT NULL REFERENCES persons,
  -- the order in which they came
  seq INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('requested', 'confirmed', 'waitlisted', 'attended', 'no_show', 'excused', 'cancelled', 'declined')),
  -- the reserved seat that it holds
  quota_id BIGINT REFERENCES offering_quotas,
  -- of the course
  version INTEGER NOT NULL,
  -- the branch at that time, in the tree of organisations
  path TEXT NOT NULL,
  channel TEXT NOT NULL CHECK (channel IN ('self', 'clerk', 'paper', 'group', 'organizer')),
  enrolled_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  changed_at TIMESTAMP NOT NULL,
  finished_at TIMESTAMP,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (offering_id, seq)
);
-- INV-E2
CREATE UNIQUE INDEX enrolments_active ON enrolments (offering_id, person_id) WHERE state NOT IN ('cancelled', 'declined');
-- INV-E3
CREATE INDEX enrolments_queue ON enrolments (offering_id, state, seq);
CREATE INDEX enrolments_path ON enrolments (offering_id, path, seq);
CREATE INDEX enrolments_person ON enrolments (person_id, state);
CREATE TABLE enrolment_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  enrolment_id BIGINT NOT NULL REFERENCES enrolments,
  state TEXT NOT NULL,
  at TIMESTAMP NOT NULL,
  -- NULL: the portal itself, in the order of the waiting list
  by_id BIGINT REFERENCES accounts,
  -- the member for whom it was done
  for_id BIGINT REFERENCES persons
);
CREATE INDEX enrolment_steps_enrolment ON enrolment_steps (enrolment_id, id);
CREATE TRIGGER enrolment_steps_no_update BEFORE UPDATE ON enrolment_steps BEGIN SELECT RAISE(ABORT, 'enrolment_steps is append-only'); END;
CREATE TRIGGER enrolment_steps_no_delete BEFORE DELETE ON enrolment_steps BEGIN SELECT RAISE(ABORT, 'enrolment_steps is append-only'); END;
-- what was written to a step; apart, so that retention may erase it
CREATE TABLE enrolment_texts (
  step_id BIGINT NOT NULL PRIMARY KEY REFERENCES enrolment_steps,
  text TEXT NOT NULL
);
-- the reader's own statement
CREATE TABLE chapter_reads (
  person_id BIGINT NOT NULL REFERENCES persons,
  booklet_id BIGINT NOT NULL REFERENCES booklets,
  chapter INTEGER NOT NULL,
  read_at TIMESTAMP NOT NULL,
  acted_by BIGINT REFERENCES accounts,
  PRIMARY KEY (person_id, booklet_id, chapter)
);
-- that somebody has finished a course
CREATE TABLE study_records (
  id INTEGER NOT NULL PRIMARY KEY,
  -- printed, and in the address that checks it
  code TEXT NOT NULL UNIQUE,
  enrolment_id BIGINT NOT NULL REFERENCES enrolments,
  person_id BIGINT NOT NULL REFERENCES persons,
  course_id BIGINT NOT NULL REFERENCES courses,
  version INTEGER NOT NULL,
  title TEXT NOT NULL,
  quarters INTEGER NOT NULL,
  finished_on DATE NOT NULL,
  made_at TIMESTAMP NOT NULL,
  -- one more than were taken back before it: such a record may be followed by another one, of what holds then
  number INTEGER NOT NULL DEFAULT 1,
  UNIQUE (enrolment_id, number),
  UNIQUE (person_id, course_id, version, number)
);
CREATE TRIGGER study_records_no_update BEFORE UPDATE ON study_records BEGIN SELECT RAISE(ABORT, 'study_records is append-only'); END;
CREATE TRIGGER study_records_no_delete BEFORE DELETE ON study_records BEGIN SELECT RAISE(ABORT, 'study_records is append-only'); END;
-- the name as printed; apart, so that retention may erase it
CREATE TABLE study_record_names (
  record_id BIGINT NOT NULL PRIMARY KEY REFERENCES study_records,
  name TEXT NOT NULL,
  branch TEXT NOT NULL
);
CREATE TABLE study_record_withdrawals (
  record_id BIGINT NOT NULL PRIMARY KEY REFERENCES study_records,
  withdrawn_by BIGINT NOT NULL REFERENCES accounts,
  withdrawn_at TIMESTAMP NOT NULL,
  reason TEXT NOT NULL
);
CREATE TRIGGER study_record_withdrawals_no_update BEFORE UPDATE ON study_record_withdrawals BEGIN SELECT RAISE(ABORT, 'study_record_withdrawals is append-only'); END;
CREATE TRIGGER study_record_withdrawals_no_delete BEFORE DELETE ON study_record_withdrawals BEGIN SELECT RAISE(ABORT, 'study_record_withdrawals is append-only'); END;
-- how far a follower of an append-only table has come
CREATE TABLE cursors (
  name TEXT NOT NULL PRIMARY KEY,
  n BIGINT NOT NULL
);
CREATE TRIGGER courses_shown_insert AFTER INSERT ON courses BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER courses_shown_update AFTER UPDATE ON courses BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER courses_shown_delete AFTER DELETE ON courses BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER course_items_shown_insert AFTER INSERT ON course_items BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER course_items_shown_update AFTER UPDATE ON course_items BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER course_items_shown_delete AFTER DELETE ON course_items BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER course_sessions_shown_insert AFTER INSERT ON course_sessions BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER course_sessions_shown_update AFTER UPDATE ON course_sessions BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER course_sessions_shown_delete AFTER DELETE ON course_sessions BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER events_shown_insert AFTER INSERT ON events BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER events_shown_update AFTER UPDATE ON events BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER events_shown_delete AFTER DELETE ON events BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER offerings_shown_insert AFTER INSERT ON offerings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER offerings_shown_update AFTER UPDATE ON offerings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER offerings_shown_delete AFTER DELETE ON offerings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
