-- What calls people: alerts, and tasks that go on to a backup.
-- Columns as in 00001.

-- +goose Up

-- Something is wrong, or was (预警). One row for one trouble from its beginning to its end.
CREATE TABLE alert (
  community_id BIGINT NOT NULL,
  alert_id     BIGINT NOT NULL, -- the place in the log of the event that opened it
  cause        TEXT   NOT NULL, -- connection, silent, overdue, …
  subject      TEXT   NOT NULL, -- what it is about, in the cause's own terms
  group_id     BIGINT NOT NULL, -- or 0
  severity     TEXT   NOT NULL, -- alert, watch
  state        TEXT   NOT NULL, -- firing, resolved
  data         TEXT   NOT NULL, -- JSON: what a sentence about it needs
  since        BIGINT NOT NULL, -- when the trouble began
  opened_at    BIGINT NOT NULL,
  resolved_at  BIGINT NOT NULL, -- 0: it is still so
  times        BIGINT NOT NULL, -- how often it came back within the cooldown, with the first
  seen_at      BIGINT NOT NULL, -- when somebody said that they look after it, 0: nobody
  seen_by      BIGINT NOT NULL,
  note         TEXT   NOT NULL,
  mail_due     BIGINT NOT NULL, -- when an e-mail about it is tried next, 0: none is to be sent
  mail_tries   BIGINT NOT NULL,
  mail_error   TEXT   NOT NULL,
  PRIMARY KEY (community_id, alert_id)
);
CREATE UNIQUE INDEX alert_firing ON alert (community_id, cause, subject) WHERE state = 'firing';
CREATE INDEX alert_resolved ON alert (community_id, resolved_at) WHERE state = 'resolved';
CREATE INDEX alert_mail ON alert (community_id, mail_due) WHERE mail_due > 0;

ALTER TABLE task ADD COLUMN backup BIGINT NOT NULL DEFAULT 0; -- whose it becomes when half of its time is over, 0: nobody's

-- When people last dealt with what became of an action; 0: not yet.
ALTER TABLE outbox ADD COLUMN handled_at BIGINT NOT NULL DEFAULT 0;

-- +goose Down
SELECT 1;
