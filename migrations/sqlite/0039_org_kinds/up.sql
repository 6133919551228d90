-- what kind an organisation was until a day
CREATE TABLE org_kinds (
  id INTEGER NOT NULL PRIMARY KEY,
  org_id BIGINT NOT NULL REFERENCES orgs,
  kind TEXT NOT NULL,
  -- from this day on it was another one
  valid_to DATE NOT NULL
);
CREATE INDEX org_kinds_to ON org_kinds (valid_to);
INSERT INTO org_kinds (org_id, kind, valid_to)
  SELECT org_id, old_key, day FROM roster_changes WHERE kind = 'org_kind' AND org_id IS NOT NULL AND old_key IS NOT NULL ORDER BY id;
CREATE TRIGGER org_kinds_no_update BEFORE UPDATE ON org_kinds BEGIN SELECT RAISE(ABORT, 'org_kinds is append-only'); END;
CREATE TRIGGER org_kinds_no_delete BEFORE DELETE ON org_kinds BEGIN SELECT RAISE(ABORT, 'org_kinds is append-only'); END;
