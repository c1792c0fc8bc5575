-- +goose Up
-- A loop may write a stretch of the log in several transactions. Until the last of
-- them seq stays, and this says what of (seq, part_to] is written already: groups
-- up to part_group, then identities up to part_identity. part_to 0: nothing.
ALTER TABLE cursor ADD COLUMN part_to BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cursor ADD COLUMN part_group BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cursor ADD COLUMN part_identity BIGINT NOT NULL DEFAULT 0;
