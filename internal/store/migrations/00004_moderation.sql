-- Keeping order: what was judged, what people made of it, the lists, and the case
-- log. Columns as in 00001.

-- +goose Up

-- Records: what a rule said of a message (判定). Text and receipt are apart, so that
-- they can be erased.
CREATE TABLE verdict (
  community_id   BIGINT NOT NULL,
  verdict_id     BIGINT NOT NULL,
  seq            BIGINT NOT NULL, -- of the message, or of who came under a name
  at             BIGINT NOT NULL, -- the platform's time
  logged_at      BIGINT NOT NULL,
  group_id       BIGINT NOT NULL,
  identity_id    BIGINT NOT NULL,
  clause         TEXT   NOT NULL,
  category       TEXT   NOT NULL,
  policy_group   BIGINT NOT NULL, -- whose policy: 0 the community's
  policy_version BIGINT NOT NULL, -- 0: the one that the product comes with
  severity       BIGINT NOT NULL,
  stage          TEXT   NOT NULL,
  lowered        TEXT   NOT NULL,
  strike         BIGINT NOT NULL,
  review_id      BIGINT NOT NULL, -- the card it is on, 0: none
  PRIMARY KEY (community_id, verdict_id)
);
CREATE INDEX verdict_seq ON verdict (community_id, seq);
CREATE INDEX verdict_identity ON verdict (community_id, identity_id, verdict_id);
CREATE INDEX verdict_review ON verdict (community_id, review_id, verdict_id);
CREATE INDEX verdict_time ON verdict (community_id, logged_at);
CREATE TABLE verdict_body (
  community_id BIGINT NOT NULL,
  verdict_id   BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  text         TEXT   NOT NULL,
  message_id   TEXT   NOT NULL,
  receipt      TEXT   NOT NULL, -- casework.Receipt as JSON
  PRIMARY KEY (community_id, verdict_id)
);

-- Strikes given (+1) and taken back (-1).
CREATE TABLE strike (
  community_id BIGINT NOT NULL,
  strike_id    BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  verdict_id   BIGINT NOT NULL,
  delta        BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  cause_seq    BIGINT NOT NULL,
  why          TEXT   NOT NULL,
  PRIMARY KEY (community_id, strike_id)
);
CREATE INDEX strike_identity ON strike (community_id, identity_id, at);
CREATE INDEX strike_verdict ON strike (community_id, verdict_id);

-- Decisions of people over cards.
CREATE TABLE ruling (
  community_id BIGINT NOT NULL,
  ruling_id    BIGINT NOT NULL,
  review_id    BIGINT NOT NULL,
  seq          BIGINT NOT NULL, -- of the command
  at           BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL,
  what         TEXT   NOT NULL,
  acts         TEXT   NOT NULL, -- JSON
  label        TEXT   NOT NULL,
  note         TEXT   NOT NULL,
  PRIMARY KEY (community_id, ruling_id)
);
CREATE INDEX ruling_review ON ruling (community_id, review_id, ruling_id);
CREATE INDEX ruling_time ON ruling (community_id, at);

-- State: cards for people. Messages that are nearly the same are on one card.
CREATE TABLE review (
  community_id  BIGINT NOT NULL,
  review_id     BIGINT NOT NULL,
  kind          TEXT   NOT NULL, -- suggest, auto, report, appeal
  state         TEXT   NOT NULL, -- open, acted, asked, decided
  clause        TEXT   NOT NULL,
  category      TEXT   NOT NULL,
  severity      BIGINT NOT NULL,
  group_id      BIGINT NOT NULL, -- of its first message
  identity_id   BIGINT NOT NULL,
  seq           BIGINT NOT NULL, -- of its first message
  verdict_id    BIGINT NOT NULL, -- of an appeal: what it is against
  gist          BIGINT NOT NULL,
  near          BIGINT NOT NULL, -- 1: gist is a SimHash, 0: a hash
  acts          TEXT   NOT NULL, -- what is proposed, JSON
  items         BIGINT NOT NULL,
  reporters     BIGINT NOT NULL,
  opened_at     BIGINT NOT NULL,
  newest_at     BIGINT NOT NULL,
  due_at        BIGINT NOT NULL,
  paged_at      BIGINT NOT NULL,
  claimed_by    BIGINT NOT NULL,
  claimed_until BIGINT NOT NULL,
  decided_by    BIGINT NOT NULL,
  decided_at    BIGINT NOT NULL,
  decision      TEXT   NOT NULL,
  ruling_seq    BIGINT NOT NULL, -- of the command that decided it last
  undo_until    BIGINT NOT NULL,
  PRIMARY KEY (community_id, review_id)
);
CREATE INDEX review_open ON review (community_id, severity, newest_at) WHERE state IN ('open', 'asked');
CREATE INDEX review_newest ON review (community_id, newest_at);
CREATE INDEX review_seq ON review (community_id, seq);
CREATE TABLE review_body (
  community_id BIGINT NOT NULL,
  review_id    BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  text         TEXT   NOT NULL, -- of the message, or of the appeal
  message_id   TEXT   NOT NULL,
  PRIMARY KEY (community_id, review_id)
);
CREATE TABLE reporter (
  community_id BIGINT NOT NULL,
  review_id    BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  seq          BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, review_id, identity_id)
);

