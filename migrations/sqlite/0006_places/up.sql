-- Training bases, experience platforms, and portraits of people at work.
CREATE TABLE bases (
  id INTEGER NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('base', 'platform')),
  name TEXT NOT NULL,
  topic_id BIGINT NOT NULL REFERENCES topics,
  intro TEXT NOT NULL,
  body TEXT NOT NULL,
  district TEXT NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity > 0),
  hours TEXT NOT NULL,
  route TEXT NOT NULL,
  access_note TEXT NOT NULL,
  cover TEXT NOT NULL,
  position INTEGER NOT NULL UNIQUE
);
CREATE TABLE stories (
  id INTEGER NOT NULL PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  person_name TEXT NOT NULL,
  field TEXT NOT NULL,
  post TEXT NOT NULL,
  title TEXT NOT NULL,
  lead TEXT NOT NULL,
  body TEXT NOT NULL,
  cover TEXT NOT NULL,
  -- the portrayed person agreed to be named
  agreed_at TIMESTAMP NOT NULL,
  published_at TIMESTAMP NOT NULL,
  position INTEGER NOT NULL UNIQUE
);
