-- What a member is told, in the portal and by e-mail.
CREATE TABLE notices (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  kind TEXT NOT NULL CHECK (kind IN ('enrolment', 'promotion', 'session', 'due', 'message', 'case', 'record', 'attendance')),
  -- a sentence as lang::kept reads it
  title TEXT NOT NULL,
  -- what somebody wrote; empty where the portal itself speaks
  body TEXT NOT NULL,
  -- a path of the portal
  link TEXT NOT NULL,
  sent_by BIGINT REFERENCES accounts,
  at TIMESTAMP NOT NULL,
  -- the same fact is told once
  key TEXT NOT NULL UNIQUE,
  read_at TIMESTAMP,
  mailed_at TIMESTAMP
);
CREATE INDEX notices_person ON notices (person_id, id);
CREATE INDEX notices_unread ON notices (person_id) WHERE read_at IS NULL;
CREATE INDEX notices_unmailed ON notices (person_id) WHERE mailed_at IS NULL;
CREATE TABLE mail_addresses (
  person_id BIGINT NOT NULL PRIMARY KEY REFERENCES persons,
  address TEXT NOT NULL,
  -- the digest of the code that was sent to it; the code itself is nowhere but in the letter
  code_hash TEXT,
  -- when the code was made or while there is none asked for
  code_at TIMESTAMP,
  confirmed_at TIMESTAMP,
  is_on BOOLEAN NOT NULL,
  -- hours of the day in which nothing is sent, [from, to); equal: none
  quiet_from INTEGER NOT NULL CHECK (quiet_from BETWEEN 0 AND 23),
  quiet_to INTEGER NOT NULL CHECK (quiet_to BETWEEN 0 AND 23),
  lang TEXT NOT NULL,
  -- the day of the last digest: one a day at most
  digest_on DATE,
  -- tries of this letter that failed, and when to try again
  failures INTEGER NOT NULL DEFAULT 0,
  next_at TIMESTAMP
);
CREATE INDEX mail_addresses_on ON mail_addresses (digest_on) WHERE is_on;
-- confirmations that wait to be sent: asked for, and no code made yet
CREATE INDEX mail_addresses_asked ON mail_addresses (code_at) WHERE code_hash IS NULL AND confirmed_at IS NULL;
CREATE TABLE mail_sendings (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  kind TEXT NOT NULL CHECK (kind IN ('code', 'digest')),
  at TIMESTAMP NOT NULL,
  notice_count INTEGER NOT NULL,
  -- empty if the server took it
  problem TEXT NOT NULL
);
CREATE INDEX mail_sendings_person ON mail_sendings (person_id, id);
