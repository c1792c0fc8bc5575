-- Reports are asked for, worked out in the background, and kept.
-- Columns as in 00001.

-- +goose Up

ALTER TABLE report ADD COLUMN state TEXT NOT NULL DEFAULT 'made'; -- asked, making, made, failed
ALTER TABLE report ADD COLUMN wish TEXT NOT NULL DEFAULT ''; -- JSON: of which groups it was asked, up to which day
ALTER TABLE report ADD COLUMN done BIGINT NOT NULL DEFAULT 0; -- groups that have been read, of todo
ALTER TABLE report ADD COLUMN todo BIGINT NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN touched_at BIGINT NOT NULL DEFAULT 0; -- asked: not to be begun before; making: last sign of life
ALTER TABLE report ADD COLUMN error TEXT NOT NULL DEFAULT ''; -- of one that failed

CREATE INDEX report_open ON report (community_id, report_id) WHERE state IN ('asked', 'making');

-- What a report says is large; lists read past it otherwise.
CREATE TABLE report_result ( -- record
  community_id BIGINT NOT NULL,
  report_id    BIGINT NOT NULL,
  result       TEXT   NOT NULL,
  PRIMARY KEY (community_id, report_id)
);
INSERT INTO report_result (community_id, report_id, result) SELECT community_id, report_id, result FROM report;
UPDATE report SET result = '';

-- +goose Down
SELECT 1;
