-- Who was erased. Columns as in 00001.

-- +goose Up

-- Records: numbers only, so that it can be done again after an older copy was
-- brought back.
CREATE TABLE erasure (
  community_id BIGINT NOT NULL,
  erasure_id   BIGINT NOT NULL,
  person_id    BIGINT NOT NULL,
  identities   TEXT   NOT NULL, -- numbers, JSON
  staff_id     BIGINT NOT NULL, -- who asked for it
  at           BIGINT NOT NULL,
  state        TEXT   NOT NULL, -- running, done
  done_at      BIGINT NOT NULL,
  bodies       BIGINT NOT NULL, -- what was removed or changed in the log
  rows_changed BIGINT NOT NULL, -- the same elsewhere
  PRIMARY KEY (community_id, erasure_id)
);

-- +goose Down
SELECT 1;
