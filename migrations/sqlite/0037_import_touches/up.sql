-- which members a list has changed, and from what to what in words; taken away when the list is undone
CREATE TABLE import_touches (
  id INTEGER NOT NULL PRIMARY KEY,
  import_id BIGINT NOT NULL REFERENCES imports,
  person_id BIGINT NOT NULL REFERENCES persons,
  -- empty: the list brought the person
  detail TEXT NOT NULL,
  UNIQUE (import_id, person_id)
);
CREATE INDEX import_touches_person ON import_touches (person_id, id);
