-- What people were called before, also those whom only member lists name.
-- Columns as in 00001.

-- +goose Up

-- A name that an identity had, written when it is called otherwise. Messages hold the
-- names of who wrote them; of who is only listed, nothing else does.
CREATE TABLE former_name (
  community_id BIGINT NOT NULL,
  identity_id  BIGINT NOT NULL,
  name         TEXT   NOT NULL,
  named_at     BIGINT NOT NULL, -- ms, when it was last heard, to the day
  PRIMARY KEY (community_id, identity_id, name)
);

-- What is in the log already is counted again, so that the names on member lists are
-- in the index of names.
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
DELETE FROM view_person;
DELETE FROM view_name;
DELETE FROM view_name_part;
DELETE FROM view_weeks;
DELETE FROM view_talk;
DELETE FROM cursor WHERE loop IN ('project', 'insight');

-- +goose Down
SELECT 1;
