-- What is measured of decisions and appeals, without looking each of them up.
-- Columns as in 00001.

-- +goose Up
DROP INDEX ruling_review;
CREATE INDEX ruling_review ON ruling (community_id, review_id, ruling_id, what, at, staff_id);
CREATE INDEX review_appealed ON review (community_id, opened_at, verdict_id, state, decision) WHERE kind = 'appeal';

-- +goose Down
SELECT 1;
