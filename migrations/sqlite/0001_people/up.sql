-- The tree of organisations, and people in it. Every relation is valid in [valid_from, valid_to); an open end is NULL.
-- domain.md 4.1.
CREATE TABLE orgs (
  id INTEGER NOT NULL PRIMARY KEY,
  level TEXT NOT NULL CHECK (level IN ('city', 'committee', 'general_branch', 'branch', 'group')),
  kind TEXT NOT NULL CHECK (kind IN ('rural', 'community', 'agency', 'soe', 'institution', 'two_new', 'school', 'mobile', 'retired')),
  name TEXT NOT NULL,
  -- the ids from the root to this node, '/1/7/42/': kept by the action that places it, read by every scoped query
  path TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX orgs_path ON orgs (path);
CREATE TABLE org_placements (
  id INTEGER NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL REFERENCES orgs ON DELETE CASCADE,
  parent_id BIGINT NOT NULL REFERENCES orgs CHECK (parent_id <> org_id),
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
-- INV-O2: one parent at a time
CREATE UNIQUE INDEX org_placements_open ON org_placements (org_id) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX org_placements_from ON org_placements (org_id, valid_from);
CREATE INDEX org_placements_parent ON org_placements (parent_id);
CREATE TABLE persons (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL CHECK (name <> ''),
  sex TEXT CHECK (sex IN ('f', 'm')),
  birth_year INTEGER CHECK (birth_year BETWEEN 1900 AND 2100),
  phone TEXT,
  reading_aids TEXT NOT NULL DEFAULT '',
  created_at TIMESTAMP NOT NULL
);
CREATE INDEX persons_name ON persons (name, id);
CREATE INDEX persons_phone ON persons (phone);
CREATE TABLE memberships (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  branch_id BIGINT NOT NULL REFERENCES orgs,
  -- printed on the member's card; also a way to sign in
  member_no TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
-- INV-O4: one home membership at a time
CREATE UNIQUE INDEX memberships_open ON memberships (person_id) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX memberships_from ON memberships (person_id, valid_from);
CREATE UNIQUE INDEX memberships_no ON memberships (member_no) WHERE valid_to IS NULL;
CREATE INDEX memberships_branch ON memberships (branch_id, person_id);
CREATE TABLE membership_stages (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  stage TEXT NOT NULL CHECK (stage IN ('applicant', 'activist', 'candidate', 'probationary', 'full')),
  may_vote BOOLEAN NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from),
  -- INV-O5: only full members vote
  CHECK (stage = 'full' OR NOT may_vote)
);
CREATE UNIQUE INDEX membership_stages_open ON membership_stages (person_id) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX membership_stages_from ON membership_stages (person_id, valid_from);
-- INV-O6: a set of categories; a change starts a new row
CREATE TABLE member_categories (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  category TEXT NOT NULL CHECK (category IN ('key_few', 'in_service', 'rural_community', 'retired', 'mobile', 'two_new', 'student')),
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX member_categories_open ON member_categories (person_id, category) WHERE valid_to IS NULL;
CREATE UNIQUE INDEX member_categories_from ON member_categories (person_id, category, valid_from);
CREATE INDEX member_categories_category ON member_categories (category, person_id);
CREATE TABLE office_terms (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  org_id BIGINT NOT NULL REFERENCES orgs,
  office TEXT NOT NULL CHECK (office IN ('secretary', 'deputy', 'org_member', 'publicity_member', 'discipline_member', 'group_leader', 'unit_head')),
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX office_terms_open ON office_terms (person_id, org_id, office) WHERE valid_to IS NULL;
CREATE INDEX office_terms_org ON office_terms (org_id, office);
-- a mobile member at the branch of the place where they live and work
CREATE TABLE host_stays (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  host_branch_id BIGINT NOT NULL REFERENCES orgs,
  card_no TEXT NOT NULL DEFAULT '',
  valid_from DATE NOT NULL,
  valid_to DATE CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX host_stays_open ON host_stays (person_id) WHERE valid_to IS NULL;
CREATE INDEX host_stays_host ON host_stays (host_branch_id, person_id);
-- honours with a term, such as gold lecturer
CREATE TABLE titles (
  id INTEGER NOT NULL PRIMARY KEY,
  person_id BIGINT NOT NULL REFERENCES persons ON DELETE CASCADE,
  title TEXT NOT NULL CHECK (title IN ('gold_lecturer')),
  source TEXT NOT NULL,
  valid_from DATE NOT NULL,
  valid_to DATE NOT NULL CHECK (valid_to > valid_from)
);
CREATE UNIQUE INDEX titles_from ON titles (person_id, title, valid_from);
CREATE INDEX titles_title ON titles (title, valid_to);
