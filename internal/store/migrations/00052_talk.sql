-- Who answers whom. Columns as in 00001.

-- +goose Up

DROP TABLE view_talk;

-- Who answered whom on a day of a group. A view, filled by the insight loop.
CREATE TABLE view_talk (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  day          BIGINT NOT NULL,
  stale        BIGINT NOT NULL, -- 1: something was said since it was counted
  talk         BLOB,            -- insight.Talk; NULL: never counted
  PRIMARY KEY (community_id, group_id, day)
) WITHOUT ROWID;
CREATE INDEX view_talk_stale ON view_talk (community_id, group_id, day) WHERE stale = 1;

-- What is in the log already is looked through again.
DELETE FROM view_weeks;
DELETE FROM cursor WHERE loop = 'insight';

-- +goose Down
SELECT 1;
