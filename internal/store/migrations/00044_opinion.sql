-- Second opinions, and what a community's decisions have taught.
-- Columns as in 00001.

-- +goose Up

-- A verdict of which the classifiers are not sure, and what another judge says of it
-- (第二意见). What is asked and said is a record; how the asking goes is state.
CREATE TABLE opinion (
  community_id BIGINT NOT NULL,
  verdict_id   BIGINT NOT NULL,
  review_id    BIGINT NOT NULL, -- the card whose place it moves
  class        TEXT   NOT NULL, -- the classifier's: abuse, advert
  score        DOUBLE NOT NULL, -- what that said, 0 to 1
  wanted_at    BIGINT NOT NULL, -- when the message was judged
  state        TEXT   NOT NULL, -- waiting, given, failed
  tries        BIGINT NOT NULL,
  next_at      BIGINT NOT NULL, -- not asked before
  error        TEXT   NOT NULL, -- why the last try failed
  given_at     BIGINT NOT NULL,
  given_seq    BIGINT NOT NULL, -- of opinion.given
  says         TEXT   NOT NULL, -- abuse, advert, fraud, harmless
  probability  DOUBLE NOT NULL, -- how sure the other judge is, 0 to 1
  joint        DOUBLE NOT NULL, -- of class, by both together
  why          TEXT   NOT NULL, -- in its words; may quote the message, and is erased with it
  model        TEXT   NOT NULL,
  PRIMARY KEY (community_id, verdict_id)
);
CREATE INDEX opinion_waiting ON opinion (community_id, next_at) WHERE state = 'waiting';
CREATE INDEX opinion_review ON opinion (community_id, review_id);

-- How often the other judge was asked on a day.
CREATE TABLE opinion_day (
  community_id BIGINT NOT NULL,
  day          TEXT   NOT NULL, -- 2026-11-22, in the community's zone
  asked        BIGINT NOT NULL,
  answered     BIGINT NOT NULL,
  known        BIGINT NOT NULL, -- answered from memory: nobody was asked
  PRIMARY KEY (community_id, day)
);

-- Where a card stands beside others of its severity: 1 a second opinion agrees, -1 it
-- finds the message harmless, 0 nobody was asked.
ALTER TABLE review ADD COLUMN lean BIGINT NOT NULL DEFAULT 0;

-- Whose the policy was: a set of groups, or 0 as policy_group says.
ALTER TABLE verdict ADD COLUMN policy_set BIGINT NOT NULL DEFAULT 0;

-- What was learnt from decisions, as the setting "learnt" names it: numbers only. It can
-- be learnt again from the rulings and the texts that are left.
CREATE TABLE learnt (
  community_id BIGINT NOT NULL,
  learnt_id    BIGINT NOT NULL,
  weights      TEXT   NOT NULL, -- classify.Local as JSON
  PRIMARY KEY (community_id, learnt_id)
);

-- +goose Down
SELECT 1;
