-- How far saved exports have come.
-- Columns as in 00001.

-- +goose Up

CREATE TABLE export_run ( -- state: of each saved export the last run
  community_id BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  epoch        BIGINT NOT NULL, -- of the log then
  after_seq    BIGINT NOT NULL, -- it took what was logged after this place …
  up_to_seq    BIGINT NOT NULL, -- … up to this one
  rows_written BIGINT NOT NULL,
  forgotten    BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, name)
);

-- +goose Down
SELECT 1;
