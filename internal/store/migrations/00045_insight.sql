-- What groups' health is read from.
-- Columns as in 00001.

-- +goose Up

-- A group's banded metrics over the last nine windows of seven days, as of its
-- last whole day. A view: filled by the insight loop, dropped and filled again
-- when one of its days changes.
CREATE TABLE view_weeks (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  end_day      BIGINT NOT NULL,
  weeks        BLOB   NOT NULL, -- insight.Weeks
  PRIMARY KEY (community_id, group_id)
);

-- What people said to each other on a day. A view, filled by the insight loop.
CREATE TABLE view_talk (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  day          BIGINT NOT NULL,
  talk         BLOB   NOT NULL, -- insight.Talk
  PRIMARY KEY (community_id, group_id, day)
) WITHOUT ROWID;

-- +goose Down
SELECT 1;
