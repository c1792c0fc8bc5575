-- Pictures and files of messages: of which form each is, and whether anybody has
-- looked into it. Columns as in 00001.

-- +goose Up

ALTER TABLE media ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE media ADD COLUMN name TEXT NOT NULL DEFAULT ''; -- of the file, as the message told it
ALTER TABLE media ADD COLUMN read_at BIGINT NOT NULL DEFAULT 0; -- when its codes were read, 0: not yet
CREATE INDEX media_unread ON media (community_id, seq) WHERE state = 'kept' AND read_at = 0;

-- +goose Down
SELECT 1;
