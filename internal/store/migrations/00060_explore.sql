-- What people did besides writing, by kind and time.
-- Columns as in 00001.

-- +goose Up

-- For funnels and cohorts. Messages are not in it: they are read by their groups'
-- timelines, and appending them costs nothing more.
CREATE INDEX event_deed ON event (community_id, kind, at)
  WHERE kind IN ('member.joined', 'member.left', 'member.requested', 'member.renamed', 'message.recalled', 'reaction.added', 'code.scanned', 'contact.added', 'contact.removed');

-- +goose Down
SELECT 1;
