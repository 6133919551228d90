-- Self-tests: banks of questions, tests drawn from them, attempts.
CREATE TABLE banks (
  id INTEGER NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  -- what it belongs to; neither: by itself
  booklet_id BIGINT REFERENCES booklets,
  course_id BIGINT REFERENCES courses,
  author_id BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  -- kept by adding and retiring questions
  question_count INTEGER NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE TABLE bank_questions (
  id INTEGER NOT NULL PRIMARY KEY,
  bank_id BIGINT NOT NULL REFERENCES banks ON DELETE CASCADE,
  -- names it in files that go out and come back
  code TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('single', 'multiple', 'boolean', 'fill')),
  stem TEXT NOT NULL,
  explanation TEXT NOT NULL,
  -- of the booklet
  chapter INTEGER,
  is_active BOOLEAN NOT NULL,
  revision INTEGER NOT NULL,
  changed_by BIGINT NOT NULL REFERENCES accounts,
  changed_at TIMESTAMP NOT NULL,
  UNIQUE (bank_id, code)
);
CREATE INDEX bank_questions_active ON bank_questions (bank_id, is_active, id);
-- choices; of a question to fill in: the answers that are right
CREATE TABLE bank_choices (
  question_id BIGINT NOT NULL REFERENCES bank_questions ON DELETE CASCADE,
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  is_right BOOLEAN NOT NULL,
  PRIMARY KEY (question_id, position)
);
CREATE TABLE tests (
  id INTEGER NOT NULL PRIMARY KEY,
  bank_id BIGINT NOT NULL REFERENCES banks,
  title TEXT NOT NULL,
  -- only questions of this chapter
  chapter INTEGER,
  question_count INTEGER NOT NULL CHECK (question_count >= 1),
  -- of right answers, in per cent
  pass_share INTEGER NOT NULL CHECK (pass_share BETWEEN 0 AND 100),
  -- NULL: as long as it takes
  minutes INTEGER CHECK (minutes >= 1),
  feedback TEXT NOT NULL CHECK (feedback IN ('immediate', 'final')),
  -- NULL: as often as wanted
  most_attempts INTEGER CHECK (most_attempts >= 1),
  is_open BOOLEAN NOT NULL,
  revision INTEGER NOT NULL,
  created_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX tests_bank ON tests (bank_id, id);
CREATE TABLE attempts (
  id INTEGER NOT NULL PRIMARY KEY,
  -- NULL: the own wrong answers once more
  test_id BIGINT REFERENCES tests,
  person_id BIGINT NOT NULL REFERENCES persons,
  acted_by BIGINT REFERENCES accounts,
  started_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP,
  submitted_at TIMESTAMP,
  question_count INTEGER NOT NULL,
  right_count INTEGER NOT NULL,
  is_passed BOOLEAN NOT NULL,
  -- as they were when it began
  pass_share INTEGER NOT NULL,
  feedback TEXT NOT NULL
);
CREATE UNIQUE INDEX attempts_open ON attempts (person_id, COALESCE(test_id, 0)) WHERE submitted_at IS NULL;
CREATE INDEX attempts_person ON attempts (person_id, test_id, id);
-- what study follows: tests as they are handed in
CREATE INDEX attempts_submitted ON attempts (submitted_at, id) WHERE submitted_at IS NOT NULL;
CREATE TABLE attempt_answers (
  attempt_id BIGINT NOT NULL REFERENCES attempts ON DELETE CASCADE,
  position INTEGER NOT NULL,
  question_id BIGINT NOT NULL REFERENCES bank_questions,
  -- the question as it was asked, with its choices in their order: JSON
  paper TEXT NOT NULL,
  answer TEXT NOT NULL,
  answered_at TIMESTAMP,
  -- said once the reader may know
  is_right BOOLEAN,
  PRIMARY KEY (attempt_id, position)
);
CREATE TABLE wrong_answers (
  person_id BIGINT NOT NULL REFERENCES persons,
  question_id BIGINT NOT NULL REFERENCES bank_questions,
  wrong_count INTEGER NOT NULL,
  -- right ones since the last wrong one; two and it leaves the book
  right_streak INTEGER NOT NULL,
  last_at TIMESTAMP NOT NULL,
  PRIMARY KEY (person_id, question_id)
);
CREATE TRIGGER banks_shown_insert AFTER INSERT ON banks BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER banks_shown_update AFTER UPDATE ON banks BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER banks_shown_delete AFTER DELETE ON banks BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER tests_shown_insert AFTER INSERT ON tests BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER tests_shown_update AFTER UPDATE ON tests BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER tests_shown_delete AFTER DELETE ON tests BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
