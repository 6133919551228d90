-- What members say of lectures. domain.md 4.4 and 5.6: a proof of viewing, one rating a member and lecture, anonymous to
-- everybody who reads a page.
--
-- A suspicion of a detector, with the numbers that people decide by. It names sets of ratings, never persons.
CREATE TABLE rating_flags (
  id INTEGER NOT NULL PRIMARY KEY,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  detector TEXT NOT NULL CHECK (detector IN ('block', 'burst', 'run')),
  -- what is suspected, in a word: the same suspicion is open once
  mark TEXT NOT NULL,
  -- the ratings that it is about: all conditions that are given hold
  branch_id BIGINT REFERENCES orgs,
  day DATE,
  slot INTEGER,
  stars INTEGER,
  from_id BIGINT NOT NULL,
  to_id BIGINT NOT NULL,
  -- all counted ratings of the lecture and those of the set; the share that was expected, in millionths; how likely it was
  votes INTEGER NOT NULL,
  of_set INTEGER NOT NULL,
  expected INTEGER NOT NULL,
  chance TEXT NOT NULL,
  -- means in thousandths of a star: of all, without the set, and with the set held to its cap
  mean INTEGER NOT NULL,
  mean_of_others INTEGER NOT NULL,
  capped INTEGER NOT NULL,
  opened_at TIMESTAMP NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'dismissed', 'confirmed')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  note TEXT NOT NULL DEFAULT '',
  CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX rating_flags_open ON rating_flags (lecture_id, mark) WHERE state = 'open';
