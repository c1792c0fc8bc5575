-- How well order is kept: what measures are computed from without going through
-- everything. Columns as in 00001.

-- +goose Up

-- When the first message of a card was written, by the platform's time.
ALTER TABLE review ADD COLUMN said_at BIGINT NOT NULL DEFAULT 0;
UPDATE review SET said_at = COALESCE((SELECT e.at FROM event e WHERE e.community_id = review.community_id AND e.seq = review.seq), opened_at);

-- All that is measured of a card and of a verdict, in the order of time.
CREATE INDEX review_opened ON review (community_id, opened_at, review_id, kind, clause, group_id, state, decision, decided_by, decided_at, paged_at, said_at);
CREATE INDEX review_appeal ON review (community_id, verdict_id) WHERE kind = 'appeal';
CREATE INDEX verdict_said ON verdict (community_id, at, group_id, stage, review_id, verdict_id);
-- What is known of a clause: cases under a policy since one of its versions.
CREATE INDEX verdict_clause ON verdict (community_id, clause, policy_group, policy_version, review_id);

-- How often an entry of a lexicon was among what a rule fired for, by day (UTC).
CREATE TABLE word_hit (
  community_id BIGINT NOT NULL,
  lexicon      TEXT   NOT NULL, -- its name
  entry        TEXT   NOT NULL,
  day          BIGINT NOT NULL,
  hits         BIGINT NOT NULL,
  PRIMARY KEY (community_id, lexicon, entry, day)
) WITHOUT ROWID;

-- +goose Down
SELECT 1;
