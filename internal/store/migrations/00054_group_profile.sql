-- Groups: zones that change on a day, groups put away, keepers handed over.
-- Columns as in 00001.

-- +goose Up

-- The newest value of the group's setting "zone", '' if there is none: from which
-- day on its days are counted in which zone. What is before the first of them
-- stays in the zone that the group was made with.
ALTER TABLE chat_group ADD COLUMN zone_changes TEXT NOT NULL DEFAULT '';

CREATE TABLE handover ( -- state: what one colleague gave to another, so that it can be taken back
  community_id BIGINT NOT NULL,
  handover_id  BIGINT NOT NULL,
  staff_id     BIGINT NOT NULL, -- who did it
  at           BIGINT NOT NULL,
  from_staff   BIGINT NOT NULL,
  to_staff     BIGINT NOT NULL,
  moved        TEXT   NOT NULL, -- JSON: which groups and tasks, and whose they were
  undone_at    BIGINT NOT NULL, -- 0: it stands
  PRIMARY KEY (community_id, handover_id)
);

-- +goose Down
SELECT 1;
