-- Who is meant, what they are to study, who need not, and who brings it to them. Issue: audiences, study plans, coverage.
--
-- A saved rule over the roster. domain.md 4.1 (categories), product.md 12.
CREATE TABLE audiences (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  -- who made it: those in charge there change it, those below use it
  org_id BIGINT NOT NULL REFERENCES orgs,
  -- JSON, as audiences::Rule writes it
  rule TEXT NOT NULL,
  -- counted up by each save: who saves an older state is told
  revision INTEGER NOT NULL,
  created_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  archived_at TIMESTAMP,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX audiences_org ON audiences (org_id, id);
-- every rule that an audience ever had
CREATE TABLE audience_saves (
  id INTEGER NOT NULL PRIMARY KEY,
  audience_id BIGINT NOT NULL REFERENCES audiences,
  revision INTEGER NOT NULL,
  name TEXT NOT NULL,
  rule TEXT NOT NULL,
  saved_by BIGINT NOT NULL REFERENCES accounts,
  saved_at TIMESTAMP NOT NULL,
  UNIQUE (audience_id, revision)
);
-- What an audience is to study by when. Versions never change once they are in force.
CREATE TABLE study_plans (
  id INTEGER NOT NULL PRIMARY KEY,
  title TEXT NOT NULL CHECK (title <> ''),
  about TEXT NOT NULL,
  -- whose members it is for
  org_id BIGINT NOT NULL REFERENCES orgs,
  starts_on DATE NOT NULL,
  ends_on DATE NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft', 'published', 'ended', 'withdrawn')),
  -- the version in force; 0 before the first
  version INTEGER NOT NULL CHECK (version >= 0),
  -- the version that is written; equal to version while nothing is being changed
  draft_version INTEGER NOT NULL,
  -- who handed the draft in for the second person; NULL while it is written
  submitted_by BIGINT REFERENCES accounts,
  submitted_at TIMESTAMP,
  revision INTEGER NOT NULL,
  created_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  published_at TIMESTAMP,
  -- the last day of its figures, once it was ended or withdrawn
  closed_on DATE,
  key TEXT NOT NULL UNIQUE,
  CHECK ((state IN ('ended', 'withdrawn')) = (closed_on IS NOT NULL)),
  CHECK (ends_on >= starts_on),
  CHECK (draft_version >= version AND draft_version <= version + 1),
  CHECK (state = 'draft' OR version > 0)
);
CREATE INDEX study_plans_state ON study_plans (state, id);
CREATE INDEX study_plans_org ON study_plans (org_id, id);
CREATE TABLE plan_versions (
  plan_id BIGINT NOT NULL REFERENCES study_plans,
  version INTEGER NOT NULL CHECK (version > 0),
  -- the rule as it was then: a later change of the audience changes no plan by itself
  audience_id BIGINT REFERENCES audiences,
  rule TEXT NOT NULL,
  -- why it was changed
  reason TEXT NOT NULL,
  -- in force from this day; NULL while it is written
  valid_from DATE,
  published_by BIGINT REFERENCES accounts,
  made_by BIGINT NOT NULL REFERENCES accounts,
  PRIMARY KEY (plan_id, version),
  CHECK ((valid_from IS NULL) = (published_by IS NULL)),
  -- the second person
  CHECK (published_by IS NULL OR published_by <> made_by)
);
CREATE TABLE plan_items (
  id INTEGER NOT NULL PRIMARY KEY,
  plan_id BIGINT NOT NULL,
  version INTEGER NOT NULL,
  position INTEGER NOT NULL CHECK (position >= 1),
  -- names the same item in all versions: what was done belongs to it
  step TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('booklet', 'lecture', 'course', 'meeting')),
  title TEXT NOT NULL CHECK (title <> ''),
  booklet_id BIGINT REFERENCES booklets,
  lecture_id BIGINT REFERENCES lectures,
  course_id BIGINT REFERENCES courses,
  is_required BOOLEAN NOT NULL,
  due_on DATE NOT NULL,
  UNIQUE (plan_id, version, position),
  UNIQUE (plan_id, version, step),
  FOREIGN KEY (plan_id, version) REFERENCES plan_versions (plan_id, version) ON DELETE CASCADE,
  CHECK ((kind = 'booklet') = (booklet_id IS NOT NULL)),
  CHECK ((kind = 'lecture') = (lecture_id IS NOT NULL)),
  CHECK ((kind = 'course') = (course_id IS NOT NULL))
);
-- the event serves an item: whoever was there has met it
CREATE TABLE plan_events (
  id INTEGER NOT NULL PRIMARY KEY,
  event_id BIGINT NOT NULL REFERENCES events,
  plan_id BIGINT NOT NULL REFERENCES study_plans,
  step TEXT NOT NULL,
  named_by BIGINT NOT NULL REFERENCES accounts,
  named_at TIMESTAMP NOT NULL,
  -- taken back: figures of the days before keep it
  unnamed_by BIGINT REFERENCES accounts,
  unnamed_at TIMESTAMP,
  CHECK ((unnamed_by IS NULL) = (unnamed_at IS NULL))
);
CREATE UNIQUE INDEX plan_events_open ON plan_events (event_id, plan_id, step) WHERE unnamed_at IS NULL;
CREATE INDEX plan_events_plan ON plan_events (plan_id, step, event_id);
-- Decided by the branch: one proposes, another decides. An exemption ends by itself.
CREATE TABLE exemptions (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons,
  -- NULL: of all plans
  plan_id BIGINT REFERENCES study_plans,
  valid_from DATE NOT NULL,
  valid_to DATE NOT NULL CHECK (valid_to > valid_from),
  proposed_by BIGINT NOT NULL REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  verdict TEXT CHECK (verdict IN ('approved', 'refused', 'withdrawn')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  -- the first day on which it holds no more, where it was ended early
  ended_on DATE,
  ended_by BIGINT REFERENCES accounts,
  key TEXT NOT NULL UNIQUE,
  CHECK ((verdict IS NULL) = (decided_by IS NULL)),
  CHECK (verdict IS NULL OR verdict = 'withdrawn' OR decided_by <> proposed_by)
);
CREATE INDEX exemptions_person ON exemptions (person_id, valid_to);
CREATE INDEX exemptions_valid ON exemptions (valid_to, person_id);
-- one question at a time about a person and a plan
CREATE UNIQUE INDEX exemptions_open ON exemptions (person_id, COALESCE(plan_id, 0)) WHERE verdict IS NULL;
-- for those who decide; apart, so that retention may erase it
CREATE TABLE exemption_reasons (
  exemption_id BIGINT NOT NULL PRIMARY KEY REFERENCES exemptions,
  text TEXT NOT NULL
);
-- Who brings what is missing to whom.
CREATE TABLE errands (
  id INTEGER NOT NULL PRIMARY KEY,
  plan_id BIGINT NOT NULL REFERENCES study_plans,
  person_id BIGINT NOT NULL REFERENCES persons,
  -- who was asked to bring it
  helper_id BIGINT NOT NULL REFERENCES persons,
  way TEXT NOT NULL CHECK (way IN ('online', 'door', 'group', 'call')),
  due_on DATE NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dropped')),
  assigned_by BIGINT NOT NULL REFERENCES accounts,
  assigned_at TIMESTAMP NOT NULL,
  closed_by BIGINT REFERENCES accounts,
  closed_at TIMESTAMP,
  key TEXT NOT NULL UNIQUE,
  CHECK ((state = 'open') = (closed_at IS NULL))
);
-- one helper at a time
CREATE UNIQUE INDEX errands_open ON errands (plan_id, person_id) WHERE state = 'open';
CREATE INDEX errands_helper ON errands (helper_id, state, due_on);
CREATE INDEX errands_due ON errands (state, id);
CREATE INDEX errands_person ON errands (person_id, id);
-- whole items are looked up by what they are about
CREATE INDEX chapter_reads_booklet ON chapter_reads (booklet_id, person_id);
CREATE INDEX study_records_course ON study_records (course_id, person_id);
CREATE TRIGGER audience_saves_no_update BEFORE UPDATE ON audience_saves BEGIN SELECT RAISE(ABORT, 'audience_saves is append-only'); END;
CREATE TRIGGER audience_saves_no_delete BEFORE DELETE ON audience_saves BEGIN SELECT RAISE(ABORT, 'audience_saves is append-only'); END;
