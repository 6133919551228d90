-- Guidance groups: who guides whom, fair plans of visits, visits, findings. domain.md 4.10, 5.10.
CREATE TABLE guidance_groups (
  id INTEGER NOT NULL PRIMARY KEY,
  tier TEXT NOT NULL CHECK (tier IN ('city', 'committee')),
  -- whose group it is: the city, or a committee
  org_id BIGINT NOT NULL REFERENCES orgs,
  name TEXT NOT NULL CHECK (name <> ''),
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from),
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX guidance_groups_org ON guidance_groups (org_id, id);
CREATE TABLE guidance_members (
  id INTEGER NOT NULL PRIMARY KEY,
  group_id BIGINT NOT NULL REFERENCES guidance_groups,
  person_id BIGINT NOT NULL REFERENCES persons,
  is_leader BOOLEAN NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX guidance_members_open ON guidance_members (group_id, person_id) WHERE valid_to IS NULL;
CREATE INDEX guidance_members_group ON guidance_members (group_id, id);
CREATE INDEX guidance_members_person ON guidance_members (person_id, group_id);
-- INV-T1: an organisation is in one list of a tier at a time
CREATE TABLE guidance_assignments (
  id INTEGER NOT NULL PRIMARY KEY,
  group_id BIGINT NOT NULL REFERENCES guidance_groups,
  tier TEXT NOT NULL CHECK (tier IN ('city', 'committee')),
  org_id BIGINT NOT NULL REFERENCES orgs,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from),
  assigned_by BIGINT NOT NULL REFERENCES accounts
);
CREATE UNIQUE INDEX guidance_assignments_open ON guidance_assignments (tier, org_id) WHERE valid_to IS NULL;
CREATE INDEX guidance_assignments_group ON guidance_assignments (group_id, org_id);
CREATE INDEX guidance_assignments_org ON guidance_assignments (org_id, group_id);
-- A plan of a half-year's visits. What it was computed from stands in it: anybody can compute it again.
CREATE TABLE guidance_plans (
  id INTEGER NOT NULL PRIMARY KEY,
  group_id BIGINT NOT NULL REFERENCES guidance_groups,
  -- the first day of the half-year
  half DATE NOT NULL,
  version INTEGER NOT NULL CHECK (version > 0),
  seed TEXT NOT NULL,
  -- days, members and organisations that the seed was applied to, as JSON
  inputs TEXT NOT NULL,
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (group_id, half, version)
);
CREATE TABLE guidance_slots (
  id INTEGER NOT NULL PRIMARY KEY,
  plan_id BIGINT NOT NULL REFERENCES guidance_plans,
  org_id BIGINT NOT NULL REFERENCES orgs,
  day DATE NOT NULL,
  is_announced BOOLEAN NOT NULL,
  first_id BIGINT NOT NULL REFERENCES persons,
  second_id BIGINT NOT NULL REFERENCES persons CHECK (second_id <> first_id),
  UNIQUE (plan_id, org_id)
);
CREATE INDEX guidance_slots_day ON guidance_slots (plan_id, day, id);
-- A visit as its newest revision says.
CREATE TABLE guidance_visits (
  id INTEGER NOT NULL PRIMARY KEY,
  group_id BIGINT NOT NULL REFERENCES guidance_groups,
  org_id BIGINT NOT NULL REFERENCES orgs,
  day DATE NOT NULL,
  revision INTEGER NOT NULL CHECK (revision > 0),
  recorded_by BIGINT NOT NULL REFERENCES accounts,
  recorded_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX guidance_visits_org ON guidance_visits (org_id, day);
CREATE INDEX guidance_visits_group ON guidance_visits (group_id, day, id);
CREATE INDEX guidance_visits_day ON guidance_visits (day, org_id);
CREATE TABLE guidance_visit_revisions (
  id INTEGER NOT NULL PRIMARY KEY,
  visit_id BIGINT NOT NULL REFERENCES guidance_visits,
  revision INTEGER NOT NULL CHECK (revision > 0),
  day DATE NOT NULL,
  is_announced BOOLEAN NOT NULL,
  -- what of the branch was attended
  event_id BIGINT REFERENCES events,
  -- the branch's contact was told what was found
  is_told BOOLEAN NOT NULL,
  recorded_by BIGINT NOT NULL REFERENCES accounts,
  recorded_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (visit_id, revision)
);
CREATE TABLE guidance_visit_people (
  revision_id BIGINT NOT NULL REFERENCES guidance_visit_revisions,
  person_id BIGINT NOT NULL REFERENCES persons,
  PRIMARY KEY (revision_id, person_id)
);
-- what somebody wrote to a revision
CREATE TABLE guidance_visit_texts (
  revision_id BIGINT NOT NULL PRIMARY KEY REFERENCES guidance_visit_revisions,
  good TEXT NOT NULL,
  contact TEXT NOT NULL,
  reason TEXT NOT NULL
);
-- A finding where its steps have led it.
CREATE TABLE guidance_findings (
  id INTEGER NOT NULL PRIMARY KEY,
  visit_id BIGINT NOT NULL REFERENCES guidance_visits,
  group_id BIGINT NOT NULL REFERENCES guidance_groups,
  org_id BIGINT NOT NULL REFERENCES orgs,
  category TEXT NOT NULL CHECK (category IN ('meetings', 'study', 'records', 'members', 'premises', 'other')),
  severity TEXT NOT NULL CHECK (severity IN ('hint', 'mend', 'urgent')),
  state TEXT NOT NULL CHECK (state IN ('open', 'promised', 'fixed', 'verified', 'reopened')),
  -- until when the branch has promised to mend it
  promised_for DATE CHECK (promised_for IS NOT NULL OR state <> 'promised'),
  steps INTEGER NOT NULL CHECK (steps > 0),
  found_on DATE NOT NULL,
  -- for which promise the reminders before and after it were sent
  told_before DATE,
  told_after DATE
);
CREATE INDEX guidance_findings_org ON guidance_findings (org_id, state, promised_for);
CREATE INDEX guidance_findings_group ON guidance_findings (group_id, state, id);
CREATE INDEX guidance_findings_due ON guidance_findings (state, promised_for);
CREATE INDEX guidance_findings_visit ON guidance_findings (visit_id, id);
CREATE TABLE guidance_finding_texts (
  finding_id BIGINT NOT NULL PRIMARY KEY REFERENCES guidance_findings,
  text TEXT NOT NULL
);
CREATE TABLE guidance_steps (
  id INTEGER NOT NULL PRIMARY KEY,
  finding_id BIGINT NOT NULL REFERENCES guidance_findings,
  number INTEGER NOT NULL CHECK (number > 0),
  state TEXT NOT NULL CHECK (state IN ('open', 'promised', 'fixed', 'verified', 'reopened')),
  promised_for DATE,
  by_account BIGINT NOT NULL REFERENCES accounts,
  by_person BIGINT NOT NULL REFERENCES persons,
  at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  UNIQUE (finding_id, number)
);
CREATE TABLE guidance_step_texts (
  step_id BIGINT NOT NULL PRIMARY KEY REFERENCES guidance_steps,
  text TEXT NOT NULL
);
CREATE TRIGGER guidance_plans_no_update BEFORE UPDATE ON guidance_plans BEGIN SELECT RAISE(ABORT, 'guidance_plans is append-only'); END;
CREATE TRIGGER guidance_plans_no_delete BEFORE DELETE ON guidance_plans BEGIN SELECT RAISE(ABORT, 'guidance_plans is append-only'); END;
CREATE TRIGGER guidance_slots_no_update BEFORE UPDATE ON guidance_slots BEGIN SELECT RAISE(ABORT, 'guidance_slots is append-only'); END;
CREATE TRIGGER guidance_slots_no_delete BEFORE DELETE ON guidance_slots BEGIN SELECT RAISE(ABORT, 'guidance_slots is append-only'); END;
CREATE TRIGGER guidance_visit_revisions_no_update BEFORE UPDATE ON guidance_visit_revisions BEGIN SELECT RAISE(ABORT, 'guidance_visit_revisions is append-only'); END;
CREATE TRIGGER guidance_visit_revisions_no_delete BEFORE DELETE ON guidance_visit_revisions BEGIN SELECT RAISE(ABORT, 'guidance_visit_revisions is append-only'); END;
CREATE TRIGGER guidance_visit_people_no_update BEFORE UPDATE ON guidance_visit_people BEGIN SELECT RAISE(ABORT, 'guidance_visit_people is append-only'); END;
CREATE TRIGGER guidance_visit_people_no_delete BEFORE DELETE ON guidance_visit_people BEGIN SELECT RAISE(ABORT, 'guidance_visit_people is append-only'); END;
CREATE TRIGGER guidance_steps_no_update BEFORE UPDATE ON guidance_steps BEGIN SELECT RAISE(ABORT, 'guidance_steps is append-only'); END;
CREATE TRIGGER guidance_steps_no_delete BEFORE DELETE ON guidance_steps BEGIN SELECT RAISE(ABORT, 'guidance_steps is append-only'); END;
