-- What was done at once although people decide on the rest. Columns as in 00001.

-- +goose Up

ALTER TABLE verdict ADD COLUMN at_once BIGINT NOT NULL DEFAULT 0; -- 1: something was
