-- Composed questions that a report answers beside its own numbers.
-- Columns as in 00001.

-- +goose Up

-- JSON: the questions as they were asked, with what was answered; '' for none.
ALTER TABLE report_result ADD COLUMN questions TEXT NOT NULL DEFAULT '';

-- +goose Down
SELECT 1;