CREATE INDEX rating_flags_list ON rating_flags (state, id);
CREATE INDEX rating_flags_lecture ON rating_flags (lecture_id, mark, id);
-- Ratings that do not count, by two people: one proposes, another one confirms. They stay stored.
CREATE TABLE rating_exclusions (
  id INTEGER NOT NULL PRIMARY KEY,
  flag_id BIGINT NOT NULL REFERENCES rating_flags,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  -- announced on the page of the lecture
  reason TEXT NOT NULL,
  proposed_by BIGINT NOT NULL REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  verdict TEXT CHECK (verdict IN ('confirmed', 'refused')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  -- how many ratings it took
  taken INTEGER NOT NULL DEFAULT 0,
  CHECK ((verdict IS NULL) = (decided_by IS NULL)),
  CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX rating_exclusions_one ON rating_exclusions (flag_id) WHERE verdict IS NULL OR verdict = 'confirmed';
CREATE INDEX rating_exclusions_lecture ON rating_exclusions (lecture_id, id);
-- The rating that holds, one a member and lecture. Who gave it is not here.
CREATE TABLE ratings (
  id INTEGER NOT NULL PRIMARY KEY,
  -- HMAC of member and lecture
  rater_key BLOB NOT NULL UNIQUE,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  stars INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  -- words with blanks between
  tags TEXT NOT NULL,
  -- the kind of the completion that it rests on, and the branch at that time: for the number of branches and for flags
  proof TEXT NOT NULL,
  branch_id BIGINT REFERENCES orgs,
  first_on DATE NOT NULL,
  day DATE NOT NULL,
  -- ten minutes of the day, counted from its beginning: a moment would name somebody who is seen elsewhere at it
  slot INTEGER NOT NULL CHECK (slot BETWEEN 0 AND 143),
  version INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('counted', 'excluded', 'withdrawn')),
  exclusion_id BIGINT REFERENCES rating_exclusions
);
CREATE INDEX ratings_counted ON ratings (status, lecture_id, stars, branch_id);
CREATE INDEX ratings_exclusion ON ratings (exclusion_id) WHERE exclusion_id IS NOT NULL;
-- Every version of every rating. Append-only.
CREATE TABLE rating_versions (
  id INTEGER NOT NULL PRIMARY KEY,
  rating_id BIGINT NOT NULL REFERENCES ratings,
  version INTEGER NOT NULL,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  stars INTEGER NOT NULL,
  tags TEXT NOT NULL,
  status TEXT NOT NULL,
  -- a clerk typed it; who, is in the record of the member
  is_acted BOOLEAN NOT NULL,
  day DATE NOT NULL,
  slot INTEGER NOT NULL,
  UNIQUE (rating_id, version)
);
-- One voice a member and instructor: a rating speaks in a voice of each lecturer of the lecture.
CREATE TABLE rating_voices (
  instructor_id BIGINT NOT NULL REFERENCES instructors,
  -- HMAC of member and instructor
  voice_key BLOB NOT NULL,
  rating_id BIGINT NOT NULL REFERENCES ratings,
  -- as the rating says
  stars INTEGER NOT NULL,
  branch_id BIGINT REFERENCES orgs,
  is_counted BOOLEAN NOT NULL,
  PRIMARY KEY (instructor_id, voice_key, rating_id)
);
CREATE INDEX rating_voices_counted ON rating_voices (is_counted, instructor_id, voice_key, stars);
CREATE INDEX rating_voices_branch ON rating_voices (is_counted, instructor_id, branch_id);
CREATE INDEX rating_voices_rating ON rating_voices (rating_id);
-- Who gave a rating. Read by nothing but an unmask decision of two persons, and deleted after 180 days (INV-R4).
CREATE TABLE rating_keys (
  rater_key BLOB NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  made_on DATE NOT NULL
);
CREATE INDEX rating_keys_day ON rating_keys (made_on);
-- What somebody wrote. Nobody edits it; a changed comment is another row.
CREATE TABLE rating_texts (
  id INTEGER NOT NULL PRIMARY KEY,
  rating_id BIGINT NOT NULL REFERENCES ratings,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  text TEXT NOT NULL,
  -- the list of words stopped it: people look at it first
  is_held BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'shown', 'hidden', 'replaced')),
  -- why it is hidden, for its author
  reason TEXT NOT NULL DEFAULT '',
  -- its author asked for another look
  is_asked_again BOOLEAN NOT NULL DEFAULT FALSE,
  written_on DATE NOT NULL,
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP
);
CREATE UNIQUE INDEX rating_texts_one ON rating_texts (rating_id) WHERE state <> 'replaced';
CREATE INDEX rating_texts_queue ON rating_texts (state, is_held DESC, id);
CREATE INDEX rating_texts_lecture ON rating_texts (lecture_id, state, id);
-- What was decided about a comment. Append-only.
CREATE TABLE rating_text_decisions (
  id INTEGER NOT NULL PRIMARY KEY,
  text_id BIGINT NOT NULL REFERENCES rating_texts,
  state TEXT NOT NULL CHECK (state IN ('shown', 'hidden')),
  reason TEXT NOT NULL,
  decided_by BIGINT NOT NULL REFERENCES accounts,
  decided_at TIMESTAMP NOT NULL
);
CREATE INDEX rating_text_decisions_text ON rating_text_decisions (text_id, id);
-- The lecturer's word under a comment, once.
CREATE TABLE rating_replies (
  text_id BIGINT NOT NULL PRIMARY KEY REFERENCES rating_texts,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  replied_by BIGINT NOT NULL REFERENCES accounts,
  text TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'shown', 'hidden')),
  reason TEXT NOT NULL DEFAULT '',
  replied_at TIMESTAMP NOT NULL,
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP
);
CREATE INDEX rating_replies_queue ON rating_replies (state, text_id);
-- Who wrote a comment is told only where two people decide so.
CREATE TABLE rating_unmasks (
  id INTEGER NOT NULL PRIMARY KEY,
  text_id BIGINT NOT NULL REFERENCES rating_texts,
  reason TEXT NOT NULL,
  proposed_by BIGINT NOT NULL REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  verdict TEXT CHECK (verdict IN ('confirmed', 'refused')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  CHECK ((verdict IS NULL) = (decided_by IS NULL)),
  CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX rating_unmasks_one ON rating_unmasks (text_id) WHERE verdict IS NULL OR verdict = 'confirmed';
-- The mean of all counted stars of the city, once a day: what scores are drawn to.
CREATE TABLE city_means (
  day DATE NOT NULL PRIMARY KEY,
  total BIGINT NOT NULL,
  votes BIGINT NOT NULL,
  as_of TIMESTAMP NOT NULL
);
-- What pages show of the ratings of a lecture and of an instructor: counted by the worker, never by a page.
CREATE TABLE lecture_ratings (
  lecture_id BIGINT NOT NULL PRIMARY KEY REFERENCES lectures,
  votes INTEGER NOT NULL,
  ones INTEGER NOT NULL,
  twos INTEGER NOT NULL,
  threes INTEGER NOT NULL,
  fours INTEGER NOT NULL,
  fives INTEGER NOT NULL,
  branches INTEGER NOT NULL,
  apart INTEGER NOT NULL,
  -- empty below the minimum; the ends of the interval and the city's mean, as they are read
  score TEXT NOT NULL,
  low TEXT NOT NULL,
  high TEXT NOT NULL,
  city TEXT NOT NULL,
  as_of TIMESTAMP NOT NULL
);
CREATE TABLE instructor_ratings (
  instructor_id BIGINT NOT NULL PRIMARY KEY REFERENCES instructors,
  -- members, and the ratings that they gave
  voices INTEGER NOT NULL,
  votes INTEGER NOT NULL,
  branches INTEGER NOT NULL,
  apart INTEGER NOT NULL,
  score TEXT NOT NULL,
  low TEXT NOT NULL,
  high TEXT NOT NULL,
  city TEXT NOT NULL,
  as_of TIMESTAMP NOT NULL
);
CREATE TRIGGER rating_versions_no_update BEFORE UPDATE ON rating_versions BEGIN SELECT RAISE(ABORT, 'rating_versions is append-only'); END;
CREATE TRIGGER rating_versions_no_delete BEFORE DELETE ON rating_versions BEGIN SELECT RAISE(ABORT, 'rating_versions is append-only'); END;
CREATE TRIGGER rating_text_decisions_no_update BEFORE UPDATE ON rating_text_decisions BEGIN SELECT RAISE(ABORT, 'rating_text_decisions is append-only'); END;
CREATE TRIGGER rating_text_decisions_no_delete BEFORE DELETE ON rating_text_decisions BEGIN SELECT RAISE(ABORT, 'rating_text_decisions is append-only'); END;
-- Nothing that somebody said is deleted, and nobody's words are changed.
CREATE TRIGGER ratings_no_delete BEFORE DELETE ON ratings BEGIN SELECT RAISE(ABORT, 'ratings is never deleted'); END;
CREATE TRIGGER rating_voices_no_delete BEFORE DELETE ON rating_voices BEGIN SELECT RAISE(ABORT, 'rating_voices is never deleted'); END;
CREATE TRIGGER rating_texts_no_delete BEFORE DELETE ON rating_texts BEGIN SELECT RAISE(ABORT, 'rating_texts is never deleted'); END;
CREATE TRIGGER rating_replies_no_delete BEFORE DELETE ON rating_replies BEGIN SELECT RAISE(ABORT, 'rating_replies is never deleted'); END;
CREATE TRIGGER rating_flags_no_delete BEFORE DELETE ON rating_flags BEGIN SELECT RAISE(ABORT, 'rating_flags is never deleted'); END;
CREATE TRIGGER rating_exclusions_no_delete BEFORE DELETE ON rating_exclusions BEGIN SELECT RAISE(ABORT, 'rating_exclusions is never deleted'); END;
CREATE TRIGGER rating_unmasks_no_delete BEFORE DELETE ON rating_unmasks BEGIN SELECT RAISE(ABORT, 'rating_unmasks is never deleted'); END;
CREATE TRIGGER rating_texts_no_edit BEFORE UPDATE OF text ON rating_texts BEGIN SELECT RAISE(ABORT, 'nobody edits a comment'); END;
CREATE TRIGGER rating_replies_no_edit BEFORE UPDATE OF text ON rating_replies BEGIN SELECT RAISE(ABORT, 'nobody edits a reply'); END;
CREATE TRIGGER rating_keys_no_update BEFORE UPDATE ON rating_keys BEGIN SELECT RAISE(ABORT, 'a key stays its person''s'); END;
CREATE TRIGGER lecture_ratings_shown_insert AFTER INSERT ON lecture_ratings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER lecture_ratings_shown_update AFTER UPDATE ON lecture_ratings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER lecture_ratings_shown_delete AFTER DELETE ON lecture_ratings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER instructor_ratings_shown_insert AFTER INSERT ON instructor_ratings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER instructor_ratings_shown_update AFTER UPDATE ON instructor_ratings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER instructor_ratings_shown_delete AFTER DELETE ON instructor_ratings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_exclusions_shown_insert AFTER INSERT ON rating_exclusions BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_exclusions_shown_update AFTER UPDATE ON rating_exclusions BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_exclusions_shown_delete AFTER DELETE ON rating_exclusions BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
-- A comment is nothing to a visitor before it is shown.
CREATE TRIGGER rating_texts_shown_insert AFTER INSERT ON rating_texts WHEN NEW.state = 'shown' BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_texts_shown_update AFTER UPDATE ON rating_texts WHEN OLD.state = 'shown' OR NEW.state = 'shown' BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_replies_shown_insert AFTER INSERT ON rating_replies WHEN NEW.state = 'shown' BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_replies_shown_update AFTER UPDATE ON rating_replies WHEN OLD.state = 'shown' OR NEW.state = 'shown' BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
