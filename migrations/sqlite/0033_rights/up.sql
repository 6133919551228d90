-- What retention has erased: a rule, a day, and how many rows; kept for good, since it names nobody.
CREATE TABLE retention_runs (
  id INTEGER NOT NULL PRIMARY KEY,
  rule TEXT NOT NULL,
  day DATE NOT NULL,
  -- a day's work is done in bounded pieces, counted from 1
  part INTEGER NOT NULL CHECK (part >= 1),
  -- everything older was due
  before_day DATE NOT NULL,
  erased INTEGER NOT NULL CHECK (erased >= 0),
  -- nothing was left when this piece was done
  is_last BOOLEAN NOT NULL,
  ran_at TIMESTAMP NOT NULL,
  UNIQUE (rule, day, part)
);
CREATE INDEX retention_runs_rule ON retention_runs (rule, id);
CREATE TRIGGER retention_runs_no_update BEFORE UPDATE ON retention_runs BEGIN SELECT RAISE(ABORT, 'retention_runs is append-only'); END;
CREATE TRIGGER retention_runs_no_delete BEFORE DELETE ON retention_runs BEGIN SELECT RAISE(ABORT, 'retention_runs is append-only'); END;
