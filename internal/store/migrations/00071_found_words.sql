-- Words that no dictionary has, found along with a group's weeks.
-- Columns as in 00001.

-- +goose Up

-- JSON (insightdb.Found): of the thirty days that end with the weeks; '' where they
-- were counted before there was such a column.
ALTER TABLE view_weeks ADD COLUMN found TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT 1;
