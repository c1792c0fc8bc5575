-- +goose Up
-- What went wrong with an action, as a code that the console has a sentence for, and
-- what the platform itself said; error is for the log and for programs.
ALTER TABLE outbox ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE outbox ADD COLUMN said TEXT NOT NULL DEFAULT '';
