-- Columns as in 00001.

-- +goose Up

-- Whose a picture is, so that erasing somebody does not look at everybody's.
ALTER TABLE media ADD COLUMN identity_id BIGINT NOT NULL DEFAULT 0; -- the message's author
UPDATE media SET identity_id = COALESCE((SELECT e.identity_id FROM event e WHERE e.community_id = media.community_id AND e.seq = media.seq), 0);
CREATE INDEX media_author ON media (community_id, identity_id);

-- In which languages an e-mail about an alert went out already, while the others are
-- tried again: with commas between them.
ALTER TABLE alert ADD COLUMN mail_told TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT 1;
