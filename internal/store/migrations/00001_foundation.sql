-- Columns are BIGINT (numbers, and times in milliseconds since 1970 UTC), TEXT, BLOB and DOUBLE.
-- On PostgreSQL the text is read with BLOB as BYTEA, DOUBLE as DOUBLE PRECISION and
-- WITHOUT ROWID left out (dialect.go). Every key begins with community_id; the
-- tables without one are listed, with reasons, in tables_test.go.

-- +goose Up

-- Installation: one row per fact, staff and their sign-ins.
CREATE TABLE installation (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
);
CREATE TABLE staff (
  staff_id    BIGINT NOT NULL PRIMARY KEY,
  name        TEXT   NOT NULL UNIQUE,
  password    TEXT   NOT NULL, -- argon2id, encoded with its parameters
  role        TEXT   NOT NULL,
  created_at  BIGINT NOT NULL,
  disabled_at BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE sign_in (
  token_hash BLOB   NOT NULL PRIMARY KEY,
  staff_id   BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  agent      TEXT   NOT NULL,
  address    TEXT   NOT NULL
);
CREATE TABLE community (
  community_id BIGINT NOT NULL PRIMARY KEY,
  slug         TEXT   NOT NULL UNIQUE,
  name         TEXT   NOT NULL,
  zone         TEXT   NOT NULL,
  created_at   BIGINT NOT NULL
);

-- The log. Its row is locked by whoever appends; the numbers it hands out are dense.
CREATE TABLE log (
  community_id  BIGINT NOT NULL PRIMARY KEY,
  next_seq      BIGINT NOT NULL,
  next_group    BIGINT NOT NULL,
  next_identity BIGINT NOT NULL,
  last_at       BIGINT NOT NULL, -- logged_at of the newest event
  epoch         BIGINT NOT NULL  -- changes after a restore: cursors outside are void
);
CREATE TABLE event (
  community_id BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  key          BLOB   NOT NULL,
  kind         TEXT   NOT NULL,
  origin       TEXT   NOT NULL,
  group_id     BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  operator_id  BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  logged_at    BIGINT NOT NULL,
  content      TEXT   NOT NULL,
  length       BIGINT NOT NULL,
  mentions     BIGINT NOT NULL,
  flags        BIGINT NOT NULL,
  targets      BLOB, -- identities: varints
  source       TEXT   NOT NULL,
  PRIMARY KEY (community_id, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX event_key ON event (community_id, key);
CREATE TABLE event_body ( -- what retention and erasure remove
  community_id BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  text         TEXT   NOT NULL,
  message_id   TEXT   NOT NULL,
  data         TEXT,
  raw          BLOB,
  PRIMARY KEY (community_id, seq)
) WITHOUT ROWID;

-- Who is who. A group or identity is numbered when it is first seen.
CREATE TABLE chat_group (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  network      TEXT   NOT NULL,
  outside_id   TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  zone         TEXT   NOT NULL,
  account      TEXT   NOT NULL, -- the connector account that listens, '' if none
  created_at   BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id)
);
CREATE UNIQUE INDEX chat_group_outside ON chat_group (community_id, network, outside_id);
CREATE TABLE identity (
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  network      TEXT   NOT NULL,
  group_id     BIGINT NOT NULL, -- 0 for a platform ID; a name alone counts in its group only
  outside_id   TEXT   NOT NULL,
  name         TEXT   NOT NULL, -- the last one seen
  named_at     BIGINT NOT NULL,
  PRIMARY KEY (community_id, identity_id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX identity_outside ON identity (community_id, network, group_id, outside_id);

-- Settings: what people typed. A version is never changed.
CREATE TABLE setting (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL, -- 0 for the whole community
  key          TEXT   NOT NULL,
  version      BIGINT NOT NULL,
  value        TEXT   NOT NULL, -- JSON
  seq          BIGINT NOT NULL, -- of its settings.changed: in force for what comes after
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, key, version)
);
CREATE TABLE audit (
  community_id BIGINT NOT NULL,
  audit_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL,
  act          TEXT   NOT NULL,
  subject      TEXT   NOT NULL,
  before_json  TEXT   NOT NULL,
  after_json   TEXT   NOT NULL,
  PRIMARY KEY (community_id, audit_id)
);

-- Records: append-only facts.
CREATE TABLE identity_link (
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- the newest one counts
  person_id    BIGINT NOT NULL,
  PRIMARY KEY (community_id, identity_id, seq)
);
CREATE TABLE outcome ( -- of a command: the answer to its first and every repeated call
  community_id BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  code         TEXT   NOT NULL, -- '' or a community.Code
  result       TEXT   NOT NULL,
  PRIMARY KEY (community_id, seq)
);

-- State: what the machine needs to run.
CREATE TABLE cursor (
  community_id BIGINT NOT NULL,
  loop         TEXT   NOT NULL,
  seq          BIGINT NOT NULL, -- everything up to here is done
  PRIMARY KEY (community_id, loop)
);
CREATE TABLE parked (
  community_id BIGINT NOT NULL,
  loop         TEXT   NOT NULL,
  seq          BIGINT NOT NULL,
  error        TEXT   NOT NULL,
  at           BIGINT NOT NULL,
  state        TEXT   NOT NULL,
  PRIMARY KEY (community_id, loop, seq)
);
CREATE TABLE outbox (
  community_id  BIGINT NOT NULL,
  key           BLOB   NOT NULL,
  group_id      BIGINT NOT NULL,
  kind          TEXT   NOT NULL,
  text          TEXT   NOT NULL,
  target        BIGINT NOT NULL,
  message_id    TEXT   NOT NULL,
  state         TEXT   NOT NULL,
  cause_seq     BIGINT NOT NULL,
  cause_rule    TEXT   NOT NULL,
  cause_version BIGINT NOT NULL,
  ordinal       BIGINT NOT NULL,
  due_at        BIGINT NOT NULL,
  expires_at    BIGINT NOT NULL,
  claimed_at    BIGINT NOT NULL,
  done_at       BIGINT NOT NULL,
  attempts      BIGINT NOT NULL,
  error         TEXT   NOT NULL,
  receipt       TEXT   NOT NULL,
  PRIMARY KEY (community_id, key)
);
CREATE INDEX outbox_open ON outbox (community_id, due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX outbox_group ON outbox (community_id, group_id, cause_seq);
CREATE TABLE due ( -- what a tick will bring about
  community_id BIGINT NOT NULL,
  key          BLOB   NOT NULL,
  due_at       BIGINT NOT NULL,
  kind         TEXT   NOT NULL,
  group_id     BIGINT NOT NULL,
  cause_seq    BIGINT NOT NULL,
  data         TEXT   NOT NULL,
  PRIMARY KEY (community_id, key)
);
CREATE INDEX due_at ON due (community_id, due_at);
CREATE TABLE import (
  community_id BIGINT NOT NULL,
  import_id    BIGINT NOT NULL,
  file         TEXT   NOT NULL, -- as the person named it
  path         TEXT   NOT NULL, -- where it is kept
  state        TEXT   NOT NULL,
  options      TEXT   NOT NULL,
  preview      TEXT   NOT NULL,
  result       TEXT   NOT NULL,
  error        TEXT   NOT NULL,
  done_rows    BIGINT NOT NULL, -- rows of the file whose effect has committed
  counts       TEXT   NOT NULL,
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, import_id)
);

-- Views: can be dropped and rebuilt from the log and the records.
CREATE TABLE view_group (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  messages     BIGINT NOT NULL,
  seen         BIGINT NOT NULL, -- identities that spoke or were named
  first_at     BIGINT NOT NULL, -- of the first and last event in the group
  last_at      BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- of the last event counted in the group
  PRIMARY KEY (community_id, group_id)
);
CREATE TABLE view_group_day (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  day          BIGINT NOT NULL,
  messages     BIGINT NOT NULL,
  ours         BIGINT NOT NULL,
  mentions     BIGINT NOT NULL,
  recalled     BIGINT NOT NULL,
  hours        BLOB   NOT NULL, -- 24 varints
  contents     TEXT   NOT NULL, -- JSON by form
  posts        BLOB   NOT NULL, -- insight.EncodePosts
  speakers     BLOB   NOT NULL, -- roaring, persons
  joined       BLOB, -- roaring, identities; NULL for none
  left_group   BLOB,
  roster       BLOB,
  PRIMARY KEY (community_id, group_id, day)
) WITHOUT ROWID;
CREATE INDEX view_group_day_by_day ON view_group_day (community_id, day, group_id, messages);
CREATE TABLE view_words (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  day          BIGINT NOT NULL,
  terms        BLOB   NOT NULL, -- words.Counts
  PRIMARY KEY (community_id, group_id, day)
) WITHOUT ROWID;
CREATE TABLE view_member (
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  messages     BIGINT NOT NULL,
  first_at     BIGINT NOT NULL,
  last_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, identity_id)
) WITHOUT ROWID;
CREATE INDEX view_member_by_identity ON view_member (community_id, identity_id, group_id);
CREATE TABLE view_community_day (
  community_id BIGINT NOT NULL,
  day          BIGINT NOT NULL,
  messages     BIGINT NOT NULL,
  speakers     BLOB   NOT NULL, -- roaring, persons
  PRIMARY KEY (community_id, day)
);
CREATE TABLE view_source ( -- who brought a group's messages
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  source       TEXT   NOT NULL,
  messages     BIGINT NOT NULL,
  first_at     BIGINT NOT NULL,
  last_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, source)
);
CREATE TABLE view_timeline ( -- a group's events by the platform's time
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, at, seq)
) WITHOUT ROWID;
CREATE TABLE view_recall (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  message_id   TEXT   NOT NULL,
  seq          BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, message_id)
);
CREATE TABLE view_coverage ( -- when a connector says it may have missed something
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  from_at      BIGINT NOT NULL,
  to_at        BIGINT NOT NULL, -- 0: still so
  PRIMARY KEY (community_id, group_id, from_at)
);

-- +goose Down
SELECT 1;
