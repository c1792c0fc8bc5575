-- Settings that were changed in many groups at once. Columns as in 00001.

-- +goose Up

CREATE TABLE group_edit ( -- state: so that it can be taken back
  community_id BIGINT NOT NULL,
  edit_id      BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL, -- who did it
  at           BIGINT NOT NULL,
  fields       TEXT   NOT NULL, -- JSON: the names of what was changed, as in "welcome.text"
  undone_at    BIGINT NOT NULL, -- 0: it stands
  PRIMARY KEY (community_id, edit_id)
);

CREATE TABLE group_edit_part ( -- state: one setting of one group; what it said is in the table of settings
  community_id BIGINT NOT NULL,
  edit_id      BIGINT NOT NULL,
  group_id     BIGINT NOT NULL,
  key          TEXT   NOT NULL,
  before       BIGINT NOT NULL, -- its version, 0: nothing was said
  after        BIGINT NOT NULL,
  PRIMARY KEY (community_id, edit_id, group_id, key)
);

-- +goose Down
SELECT 1;
