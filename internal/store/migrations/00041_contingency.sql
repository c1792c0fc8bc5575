-- What a community falls back on: backup channels that are in use, snapshots that
-- are made by the clock, pictures that are kept. Columns as in 00001.

-- +goose Up

-- What is to be said or done, of a task that stands for no action.
ALTER TABLE task ADD COLUMN text TEXT NOT NULL DEFAULT '';
CREATE INDEX task_kind ON task (community_id, kind, group_id, task_id) WHERE kind <> 'action';

-- The people of a group were told where to go instead (应急切换). One row from its
-- beginning to its end.
CREATE TABLE contingency (
  community_id BIGINT NOT NULL,
  switch_id    BIGINT NOT NULL, -- the place in the log of the command
  group_id     BIGINT NOT NULL,
  backup_group BIGINT NOT NULL, -- or 0
  text         TEXT   NOT NULL, -- what was announced
  way          TEXT   NOT NULL, -- by whom: machine, task
  action       BLOB,            -- of machine: the outbox row
  begun_at     BIGINT NOT NULL,
  begun_by     BIGINT NOT NULL,
  ended_at     BIGINT NOT NULL, -- 0: in use
  ended_by     BIGINT NOT NULL,
  PRIMARY KEY (community_id, switch_id)
);
CREATE UNIQUE INDEX contingency_on ON contingency (community_id, group_id) WHERE ended_at = 0;
CREATE INDEX contingency_group ON contingency (community_id, group_id, switch_id);

-- Members and messages of a group, written to files (群留底).
CREATE TABLE snapshot (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  slot         BIGINT NOT NULL, -- the time for which it was planned, ms
  state        TEXT   NOT NULL, -- waiting, done, failed
  staff_id     BIGINT NOT NULL, -- who asked for it, 0: the clock
  tries        BIGINT NOT NULL,
  error        TEXT   NOT NULL,
  as_of        BIGINT NOT NULL, -- the last event that is in it
  messages     BIGINT NOT NULL,
  members      BIGINT NOT NULL,
  bytes        BIGINT NOT NULL, -- of its files
  done_at      BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, slot)
);
CREATE INDEX snapshot_waiting ON snapshot (community_id, slot) WHERE state = 'waiting';

-- Pictures of messages (图片留存). The file is named for its SHA-256.
CREATE TABLE media (
  community_id BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- of the message
  part         BIGINT NOT NULL, -- which of its pictures, from 0
  group_id     BIGINT NOT NULL,
  state        TEXT   NOT NULL, -- waiting, kept, expired, refused, failed, dropped
  at           BIGINT NOT NULL, -- of the message
  due_at       BIGINT NOT NULL, -- when it is fetched, or tried again
  tries        BIGINT NOT NULL,
  error        TEXT   NOT NULL,
  sha256       TEXT   NOT NULL, -- '' unless kept
  type         TEXT   NOT NULL,
  bytes        BIGINT NOT NULL,
  PRIMARY KEY (community_id, seq, part)
);
CREATE INDEX media_waiting ON media (community_id, due_at) WHERE state = 'waiting';
CREATE INDEX media_kept ON media (community_id, at) WHERE state = 'kept';
CREATE INDEX media_file ON media (community_id, sha256) WHERE state = 'kept';

-- +goose Down
SELECT 1;
