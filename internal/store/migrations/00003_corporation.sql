-- What a corporation manages on its platform. Columns as in 00001.

-- +goose Up

-- What people had made on a platform, by the keys of their requests, so that a
-- repeated request makes nothing twice.
CREATE TABLE made (
  community_id BIGINT NOT NULL,
  account      TEXT   NOT NULL,
  key          TEXT   NOT NULL, -- hash of what was made and the request's key
  outside_id   TEXT   NOT NULL, -- the platform's ID; '' as long as nobody knows whether it was made
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, account, key)
);

-- What a platform counted of the groups of an owner on a day, as it told it then.
-- The row of the owner '' says that the day was asked for.
CREATE TABLE platform_day (
  community_id     BIGINT NOT NULL,
  account          TEXT   NOT NULL,
  day              BIGINT NOT NULL,
  owner            TEXT   NOT NULL, -- the platform's ID
  groups           BIGINT NOT NULL,
  new_groups       BIGINT NOT NULL,
  speaking_groups  BIGINT NOT NULL,
  members          BIGINT NOT NULL,
  new_members      BIGINT NOT NULL,
  speaking_members BIGINT NOT NULL,
  messages         BIGINT NOT NULL,
  at               BIGINT NOT NULL, -- when it was asked for
  PRIMARY KEY (community_id, account, day, owner)
);

-- Whoever refuses to be read has a stretch of their own; 0 where an account was away.
ALTER TABLE view_coverage RENAME TO view_coverage_before;
CREATE TABLE view_coverage (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  from_at      BIGINT NOT NULL,
  to_at        BIGINT NOT NULL, -- 0: still so
  why          TEXT   NOT NULL DEFAULT '',
  identity_id  BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (community_id, group_id, from_at, why, identity_id)
);
INSERT INTO view_coverage (community_id, group_id, from_at, to_at, why)
  SELECT community_id, group_id, from_at, to_at, why FROM view_coverage_before;
DROP TABLE view_coverage_before;

-- +goose Down
SELECT 1;
