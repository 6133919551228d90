-- What happens at a time and a place, and who was there. domain.md 4.2. Sessions, group viewing, study discussions; later
-- screenings, home visits, meetings.
CREATE TABLE events (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('session', 'group_viewing', 'study_discussion', 'screening', 'home_visit', 'meeting')),
  title TEXT NOT NULL,
  about TEXT NOT NULL,
  -- who holds it
  org_id BIGINT NOT NULL REFERENCES orgs,
  lecture_id BIGINT REFERENCES lectures,
  school_id BIGINT REFERENCES schools,
  base_id BIGINT REFERENCES bases,
  -- a room, a way to it
  place TEXT NOT NULL,
  -- where it takes place online; empty if it does not
  online_url TEXT NOT NULL,
  lecturer TEXT NOT NULL,
  starts_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'under_way', 'held', 'cancelled')),
  -- why it does not take place
  reason TEXT NOT NULL,
  -- counted up by each change, as calendars want it (RFC 5545 SEQUENCE)
  sequence INTEGER NOT NULL,
  changed_at TIMESTAMP NOT NULL,
  -- the secret of the codes shown on site
  code_key TEXT NOT NULL,
  created_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  CHECK (ends_at > starts_at)
);
CREATE INDEX events_org ON events (org_id, starts_at);
CREATE INDEX events_starts ON events (starts_at, id);
-- INV: one row holds per member and event; changes append the next revision
CREATE TABLE attendances (
  id INTEGER NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events,
  person_id BIGINT NOT NULL REFERENCES persons,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('present', 'late', 'left_early', 'leave_official', 'leave_sick', 'leave_private', 'absent', 'remote', 'home_visit', 'makeup', 'void')),
  minutes INTEGER NOT NULL CHECK (minutes >= 0),
  method TEXT NOT NULL CHECK (method IN ('code', 'list', 'clerk', 'video')),
  -- what made up for it
  via_event_id BIGINT,
  via_lecture_id BIGINT,
  recorded_by BIGINT NOT NULL REFERENCES accounts,
  -- the clerk's account, where a clerk entered what the member did
  acted_by BIGINT,
  day DATE NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (event_id, person_id, revision)
);
CREATE INDEX attendances_person ON attendances (person_id, id);
CREATE TRIGGER attendances_no_update BEFORE UPDATE ON attendances BEGIN SELECT RAISE(ABORT, 'attendances is append-only'); END;
CREATE TRIGGER attendances_no_delete BEFORE DELETE ON attendances BEGIN SELECT RAISE(ABORT, 'attendances is append-only'); END;
-- the row that holds, for each member and event
CREATE TABLE attendance_heads (
  event_id BIGINT NOT NULL REFERENCES events,
  person_id BIGINT NOT NULL REFERENCES persons,
  attendance_id BIGINT NOT NULL REFERENCES attendances,
  revision INTEGER NOT NULL,
  status TEXT NOT NULL,
  minutes INTEGER NOT NULL,
  day DATE NOT NULL,
  PRIMARY KEY (event_id, person_id)
);
CREATE INDEX attendance_heads_person ON attendance_heads (person_id, day);
-- guesses of a code; a member has five a minute
CREATE TABLE code_tries (
  event_id BIGINT NOT NULL REFERENCES events ON DELETE CASCADE,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  minute BIGINT NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (event_id, person_id)
);
-- the private address of a calendar is made of this number; the next one ends the old address
CREATE TABLE calendar_feeds (
  person_id BIGINT NOT NULL PRIMARY KEY REFERENCES persons,
  generation INTEGER NOT NULL
);
-- One screen that plays for a list of people. It has a clock of its own, as a person has for single viewing.
CREATE TABLE viewings (
  event_id BIGINT NOT NULL PRIMARY KEY REFERENCES events,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  host_id BIGINT NOT NULL REFERENCES accounts,
  session_id TEXT NOT NULL,
  play TEXT NOT NULL,
  budget_ms BIGINT NOT NULL,
  at TIMESTAMP NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  beat_at TIMESTAMP NOT NULL,
  seq BIGINT NOT NULL,
  is_plain BOOLEAN NOT NULL,
  seen BLOB NOT NULL,
  seconds INTEGER NOT NULL,
  length_s INTEGER NOT NULL,
  last_ms INTEGER NOT NULL,
  completed_at TIMESTAMP,
  ended_at TIMESTAMP
);
-- nobody hosts two at once
CREATE UNIQUE INDEX viewings_open ON viewings (host_id) WHERE ended_at IS NULL;
-- who sits in front of the screen; a person sits in front of one at a time
CREATE TABLE viewers (
  event_id BIGINT NOT NULL REFERENCES viewings,
  person_id BIGINT NOT NULL REFERENCES persons,
  is_open BOOLEAN NOT NULL,
  -- of the recording, when the person came: what was played before is not theirs
  joined_s INTEGER NOT NULL,
  signed_by BIGINT NOT NULL REFERENCES accounts,
  signed_at TIMESTAMP NOT NULL,
  PRIMARY KEY (event_id, person_id)
);
CREATE UNIQUE INDEX viewers_open ON viewers (person_id) WHERE is_open;
-- Proofs of viewing, now also in a group; one of each kind a recording. Append-only.
DROP INDEX completions_lecture;
ALTER TABLE completions RENAME TO old_completions;
CREATE TABLE completions (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  kind TEXT NOT NULL CHECK (kind IN ('online', 'group', 'visit')),
  event_id BIGINT REFERENCES events,
  acted_by BIGINT REFERENCES accounts,
  completed_at TIMESTAMP NOT NULL,
  -- what was credited, of how much, and the share that was asked for, in per cent
  seconds INTEGER NOT NULL,
  length_s INTEGER NOT NULL,
  threshold INTEGER NOT NULL,
  -- the version of the rule
  rule TEXT NOT NULL,
  -- one more than were taken back before it
  number INTEGER NOT NULL DEFAULT 1,
  UNIQUE (person_id, lecture_id, media_id, kind, number)
);
INSERT INTO completions (id, person_id, lecture_id, media_id, kind, acted_by, completed_at, seconds, length_s, threshold, rule)
  SELECT id, person_id, lecture_id, media_id, kind, acted_by, completed_at, seconds, length_s, threshold, rule FROM old_completions;
DROP TABLE old_completions;
CREATE INDEX completions_lecture ON completions (lecture_id, person_id);
CREATE TRIGGER completions_no_update BEFORE UPDATE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;
CREATE TRIGGER completions_no_delete BEFORE DELETE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;
-- a proof that a decided dispute took back
CREATE TABLE completion_reversals (
  completion_id BIGINT NOT NULL PRIMARY KEY REFERENCES completions,
  case_id BIGINT NOT NULL REFERENCES cases,
  reversed_at TIMESTAMP NOT NULL
);
CREATE TRIGGER completion_reversals_no_update BEFORE UPDATE ON completion_reversals BEGIN SELECT RAISE(ABORT, 'completion_reversals is append-only'); END;
CREATE TRIGGER completion_reversals_no_delete BEFORE DELETE ON completion_reversals BEGIN SELECT RAISE(ABORT, 'completion_reversals is append-only'); END;