-- Who is blocked and who is trusted.
CREATE TABLE list_entry (
  community_id BIGINT NOT NULL,
  entry_id     BIGINT NOT NULL,
  list         TEXT   NOT NULL, -- block, allow
  identity_id  BIGINT NOT NULL, -- 0: by pattern
  pattern      TEXT   NOT NULL,
  group_id     BIGINT NOT NULL, -- 0: all
  reason       TEXT   NOT NULL,
  staff_id     BIGINT NOT NULL, -- 0: a rule
  seq          BIGINT NOT NULL, -- of what caused it
  at           BIGINT NOT NULL,
  expires_at   BIGINT NOT NULL, -- 0: never
  ended_at     BIGINT NOT NULL, -- 0: in force
  ended_by     BIGINT NOT NULL,
  PRIMARY KEY (community_id, entry_id)
);
CREATE INDEX list_entry_open ON list_entry (community_id, entry_id) WHERE ended_at = 0;
CREATE INDEX list_entry_identity ON list_entry (community_id, identity_id);

-- When somebody joined, as long as that matters to rules.
CREATE TABLE newcomer (
  community_id BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  joined_at    BIGINT NOT NULL,
  PRIMARY KEY (community_id, group_id, identity_id)
) WITHOUT ROWID;

-- What staff wrote down about a member.
CREATE TABLE member_note (
  community_id BIGINT NOT NULL,
  note_id      BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  text         TEXT   NOT NULL,
  PRIMARY KEY (community_id, note_id)
);
CREATE INDEX member_note_identity ON member_note (community_id, identity_id);

-- The case log: entries form a Merkle tree, whose leaves commit to a salted hash of
-- the personal part.
CREATE TABLE case_entry (
  community_id BIGINT NOT NULL,
  entry_id     BIGINT NOT NULL, -- from 0
  kind         TEXT   NOT NULL,
  ref          BIGINT NOT NULL, -- the verdict, ruling, card or line of a list
  identity_id  BIGINT NOT NULL, -- whose the personal part is
  at           BIGINT NOT NULL,
  envelope     TEXT   NOT NULL, -- JSON
  digest       BLOB   NOT NULL, -- of salt and personal part; empty: there is none
  PRIMARY KEY (community_id, entry_id)
);
CREATE INDEX case_entry_ref ON case_entry (community_id, kind, ref);
CREATE INDEX case_entry_identity ON case_entry (community_id, identity_id);
CREATE TABLE case_body ( -- what erasure removes
  community_id BIGINT NOT NULL,
  entry_id     BIGINT NOT NULL,
  salt         BLOB   NOT NULL,
  body         TEXT   NOT NULL,
  PRIMARY KEY (community_id, entry_id)
);
CREATE TABLE case_hash ( -- the tree, as package tlog numbers its nodes
  community_id BIGINT NOT NULL,
  hash_id      BIGINT NOT NULL,
  hash         BLOB   NOT NULL,
  PRIMARY KEY (community_id, hash_id)
) WITHOUT ROWID;
CREATE TABLE case_checkpoint (
  community_id BIGINT NOT NULL,
  size         BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  note         TEXT   NOT NULL, -- signed
  PRIMARY KEY (community_id, size)
);

-- +goose Down
SELECT 1;
