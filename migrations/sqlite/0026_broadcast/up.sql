-- The broadcast: winners' lectures into schools and channels. domain.md 4.10.
CREATE TABLE broadcast_plans (
  id INTEGER NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  about TEXT NOT NULL,
  from_day DATE NOT NULL,
  -- the first day on which it is over
  to_day DATE NOT NULL CHECK (to_day > from_day),
  state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'closed')),
  -- lectures for schools, and cells (lecture, school) that a confirmed screening covers: kept by what is done
  item_count INTEGER NOT NULL CHECK (item_count >= 0),
  covered INTEGER NOT NULL CHECK (covered >= 0),
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  published_at TIMESTAMP,
  closed_at TIMESTAMP,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX broadcast_plans_state ON broadcast_plans (state, from_day, id);
CREATE TABLE broadcast_items (
  id INTEGER NOT NULL PRIMARY KEY,
  plan_id BIGINT NOT NULL REFERENCES broadcast_plans,
  lecture_id BIGINT NOT NULL REFERENCES lectures,
  channel TEXT NOT NULL CHECK (channel IN ('school', 'wechat', 'tv', 'hall')),
  position INTEGER NOT NULL,
  -- schools with a confirmed screening
  covered INTEGER NOT NULL CHECK (covered >= 0),
  UNIQUE (plan_id, channel, lecture_id)
);
CREATE INDEX broadcast_items_plan ON broadcast_items (plan_id, position, id);
-- A lecture on the screen of a school, [starts_at, ends_at).
CREATE TABLE screenings (
  id INTEGER NOT NULL PRIMARY KEY,
  plan_id BIGINT NOT NULL REFERENCES broadcast_plans,
  item_id BIGINT NOT NULL REFERENCES broadcast_items,
  school_id BIGINT NOT NULL REFERENCES schools,
  starts_at TIMESTAMP NOT NULL,
  ends_at TIMESTAMP NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'cancelled')),
  -- what the last confirmation says; 0: none
  revision INTEGER NOT NULL,
  is_confirmed BOOLEAN NOT NULL,
  present INTEGER NOT NULL CHECK (present >= 0),
  -- the group viewing that proves it, which proves no other screening
  event_id BIGINT UNIQUE REFERENCES events,
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  CHECK (ends_at > starts_at)
);
CREATE INDEX screenings_school ON screenings (school_id, starts_at);
CREATE INDEX screenings_cell ON screenings (plan_id, school_id, item_id);
CREATE INDEX screenings_item ON screenings (item_id, starts_at);
CREATE INDEX screenings_starts ON screenings (starts_at, id);
CREATE TRIGGER screenings_slot_insert BEFORE INSERT ON screenings WHEN NEW.state = 'planned' AND EXISTS (SELECT 1 FROM screenings s WHERE s.school_id = NEW.school_id AND s.state = 'planned' AND s.starts_at < NEW.ends_at AND s.ends_at > NEW.starts_at) BEGIN SELECT RAISE(ABORT, 'the slot is taken'); END;
CREATE TRIGGER screenings_slot_update BEFORE UPDATE OF school_id, starts_at, ends_at, state ON screenings WHEN NEW.state = 'planned' AND EXISTS (SELECT 1 FROM screenings s WHERE s.school_id = NEW.school_id AND s.id <> NEW.id AND s.state = 'planned' AND s.starts_at < NEW.ends_at AND s.ends_at > NEW.starts_at) BEGIN SELECT RAISE(ABORT, 'the slot is taken'); END;
-- Who said that it took place, with how many. The next one takes the place of the one before.
CREATE TABLE screening_confirmations (
  id INTEGER NOT NULL PRIMARY KEY,
  screening_id BIGINT NOT NULL REFERENCES screenings,
  revision INTEGER NOT NULL,
  -- by its group viewing, by a count and what shows it, or: it did not take place
  kind TEXT NOT NULL CHECK (kind IN ('viewing', 'count', 'none')),
  event_id BIGINT REFERENCES events,
  present INTEGER NOT NULL CHECK (present >= 0),
  recorded_by BIGINT NOT NULL REFERENCES accounts,
  recorded_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (screening_id, revision)
);
CREATE TRIGGER screening_confirmations_no_update BEFORE UPDATE ON screening_confirmations BEGIN SELECT RAISE(ABORT, 'screening_confirmations is append-only'); END;
CREATE TRIGGER screening_confirmations_no_delete BEFORE DELETE ON screening_confirmations BEGIN SELECT RAISE(ABORT, 'screening_confirmations is append-only'); END;
-- what somebody wrote to a confirmation: where the list is, who kept it
CREATE TABLE screening_notes (
  confirmation_id BIGINT NOT NULL PRIMARY KEY REFERENCES screening_confirmations,
  note TEXT NOT NULL
);
-- how many lectures of a plan a school has shown, kept by confirming; schools without a row have shown none
CREATE TABLE broadcast_schools (
  plan_id BIGINT NOT NULL REFERENCES broadcast_plans,
  school_id BIGINT NOT NULL REFERENCES schools,
  covered INTEGER NOT NULL CHECK (covered >= 0),
  PRIMARY KEY (plan_id, school_id)
);
-- Where else a lecture was shown. Reads are counters of the channel, typed in; nobody is ranked by them.
CREATE TABLE channel_records (
  id INTEGER NOT NULL PRIMARY KEY,
  item_id BIGINT NOT NULL REFERENCES broadcast_items,
  -- the number of the article; the programme; the hall
  name TEXT NOT NULL,
  address TEXT NOT NULL,
  at TIMESTAMP NOT NULL,
  reads_7 INTEGER CHECK (reads_7 >= 0),
  reads_30 INTEGER CHECK (reads_30 >= 0),
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX channel_records_item ON channel_records (item_id, at);
-- The address of a school's screen, which signs nobody in.
CREATE TABLE kiosks (
  id INTEGER NOT NULL PRIMARY KEY,
  school_id BIGINT NOT NULL REFERENCES schools,
  code TEXT NOT NULL UNIQUE,
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  withdrawn_at TIMESTAMP,
  -- when the screen last played something to its end
  seen_at TIMESTAMP
);
CREATE UNIQUE INDEX kiosks_open ON kiosks (school_id) WHERE withdrawn_at IS NULL;
-- how often a screen says that it has played this: a figure, no proof
CREATE TABLE kiosk_plays (
  screening_id BIGINT NOT NULL PRIMARY KEY REFERENCES screenings,
  plays INTEGER NOT NULL,
  last_at TIMESTAMP NOT NULL
);
