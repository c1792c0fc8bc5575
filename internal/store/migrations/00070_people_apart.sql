-- Who may be the same person, over a whole community. Columns as in 00001.

-- +goose Up

-- People of whom somebody said that they are not one, whatever they are called.
CREATE TABLE person_apart (
  community_id BIGINT NOT NULL,
  identity_a   BIGINT NOT NULL, -- the smaller number
  identity_b   BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL,
  at           BIGINT NOT NULL,
  PRIMARY KEY (community_id, identity_a, identity_b)
);
CREATE INDEX person_apart_b ON person_apart (community_id, identity_b); -- what erasure needs

-- Names that several bear lie beside each other.
CREATE INDEX view_name_borne ON view_name (community_id, name, identity_id);

-- +goose Down
SELECT 1;
