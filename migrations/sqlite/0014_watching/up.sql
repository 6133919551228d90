-- Watching, measured by the server. domain.md 4.2 (ViewLog), media.md 4.4.
--
-- One time budget a person, and the play that may spend it. One row a person: nobody is credited twice at once.
CREATE TABLE watch_clocks (
  person_id BIGINT NOT NULL PRIMARY KEY REFERENCES persons,
  -- what may be credited, in milliseconds, as it was at the moment beside it
  budget_ms BIGINT NOT NULL,
  at TIMESTAMP NOT NULL,
  -- the digest of the key of the play; an older play of the person is over
  play TEXT NOT NULL,
  -- the sign-in that opened it: it ends with it
  session_id TEXT NOT NULL,
  account_id BIGINT NOT NULL REFERENCES accounts,
  -- somebody acts for the person
  is_acted BOOLEAN NOT NULL,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  -- the number of the last beat, and when it came; when the play was opened
  seq BIGINT NOT NULL,
  beat_at TIMESTAMP NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  -- without JavaScript: two posts instead of beats
  is_plain BOOLEAN NOT NULL
);
-- Which seconds of a recording a person was credited with.
CREATE TABLE watches (
  person_id BIGINT NOT NULL REFERENCES persons,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  -- one bit a second, the first in the lowest place of the first byte
  seen BLOB NOT NULL,
  seconds INTEGER NOT NULL,
  length_s INTEGER NOT NULL,
  -- where the person was last
  last_ms INTEGER NOT NULL,
  first_at TIMESTAMP NOT NULL,
  last_at TIMESTAMP NOT NULL,
  completed_at TIMESTAMP,
  PRIMARY KEY (person_id, lecture_id, media_id),
  CHECK (0 <= seconds AND seconds <= length_s)
);
-- Proofs of viewing: what ratings and coverage ask for. Append-only.
CREATE TABLE completions (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  media_id BIGINT NOT NULL REFERENCES media,
  kind TEXT NOT NULL CHECK (kind IN ('online')),
  acted_by BIGINT REFERENCES accounts,
  completed_at TIMESTAMP NOT NULL,
  -- what was credited, of how much, and the share that was asked for, in per cent
  seconds INTEGER NOT NULL,
  length_s INTEGER NOT NULL,
  threshold INTEGER NOT NULL,
  -- the version of the rule
  rule TEXT NOT NULL,
  UNIQUE (person_id, lecture_id, media_id)
);
CREATE INDEX completions_lecture ON completions (lecture_id, person_id);
CREATE TRIGGER completions_no_update BEFORE UPDATE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;
CREATE TRIGGER completions_no_delete BEFORE DELETE ON completions BEGIN SELECT RAISE(ABORT, 'completions is append-only'); END;
