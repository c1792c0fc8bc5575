-- People over all groups: a list that can be searched, what they were called,
-- tags. Columns as in 00001.

-- +goose Up

-- Everybody who was seen, by identity. The row of the identity that gives the person
-- its number holds the sums of all of them; the others have -1 there and are in no list.
CREATE TABLE view_person (
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  person_id    BIGINT NOT NULL,
  own_messages BIGINT NOT NULL, -- of the identity alone
  own_first_at BIGINT NOT NULL,
  own_spoke_at BIGINT NOT NULL,
  messages     BIGINT NOT NULL, -- of the person, ours and those to an account alone left out
  first_at     BIGINT NOT NULL, -- when first seen
  spoke_at     BIGINT NOT NULL, -- of the last message, 0: never spoke
  PRIMARY KEY (community_id, identity_id)
);
CREATE INDEX view_person_spoke ON view_person (community_id, spoke_at, identity_id);
CREATE INDEX view_person_first ON view_person (community_id, first_at, identity_id);
CREATE INDEX view_person_of ON view_person (community_id, person_id);

CREATE TABLE view_name ( -- what an identity was called, by day of UTC
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  first_day    BIGINT NOT NULL,
  last_day     BIGINT NOT NULL,
  PRIMARY KEY (community_id, identity_id, name)
);
CREATE TABLE view_name_part ( -- every end of every name, so that any part of it is found at the beginning of a row
  community_id BIGINT NOT NULL,
  part         BLOB   NOT NULL, -- folded, UTF-8, cut off after 12 characters
  identity_id  BIGINT NOT NULL,
  PRIMARY KEY (community_id, part, identity_id)
) WITHOUT ROWID;
CREATE INDEX view_name_part_of ON view_name_part (community_id, identity_id); -- what erasure needs

-- Tags of people (标签). The newest record of an identity and a tag counts; a person has
-- those of all of their identities, so that a split gives each its own back.
CREATE TABLE person_tag (
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  tag          TEXT   NOT NULL,
  seq          BIGINT NOT NULL,
  put          BIGINT NOT NULL, -- 1: put on, 0: taken off
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, identity_id, tag, seq)
);
CREATE INDEX person_tag_by_tag ON person_tag (community_id, tag, identity_id);

-- What is in the log already is counted again, for the sake of these views.
DELETE FROM view_group;
DELETE FROM view_group_day;
DELETE FROM view_words;
DELETE FROM view_member;
DELETE FROM view_community_day;
DELETE FROM view_source;
DELETE FROM view_timeline;
DELETE FROM view_recall;
DELETE FROM view_coverage;
DELETE FROM view_connection;
DELETE FROM view_weeks;
DELETE FROM view_talk;
DELETE FROM cursor WHERE loop = 'project';

-- +goose Down
SELECT 1;
