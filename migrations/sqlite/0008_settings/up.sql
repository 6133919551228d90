-- Settings of the installation: every value that was ever proposed, with the day in the city from which it holds, and the
-- second person's verdict where the setting asks for one. domain.md 6.
CREATE TABLE setting_changes (
  id INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  valid_from DATE NOT NULL,
  -- NULL: the command line, or the first-run page
  proposed_by BIGINT REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  -- NULL while a second person has not spoken; 'withdrawn' by whoever proposed it
  verdict TEXT CHECK (verdict IN ('approved', 'refused', 'withdrawn')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  CHECK ((verdict IS NULL) = (decided_at IS NULL))
);
CREATE INDEX setting_changes_name ON setting_changes (name, valid_from, id);
-- one open proposal a setting
CREATE UNIQUE INDEX setting_changes_open ON setting_changes (name) WHERE verdict IS NULL;
INSERT INTO setting_changes (name, value, valid_from, proposed_at, verdict, decided_at)
  SELECT name, value, '2000-01-01', CURRENT_TIMESTAMP, 'approved', CURRENT_TIMESTAMP FROM settings ORDER BY name;
DROP TABLE settings;
