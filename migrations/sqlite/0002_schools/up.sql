-- Micro party schools and their alliances. domain.md 4.1.
CREATE TABLE alliances (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('area', 'industry')),
  intro TEXT NOT NULL,
  -- kept by the action that adds a school
  school_count INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE schools (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  host_org_id BIGINT NOT NULL REFERENCES orgs,
  address TEXT NOT NULL,
  seats INTEGER NOT NULL CHECK (seats >= 0),
  has_screen BOOLEAN NOT NULL,
  opening_hours TEXT NOT NULL,
  contact TEXT NOT NULL,
  -- kept by publishing and withdrawing lectures
  lecture_count INTEGER NOT NULL DEFAULT 0,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE INDEX schools_host ON schools (host_org_id);
CREATE TABLE school_branches (
  id INTEGER NOT NULL PRIMARY KEY,
  school_id BIGINT NOT NULL REFERENCES schools ON DELETE CASCADE,
  branch_id BIGINT NOT NULL REFERENCES orgs,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX school_branches_open ON school_branches (school_id, branch_id) WHERE valid_to IS NULL;
CREATE INDEX school_branches_branch ON school_branches (branch_id);
CREATE TABLE alliance_schools (
  id INTEGER NOT NULL PRIMARY KEY,
  alliance_id BIGINT NOT NULL REFERENCES alliances ON DELETE CASCADE,
  school_id BIGINT NOT NULL REFERENCES schools ON DELETE CASCADE,
  is_primary BOOLEAN NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX alliance_schools_open ON alliance_schools (alliance_id, school_id) WHERE valid_to IS NULL;
-- INV-O3: one primary alliance at a time
CREATE UNIQUE INDEX alliance_schools_primary ON alliance_schools (school_id) WHERE valid_to IS NULL AND is_primary;
CREATE INDEX alliance_schools_school ON alliance_schools (school_id);
