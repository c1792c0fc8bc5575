-- Who works here: a second factor, the groups somebody is limited to, links that
-- let people in, keys for programs. Columns as in 00001.

-- +goose Up

ALTER TABLE staff ADD COLUMN second TEXT NOT NULL DEFAULT '';        -- secret of the second factor, sealed; '' for none
ALTER TABLE staff ADD COLUMN second_step BIGINT NOT NULL DEFAULT 0;  -- the last step whose code was used: none is taken twice
ALTER TABLE staff ADD COLUMN recovery TEXT NOT NULL DEFAULT '';      -- hashes of codes that stand in for it once each, JSON
ALTER TABLE staff ADD COLUMN group_ids TEXT NOT NULL DEFAULT '';     -- JSON list: nothing outside of these groups; '' for all

CREATE TABLE invitation (
  token_hash BLOB   NOT NULL PRIMARY KEY,
  staff_id   BIGINT NOT NULL, -- who gets a new password; 0: somebody new
  name       TEXT   NOT NULL, -- whom it is meant for, in the words of who wrote it
  role       TEXT   NOT NULL,
  group_ids  TEXT   NOT NULL,
  by_staff   BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE api_key (
  key_id     BIGINT NOT NULL PRIMARY KEY,
  key_hash   BLOB   NOT NULL UNIQUE,
  staff_id   BIGINT NOT NULL, -- in whose name it acts
  name       TEXT   NOT NULL,
  scopes     TEXT   NOT NULL, -- permissions, JSON
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  seen_at    BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);
