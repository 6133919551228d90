-- Complaints and suggestions from the footer of every page.
CREATE TABLE feedback (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('complaint', 'suggestion')),
  text TEXT NOT NULL,
  contact TEXT NOT NULL,
  about_path TEXT NOT NULL,
  account_id BIGINT REFERENCES accounts,
  -- the member, where a clerk wrote it down
  for_person_id BIGINT REFERENCES persons,
  sent_at TIMESTAMP NOT NULL,
  idem_key TEXT NOT NULL UNIQUE,
  handled_by BIGINT REFERENCES accounts,
  handled_at TIMESTAMP
);
CREATE INDEX feedback_open ON feedback (handled_at, id);
