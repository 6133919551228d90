-- The ledger of printed editions: everybody one copy, or every branch one. product.md, system 1.
--
-- A printed title, known by what a library would write of it; its text, where the portal has it, is a booklet.
CREATE TABLE print_editions (
  id INTEGER NOT NULL PRIMARY KEY,
  title TEXT NOT NULL CHECK (title <> ''),
  -- publisher, year, number of the book
  imprint TEXT NOT NULL,
  booklet_id BIGINT REFERENCES booklets,
  -- whom a copy is for: each member, or each branch
  rule TEXT NOT NULL CHECK (rule IN ('member', 'branch')),
  started_on DATE NOT NULL,
  made_by BIGINT NOT NULL REFERENCES accounts,
  created_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE INDEX print_editions_started ON print_editions (started_on, id);
-- every change of where copies are; rows are only added
CREATE TABLE copy_moves (
  id INTEGER NOT NULL PRIMARY KEY,
  edition_id BIGINT NOT NULL REFERENCES print_editions,
  kind TEXT NOT NULL CHECK (kind IN ('ordered', 'arrived', 'issued', 'received', 'handed_out', 'returned', 'lost', 'corrected')),
  -- whose copies become fewer, and whose become more
  from_org BIGINT REFERENCES orgs,
  to_org BIGINT REFERENCES orgs,
  -- of a loss or a correction: whether those that lie there are meant, or those on their way there
  pile TEXT NOT NULL CHECK (pile IN ('stock', 'coming')),
  count INTEGER NOT NULL CHECK (count > 0),
  -- the member who has the copy, or had it
  person_id BIGINT REFERENCES persons,
  -- who signed for it
  proxy_id BIGINT REFERENCES persons,
  -- the move that this one takes back
  reverses_id BIGINT UNIQUE REFERENCES copy_moves,
  recorded_by BIGINT NOT NULL REFERENCES accounts,
  acted_by BIGINT REFERENCES accounts,
  day DATE NOT NULL,
  recorded_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE,
  CHECK (from_org IS NOT NULL OR to_org IS NOT NULL),
  CHECK (person_id IS NULL OR count = 1),
  CHECK (kind <> 'handed_out' OR person_id IS NOT NULL),
  CHECK (proxy_id IS NULL OR (kind = 'handed_out' AND proxy_id <> person_id))
);
CREATE INDEX copy_moves_edition ON copy_moves (edition_id, id);
CREATE INDEX copy_moves_from ON copy_moves (edition_id, from_org, id);
CREATE INDEX copy_moves_to ON copy_moves (edition_id, to_org, id);
CREATE INDEX copy_moves_person ON copy_moves (person_id, id);
-- why: written by hand, so that retention may erase it
CREATE TABLE copy_reasons (
  move_id BIGINT NOT NULL PRIMARY KEY REFERENCES copy_moves,
  text TEXT NOT NULL
);
-- what the moves add up to, an edition and an organisation; nothing below zero
CREATE TABLE copy_balances (
  edition_id BIGINT NOT NULL REFERENCES print_editions,
  org_id BIGINT NOT NULL REFERENCES orgs,
  -- ordered or issued to it, and not there yet
  coming INTEGER NOT NULL CHECK (coming >= 0),
  stock INTEGER NOT NULL CHECK (stock >= 0),
  -- handed out by it, and still with those members
  held INTEGER NOT NULL CHECK (held >= 0),
  lost INTEGER NOT NULL CHECK (lost >= 0),
  PRIMARY KEY (edition_id, org_id)
);
CREATE INDEX copy_balances_org ON copy_balances (org_id);
-- who has a copy, in [since, until): a member, or a branch where person_id is NULL. It goes with the member to another branch.
CREATE TABLE copy_holdings (
  id INTEGER NOT NULL PRIMARY KEY,
  edition_id BIGINT NOT NULL REFERENCES print_editions,
  person_id BIGINT REFERENCES persons,
  -- the branch, or who handed it out
  org_id BIGINT NOT NULL REFERENCES orgs,
  -- what it came by
  move_id BIGINT NOT NULL REFERENCES copy_moves,
  since DATE NOT NULL,
  until DATE,
  CHECK (until IS NULL OR until >= since)
);
CREATE UNIQUE INDEX copy_holdings_open ON copy_holdings (edition_id, person_id) WHERE until IS NULL AND person_id IS NOT NULL;
CREATE UNIQUE INDEX copy_holdings_branch ON copy_holdings (edition_id, org_id) WHERE until IS NULL AND person_id IS NULL;
CREATE INDEX copy_holdings_person ON copy_holdings (person_id, edition_id, since);
CREATE INDEX copy_holdings_org ON copy_holdings (edition_id, org_id, since);
CREATE TRIGGER copy_moves_no_update BEFORE UPDATE ON copy_moves BEGIN SELECT RAISE(ABORT, 'copy_moves is append-only'); END;
CREATE TRIGGER copy_moves_no_delete BEFORE DELETE ON copy_moves BEGIN SELECT RAISE(ABORT, 'copy_moves is append-only'); END;
