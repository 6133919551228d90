CREATE TABLE settings (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO settings (name, value)
  SELECT name, value FROM setting_changes c WHERE c.id = (
    SELECT id FROM setting_changes WHERE name = c.name AND verdict = 'approved' AND valid_from <= date('now', '+8 hours')
    ORDER BY valid_from DESC, id DESC LIMIT 1);
DROP TABLE setting_changes;
