-- Reports as they were made.
-- Columns as in 00001.

-- +goose Up

CREATE TABLE report ( -- record: what a report said, with its definitions and thresholds
  community_id BIGINT NOT NULL,
  report_id    BIGINT NOT NULL,
  made_key     TEXT   NOT NULL, -- of a plan: its name and the day on which it was due; so that many nodes make one
  kind         TEXT   NOT NULL,
  plan         TEXT   NOT NULL, -- '': made by hand
  from_day     BIGINT NOT NULL,
  to_day       BIGINT NOT NULL,
  made_at      BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL, -- 0: by a plan
  as_of        BIGINT NOT NULL,
  result       TEXT   NOT NULL, -- JSON; persons by number, so that an erased one has no name in it
  language     TEXT   NOT NULL, -- of the e-mail
  mail_to      TEXT   NOT NULL, -- JSON
  mail_state   TEXT   NOT NULL, -- '': to nobody; due, sending, sent, failed, unknown
  mail_due     BIGINT NOT NULL,
  mail_tries   BIGINT NOT NULL,
  mail_error   TEXT   NOT NULL,
  PRIMARY KEY (community_id, report_id)
);

CREATE UNIQUE INDEX report_made ON report (community_id, made_key);

CREATE TABLE report_group ( -- record: which groups it tells of
  community_id BIGINT NOT NULL,
  report_id    BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  PRIMARY KEY (community_id, report_id, group_id)
);

-- +goose Down
SELECT 1;
