-- Points. Columns as in 00001.

-- +goose Up

-- Records: points given (+) and taken (−), append-only (积分流水). A balance is the
-- sum of a person's entries, over all their identities.
CREATE TABLE point_entry (
  community_id BIGINT NOT NULL,
  entry_id     BIGINT NOT NULL,
  key          TEXT   NOT NULL, -- what is booked: the same is booked once
  identity_id  BIGINT NOT NULL,
  group_id     BIGINT NOT NULL, -- or 0
  amount       BIGINT NOT NULL,
  reason       TEXT   NOT NULL, -- penalty, overturned, undone, hand
  verdict_id   BIGINT NOT NULL, -- that it was taken for, or 0
  reverses     BIGINT NOT NULL, -- the entry that it takes back, or 0
  cause_seq    BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL, -- 0: a rule
  at           BIGINT NOT NULL,
  note         TEXT   NOT NULL, -- what staff wrote; erasure empties it
  PRIMARY KEY (community_id, entry_id)
);
CREATE UNIQUE INDEX point_entry_key ON point_entry (community_id, key);
CREATE UNIQUE INDEX point_entry_reverses ON point_entry (community_id, reverses) WHERE reverses <> 0;
CREATE INDEX point_entry_identity ON point_entry (community_id, identity_id, entry_id);
CREATE INDEX point_entry_verdict ON point_entry (community_id, verdict_id) WHERE verdict_id <> 0;
CREATE INDEX point_entry_cause ON point_entry (community_id, cause_seq);

-- +goose Down
SELECT 1;
