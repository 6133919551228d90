-- Announcements to groups: the robots of WeCom, DingTalk and Feishu.
CREATE TABLE webhooks (
  id INTEGER NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('wecom', 'dingtalk', 'feishu')),
  name TEXT NOT NULL,
  -- whoever knows it can write to the group: shown shortened only
  address TEXT NOT NULL,
  -- the key of its signatures; empty: it wants none
  secret TEXT NOT NULL,
  is_on BOOLEAN NOT NULL,
  -- the last message, and why it was not taken: a sentence as lang::kept reads it, empty if it was
  last_at TIMESTAMP,
  last_problem TEXT NOT NULL,
  -- it has had enough until then
  paused_until TIMESTAMP,
  -- counted up by each claim, which locks the row: the limits of a robot are kept by all workers together
  claims BIGINT NOT NULL,
  made_by BIGINT NOT NULL REFERENCES accounts,
  made_at TIMESTAMP NOT NULL,
  key TEXT NOT NULL UNIQUE
);
CREATE TABLE announcements (
  id INTEGER NOT NULL PRIMARY KEY,
  -- the same fact is announced once
  key TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  -- a path of the portal
  link TEXT NOT NULL,
  at TIMESTAMP NOT NULL
);
CREATE TRIGGER announcements_no_update BEFORE UPDATE ON announcements BEGIN SELECT RAISE(ABORT, 'announcements is append-only'); END;
CREATE TRIGGER announcements_no_delete BEFORE DELETE ON announcements BEGIN SELECT RAISE(ABORT, 'announcements is append-only'); END;
CREATE TABLE deliveries (
  id INTEGER NOT NULL PRIMARY KEY,
  webhook_id BIGINT NOT NULL REFERENCES webhooks,
  announcement_id BIGINT NOT NULL REFERENCES announcements,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sending', 'sent', 'gave_up', 'cancelled')),
  -- also tells the tries apart: a worker that was given up cannot end a later one
  tries INTEGER NOT NULL,
  next_at TIMESTAMP,
  lease_until TIMESTAMP,
  tried_at TIMESTAMP,
  ended_at TIMESTAMP,
  problem TEXT NOT NULL,
  UNIQUE (announcement_id, webhook_id)
);
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id);
CREATE INDEX deliveries_tried ON deliveries (webhook_id, tried_at);
CREATE INDEX deliveries_open ON deliveries (webhook_id, id) WHERE state IN ('waiting', 'sending');
