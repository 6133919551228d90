-- From a file that somebody sends to a lecture that plays: uploads, the work on them, what came of it, and the way of a new
-- recording to the public. domain.md 4.2, media.md.
--
-- What a recording is made of in the media store, beside the two files that its row in media names.
CREATE TABLE streams (
  media_id BIGINT NOT NULL PRIMARY KEY REFERENCES media,
  -- all its files stand under this random word
  folder TEXT NOT NULL UNIQUE,
  -- a master playlist for streaming is there
  has_hls BOOLEAN NOT NULL,
  -- the heights of its pictures, the best first, divided by spaces
  heights TEXT NOT NULL,
  has_sound BOOLEAN NOT NULL,
  -- pictures to choose from; 0: none
  posters INTEGER NOT NULL,
  -- the chosen one, from 1; 0: none
  poster INTEGER NOT NULL,
  -- one picture of the storyboard in so many milliseconds; 0: none
  story_every_ms INTEGER NOT NULL,
  story_tiles INTEGER NOT NULL
);
CREATE TRIGGER streams_shown_insert AFTER INSERT ON streams BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER streams_shown_update AFTER UPDATE ON streams BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER streams_shown_delete AFTER DELETE ON streams BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TABLE uploads (
  -- the unguessable part of its address
  id TEXT NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES accounts,
  -- NULL: created by a client that knows of no lecture
  lecture_id BIGINT REFERENCES lectures,
  -- in bytes; NULL: not known yet
  length BIGINT CHECK (length >= 0),
  -- what the client said of it, as sent
  metadata TEXT NOT NULL,
  -- the name of the file, for people
  name TEXT NOT NULL,
  -- name, size, time and first bytes of the file, by which a browser knows it again
  fingerprint TEXT NOT NULL,
  -- the folder of unfinished uploads in which its bytes are: a server's own
  place TEXT NOT NULL,
  -- what concatenation says of it, as sent; empty: nothing
  concat TEXT NOT NULL,
  -- gone: ended, expired or taken over by the recording that it became
  state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'gone')),
  created_at TIMESTAMP NOT NULL,
  expires_at TIMESTAMP NOT NULL
);
CREATE INDEX uploads_account ON uploads (account_id, state);
CREATE INDEX uploads_lecture ON uploads (lecture_id, state);
CREATE INDEX uploads_expiry ON uploads (state, expires_at);
CREATE TABLE recordings (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  -- counted from 1 in its lecture
  number INTEGER NOT NULL,
  -- where in the media store what was sent is kept
  folder TEXT NOT NULL UNIQUE,
  -- the upload that it was
  upload_id TEXT NOT NULL UNIQUE REFERENCES uploads,
  -- what was sent is still kept
  has_original BOOLEAN NOT NULL,
  -- the name of the file that was sent, for people
  name TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'working', 'ready', 'failed', 'cancelled')),
  -- of the work: which step, and how much of all of it, in thousandths
  step TEXT NOT NULL,
  progress INTEGER NOT NULL,
  -- why it failed, for the instructor: a message and its values, as JSON; empty: it did not
  problem TEXT NOT NULL,
  media_id BIGINT REFERENCES media,
  sent_by BIGINT NOT NULL REFERENCES accounts,
  sent_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP,
  UNIQUE (lecture_id, number),
  CHECK ((state = 'ready') = (media_id IS NOT NULL))
);
CREATE INDEX recordings_originals ON recordings (has_original, ended_at);
CREATE TABLE jobs (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  -- the row that it is about
  subject BIGINT NOT NULL,
  -- the folder of uploads that it needs, so the server that can do it; NULL: any
  place TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  -- larger goes first
  priority INTEGER NOT NULL,
  run_after TIMESTAMP NOT NULL,
  attempts INTEGER NOT NULL,
  -- who does it, until when they must have said so again; the fence tells an older claim from the present one
  worker TEXT NOT NULL,
  lease_until TIMESTAMP NOT NULL,
  fence BIGINT NOT NULL,
  -- the last failure, for administrators
  problem TEXT NOT NULL,
  created_at TIMESTAMP NOT NULL,
  ended_at TIMESTAMP
);
CREATE INDEX jobs_next ON jobs (state, priority DESC, id);
CREATE INDEX jobs_subject ON jobs (kind, subject);
-- one unfinished job of a kind about a row
CREATE UNIQUE INDEX jobs_open ON jobs (kind, subject) WHERE state IN ('queued', 'running');
-- A new recording of a lecture that is published: reviewed beside it, and in its place when two people passed it.
CREATE TABLE revisions (
  lecture_id BIGINT NOT NULL PRIMARY KEY REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  stage TEXT NOT NULL CHECK (stage IN ('draft', 'in_review')),
  opened_at TIMESTAMP NOT NULL
);
CREATE INDEX revisions_stage ON revisions (stage);
-- Recordings that were the public one, with the days.
CREATE TABLE editions (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  version INTEGER NOT NULL,
  media_id BIGINT NOT NULL REFERENCES media,
  published_by BIGINT NOT NULL REFERENCES accounts,
  published_at TIMESTAMP NOT NULL,
  UNIQUE (lecture_id, version)
);
CREATE TRIGGER editions_no_update BEFORE UPDATE ON editions BEGIN SELECT RAISE(ABORT, 'editions is append-only'); END;
CREATE TRIGGER editions_no_delete BEFORE DELETE ON editions BEGIN SELECT RAISE(ABORT, 'editions is append-only'); END;
-- What a reviewer says, of a moment or of the whole; append-only.
CREATE TABLE review_remarks (
  id INTEGER NOT NULL PRIMARY KEY,
  review_id BIGINT NOT NULL REFERENCES lecture_reviews,
  -- NULL: of the whole
  at_ms INTEGER CHECK (at_ms >= 0),
  text TEXT NOT NULL
);
CREATE INDEX review_remarks_review ON review_remarks (review_id, id);
CREATE TRIGGER review_remarks_no_update BEFORE UPDATE ON review_remarks BEGIN SELECT RAISE(ABORT, 'review_remarks is append-only'); END;
CREATE TRIGGER review_remarks_no_delete BEFORE DELETE ON review_remarks BEGIN SELECT RAISE(ABORT, 'review_remarks is append-only'); END;
CREATE TABLE withdrawals (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  -- shown in the lecture's place
  reason TEXT NOT NULL,
  withdrawn_by BIGINT NOT NULL REFERENCES accounts,
  withdrawn_at TIMESTAMP NOT NULL
);
CREATE INDEX withdrawals_lecture ON withdrawals (lecture_id, id);
CREATE TRIGGER withdrawals_no_update BEFORE UPDATE ON withdrawals BEGIN SELECT RAISE(ABORT, 'withdrawals is append-only'); END;
CREATE TRIGGER withdrawals_no_delete BEFORE DELETE ON withdrawals BEGIN SELECT RAISE(ABORT, 'withdrawals is append-only'); END;
CREATE TRIGGER withdrawals_shown_insert AFTER INSERT ON withdrawals BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER withdrawals_shown_update AFTER UPDATE ON withdrawals BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER withdrawals_shown_delete AFTER DELETE ON withdrawals BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
-- Every text of the captions that was ever saved, as WebVTT; the newest is in cues too. Append-only.
CREATE TABLE caption_saves (
  id INTEGER NOT NULL PRIMARY KEY,
  media_id BIGINT NOT NULL REFERENCES media,
  vtt TEXT NOT NULL,
  saved_by BIGINT NOT NULL REFERENCES accounts,
  saved_at TIMESTAMP NOT NULL
);
CREATE INDEX caption_saves_media ON caption_saves (media_id, id);
CREATE TRIGGER caption_saves_no_update BEFORE UPDATE ON caption_saves BEGIN SELECT RAISE(ABORT, 'caption_saves is append-only'); END;
CREATE TRIGGER caption_saves_no_delete BEFORE DELETE ON caption_saves BEGIN SELECT RAISE(ABORT, 'caption_saves is append-only'); END;
