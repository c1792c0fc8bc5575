-- Live connections: groups that are offered, what actions carry, tasks for people.
-- Columns as in 00001.

-- +goose Up

-- A group is of people, or it holds what is said to one of our accounts alone.
ALTER TABLE chat_group ADD COLUMN kind TEXT NOT NULL DEFAULT 'group';

-- What accounts are in and nobody has adopted yet: listed, never logged.
CREATE TABLE offered_group (
  community_id BIGINT NOT NULL,
  account      TEXT   NOT NULL,
  outside_id   TEXT   NOT NULL,
  name         TEXT   NOT NULL,
  members      BIGINT NOT NULL, -- 0: not told
  seen_at      BIGINT NOT NULL,
  heard        BIGINT NOT NULL, -- observations that were not logged
  PRIMARY KEY (community_id, account, outside_id)
);

ALTER TABLE outbox ADD COLUMN class    TEXT   NOT NULL DEFAULT 'routine';
ALTER TABLE outbox ADD COLUMN until_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN detail   TEXT   NOT NULL DEFAULT ''; -- community.Detail as JSON, '' for none
ALTER TABLE outbox ADD COLUMN account  TEXT   NOT NULL DEFAULT ''; -- that carried it, or tried to
ALTER TABLE outbox ADD COLUMN batch    TEXT   NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN proposal TEXT   NOT NULL DEFAULT ''; -- its ID on a platform where a person completes it
ALTER TABLE outbox ADD COLUMN history  TEXT   NOT NULL DEFAULT ''; -- earlier tries that a person had repeated, JSON
CREATE INDEX outbox_batch ON outbox (community_id, batch) WHERE batch <> '';
CREATE INDEX outbox_done ON outbox (community_id, group_id, done_at) WHERE state = 'done';
CREATE INDEX outbox_account ON outbox (community_id, account, claimed_at) WHERE account <> '';
CREATE INDEX outbox_suggested ON outbox (community_id, due_at) WHERE state = 'suggested';

-- What a person has to do (待办).
CREATE TABLE task (
  community_id BIGINT NOT NULL,
  task_id      BIGINT NOT NULL,
  kind         TEXT   NOT NULL, -- 'action', later 'answer', …
  action       BLOB,            -- the outbox row that it stands for
  group_id     BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL, -- the member concerned, or 0
  keeper       BIGINT NOT NULL, -- staff whose it is, 0: anybody's
  state        TEXT   NOT NULL, -- open, done, dropped
  link         TEXT   NOT NULL, -- into the platform's client, or ''
  opened_at    BIGINT NOT NULL,
  due_at       BIGINT NOT NULL,
  told_at      BIGINT NOT NULL, -- when the keeper was told, 0: not
  reminders    BIGINT NOT NULL,
  closed_at    BIGINT NOT NULL,
  closed_by    BIGINT NOT NULL, -- staff, 0: it closed itself
  how          TEXT   NOT NULL, -- the kind of event that proved it, 'platform', 'person'
  proof        TEXT   NOT NULL,
  PRIMARY KEY (community_id, task_id)
);
CREATE UNIQUE INDEX task_action ON task (community_id, action) WHERE action IS NOT NULL;
CREATE INDEX task_open ON task (community_id, due_at) WHERE state = 'open';

-- Why a part of a group is not covered: '' all of it, 'disagree' somebody refuses to be read.
ALTER TABLE view_coverage ADD COLUMN why TEXT NOT NULL DEFAULT '';

-- How connections were, from the log.
CREATE TABLE view_connection (
  community_id BIGINT NOT NULL,
  account      TEXT   NOT NULL,
  at           BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  state        TEXT   NOT NULL,
  missed_from  BIGINT NOT NULL,
  code         TEXT   NOT NULL,
  why          TEXT   NOT NULL,
  PRIMARY KEY (community_id, account, at, seq)
) WITHOUT ROWID;

-- +goose Down
SELECT 1;
