-- Excluded ratings that count again, by two people: one proposes, another one confirms.
CREATE TABLE rating_liftings (
  id INTEGER NOT NULL PRIMARY KEY,
  exclusion_id BIGINT NOT NULL REFERENCES rating_exclusions,
  -- announced on the page of the lecture
  reason TEXT NOT NULL,
  proposed_by BIGINT NOT NULL REFERENCES accounts,
  proposed_at TIMESTAMP NOT NULL,
  verdict TEXT CHECK (verdict IN ('confirmed', 'refused')),
  decided_by BIGINT REFERENCES accounts,
  decided_at TIMESTAMP,
  CHECK ((verdict IS NULL) = (decided_by IS NULL)),
  CHECK (decided_by IS NULL OR decided_by <> proposed_by)
);
CREATE UNIQUE INDEX rating_liftings_one ON rating_liftings (exclusion_id) WHERE verdict IS NULL OR verdict = 'confirmed';
CREATE TRIGGER rating_liftings_shown_insert AFTER INSERT ON rating_liftings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_liftings_shown_update AFTER UPDATE ON rating_liftings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_liftings_shown_delete AFTER DELETE ON rating_liftings BEGIN UPDATE generations SET n = n + 1 WHERE name = 'content'; END;
CREATE TRIGGER rating_liftings_no_delete BEFORE DELETE ON rating_liftings BEGIN SELECT RAISE(ABORT, 'rating_liftings is never deleted'); END;
